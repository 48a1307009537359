//go:build e2e && linux

package e2e

import (
	"encoding/json"
	"fmt"
	"image"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// The window's main ways by mouse and keyboard, on a screen with a window
// manager and no panel, where the program opens its window by itself.

// startWindow starts a desktop with some servers and the program on it, whose
// settings have a theme and whose window has a scale.
func startWindow(t *testing.T, theme string, scale int) (*Desktop, resident) {
	t.Helper()
	needWindow(t)
	d := startBare(t, "window", []string{"FYNE_SCALE=" + strconv.Itoa(scale)})
	d.write("config/portreeve/settings.toml", fmt.Sprintf("theme = %q\n", theme))
	d.start("openbox")
	for folder, at := range map[string]string{"blog": "0.0.0.0:8080", "docs": "127.0.0.1:4000", "api": "127.0.0.1:8000"} {
		startWebServer(t, d, d.folder("home/src/"+folder), netip.MustParseAddrPort(at))
	}
	r := resident{child: d.start(binary(residentBinary))}
	d.waitWindow()
	return d, r
}

// verdicts are those of all listeners, by port.
func (d *Desktop) verdicts() map[uint16]string {
	d.t.Helper()
	var all struct {
		Listeners []struct {
			Port    uint16
			Verdict string
		}
	}
	text := d.run(binary(residentBinary), "list", "--json")
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		d.t.Fatalf("read the list: %v in %s", err, text)
	}
	by := map[uint16]string{}
	for _, l := range all.Listeners {
		by[l.Port] = l.Verdict
	}
	return by
}

// typed types a text as a person does, key by key.
func (d *Desktop) typed(text string) {
	d.t.Helper()
	d.run("xdotool", "type", "--delay", "30", text)
}

// still waits until the window does not change any more, and keeps a picture.
func (d *Desktop) still(name string) image.Image {
	d.t.Helper()
	last := d.picture()
	waitFor(d.t, 20*time.Second, "the window to be still", func() bool {
		now := d.picture()
		same := difference(last, now).Empty()
		last = now
		return same
	})
	return d.Screenshot(name)
}

// TestAPortIsFoundKnownAndStoppedByKeyboard goes the three ways that people go
// most: search for a port, say that it is known, stop it.
func TestAPortIsFoundKnownAndStoppedByKeyboard(t *testing.T) {
	d, r := startWindow(t, "light", 1)
	server := d.shop()
	waitFor(t, 10*time.Second, "the server to be seen", func() bool { return d.verdicts()[stranger.Port()] == "unfamiliar" })
	d.typed("/62893")
	d.still("found")
	d.key("Return") // to its row
	d.waitStopButton()
	d.still("found-details")
	for _, key := range []string{"Return", "Right", "Return"} { // to Stop, to "I know this", press it
		d.key(key)
	}
	d.still("know")
	// The suggested rule is the one that Enter takes.
	d.key("Return")
	waitFor(t, 20*time.Second, "the server to be known", func() bool { return d.verdicts()[stranger.Port()] == "familiar" })
	d.still("known")
	d.key("Escape") // from the button to the list
	waitFor(t, 20*time.Second, "the server to end", func() bool {
		d.key("Delete")
		return server.ended()
	})
	d.waitFree()
	d.still("stopped")
	r.quit(t)
}

// TestAPortIsFoundAndStoppedByMouse does it with the pointer alone.
func TestAPortIsFoundAndStoppedByMouse(t *testing.T) {
	d, r := startWindow(t, "dark", 1)
	server := d.shop()
	waitFor(t, 10*time.Second, "the server to be seen", func() bool { return d.verdicts()[stranger.Port()] == "unfamiliar" })
	d.still("new")
	place := d.windowPlace()
	// What is new stands first, below the search, the filters and the names of
	// the columns.
	d.click(leftButton, place.Min.Add(image.Pt(400, 145)))
	stop := d.waitStopButton()
	d.still("chosen")
	d.click(leftButton, middle(stop))
	if !tryFor(20*time.Second, server.ended) {
		d.Screenshot("failed-stop")
		t.Fatalf("got the server running after a click on Stop at %v, want it ended", middle(stop))
	}
	d.waitFree()
	r.quit(t)
}

