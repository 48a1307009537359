package process

// A stop on Linux pins the process first: a pidfd stands for one process and
// never for its successor, and the signal goes through it. /proc/PID is read by
// number between the two, and may show a successor; then the pinned process is
// dead, and the signal reaches nobody.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"portreeve/monitor/socket"
)

// pollSlice is the longest time, in milliseconds, for which a wait doesn't look
// at its context. The end of the process itself is seen at once.
const pollSlice = 50

// steps are the parts of a stop, in their order. Tests slip between them.
type steps struct {
	// open pins the process.
	open  func(pid int32) (pidfd int, err error)
	birth func(pidfd int, pid int32) (uint64, error)
	// guard says why the process is protected, empty when it is not.
	guard func(pid int32) (string, error)
	exe   func(pid int32) (File, error)
	// holds looks for the reason of the stop, and lost is the refusal without it.
	holds func(ctx context.Context, pid int32, s socket.Socket) (bool, error)
	lost  error
	// stopped reports whether it has been stopped by a signal.
	stopped func(pid int32) bool
	signal  func(pidfd int, pid int32, sig unix.Signal) error
}

func stop(ctx context.Context, t Target, holds socket.Socket, how Method, patience time.Duration) (Outcome, error) {
	p, err := openProc()
	if err != nil {
		return 0, refusal("", t.PID, ErrUnsure, err.Error())
	}
	defer p.close()
	f := newFacts(p)
	return f.stop(ctx, f.steps(), t, holds, how, patience)
}

// steps are the real ones.
func (f *facts) steps() steps {
	return steps{
		open: func(pid int32) (int, error) { return unix.PidfdOpen(int(pid), 0) },
		birth: func(pidfd int, pid int32) (uint64, error) {
			return f.proc.birthOf(pidfd, pid, birthKindOf(pidfd))
		},
		guard: f.guard,
		exe: func(pid int32) (File, error) {
			file, _, _, err := f.proc.exeFile(pid)
			return file, err
		},
		holds:   f.proc.holdsSocket,
		lost:    ErrNotHolder,
		stopped: f.proc.stopped,
		signal: func(pidfd int, _ int32, sig unix.Signal) error {
			return unix.PidfdSendSignal(pidfd, sig, nil, 0)
		},
	}
}

func (f *facts) stop(ctx context.Context, do steps, t Target, holds socket.Socket, how Method, patience time.Duration) (Outcome, error) {
	refuse := func(why error, detail string) (Outcome, error) {
		return 0, refusal(f.called(t.PID), t.PID, why, detail)
	}
	pidfd, err := do.open(t.PID)
	if errors.Is(err, unix.ESRCH) {
		return 0, refusal("", t.PID, ErrGone, "")
	}
	if err != nil {
		// Never by number instead: whoever has it now would be hit.
		return 0, refusal("", t.PID, ErrUnsure, "it can't be pinned: "+err.Error())
	}
	defer unix.Close(pidfd)

	// check turns the failure of a step into a refusal.
	check := func(what string, err error) (Outcome, error) {
		switch {
		case exited(pidfd, 0), errors.Is(err, unix.ESRCH):
			return 0, refusal("", t.PID, ErrGone, "")
		case errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM):
			// Not seen and not permitted are two things: a program of the same
			// user may forbid the first only.
			if errors.Is(do.signal(pidfd, t.PID, 0), unix.EPERM) {
				return refuse(ErrDenied, f.belongs(t.PID))
			}
		}
		return refuse(ErrUnsure, what+": "+err.Error())
	}

	birth, err := do.birth(pidfd, t.PID)
	if err != nil {
		return check("its birth can't be read", err)
	}
	if birth != t.Birth {
		return refuse(ErrReused, "")
	}
	why, err := do.guard(t.PID)
	if err != nil {
		return check("its kind can't be read", err)
	}
	if why != "" {
		return refuse(ErrProtected, why)
	}
	exe, err := do.exe(t.PID)
	switch {
	// Nothing was known of the file when it was shown, and nothing is now.
	case errors.Is(err, unix.EACCES) && t.File == File{}:
	case err != nil:
		return check("its program can't be read", err)
	case t.File == File{}:
		return refuse(ErrUnsure, "its program was not known when it was shown")
	case exe != t.File:
		if exited(pidfd, 0) {
			return refuse(ErrGone, "")
		}
		return refuse(ErrReplaced, "")
	}
	held, err := do.holds(ctx, t.PID, holds)
	if err != nil {
		return check("what it holds or belongs to can't be read", err)
	}
	if !held {
		if exited(pidfd, 0) {
			return refuse(ErrGone, "")
		}
		return refuse(do.lost, "")
	}

	name := f.called(t.PID)
	sig := unix.SIGTERM
	if how == Kill {
		sig = unix.SIGKILL
	}
	asleep := how == Terminate && do.stopped(t.PID)
	err = do.signal(pidfd, t.PID, sig)
	switch {
	case errors.Is(err, unix.ESRCH):
		return refuse(ErrGone, "")
	case errors.Is(err, unix.EPERM):
		return refuse(ErrDenied, f.belongs(t.PID))
	case err != nil:
		return refuse(ErrUnsure, "it can't be signalled: "+err.Error())
	}
	if asleep {
		// A stopped process keeps SIGTERM pending. Only a stopped one is sent
		// this: programs may have a handler for it.
		_ = do.signal(pidfd, t.PID, unix.SIGCONT)
	}
	return wait(ctx, pidfd, t.PID, name, patience)
}

