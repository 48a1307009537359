package notify

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// testBus is a real dbus-daemon of the test's own.
type testBus struct {
	t      *testing.T
	config string
	addr   string
	cmd    *exec.Cmd
}

// startBus starts one and makes it this process's session bus.
func startBus(t *testing.T) *testBus {
	t.Helper()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		t.Skip("dbus-daemon is not installed")
	}
	dir, err := os.MkdirTemp("", "pn")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	b := &testBus{t: t, config: filepath.Join(dir, "bus.conf"), addr: "unix:path=" + filepath.Join(dir, "bus")}
	config := fmt.Sprintf(`<busconfig><type>session</type><listen>%s</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/><allow user="*"/></policy></busconfig>`, b.addr)
	if err := os.WriteFile(b.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", b.addr)
	b.start()
	t.Cleanup(b.stop)
	return b
}

func (b *testBus) start() {
	b.t.Helper()
	b.cmd = exec.Command("dbus-daemon", "--config-file="+b.config, "--nofork", "--nopidfile", "--print-address=1")
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		b.t.Fatalf("dbus-daemon said no address: %v", err)
	}
}

func (b *testBus) stop() {
	if b.cmd != nil {
		b.cmd.Process.Kill()
		b.cmd.Wait()
		b.cmd = nil
	}
}

// shown is one call of Notify.
type shown struct {
	App      string
	Replaces uint32
	Icon     string
	Title    string
	Body     string
	Actions  []string
	Hints    map[string]dbus.Variant
	Expire   int32
	ID       uint32
}

// fakeDaemon owns org.freedesktop.Notifications and remembers what it is asked.
type fakeDaemon struct {
	t    *testing.T
	conn *dbus.Conn

	mu     sync.Mutex
	can    []string
	name   string
	hang   chan struct{} // when set, every call waits for it
	refuse bool
	die    bool // at the next Notify, in place of an answer
	nextID uint32
	shown  []shown
	closed []uint32
}

func startDaemon(t *testing.T, b *testBus, can ...string) *fakeDaemon {
	t.Helper()
	return startNamed(t, b, "fake", can...)
}

func startNamed(t *testing.T, b *testBus, name string, can ...string) *fakeDaemon {
	t.Helper()
	conn, err := dbus.Connect(b.addr)
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeDaemon{t: t, conn: conn, can: can, name: name, nextID: 1}
	t.Cleanup(func() { f.setHang(nil); conn.Close() })
	if err := conn.Export(f, daemonPath, daemonName); err != nil {
		t.Fatal(err)
	}
	if r, err := conn.RequestName(daemonName, dbus.NameFlagReplaceExisting|dbus.NameFlagAllowReplacement); err != nil || r != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("request the name: got %v, %v, want it", r, err)
	}
	return f
}

// setHang makes every call wait until the channel is closed; nil lets all go on.
func (f *fakeDaemon) setHang(c chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.hang != nil {
		close(f.hang)
	}
	f.hang = c
}

func (f *fakeDaemon) wait() {
	f.mu.Lock()
	c := f.hang
	f.mu.Unlock()
	if c != nil {
		<-c
	}
}

func (f *fakeDaemon) GetCapabilities() ([]string, *dbus.Error) { f.wait(); return f.can, nil }

func (f *fakeDaemon) GetServerInformation() (string, string, string, string, *dbus.Error) {
	return f.name, "test", "1", "1.2", nil
}

func (f *fakeDaemon) Notify(app string, replaces uint32, icon, title, body string, actions []string, hints map[string]dbus.Variant, expire int32) (uint32, *dbus.Error) {
	f.wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.die {
		f.conn.Close()
	}
	if f.refuse {
		return 0, dbus.NewError(daemonName+".Error.ExcessNotificationGeneration", nil)
	}
	id := replaces
	if id == 0 {
		id = f.nextID
		f.nextID++
	}
	f.shown = append(f.shown, shown{app, replaces, icon, title, body, actions, hints, expire, id})
	return id, nil
}

func (f *fakeDaemon) CloseNotification(id uint32) *dbus.Error {
	f.wait()
	f.mu.Lock()
	f.closed = append(f.closed, id)
	f.mu.Unlock()
	f.conn.Emit(daemonPath, daemonName+".NotificationClosed", id, uint32(3))
	return nil
}

func (f *fakeDaemon) press(id uint32, key string) {
	f.conn.Emit(daemonPath, daemonName+".ActionInvoked", id, key)
}

func (f *fakeDaemon) all() []shown {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]shown(nil), f.shown...)
}

func (f *fakeDaemon) closings() []uint32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]uint32(nil), f.closed...)
}

// nth waits for the nth Notify (from 1) and gives it.
func (f *fakeDaemon) nth(n int) shown {
	f.t.Helper()
	waitFor(f.t, fmt.Sprintf("notice %d", n), func() bool { return len(f.all()) >= n })
	return f.all()[n-1]
}

// pressed waits for a press.
func pressed(t *testing.T, d *Desktop) Press {
	t.Helper()
	select {
	case p := <-d.Presses():
		return p
	case <-time.After(10 * time.Second):
		t.Fatal("waited 10 s for a press")
		return Press{}
	}
}

// waitFor polls a condition for at most 10 seconds.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited 10 s for %s", what)
		}
	}
}

// runDesktop opens a desktop and runs it until the test ends or stop is called.
func runDesktop(t *testing.T, o Options) (d *Desktop, stop func()) {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	d = Open(o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			begun := time.Now()
			select {
			case err := <-done:
				if err != nil {
					t.Errorf("Run returned %v, want nil", err)
				}
				if took := time.Since(begun); took > time.Second {
					t.Errorf("Run took %v to end, want at most 1s", took)
				}
			case <-time.After(10 * time.Second):
				t.Errorf("Run has not ended 10 s after its context")
			}
		})
	}
	t.Cleanup(stop)
	return d, stop
}

func waitMeans(t *testing.T, d *Desktop, want Means) {
	t.Helper()
	waitFor(t, "the means "+string(want), func() bool { return d.Means() == want })
}

// goroutines lists those that run this package's or the bus library's code on
// behalf of a desktop.
func goroutines() []string {
	buf := make([]byte, 1<<20)
	var found []string
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(g, "godbus") || strings.Contains(g, "notify.(*Desktop)") || strings.Contains(g, "notify.(*daemon)") {
			found = append(found, g)
		}
	}
	return found
}
