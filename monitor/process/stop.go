package process

// Ending a program: what is common to all platforms. The order of the checks
// and the signal itself are in the files of the platforms.

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"portreeve/monitor/socket"
)

// Stop ends the process t, as it was shown to whoever decided so, because it
// holds the socket holds. It waits up to patience for the end and says whether
// that came: Ended, or Running when the process goes on in spite of the signal.
//
// It refuses rather than risk another process: each refusal wraps one of the
// sentinels of this package, and nothing has been signalled then. An error that
// wraps none comes with the outcome Running: the signal was sent, but ctx ended
// before the process did.
//
// On Linux the process is pinned by a pidfd before the first check, so no check
// and no signal can reach a successor of the same number. stop_unix.go and
// stop_windows.go say what remains open elsewhere.
func Stop(ctx context.Context, t Target, holds socket.Socket, how Method, patience time.Duration) (Outcome, error) {
	switch {
	case t.PID <= 0:
		return 0, refusal("", t.PID, ErrUnsure, "not a process id")
	case t.Birth == 0:
		return 0, refusal("", t.PID, ErrUnsure, "it is not known when it was born")
	case how != Terminate && how != Kill:
		return 0, refusal("", t.PID, ErrUnsure, "no such way of ending it")
	case holds.Local.Port() == 0 && holds.Inode == 0:
		return 0, refusal("", t.PID, ErrUnsure, "no socket is named that it should hold")
	}
	if err := ctx.Err(); err != nil {
		return 0, refusal("", t.PID, ErrUnsure, err.Error())
	}
	return stop(ctx, t, holds, how, patience)
}

// refusal tells in words why a process was left alone. name may be empty.
func refusal(name string, pid int32, why error, detail string) error {
	who := fmt.Sprintf("process %d", pid)
	if name != "" {
		who = fmt.Sprintf("%s (pid %d)", printable(name), pid)
	}
	if detail == "" {
		return fmt.Errorf("end %s: %w", who, why)
	}
	return fmt.Errorf("end %s: %w: %s", who, why, detail)
}

// printable keeps a name that the program chose from writing on a terminal what
// it likes; errors are printed as they are.
func printable(name string) string {
	const most = 64
	if r := []rune(name); len(r) > most {
		name = string(r[:most]) + "…"
	}
	for _, r := range name {
		if r == '\uFFFD' || !strconv.IsPrint(r) {
			return strconv.QuoteToASCII(name)
		}
	}
	return name
}

// unsure keeps an error that already says why, and takes every other as a
// reason for doubt.
func unsure(name string, pid int32, err error) error {
	for _, known := range []error{ErrGone, ErrReused, ErrReplaced, ErrNotHolder, ErrNotMember, ErrDenied, ErrProtected, ErrSupervised, ErrUnsure} {
		if errors.Is(err, known) {
			return refusal(name, pid, known, "")
		}
	}
	return refusal(name, pid, ErrUnsure, err.Error())
}

// cutShort is the answer when ctx ends while a process that was signalled runs.
func cutShort(name string, pid int32, err error) (Outcome, error) {
	return Running, fmt.Errorf("wait for the end of %s (pid %d): %w", printable(name), pid, err)
}
