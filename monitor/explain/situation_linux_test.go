package explain

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Each verdict is made for real here, on this machine's kernel: the situation is
// brought about, asked about, and must come out as documented.

func TestAWebServerAnswers(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Server", "shop/1.0")
		fmt.Fprint(w, "<html><head><title>My &amp; shop\x1b[2J</title></head></html>")
	}))
	defer s.Close()
	at := s.Listener.Addr().String()
	come(t, ask(t, at, true), AnswersHTTP, "a web server (200 OK, “My & shop[2J”).", "server: shop/1.0", "http://"+at+"/")
	come(t, ask(t, "http://"+at+"/x", true), AnswersHTTP)
	come(t, ask(t, "https://"+at+"/x", true), WantsHTTP, "speaks plain HTTP and you speak TLS")
	come(t, ask(t, at, false), Listens, "It was not tried")
}

func TestAServerWithTLSAnswersWithItsCertificate(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = discard()
	s.StartTLS()
	defer s.Close()
	at := s.Listener.Addr().String()
	come(t, ask(t, at, true), AnswersTLS, "Its certificate is for example.com", "It's valid until", "signed by itself", "TLS version: TLS 1.3")
	come(t, ask(t, "https://"+at, true), AnswersTLS, "https://"+at+"/")
	come(t, ask(t, "http://"+at, true), WantsTLS, "speaks TLS and you speak plain HTTP", "https://"+at+"/")
}

func TestAGreetingTellsWhoAnswers(t *testing.T) {
	for greeting, want := range map[string]string{
		"SSH-2.0-OpenSSH_9.2\r\n":                                 "an SSH server",
		"220 mx.example ESMTP ready\r\n":                          "a mail server",
		"220 (vsFTPd 3.0.3) FTP\r\n":                              "a file server",
		"RFB 003.008\n":                                           "a server for a remote screen",
		"J\x00\x00\x00\x0a8.0.36\x00\x01\x00\x00\x00abcdefgh\x00": "a MySQL or MariaDB server",
	} {
		heard := make(chan string, 1)
		at := serve(t, "127.0.0.1:0", func(c net.Conn) {
			defer c.Close()
			_, _ = io.WriteString(c, greeting)
			b, _ := io.ReadAll(c) // the other side closes
			heard <- string(b)
		})
		come(t, ask(t, at, true), AnswersGreeting, want, "It greets in")
		if got := <-heard; got != "" {
			t.Errorf("%q was sent %q, want nothing", greeting, got)
		}
	}
}

func TestAnUnknownLanguageIsStillAnAnswer(t *testing.T) {
	at := serve(t, "127.0.0.1:0", func(c net.Conn) {
		defer c.Close()
		if line, err := bufio.NewReader(c).ReadString('\n'); err == nil {
			_, _ = io.WriteString(c, "? "+line)
		}
	})
	come(t, ask(t, at, true), Answers, "a language that Portreeve doesn't know", "it said: ? GET / HTTP/1.1")
}

func TestNothingIsSentWhereAPrinterMayListen(t *testing.T) {
	heard := make(chan string, 1)
	for port := 9100; port <= 9107; port++ {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		defer l.Close()
		go func() {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			b, _ := io.ReadAll(c)
			heard <- string(b)
		}()
		come(t, ask(t, l.Addr().String(), true), Accepts, "a printer may print")
		if got := <-heard; got != "" {
			t.Errorf("got %q sent to a printer's port, want nothing", got)
		}
		return
	}
	t.Skip("all ports of printers are taken here")
}

func TestAListenerThatStaysSilentOrClosesDoesNotAnswer(t *testing.T) {
	t.Parallel() // it mostly waits
	come(t, ask(t, serve(t, "127.0.0.1:0", hold), true), Silent, "takes connections and stays silent")
	a := startRole(t, "idle 127.0.0.1:0", nil)
	come(t, ask(t, a.at, true), Silent, "it doesn't take the connections that wait", "hasn't fetched it", "connections that wait: 1, at most: ")
	come(t, ask(t, serve(t, "127.0.0.1:0", func(c net.Conn) { _ = c.Close() }), true), Closes, "closes the connection at once")
}

func TestAFullAcceptQueueIsShownWithItsFigures(t *testing.T) {
	t.Parallel() // it mostly waits
	fd, at := listenWith(t, unix.AF_INET, 1)
	var held []net.Conn // kept reachable: the collector closes forgotten ones
	for range 2 {
		c, err := net.DialTimeout("tcp", at, time.Second)
		if err != nil {
			t.Fatalf("fill the queue: %v", err)
		}
		held = append(held, c)
	}
	come(t, ask(t, at, true), QueueFull, "2 connections wait, 1 may", "got no answer within 2.0 s")
	come(t, ask(t, at, false), QueueFull)
	for _, c := range held {
		_ = c.Close()
	}
	_ = unix.Close(fd)
}

