package process

// Ending a process that holds no socket: a watcher or a loop that would start
// the holder again.

import (
	"context"
	"time"
)

// End ends the process t like Stop, in the same order and with the same
// refusals, but without asking that it hold a socket. So nothing ties the
// process to what the user looked at except t itself: only who found out that
// this very process starts a listener again may call it, and everybody else
// calls Stop.
//
// It is made for Linux, where a pidfd pins the process. Elsewhere it refuses
// with ErrUnsure.
func End(ctx context.Context, t Target, how Method, patience time.Duration) (Outcome, error) {
	switch {
	case t.PID <= 0:
		return 0, refusal("", t.PID, ErrUnsure, "not a process id")
	case t.Birth == 0:
		return 0, refusal("", t.PID, ErrUnsure, "it is not known when it was born")
	case how != Terminate && how != Kill:
		return 0, refusal("", t.PID, ErrUnsure, "no such way of ending it")
	}
	if err := ctx.Err(); err != nil {
		return 0, refusal("", t.PID, ErrUnsure, err.Error())
	}
	return endAny(ctx, t, how, patience)
}
