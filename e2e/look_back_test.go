//go:build e2e && linux

package e2e

import (
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// newBars are the colours of a new listener's bar in the window's two themes, as
// tray/window/theme.go has them.
var newBars = []color.Color{color.NRGBA{0x9a, 0x42, 0x06, 0xff}, color.NRGBA{0xf2, 0xa6, 0x5f, 0xff}}

// isLight tells which of its themes a window wears.
func (d *Desktop) isLight(window image.Rectangle) bool {
	grey := color.GrayModel.Convert(commonColour(d.picture(), window)).(color.Gray)
	return grey.Y > 0x80
}

// navigation is the middle of a row of the window's navigation, counted from 0.
func navigation(window image.Rectangle, row int) image.Point {
	return window.Min.Add(image.Pt(88, 10+row*38+18))
}

func TestTheWindowsPagesOnXFCE(t *testing.T) {
	d := startXFCE(t)
	t.Run("look back", func(t *testing.T) { lookBack(t, d.in(t)) })
	t.Run("change a setting", func(t *testing.T) { changeASetting(t, d.in(t)) })
}

// showWindow opens the window as somebody does who starts the program again.
func (d *Desktop) showWindow() image.Rectangle {
	d.t.Helper()
	d.start(binary(residentBinary))
	return d.waitWindow()
}

// lookBack finds a server by its bar on the timeline, with the mouse, and stops
// it where that leads.
func lookBack(t *testing.T, d *Desktop) {
	needWindow(t)
	r := d.startResident()
	server := d.shop()
	d.waitNotice(r.began, newServer)
	window := d.showWindow()
	d.click(leftButton, navigation(window, 2))
	var bar image.Rectangle
	if !tryFor(20*time.Second, func() bool {
		bar = rightmostBar(d.picture(), window)
		return !bar.Empty()
	}) {
		d.Screenshot("failed-timeline")
		t.Fatal("got no bar of a new listener on the timeline, want one")
	}
	d.moveTo(middle(bar))
	d.Screenshot("timeline")
	d.click(leftButton, middle(bar))
	// The key stops what is selected, and nothing as long as the timeline is shown.
	waitFor(t, 20*time.Second, "the server to end by its details' key", func() bool {
		d.key("Delete")
		return server.ended()
	})
	d.Screenshot("timeline-stopped")
	d.waitFree()
	d.run("wmctrl", "-F", "-c", windowTitle)
	d.waitNoWindow()
}

// rightmostBar is the bar of a new listener that stands furthest to the right: on
// a picture of a day that is one that began just now.
func rightmostBar(picture image.Image, window image.Rectangle) image.Rectangle {
	const least = 10 // pixels that a bar is high
	for x := window.Max.X - 1; x > window.Min.X+window.Dx()/2; x-- {
		for _, want := range newBars {
			run := 0
			for y := window.Min.Y; y < window.Max.Y; y++ {
				if !near(picture.At(x, y), want, 6) {
					run = 0
					continue
				}
				if run++; run == least {
					return image.Rect(x-2, y-least, x+1, y)
				}
			}
		}
	}
	return image.Rectangle{}
}

// changeASetting turns to the settings by the mouse, changes one by the keyboard,
// and finds it in the file; then it changes the file, and the window follows.
func changeASetting(t *testing.T, d *Desktop) {
	needWindow(t)
	file := filepath.Join(d.root, "config/portreeve/settings.toml")
	t.Cleanup(func() { _ = os.Remove(file) })
	d.startResident()
	window := d.showWindow()
	d.click(leftButton, navigation(window, 4))
	// The first setting has the keys once the settings are there.
	changed := func() bool {
		d.key("Tab")
		d.key("ctrl+a")
		d.run("xdotool", "type", "1500")
		d.key("Return")
		return tryFor(2*time.Second, func() bool {
			text, _ := os.ReadFile(file)
			return strings.Contains(string(text), "settle_ms = 1500")
		})
	}
	if !changed() {
		d.Screenshot("failed-settings")
		text, err := os.ReadFile(file)
		t.Fatalf("got %q, %v in the file of the settings, want settle_ms = 1500", text, err)
	}
	d.Screenshot("settings")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	mode, light := "light", true
	if d.isLight(window) {
		mode, light = "dark", false
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(strings.TrimSpace(line), "theme") {
			line = "theme = \"" + mode + "\"\n"
		}
		lines = append(lines, line)
	}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	if !tryFor(10*time.Second, func() bool { return d.isLight(window) == light }) {
		d.Screenshot("failed-theme")
		t.Errorf("after the file said %s: got a light window %v, want %v", mode, !light, light)
	}
	d.Screenshot("settings-" + mode)
	d.run("wmctrl", "-F", "-c", windowTitle)
	d.waitNoWindow()
}
