package process

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"portreeve/monitor/socket"
)

func members(ctx context.Context, id ID, session bool) (Members, error) {
	fail := func(err error) (Members, error) {
		what := "process group"
		if session {
			what = "session"
		}
		return Members{}, fmt.Errorf("list the %s of process %d: %w", what, id.PID, err)
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	p, err := openProc()
	if err != nil {
		return fail(err)
	}
	defer p.close()
	f := newFacts(p)
	st, err := f.statOfID(id)
	if err != nil {
		return fail(err)
	}
	m := Members{}
	if m.Bond, err = bondOf(st, session); err != nil {
		return fail(err)
	}
	pids, err := p.pids(nil)
	if err != nil {
		return fail(err)
	}
	for _, pid := range pids {
		if err := ctx.Err(); err != nil {
			return fail(err)
		}
		if err := f.admit(ctx, &m, pid); err != nil {
			return fail(err)
		}
	}
	m.sort()
	return m, nil
}

// admit adds the process if it is a member. Who ends meanwhile is none.
func (f *facts) admit(ctx context.Context, m *Members, pid int32) error {
	st, err := f.proc.statOf(pid)
	if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.ENOENT) || err == nil && !m.of(st) {
		return nil
	}
	if err != nil {
		return err
	}
	info, err := f.look(ctx, pid)
	if errors.Is(err, ErrGone) {
		return nil
	}
	if err != nil {
		return err
	}
	// The number may have gone to another process before its facts were read.
	st, err = f.statOfID(info.ID)
	if errors.Is(err, ErrGone) || errors.Is(err, ErrReused) || err == nil && !m.of(st) {
		return nil
	}
	if err != nil {
		return err
	}
	why, err := f.guard(pid)
	if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return err
	}
	m.Led = m.Led || pid == m.Number
	if why != "" {
		m.Spared = append(m.Spared, Spared{Info: *info, Why: why})
		return nil
	}
	m.Infos = append(m.Infos, *info)
	return nil
}

// statOfID reads /proc/PID/stat of exactly that process, which has not ended.
func (f *facts) statOfID(id ID) (procStat, error) {
	pidfd, err := f.pin(id)
	if err != nil {
		return procStat{}, err
	}
	defer unix.Close(pidfd)
	st, err := f.proc.statOf(id.PID)
	if exited(pidfd, 0) {
		return procStat{}, ErrGone
	}
	return st, err
}

func stopMember(ctx context.Context, t Target, of Bond, how Method, patience time.Duration) (Outcome, error) {
	p, err := openProc()
	if err != nil {
		return 0, refusal("", t.PID, ErrUnsure, err.Error())
	}
	defer p.close()
	f := newFacts(p)
	return f.stop(ctx, f.memberSteps(of), t, socket.Socket{}, how, patience)
}

// memberSteps are the steps of a stop whose reason is a group or session.
func (f *facts) memberSteps(of Bond) steps {
	do := f.steps()
	do.lost = ErrNotMember
	do.holds = func(_ context.Context, pid int32, _ socket.Socket) (bool, error) {
		st, err := f.proc.statOf(pid)
		return err == nil && of.of(st), err
	}
	return do
}
