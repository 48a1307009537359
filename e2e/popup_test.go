//go:build e2e && linux

package e2e

import (
	"image"
	"image/color"
	"regexp"
	"strconv"
	"strings"
)

// The panels of XFCE and LXQt don't tell a screen reader about tray menus. A
// menu is a window of its own there, so the X server knows where it is, and
// a picture of it shows the rows.

// windowLine is a line of xwininfo -tree: id, then size and place on the
// screen at its end.
var windowLine = regexp.MustCompile(`^\s+(0x[0-9a-f]+) .*?(\d+)x(\d+)\+-?\d+\+-?\d+\s+\+(-?\d+)\+(-?\d+)$`)

// popups are the menus that are on the screen now, the one opened last first.
// The window manager doesn't handle them; their type tells them from notices.
func (d *Desktop) popups() []image.Rectangle {
	d.t.Helper()
	var found []image.Rectangle
	for line := range strings.SplitSeq(d.run("xwininfo", "-root", "-children"), "\n") {
		match := windowLine.FindStringSubmatch(line)
		if match == nil {
			continue
		}
		var n [4]int
		for i := range n {
			n[i], _ = strconv.Atoi(match[i+2])
		}
		if n[0] < 40 || n[1] < 20 {
			continue
		}
		// A window may go between the two questions.
		about, err := d.command("xwininfo", "-id", match[1], "-stats", "-wm").Output()
		if err != nil || !strings.Contains(string(about), "Map State: IsViewable") ||
			!strings.Contains(string(about), "Override Redirect State: yes") ||
			!strings.Contains(string(about), "Menu") {
			continue
		}
		found = append(found, image.Rect(n[2], n[3], n[2]+n[0], n[3]+n[1]))
	}
	return found
}

// textRows finds the rows of a menu within area of a picture, from the top:
// bands of lines with something drawn on them between lines of background.
// Separators, which are thin, are left out. A highlighted row is a band too.
func textRows(picture image.Image, area image.Rectangle) []image.Rectangle {
	const (
		border  = 4 // of the menu itself, left out
		thinned = 5 // lower bands are separators
	)
	inner := area.Inset(border).Intersect(picture.Bounds())
	background := commonColour(picture, inner)
	var rows []image.Rectangle
	for y, top := inner.Min.Y, -1; y <= inner.Max.Y; y++ {
		drawn := y < inner.Max.Y && !plainLine(picture, inner, y, background)
		switch {
		case drawn && top < 0:
			top = y
		case !drawn && top >= 0:
			if y-top >= thinned {
				rows = append(rows, image.Rect(inner.Min.X, top, inner.Max.X, y))
			}
			top = -1
		}
	}
	return rows
}

// plainLine reports whether a line of area is background from end to end.
func plainLine(picture image.Image, area image.Rectangle, y int, background color.Color) bool {
	for x := area.Min.X; x < area.Max.X; x++ {
		if !near(picture.At(x, y), background, 12) {
			return false
		}
	}
	return true
}

// commonColour is the colour that covers most of an area.
func commonColour(picture image.Image, area image.Rectangle) color.Color {
	count := make(map[color.Color]int)
	var most color.Color = color.Black
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			c := color.NRGBAModel.Convert(picture.At(x, y))
			if count[c]++; count[c] > count[most] {
				most = c
			}
		}
	}
	return most
}

// near reports whether two colours differ by at most tolerance of 255 in each
// of red, green and blue.
func near(a, b color.Color, tolerance int) bool {
	p, q := color.NRGBAModel.Convert(a).(color.NRGBA), color.NRGBAModel.Convert(b).(color.NRGBA)
	differs := func(x, y uint8) bool { return max(int(x)-int(y), int(y)-int(x)) > tolerance }
	return !differs(p.R, q.R) && !differs(p.G, q.G) && !differs(p.B, q.B)
}

// blob is the smallest rectangle around all the pixels of area that are near a
// colour; empty where there are none.
func blob(picture image.Image, area image.Rectangle, c color.Color) image.Rectangle {
	var around image.Rectangle
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			if near(picture.At(x, y), c, 20) {
				around = around.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return around
}

// middle is the point in the middle of a rectangle.
func middle(r image.Rectangle) image.Point { return r.Min.Add(r.Max).Div(2) }
