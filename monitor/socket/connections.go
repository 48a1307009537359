package socket

import (
	"context"
	"fmt"
)

// State is that of a TCP connection (RFC 9293, section 3.3.2), in the words of
// ss(8).
type State string

// The states of a connection.
const (
	Established State = "established"
	SynSent     State = "syn-sent"
	SynReceived State = "syn-received"
	FinWait1    State = "fin-wait-1"
	FinWait2    State = "fin-wait-2"
	TimeWait    State = "time-wait"
	CloseWait   State = "close-wait"
	LastAck     State = "last-ack"
	Closing     State = "closing"
)

// Alive reports whether data can still come.
func (s State) Alive() bool {
	switch s {
	case Established, SynSent, SynReceived, FinWait1, FinWait2, CloseWait:
		return true
	}
	return false
}

// diagStates are the kernel's numbers (include/net/tcp_states.h). The last one
// is TCP_NEW_SYN_RECV, which is told as TCP_SYN_RECV mostly.
var diagStates = [...]State{1: Established, 2: SynSent, 3: SynReceived, 4: FinWait1, 5: FinWait2, 6: TimeWait,
	8: CloseWait, 9: LastAck, 11: Closing, 12: SynReceived}

// everyConnection is the mask of all of them: neither closed nor listening.
const everyConnection = 1<<13 - 2 - 1<<tcpClose - 1<<tcpListen

func stateOf(number uint8) State {
	if int(number) < len(diagStates) {
		return diagStates[number]
	}
	return ""
}

// ConnectionsOn gives the TCP connections of this network namespace that have
// the port at either end, in any state but listening; in no order. A connection
// within this computer shows both its ends. Those in TIME-WAIT belong to no
// process any more and have no inode. It walks all connections of the machine:
// it is for one look, not for a poll.
func ConnectionsOn(ctx context.Context, port uint16) ([]Connection, error) {
	all, err := connectionsOn(ctx, port)
	if err != nil {
		return nil, fmt.Errorf("list connections on port %d: %w", port, err)
	}
	return all, nil
}
