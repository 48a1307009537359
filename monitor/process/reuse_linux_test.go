package process

// Forced reuse of a process id at every point of a stop.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"portreeve/monitor/socket"
)

// cloneArgs is struct clone_args of include/uapi/linux/sched.h, version 2.
type cloneArgs struct {
	flags, pidfd, childTID, parentTID, exitSignal, stack, stackSize, tls, setTID, setTIDSize, cgroup uint64
}

// spawn makes a copy of this process under the given number, any number for 0.
// The copy keeps all descriptors and does nothing but end with its parent.
func spawn(pid int32) (int32, error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	tid := &pid
	pin.Pin(tid)
	args := &cloneArgs{
		flags:      unix.CLONE_CLEAR_SIGHAND,
		exitSignal: uint64(unix.SIGCHLD),
	}
	if pid != 0 {
		args.setTID = uint64(uintptr(unsafe.Pointer(tid)))
		args.setTIDSize = 1
	}
	got, errno := cloneIdle(args, uintptr(os.Getpid()), &unix.Timespec{})
	if errno != 0 {
		return 0, errno
	}
	if pid != 0 && int32(got) != pid {
		return 0, fmt.Errorf("clone3 gave pid %d, want %d", got, pid)
	}
	return int32(got), nil
}

// cloneIdle returns in the parent only. The child has one thread of a Go
// program that had many: it may make raw system calls and nothing else.
//
//go:norace
//go:nosplit
//go:noinline
func cloneIdle(args *cloneArgs, parent uintptr, nap *unix.Timespec) (pid uintptr, errno syscall.Errno) {
	pid, _, errno = syscall.RawSyscall(unix.SYS_CLONE3, uintptr(unsafe.Pointer(args)), unsafe.Sizeof(*args), 0)
	if errno != 0 || pid != 0 {
		return pid, errno
	}
	for {
		// The kernel writes the rest of the time back.
		nap.Sec, nap.Nsec = 5, 0
		syscall.RawSyscall6(unix.SYS_PPOLL, 0, 0, uintptr(unsafe.Pointer(nap)), 0, 0, 0)
		if now, _, _ := syscall.RawSyscall(unix.SYS_GETPPID, 0, 0, 0); now != parent {
			syscall.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
		}
	}
}

// reusePoints are the steps of a stop before which the process is replaced.
func reusePoints() []string {
	return []string{"open", "birth", "guard", "exe", "holds", "stopped", "signal"}
}

// reuse plays all interleavings in a pid namespace of its own.
func reuse(arg string) int {
	var rounds int
	if _, err := fmt.Sscan(arg, &rounds); err != nil {
		return fail(err)
	}
	if err := privateProc(""); err != nil {
		fmt.Println("ready skip:", err)
		return 0
	}
	l, s, err := rawListener()
	if err != nil {
		return fail(err)
	}
	defer unix.Close(l)
	var safe, naive tally
	for range rounds {
		for _, at := range reusePoints() {
			if err := safe.trial(at, s, false); err != nil {
				return fail(fmt.Errorf("reuse before %s: %w", at, err))
			}
			if err := naive.trial(at, s, true); err != nil {
				return fail(fmt.Errorf("naive, reuse before %s: %w", at, err))
			}
		}
	}
	fmt.Printf("ready safe: %v; naive: %v\n", safe, naive)
	return 0
}

// tally counts what happened to the processes that took over a number.
type tally struct{ Trials, Reused, Refused, WronglyKilled int }

