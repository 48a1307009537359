//go:build e2e && linux

package e2e

import (
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
//
// Under GNOME notify-osd leaves about one bubble of 20 unseen for all the time
// that it says it shows it, whoever sent it: then all of it is done again. That
// the notice was sent, and how, is seen on the bus each time.
func plainNotice(t *testing.T, d *Desktop) {
	const tries = 3
	for try := 1; !tryPlainNotice(d); try++ {
		if try == tries {
			d.Screenshot("failed-drawn")
			t.Fatalf("got no bubble with a title and two lines for any of %d notices, want one\n%s", tries, d.notices.outline())
		}
		t.Log("notify-osd did not draw the notice; once more")
	}
	d.Screenshot("plain-notice")
}

// tryPlainNotice reports whether the notice was on the screen, too.
func tryPlainNotice(d *Desktop) bool {
	t := d.t
	t.Helper()
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
	server := d.shop()
	n := d.waitNotice(r.began, newServer)
	if len(n.Actions) > 0 {
		t.Errorf("got buttons %q, want none", n.Actions)
	}
	if want := "Only programs on this computer can reach it. http.server in ~/src/shop, started by bash."; n.Body != want {
		t.Errorf("got body %q, want %q", n.Body, want)
	}
	// The bubble comes up first and its words later, and stays for ten seconds.
	seen := tryFor(10*time.Second, func() bool {
		now := d.picture()
		bubble := difference(before, now)
		return bubble.Dx() > 100 && bubble.Dy() > 20 && len(textRows(now, bubble)) >= 3
	})
	if !seen {
		r.quit(t)
		server.end()
		d.waitFree()
	}
	return seen
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
