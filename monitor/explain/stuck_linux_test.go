package explain

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"portreeve/monitor/process"
)

// The states of a process in which its listeners answer nobody.

func TestAStoppedProgramIsToldAsSuch(t *testing.T) {
	t.Parallel() // it mostly waits
	a := startRole(t, "idle 127.0.0.1:0", nil)
	signalAndAwait(t, a, unix.SIGSTOP, process.Stopped)
	come(t, ask(t, a.at, true), Stopped, "it is stopped", "Ctrl-Z", "type fg")
	come(t, ask(t, a.at, false), Stopped)
	signalAndAwait(t, a, unix.SIGCONT, process.Alive)
	come(t, ask(t, a.at, false), Listens)
}

func signalAndAwait(t *testing.T, a actor, s syscall.Signal, want process.State) {
	t.Helper()
	if err := a.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	awaitState(t, a, want)
}

func awaitState(t *testing.T, a actor, want process.State) {
	t.Helper()
	info, err := process.Describe(t.Context(), int32(a.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		got, err := process.StateOf(t.Context(), info.ID)
		if err == nil && got == want {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("got the state %v, %v, want %v", got, err, want)
		}
	}
}

func TestAProgramAtABreakpointIsHeldByADebugger(t *testing.T) {
	t.Parallel() // it mostly waits
	a := startRole(t, "idle 127.0.0.1:0", nil)
	ready, done := make(chan error), make(chan bool)
	ended := make(chan bool)
	go func() {
		lockThread() // ptrace(2) belongs to a thread
		defer close(ended)
		if err := unix.PtraceAttach(a.Process.Pid); err != nil {
			ready <- err
			return
		}
		// The main thread alone is held: the process is as far as its slowest.
		_, err := unix.Wait4(a.Process.Pid, nil, unix.WALL, nil)
		ready <- err
		<-done
		_ = unix.PtraceDetach(a.Process.Pid)
	}()
	if err := <-ready; err != nil {
		t.Skipf("no process may be debugged here: %v", err)
	}
	defer func() { close(done); <-ended }()
	awaitState(t, a, process.Traced)
	come(t, ask(t, a.at, true), Traced, "a debugger holds it")
}

// The parent of a vfork sleeps uninterruptibly until its child has begun another
// program; here that child waits for the writer of a pipe first.
const stuckPython = `import os, socket, sys
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(5)
print("%s:%d" % s.getsockname(), flush=True)
os.posix_spawn("/bin/true", ["true"], {}, file_actions=[(os.POSIX_SPAWN_OPEN, 0, sys.argv[1], os.O_RDONLY, 0)])
`

func TestAProgramInUninterruptibleSleepIsStuck(t *testing.T) {
	t.Parallel() // it mostly waits
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 isn't installed")
	}
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	a := start(t, exec.Command(python, "-c", stuckPython, fifo))
	t.Cleanup(func() {
		// Lets the child of the vfork go on and end.
		if f, err := os.OpenFile(fifo, os.O_WRONLY|unix.O_NONBLOCK, 0); err == nil {
			_ = f.Close()
		}
	})
	awaitState(t, a, process.Stuck)
	come(t, ask(t, a.at, true), Stuck, "it is stuck in the kernel")
}

func TestAProgramWhoseMainThreadHasEndedIsAZombieOfSorts(t *testing.T) {
	t.Parallel() // it mostly waits
	a := startRole(t, "headless 127.0.0.1:0", nil)
	come(t, ask(t, a.at, true), Zombie, "its main part has ended")
}
