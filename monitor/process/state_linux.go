package process

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// A sleep in the kernel counts when it is seen this often, so far apart.
	stuckLooks = 5
	stuckRest  = 25 * time.Millisecond
)

func stateOf(ctx context.Context, id ID) (State, error) {
	fail := func(err error) (State, error) {
		return 0, fmt.Errorf("read the state of process %d: %w", id.PID, err)
	}
	p, err := openProc()
	if err != nil {
		return fail(err)
	}
	defer p.close()
	pidfd, err := newFacts(p).pin(id)
	if err != nil {
		return fail(err)
	}
	defer unix.Close(pidfd)
	// Threads that slept uninterruptibly at each look.
	var asleep map[int32]bool
	for n := 1; ; n++ {
		letters, deep := p.threadStates(id.PID)
		if exited(pidfd, 0) {
			// Of the pinned one, if it still has its number.
			if st, err := p.statOf(id.PID); err == nil && stateOfLetter(st.state) == Zombie {
				return Zombie, nil
			}
			return fail(ErrGone)
		}
		for tid := range asleep {
			if !deep[tid] {
				delete(asleep, tid)
			}
		}
		if asleep == nil {
			asleep = deep
		}
		s := stateOfThreads(letters)
		switch {
		case s == 0:
			return fail(ErrUnsure)
		case s != Stuck:
			return s, nil
		case len(asleep) == 0:
			return Alive, nil // another thread each time: it is at work
		case n == stuckLooks:
			return Stuck, nil
		}
		select {
		case <-time.After(stuckRest):
		case <-ctx.Done():
			return fail(ctx.Err())
		}
	}
}

// threadStates gives the state letters of all the threads of a process, and
// those that sleep uninterruptibly.
func (p *procfs) threadStates(pid int32) (letters []byte, deep map[int32]bool) {
	deep = make(map[int32]bool)
	tids, err := p.tasks(pid, nil)
	if err != nil {
		return nil, deep
	}
	for _, tid := range tids {
		p.atTask(pid, tid, "stat")
		b, err := p.read()
		if err != nil {
			continue // ended meanwhile
		}
		st, err := parseStat(b)
		if err != nil {
			continue
		}
		letters = append(letters, st.state)
		if stateOfLetter(st.state) == Stuck {
			deep[tid] = true
		}
	}
	return letters, deep
}

// pin opens a pidfd of exactly that process. What is read of its number
// afterwards is its own if it has not exited then. A zombie can be pinned.
func (f *facts) pin(id ID) (pidfd int, err error) {
	if id.Birth == 0 || id.PID <= 0 {
		return -1, fmt.Errorf("%w: it is not known when it was born", ErrUnsure)
	}
	pidfd, err = unix.PidfdOpen(int(id.PID), 0)
	switch {
	case errors.Is(err, unix.ESRCH):
		return -1, ErrGone
	case err != nil:
		return -1, fmt.Errorf("%w: it can't be pinned: %w", ErrUnsure, err)
	}
	birth, err := f.proc.birthOf(pidfd, id.PID, birthKindOf(pidfd))
	switch {
	case errors.Is(err, unix.ESRCH), errors.Is(err, unix.ENOENT):
		err = ErrGone
	case err != nil:
		err = fmt.Errorf("%w: its birth can't be read: %w", ErrUnsure, err)
	case birth != id.Birth:
		err = ErrReused
	}
	if err != nil {
		unix.Close(pidfd)
		return -1, err
	}
	return pidfd, nil
}
