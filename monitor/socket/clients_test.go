package socket

import (
	"net"
	"net/netip"
	"runtime"
	"slices"
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
	l, place := listen("127.0.0.1:0")
	_, other := listen("127.0.0.1:0")
	var want []string
	for range 2 {
		want = append(want, dial(place.String()).LocalAddr().String())
	}
	dial(other.String())
	found, err := Clients(t.Context(), Socket{Endpoint: Endpoint{Proto: TCP, Local: place}})
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

	wild, place := listen("[::]:0")
	dial(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), place.Port()).String())
	if found, err = Clients(t.Context(), Socket{Endpoint: Endpoint{Proto: TCP, Local: place}}); err != nil || len(found) != 1 {
		t.Errorf("a wildcard: got %d clients, %v, want 1", len(found), err)
	}
	runtime.KeepAlive(wild)
}

func TestClientsAreCountedForEachListener(t *testing.T) {
	listen := func(network, at string) (Socket, uint16) {
		l, err := net.Listen(network, at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		a := netip.MustParseAddrPort(l.Addr().String())
		return Socket{Endpoint: Endpoint{Proto: TCP, Local: a}}, a.Port()
	}
	dial := func(host string, port uint16) {
		c, err := net.Dial("tcp", netip.AddrPortFrom(netip.MustParseAddr(host), port).String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	idle, _ := listen("tcp", "127.0.0.1:0")
	own, ownPort := listen("tcp", "127.0.0.1:0")
	four, fourPort := listen("tcp4", "0.0.0.0:0")
	both, bothPort := listen("tcp", "[::]:0")
	dial("127.0.0.1", ownPort)
	dial("127.0.0.1", ownPort)
	dial("127.0.0.1", fourPort)
	dial("127.0.0.1", bothPort)
	dial("::1", bothPort)
	dial("::1", bothPort)
	// A datagram socket of the same place has none of them.
	udp := own
	udp.Proto = UDP
	all := []Socket{idle, own, four, both, udp}
	counts, err := CountClients(t.Context(), all)
	if want := []int{0, 2, 1, 3, 0}; err != nil || !slices.Equal(counts, want) {
		t.Errorf("got %v, %v for %v, want %v", counts, err, all, want)
	}

	// Beside a wildcard's, an address of its own takes what comes there.
	if counts, err = CountClients(t.Context(), []Socket{both, at("::1", bothPort)}); err != nil || !slices.Equal(counts, []int{1, 2}) {
		t.Errorf("with a listener on ::1: got %v, %v, want [1 2]", counts, err)
	}
	if counts, err = CountClients(t.Context(), []Socket{both, at("0.0.0.0", bothPort)}); err != nil || !slices.Equal(counts, []int{2, 1}) {
		t.Errorf("with a listener on 0.0.0.0: got %v, %v, want [2 1]", counts, err)
	}
}

// at is a TCP listener's place.
func at(host string, port uint16) Socket {
	return Socket{Endpoint: Endpoint{Proto: TCP, Local: netip.AddrPortFrom(netip.MustParseAddr(host), port)}}
}
