package explain

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
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
