package explain

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"html"
	"io"
	"net"
	"net/netip"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// How long a probe may take, and its parts.
const (
	// probeTime is all of it.
	probeTime = 2 * time.Second
	// greetTime is how long a greeting is waited for before anything is sent.
	// Servers that greet do so at once; on loopback that is a few milliseconds.
	greetTime = 250 * time.Millisecond
	// wordTime is how long the answer to a first line is waited for, which only
	// servers give that read line by line.
	wordTime = 60 * time.Millisecond
	// helloTime is how long a handshake may take.
	helloTime = time.Second
	// mostReply is how much of an answer is read.
	mostReply = 16 << 10
)

// Hint is what is known of a listener before it is spoken to, so that it is asked
// in its own language first.
type Hint struct {
	// Program is its name, as "redis-server".
	Program string
	// Scheme is that of the link that somebody pasted.
	Scheme string
}

// Connect makes one try at a listener of this computer: it connects, waits for a
// greeting, and only then asks in the likeliest language. It is over within 2 s.
// Nothing is sent that changes anything:
//
//   - a web server is asked GET / as a browser would; what reads line by line
//     (Redis, mail) is told by its answer to the first line, before Host: is sent,
//     which Redis takes for an attack and logs
//   - Redis is sent PING, PostgreSQL the question whether it encrypts
//   - where a printer may listen (9100 to 9107, 515) nothing is sent at all: it
//     would print it
//
// A second connection is made only when the first showed that TLS is spoken where
// HTTP was, or the other way round, or ended without a word. The caller sees to it that the address is
// this computer's own.
func Connect(ctx context.Context, at netip.AddrPort, hint Hint) Probe {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	p := Probe{At: at}
	c := p.dial(ctx)
	if c == nil {
		return p
	}
	defer c.Close()
	if p.greeted(ctx, c) || p.Closed || mayPrint(at.Port()) {
		return p
	}
	p.Spoken = true
	switch tongueOf(at.Port(), hint) {
	case "tls":
		// A server of plain HTTP may wait for the end of what it takes for a line.
		if p.askTLS(ctx, c); p.Speaks == "http" || p.Speaks == "" && p.Greeting == "" {
			p.again(ctx, p.askHTTP)
		}
	case "redis":
		p.ask(ctx, c, "PING\r\n")
	case "postgresql":
		p.askPostgres(ctx, c)
	default:
		// Some servers of TLS close without a word when they are asked in HTTP.
		if p.askHTTP(ctx, c); p.Speaks == "tls" || p.Closed {
			p.again(ctx, p.askTLS)
		}
	}
	return p
}

// dial connects, or notes why not.
func (p *Probe) dial(ctx context.Context) net.Conn {
	began := time.Now()
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.At.String())
	p.Took = time.Since(began)
	var slow net.Error
	switch {
	case err == nil && c.LocalAddr().String() == c.RemoteAddr().String():
		// Nobody listens, and the system gave the caller that very port.
		_ = c.Close()
		p.Reach = Refused
		return nil
	case err == nil:
		p.Reach = Connected
		return c
	case errors.Is(err, refused):
		p.Reach = Refused
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		p.Reach = TimedOut
	default:
		p.Reach = Unreachable
		var sys *os.SyscallError
		if p.Error = err.Error(); errors.As(err, &sys) {
			p.Error = sys.Err.Error()
		}
	}
	return nil
}

// again asks over a second connection. What it learns replaces what the first
// one did.
func (p *Probe) again(ctx context.Context, ask func(context.Context, net.Conn)) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.At.String())
	if err != nil {
		return // the first connection told what it speaks
	}
	defer c.Close()
	ask(ctx, c)
}

// greeted waits for a greeting, and reports whether one came.
func (p *Probe) greeted(ctx context.Context, c net.Conn) bool {
	began := time.Now()
	b, err := receive(ctx, c, greetTime, firstLine)
	if len(b) == 0 {
		p.Closed = err != nil && !isTimeout(err)
		return false
	}
	p.Came, p.Unasked = time.Since(began), true
	p.understand(b)
	return true
}

