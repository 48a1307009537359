package socket

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/shirou/gopsutil/v3/net"
)

func portableConnections(ctx context.Context) ([]Connection, error) {
	rows, err := net.ConnectionsWithContext(ctx, "tcp")
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	var all []Connection
	for _, r := range rows {
		local, localErr := netip.ParseAddr(r.Laddr.IP)
		remote, remoteErr := netip.ParseAddr(r.Raddr.IP)
		if r.Status != "ESTABLISHED" || localErr != nil || remoteErr != nil {
			continue
		}
		all = append(all, Connection{
			Socket: Socket{Endpoint: Endpoint{Proto: TCP, Local: netip.AddrPortFrom(local, uint16(r.Laddr.Port))}, UID: NoUID, PID: r.Pid},
			Remote: netip.AddrPortFrom(remote, uint16(r.Raddr.Port)),
		})
	}
	return all, nil
}
