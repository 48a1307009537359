package notify

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/godbus/dbus/v5"
)

var stranger = Notice{
	Key: "k", Title: "python3 is listening", Body: "Only here.", Default: "details",
	Actions: []Action{{"know", "I know this"}, {"stop", "Stop"}, {"details", "Details"}},
}

func TestADaemonThatDrawsTheDefaultActionGetsNone(t *testing.T) {
	b := startBus(t)
	f := startNamed(t, b, drawsDefault, "actions", "body")
	d, _ := runDesktop(t, Options{})
	waitMeans(t, d, WithButtons)
	d.Show(stranger)
	if got, want := f.nth(1).Actions, []string{"know", "I know this", "stop", "Stop", "details", "Details"}; !reflect.DeepEqual(got, want) {
		t.Errorf("actions: got %q, want %q", got, want)
	}
}

func TestButtonsKeepTheirOrderAndPressesComeBack(t *testing.T) {
	b := startBus(t)
	f := startDaemon(t, b, "actions", "body")
	var icon bytes.Buffer
	png.Encode(&icon, image.NewGray(image.Rect(0, 0, 3, 2)))
	d, _ := runDesktop(t, Options{Icon: icon.Bytes()})
	waitMeans(t, d, WithButtons)
	d.Show(stranger)
	got := f.nth(1)
	if want := []string{"know", "I know this", "stop", "Stop", "details", "Details", "default", "Open"}; !reflect.DeepEqual(got.Actions, want) {
		t.Errorf("actions: got %q, want %q", got.Actions, want)
	}
	if got.App != "Portreeve" || got.Title != stranger.Title || got.Body != stranger.Body || got.Replaces != 0 || got.Expire != -1 {
		t.Errorf("got %+v, want the notice as it was given", got)
	}
	if u, e := got.Hints["urgency"].Value(), got.Hints["desktop-entry"].Value(); u != byte(1) || e != "portreeve" {
		t.Errorf("hints: got urgency %v and entry %v, want 1 and portreeve", u, e)
	}
	if got, want := fmt.Sprint(got.Hints["image-data"].Value()), "[3 2 12 true 8 4 ["; !strings.HasPrefix(got, want) {
		t.Errorf("the icon: got %s, want %s and its bytes", got, want)
	}

	f.press(got.ID+100, "stop") // another program's notice
	f.press(got.ID, "stop")
	if p, want := pressed(t, d), (Press{"k", "stop"}); p != want {
		t.Errorf("press: got %v, want %v", p, want)
	}
	f.press(got.ID, "default")
	if p, want := pressed(t, d), (Press{"k", "details"}); p != want {
		t.Errorf("press: got %v, want %v", p, want)
	}
}

func TestTheAnswerToAPressOutlivesTheClosingOfWhatWasPressed(t *testing.T) {
	b := startBus(t)
	f := startDaemon(t, b, "actions")
	d, _ := runDesktop(t, Options{})
	d.Show(stranger)
	first := f.nth(1)
	f.press(first.ID, "know")
	pressed(t, d)
	answer := stranger
	answer.Title, answer.Actions = "Known from now on", []Action{{"undo", "Undo"}}
	d.Show(answer)
	second := f.nth(2)
	if second.Replaces != 0 {
		t.Errorf("got the answer in place of %d, want a notice of its own", second.Replaces)
	}
	// Now the daemon tells that the press has closed the first.
	if err := f.conn.Emit(daemonPath, daemonName+".NotificationClosed", first.ID, uint32(2)); err != nil {
		t.Fatal(err)
	}
	f.press(second.ID, "undo")
	if p, want := pressed(t, d), (Press{"k", "undo"}); p != want {
		t.Errorf("press: got %v, want %v", p, want)
	}
	third := answer
	third.Title = "Forgotten"
	d.Show(third)
	last := f.nth(3)
	d.Withdraw("k")
	waitFor(t, "the last one to be withdrawn", func() bool { return slices.Contains(f.closings(), last.ID) })
}