// ask sends text and takes in what comes.
func (p *Probe) ask(ctx context.Context, c net.Conn, text string) {
	b, err := exchange(ctx, c, text, time.Until(deadlineOf(ctx)), firstLine)
	p.take(b, err)
}

func (p *Probe) take(b []byte, err error) {
	if len(b) == 0 {
		p.Closed = err != nil && !isTimeout(err)
		return
	}
	p.understand(b)
}

// askHTTP asks for the first page. It lets the server keep the connection and
// closes it first: whoever does so keeps its port in TIME-WAIT for a minute, and
// that must not be the server's, which could not start again meanwhile.
func (p *Probe) askHTTP(ctx context.Context, c net.Conn) {
	p.Closed = false
	began := time.Now()
	b, err := exchange(ctx, c, "GET / HTTP/1.1\r\n", wordTime, firstLine)
	if len(b) == 0 && isTimeout(err) {
		// It waits for the rest, as whatever speaks HTTP does.
		b, err = exchange(ctx, c, "Host: "+p.At.String()+"\r\nUser-Agent: Portreeve\r\nAccept: */*\r\n\r\n",
			time.Until(deadlineOf(ctx)), wholePage)
	}
	if len(b) > 0 {
		p.Came = time.Since(began)
	}
	p.take(b, err)
}

// askTLS begins a handshake. Nothing is verified: it is asked who it says it is.
func (p *Probe) askTLS(ctx context.Context, c net.Conn) {
	p.Closed = false
	ctx, cancel := context.WithTimeout(ctx, helloTime)
	defer cancel()
	// What was waited for before has left its deadline.
	if err := c.SetDeadline(deadlineOf(ctx)); err != nil {
		p.take(nil, err)
		return
	}
	began := time.Now()
	heard := &listener{Conn: c}
	t := tls.Client(heard, &tls.Config{
		InsecureSkipVerify: true, // nothing is trusted or sent: see above
		ServerName:         serverName(p.At.Addr()),
		MinVersion:         tls.VersionTLS10,
		NextProtos:         []string{"http/1.1"},
	})
	err := t.HandshakeContext(ctx)
	if len(heard.first) > 0 {
		p.Came = time.Since(began)
	}
	if err != nil && !isTLS(heard.first) {
		p.take(heard.first, err)
		return
	}
	p.Speaks, p.Greeting = "tls", ""
	if err != nil {
		p.TLSError = err.Error()
		return
	}
	state := t.ConnectionState()
	p.TLSVersion = tls.VersionName(state.Version)
	if len(state.PeerCertificates) > 0 {
		p.read(state.PeerCertificates[0])
	}
}

// serverName is what a client would ask for; an address is no name in TLS.
func serverName(a netip.Addr) string {
	if a.IsLoopback() {
		return "localhost"
	}
	return ""
}

func (p *Probe) read(c *x509.Certificate) {
	p.Certificate, p.Expires, p.Issuer = true, c.NotAfter, c.Issuer.CommonName
	p.Names = c.DNSNames
	for _, ip := range c.IPAddresses {
		p.Names = append(p.Names, ip.String())
	}
	if len(p.Names) == 0 && c.Subject.CommonName != "" {
		p.Names = []string{c.Subject.CommonName}
	}
	p.SelfSigned = bytes.Equal(c.RawIssuer, c.RawSubject)
}

// askPostgres asks whether it encrypts (SSLRequest, PostgreSQL's frontend/backend
// protocol): the answer is one byte and nothing comes of it.
func (p *Probe) askPostgres(ctx context.Context, c net.Conn) {
	b, err := exchange(ctx, c, "\x00\x00\x00\x08\x04\xd2\x16\x2f", time.Until(deadlineOf(ctx)), func([]byte) bool { return true })
	if len(b) == 1 && (b[0] == 'S' || b[0] == 'N') {
		p.Speaks = "postgresql"
		return
	}
	p.take(b, err)
}

// listener is a connection that keeps the first bytes that came.
type listener struct {
	net.Conn
	first []byte
}

