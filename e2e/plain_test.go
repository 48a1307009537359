//go:build e2e && linux

package e2e

import (
	"image"
	"slices"
	"syscall"
	"testing"
	"time"
)

// notifyOSD is Ubuntu's notification daemon, which draws no buttons and says so.
const notifyOSD = "/usr/lib/x86_64-linux-gnu/notify-osd"

// plainNotice has a daemon without buttons show the notices. It comes last on
// its desktop, since it puts that daemon in the place of the other one; and it
// needs a desktop that blends windows, for notify-osd draws nothing else.
func plainNotice(t *testing.T, d *Desktop) {
	d.endDaemon()
	d.start(notifyOSD)
	d.waitName(noticesName, 20*time.Second)
	var abilities []string
	if err := d.bus.Object(noticesName, "/org/freedesktop/Notifications").
		Call(noticesName+".GetCapabilities", 0).Store(&abilities); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(abilities, "actions") || !slices.Contains(abilities, "body") {
		t.Fatalf("got abilities %q, want %q without %q", abilities, "body", "actions")
	}

	r := d.startResident()
	d.waitIcon(r.item)
	before := d.picture()
	d.shop()
	n := d.waitNotice(r.began, newServer)
	if len(n.Actions) > 0 {
		t.Errorf("got buttons %q, want none", n.Actions)
	}
	if want := "Only programs on this computer can reach it. http.server in ~/src/shop, started by bash."; n.Body != want {
		t.Errorf("got body %q, want %q", n.Body, want)
	}
	// The bubble comes up first and its words later.
	var bubble image.Rectangle
	if !tryFor(20*time.Second, func() bool {
		bubble = d.waitDrawn(before)
		return len(textRows(d.picture(), bubble)) >= 3
	}) {
		t.Errorf("got bubble at %v without words, want a title and two lines in it", bubble)
	}
	d.Screenshot("plain-notice")
}

// endDaemon ends whoever shows notices, and whoever waited to do so.
func (d *Desktop) endDaemon() {
	d.t.Helper()
	waitFor(d.t, 20*time.Second, "the notification daemon to end", func() bool {
		var pid uint32
		if d.owner(noticesName) == "" {
			return true
		}
		err := d.bus.BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, noticesName).Store(&pid)
		if err == nil && slices.Contains(marked(d.mark), int(pid)) {
			_ = syscall.Kill(int(pid), syscall.SIGTERM)
		}
		return false
	})
}
