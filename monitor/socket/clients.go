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
