package socket

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/shirou/gopsutil/v3/net"
)

func portableConnections(ctx context.Context) ([]Connection, error) {
	all, err := portableConnectionsOn(ctx, 0)
	return slices.DeleteFunc(all, func(c Connection) bool { return c.State != Established }), err
}

// portableConnectionsOn gives the connections with that port at either end, all
// for port 0.
func portableConnectionsOn(ctx context.Context, port uint16) ([]Connection, error) {
	rows, err := net.ConnectionsWithContext(ctx, "tcp")
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	var all []Connection
	for _, r := range rows {
		local, localErr := netip.ParseAddr(r.Laddr.IP)
		remote, remoteErr := netip.ParseAddr(r.Raddr.IP)
		state := portableStates[r.Status]
		if state == "" || localErr != nil || remoteErr != nil || port != 0 && r.Laddr.Port != uint32(port) && r.Raddr.Port != uint32(port) {
			continue
		}
		all = append(all, Connection{
			Socket: Socket{Endpoint: Endpoint{Proto: TCP, Local: netip.AddrPortFrom(local, uint16(r.Laddr.Port))}, UID: NoUID, PID: r.Pid},
			Remote: netip.AddrPortFrom(remote, uint16(r.Raddr.Port)),
			State:  state,
		})
	}
	return all, nil
}

// portableStates are gopsutil's words.
var portableStates = map[string]State{
	"ESTABLISHED": Established, "SYN_SENT": SynSent, "SYN_RECV": SynReceived, "FIN_WAIT1": FinWait1, "FIN_WAIT2": FinWait2,
	"TIME_WAIT": TimeWait, "CLOSE_WAIT": CloseWait, "LAST_ACK": LastAck, "CLOSING": Closing,
}