// TestTheWatchDoesNotNoticeThatItsWindowIsKilled kills the window while it is
// busy: the resident goes on, and opens another one.
func TestTheWatchDoesNotNoticeThatItsWindowIsKilled(t *testing.T) {
	d, r := startWindow(t, "light", 1)
	for range 3 {
		windows := d.processes("portreeve-windo")
		if len(windows) != 1 {
			t.Fatalf("got processes %d of the window, want one", windows)
		}
		server := d.shop() // news are on their way to the window
		if err := syscall.Kill(windows[0], syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		d.waitNoWindow()
		waitFor(t, 10*time.Second, "the watch to see the server", func() bool { return d.verdicts()[stranger.Port()] != "" })
		server.end()
		d.waitFree()
		if r.ended() {
			t.Fatalf("got the watch ended with its window, want it to run; it said\n%s", r.said())
		}
		d.run(binary(residentBinary)) // a second start opens the window
		d.waitWindow()
	}
	r.quit(t)
}

// TestEveryPageIsDrawn turns to each page in both themes and at two scales, and
// keeps pictures of all of them; that each is another one is all that it can
// tell by itself.
func TestEveryPageIsDrawn(t *testing.T) {
	for _, theme := range []string{"light", "dark"} {
		for _, scale := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s at %dx", theme, scale), func(t *testing.T) {
				d, r := startWindow(t, theme, scale)
				d.shop()
				waitFor(t, 10*time.Second, "the server to be seen", func() bool { return d.verdicts()[stranger.Port()] == "unfamiliar" })
				var seen []image.Image
				for i, name := range []string{"listeners", "explain", "timeline", "rules", "settings"} {
					d.key("ctrl+" + strconv.Itoa(i+1))
					if name == "explain" {
						d.typed("127.0.0.1:62893")
						d.key("Return")
					}
					picture := d.still(fmt.Sprintf("%s-%s-%dx", name, theme, scale))
					if slices.ContainsFunc(seen, func(old image.Image) bool { return difference(old, picture).Empty() }) {
						t.Errorf("got the page %s as one before it, want another picture", name)
					}
					seen = append(seen, picture)
				}
				r.quit(t)
			})
		}
	}
}

// startRuns is how often the start of a window is measured; the best counts,
// since others may be at work on this computer.
const startRuns = 5

// TestTheWindowIsThereSoonAfterTheClick measures from the start of the process to
// the window on the screen, beside a window of Fyne's with a label in it.
func TestTheWindowIsThereSoonAfterTheClick(t *testing.T) {
	needWindow(t)
	d := startBare(t, "speed", nil)
	d.start("openbox")
	bare := filepath.Join(d.folder("tmp"), "bare")
	if err := goBuild("CGO_ENABLED=1", "-tags", "no_emoji", "-o", bare, "./testdata/bare"); err != nil {
		t.Fatal(err)
	}
	r := resident{child: d.start(binary(residentBinary))}
	d.waitWindow()
	d.run("wmctrl", "-F", "-c", windowTitle)
	d.waitNoWindow()
	// The first run of each warms the caches of the disk and of the shaders.
	best := map[string]time.Duration{}
	for i := range startRuns + 1 {
		for _, one := range []struct{ title, name string }{{"Bare", bare}, {windowTitle, binary(windowBinary)}} {
			var args []string
			if one.title == windowTitle {
				args = []string{"window"}
			}
			began := time.Now()
			program := d.start(one.name, args...)
			// xdotool's own --sync looks every 500 ms only.
			waitFor(t, 20*time.Second, one.title+" on the screen", func() bool {
				return d.command("xdotool", "search", "--onlyvisible", "--name", "^"+one.title+"$").Run() == nil
			})
			took := time.Since(began)
			if was, is := best[one.title]; i > 0 && (!is || took < was) {
				best[one.title] = took
			}
			program.end()
			waitFor(t, 10*time.Second, one.title+" to end", program.ended)
		}
	}
	ours, theirs := best[windowTitle], best["Bare"]
	t.Logf("on the screen after %v, a bare window after %v", ours.Round(time.Millisecond), theirs.Round(time.Millisecond))
	if behind := ours - theirs; behind > 150*time.Millisecond {
		t.Errorf("got the window %v behind a bare one, want at most 150 ms", behind.Round(time.Millisecond))
	}
	if ours > 500*time.Millisecond && theirs < 350*time.Millisecond {
		t.Errorf("got the window after %v, want at most 500 ms", ours.Round(time.Millisecond))
	}
	r.quit(t)
}
