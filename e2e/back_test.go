//go:build e2e && linux

package e2e

import (
	"testing"
	"time"
)

// TestTheIconComesBack takes away what the icon needs, the panel and then the
// whole session bus, and gives it back.
func TestTheIconComesBack(t *testing.T) {
	d := startXFCE(t)
	r := d.startResident()
	d.waitIcon(r.item)

	d.panel.end()
	waitFor(t, 20*time.Second, "the panel to go", func() bool { return d.owner(watcherName) == "" })
	d.startPanel()
	r.item = d.waitItem(r.pid)
	d.waitIcon(r.item)
	d.openMenu(r.item)
	d.closeMenu()

	d.session.end()
	waitFor(t, 20*time.Second, "the panel to end with its bus", d.panel.ended)
	if r.ended() {
		t.Fatal("got the program ended with the session bus, want it to watch on")
	}
	d.startSession()
	d.startAccessibility()
	d.startPanel()
	d.start(xfceNotifyd)
	d.waitName(noticesName, 20*time.Second)
	r.item = d.waitItem(r.pid)
	d.waitIcon(r.item)
	d.openMenu(r.item)
	d.Screenshot("menu-after-bus")
	d.closeMenu()
	d.shop()
	d.waitNotice(0, newServer)
	r.quit(t)
}
