//go:build e2e && linux

package e2e

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// trayItem is a program's icon on the tray, asked as a tray host asks it.
type trayItem struct {
	bus  *dbus.Conn
	name string // the program's bus name
	path dbus.ObjectPath
}

// menuRow is a row of a tray menu as the program describes it. The root is a
// row without words.
type menuRow struct {
	ID        int32
	Label     string // without mnemonic underscores
	Separator bool
	Disabled  bool
	Hidden    bool
	Checked   bool
	Rows      []menuRow
}

// pixmap is one size of an icon as StatusNotifierItem carries it: ARGB, most
// significant byte first.
type pixmap struct {
	W, H int32
	Data []byte
}

// items are all that is registered with the tray now.
func (d *Desktop) items() []trayItem {
	value, err := d.bus.Object(watcherName, "/StatusNotifierWatcher").GetProperty(watcherName + ".RegisteredStatusNotifierItems")
	if err != nil {
		return nil
	}
	registered, _ := value.Value().([]string)
	var items []trayItem
	for _, address := range registered {
		name, path, found := strings.Cut(address, "/")
		if !found {
			path = "StatusNotifierItem"
		}
		// GNOME's extension puts "@" between name and path.
		items = append(items, trayItem{d.bus, strings.TrimSuffix(name, "@"), dbus.ObjectPath("/" + path)})
	}
	return items
}

// waitItem waits for the tray item of the program with process id pid.
func (d *Desktop) waitItem(pid int) trayItem {
	d.t.Helper()
	var item trayItem
	waitFor(d.t, 15*time.Second, fmt.Sprintf("tray item of process %d", pid), func() bool {
		for _, item = range d.items() {
			var owner uint32
			err := d.bus.BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, item.name).Store(&owner)
			if err == nil && int(owner) == pid {
				return true
			}
		}
		return false
	})
	return item
}

// property reads a property of the item into value.
func (i trayItem) property(name string, value any) error {
	return i.bus.Object(i.name, i.path).StoreProperty("org.kde.StatusNotifierItem."+name, value)
}

// icon is the item's picture in all the sizes that it has.
func (i trayItem) icon() ([]pixmap, error) {
	var sizes []pixmap
	err := i.property("IconPixmap", &sizes)
	return sizes, err
}

// menu reads the whole menu.
func (i trayItem) menu() (menuRow, error) {
	var path dbus.ObjectPath
	if err := i.property("Menu", &path); err != nil {
		return menuRow{}, fmt.Errorf("find menu: %w", err)
	}
	var revision uint32
	var wire wireRow
	err := i.bus.Object(i.name, path).Call("com.canonical.dbusmenu.GetLayout", 0, int32(0), int32(-1), []string{}).
		Store(&revision, &wire)
	if err != nil {
		return menuRow{}, fmt.Errorf("read menu: %w", err)
	}
	return wire.row()
}

// wireRow is a row in GetLayout's answer: (ia{sv}av).
type wireRow struct {
	ID         int32
	Properties map[string]dbus.Variant
	Children   []dbus.Variant
}

func (w wireRow) row() (menuRow, error) {
	text := func(name string) string { s, _ := w.Properties[name].Value().(string); return s }
	is := func(name string, unset bool) bool {
		if v, found := w.Properties[name].Value().(bool); found {
			return v
		}
		return unset
	}
	state, _ := w.Properties["toggle-state"].Value().(int32)
	row := menuRow{
		ID: w.ID, Label: plainLabel(text("label")), Separator: text("type") == "separator",
		Disabled: !is("enabled", true), Hidden: !is("visible", true), Checked: state == 1,
	}
	for _, child := range w.Children {
		var below wireRow
		if err := dbus.Store([]any{child.Value()}, &below); err != nil {
			return row, errors.Join(errors.New("read menu row"), err)
		}
		next, err := below.row()
		if err != nil {
			return row, err
		}
		row.Rows = append(row.Rows, next)
	}
	return row, nil
}

// plainLabel takes out the underscores that mark mnemonics; a doubled one
// stands for itself.
func plainLabel(label string) string {
	const doubled = "\x00"
	label = strings.ReplaceAll(label, "__", doubled)
	return strings.ReplaceAll(strings.ReplaceAll(label, "_", ""), doubled, "_")
}

// shown are the rows that a person sees, separators left out.
func (r menuRow) shown() []menuRow {
	var rows []menuRow
	for _, row := range r.Rows {
		if !row.Hidden && !row.Separator {
			rows = append(rows, row)
		}
	}
	return rows
}

// find is the first row whose words contain label, looked for in depth.
func (r menuRow) find(label string) (menuRow, bool) {
	for _, row := range r.Rows {
		if !row.Hidden && strings.Contains(row.Label, label) {
			return row, true
		}
		if found, ok := row.find(label); ok {
			return found, true
		}
	}
	return menuRow{}, false
}

// outline is the menu as text, a row a line, for failures and logs.
func (r menuRow) outline() string {
	var text strings.Builder
	var write func(rows []menuRow, indent string)
	write = func(rows []menuRow, indent string) {
		for _, row := range rows {
			switch {
			case row.Hidden:
				continue
			case row.Separator:
				fmt.Fprintf(&text, "%s---\n", indent)
			default:
				fmt.Fprintf(&text, "%s%s", indent, row.Label)
				if row.Disabled {
					text.WriteString(" (disabled)")
				}
				text.WriteByte('\n')
			}
			write(row.Rows, indent+"    ")
		}
	}
	write(r.Rows, "")
	return text.String()
}

// waitMenuRow waits until the menu has a row whose words contain label.
func (d *Desktop) waitMenuRow(item trayItem, label string) menuRow {
	d.t.Helper()
	var row, whole menuRow
	var err error
	if !tryFor(20*time.Second, func() bool {
		if whole, err = item.menu(); err != nil {
			return false
		}
		var found bool
		row, found = whole.find(label)
		return found
	}) {
		d.t.Fatalf("got menu (%v)\n%swant a row %q", err, whole.outline(), label)
	}
	return row
}
