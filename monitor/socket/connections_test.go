package socket

import (
	"net"
	"net/netip"
	"runtime"
	"testing"
)

func TestConnectionsOnAPortShowBothEndsAndThoseInTimeWait(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	server := netip.MustParseAddrPort(l.Addr().String())
	var ends [2]netip.AddrPort // of the one that stays, and of the one that is closed
	for i := range ends {
		c, err := net.Dial("tcp", server.String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		a, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		ends[i] = netip.MustParseAddrPort(c.LocalAddr().String())
		if i == 1 {
			// The caller closes first and so keeps the port in TIME-WAIT.
			c.Close()
			if _, err := a.Read(make([]byte, 1)); err == nil {
				t.Fatal("got a byte, want the end")
			}
			a.Close()
		}
	}
	all, err := ConnectionsOn(t.Context(), ends[0].Port())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[netip.AddrPort]Connection{}
	for _, c := range all {
		seen[c.Local] = c
	}
	if len(all) != 2 || seen[ends[0]].Remote != server || seen[server].Remote != ends[0] || seen[server].State != Established {
		t.Errorf("got %+v, want the two ends of %s to %s", all, ends[0], server)
	}
	if runtime.GOOS != "linux" {
		return
	}
	if all, err = ConnectionsOn(t.Context(), ends[1].Port()); err != nil || len(all) != 1 || all[0].State != TimeWait || all[0].Local != ends[1] {
		t.Errorf("got %+v, %v, want %s in %s", all, err, ends[1], TimeWait)
	}
}
