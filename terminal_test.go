//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// The scripts in testdata/terminal run the real program, as a process of its
// own, against real listeners. This file gives them the program, a listener to
// start, and commands that wait for a condition.

const (
	// within bounds every wait for a condition; it is far above what is needed.
	within = 20 * time.Second
	// nobody is the ordinary user that the scripts run as a second time.
	nobody = 65534
	// insideVar tells the tests that they are the ones that runInside started.
	insideVar = "PORTREEVE_TEST_INSIDE"
	// foreignVar names the port of a listener that another user holds.
	foreignVar = "PORTREEVE_TEST_FOREIGN"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"portreeve": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
			stop()
			os.Exit(code)
		},
		"listen":  listen,
		"connect": connect,
		"flood":   flood,
	})
}

// Root sees every owner and may write everywhere, so that as root alone half of
// what can go wrong never does: root's tests run the scripts as root and then as
// an ordinary user.
func TestTerminal(t *testing.T) {
	if os.Geteuid() != 0 || os.Getenv(insideVar) != "" {
		runScripts(t)
		return
	}
	t.Run("as root", func(t *testing.T) { runInside(t, 0) })
	t.Run("as an ordinary user", func(t *testing.T) {
		if raceDetector {
			t.Skip("who runs them makes no other races: the pass without the race detector does this")
		}
		runInside(t, nobody)
	})
}

func runScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   filepath.Join("testdata", "terminal"),
		Setup: privateUser,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			"await": await,
			"stir":  stir,
			"port":  port,
			"ids":   ids,
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "root":
				return os.Geteuid() == 0, nil
			case "foreign":
				return os.Getenv(foreignVar) != "", nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		RequireUniqueNames: true,
	})
}

// runInside runs the scripts as that user, by another process of this test in a
// network namespace of its own: there no other program takes a port between two
// lines of a script.
func runInside(t *testing.T, uid uint32) {
	// An ordinary user can't enter the folders of go test.
	dir, err := os.MkdirTemp("", "prt")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	binary, temp := filepath.Join(dir, "portreeve.test"), filepath.Join(dir, "tmp")
	for _, err := range []error{
		os.Chmod(dir, 0o755),
		copySelf(binary),
		os.CopyFS(filepath.Join(dir, "testdata"), os.DirFS("testdata")),
		os.Mkdir(temp, 0o700),
		os.Chown(temp, int(uid), int(uid)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), binary, "-test.run=^TestTerminal$", "-test.v", "-test.timeout=8m")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMPDIR="+temp, "HOME="+temp, "GOCOVERDIR=", insideVar+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}

	var out []byte
	ran := make(chan error)
	go func() {
		// The namespace is the thread's, and what it starts and opens inherits it.
		// The thread is never unlocked, so it ends with this goroutine.
		runtime.LockOSThread()
		if err := ownNetwork(); err != nil {
			t.Logf("share the machine's network with other programs: %v", err)
		}
		if uid != 0 {
			foreign, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				ran <- err
				return
			}
			defer foreign.Close()
			cmd.Env = append(cmd.Env, foreignVar+"="+strconv.Itoa(foreign.Addr().(*net.TCPAddr).Port))
		}
		var err error
		out, err = cmd.CombinedOutput()
		ran <- err
	}()
	if err := <-ran; err != nil {
		t.Errorf("got %v, want the scripts to pass as uid %d:\n%s", err, uid, out)
	}
	if !strings.Contains(string(out), "--- PASS: TestTerminal/") {
		t.Errorf("got no script that passed, want all of them to run:\n%s", out)
	}
}

// ownNetwork gives the calling thread a network namespace with a loopback
// interface and nothing else.
func ownNetwork() error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("make a network namespace: %w", err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("bring loopback up: %w", err)
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return fmt.Errorf("bring loopback up: %w", err)
	}
	lo.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return fmt.Errorf("bring loopback up: %w", err)
	}
	return nil
}

// privateUser gives a script folders of its own, as of a user who has never run
// Portreeve, and no desktop.
func privateUser(env *testscript.Env) error {
	short, err := os.MkdirTemp("", "prt") // a socket's path has at most 107 bytes
	if err != nil {
		return err
	}
	env.Defer(func() { _ = os.RemoveAll(short) })
	home := filepath.Join(env.WorkDir, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		return err
	}
	env.Setenv("HOME", home)
	env.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
	env.Setenv("XDG_STATE_HOME", filepath.Join(home, "state"))
	env.Setenv("XDG_RUNTIME_DIR", short)
	env.Setenv("FOREIGN", os.Getenv(foreignVar))
	return nil
}

