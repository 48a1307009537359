//go:build linux || freebsd || netbsd || openbsd

package tray

// The methods and signals of com.canonical.dbusmenu, over a busMenu.

import (
	"slices"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	menuPath      = dbus.ObjectPath("/StatusNotifierItem/menu")
	menuInterface = "com.canonical.dbusmenu"
	// menuVersion is the protocol's: from 3 on hosts use the group calls
	// (libdbusmenu, DBUSMENU_VERSION_NUMBER).
	menuVersion = uint32(3)
)

// menuEvent is one event of EventGroup: signature (isvu).
type menuEvent struct {
	ID   int32
	Name string
	Data dbus.Variant
	Time uint32
}

// exportMenu puts the menu on a connection. Each call of a host runs in a
// goroutine of the library's, so two that come together may change places: only
// the answers that lay the menu out keep to their turns.
func (h *Host) exportMenu(conn *dbus.Conn, turns *turns) error {
	m := h.menu
	unknown := func() *dbus.Error {
		return dbus.NewError("org.freedesktop.DBus.Error.InvalidArgs", []any{"no such row"})
	}
	return exportObject(conn, menuPath, menuInterface, map[string]any{
		"GetLayout": func(call dbus.Message, parent, depth int32, names []string) (uint32, layoutNode, *dbus.Error) {
			turns.wait(call)
			revision, layout, ok := m.layout(parent, depth, names)
			if !ok {
				return 0, layoutNode{}, unknown()
			}
			return revision, layout, nil
		},
		"GetGroupProperties": func(call dbus.Message, ids []int32, names []string) ([]itemProperties, *dbus.Error) {
			turns.wait(call)
			return m.groupProperties(ids, names), nil
		},
		"GetProperty": func(id int32, name string) (dbus.Variant, *dbus.Error) {
			for _, p := range m.groupProperties([]int32{id}, []string{name}) {
				if v, ok := p.Properties[name]; ok {
					return v, nil
				}
			}
			return dbus.Variant{}, unknown()
		},
		"AboutToShow": func(id int32) (bool, *dbus.Error) {
			return id == rootID && h.aboutToShow(conn), nil
		},
		// Xfce asks so when the menu is on the screen already, and fetches nothing
		// whatever the answer.
		"AboutToShowGroup": func(ids []int32) ([]int32, []int32, *dbus.Error) {
			if slices.Contains(ids, rootID) {
				h.alreadyShown(conn)
			}
			return []int32{}, []int32{}, nil
		},
		"Event": func(id int32, name string, _ dbus.Variant, _ uint32) *dbus.Error {
			h.menuEvent(id, name)
			return nil
		},
		"EventGroup": func(events []menuEvent) ([]int32, *dbus.Error) {
			for _, e := range events {
				h.menuEvent(e.ID, e.Name)
			}
			return []int32{}, nil
		},
	}, func() map[string]dbus.Variant {
		return map[string]dbus.Variant{
			"Version":       dbus.MakeVariant(menuVersion),
			"TextDirection": dbus.MakeVariant("ltr"),
			"Status":        dbus.MakeVariant("normal"),
			"IconThemePath": dbus.MakeVariant([]string{}),
		}
	})
}

// menuEvent takes an event of a host's. Submenus that open and close are no
// concern: the hold covers them.
func (h *Host) menuEvent(id int32, name string) {
	now := time.Now()
	var seen []string
	switch {
	case name == "opened" && id == rootID:
		h.menu.open(now)
	case name == "closed" && id == rootID:
		seen = h.menu.shut(now)
	case name == "clicked":
		g, keys, ok := h.menu.click(id, now)
		if !ok {
			return
		}
		h.tell(g)
		seen = keys
	default:
		return
	}
	h.tellLooked(seen)
	h.poke()
}

// aboutToShow lays the newest rows out and reports whether the host must fetch
// them.
func (h *Host) aboutToShow(conn *dbus.Conn) bool {
	h.wire.Lock()
	change, seen := h.menu.aboutToShow(time.Now())
	h.emitWords(conn, change)
	h.wire.Unlock()
	h.tellLooked(seen)
	h.poke()
	return change.structure
}

// alreadyShown takes in that a menu without any closing to be told was opened.
func (h *Host) alreadyShown(conn *dbus.Conn) {
	h.wire.Lock()
	change, seen := h.menu.alreadyShown(time.Now())
	h.emitWords(conn, change)
	h.emitLayout(conn, change)
	h.wire.Unlock()
	h.tellLooked(seen)
	h.poke()
}

// stepMenu does what is due and returns when to come again.
func (h *Host) stepMenu(conn *dbus.Conn) time.Duration {
	h.wire.Lock()
	change, seen, next := h.menu.step(time.Now())
	h.emitWords(conn, change)
	h.emitLayout(conn, change)
	h.wire.Unlock()
	h.tellLooked(seen)
	return next
}

// emitLayout tells that rows came, went or moved.
func (h *Host) emitLayout(conn *dbus.Conn, change menuChange) {
	if change.structure {
		h.emit(conn, menuPath, menuInterface+".LayoutUpdated", change.revision, int32(rootID))
	}
}

// emitWords tells rows whose words changed where they stand.
func (h *Host) emitWords(conn *dbus.Conn, change menuChange) {
	if len(change.words) == 0 {
		return
	}
	// The second list names properties that are back at their default: none.
	removed := []struct {
		ID    int32
		Names []string
	}{}
	h.emit(conn, menuPath, menuInterface+".ItemsPropertiesUpdated", change.words, removed)
}
