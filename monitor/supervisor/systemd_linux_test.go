package supervisor

// A real systemd --user, in cgroups and a runtime folder of its own. Where the
// machine wasn't booted with systemd it gets a private /run/systemd, whose
// folder "system" is what sd_booted(3) looks for.

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

const systemdProgram = "/lib/systemd/systemd"

// userManager is a running systemd --user.
type userManager struct {
	t     testing.TB
	home  string
	run   string
	units string
}

// env is what finds the manager.
func (m userManager) env() string { return "XDG_RUNTIME_DIR=" + m.run }

func (m userManager) unit(name, text string) {
	m.t.Helper()
	write(m.t, filepath.Join(m.units, name), text, 0o644)
}

func (m userManager) ctl(args ...string) {
	m.t.Helper()
	cmd := exec.Command("systemctl", append([]string{"--user"}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), m.env()}
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("systemctl --user %q: %v: %s", args, err, out)
	}
}

// serve writes a service that listens at an address.
func (m userManager) serve(name, at, more string) {
	m.unit(name, fmt.Sprintf("[Service]\nEnvironment=%s=serve:%s\nExecStart=%s\nRestartSec=50ms\n%s\n", roleVar, at, self(m.t), more))
}

func startManager(t testing.TB) userManager {
	t.Helper()
	need(t, "systemctl")
	if _, err := os.Stat(systemdProgram); err != nil {
		t.Skip("systemd is not installed")
	}
	dir := folder(t)
	m := userManager{t: t, home: dir, run: filepath.Join(dir, "run"), units: filepath.Join(dir, ".config/systemd/user")}
	for _, d := range []string{m.run, m.units} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	groups := makeGroups(t, filepath.Base(dir)+".slice")
	cmd := exec.Command(self(t))
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, m.env(), "SYSTEMD_LOG_TARGET=console",
		roleVar + "=systemd:" + strings.Join(groups, ","),
	}
	if _, err := os.Stat("/run/systemd/system"); err != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
		if os.Getuid() != 0 {
			cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
			cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
			cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
		}
	}
	start(t, cmd)
	// Before start's own cleanup: a manager that is asked ends its services.
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		until(t, "end of the manager", func() bool { return ended(cmd.Process.Pid) })
	})
	until(t, "manager's socket", func() bool {
		m, err := dialSystemd(context.Background(), busSocket{path: m.run + "/systemd/private"})
		if err == nil {
			m.close()
		}
		return err == nil
	})
	return m
}

// makeGroups makes a cgroup for a user's manager in each hierarchy that systemd
// uses, and skips the test where it may not.
func makeGroups(t testing.TB, slice string) []string {
	t.Helper()
	b, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	var made []string
	for line := range strings.Lines(string(b)) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		var root string
		switch {
		case f[0] == "0":
			for _, r := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
				var st unix.Statfs_t
				if unix.Statfs(r, &st) == nil && uint32(st.Type) == unix.CGROUP2_SUPER_MAGIC {
					root = r
				}
			}
		case f[1] == "name=systemd":
			root = "/sys/fs/cgroup/systemd"
		}
		if root == "" {
			continue
		}
		// Below our own group where that is a manager's already, as in a
		// desktop session, whose folders belong to the user.
		below := fmt.Sprintf("user@%d.service", os.Getuid())
		parent := root
		if i := strings.Index(f[2], "/user@"); i >= 0 {
			rest := f[2][i+1:]
			name, _, _ := strings.Cut(rest, "/")
			parent, below = filepath.Join(root, f[2][:i], name), "test.slice"
		}
		dir := filepath.Join(parent, slice, below)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Skipf("no cgroup for a systemd --user can be made: %v", err)
		}
		t.Cleanup(func() { removeGroups(t, filepath.Dir(dir)) })
		made = append(made, dir)
	}
	if len(made) == 0 {
		t.Skip("no cgroup hierarchy that systemd uses is mounted")
	}
	return made
}

// removeGroups removes a tree of cgroups, whose last processes may be ending.
func removeGroups(t testing.TB, top string) {
	until(t, "empty cgroup", func() bool {
		var dirs []string
		filepath.Walk(top, func(p string, info os.FileInfo, err error) error {
			if err == nil && info.IsDir() {
				dirs = append(dirs, p)
			}
			return nil
		})
		for i := len(dirs) - 1; i >= 0; i-- {
			os.Remove(dirs[i])
		}
		_, err := os.Stat(top)
		return err != nil
	})
}

