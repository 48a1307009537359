package process

import (
	"context"
	"time"

	"portreeve/monitor/socket"
)

func endAny(ctx context.Context, t Target, how Method, patience time.Duration) (Outcome, error) {
	p, err := openProc()
	if err != nil {
		return 0, refusal("", t.PID, ErrUnsure, err.Error())
	}
	defer p.close()
	f := newFacts(p)
	do := f.steps()
	do.holds = func(context.Context, int32, socket.Socket) (bool, error) { return true, nil }
	return f.stop(ctx, do, t, socket.Socket{}, how, patience)
}
