//go:build e2e && linux

package e2e

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
)

// The mouse and keyboard are the X server's own, moved by its XTEST extension:
// programs can't tell them from a person's.

const (
	leftButton   = 1
	middleButton = 2
	rightButton  = 3
)

// moveTo glides to a point, across and then down or up. Toolkits ignore a
// pointer that jumps, and a slanted way into a submenu would pass other rows.
func (d *Desktop) moveTo(to image.Point) {
	d.t.Helper()
	const steps = 6
	from := d.pointer()
	var glide []string
	for i := 1; i <= steps; i++ {
		glide = append(glide, "mousemove", strconv.Itoa(from.X+(to.X-from.X)*i/steps), strconv.Itoa(from.Y))
	}
	for i := 1; i <= steps; i++ {
		glide = append(glide, "mousemove", strconv.Itoa(to.X), strconv.Itoa(from.Y+(to.Y-from.Y)*i/steps))
	}
	d.run("xdotool", glide...)
	d.nudge()
}

// nudge moves the mouse a little and back: a person's hand is never quite
// still, and Qt's menus need to see it.
func (d *Desktop) nudge() {
	d.t.Helper()
	d.run("xdotool", "mousemove_relative", "2", "1", "mousemove_relative", "--", "-2", "-1")
}

// pointer is where the mouse is.
func (d *Desktop) pointer() image.Point {
	d.t.Helper()
	var at image.Point
	answer := d.run("xdotool", "getmouselocation", "--shell")
	if _, err := fmt.Sscanf(answer, "X=%d\nY=%d", &at.X, &at.Y); err != nil {
		d.t.Fatalf("read the mouse's place from %q: %v", answer, err)
	}
	return at
}

// click moves the mouse to a point and clicks there.
func (d *Desktop) click(button int, at image.Point) {
	d.t.Helper()
	d.moveTo(at)
	d.run("xdotool", "click", strconv.Itoa(button))
}

// key presses and releases a key by its X name, as "Escape" or "ctrl+w".
func (d *Desktop) key(name string) {
	d.t.Helper()
	d.run("xdotool", "key", name)
}

// Screenshot keeps a picture of the whole screen under the desktop's kind and
// name, and returns it. A later one of the same name replaces it.
func (d *Desktop) Screenshot(name string) image.Image {
	d.t.Helper()
	folder := os.Getenv("E2E_SHOTS")
	if folder == "" {
		folder = "shots"
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		d.t.Fatalf("make folder for pictures: %v", err)
	}
	path, err := filepath.Abs(filepath.Join(folder, d.kind+"-"+name+".png"))
	if err != nil {
		d.t.Fatal(err)
	}
	return d.take(path)
}

// picture is the whole screen as it is now.
func (d *Desktop) picture() image.Image {
	d.t.Helper()
	return d.take(filepath.Join(d.root, "tmp", "screen.png"))
}

// take writes the screen to a file and reads it.
func (d *Desktop) take(path string) image.Image {
	d.t.Helper()
	d.run("import", "-window", "root", path)
	file, err := os.Open(path)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	picture, err := png.Decode(file)
	if err != nil {
		d.t.Fatalf("decode %s: %v", path, err)
	}
	return picture
}
