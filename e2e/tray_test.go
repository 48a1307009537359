//go:build e2e && linux

package e2e

import (
	"fmt"
	"image"
	"image/color"
	"strings"
	"time"
)

// Where things are on the tray, and clicks on them. The desktops expect one
// icon there, the one under test.

// xfceTray is the place of the tray in XFCE's panel, the last plugin there.
func xfceTray(shown []element) image.Rectangle {
	var last image.Rectangle
	for _, e := range shown {
		if e.Owner == "xfce4-panel" && e.Role == "panel" {
			last = e.rect()
		}
	}
	return last
}

// lxqtTray is the place of the icon in LXQt's panel, the only button there.
func lxqtTray(shown []element) image.Rectangle {
	for _, e := range shown {
		if e.Owner == "lxqt-panel" && e.Role == "push button" {
			return e.rect()
		}
	}
	return image.Rectangle{}
}

// gnomeTray is the place of the icon in GNOME's top bar, the only menu on its
// right side but the system's. Its name is words that change.
func gnomeTray(shown []element) image.Rectangle {
	for _, e := range shown {
		if e.Role == "menu" && e.X > middle(screen).X && e.Y < 10 && e.Name != "System" {
			return e.rect()
		}
	}
	return image.Rectangle{}
}

// shown is what elements answers, without what isn't on the screen.
func (d *Desktop) shown() []element {
	d.t.Helper()
	all, err := d.elements()
	if err != nil {
		d.t.Fatal(err)
	}
	var shown []element
	for _, e := range all {
		if e.Showing && e.W > 0 && e.H > 0 {
			shown = append(shown, e)
		}
	}
	return shown
}

// waitIcon waits until the item's own picture is seen on the tray, and returns
// its place.
func (d *Desktop) waitIcon(item trayItem) image.Rectangle {
	d.t.Helper()
	var place image.Rectangle
	var covered int
	if !tryFor(15*time.Second, func() bool {
		place = d.trayPlace(d.shown())
		sizes, err := item.icon()
		if err != nil || place.Empty() {
			return false
		}
		covered = iconCover(d.picture(), place, sizes)
		return covered > 30
	}) {
		d.Screenshot("failed-icon")
		d.t.Fatalf("got place %v of the icon with %d pixels in its main colour, want more than 30", place, covered)
	}
	return place
}

// iconCover counts the pixels of area in the commonest opaque colour of an
// icon. It is 0 where that can't be told from the panel behind it.
func iconCover(picture image.Image, area image.Rectangle, sizes []pixmap) int {
	count := make(map[color.NRGBA]int)
	var main color.NRGBA
	for _, size := range sizes {
		for i := 0; i+3 < len(size.Data); i += 4 {
			if c := (color.NRGBA{size.Data[i+1], size.Data[i+2], size.Data[i+3], size.Data[i]}); c.A == 255 {
				if count[c]++; count[c] > count[main] {
					main = c
				}
			}
		}
	}
	if len(count) == 0 || near(commonColour(picture, strip(picture, area)), main, 20) {
		return 0
	}
	covered := 0
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			if near(picture.At(x, y), main, 20) {
				covered++
			}
		}
	}
	return covered
}

// strip is the part of the screen at the height of area, which is the panel.
func strip(picture image.Image, area image.Rectangle) image.Rectangle {
	return image.Rect(picture.Bounds().Min.X, area.Min.Y, picture.Bounds().Max.X, area.Max.Y)
}

// openMenu opens the item's menu with the mouse and waits until all its rows
// are drawn. As a person does, it clicks again where nothing comes of a click:
// GNOME may still have had the icon of the life before, which is as like it as
// can be, or have lost this one and got it again.
func (d *Desktop) openMenu(item trayItem) {
	d.t.Helper()
	const clicks = 3
	for click := 1; ; click++ {
		d.click(rightButton, middle(d.waitIcon(item)))
		if click == clicks || tryFor(6*time.Second, func() bool { ok, _, _ := d.rowsDrawn(item); return ok }) {
			break
		}
	}
	d.waitRows(item)
	if d.kind != "gnome" {
		// XFCE draws the icon's tooltip over the menu when its words change and
		// the mouse is still on the icon.
		d.moveTo(middle(d.popupRows(0)[0]))
	}
}

