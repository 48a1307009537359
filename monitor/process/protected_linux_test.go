package process

// Who is never ended, with real programs where they are installed.

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"portreeve/monitor/socket"
)

// unarmed is a stop whose signals go nowhere, for processes that a broken check
// must not cost.
func unarmed(t *testing.T, pid int32, s socket.Socket) (name string, err error) {
	t.Helper()
	return unarmedFor(t, pid, s, false)
}

// unarmedFor is unarmed for a process that a signal is due to where due is set.
func unarmedFor(t *testing.T, pid int32, s socket.Socket, due bool) (name string, err error) {
	t.Helper()
	p, err := openProc()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	f := newFacts(p)
	info, err := f.look(context.Background(), pid)
	if err != nil {
		t.Fatal(err)
	}
	do := f.steps()
	do.holds = func(context.Context, int32, socket.Socket) (bool, error) { return true, nil }
	do.signal = func(_ int, pid int32, sig unix.Signal) error {
		if !due {
			t.Errorf("pid %d: got signal %v, want none", pid, sig)
		}
		return nil
	}
	_, err = f.stop(context.Background(), do, info.Target(), s, Terminate, 0)
	return info.Name, err
}

func TestPortreeveItselfAndAllWhoStartedItAreProtected(t *testing.T) {
	_, s := listenFile(t)
	p, err := openProc()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	words := map[int32]string{int32(os.Getpid()): "it is Portreeve itself"}
	// Read by other means than the stop does.
	for pid := os.Getppid(); pid > 0; {
		words[int32(pid)] = "it started Portreeve"
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(status), "\nPPid:")
		if _, err := fmt.Sscan(after, &pid); err != nil {
			t.Fatal(err)
		}
	}
	if len(words) < 3 {
		t.Logf("got %d processes only, this one and its ancestors", len(words))
	}
	for pid, words := range words {
		name, err := unarmed(t, pid, s)
		want := fmt.Sprintf("end %s (pid %d): this process is protected: %s", printable(name), pid, words)
		if !errors.Is(err, ErrProtected) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestAChildOfPortreeveIsNotProtected(t *testing.T) {
	_, info, s := victim(t, "idle")
	if got, err := Stop(context.Background(), info.Target(), s, Terminate, patience); got != Ended || err != nil {
		t.Errorf("got %d, %v, want Ended", got, err)
	}
}

func TestAKernelThreadIsProtected(t *testing.T) {
	const kthreadd = 2
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", kthreadd))
	st, perr := parseStat(b)
	if err != nil || perr != nil || !st.kernelThread() {
		t.Skip("pid 2 is no kernel thread here (a container's pid namespace)")
	}
	_, s := listenFile(t)
	if _, err := unarmed(t, kthreadd, s); !errors.Is(err, ErrProtected) {
		t.Errorf("got %v, want ErrProtected", err)
	}
}

func TestOnlyASystemFileIsProtectedByItsName(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make a file that belongs to the system")
	}
	dir, err := os.MkdirTemp("", "pr")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	binary, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		uid  int
		want error
	}{{"sway", 0, ErrProtected}, {"dbus-daemon", 0, ErrProtected}, {"swaybar", 0, nil}, {"sway", 65534, nil}} {
		path := filepath.Join(dir, fmt.Sprintf("%d", c.uid), c.name)
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, binary, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, c.uid, c.uid); err != nil {
			t.Fatal(err)
		}
		f, s := listenFile(t)
		p := startAs(t, exec.Command(path), "idle", f)
		info, err := Describe(context.Background(), p.pid())
		if err != nil {
			t.Fatal(err)
		}
		_, err = Stop(context.Background(), info.Target(), s, Terminate, patience)
		if !errors.Is(err, c.want) {
			t.Errorf("%s of uid %d: got %v, want %v", c.name, c.uid, err, c.want)
		}
	}
}

func TestTheSystemdOfAUserIsProtectedAndItsLookalikeIsNot(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make a file that belongs to the system")
	}
	path := binaryIn(t, "systemd")
	for _, c := range []struct {
		args []string
		want error
	}{{[]string{"--user"}, ErrProtected}, {[]string{"--help"}, nil}} {
		p := startAs(t, exec.Command(path, c.args...), "idle")
		_, s := listenFile(t)
		if _, err := unarmedFor(t, p.pid(), s, c.want == nil); !errors.Is(err, c.want) {
			t.Errorf("%q: got %v, want %v", c.args, err, c.want)
		}
	}
}

func TestASessionBusIsProtected(t *testing.T) {
	bus, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("there is no dbus-daemon:", err)
	}
	dir := shortDir(t)
	cmd := exec.Command(bus, "--session", "--nofork", "--nopidfile", "--address=unix:path="+filepath.Join(dir, "bus"))
	pid := startProgram(t, cmd)
	until(t, "session bus", func() bool {
		_, err := os.Stat(filepath.Join(dir, "bus"))
		return err == nil
	})
	protectedWith(t, pid, "it carries the messages of the desktop (D-Bus)")
}

func TestTheXServerAndTheWindowManagerAreProtected(t *testing.T) {
	xvfb, err := exec.LookPath("Xvfb")
	if err != nil {
		t.Skip("there is no Xvfb:", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command(xvfb, "-displayfd", "3", "-screen", "0", "320x240x24", "-nolisten", "tcp", "-noreset")
	cmd.ExtraFiles = []*os.File{w}
	pid := startProgram(t, cmd)
	w.Close()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Skip("Xvfb starts no display here:", err)
	}
	protectedWith(t, pid, "it draws the desktop")

	manager, err := exec.LookPath("openbox")
	if err != nil {
		t.Log("not tried with a window manager:", err)
		return
	}
	cmd = exec.Command(manager, "--sm-disable")
	dir := shortDir(t)
	cmd.Env = append(os.Environ(), "DISPLAY=:"+strings.TrimSpace(line), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_CACHE_HOME="+dir, "DBUS_SESSION_BUS_ADDRESS=disabled:")
	protectedWith(t, startProgram(t, cmd), "it draws the desktop")
}

// protectedWith wants a stop of the process to be refused with these words. The
// real Stop isn't used, so that a broken check costs nobody the desktop.
func protectedWith(t *testing.T, pid int32, words string) {
	t.Helper()
	_, s := listenFile(t)
	_, err := unarmed(t, pid, s)
	if !errors.Is(err, ErrProtected) || !strings.HasSuffix(err.Error(), words) {
		t.Errorf("got %v, want it protected: %s", err, words)
	}
}
