package socket

import (
	"context"
	"net"
	"net/netip"
)

// Connection is one end of a TCP connection.
type Connection struct {
	Socket
	Remote netip.AddrPort
	State  State
}

// Clients gives the calling ends, on this machine, of the connections to a
// listener; in no order. It walks all connections of the machine: it is for one
// look before a decision, not for a poll.
func Clients(ctx context.Context, of Socket) ([]Socket, error) {
	all, err := connections(ctx)
	if err != nil {
		return nil, err
	}
	ours, err := ownAddresses()
	if err != nil {
		return nil, err
	}
	var found []Socket
	for _, c := range all {
		remote := c.Remote.Addr().Unmap()
		if c.Remote.Port() != of.Local.Port() || !(remote.IsLoopback() || ours[remote.WithZone("")]) {
			continue
		}
		if local := of.Local.Addr(); local.IsUnspecified() || local.Unmap().WithZone("") == remote.WithZone("") {
			found = append(found, c.Socket)
		}
	}
	return found, nil
}

// CountClients gives how many established connections have come in at each of
// the listeners, from wherever they come, in their order; those that wait to be
// accepted count too, and those of twins count for each. It walks all
// connections of the machine once.
func CountClients(ctx context.Context, of []Socket) ([]int, error) {
	all, err := connections(ctx)
	if err != nil {
		return nil, err
	}
	at := make(map[netip.AddrPort]int, len(all))
	for _, c := range all {
		at[place(c.Local)]++
	}
	// A listener on an address of its own takes what a wildcard would get.
	own := make(map[netip.AddrPort]bool, len(of))
	for _, l := range of {
		if l.Proto == TCP {
			own[place(l.Local)] = true
		}
	}
	anywhere := make(map[netip.AddrPort]int) // by the wildcard of the family
	for p, n := range at {
		if own[p] {
			continue
		}
		wild := netip.IPv6Unspecified()
		if four := netip.AddrPortFrom(netip.IPv4Unspecified(), p.Port()); p.Addr().Is4() && own[four] {
			wild = four.Addr()
		}
		anywhere[netip.AddrPortFrom(wild, p.Port())] += n
	}
	counts := make([]int, len(of))
	for i, l := range of {
		switch p := place(l.Local); {
		case l.Proto != TCP:
		case p.Addr().IsUnspecified():
			counts[i] = anywhere[p]
		default:
			counts[i] = at[p]
		}
	}
	return counts, nil
}

// place is where a socket is bound, one way to write it: IPv4 as IPv4 and
// without a zone, which the two ends of one connection may tell differently.
func place(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// ownAddresses are the addresses of this machine's interfaces, without zones.
func ownAddresses() (map[netip.Addr]bool, error) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	ours := make(map[netip.Addr]bool, len(addrs))
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			ours[p.Addr().Unmap().WithZone("")] = true
		}
	}
	return ours, nil
}
