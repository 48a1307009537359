package explain

// The languages that servers speak: which one a listener is asked in, when enough
// of its answer has come, and what that answer says. All of it takes bytes and
// connects nowhere.

import (
	"bytes"
	"html"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

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

// firstLine is enough to tell a language by.
func firstLine(b []byte) bool { return bytes.IndexByte(b, '\n') >= 0 || len(b) >= 5 && !isText(b) }

// wholePage is enough when the title has come, or as much as was promised.
func wholePage(b []byte) bool {
	head, body, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if !ok {
		return false
	}
	if m := lengthRE().FindSubmatch(head); m != nil {
		if n, err := strconv.Atoi(string(m[1])); err == nil && len(body) >= n {
			return true
		}
	}
	if bytes.HasSuffix(body, []byte("0\r\n\r\n")) && chunkedRE().Match(head) || bytes.Contains(head[:min(len(head), 16)], []byte(" 204")) || bytes.Contains(head[:min(len(head), 16)], []byte(" 304")) {
		return true
	}
	return titleRE().Match(body)
}

var chunkedRE = pattern(`(?im)^transfer-encoding:[^\r\n]*chunked`)

var lengthRE = pattern(`(?im)^content-length:[ \t]*([0-9]{1,9})[ \t]*\r?$`)

// titleRE finds the title of a page.
var titleRE = pattern(`(?is)<title[^>]{0,200}>(.{0,400}?)</title`)

// pattern is a regular expression that is made when it is first needed: every
// start of the terminal would pay for it otherwise, and few explain anything.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

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
	if p.Status == 400 && wantsTLS().Match(b) {
		p.Speaks, p.Status, p.Title, p.Server = "tls", 0, "", ""
	}
}

// wantsTLS is what Go's server, nginx, Apache, Node's and Jetty say then.
var wantsTLS = pattern(`(?i)HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL-enabled|requires TLS|Bad Request: This .{0,30}TLS`)

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
