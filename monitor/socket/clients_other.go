//go:build !linux

package socket

import "context"

func connections(ctx context.Context) ([]Connection, error) { return portableConnections(ctx) }
