package process

import (
	"context"

	"golang.org/x/sys/unix"
)

func guarded(_ context.Context, id ID) error {
	p, err := openProc()
	if err != nil {
		return refusal("", id.PID, ErrUnsure, err.Error())
	}
	defer p.close()
	f := newFacts(p)
	pidfd, err := f.pin(id)
	if err != nil {
		return unsure("", id.PID, err)
	}
	defer unix.Close(pidfd)
	switch why, err := f.guard(id.PID); {
	case exited(pidfd, 0):
		return refusal("", id.PID, ErrGone, "")
	case err != nil:
		return unsure("", id.PID, err)
	case why != "":
		return refusal(f.called(id.PID), id.PID, ErrProtected, why)
	}
	return nil
}