func (l *listener) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	if room := 1024 - len(l.first); room > 0 {
		l.first = append(l.first, b[:min(n, room)]...)
	}
	return n, err
}

// tongueOf says in which language a listener is asked first.
func tongueOf(port uint16, hint Hint) string {
	program := strings.ToLower(hint.Program)
	switch {
	case strings.Contains(program, "redis") || strings.Contains(program, "valkey"):
		return "redis"
	case strings.HasPrefix(program, "postgres"):
		return "postgresql"
	case tlsSchemes[hint.Scheme]:
		return "tls"
	case hint.Scheme != "" && plainSchemes[hint.Scheme]:
		return "http"
	}
	switch port {
	case 6379:
		return "redis"
	case 5432:
		return "postgresql"
	case 443, 8443, 853, 465, 636, 990, 993, 995, 5671, 6443, 8883:
		return "tls"
	}
	return "http"
}

// mayPrint reports the ports of printers, which print what they are sent (as
// nmap leaves them out, too).
func mayPrint(port uint16) bool { return port >= 9100 && port <= 9107 || port == 515 }

func deadlineOf(ctx context.Context) time.Time {
	d, _ := ctx.Deadline()
	return d
}

func exchange(ctx context.Context, c net.Conn, text string, wait time.Duration, enough func([]byte) bool) ([]byte, error) {
	if err := c.SetWriteDeadline(deadlineOf(ctx)); err != nil {
		return nil, err
	}
	if _, err := io.WriteString(c, text); err != nil {
		return nil, err
	}
	return receive(ctx, c, wait, enough)
}

// receive reads until there is enough, the other side ends, or the wait is over.
func receive(ctx context.Context, c net.Conn, wait time.Duration, enough func([]byte) bool) ([]byte, error) {
	end := time.Now().Add(wait)
	if d := deadlineOf(ctx); d.Before(end) {
		end = d
	}
	stop := context.AfterFunc(ctx, func() { _ = c.SetReadDeadline(time.Now()) })
	defer stop()
	if err := c.SetReadDeadline(end); err != nil {
		return nil, err
	}
	var all []byte
	part := make([]byte, 4096)
	for {
		n, err := c.Read(part)
		all = append(all, part[:n]...)
		if err != nil || len(all) >= mostReply || n > 0 && enough(all) {
			return all, err
		}
	}
}

func isTimeout(err error) bool {
	var slow net.Error
	return errors.As(err, &slow) && slow.Timeout() || errors.Is(err, context.DeadlineExceeded)
}

// firstLine is enough to tell a language by.
func firstLine(b []byte) bool { return bytes.IndexByte(b, '\n') >= 0 || len(b) >= 5 && !isText(b) }

// wholePage is enough when the title has come, or as much as was promised.
func wholePage(b []byte) bool {
	head, body, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if !ok {
		return false
	}
	if m := lengthRE.FindSubmatch(head); m != nil {
		if n, err := strconv.Atoi(string(m[1])); err == nil && len(body) >= n {
			return true
		}
	}
	if bytes.HasSuffix(body, []byte("0\r\n\r\n")) && chunkedRE.Match(head) || bytes.Contains(head[:min(len(head), 16)], []byte(" 204")) || bytes.Contains(head[:min(len(head), 16)], []byte(" 304")) {
		return true
	}
	return titleRE().Match(body)
}

var chunkedRE = regexp.MustCompile(`(?im)^transfer-encoding:[^\r\n]*chunked`)

var lengthRE = regexp.MustCompile(`(?im)^content-length:[ \t]*([0-9]{1,9})[ \t]*\r?$`)

