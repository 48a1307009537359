package supervisor

// Real supervisors and real listeners: the test binary started again as a
// server, by whoever is under test, and what the kernel says of it.

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

// roleVar makes the test binary play a role. Its arguments stay free for the
// roles that are known by them.
const roleVar = "SUPERVISOR_TEST_ROLE"

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVar); role != "" {
		os.Exit(play(role))
	}
	os.Exit(m.Run())
}

func play(role string) int {
	name, arg, _ := strings.Cut(role, ":")
	var err error
	switch name {
	case "serve":
		// Listens there until it is ended.
		var l net.Listener
		if l, err = net.Listen("tcp", arg); err == nil {
			for {
				if c, err := l.Accept(); err == nil {
					c.Close()
				}
			}
		}
	case "activated":
		// Serves the socket that systemd hands down as descriptor 3
		// (sd_listen_fds(3)).
		var l net.Listener
		if l, err = net.FileListener(os.NewFile(3, "socket")); err == nil {
			for {
				if c, err := l.Accept(); err == nil {
					c.Close()
				}
			}
		}
	case "parent":
		// Starts itself as a server, with a number of pm2's.
		number, at, _ := strings.Cut(arg, "/")
		c := exec.Command(os.Args[1])
		c.Env = []string{"pm_id=" + number, "name=shop", roleVar + "=serve:" + at}
		c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		runtime.LockOSThread() // its end would be taken for ours
		err = c.Run()
	case "denied":
		if err = denied(arg); err == nil {
			return 0
		}
	case "systemd":
		err = becomeSystemd(arg)
	}
	fmt.Fprintln(os.Stderr, role, err)
	return 1
}

// ports counts the ports that were given out.
var ports atomic.Int32

// freePort gives an address on loopback where nobody listens. It is below the
// range of temporary ports, so that nobody else is given it by the kernel.
func freePort(t testing.TB) string {
	t.Helper()
	for range 1000 {
		at := fmt.Sprintf("127.0.0.1:%d", 20000+(os.Getpid()%500)*20+int(ports.Add(1))%10000)
		if l, err := net.Listen("tcp4", at); err == nil {
			l.Close()
			return at
		}
	}
	t.Fatal("no port is free")
	return ""
}

// folder makes a private folder with a short name, as sockets need it.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sv")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func write(t testing.TB, file, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func self(t testing.TB) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

// start starts a program that is killed, by its pidfd, when the test ends. What
// it writes shows when the test fails.
func start(t testing.TB, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	var out bounded
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = 100 * time.Millisecond
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", cmd.Path, err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s wrote:\n%s", cmd.Path, out.String())
		}
	})
	return cmd
}

// need gives the path of a program, or skips the test.
func need(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not installed", program)
	}
	return path
}

// held is a listener as the monitor sees it.
type held struct {
	socket.Socket
	owner process.Info
}

// listenerAt waits for a listener at the address with an owner other than not,
// and looks both up.
func listenerAt(t testing.TB, at string, not process.ID) held {
	t.Helper()
	var got held
	until(t, "listener at "+at, func() bool {
		var ok bool
		got, ok = lookAt(t, at)
		return ok && got.owner.ID != not
	})
	return got
}

func lookAt(t testing.TB, at string) (held, bool) {
	t.Helper()
	table, err := socket.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	all, err := table.Read(context.Background(), nil, socket.WantTCP)
	if err != nil {
		t.Fatal(err)
	}
	want := netip.MustParseAddrPort(at)
	for _, s := range all {
		if s.Local != want {
			continue
		}
		finder := process.NewFinder()
		defer finder.Close()
		found := finder.Find(context.Background(), []socket.Socket{s})[0]
		if len(found.Owners) == 0 {
			return held{}, false
		}
		return held{s, found.Owners[0]}, true
	}
	return held{}, false
}

// staysFree fails the test when anybody listens at the address within a time
// that all supervisors here would have used to start the listener again.
func staysFree(t testing.TB, at string) {
	t.Helper()
	for end := time.Now().Add(400 * time.Millisecond); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if l, ok := lookAt(t, at); ok {
			t.Fatalf("%s: got held by %s (pid %d), want it free", at, l.owner.Name, l.owner.PID)
		}
	}
}

// comesBack proves that the supervisor is one: it ends the owner as a plain
// stop does and waits for the next.
func comesBack(t testing.TB, l held, at string) held {
	t.Helper()
	out, err := process.Stop(context.Background(), l.owner.Target(), l.Socket, process.Terminate, 5*time.Second)
	if out != process.Ended || err != nil {
		t.Fatalf("plain stop: got %d, %v, want Ended", out, err)
	}
	return listenerAt(t, at, l.owner.ID)
}

// find looks for the supervisor of a listener in an environment of its own.
func find(t testing.TB, l held, env ...string) *Supervisor {
	t.Helper()
	got, err := searchIn(env...).find(context.Background(), l.Socket, l.owner)
	if err != nil {
		t.Fatalf("find: got error %v, want none", err)
	}
	return got
}

// searchIn is a search with this environment and no engines.
func searchIn(env ...string) *search {
	return &search{
		uid: uint32(os.Geteuid()), pid: int32(os.Getpid()),
		getenv: func(name string) string {
			for _, e := range env {
				if n, v, _ := strings.Cut(e, "="); n == name {
					return v
				}
			}
			return ""
		},
		describe: process.Describe,
	}
}

// facts compares what a supervisor says.
func facts(t testing.TB, got *Supervisor, want Supervisor) {
	t.Helper()
	if got == nil {
		t.Fatalf("supervisor: got none, want %+v", want)
	}
	flat := func(s Supervisor) string {
		return fmt.Sprintf("%s %q scope=%q restarts=%t policy=%q project=%q command=%q allowed=%t why=%q",
			s.Kind, s.Name, s.Scope, s.Restarts, s.Policy, s.Project, s.Command, s.Allowed, s.Why)
	}
	if got, want := flat(*got), flat(want); got != want {
		t.Fatalf("supervisor:\ngot  %s\nwant %s", got, want)
	}
}

func stop(t testing.TB, s *Supervisor) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Fatalf("stop %s: got error %v, want none", s.Name, err)
	}
}

// reap ends a process that isn't our child, if it still is the one.
func reap(pid int) {
	ctx := context.Background()
	if info, err := process.Describe(ctx, int32(pid)); err == nil {
		process.End(ctx, info.Target(), process.Kill, 5*time.Second)
	}
}

func pidIn(t testing.TB, file string) int {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// until waits for a condition.
func until(t testing.TB, what string, met func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); !met(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("got no %s within 15 s, want it", what)
		}
	}
}

// ended reports whether a child of ours that isn't waited for yet has ended.
func ended(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(b), ") Z ")
}
