//go:build e2e && linux

package e2e

import (
	"fmt"
	"image"
	"image/color"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Fyne draws its window itself and tells a screen reader nothing, so the tests
// find what is in it by its colours, and know it by what it does.

// windowTitle is what the frame of the program's window says.
const windowTitle = "Portreeve"

// windowPlace is where the program's window is on the screen without its frame;
// empty where there is none.
func (d *Desktop) windowPlace() image.Rectangle {
	d.t.Helper()
	// It fails where it finds nothing.
	ids, _ := d.command("xdotool", "search", "--onlyvisible", "--name", "^"+windowTitle+"$").Output()
	for id := range strings.FieldsSeq(string(ids)) {
		about, err := d.command("xwininfo", "-id", id).Output()
		if err != nil {
			continue
		}
		number := func(label string) int {
			_, rest, _ := strings.Cut(string(about), label)
			line, _, _ := strings.Cut(rest, "\n")
			n, _ := strconv.Atoi(strings.TrimSpace(line))
			return n
		}
		w, h := number("Width:"), number("Height:")
		if w > 400 && h > 300 {
			at := image.Pt(number("Absolute upper-left X:"), number("Absolute upper-left Y:"))
			return image.Rectangle{at, at.Add(image.Pt(w, h))}
		}
	}
	return image.Rectangle{}
}

// waitWindow waits until the program's window is on the screen with something
// drawn in it.
func (d *Desktop) waitWindow() image.Rectangle {
	d.t.Helper()
	var place image.Rectangle
	if !tryFor(20*time.Second, func() bool {
		place = d.windowPlace()
		page := place // without the navigation, which has a ground of its own
		page.Min.X += place.Dx() / 4
		return !place.Empty() && len(textRows(d.picture(), page)) > 2
	}) {
		d.Screenshot("failed-window")
		d.t.Fatalf("got window at %v, want one with something in it", place)
	}
	return place
}

// waitNoWindow waits until the window is gone and its process too.
func (d *Desktop) waitNoWindow() {
	d.t.Helper()
	waitFor(d.t, 20*time.Second, "the window and its process to end", func() bool {
		return d.windowPlace().Empty() && len(d.processes("portreeve-windo")) == 0
	})
}

// processes are the desktop's processes of that name, as the kernel cuts it
// after 15 characters.
func (d *Desktop) processes(name string) []int {
	var found []int
	for _, pid := range marked(d.mark) {
		if processName(pid) == name {
			found = append(found, pid)
		}
	}
	return found
}

// waitStopButton waits until the window shows a listener's details, and returns
// the place of the first of their buttons, which is Stop.
func (d *Desktop) waitStopButton() image.Rectangle {
	d.t.Helper()
	var button image.Rectangle
	seen := func() bool {
		place := d.windowPlace()
		right := image.Rect(place.Min.X+place.Dx()*65/100, place.Min.Y, place.Max.X, place.Max.Y)
		// The same twice: a picture may be taken while the window is half drawn.
		before := button
		button = firstOfRow(d.picture(), right)
		return !button.Empty() && button == before
	}
	if tryFor(2*time.Second, seen) {
		return button
	}
	// GNOME under load may miss what a window draws right after it came up. It is
	// drawn again when the mouse comes.
	d.Screenshot("old-window")
	d.moveTo(middle(d.windowPlace()))
	if !tryFor(20*time.Second, seen) {
		d.Screenshot("failed-window")
		d.t.Fatal("got no row of buttons in the window, want one")
	}
	d.t.Log("the window showed an old picture until the mouse came")
	return button
}

// firstOfRow is the left one of the first boxes of one colour of which three or
// more stand side by side in area; empty where there are none. It looks at the lines
// of the boxes above their words, which have one colour from side to side.
func firstOfRow(picture image.Image, area image.Rectangle) image.Rectangle {
	const (
		narrowest = 25
		above     = 12 // from a box's upper edge to the middle of its words
	)
	area = area.Intersect(picture.Bounds())
	background := commonColour(picture, area)
	for y := area.Min.Y; y < area.Max.Y; y++ {
		var boxes []image.Rectangle
		var colour color.Color
		for x := area.Min.X; x < area.Max.X; {
			end := x + 1
			for end < area.Max.X && near(picture.At(end, y), picture.At(x, y), 0) {
				end++
			}
			switch c := picture.At(x, y); {
			case end-x < narrowest || near(c, background, 0):
			case len(boxes) == 0 || near(c, colour, 0):
				colour = c
				boxes = append(boxes, image.Rect(x, y, end, y+2*above))
			}
			x = end
		}
		if len(boxes) >= 3 {
			return boxes[0]
		}
	}
	return image.Rectangle{}
}

// stopByWindow opens the window by a notice's Details, which selects the
// listener, and stops it by the window's button and then by its key.
func stopByWindow(t *testing.T, d *Desktop) {
	needWindow(t)
	r := d.startResident()
	server := d.shop()
	d.clickNoticeButton(d.waitNotice(r.began, newServer).Title, "Details", "details")
	d.waitWindow()
	stop := d.waitStopButton()
	d.Screenshot("window")
	d.click(leftButton, middle(stop))
	waitFor(t, 20*time.Second, "the server to end", server.ended)
	d.waitFree()
	d.Screenshot("window-stopped")

	after := len(d.notices.list())
	server = d.shop()
	d.clickNoticeButton(d.waitNotice(after, newServer).Title, "Details", "details-again")
	// It stops nothing as long as the first server's row is the selected one.
	waitFor(t, 20*time.Second, "the server to end by the window's key", func() bool {
		d.key("Delete")
		return server.ended()
	})
	d.waitFree()
	if windows := d.processes("portreeve-windo"); len(windows) != 1 {
		t.Errorf("got processes %d of the window, want one", windows)
	}
	d.run("wmctrl", "-F", "-c", windowTitle)
	d.waitNoWindow()
}

// secondStart starts the program while it runs.
func secondStart(t *testing.T, d *Desktop) {
	needWindow(t)
	r := d.startResident()
	second := d.start(binary(residentBinary))
	waitFor(t, 20*time.Second, "the second start to end", second.ended)
	if code := second.code(); code != 0 {
		t.Errorf("got exit code %d of the second start, want 0", code)
	}
	if want := fmt.Sprintf("running already, as process %d", r.pid); !strings.Contains(second.said(), want) {
		t.Errorf("got words %q of the second start, want %q in them", second.said(), want)
	}
	d.waitWindow()
	third := d.start(binary(residentBinary))
	waitFor(t, 20*time.Second, "the third start to end", third.ended)
	if windows := d.processes("portreeve-windo"); len(windows) != 1 {
		t.Errorf("got processes %d of the window, want one", windows)
	}
	if r.ended() {
		t.Error("got the first start ended, want it to run")
	}
}