// becomeSystemd is the role that enters the cgroups and executes systemd.
func becomeSystemd(groups string) error {
	for g := range strings.SplitSeq(groups, ",") {
		if err := os.WriteFile(filepath.Join(g, "cgroup.procs"), fmt.Append(nil, os.Getpid()), 0); err != nil {
			return err
		}
	}
	if _, err := os.Stat("/run/systemd/system"); err != nil {
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			return fmt.Errorf("make mounts private: %w", err)
		}
		if err := unix.Mount("none", "/run/systemd", "tmpfs", 0, ""); err != nil {
			return fmt.Errorf("mount /run/systemd: %w", err)
		}
		if err := os.Mkdir("/run/systemd/system", 0o755); err != nil {
			return err
		}
	}
	os.Unsetenv(roleVar)
	return syscall.Exec(systemdProgram, []string{systemdProgram, "--user"}, os.Environ())
}

func TestAServiceThatSystemdRestartsIsStoppedForGood(t *testing.T) {
	t.Parallel()
	m := startManager(t)
	at := freePort(t)
	m.serve("shop.service", at, "Restart=always")
	m.ctl("start", "shop.service")
	l := comesBack(t, listenerAt(t, at, process.ID{}), at)
	got := find(t, l, m.env())
	facts(t, got, Supervisor{
		Kind: SystemdUser, Name: "shop.service", Scope: ScopeUser, Restarts: true, Policy: "Restart=always",
		Command: []string{"systemctl", "--user", "stop", "shop.service"}, Allowed: true,
	})
	stop(t, got)
	staysFree(t, at)

	// By its hidden owner's name alone nothing of a user's manager is touched.
	if got, err := searchIn(m.env()).find(t.Context(), l.Socket, process.Info{Unit: "no.scope"}); got != nil || err != nil {
		t.Errorf("a hidden owner in a scope: got %v, %v, want nobody", got, err)
	}
}

func TestAShellThatCarriesTheServiceDoesNotHideItsUnit(t *testing.T) {
	t.Parallel()
	m := startManager(t)
	at := freePort(t)
	run := filepath.Join(m.home, "run.sh")
	write(t, run, fmt.Sprintf("#!/bin/sh\n%s=serve:%s %s\nexit $?\n", roleVar, at, self(t)), 0o755)
	m.unit("carried.service", "[Service]\nExecStart="+run+"\nRestart=on-failure\nRestartSec=50ms\n")
	m.ctl("start", "carried.service")
	l := comesBack(t, listenerAt(t, at, process.ID{}), at)
	got := find(t, l, m.env())
	facts(t, got, Supervisor{
		Kind: SystemdUser, Name: "carried.service", Scope: ScopeUser, Restarts: true, Policy: "Restart=on-failure",
		Command: []string{"systemctl", "--user", "stop", "carried.service"}, Allowed: true,
	})
	stop(t, got)
	staysFree(t, at)
}

func TestTheUnitOfALoopIsStoppedAndNotTheLoop(t *testing.T) {
	t.Parallel()
	m := startManager(t)
	at := freePort(t)
	run := filepath.Join(m.home, "loop.sh")
	write(t, run, fmt.Sprintf("#!/bin/sh\nwhile :; do %s; sleep 0.02; done\n", self(t)), 0o755)
	m.unit("loop.service", fmt.Sprintf("[Service]\nEnvironment=%s=serve:%s\nExecStart=%s\nRestart=always\nRestartSec=50ms\n", roleVar, at, run))
	m.ctl("start", "loop.service")
	got := find(t, listenerAt(t, at, process.ID{}), m.env())
	facts(t, got, Supervisor{
		Kind: SystemdUser, Name: "loop.service", Scope: ScopeUser, Restarts: true, Policy: "Restart=always",
		Command: []string{"systemctl", "--user", "stop", "loop.service"}, Allowed: true,
	})
	stop(t, got)
	staysFree(t, at)
}

func TestAUnitIsNoSupervisorOfWhatItDoesNotWaitFor(t *testing.T) {
	t.Parallel()
	m := startManager(t)
	editor, app := freePort(t), freePort(t)
	// An "editor" that restarts and has something else of its own running.
	m.unit("editor.service", fmt.Sprintf("[Service]\nEnvironment=%s=serve:%s\nExecStart=/usr/bin/tail -f /dev/null\nExecStartPost=/bin/sh -c '%s &'\nRestart=always\n",
		roleVar, editor, self(t)))
	m.serve("app-kate@1.service", app, "")
	m.ctl("start", "editor.service", "app-kate@1.service")
	for _, at := range []string{editor, app} {
		if got := find(t, listenerAt(t, at, process.ID{}), m.env()); got != nil {
			t.Errorf("got %+v, want nobody", got)
		}
	}
}

