package socket

import "context"

// connections asks sock_diag, and where that is forbidden gopsutil.
func connections(ctx context.Context) ([]Connection, error) {
	n := newNetlink(false, dialSockDiag)
	defer n.close()
	var all []Connection
	for _, family := range []uint8{afInet, afInet6} {
		if _, err := n.ask(ctx, nil, diagQuery{proto: TCP, family: family, connections: &all}); err != nil {
			return portableConnections(ctx)
		}
	}
	return all, nil
}

// connectionsOn lets the kernel pick those of one port, for each end in turn.
func connectionsOn(ctx context.Context, port uint16) ([]Connection, error) {
	n := newNetlink(false, dialSockDiag)
	defer n.close()
	var all []Connection
	for _, family := range []uint8{afInet, afInet6} {
		for _, q := range []diagQuery{{sport: port}, {dport: port}} {
			var some []Connection
			q.proto, q.family, q.states, q.connections = TCP, family, everyConnection, &some
			if _, err := n.ask(ctx, nil, q); err != nil {
				return portableConnectionsOn(ctx, port)
			}
			for _, c := range some {
				// Both ends of one connection may have the port.
				if q.dport == 0 || c.Local.Port() != port {
					all = append(all, c)
				}
			}
		}
	}
	return all, nil
}