// exits CODE COMMAND ARGS... runs a command that has to end with that code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARGS...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("run %s: %v", args[1], err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code: got %d, want %s", got, args[0])
	}
}

// await PATTERN FILE waits until the file matches.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await PATTERN FILE")
	}
	waitMatch(ts, args[0], args[1], 20*time.Millisecond, func() {})
}

// stir PATTERN FILE opens and closes listeners until the file matches: a watch
// that writes it is known to be at work then.
func stir(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: stir PATTERN FILE")
	}
	var open net.Listener
	waitMatch(ts, args[0], args[1], 300*time.Millisecond, func() {
		if open != nil {
			open.Close()
		}
		var err error
		open, err = net.Listen("tcp4", "127.0.0.1:0")
		ts.Check(err)
	})
	if open != nil {
		open.Close()
	}
}

// port VAR FILE waits for the file that listen writes and sets VAR to its port.
func port(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: port VAR FILE")
	}
	await(ts, false, []string{`^\d+\n$`, args[1]})
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
}

// ids LISTENER OWNER PORT sets two variables to the ids of the listener on that
// port and of its topmost owner, as list --json gives them.
func ids(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: ids LISTENER OWNER PORT")
	}
	ts.Check(ts.Exec("portreeve", "list", "--json", args[2]))
	var listing struct {
		Listeners []struct {
			ID     string
			Owners []struct{ ID string }
		}
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &listing))
	if len(listing.Listeners) != 1 || len(listing.Listeners[0].Owners) == 0 {
		ts.Fatalf("listeners on port %s: got %+v, want one with an owner", args[2], listing.Listeners)
	}
	ts.Setenv(args[0], listing.Listeners[0].ID)
	ts.Setenv(args[1], listing.Listeners[0].Owners[0].ID)
}

// waitMatch looks at a file, doing something before each further look.
func waitMatch(ts *testscript.TestScript, pattern, file string, every time.Duration, before func()) {
	re, err := regexp.Compile("(?m)" + pattern)
	ts.Check(err)
	for deadline := time.Now().Add(within); ; time.Sleep(every) {
		text, err := os.ReadFile(ts.MkAbs(file))
		if err == nil && re.Match(text) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("after %s: got %q in %s (%v), want a match of %q", within, text, file, err, pattern)
		}
		before()
	}
}

// listen [-stubborn] [-hold] [-as NAME] ADDRESS FILE listens until it is ended,
// and writes its port into FILE. A stubborn one ignores SIGTERM; one that holds
// leaves connections open; NAME is a path to run under. It ends with the script, which kills what it has started, or
// after two minutes.
func listen() {
	stubborn := flag.Bool("stubborn", false, "")
	hold := flag.Bool("hold", false, "")
	as := flag.String("as", "", "")
	flag.Parse()
	if *as != "" {
		name := *as
		must(copySelf(name))
		args := append([]string{"listen"}, flag.Args()...)
		must(syscall.Exec(name, args, os.Environ()))
	}
	if *stubborn {
		signal.Ignore(syscall.SIGTERM)
	}
	// A script ends what it has started by an interrupt, which is ignored by
	// whatever descends from a background job of a shell, unless asked for.
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt)
	go func() {
		<-interrupt
		os.Exit(0)
	}()
	// What a script's shell has started is known to the shell alone.
	time.AfterFunc(6*within, func() { os.Exit(1) })
	network := "tcp" // which takes 0.0.0.0 for both families
	if strings.HasPrefix(flag.Arg(0), "0.0.0.0:") {
		network = "tcp4"
	}
	l, err := net.Listen(network, flag.Arg(0))
	must(err)
	_, number, err := net.SplitHostPort(l.Addr().String())
	must(err)
	file := flag.Arg(1)
	must(os.WriteFile(file+".part", []byte(number+"\n"), 0o600))
	must(os.Rename(file+".part", file))
	var held []net.Conn // kept reachable: the collector closes forgotten ones
	for {
		c, err := l.Accept()
		must(err)
		if *hold {
			held = append(held, c)
			continue
		}
		c.Close()
	}
}

// connect ADDRESS FILE connects, says so in FILE and stays until the other side
// goes away.
func connect() {
	c, err := net.Dial("tcp", os.Args[1])
	must(err)
	must(os.WriteFile(os.Args[2], []byte("connected\n"), 0o600))
	// How the connection ends doesn't matter.
	_, _ = io.Copy(io.Discard, c)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "listen:", err)
		os.Exit(1)
	}
}

// copySelf copies this very binary.
func copySelf(to string) error {
	from, err := os.Open("/proc/self/exe")
	if err != nil {
		return err
	}
	defer from.Close()
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Close())
}