func TestAPressThatTheDaemonDidNotSendIsIgnored(t *testing.T) {
	b := startBus(t)
	f := startDaemon(t, b, "actions")
	d, _ := runDesktop(t, Options{})
	d.Show(stranger)
	id := f.nth(1).ID
	forger, err := dbus.Connect(b.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer forger.Close()
	// A signal with a destination passes the rule that asks for the daemon's.
	to := ""
	var names []string
	forger.BusObject().Call("org.freedesktop.DBus.ListNames", 0).Store(&names)
	for _, to = range names {
		if strings.HasPrefix(to, ":") {
			msg := &dbus.Message{Type: dbus.TypeSignal, Headers: map[dbus.HeaderField]dbus.Variant{
				dbus.FieldDestination: dbus.MakeVariant(to), dbus.FieldPath: dbus.MakeVariant(daemonPath),
				dbus.FieldInterface: dbus.MakeVariant(daemonName), dbus.FieldMember: dbus.MakeVariant("ActionInvoked"),
				dbus.FieldSignature: dbus.MakeVariant(dbus.SignatureOf(id, "stop")),
			}, Body: []any{id, "stop"}}
			if c := forger.Send(msg, nil); c.Err != nil {
				t.Fatal(c.Err)
			}
		}
	}
	// The bus answers the forger when it has handed out what came before.
	forger.BusObject().Call("org.freedesktop.DBus.GetId", 0)
	f.press(id, "know")
	if p, want := pressed(t, d), (Press{"k", "know"}); p != want {
		t.Errorf("first press: got %v, want the daemon's own %v", p, want)
	}
}

func TestTheSameKeyReplacesTheNotice(t *testing.T) {
	b := startBus(t)
	f := startDaemon(t, b, "actions")
	d, _ := runDesktop(t, Options{})
	d.Show(stranger)
	first := f.nth(1)
	d.Show(Notice{Key: "other", Title: "another"})
	f.nth(2)
	d.Show(Notice{Key: "k", Title: "python3 has ended", Stay: true})
	got := f.nth(3)
	if got.Replaces != first.ID || got.Title != "python3 has ended" || got.Expire != 0 {
		t.Errorf("got %+v, want it to replace %d and to stay", got, first.ID)
	}
}

func TestWithdrawClosesTheNotice(t *testing.T) {
	b := startBus(t)
	f := startDaemon(t, b, "actions")
	d, _ := runDesktop(t, Options{})
	d.Show(stranger)
	id := f.nth(1).ID
	d.Withdraw("never shown")
	d.Withdraw("k")
	waitFor(t, "the closing", func() bool { return len(f.closings()) > 0 })
	if got := f.closings(); len(got) != 1 || got[0] != id {
		t.Errorf("closed: got %v, want [%d]", got, id)
	}
	d.Show(stranger)
	if got := f.nth(2); got.Replaces != 0 {
		t.Errorf("shown again: got one that replaces %d, want a new one", got.Replaces)
	}
}

func TestAnUpdateShowsNothingOnceTheNoticeWasClosed(t *testing.T) {
	b := startBus(t)
	f := startDaemon(t, b, "actions")
	d, _ := runDesktop(t, Options{})
	d.Show(stranger)
	id := f.nth(1).ID
	d.Show(Notice{Key: "k", Title: "owner seen", Update: true})
	if got := f.nth(2); got.Replaces != id {
		t.Errorf("update: got one that replaces %d, want %d", got.Replaces, id)
	}
	f.conn.Emit(daemonPath, daemonName+".NotificationClosed", id, uint32(2))
	f.press(id, "stop") // the closed notice's button is dead
	// Once this press arrived, the closing has.
	d.Show(Notice{Key: "other", Title: "other", Actions: stranger.Actions})
	f.press(f.nth(3).ID, "know")
	if p, want := pressed(t, d), (Press{"other", "know"}); p != want {
		t.Errorf("press: got %v, want %v", p, want)
	}
	d.Show(Notice{Key: "k", Title: "too late", Update: true})
	d.Show(Notice{Key: "last", Title: "last"})
	if got := f.nth(4); got.Title != "last" {
		t.Errorf("after the closing: got %q, want no update", got.Title)
	}
}

func TestADaemonWithoutActionsIsReachedByBeeep(t *testing.T) {
	b := startBus(t)
	f := startDaemon(t, b, "body", "body-markup")
	t.Cleanup(func() { // beeep's connection is shared by the process: let the next test have its own
		if c, err := dbus.SessionBus(); err == nil {
			c.Close()
		}
	})
	d, _ := runDesktop(t, Options{})
	waitMeans(t, d, Plain)
	d.Show(Notice{Key: "k", Title: "--python3\x00 is listening", Body: "<b>Only</b> here.", Actions: stranger.Actions})
	got := f.nth(1)
	if got.App != "Portreeve" || got.Title != "‐-python3 is listening" || got.Body != "&lt;b&gt;Only&lt;/b&gt; here." {
		t.Errorf("got %+v, want the cleaned notice", got)
	}
	if len(got.Actions) != 0 || got.Expire != 5000 {
		t.Errorf("got actions %q for %d ms, want none for 5000 as beeep does it", got.Actions, got.Expire)
	}
}

func TestADaemonThatHangsDelaysNobody(t *testing.T) {
	b := startBus(t)
	f := startDaemon(t, b, "actions")
	d, stop := runDesktop(t, Options{Hold: time.Millisecond})
	waitMeans(t, d, WithButtons)
	f.setHang(make(chan struct{}))
	begun := time.Now()
	for i := range 1000 {
		d.Show(Notice{Key: fmt.Sprint(i), Title: "t"})
		d.Withdraw(fmt.Sprint(i / 2))
	}
	if took := time.Since(begun); took > 500*time.Millisecond {
		t.Errorf("2000 calls took %v, want no waiting", took)
	}
	waitMeans(t, d, None)
	waitFor(t, "the drops to be counted", func() bool { return d.Dropped() > 900 })
	f.setHang(nil)
	waitMeans(t, d, WithButtons)
	n := len(f.all())
	d.Show(stranger)
	f.nth(n + 1)

	f.setHang(make(chan struct{}))
	d.Show(stranger)
	stop() // checks that Run ends within a second
}

func TestABusThatHangsDelaysNobody(t *testing.T) {
	b := startBus(t)
	startDaemon(t, b, "actions")
	d, stop := runDesktop(t, Options{Hold: time.Millisecond})
	waitMeans(t, d, WithButtons)
	if err := b.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer b.cmd.Process.Signal(syscall.SIGCONT)
	d.Show(stranger)
	waitMeans(t, d, None)
	stop()
}

func TestADaemonThatComesLaterStillShowsWhatWaits(t *testing.T) {
	b := startBus(t)
	d, _ := runDesktop(t, Options{Hold: time.Minute})
	d.Show(stranger)
	f := startDaemon(t, b, "actions")
	if got := f.nth(1); got.Title != stranger.Title {
		t.Errorf("got %q, want %q", got.Title, stranger.Title)
	}
	waitMeans(t, d, WithButtons)
}

func TestWithoutADaemonNoticesAreDroppedAndCounted(t *testing.T) {
	startBus(t)
	d, _ := runDesktop(t, Options{Hold: time.Millisecond})
	d.Show(stranger)
	waitFor(t, "the drop", func() bool { return d.Dropped() == 1 })
	if got := d.Means(); got != None {
		t.Errorf("means: got %q, want %q", got, None)
	}
}

func TestARestartedDaemonIsAskedAnew(t *testing.T) {
	b := startBus(t)
	f := startDaemon(t, b, "actions")
	d, _ := runDesktop(t, Options{})
	d.Show(stranger)
	f.nth(1)
	f.conn.Close()
	waitMeans(t, d, None)
	g := startDaemon(t, b, "actions", "body-markup")
	waitMeans(t, d, WithButtons)
	d.Show(Notice{Key: "k", Title: "t", Body: "a < b"})
	if got := g.nth(1); got.Replaces != 0 || got.Body != "a &lt; b" {
		t.Errorf("got %+v, want a new notice with markup escaped", got)
	}
	// One daemon takes the name from another, without a moment between.
	h := startDaemon(t, b, "actions")
	waitFor(t, "the new daemon to be used", func() bool {
		d.Show(Notice{Key: "k", Title: "t", Body: "a < b"})
		return len(h.all()) > 0
	})
	if got := g.closings(); len(got) != 0 {
		t.Errorf("the old daemon: got %v closed, want it left alone", got)
	}
	if got := h.nth(1); got.Replaces != 0 || got.Body != "a < b" {
		t.Errorf("got %+v, want a new notice without markup", got)
	}
}

func TestANoticeThatKillsItsDaemonIsShownByTheNext(t *testing.T) {
	b := startBus(t)
	f := startDaemon(t, b, "actions")
	d, _ := runDesktop(t, Options{Hold: time.Minute})
	waitMeans(t, d, WithButtons)
	f.mu.Lock()
	f.die = true
	f.mu.Unlock()
	d.Show(stranger)
	waitMeans(t, d, None)
	g := startDaemon(t, b, "actions")
	if got := g.nth(1); got.Title != stranger.Title || got.Replaces != 0 || d.Dropped() != 0 {
		t.Errorf("got %+v and %d dropped, want the notice and none", got, d.Dropped())
	}
}

func TestARestartedBusIsFoundAgain(t *testing.T) {
	b := startBus(t)
	f := startDaemon(t, b, "actions")
	d, _ := runDesktop(t, Options{})
	d.Show(stranger)
	f.nth(1)
	b.stop()
	waitMeans(t, d, None)
	b.start()
	g := startDaemon(t, b, "actions")
	d.Show(stranger)
	if got := g.nth(1); got.Replaces != 0 {
		t.Errorf("got one that replaces %d, want a new one", got.Replaces)
	}
}

func TestANoticeThatTheDaemonRefusesStopsNoOther(t *testing.T) {
	b := startBus(t)
	f := startDaemon(t, b, "actions")
	d, _ := runDesktop(t, Options{})
	waitMeans(t, d, WithButtons)
	f.mu.Lock()
	f.refuse = true
	f.mu.Unlock()
	d.Show(stranger)
	waitFor(t, "the refusal", func() bool { return d.Dropped() == 1 })
	f.mu.Lock()
	f.refuse = false
	f.mu.Unlock()
	d.Show(Notice{Key: "next", Title: "next"})
	if got := f.nth(1); got.Title != "next" || d.Means() != WithButtons {
		t.Errorf("got %q with means %q, want next with buttons", got.Title, d.Means())
	}
}

func TestHostileTextsArriveClean(t *testing.T) {
	b := startBus(t)
	f := startDaemon(t, b, "actions", "body-markup")
	d, _ := runDesktop(t, Options{})
	evil := "\xff\x00\x1b]0;x\a\u202e\n<img src=x>&" + strings.Repeat("ä", 500)
	d.Show(Notice{Key: evil, Title: evil, Body: evil, Actions: []Action{{"stop", evil}}})
	got := f.nth(1)
	for _, s := range []string{got.Title, got.Body, got.Actions[1]} {
		if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\x1b\a\n\u202e") {
			t.Errorf("got %q, want clean text", s)
		}
	}
	if strings.ContainsAny(got.Body, "<>") {
		t.Errorf("body: got %q, want no markup", got.Body)
	}
	if n := utf8.RuneCountInString(got.Title); n != 80 {
		t.Errorf("title: got %d characters, want 80", n)
	}
	f.press(got.ID, "stop")
	if p := pressed(t, d); p.Notice != evil {
		t.Errorf("press: got %q, want the key as it was given", p.Notice)
	}
}

