package socket

import (
	"net"
	"net/netip"
	"runtime"
	"testing"
)

func TestClientsAreTheCallingEndsOfAListenersConnections(t *testing.T) {
	listen := func(at string) (net.Listener, netip.AddrPort) {
		l, err := net.Listen("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		return l, netip.MustParseAddrPort(l.Addr().String())
	}
	dial := func(at string) net.Conn {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	l, at := listen("127.0.0.1:0")
	_, other := listen("127.0.0.1:0")
	var want []string
	for range 2 {
		want = append(want, dial(at.String()).LocalAddr().String())
	}
	dial(other.String())
	found, err := Clients(t.Context(), Socket{Endpoint: Endpoint{Proto: TCP, Local: at}})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != len(want) {
		t.Errorf("got %d clients, want %d", len(found), len(want))
	}
	for _, s := range found {
		if a := s.Local.String(); a != want[0] && a != want[1] {
			t.Errorf("got the client %s, want one of %v", a, want)
		}
		if runtime.GOOS == "linux" && s.Inode == 0 {
			t.Errorf("got no inode of the client %s", s.Local)
		}
	}
	runtime.KeepAlive(l)

	wild, at := listen("[::]:0")
	dial(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), at.Port()).String())
	if found, err = Clients(t.Context(), Socket{Endpoint: Endpoint{Proto: TCP, Local: at}}); err != nil || len(found) != 1 {
		t.Errorf("a wildcard: got %d clients, %v, want 1", len(found), err)
	}
	runtime.KeepAlive(wild)
}