// titleRE finds the title of a page; it is big and made when first needed.
var titleRE = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?is)<title[^>]{0,200}>(.{0,400}?)</title`) })

// understand tells the language from what came.
func (p *Probe) understand(b []byte) {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	p.Greeting = string(bytes.TrimRight(line[:min(len(line), 300)], "\r"))
	p.Speaks = languageOf(b)
	switch p.Speaks {
	case "http":
		p.page(b)
	case "tls", "mysql":
		p.Greeting = "" // binary
	}
	if p.Speaks == "mysql" {
		if version, _, ok := bytes.Cut(b[5:], []byte{0}); ok {
			p.Greeting = string(version[:min(len(version), 100)])
		}
	}
}

// page takes status, server and title from an HTTP answer.
func (p *Probe) page(b []byte) {
	head, body, _ := bytes.Cut(b, []byte("\r\n\r\n"))
	if f := strings.Fields(p.Greeting); len(f) > 1 {
		p.Status, _ = strconv.Atoi(f[1]) // 0 where it isn't one
	}
	for line := range strings.Lines(string(head)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "server") {
			p.Server = strings.TrimSpace(value)
		}
	}
	if m := titleRE().FindSubmatch(body); m != nil {
		p.Title = html.UnescapeString(strings.TrimSpace(string(m[1])))
	}
	// Servers of TLS that are asked in plain HTTP say so in plain HTTP.
	if p.Status == 400 && wantsTLS.Match(b) {
		p.Speaks, p.Status, p.Title, p.Server = "tls", 0, "", ""
	}
}

// wantsTLS is what Go's server, nginx, Apache, Node's and Jetty say then.
var wantsTLS = regexp.MustCompile(`(?i)HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL-enabled|requires TLS|Bad Request: This .{0,30}TLS`)

// isTLS reports the head of a TLS record (RFC 8446, section 5.1): a handshake or
// an alert of version 3.x.
func isTLS(b []byte) bool {
	return len(b) >= 3 && (b[0] == 0x16 || b[0] == 0x15) && b[1] == 3 && b[2] <= 4
}

// languageOf tells a language by the first bytes of what a server says: its
// greeting, or its answer to GET or PING. Empty for one that isn't known.
func languageOf(b []byte) string {
	text := string(b[:min(len(b), 512)])
	upper := strings.ToUpper(text)
	switch {
	case isTLS(b):
		return "tls"
	case strings.HasPrefix(text, "HTTP/"):
		return "http"
	case strings.HasPrefix(text, "SSH-"):
		return "ssh"
	case strings.HasPrefix(text, "RFB "):
		return "vnc"
	case strings.HasPrefix(text, "+PONG"), strings.HasPrefix(text, "-NOAUTH"), strings.HasPrefix(text, "-DENIED Redis"),
		strings.HasPrefix(text, "-ERR wrong number of arguments for 'get'"), strings.HasPrefix(text, "-ERR unknown command"), strings.HasPrefix(text, "-NOPERM"):
		return "redis"
	case strings.HasPrefix(text, "+OK"):
		return "pop3"
	case strings.HasPrefix(text, "* OK"), strings.HasPrefix(text, "* PREAUTH"):
		return "imap"
	case strings.HasPrefix(text, "220") && strings.Contains(upper, "FTP"):
		return "ftp"
	case strings.HasPrefix(text, "220") || strings.HasPrefix(text, "554 ") || strings.HasPrefix(text, "421 "):
		return "smtp"
	case strings.HasPrefix(text, "200 ") && strings.Contains(upper, "NNTP") || strings.HasPrefix(text, "200 news"):
		return "nntp"
	case strings.HasPrefix(text, "ERROR\r\n"):
		return "memcached"
	case strings.HasPrefix(text, ":") && strings.Contains(text, " NOTICE "), strings.HasPrefix(text, "NOTICE AUTH"):
		return "irc"
	case mysqlGreets(b):
		return "mysql"
	}
	return ""
}

// mysqlGreets reports MySQL's first packet: 3 bytes of length, number 0, protocol
// version 10 (or 255, an error), and a version that ends with NUL.
func mysqlGreets(b []byte) bool {
	if len(b) < 6 || b[3] != 0 || b[2] != 0 {
		return false
	}
	length := int(b[0]) | int(b[1])<<8
	return length > 5 && length < 1024 && (b[4] == 10 && bytes.IndexByte(b[5:], 0) > 0 || b[4] == 255)
}

func isText(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\r' && c != '\n' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
