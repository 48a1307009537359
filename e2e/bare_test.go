//go:build e2e && linux

package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestWithoutATrayTheWindowOpensByItself starts the program on a screen with a
// session bus and no panel.
func TestWithoutATrayTheWindowOpensByItself(t *testing.T) {
	needWindow(t)
	d := startBare(t, "bare", nil)
	r := resident{child: d.start(binary(residentBinary))}
	d.waitWindow()
	d.Screenshot("window")
	if want := "watching without a tray icon: this desktop shows no tray icons"; !strings.Contains(r.said(), want) {
		t.Errorf("got words %q, want %q in them", r.said(), want)
	}
	checkOwnBuses(t, d, 1)
	r.quit(t)
}

// TestWithoutADesktopTheTerminalTells starts the program with neither display
// nor session bus, where dbus-launch could start a stray one.
func TestWithoutADesktopTheTerminalTells(t *testing.T) {
	d := startBare(t, "terminal", nil)
	// A bus lies in the runtime folder of the desktop, so it gets another one.
	empty := d.folder("run-empty")
	command := d.command(binary(residentBinary))
	command.Env = slices.DeleteFunc(command.Env, func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return name == "DISPLAY" || name == "DBUS_SESSION_BUS_ADDRESS" || name == "XDG_RUNTIME_DIR"
	})
	command.Env = append(command.Env, "XDG_RUNTIME_DIR="+empty)
	r := resident{child: startChild(t, d.logs, command)}
	waitSaid(t, r.child, "watching here, since there is no desktop to show an icon on")
	d.shop()
	waitSaid(t, r.child, newServer+". Only programs on this computer can reach it. http.server in ~/src/shop, started by bash.\n")
	waitSaid(t, r.child, "To stop it: portreeve stop 62893\n")
	checkOwnBuses(t, d, 1)
	if windows := d.processes("portreeve-windo"); len(windows) > 0 {
		t.Errorf("got processes %d of the window without a display, want none", windows)
	}
	r.quit(t)
	t.Logf("it said\n%s", r.said())
}

// waitSaid waits until a program has written words.
func waitSaid(t testing.TB, c *child, words string) {
	t.Helper()
	if !tryFor(20*time.Second, func() bool { return strings.Contains(c.said(), words) }) {
		t.Fatalf("got from %s\n%s\nwant in it %q", c.name, c.said(), words)
	}
}

// checkOwnBuses counts the message buses that carry the desktop's mark: more
// than the tests started are strays.
func checkOwnBuses(t testing.TB, d *Desktop, want int) {
	t.Helper()
	buses := append(d.processes("dbus-daemon"), d.processes("dbus-launch")...)
	if len(buses) != want {
		t.Errorf("got %d message buses (processes %d), want %d", len(buses), buses, want)
	}
}
