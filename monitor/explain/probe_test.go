package explain

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestALanguageIsToldByWhatAServerSays(t *testing.T) {
	for said, want := range map[string]string{
		"HTTP/1.1 200 OK\r\n\r\n": "http",
		"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n":                               "tls",
		"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<center>The plain HTTP request was sent to HTTPS port</center>": "tls",
		"HTTP/1.1 400 Bad Request\r\n\r\nwhat?":                                                                           "http",
		"\x15\x03\x01\x00\x02\x02\x46":                                                                                    "tls",
		"SSH-2.0-OpenSSH_9.2p1 Debian\r\n":                                                                                "ssh",
		"+PONG\r\n":                                                                                                       "redis",
		"-NOAUTH Authentication required.\r\n":                                                                            "redis",
		"-ERR wrong number of arguments for 'get' command\r\n":                                                            "redis",
		"+OK Dovecot ready.\r\n":                                                                                          "pop3",
		"* OK [CAPABILITY IMAP4rev1] ready\r\n":                                                                           "imap",
		"220 mail.example ESMTP Postfix\r\n":                                                                              "smtp",
		"220 ProFTPD Server\r\n":                                                                                          "ftp",
		"RFB 003.008\n":                                                                                                   "vnc",
		"ERROR\r\n":                                                                                                       "memcached",
		":irc.example NOTICE * :*** Looking up your hostname\r\n":                                                         "irc",
		"J\x00\x00\x00\x0a8.0.36\x00abc":                                                                                  "mysql",
		"hello\r\n":                                                                                                       "",
		"\x00\x01\x02":                                                                                                    "",
	} {
		var p Probe
		if p.understand([]byte(said)); p.Speaks != want {
			t.Errorf("%q: got %q, want %q", said, p.Speaks, want)
		}
	}
}

func TestAServerIsAskedInItsOwnLanguageFirst(t *testing.T) {
	for _, c := range []struct {
		port uint16
		hint Hint
		want string
	}{
		{3000, Hint{}, "http"}, {443, Hint{}, "tls"}, {6379, Hint{}, "redis"}, {5432, Hint{}, "postgresql"},
		{7000, Hint{Program: "redis-server"}, "redis"}, {7000, Hint{Program: "postgres"}, "postgresql"},
		{7000, Hint{Scheme: "https"}, "tls"}, {8443, Hint{Scheme: "http"}, "http"},
	} {
		if got := tongueOf(c.port, c.hint); got != c.want {
			t.Errorf("port %d, %+v: got %s, want %s", c.port, c.hint, got, c.want)
		}
	}
}

// A server that reads line by line must never see Host:, which Redis takes for
// an attack.
func TestWhatReadsLineByLineIsSentOneLineOnly(t *testing.T) {
	heard := make(chan string, 1)
	at := pretend(t, func(c net.Conn) {
		b := make([]byte, 4096)
		n, _ := c.Read(b)
		_, _ = io.WriteString(c, "-ERR unknown command\r\n")
		rest, _ := io.ReadAll(c)
		heard <- string(b[:n]) + string(rest)
	})
	p := Connect(t.Context(), at, Hint{})
	if got := <-heard; p.Speaks != "redis" || got != "GET / HTTP/1.1\r\n" {
		t.Errorf("got %q and sent %q, want redis and one line", p.Speaks, got)
	}
}

func TestPostgreSQLIsAskedWhetherItEncrypts(t *testing.T) {
	heard := make(chan string, 1)
	at := pretend(t, func(c net.Conn) {
		b := make([]byte, 8)
		_, _ = io.ReadFull(c, b)
		_, _ = io.WriteString(c, "N")
		rest, _ := io.ReadAll(c)
		heard <- string(b) + string(rest)
	})
	p := Connect(t.Context(), at, Hint{Program: "postgres"})
	if got := <-heard; p.Speaks != "postgresql" || got != "\x00\x00\x00\x08\x04\xd2\x16\x2f" {
		t.Errorf("got %q and sent %q, want postgresql and an SSLRequest alone", p.Speaks, got)
	}
}

func TestOneConnectionIsEnoughWhereTheLanguageIsKnown(t *testing.T) {
	for name, hint := range map[string]Hint{"TLS": {Scheme: "https"}, "HTTP": {}} {
		var connections atomic.Int32
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				connections.Add(1)
			}
		}
		if name == "TLS" {
			s.StartTLS()
		} else {
			s.Start()
		}
		p := Connect(t.Context(), netip.MustParseAddrPort(s.Listener.Addr().String()), hint)
		s.Close()
		if n := connections.Load(); n != 1 || p.Speaks != strings.ToLower(name) {
			t.Errorf("%s: got %q by %d connections, want one", name, p.Speaks, n)
		}
	}
}

func TestAProbeIsOverInTwoSecondsWhateverComes(t *testing.T) {
	t.Parallel()
	at := pretend(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096))
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		// Words without an end.
		for i := 0; ; i++ {
			if _, err := io.WriteString(c, "x"); err != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
	began := time.Now()
	p := Connect(t.Context(), at, Hint{})
	if d := time.Since(began); d > probeTime+500*time.Millisecond || p.Speaks != "http" || p.Status != 200 {
		t.Errorf("got %+v after %s, want HTTP within %s", p, d, probeTime)
	}
}

func TestAProbeEndsWithItsContext(t *testing.T) {
	at := pretend(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	began := time.Now()
	Connect(ctx, at, Hint{})
	if d := time.Since(began); d > time.Second {
		t.Errorf("got back after %s, want at once", d)
	}
}

// pretend is a server of one connection at a time, to the letter.
func pretend(t *testing.T, handle func(net.Conn)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			handle(c)
			_ = c.Close()
		}
	}()
	return netip.MustParseAddrPort(l.Addr().String())
}

func FuzzWhatAServerSaysNeverHarms(f *testing.F) {
	for _, s := range []string{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n<title>a</title>", "J\x00\x00\x00\x0a8\x00", "\x16\x03\x01", "220 x", "HTTP/1.1 400 \r\n\r\nrequires TLS"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		var p Probe
		p.understand(said)
		_ = wholePage(said)
		if strings.Contains(p.Greeting, "\n") || len(p.Greeting) > 300 {
			t.Errorf("got the greeting %q, want one short line", p.Greeting)
		}
		p.At, p.Reach, p.Spoken = netip.MustParseAddrPort("127.0.0.1:80"), Connected, true
		for _, finding := range (&inquiry{ev: Evidence{Now: noon}}).reply(&p) {
			if Clean(finding.Text, 1000) != finding.Text {
				t.Errorf("got %q, which is not clean", finding.Text)
			}
		}
	})
}