func TestRunWithdrawsWhatStandsAndEndsItsGoroutines(t *testing.T) {
	b := startBus(t)
	f := startDaemon(t, b, "actions")
	before := len(goroutines())
	d, stop := runDesktop(t, Options{})
	d.Show(stranger)
	id := f.nth(1).ID
	if len(goroutines()) <= before {
		t.Fatal("no goroutine of the desktop was found while it runs; the test can't tell")
	}
	stop()
	waitFor(t, "the closing", func() bool { return len(f.closings()) == 1 })
	if got := f.closings()[0]; got != id {
		t.Errorf("closed: got %d, want %d", got, id)
	}
	waitFor(t, "the goroutines to end", func() bool { return len(goroutines()) <= before })
	d.Show(stranger) // after the end nothing blocks either
}

func TestNoBusIsEverStarted(t *testing.T) {
	dir, err := os.MkdirTemp("", "pn")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	mark := filepath.Join(dir, "started")
	for _, name := range []string{"dbus-launch", "dbus-daemon", "notify-send", "kdialog"} {
		script := "#!/bin/sh\n: > " + mark + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	t.Setenv("XDG_RUNTIME_DIR", dir)
	for _, address := range []string{"", "autolaunch:", "autolaunch:scope=user;", "tcp:host=127.0.0.1,port=1", "nonsense"} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		d, stop := runDesktop(t, Options{Hold: time.Millisecond})
		d.Show(stranger)
		waitFor(t, "the drop", func() bool { return d.Dropped() == 1 })
		stop()
		if _, err := os.Stat(mark); err == nil {
			t.Errorf("address %q: a program was started, want none", address)
		}
	}
}

func TestABusThatAcceptsAndSaysNothingIsGivenUp(t *testing.T) {
	dir, err := os.MkdirTemp("", "pn")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	l, err := net.Listen("unix", filepath.Join(dir, "bus"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", dir)
	before := len(goroutines())
	_, stop := runDesktop(t, Options{})
	for range 2 { // it comes, is given up, and comes again
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	stop()
	waitFor(t, "the goroutines to end", func() bool { return len(goroutines()) <= before })
}
