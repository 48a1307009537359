package socket

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// bound is a real socket of this test. It is a bare file descriptor, so that
// no collector closes it behind the test's back.
type bound struct {
	Endpoint
	fd     int
	inode  uint64
	onlyV6 bool
}

type bindOption func(*testing.T, int)

func sockopt(level, name int) bindOption {
	return func(t *testing.T, fd int) {
		t.Helper()
		if err := unix.SetsockoptInt(fd, level, name, 1); err != nil {
			t.Fatalf("set socket option %d: %v", name, err)
		}
	}
}

var ( // never changed
	reusePort = sockopt(unix.SOL_SOCKET, unix.SO_REUSEPORT)
	v6Only    = sockopt(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY)
)

const testBacklog = 7

// bindTo opens a TCP listener or a bound UDP socket at the address, until the
// test ends or closes it.
func bindTo(t *testing.T, p Proto, at string, options ...bindOption) *bound {
	t.Helper()
	to := netip.MustParseAddrPort(at)
	family, kind := unix.AF_INET6, unix.SOCK_STREAM
	var addr unix.Sockaddr
	if to.Addr().Is4() {
		family = unix.AF_INET
		addr = &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}
	} else {
		in6 := &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()}
		if to.Addr().Zone() == "lo" {
			in6.ZoneId = 1
		}
		addr = in6
	}
	if p == UDP {
		kind = unix.SOCK_DGRAM
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, 0)
	if err == unix.EAFNOSUPPORT && family == unix.AF_INET6 {
		t.Skip("no IPv6 here")
	} else if err != nil {
		t.Fatalf("open a socket for %s: %v", at, err)
	}
	b := &bound{fd: fd}
	t.Cleanup(b.close)
	if family == unix.AF_INET6 { // whatever net.ipv6.bindv6only says
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0); err != nil {
			t.Fatalf("set IPV6_V6ONLY: %v", err)
		}
	}
	for _, o := range options {
		o(t, fd)
	}
	if err := unix.Bind(fd, addr); err == unix.EADDRNOTAVAIL && family == unix.AF_INET6 {
		t.Skipf("no IPv6 address %s here", to.Addr())
	} else if err != nil {
		t.Fatalf("bind %s: %v", at, err)
	}
	if p == TCP {
		if err := unix.Listen(fd, testBacklog); err != nil {
			t.Fatalf("listen on %s: %v", at, err)
		}
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		t.Fatalf("stat the socket of %s: %v", at, err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatalf("name of the socket of %s: %v", at, err)
	}
	port := 0
	switch name := name.(type) {
	case *unix.SockaddrInet4:
		port = name.Port
	case *unix.SockaddrInet6:
		port = name.Port
		only, err := unix.GetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY)
		if err != nil {
			t.Fatalf("get IPV6_V6ONLY: %v", err)
		}
		b.onlyV6 = only != 0
	}
	b.inode = st.Ino
	b.Endpoint = Endpoint{p, netip.AddrPortFrom(to.Addr(), uint16(port))}
	return b
}

func (b *bound) close() {
	if b.fd >= 0 {
		unix.Close(b.fd)
	}
	b.fd = -1
}

// open gives a Table of one source, or skips.
func open(t testing.TB, name string) *Table {
	t.Helper()
	table, err := OpenSource(name)
	if err != nil {
		t.Skipf("no source %s here: %v", name, err)
	}
	t.Cleanup(func() { table.Close() })
	return table
}
