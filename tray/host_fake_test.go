//go:build linux || freebsd || netbsd || openbsd

package tray

// A session bus of the test's own and a tray host that is no more than its
// calls, for host_dbus_test.go.

import (
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// testBus is a private dbus-daemon on a socket that stays the same when it is
// started again.
type testBus struct {
	t      *testing.T
	folder string
	daemon *exec.Cmd
}

func startTestBus(t *testing.T) *testBus {
	t.Helper()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		t.Skip("dbus-daemon is not installed, so there is no bus to test on")
	}
	folder, err := os.MkdirTemp("", "ptr")
	if err != nil {
		t.Fatal(err)
	}
	b := &testBus{t: t, folder: folder}
	t.Cleanup(func() {
		b.stop()
		_ = os.RemoveAll(folder)
	})
	config := `<busconfig><type>session</type><listen>` + b.address() + `</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`
	if err := os.WriteFile(filepath.Join(folder, "bus.conf"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	b.start()
	return b
}

func (b *testBus) socket() string  { return filepath.Join(b.folder, "bus") }
func (b *testBus) address() string { return "unix:path=" + b.socket() }

func (b *testBus) find() (string, error) { return b.address(), nil }

func (b *testBus) start() {
	b.t.Helper()
	_ = os.Remove(b.socket())
	b.daemon = exec.Command("dbus-daemon", "--nofork", "--nopidfile", "--config-file="+filepath.Join(b.folder, "bus.conf"))
	if err := b.daemon.Start(); err != nil {
		b.t.Fatal(err)
	}
	waitFor(b.t, "the bus", func() bool {
		c, err := net.Dial("unix", b.socket())
		if err != nil {
			return false
		}
		return c.Close() == nil
	})
}

func (b *testBus) stop() {
	if b.daemon == nil {
		return
	}
	_ = b.daemon.Process.Kill()
	_ = b.daemon.Wait()
	b.daemon = nil
}

// freeze makes the bus accept and say nothing, thaw ends that.
func (b *testBus) freeze() { _ = b.daemon.Process.Signal(syscall.SIGSTOP) }
func (b *testBus) thaw()   { _ = b.daemon.Process.Signal(syscall.SIGCONT) }

// fakeTray owns the watcher's name and is the tray host too.
type fakeTray struct {
	t    *testing.T
	conn *dbus.Conn

	mu       sync.Mutex
	items    []string // registered, in order
	lost     bool     // the last of them is no longer named among those it has
	layouts  int      // LayoutUpdated signals
	words    int      // ItemsPropertiesUpdated signals
	icons    int      // NewIcon signals
	unhosted bool
}

func (b *testBus) startTray() *fakeTray {
	b.t.Helper()
	conn, err := dbus.Connect(b.address())
	if err != nil {
		b.t.Fatal(err)
	}
	f := &fakeTray{t: b.t, conn: conn}
	b.t.Cleanup(f.stop)
	if err := conn.ExportMethodTable(map[string]any{
		"RegisterStatusNotifierItem": func(name string) *dbus.Error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.items, f.lost = append(f.items, name), false
			return nil
		},
	}, watcherPath, watcherName); err != nil {
		b.t.Fatal(err)
	}
	if err := conn.ExportMethodTable(map[string]any{
		"Get": func(_, name string) (dbus.Variant, *dbus.Error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			if name == watcherItems {
				has := []string{}
				if len(f.items) > 0 && !f.lost {
					has = append(has, f.items[len(f.items)-1]+string(itemPath)) // as KDE writes it
				}
				return dbus.MakeVariant(has), nil
			}
			return dbus.MakeVariant(name == watcherHosted && !f.unhosted), nil
		},
	}, watcherPath, "org.freedesktop.DBus.Properties"); err != nil {
		b.t.Fatal(err)
	}
	signals := make(chan *dbus.Signal, 1024)
	conn.Signal(signals)
	for _, path := range []dbus.ObjectPath{itemPath, menuPath} {
		if err := conn.AddMatchSignal(dbus.WithMatchObjectPath(path)); err != nil {
			b.t.Fatal(err)
		}
	}
	go func() {
		for s := range signals {
			f.mu.Lock()
			switch s.Name {
			case menuInterface + ".LayoutUpdated":
				f.layouts++
			case menuInterface + ".ItemsPropertiesUpdated":
				f.words++
			case itemInterface + ".NewIcon":
				f.icons++
			}
			f.mu.Unlock()
		}
	}()
	if _, err := conn.RequestName(watcherName, dbus.NameFlagAllowReplacement|dbus.NameFlagReplaceExisting|dbus.NameFlagDoNotQueue); err != nil {
		b.t.Fatal(err)
	}
	return f
}

func (f *fakeTray) stop() { _ = f.conn.Close() }

// item is the name that was registered last, "" for none.
func (f *fakeTray) item() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.items) == 0 {
		return ""
	}
	return f.items[len(f.items)-1]
}

