//go:build e2e && linux

package e2e

import (
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// The tests of the harness itself: each desktop shows an icon, opens a menu,
// carries clicks and draws notices, all for a client that is known to be right.

var magenta = color.NRGBA{R: 230, G: 0, B: 230, A: 255}

func TestXFCECarriesClicksToAClient(t *testing.T) {
	d := startXFCE(t)
	checkMenu(t, d)
	checkNotice(t, d)
}

func TestLXQtCarriesClicksToAClient(t *testing.T) {
	checkMenu(t, startLXQt(t))
}

func TestGNOMECarriesClicksToAClient(t *testing.T) {
	d := startGNOME(t)
	checkMenu(t, d)
	checkNotice(t, d)
}

func TestDunstShowsANoticeWithoutButtons(t *testing.T) {
	d := startXFCE(t, withDunst)
	var abilities []string
	if err := d.bus.Object(noticesName, "/org/freedesktop/Notifications").
		Call(noticesName+".GetCapabilities", 0).Store(&abilities); err != nil {
		t.Fatal(err)
	}
	t.Logf("dunst can %q", abilities)
	before := d.picture()
	notify(t, d, "A notice of the client")
	d.waitNotice(0, "A notice of the client")
	changed := d.waitDrawn(before)
	d.Screenshot("notice")
	d.click(middleButton, middle(changed))
	waitFor(t, 20*time.Second, "the default action", func() bool { return d.notices.list()[0].Invoked == "default" })
}

func TestAServerHoldsItsPortUntilItEnds(t *testing.T) {
	d := startBare(t, "bare", nil)
	server := startWebServer(t, d, d.folder("site"), stranger)
	if !answers(stranger) {
		t.Errorf("got no answer at %v under a server, want one", stranger)
	}
	server.end()
	d.waitFree()
}

// TestNothingOutlivesAKilledRun kills another run of this binary, which has no
// chance to clean up.
func TestNothingOutlivesAKilledRun(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	run := exec.Command(self, "-test.run", "^TestRunToBeKilled$")
	run.Env = append(os.Environ(), toBeKilled+"=1")
	other := startChild(t, t.TempDir(), run)
	// The sweeper looks for its own parent's mark, which the other run makes
	// from its process id.
	mark := "e2e-" + strconv.Itoa(other.pid)
	if !tryFor(20*time.Second, func() bool {
		return slices.ContainsFunc(marked(mark), func(pid int) bool { return processName(pid) == "xfce4-panel" })
	}) {
		t.Fatalf("got no panel of the other run, which said\n%s", tail(other.log, 20))
	}
	t.Logf("%d processes run there", len(marked(mark)))
	if err := syscall.Kill(other.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if !tryFor(20*time.Second, func() bool { return len(marked(mark)) == 0 }) {
		t.Errorf("got %q alive after a killed run, want nothing", killMarked(mark))
	}
	var folders []string
	if !tryFor(20*time.Second, func() bool {
		folders, _ = filepath.Glob(filepath.Join(os.TempDir(), mark+"-*"))
		return len(folders) == 0
	}) {
		t.Errorf("got folders %q after a killed run, want none", folders)
	}
}

const toBeKilled = "PORTREEVE_E2E_TO_BE_KILLED"

func TestRunToBeKilled(t *testing.T) {
	if os.Getenv(toBeKilled) == "" {
		t.Skip("only TestNothingOutlivesAKilledRun needs it")
	}
	startXFCE(t)
	select {}
}

// checkMenu has a person look for the icon, open the menu and a submenu, see
// words change in place, and click.
func checkMenu(t *testing.T, d *Desktop) {
	t.Helper()
	c := startClient(t, d, magenta, []clientRow{
		{1, "First row", nil},
		{2, "A submenu", []clientRow{{21, "Inner one", nil}, {22, "Inner two", nil}}},
		{3, "B submenu", []clientRow{{31, "Other one", nil}, {32, "Other two", nil}}},
		{4, "", nil},
		{5, "Quit", nil},
	})
	item := d.waitItem(os.Getpid())
	d.waitMenuRow(item, "Quit")
	c.settle(t)

	d.openMenu(item)
	d.Screenshot("menu")
	d.clickRow(item, "First row")
	c.waitClick(t, 1)

	d.openMenu(item)
	d.openSubmenu(item, "B submenu")
	before := d.picture()
	if err := c.setLabel(1, "First new"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, 20*time.Second, "words to change in the open menu", func() bool {
		return !difference(before, d.picture()).Empty()
	})
	d.Screenshot("submenu")
	d.clickRow(item, "B submenu", "Other two")
	c.waitClick(t, 32)

	d.openMenu(item)
	d.closeMenu()
	c.waitClick(t, 32)
	t.Logf("what the tray host called:\n%s", c.takeCalls())
}

// checkNotice has a person read a notice and click one of its buttons.
func checkNotice(t *testing.T, d *Desktop) {
	t.Helper()
	notify(t, d, "A notice of the client")
	d.waitNotice(0, "A notice of the client")
	waitFor(t, 20*time.Second, "the notice on the screen", func() bool {
		return !d.noticeShown("A notice of the client").Empty()
	})
	d.clickNoticeButton("A notice of the client", "Stop it", "notice")
	if !tryFor(20*time.Second, func() bool {
		return slices.ContainsFunc(d.notices.list(), func(n notice) bool { return n.Invoked == "stop" })
	}) {
		d.Screenshot("failed-invoke")
		t.Fatalf("got notices %+v, want action %q invoked", d.notices.list(), "stop")
	}
}

// notify sends a notice with three buttons and a default action.
func notify(t testing.TB, d *Desktop, title string) {
	t.Helper()
	err := d.bus.Object(noticesName, "/org/freedesktop/Notifications").Call(noticesName+".Notify", 0,
		"client", uint32(0), "", title, "Only programs on this computer can reach it.",
		[]string{"default", "Open", "know", "I know this", "stop", "Stop it", "details", "Details"},
		map[string]dbus.Variant{}, int32(-1)).Err
	if err != nil {
		t.Fatalf("send notice: %v", err)
	}
}

// waitDrawn waits until something as large as a notice is on the screen that
// was not there before, and returns its place.
func (d *Desktop) waitDrawn(before image.Image) image.Rectangle {
	d.t.Helper()
	var changed image.Rectangle
	waitFor(d.t, 20*time.Second, "a notice to be drawn", func() bool {
		changed = difference(before, d.picture())
		return changed.Dx() > 100 && changed.Dy() > 20
	})
	return changed
}

// difference is the smallest rectangle around all pixels that two pictures of
// the screen don't share.
func difference(a, b image.Image) image.Rectangle {
	var around image.Rectangle
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			if !near(a.At(x, y), b.At(x, y), 8) {
				around = around.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return around
}
