package process

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

func leadsUnit(ctx context.Context, info Info) (bool, error) {
	fail := func(err error) (bool, error) {
		return false, fmt.Errorf("find what process %d was started for: %w", info.PID, err)
	}
	p, err := openProc()
	if err != nil {
		return fail(err)
	}
	defer p.close()
	st, err := newFacts(p).statOfID(info.ID)
	if err != nil {
		return fail(err)
	}
	first, err := p.leads(ctx, info.PID, info.Unit, st)
	if err != nil {
		return fail(err)
	}
	return first, nil
}

// leads reports whether a process of that unit is the first of it.
func (p *procfs) leads(ctx context.Context, pid int32, unit string, st procStat) (bool, error) {
	if unit == "" {
		return false, nil
	}
	// A parent 0 is outside of this pid namespace.
	if st.ppid != 0 {
		if in, err := p.inUnit(st.ppid, unit); in || err != nil {
			return false, err
		}
	}
	pids, err := p.pids(nil)
	if err != nil {
		return false, err
	}
	for _, other := range pids {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if other == pid {
			continue
		}
		in, err := p.inUnit(other, unit)
		if err != nil {
			return false, err
		}
		if !in {
			continue
		}
		if o, err := p.statOf(other); err == nil && o.start < st.start {
			return false, nil
		}
	}
	return true, nil
}

// inUnit reports whether a process is in that unit; one that has ended is not.
func (p *procfs) inUnit(pid int32, unit string) (bool, error) {
	p.at(pid, "cgroup")
	b, err := p.read()
	if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.ENOENT) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	of, _ := parseCgroup(b)
	return of == unit, nil
}
