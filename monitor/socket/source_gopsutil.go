package socket

import (
	"context"
	"fmt"
	"net/netip"

	psnet "github.com/shirou/gopsutil/v3/net"
)

// gopsutilSource asks gopsutil, which knows a way on every platform: the IP
// helper tables on Windows, lsof on macOS and FreeBSD, /proc on Linux. Bad but
// portable: it costs thousands of allocations a read, it reads all connections
// for the few listeners, on Linux it tells only one of several sockets that
// share a port, on macOS and FreeBSD a socket that two programs hold is told
// twice. In exchange it names an owner.
//
// Its sockets have PID, and UID where the owner's is told. Inode, Cgroup,
// Ifindex, Queue, Backlog and OnlyV6 stay zero: unknown.
type gopsutilSource struct {
	// connections is psnet.ConnectionsWithContext, another in tests.
	connections func(ctx context.Context, kind string) ([]psnet.ConnectionStat, error)
	// filled holds the kinds whose last answer was not empty.
	filled map[string]bool
}

// gopsutilKinds are asked one at a time, because a row does not tell its
// family the same way on every platform.
var gopsutilKinds = [...]struct {
	name  string
	proto Proto
	ipv6  bool
}{{"tcp4", TCP, false}, {"tcp6", TCP, true}, {"udp4", UDP, false}, {"udp6", UDP, true}}

// openGopsutil does not ask first: it is the last source, and slow.
func openGopsutil() (source, error) {
	return &gopsutilSource{connections: psnet.ConnectionsWithContext, filled: map[string]bool{}}, nil
}

func (g *gopsutilSource) name() string { return "gopsutil" }

func (g *gopsutilSource) read(ctx context.Context, dst []Socket, want Protos) ([]Socket, error) {
	keep := len(dst)
	equals := map[gopsutilKey]uint64{}
	for _, kind := range gopsutilKinds {
		if !want.Has(kind.proto) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return dst[:keep], err
		}
		conns, err := g.ask(ctx, kind.name)
		if err != nil {
			return dst[:keep], fmt.Errorf("ask gopsutil for %s: %w", kind.name, err)
		}
		for _, c := range conns {
			s, ok := gopsutilSocket(c, kind.proto, kind.ipv6)
			if !ok {
				continue
			}
			key := gopsutilKey{s.Endpoint, s.PID}
			s.Cookie = endpointCookie(s.Endpoint, s.PID, equals[key])
			equals[key]++
			dst = append(dst, s)
		}
	}
	return dst, nil
}

type gopsutilKey struct {
	Endpoint
	pid int32
}

// ask asks a second time before it believes that everything of a kind is gone:
// on Windows a family that fails reads as an empty one without an error.
func (g *gopsutilSource) ask(ctx context.Context, kind string) ([]psnet.ConnectionStat, error) {
	conns, err := g.connections(ctx, kind)
	if err == nil && len(conns) == 0 && g.filled[kind] {
		conns, err = g.connections(ctx, kind)
	}
	if err != nil {
		return nil, err
	}
	g.filled[kind] = len(conns) > 0
	return conns, nil
}

// gopsutilSocket is ok for a TCP listener and for a UDP socket that is bound
// and not connected.
func gopsutilSocket(c psnet.ConnectionStat, p Proto, ipv6 bool) (s Socket, ok bool) {
	if p == TCP && c.Status != "LISTEN" || p == UDP && c.Raddr.Port != 0 {
		return s, false
	}
	addr, ok := gopsutilAddr(c.Laddr.IP, ipv6)
	if !ok || c.Laddr.Port == 0 || c.Laddr.Port > 65535 {
		return s, false
	}
	s = Socket{
		Endpoint: Endpoint{Proto: p, Local: netip.AddrPortFrom(addr, uint16(c.Laddr.Port))},
		UID:      NoUID,
		PID:      c.Pid,
	}
	if len(c.Uids) > 0 {
		s.UID = uint32(c.Uids[0]) // the real user: the row tells no more of the socket's own
	}
	return s, true
}

// gopsutilAddr reads an address as the platforms spell it: lsof and netstat
// call the wildcard "*", and Go prints ::ffff:127.0.0.1 as 127.0.0.1, which
// here goes back to the family that was asked for.
func gopsutilAddr(text string, ipv6 bool) (netip.Addr, bool) {
	if text == "*" && ipv6 {
		return netip.IPv6Unspecified(), true
	}
	if text == "*" {
		return netip.IPv4Unspecified(), true
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return addr, false
	}
	if ipv6 && addr.Is4() {
		addr = netip.AddrFrom16(addr.As16())
	}
	return addr, true
}

// alive goes by cookie, and by endpoint for a socket that another source told
// before this one took over: only those have an inode.
func (g *gopsutilSource) alive(ctx context.Context, s Socket) (bool, error) {
	return look(ctx, 1, protos(s.Proto), func(o Socket) bool {
		return o.Cookie == s.Cookie || s.Inode != 0 && o.Proto == s.Proto &&
			o.Local.Port() == s.Local.Port() && o.Local.Addr() == s.Local.Addr().WithZone("")
	}, g.read)
}

func (g *gopsutilSource) close() error { return nil }
