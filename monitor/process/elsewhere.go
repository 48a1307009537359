package process

import (
	"context"

	"portreeve/monitor/socket"
)

// Foreign is a TCP listener in another network namespace: of a container, say.
type Foreign struct {
	socket.Socket
	// Owner holds it. Of one that can't be looked into only the PID is set, and
	// that is some process of the same namespace.
	Owner Info
}

// Elsewhere finds the TCP listeners on a port in the other network namespaces
// that this user may look into. hidden counts the processes whose namespace can't
// be told. It looks at every process: for one question, not for a poll. Off
// Linux it finds none.
func Elsewhere(ctx context.Context, port uint16) (found []Foreign, hidden int, err error) {
	return elsewhere(ctx, port)
}

// MainEnded reports whether the main thread of a process has ended while others
// go on: such a process still holds its sockets, as no zombie does. It is false
// where that can't be told, and off Linux.
func MainEnded(ctx context.Context, id ID) bool { return mainEnded(ctx, id) }