// lose forgets the item, as GNOME's extension does by mistake, and says so.
func (f *fakeTray) lose() {
	f.t.Helper()
	f.mu.Lock()
	f.lost = true
	f.mu.Unlock()
	if err := f.conn.Emit(watcherPath, watcherName+".StatusNotifierItemUnregistered", f.item()); err != nil {
		f.t.Fatal(err)
	}
}

// registrations counts how often an item was registered.
func (f *fakeTray) registrations() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.items)
}

// told counts the signals that change a menu.
func (f *fakeTray) told() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.layouts + f.words
}

// call calls a method of the item and fails the test where that fails.
func (f *fakeTray) call(path dbus.ObjectPath, method string, answer []any, args ...any) {
	f.t.Helper()
	if err := f.conn.Object(f.item(), path).Call(method, 0, args...).Store(answer...); err != nil {
		f.t.Fatalf("%s: %v", method, err)
	}
}

// fetch gets the whole layout as numbers by label, in no order.
func (f *fakeTray) fetch() map[string]int32 {
	f.t.Helper()
	var revision uint32
	var root layoutNode
	f.call(menuPath, menuInterface+".GetLayout", []any{&revision, &root}, int32(rootID), int32(-1), []string{})
	labels := map[string]int32{}
	var visit func(layoutNode)
	visit = func(n layoutNode) {
		if label, ok := n.Properties["label"]; ok {
			labels[label.Value().(string)] = n.ID
		}
		for _, c := range n.Children {
			var child layoutNode
			if err := dbus.Store([]any{c.Value()}, &child); err != nil {
				f.t.Fatalf("row of GetLayout: %v", err)
			}
			visit(child)
		}
	}
	visit(root)
	return labels
}

// event sends one event of a row, as GNOME and LXQt do.
func (f *fakeTray) event(id int32, name string) {
	f.t.Helper()
	f.call(menuPath, menuInterface+".Event", nil, id, name, dbus.MakeVariant(""), uint32(0))
}

// open opens the menu as GNOME and LXQt do, and says whether to fetch.
func (f *fakeTray) open() (fetch bool) {
	f.t.Helper()
	f.call(menuPath, menuInterface+".AboutToShow", []any{&fetch}, int32(rootID))
	f.event(rootID, "opened")
	return fetch
}

// waitFor waits until a condition holds, at most 20 s.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited 20 s for %s", what)
		}
	}
}

// waitStuck changes the icon until the host hangs in a write that a frozen bus
// doesn't take.
func waitStuck(t *testing.T, h *Host) {
	t.Helper()
	n := 0
	waitFor(t, "a write that the bus doesn't take", func() bool {
		n++
		h.SetIcon(Look{State: State(n % 3), Glance: strings.Repeat("x", 1+n%512)})
		for range 100 {
			if len(h.wakes) == 0 {
				return false // it was free to look
			}
			time.Sleep(time.Millisecond)
		}
		return true
	})
}

// quietLog swallows what a host logs.
func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }
