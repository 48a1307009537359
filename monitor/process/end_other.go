//go:build !linux

package process

import (
	"context"
	"time"
)

// endAny is not possible here: without a pidfd only the socket tells a process
// from its successor.
func endAny(_ context.Context, t Target, _ Method, _ time.Duration) (Outcome, error) {
	return 0, refusal("", t.PID, ErrUnsure, "ending a process without a socket is not supported on this platform")
}