// waitRows waits until the rows of the submenu that path leads to are drawn,
// of the menu itself without a path.
func (d *Desktop) waitRows(item trayItem, path ...string) {
	d.t.Helper()
	var rows []image.Rectangle
	var want []menuRow
	if !tryFor(20*time.Second, func() (ok bool) {
		ok, rows, want = d.rowsDrawn(item, path...)
		return ok
	}) {
		d.Screenshot("failed-menu")
		if v, err := d.bus.Object(watcherName, "/StatusNotifierWatcher").GetProperty(watcherName + ".RegisteredStatusNotifierItems"); err == nil {
			d.t.Logf("the tray host knows the items %v", v)
		}
		d.t.Fatalf("menu %q: got %d rows on the screen, want %d: %v", path, len(rows), len(want), want)
	}
}

// rowsDrawn reports whether all the rows are drawn, with those that are (but in
// GNOME) and those that should be.
func (d *Desktop) rowsDrawn(item trayItem, path ...string) (ok bool, rows []image.Rectangle, want []menuRow) {
	d.t.Helper()
	menu, err := item.menu()
	if err != nil {
		return false, nil, nil
	}
	for _, label := range path {
		menu, _ = menu.find(label)
	}
	want = menu.shown()
	if d.kind == "gnome" {
		return len(want) > 0 && !d.gnomeRow(want[len(want)-1].Label).Empty(), nil, want
	}
	rows = d.popupRows(len(path))
	return len(want) > 0 && len(rows) == len(want), rows, want
}

// rowPlace is where the row is that path leads to, one label for each level.
// The menus on the way must be open.
func (d *Desktop) rowPlace(item trayItem, path ...string) image.Rectangle {
	d.t.Helper()
	place, err := d.findRow(item, path...)
	if err != nil {
		d.Screenshot("failed-row")
		d.t.Fatal(err)
	}
	return place
}

func (d *Desktop) findRow(item trayItem, path ...string) (image.Rectangle, error) {
	menu, err := item.menu()
	if err != nil {
		return image.Rectangle{}, err
	}
	level := len(path) - 1
	for _, label := range path[:level] {
		menu, _ = menu.find(label)
	}
	for i, row := range menu.shown() {
		if !strings.Contains(row.Label, path[level]) {
			continue
		}
		if d.kind == "gnome" {
			if place := d.gnomeRow(row.Label); !place.Empty() {
				return place, nil
			}
			break
		}
		rows := d.popupRows(level)
		if len(rows) == len(menu.shown()) {
			return rows[i], nil
		}
		return image.Rectangle{}, fmt.Errorf("find row %q: got %d rows on the screen, want %d", path, len(rows), len(menu.shown()))
	}
	return image.Rectangle{}, fmt.Errorf("find row %q: not shown in\n%s", path, menu.outline())
}

// popupRows are the rows of the open menu of that level, 0 for the first.
func (d *Desktop) popupRows(level int) []image.Rectangle {
	d.t.Helper()
	menus := d.popups()
	if len(menus) <= level {
		return nil
	}
	return textRows(d.picture(), menus[len(menus)-1-level])
}

// gnomeRow is the place of the menu row with these words, empty where no such
// row is shown.
func (d *Desktop) gnomeRow(label string) image.Rectangle {
	d.t.Helper()
	var row image.Rectangle
	for _, e := range d.shown() {
		switch {
		case e.Role == "menu item":
			row = e.rect()
		case e.Name == label && e.rect().In(row):
			return row
		}
	}
	return image.Rectangle{}
}

// openSubmenu opens the submenu that path leads to, as a person does there: by
// a click in GNOME, by resting on the row elsewhere.
func (d *Desktop) openSubmenu(item trayItem, path ...string) {
	d.t.Helper()
	row := middle(d.rowPlace(item, path...))
	if d.kind == "gnome" {
		d.click(leftButton, row)
	} else {
		d.moveTo(row)
		// Under load a menu may miss the pointer's arrival while it is drawn.
		for range 5 {
			if tryFor(time.Second, func() bool { return len(d.popups()) > len(path) }) {
				break
			}
			d.nudge()
		}
	}
	d.waitRows(item, path...)
}

// clickRow clicks the row that path leads to.
func (d *Desktop) clickRow(item trayItem, path ...string) {
	d.t.Helper()
	d.click(leftButton, middle(d.rowPlace(item, path...)))
}

// menuOpen reports whether any menu is open on the screen.
func (d *Desktop) menuOpen() bool {
	d.t.Helper()
	if d.kind != "gnome" {
		return len(d.popups()) > 0
	}
	for _, e := range d.shown() {
		if e.Role == "menu item" {
			return true
		}
	}
	return false
}

// closeMenu leaves the menu by the keyboard and waits until it has gone.
func (d *Desktop) closeMenu() {
	d.t.Helper()
	waitFor(d.t, 20*time.Second, "the menu to close", func() bool {
		if !d.menuOpen() {
			return true
		}
		d.key("Escape")
		return false
	})
}
