package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
)

func TestAutostartWritesWhatALoginRuns(t *testing.T) {
	binary, env := buildStatic(t), privately(t)
	say := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(binary, append([]string{"autostart"}, args...)...)
		cmd.Env = env
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("autostart %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	var status struct {
		On, Can bool
		Entry   string
	}
	ask := func(on bool) {
		t.Helper()
		if err := json.Unmarshal([]byte(say("status", "--json")), &status); err != nil {
			t.Fatal(err)
		}
		if status.On != on || !status.Can || status.Entry == "" {
			t.Errorf("status: got %+v, want it on: %v", status, on)
		}
	}
	ask(false)
	if got, want := say("on"), "Portreeve starts when you log in.\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	ask(true)
	entry, err := os.ReadFile(status.Entry)
	if err != nil || !strings.Contains(string(entry), `Exec="`+binary+`" at-login`) {
		t.Errorf("the entry: got %q, %v, want it to run %s", entry, err, binary)
	}
	if check, err := exec.LookPath("desktop-file-validate"); err != nil {
		t.Logf("the entry is not validated: desktop-file-utils is not installed")
	} else if out, err := exec.Command(check, status.Entry).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("desktop-file-validate: got %v\n%s", err, out)
	}
	say("off")
	ask(false)
	if _, err := os.Stat(status.Entry); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after off: got %v, want no entry", err)
	}
}

// lateDesktop is a session bus on which neither panel nor notification daemon
// has come up. Its address is for the resident's environment.
func lateDesktop(t *testing.T) (address string) {
	t.Helper()
	daemon, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skipf("dbus-daemon is not installed: %v", err)
	}
	dir, err := os.MkdirTemp("", "prb") // a socket's path may have 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	address = "unix:path=" + filepath.Join(dir, "bus")
	config := filepath.Join(dir, "bus.conf")
	// No service folder: the bus must start no daemon of the machine's.
	if err := os.WriteFile(config, []byte(`<busconfig><type>session</type><listen>`+address+`</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, exec.Command(daemon, "--config-file="+config, "--nofork", "--nopidfile"))
	waitFor(t, "the bus", func() bool { _, err := os.Stat(filepath.Join(dir, "bus")); return err == nil })
	return address
}

func waitFor(t *testing.T, what string, there func() bool) {
	t.Helper()
	for limit := time.Now().Add(within); !there(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("got no %s within %v", what, within)
		}
	}
}

// desktop is the panel and the notification daemon in one.
type desktop struct {
	titles chan string
	icons  chan string
}

func (d desktop) RegisterStatusNotifierItem(name string) *dbus.Error { d.icons <- name; return nil }
func (d desktop) GetCapabilities() ([]string, *dbus.Error) {
	return []string{"actions", "body"}, nil
}
func (d desktop) GetServerInformation() (_, _, _, _ string, _ *dbus.Error) {
	return "late", "test", "1", "1.2", nil
}
func (d desktop) Notify(_ string, _ uint32, _, title, _ string, _ []string, _ map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	d.titles <- title
	return uint32(len(d.titles)), nil
}
func (d desktop) CloseNotification(uint32) *dbus.Error { return nil }

// comeUp takes the desktop's names on the bus.
func (d desktop) comeUp(t *testing.T, address string) {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, err = prop.Export(conn, "/StatusNotifierWatcher", prop.Map{"org.kde.StatusNotifierWatcher": {
		"IsStatusNotifierHostRegistered": {Value: true}}})
	for _, err := range []error{
		err,
		conn.Export(d, "/StatusNotifierWatcher", "org.kde.StatusNotifierWatcher"),
		conn.Export(d, "/org/freedesktop/Notifications", "org.freedesktop.Notifications"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"org.kde.StatusNotifierWatcher", "org.freedesktop.Notifications"} {
		if got, err := conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil || got != dbus.RequestNameReplyPrimaryOwner {
			t.Fatalf("own %s: got %v, %v", name, got, err)
		}
	}
}

func TestALoginBeforeThePanelIsUpLosesNoNotice(t *testing.T) {
	if raceDetector {
		t.Skip("it runs the program as it is built, which the race detector doesn't watch: the pass without it does this")
	}
	// A start by hand gives up on notices after 5 s and opens the window.
	const late = 6 * time.Second
	binary, env, address := buildStatic(t), privately(t), lateDesktop(t)
	if os.Geteuid() == 0 {
		// Listeners of other tests would be told of too, and use up what may be
		// told in a minute. The thread is not given back: it ends with the test.
		runtime.LockOSThread()
		if err := ownNetwork(); err != nil {
			t.Fatal(err)
		}
	}
	window := filepath.Join(filepath.Dir(binary), "portreeve-window")
	opened := window + ".opened"
	if err := os.WriteFile(window, []byte("#!/bin/sh\ntouch '"+opened+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	env = append(env, "DBUS_SESSION_BUS_ADDRESS="+address, "DISPLAY=:none")
	resident := exec.Command(binary, "at-login")
	resident.Env = env
	resident.Stderr = os.Stderr
	start(t, resident)
	began := time.Now()
	waitFor(t, "resident", func() bool {
		ask := exec.Command(binary, "status", "--json")
		ask.Env = env
		out, err := ask.Output()
		return err == nil && strings.Contains(string(out), `"resident":true`)
	})
	stranger, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	<-time.After(time.Until(began.Add(late)))
	// A second start by the session shows nothing either.
	again := exec.Command(binary, "at-login")
	again.Env = env
	if out, err := again.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("a second one: got %v, %q, want it to end without a word", err, out)
	}

	d := desktop{titles: make(chan string, 64), icons: make(chan string, 64)}
	d.comeUp(t, address)
	_, port, err := net.SplitHostPort(stranger.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	icon, told, limit := false, map[string]bool{}, time.After(within)
	for _, is := range []string{"on this computer", port} {
		for !told[is] || !icon {
			select {
			case title := <-d.titles:
				for _, word := range []string{"on this computer", port} {
					told[word] = told[word] || strings.Contains(title, word)
				}
			case <-d.icons:
				icon = true
			case <-limit:
				t.Fatalf("got icon %v and notices of %v, want the icon, the first start's notice and that of port %s", icon, told, port)
			}
		}
	}
	if _, err := os.Stat(opened); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the window was opened (%v), want none at a login", err)
	}
}
