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
