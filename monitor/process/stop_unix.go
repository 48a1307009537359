//go:build darwin || freebsd

package process

// A stop on the Unixes without pidfd. The process is identified before the
// signal, as on Linux, but the signal goes by number: in the microseconds
// between the last look and kill(2) the process may end and its number be given
// out anew. It can't be closed by kqueue either, which only watches. Numbers go
// round, so a successor that soon is very unlikely.

import (
	"context"
	"errors"
	"os"
	"time"

	gops "github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"

	"portreeve/monitor/socket"
)

func stop(ctx context.Context, t Target, holds socket.Socket, how Method, patience time.Duration) (Outcome, error) {
	info, err := Describe(ctx, t.PID)
	if err != nil {
		return 0, unsure("", t.PID, err)
	}
	switch why, err := guard(ctx, info); {
	case info.Birth == 0:
		return 0, refusal(info.Name, t.PID, ErrUnsure, "it is not known when it was born")
	case info.ID != t.ID:
		return 0, refusal(info.Name, t.PID, ErrReused, "")
	case err != nil:
		return 0, unsure(info.Name, t.PID, err)
	case why != "":
		return 0, refusal(info.Name, t.PID, ErrProtected, why)
	case info.File != t.File:
		return 0, refusal(info.Name, t.PID, ErrReplaced, "")
	}
	// Asked before the table, which is empty of what may not be seen.
	if errors.Is(unix.Kill(int(t.PID), 0), unix.EPERM) {
		return 0, refusal(info.Name, t.PID, ErrDenied, "it belongs to "+info.User)
	}
	held, err := holdsAddress(ctx, t.PID, holds)
	if err != nil {
		return 0, unsure(info.Name, t.PID, err)
	}
	if !held {
		return 0, refusal(info.Name, t.PID, ErrNotHolder, "")
	}
	if birth, err := birthOf(ctx, t.PID); err != nil || birth != t.Birth {
		return 0, refusal(info.Name, t.PID, ErrReused, "")
	}
	sig := unix.SIGTERM
	if how == Kill {
		sig = unix.SIGKILL
	}
	if err := unix.Kill(int(t.PID), sig); err != nil {
		switch {
		case errors.Is(err, unix.ESRCH):
			return 0, refusal(info.Name, t.PID, ErrGone, "")
		case errors.Is(err, unix.EPERM):
			return 0, refusal(info.Name, t.PID, ErrDenied, "it belongs to "+info.User)
		}
		return 0, unsure(info.Name, t.PID, err)
	}
	if how == Terminate && isStopped(ctx, t.PID) {
		_ = unix.Kill(int(t.PID), unix.SIGCONT)
	}
	return waitByBirth(ctx, t, info.Name, patience)
}

// isStopped reports whether a signal has stopped the process, which would keep
// SIGTERM pending.
func isStopped(ctx context.Context, pid int32) bool {
	status, err := (&gops.Process{Pid: pid}).StatusWithContext(ctx)
	return err == nil && len(status) > 0 && status[0] == gops.Stop
}

// waitByBirth looks twenty times a second whether the process is still there.
func waitByBirth(ctx context.Context, t Target, name string, patience time.Duration) (Outcome, error) {
	end := time.NewTimer(patience)
	defer end.Stop()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		if birth, err := birthOf(ctx, t.PID); errors.Is(err, ErrGone) || err == nil && birth != t.Birth {
			return Ended, nil
		}
		select {
		case <-look.C:
		case <-end.C:
			return Running, nil
		case <-ctx.Done():
			return cutShort(name, t.PID, ctx.Err())
		}
	}
}

// isSystemFile reports whether no ordinary user can write the file.
func isSystemFile(path string) bool {
	var st unix.Stat_t
	return unix.Stat(path, &st) == nil && st.Uid == 0 && uint32(st.Mode)&0o022 == 0
}

// exeFileAt identifies the file at a path; there is no handle of what a process
// runs, so a file that was replaced since reads as another one.
func exeFileAt(path string) File {
	var st unix.Stat_t
	if path == "" || unix.Stat(path, &st) != nil {
		return File{}
	}
	return File{Dev: uint64(st.Dev), Ino: uint64(st.Ino)}
}

func viewerUID() uint32 { return uint32(os.Geteuid()) }
