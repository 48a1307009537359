//go:build !linux && !darwin && !freebsd && !windows

package process

import (
	"context"
	"time"

	"portreeve/monitor/socket"
)

// stop is not possible on this platform.
func stop(_ context.Context, t Target, _ socket.Socket, _ Method, _ time.Duration) (Outcome, error) {
	return 0, refusal("", t.PID, ErrUnsure, "ending a process is not supported on this platform")
}

func isSystemFile(string) bool { return false }

func exeFileAt(string) File { return File{} }

func viewerUID() uint32 { return socket.NoUID }
