//go:build !linux

package socket

import "context"

func connections(ctx context.Context) ([]Connection, error) { return portableConnections(ctx) }

func connectionsOn(ctx context.Context, port uint16) ([]Connection, error) {
	return portableConnectionsOn(ctx, port)
}