func TestASocketUnitIsStoppedWithItsService(t *testing.T) {
	t.Parallel()
	m := startManager(t)
	at := freePort(t)
	m.unit("act.socket", "[Socket]\nListenStream="+at+"\n")
	m.unit("act.service", fmt.Sprintf("[Service]\nEnvironment=%s=activated\nExecStart=%s\n", roleVar, self(t)))
	want := Supervisor{
		Kind: SocketUnit, Name: "act.socket", Scope: ScopeUser, Restarts: true, Policy: "ListenStream=" + at,
		Command: []string{"systemctl", "--user", "stop", "act.socket", "act.service"}, Allowed: true,
	}

	m.ctl("start", "act.socket")
	l := listenerAt(t, at, process.ID{})
	if l.owner.Name != "systemd" {
		t.Fatalf("holder: got %s, want systemd", l.owner.Name)
	}
	got := find(t, l, m.env())
	facts(t, got, want)
	stop(t, got)
	staysFree(t, at)

	// Once more with a service that runs and holds the socket too.
	m.ctl("start", "act.socket")
	l = listenerAt(t, at, process.ID{})
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var service process.Info
	until(t, "service that holds the socket", func() bool {
		finder := process.NewFinder()
		defer finder.Close()
		now, ok := lookAt(t, at)
		if !ok {
			return false
		}
		for _, o := range finder.Find(t.Context(), []socket.Socket{now.Socket})[0].Owners {
			if o.Name != "systemd" {
				service = o
			}
		}
		return service.PID != 0
	})
	got = find(t, held{l.Socket, service}, m.env())
	facts(t, got, want)
	stop(t, got)
	staysFree(t, at)
}

func TestATimerWouldStartItsServiceAgain(t *testing.T) {
	t.Parallel()
	m := startManager(t)
	at := freePort(t)
	m.serve("tick.service", at, "")
	m.unit("tick.timer", "[Timer]\nOnUnitInactiveSec=50ms\nAccuracySec=1ms\n")
	m.ctl("start", "tick.service")
	m.ctl("start", "tick.timer")
	l := comesBack(t, listenerAt(t, at, process.ID{}), at)
	got := find(t, l, m.env())
	facts(t, got, Supervisor{
		Kind: SystemdUser, Name: "tick.service", Scope: ScopeUser, Restarts: true, Policy: "TriggeredBy=tick.timer",
		Command: []string{"systemctl", "--user", "stop", "tick.timer", "tick.service"}, Allowed: true,
	})
	stop(t, got)
	staysFree(t, at)
}

func TestAManagerThatSaysNothingIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	if err := os.MkdirAll(dir+"/systemd", 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", dir+"/systemd/private")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	begun := time.Now()
	m, err := searchIn("XDG_RUNTIME_DIR="+dir).dialManager(t.Context(), managerID{user: true, uid: uint32(os.Geteuid())})
	if err == nil {
		m.close()
		t.Fatal("got a manager, want an error")
	}
	if took := time.Since(begun); took > 2*callTime {
		t.Errorf("got an answer after %v, want one after about %v", took, callTime)
	}
	// One that gives up in the middle gets its answer then.
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if c, err := l.Accept(); err == nil { // the one above
			c.Close()
		}
		c, err := l.Accept()
		if err == nil {
			c.Read(make([]byte, 1))
		}
		cancel()
		// Held open: it is the context that ends the wait.
		<-t.Context().Done()
		if err == nil {
			c.Close()
		}
	}()
	begun = time.Now()
	if m, err := searchIn("XDG_RUNTIME_DIR="+dir).dialManager(ctx, managerID{user: true, uid: uint32(os.Geteuid())}); err == nil {
		m.close()
		t.Error("cancelled: got a manager, want an error")
	}
	if took := time.Since(begun); took > callTime/2 {
		t.Errorf("cancelled: got an answer after %v, want it at once", took)
	}
}

func TestALookLeavesNoGoroutineBehind(t *testing.T) {
	// Not parallel: the others' goroutines would be counted.
	dir := folder(t)
	if err := os.MkdirAll(dir+"/systemd", 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", dir+"/systemd/private")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := searchIn("XDG_RUNTIME_DIR=" + dir)
	s.engines = []string{dir + "/systemd/private"}
	before := runtime.NumGoroutine()
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if m, err := s.dialManager(ctx, managerID{user: true, uid: uint32(os.Geteuid())}); err == nil {
			m.close()
			t.Error("got a manager, want an error")
		}
		if _, err := s.byContainer(ctx, "a"); err == nil {
			t.Error("got a container, want an error")
		}
		cancel()
	}
	until(t, fmt.Sprintf("return to %d goroutines", before), func() bool { return runtime.NumGoroutine() <= before })
}