// trial shows a process, stops it, and gives its number to another one before
// the step at. The other one runs the same program and holds the same socket:
// nothing but the birth tells them apart. naive signals by number.
func (c *tally) trial(at string, s socket.Socket, naive bool) error {
	const pid = 4711
	if _, err := spawn(pid); err != nil {
		return fmt.Errorf("start the first: %w", err)
	}
	p, err := openProc()
	if err != nil {
		return err
	}
	defer p.close()
	f := newFacts(p)
	victim, err := f.look(context.Background(), pid)
	if err != nil {
		return err
	}
	c.Trials++
	slip := func(step string) {
		if step != at || err != nil {
			return
		}
		if err = end(pid, unix.SIGKILL); err != nil {
			return
		}
		if _, err = spawn(pid); err != nil {
			return
		}
		var now *Info
		if now, err = f.look(context.Background(), pid); err == nil && now.Birth != victim.Birth {
			c.Reused++
		}
	}
	_, stopErr := f.stop(context.Background(), slipped(f.steps(), slip, naive), victim.Target(), s, Terminate, 0)
	if err != nil {
		return fmt.Errorf("replace the process: %w", err)
	}
	if stopErr != nil {
		c.Refused++
	}
	// The first fatal signal decides how a process ends, at the time when it is
	// sent (complete_signal in kernel/signal.c); SIGIO comes after whatever the
	// stop has sent.
	switch how := end(pid, unix.SIGIO); {
	case errors.Is(how, errEndedOtherwise):
		c.WronglyKilled++
	case how != nil:
		return how
	}
	return nil
}

var errEndedOtherwise = errors.New("ended by another signal")

// end signals a child, waits for it, and tells whether that signal ended it.
func end(pid int, sig unix.Signal) error {
	if err := unix.Kill(pid, sig); err != nil {
		return err
	}
	var st unix.WaitStatus
	for {
		_, err := unix.Wait4(pid, &st, 0, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		break
	}
	if !st.Signaled() || st.Signal() != sig {
		return fmt.Errorf("%w: %v", errEndedOtherwise, st.Signal())
	}
	return nil
}

// slipped calls slip with the name of each step before it.
func slipped(do steps, slip func(string), naive bool) steps {
	real := do
	do.open = func(pid int32) (int, error) { slip("open"); return real.open(pid) }
	do.birth = func(fd int, pid int32) (uint64, error) { slip("birth"); return real.birth(fd, pid) }
	do.guard = func(pid int32) (string, error) { slip("guard"); return real.guard(pid) }
	do.exe = func(pid int32) (File, error) { slip("exe"); return real.exe(pid) }
	do.holds = func(ctx context.Context, pid int32, s socket.Socket) (bool, error) {
		slip("holds")
		return real.holds(ctx, pid, s)
	}
	do.stopped = func(pid int32) bool { slip("stopped"); return real.stopped(pid) }
	do.signal = func(fd int, pid int32, sig unix.Signal) error {
		slip("signal")
		if naive {
			return unix.Kill(int(pid), sig)
		}
		return real.signal(fd, pid, sig)
	}
	return do
}

func rawListener() (int, socket.Socket, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return 0, socket.Socket{}, err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, socket.Socket{}, err
	}
	if err := unix.Listen(fd, 1); err != nil {
		return 0, socket.Socket{}, err
	}
	s, err := readSocket(fd)
	return fd, s, err
}

func TestAReusedPidIsNeverSignalled(t *testing.T) {
	const rounds = 60
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	begun := time.Now()
	c := startAs(t, cmd, fmt.Sprintf("reuse:%d", rounds))
	if why, ok := strings.CutPrefix(c.said, "skip:"); ok {
		t.Skip("no private /proc can be mounted here:", why)
	}
	var safe, naive tally
	if _, err := fmt.Sscanf(c.said, "safe: {%d %d %d %d}; naive: {%d %d %d %d}",
		&safe.Trials, &safe.Reused, &safe.Refused, &safe.WronglyKilled,
		&naive.Trials, &naive.Reused, &naive.Refused, &naive.WronglyKilled); err != nil {
		t.Fatalf("got %q: %v", c.said, err)
	}
	t.Logf("safe %+v, naive %+v in %v", safe, naive, time.Since(begun))
	all := rounds * len(reusePoints())
	if want := (tally{Trials: all, Reused: all, Refused: all}); safe != want {
		t.Errorf("safe order: got %+v, want %+v", safe, want)
	}
	// All but a reuse before the pidfd is opened.
	if want := rounds * (len(reusePoints()) - 1); naive.Reused != all || naive.WronglyKilled != want {
		t.Errorf("the naive order: got %+v, want %d reused and %d wrongly killed: the harness must be able to fail", naive, all, want)
	}
}
