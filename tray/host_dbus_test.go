//go:build linux || freebsd || netbsd || openbsd

package tray

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// runHost runs a host on a bus until the test ends, and then sees it end.
func runHost(t *testing.T, find func() (string, error)) *Host {
	t.Helper()
	h, err := NewHost(quietLog())
	if err != nil {
		t.Fatal(err)
	}
	h.findBus = find
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("got %v from Run, want nil", err)
			}
		case <-time.After(5 * time.Second):
			t.Error("got no end of Run 5 s after its context's")
		}
	})
	return h
}

// shown runs a host in a fake tray, and waits until its icon is there.
func shown(t *testing.T) (*testBus, *fakeTray, *Host) {
	t.Helper()
	b := startTestBus(t)
	f := b.startTray()
	h := runHost(t, b.find)
	waitFor(t, "the icon", func() bool { return f.item() != "" && h.Tray() == Shown })
	return b, f, h
}

// take receives a gesture.
func take(t *testing.T, h *Host) Gesture {
	t.Helper()
	select {
	case g := <-h.Gestures():
		return g
	case <-time.After(10 * time.Second):
		t.Fatal("got no gesture in 10 s, want one")
		return Gesture{}
	}
}

func TestTheIconRegistersWithItsProperties(t *testing.T) {
	_, f, h := shown(t)
	h.SetIcon(Look{State: New, Glance: "1 new"})
	waitFor(t, "NewIcon", func() bool { f.mu.Lock(); defer f.mu.Unlock(); return f.icons == 1 })

	if got, want := f.item(), fmt.Sprintf("org.kde.StatusNotifierItem-%d-1", os.Getpid()); got != want {
		t.Errorf("got the name %q, want %q", got, want)
	}
	var all map[string]dbus.Variant
	f.call(itemPath, "org.freedesktop.DBus.Properties.GetAll", []any{&all}, itemInterface)
	for name, want := range map[string]any{
		"Id": "portreeve", "Title": "Portreeve", "Category": "ApplicationStatus", "Status": "Active", "ItemIsMenu": false, "Menu": menuPath,
	} {
		if got := all[name].Value(); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	// The signatures are KDE's: a host drops a property of another type.
	// Structures lose theirs on the way to the caller.
	for name, want := range map[string]string{"IconPixmap": "a(iiay)", "ToolTip": "(sa(iiay)ss)", "Menu": "o", "WindowId": "i"} {
		if got := h.itemProperties()[name].Signature().String(); got != want {
			t.Errorf("%s: got the signature %s, want %s", name, got, want)
		}
	}
	var icon []pixmap
	if err := all["IconPixmap"].Store(&icon); err != nil {
		t.Fatal(err)
	}
	if len(icon) != len(pixmapSizes()) {
		t.Fatalf("got %d pictures, want %d", len(icon), len(pixmapSizes()))
	}
	for k, p := range icon {
		if size := pixmapSizes()[k]; int(p.Width) != size || int(p.Height) != size || len(p.Pixels) != 4*size*size {
			t.Errorf("got %dx%d with %d bytes, want %d pixels square", p.Width, p.Height, len(p.Pixels), size)
		}
	}
	// The disc of "new" is orange: alpha, red, green, blue of the pixel in the
	// middle of it.
	disc := icon[5].Pixels[4*(11*64+53):][:4]
	if want := []byte{0xff, 0xdd, 0x6a, 0x1c}; !slices.Equal(disc, want) {
		t.Errorf("got the disc's pixel % x, want % x", disc, want)
	}
	var tip struct {
		Icon  string
		Pix   []pixmap
		Title string
		Text  string
	}
	if err := all["ToolTip"].Store(&tip); err != nil || tip.Text != "1 new" {
		t.Errorf("got the tooltip %q (%v), want %q", tip.Text, err, "1 new")
	}
}

func TestTheMenusSignaturesAreThoseOfDbusmenu(t *testing.T) {
	_, f, h := shown(t)
	h.SetMenu([]Row{{Key: "s", Label: "sub", Rows: rowsOf("below")}, {Key: "-", Separator: true}})
	waitFor(t, "the rows", func() bool { return f.fetch()["below"] != 0 })
	for method, args := range map[string][]any{
		"GetProperty":      {f.fetch()["sub"], "label"},
		"AboutToShow":      {int32(7)},
		"AboutToShowGroup": {[]int32{7}},
		"EventGroup":       {[]menuEvent{{7, "hovered", dbus.MakeVariant(0), 0}}},
		"Event":            {int32(7), "hovered", dbus.MakeVariant(0), uint32(0)},
	} {
		call := f.conn.Object(f.item(), menuPath).Call(menuInterface+"."+method, 0, args...)
		want := map[string]string{"GetProperty": "v", "AboutToShow": "b", "AboutToShowGroup": "aiai", "EventGroup": "ai"}[method]
		if got := dbus.SignatureOf(call.Body...).String(); call.Err != nil || got != want {
			t.Errorf("%s: got %q (%v), want %q", method, got, call.Err, want)
		}
	}
	for want, value := range map[string]any{"(ia{sv}av)": layoutNode{}, "a(ia{sv})": []itemProperties{}} {
		if got := dbus.SignatureOf(value).String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if err := f.conn.Object(f.item(), menuPath).Call(menuInterface+".GetLayout", 0, int32(4711), int32(-1), []string{}).Err; err == nil {
		t.Error("got a layout of a row that isn't there, want an error")
	}
}

func TestAClickStopsWhatWasOnTheScreenThoughTwentyListenersCame(t *testing.T) {
	for _, host := range []string{"GNOME and LXQt", "Xfce"} {
		t.Run(host, func(t *testing.T) {
			_, f, h := shown(t)
			h.SetMenu(rowsOf("wanted", "other"))
			waitFor(t, "the rows", func() bool { return f.fetch()["wanted"] != 0 })
			if host == "Xfce" {
				var need, wrong []int32
				f.call(menuPath, menuInterface+".AboutToShowGroup", []any{&need, &wrong}, []int32{rootID})
			} else {
				f.open()
			}
			onScreen := f.fetch()
			before := f.told()

			rows := rowsOf("wanted", "other")
			for i := range 20 {
				rows = append(rowsOf(fmt.Sprint("stranger ", i)), rows...)
				h.SetMenu(rows)
			}
			// Longer than a closed menu keeps calm. An answer to a call comes
			// after all signals that were sent before it.
			time.Sleep(2 * calmTime)
			if got := f.fetch(); !maps.Equal(got, onScreen) {
				t.Errorf("got rows %v in the open menu, want those that were there: %v", got, onScreen)
			}
			if got := f.told(); got != before {
				t.Errorf("got %d signals while the menu was open, want none", got-before)
			}

			if host == "Xfce" {
				var wrong []int32
				f.call(menuPath, menuInterface+".EventGroup", []any{&wrong}, []menuEvent{{onScreen["wanted"], "clicked", dbus.MakeVariant(0), 0}})
			} else {
				f.event(onScreen["wanted"], "clicked")
				f.event(rootID, "closed")
			}
			if got, want := take(t, h), (Gesture{Kind: Clicked, Do: Do{Act: ActStop, Listener: "wanted"}}); !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if got, want := take(t, h), (Gesture{Kind: Looked, Seen: []string{"wanted", "other"}}); !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
			waitFor(t, "the strangers in the closed menu", func() bool { return f.fetch()["stranger 19"] != 0 })
		})
	}
}

func TestTheIconItselfCanBeClicked(t *testing.T) {
	_, f, h := shown(t)
	for _, method := range []string{"Activate", "SecondaryActivate"} {
		f.call(itemPath, itemInterface+"."+method, nil, int32(3), int32(4))
		if got := take(t, h); got.Kind != Activated {
			t.Errorf("%s: got %+v, want the icon activated", method, got)
		}
	}
}

func TestARestartedTrayHostGetsTheIconAgain(t *testing.T) {
	b, f, h := shown(t)
	f.stop()
	waitFor(t, "the words for no tray host", func() bool { return h.Tray() == trayNoHost })
	f = b.startTray()
	waitFor(t, "the icon in the new tray host", func() bool { return f.item() != "" && h.Tray() == Shown })
	h.SetMenu(rowsOf("after"))
	waitFor(t, "rows in the new tray host", func() bool { return f.fetch()["after"] != 0 })
}

func TestAReplacedTrayHostGetsTheIconToo(t *testing.T) {
	b, _, h := shown(t)
	f := b.startTray() // takes the name, which is free at no moment
	waitFor(t, "the icon in the other tray host", func() bool { return f.item() != "" && h.Tray() == Shown })
}

func TestATrayHostThatLosesTheIconGetsItAgain(t *testing.T) {
	_, f, h := shown(t)
	for n := 2; n <= 3; n++ { // it may lose it again
		f.lose()
		waitFor(t, "the icon to be registered again", func() bool { return f.registrations() == n && h.Tray() == Shown })
	}
	// Another program's icon that goes is none of ours.
	if err := f.conn.Emit(watcherPath, watcherName+".StatusNotifierItemUnregistered", "org.kde.StatusNotifierItem-1-1"); err != nil {
		t.Fatal(err)
	}
	h.SetIcon(Look{State: New})
	waitFor(t, "the icon to be told", func() bool { f.mu.Lock(); defer f.mu.Unlock(); return f.icons == 1 })
	if got := f.registrations(); got != 3 {
		t.Errorf("after another icon went: got %d registrations, want 3 still", got)
	}
}

func TestAHostThatAsksGetsTheNewestRows(t *testing.T) {
	_, f, h := shown(t)
	for i := range 50 {
		newest := fmt.Sprint("newest ", i)
		h.SetMenu(rowsOf(newest))
		fetch := f.open()
		if _, ok := f.fetch()[newest]; !ok {
			t.Fatalf("got rows %v, want %q", f.fetch(), newest)
		}
		f.event(rootID, "closed")
		if fetch {
			return // it was asked before the rows were laid out by themselves
		}
	}
	t.Error("got no need to fetch in 50 openings, want one")
}

func TestAWatcherWithoutATrayHostIsNoTray(t *testing.T) {
	b := startTestBus(t)
	f := b.startTray()
	f.mu.Lock()
	f.unhosted = true
	f.mu.Unlock()
	h := runHost(t, b.find)
	waitFor(t, "the registration", func() bool { return f.item() != "" && h.Tray() == trayNoHost })
	f.mu.Lock()
	f.unhosted = false
	f.mu.Unlock()
	if err := f.conn.Emit(watcherPath, watcherName+".StatusNotifierHostRegistered"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the icon shown", func() bool { return h.Tray() == Shown })
}

func TestARestartedBusGetsTheIconAgain(t *testing.T) {
	b, f, h := shown(t)
	b.stop()
	waitFor(t, "the words for no bus", func() bool { return h.Tray() == trayNoBus })
	h.SetMenu(rowsOf("meanwhile"))
	b.start()
	f = b.startTray()
	waitFor(t, "the icon on the new bus", func() bool { return f.item() != "" && h.Tray() == Shown })
	waitFor(t, "the rows on the new bus", func() bool { return f.fetch()["meanwhile"] != 0 })
}

func TestABusThatComesLaterIsFound(t *testing.T) {
	b := startTestBus(t)
	b.stop()
	h := runHost(t, b.find)
	h.SetMenu(rowsOf("a"))
	b.start()
	f := b.startTray()
	waitFor(t, "the icon", func() bool { return f.item() != "" && h.Tray() == Shown })
}

func TestABusThatHangsDelaysNothing(t *testing.T) {
	for _, tt := range []string{"before the connection", "during it"} {
		t.Run(tt, func(t *testing.T) {
			b := startTestBus(t)
			h, err := NewHost(quietLog())
			if err != nil {
				t.Fatal(err)
			}
			h.findBus = b.find
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan error, 1)
			if tt == "before the connection" {
				b.freeze()
			}
			go func() { ended <- h.Run(ctx) }()
			if tt == "during it" {
				f := b.startTray()
				waitFor(t, "the icon", func() bool { return f.item() != "" })
				b.freeze()
				waitStuck(t, h)
			}
			began := time.Now()
			for i := range 20_000 {
				h.SetIcon(Look{State: State(i % 3)})
				h.SetMenu(rowsOf(fmt.Sprint(i)))
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("got %v for 20,000 changes, want at most 1s", took)
			}
			began = time.Now()
			cancel()
			select {
			case <-ended:
			case <-time.After(10 * time.Second):
				t.Fatal("got no end of Run in 10 s, want it at once")
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("got %v until Run ended, want at most 1s", took)
			}
		})
	}
}

func TestABusThatHungIsUsedAgain(t *testing.T) {
	b, _, h := shown(t)
	b.freeze()
	waitStuck(t, h)
	waitFor(t, "the connection to be given up", func() bool { return h.Tray() == trayNoBus })
	b.thaw()
	waitFor(t, "the icon again", func() bool { return h.Tray() == Shown })
}

func TestEveryGoroutineOfAHostEnds(t *testing.T) {
	b := startTestBus(t)
	f := b.startTray()
	before := runtime.NumGoroutine()
	h, err := NewHost(quietLog())
	if err != nil {
		t.Fatal(err)
	}
	h.findBus = b.find
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	waitFor(t, "the icon", func() bool { return f.item() != "" && h.Tray() == Shown })
	f.open()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("got %v, want nil", err)
	}
	waitFor(t, fmt.Sprintf("the %d goroutines from before", before), func() bool { return runtime.NumGoroutine() <= before })
}

func TestAvailableSaysWhyThereIsNoTray(t *testing.T) {
	b := startTestBus(t)
	for _, tt := range []struct {
		name, address string
		tray          bool
		hosted        bool
		why           string
	}{
		{"no bus at all", "", false, false, "there is no session bus here, so no tray"},
		{"never start one", "autolaunch:", false, false, "there is no session bus here, so no tray"},
		{"a bus that is gone", "unix:path=" + filepath.Join(b.folder, "gone"), false, false, "the session bus does not answer, so there is no tray"},
		{"plain GNOME", b.address(), false, false, noTrayHostAdvice},
		{"a tray", b.address(), true, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.tray {
				b.startTray()
			}
			t.Setenv("XDG_RUNTIME_DIR", "")
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", tt.address)
			hosted, why := Available(t.Context())
			if hosted != tt.hosted || why != tt.why {
				t.Errorf("got %t, %q, want %t, %q", hosted, why, tt.hosted, tt.why)
			}
		})
	}
}

func TestSocketsAreReadFromBusAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"unix:path=/run/user/1000/bus":        "/run/user/1000/bus",
		"unix:path=/tmp/a%20b,guid=00ff":      "/tmp/a b",
		"unix:guid=00ff,abstract=/tmp/dbus-x": "@/tmp/dbus-x",
		"autolaunch:":                         "",
		"tcp:host=127.0.0.1,port=1":           "",
		"unixexec:path=/bin/sh":               "",
		"unix:path=%zz":                       "",
	} {
		if got, _ := busSocket(address); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

func TestTheMenusAnswersLeaveInTheOrderOfTheirCalls(t *testing.T) {
	_, f, _ := shown(t)
	var revision uint32
	var layout layoutNode
	f.call(menuPath, menuInterface+".GetLayout", []any{&revision, &layout}, int32(rootID), int32(-1), []string{})
	object := f.conn.Object(f.item(), menuPath)
	const pairs = 50 // a bus lets 128 answers be outstanding
	// One channel for all answers: the library fills it as they come.
	answers := make(chan *dbus.Call, 2*pairs)
	var want, got []*dbus.Call
	for range pairs {
		for _, ids := range [][]int32{{rootID}, {}} {
			want = append(want, object.Go(menuInterface+".GetGroupProperties", 0, answers, ids, []string{}))
		}
	}
	for range want {
		select {
		case c := <-answers:
			if c.Err != nil {
				t.Fatal(c.Err)
			}
			got = append(got, c)
		case <-time.After(10 * time.Second):
			t.Fatalf("got %d answers in 10 s, want %d", len(got), len(want))
		}
	}
	changed := 0
	for i := range want {
		if got[i] != want[i] {
			changed++
		}
	}
	if changed > 0 {
		t.Errorf("got %d of %d answers out of the order of their calls", changed, len(want))
	}
}