// listenWith listens on a loopback address with a backlog, and for IPv6 on that
// alone; nobody accepts.
func listenWith(t *testing.T, family, backlog int) (fd int, at string) {
	t.Helper()
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no such socket here: %v", err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	var to unix.Sockaddr = &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	if family == unix.AF_INET6 {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
			t.Fatal(err)
		}
		to = &unix.SockaddrInet6{Addr: netip.IPv6Loopback().As16()}
	}
	if err := unix.Bind(fd, to); err != nil {
		t.Skipf("no such address here: %v", err)
	}
	if err := unix.Listen(fd, backlog); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	switch a := name.(type) {
	case *unix.SockaddrInet4:
		return fd, netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port)).String()
	case *unix.SockaddrInet6:
		return fd, netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port)).String()
	}
	t.Fatalf("got the address %v", name)
	return 0, ""
}

func TestAListenerOnIPv6AloneIsOnAnotherAddress(t *testing.T) {
	_, at := listenWith(t, unix.AF_INET6, 5)
	port := portOf(t, at)
	come(t, ask(t, "127.0.0.1:"+port, true), OtherAddress, "listens on [::1]:"+port, "::1 is the IPv6 form of 127.0.0.1", "Use the address that it listens on: [::1]:"+port)
	come(t, ask(t, "[::1]:"+port, false), Listens)
}

func TestUDPAndTCPHaveNumbersOfTheirOwn(t *testing.T) {
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	at := p.LocalAddr().String()
	come(t, ask(t, at+"/udp", true), BoundUDP, "receives what is sent")
	come(t, ask(t, at, true), UDPOnly, "by UDP", "portreeve explain "+portOf(t, at)+"/udp")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	come(t, ask(t, l.Addr().String()+"/udp", true), TCPOnly, "by TCP")
}

func TestTheCallingEndOfAConnectionIsNoListener(t *testing.T) {
	at := serve(t, "127.0.0.1:0", hold)
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	me := filepath.Base(os.Args[0])
	end := c.LocalAddr().String()
	come(t, ask(t, "INFO: "+end+` - "GET / HTTP/1.1" 200 OK`, true), ClientEnd,
		fmt.Sprintf("Not a listener: %s's end of a connection to %s on port %s.", me, me, portOf(t, at)), "portreeve explain "+portOf(t, at))
	a := ask(t, at, false)
	if !slices.ContainsFunc(a.Clients, func(c Client) bool { return c.At.String() == end && c.Program == me && c.PID == int32(os.Getpid()) }) {
		t.Errorf("got the clients %+v, want %s of %s", a.Clients, end, me)
	}
}

func TestAConnectionThatTheListenerHasEndedIsNoClient(t *testing.T) {
	at := serve(t, "127.0.0.1:0", func(c net.Conn) { _ = c.Close() })
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	// After its end has come this side is in CLOSE-WAIT.
	if _, err := io.Copy(io.Discard, c); err != nil {
		t.Fatal(err)
	}
	if a := ask(t, at, false); len(a.Clients) > 0 {
		t.Errorf("got the clients %+v, want none", a.Clients)
	}
}

func TestTheCallingEndIsKnownInTimeWaitToo(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	end := c.LocalAddr().String()
	finish(t, c, s)
	come(t, ask(t, end, true), ClientEnd, "which is over", "on port "+portOf(t, l.Addr().String()), "time-wait")
}

// finish closes the first end and then the other, so that the first keeps its
// port in TIME-WAIT.
func finish(t *testing.T, first, then net.Conn) {
	t.Helper()
	_ = first.Close()
	if _, err := then.Read(make([]byte, 1)); err != io.EOF {
		t.Fatalf("got %v, want the end of the connection", err)
	}
	_ = then.Close()
}

func TestConnectionsThatAreOverKeepAPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	come(t, ask(t, at, true), ConnectionsLeft, "takes no new ones", "established")
	finish(t, s, c)
	come(t, ask(t, at, true), TimeWait, "“address already in use”", "1 in time-wait", "SO_REUSEADDR")
}

func TestNobodyIsThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	_ = l.Close()
	come(t, ask(t, at, true), Nobody, "Nobody listens on "+at+" now.", "is refused", "caller's temporary port", "--await")
}

func TestAnAddressOfAnotherComputerIsNotTried(t *testing.T) {
	// TEST-NET-1 (RFC 5737) is nobody's.
	a := ask(t, "192.0.2.1:80", true)
	come(t, a, NotHere, "192.0.2.1 isn't an address of this computer")
	if strings.Contains(written(a), "A connection to") {
		t.Errorf("got a connection tried:\n%s", written(a))
	}
}

func TestAListenerInAnotherNamespaceIsElsewhere(t *testing.T) {
	if out, err := exec.Command("unshare", "--user", "--net", "true").CombinedOutput(); err != nil {
		t.Skipf("no network namespace to be had here: %v: %s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free here
	if err != nil {
		t.Fatal(err)
	}
	port := portOf(t, l.Addr().String())
	_ = l.Close()
	startRole(t, "idle 0.0.0.0:"+port, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET})
	come(t, ask(t, "127.0.0.1:"+port, true), OtherNamespace, "in another network namespace", "0.0.0.0:"+port+" there")
}

func TestLocalhostIsBothItsMeanings(t *testing.T) {
	at := serve(t, "127.0.0.1:0", hold)
	come(t, ask(t, "localhost:"+portOf(t, at), false), Listens, "localhost is this computer itself")
}