// wait waits for the end of the process behind pidfd.
func wait(ctx context.Context, pidfd int, pid int32, name string, patience time.Duration) (Outcome, error) {
	for end := time.Now().Add(patience); ; {
		left := time.Until(end)
		// Rounded up, so that the last slice doesn't spin.
		ms := min(max(int((left+time.Millisecond-1)/time.Millisecond), 0), pollSlice)
		if exited(pidfd, ms) {
			return Ended, nil
		}
		if left <= 0 {
			return Running, nil
		}
		if err := ctx.Err(); err != nil {
			return cutShort(name, pid, err)
		}
	}
}

// called is the process's short name for messages, empty when it is gone.
func (f *facts) called(pid int32) string {
	st, err := f.proc.statOf(pid)
	if err != nil {
		return ""
	}
	return f.kin(pid, st.comm).name
}

// belongs says whose a process is.
func (f *facts) belongs(pid int32) string {
	uid, err := f.proc.uidOf(pid)
	if err != nil {
		return "it belongs to another user"
	}
	return "it belongs to " + f.user(uid)
}

// guard looks whether the process is one that must not be ended.
func (f *facts) guard(pid int32) (string, error) {
	st, err := f.proc.statOf(pid)
	if err != nil {
		return "", err
	}
	exe, face, exeErr := f.proc.exeStat(pid)
	s := suspect{pid: pid, ppid: st.ppid, kernel: st.kernelThread(), args: f.args(face)}
	if exeErr == nil {
		s.system = exe.onlyRootWrites()
		s.exe, _, _ = exePath(f.exeLink(face), exe.links, f.sameFile(exe.File))
	}
	self := int32(os.Getpid())
	ancestors, err := f.lineage(self)
	if err != nil {
		return "", fmt.Errorf("find out who started this program: %w", err)
	}
	return protectedBecause(s, self, ancestors), nil
}

// lineage gives all the ancestors of a process, pid 1 included. It fails rather
// than give some of them.
func (f *facts) lineage(pid int32) ([]int32, error) {
	var up []int32
	for pid > 1 {
		st, err := f.proc.statOf(pid)
		if err != nil {
			return nil, err
		}
		if st.ppid > 0 {
			up = append(up, st.ppid)
		}
		pid = st.ppid
	}
	return up, nil
}

// holdsSocket reports whether any thread of the process has the socket open.
// Sockets without an inode (see package socket) are looked for by address.
func (p *procfs) holdsSocket(ctx context.Context, pid int32, s socket.Socket) (bool, error) {
	if s.Inode == 0 {
		return holdsAddress(ctx, pid, s)
	}
	held := false
	visit := func(_ int32, inode uint64) { held = held || inode == s.Inode }
	_, err := p.sockets(pid, 0, visit)
	if errors.Is(err, unix.EACCES) {
		// A main thread that has ended has no table, and forbids the look at
		// none; the others decide.
		if st, serr := p.statOf(pid); serr == nil && st.state == 'Z' && p.threads(pid) > 1 {
			err = nil
		}
	}
	if err != nil || held {
		return held, err
	}
	tids, err := p.tasks(pid, nil)
	if err != nil {
		return false, err
	}
	for _, tid := range tids {
		if tid == pid {
			continue
		}
		// A thread that ends meanwhile holds nothing.
		if _, err := p.sockets(pid, tid, visit); err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ESRCH) {
			return false, err
		}
		if held {
			return true, nil
		}
	}
	return false, nil
}

// stopped reports whether a signal has stopped the process. Where the main
// thread has ended, the others tell.
func (p *procfs) stopped(pid int32) bool {
	st, err := p.statOf(pid)
	if err != nil || st.state != 'Z' {
		return err == nil && st.state == 'T'
	}
	tids, err := p.tasks(pid, nil)
	if err != nil {
		return false
	}
	for _, tid := range tids {
		p.atTask(pid, tid, "stat")
		if b, err := p.read(); err == nil {
			if st, err := parseStat(b); err == nil && st.state == 'T' {
				return true
			}
		}
	}
	return false
}
