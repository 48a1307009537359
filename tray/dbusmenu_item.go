//go:build linux || freebsd || netbsd || openbsd

package tray

// One row of com.canonical.dbusmenu: what it is on the bus, and which of them
// keep their numbers when the menu changes.

import (
	"maps"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"
)

// menuItem is one row on the bus. It never changes once shown.
type menuItem struct {
	id       int32
	kind     itemKind
	row      Row // without its Rows
	children []*menuItem
}

// itemKind is what a host makes of a row. It belongs to a row's identity, since
// hosts don't turn one into another.
type itemKind int

const (
	plainItem itemKind = iota
	separatorItem
	submenuItem
)

// layoutNode is a row as GetLayout answers it: signature (ia{sv}av).
type layoutNode struct {
	ID         int32
	Properties map[string]dbus.Variant
	Children   []dbus.Variant
}

// itemProperties is a row's answer to GetGroupProperties, and a row's part of
// ItemsPropertiesUpdated: signature (ia{sv}).
type itemProperties struct {
	ID         int32
	Properties map[string]dbus.Variant
}

// same reports that two items are the same row.
func (it *menuItem) same(other *menuItem) bool {
	return it.kind == other.kind && it.row.Key == other.row.Key
}

// keep chooses which rows keep the number that they had: for each of now its
// item in before, or nil for a new number. Most that were there keep theirs.
//
// GNOME's AppIndicator extension goes through the new rows from the top: a
// number that it has not yet it inserts at that place of its menu, one that it
// has it should move there and doesn't (it moves the wrong object, version 42
// to 57 at least), and those that are gone it takes out at last. So rows are in
// their order only if each one that stays stands at its place already when its
// turn comes, or no insertion comes after it.
func keep(before, now []*menuItem) []*menuItem {
	place := make([]int, len(now)) // in before, -1 for new ones
	for i, it := range now {
		place[i] = slices.IndexFunc(before, it.same)
	}
	// The rows below the last insertion need not stand at their place, only in
	// the order that they had.
	tail := len(now)
	for tail > 0 && place[tail-1] >= 0 && (tail == len(now) || place[tail-1] < place[tail]) {
		tail--
	}
	kept := make([]*menuItem, len(now))
	shown := slices.Clone(before)
	for i, it := range now {
		switch {
		case i >= tail, i < len(shown) && place[i] >= 0 && shown[i] == before[place[i]]:
			kept[i] = before[place[i]]
		default:
			shown = slices.Insert(shown, min(i, len(shown)), it)
		}
	}
	return kept
}

// walk visits an item and all below it, parents first.
func walk(it *menuItem, visit func(*menuItem)) {
	visit(it)
	for _, child := range it.children {
		walk(child, visit)
	}
}

// sameStructure reports that two menus have the same rows at the same places.
func sameStructure(a, b *menuItem) bool {
	return a.id == b.id && slices.EqualFunc(a.children, b.children, sameStructure)
}

func node(it *menuItem, depth int32, names []string) layoutNode {
	n := layoutNode{ID: it.id, Properties: only(properties(it), names), Children: []dbus.Variant{}}
	if depth != 0 {
		for _, child := range it.children {
			n.Children = append(n.Children, dbus.MakeVariant(node(child, depth-1, names)))
		}
	}
	return n
}

// properties are an item's on the bus. A value that is the protocol's default
// is given too where it may change: some hosts keep the last one they heard.
func properties(it *menuItem) map[string]dbus.Variant {
	if it.kind == separatorItem {
		return map[string]dbus.Variant{"type": dbus.MakeVariant("separator")}
	}
	p := map[string]dbus.Variant{}
	if it.kind == submenuItem || it.id == rootID {
		p["children-display"] = dbus.MakeVariant("submenu")
	}
	if it.id != rootID {
		p["label"] = dbus.MakeVariant(busLabel(it.row.Label))
		p["enabled"] = dbus.MakeVariant(!it.row.Disabled)
	}
	return p
}

func only(p map[string]dbus.Variant, names []string) map[string]dbus.Variant {
	if len(names) > 0 {
		maps.DeleteFunc(p, func(name string, _ dbus.Variant) bool { return !slices.Contains(names, name) })
	}
	return p
}

// busLabel makes a label fit for the bus: a single "_" would underline the next
// letter, and text that is not UTF-8 or holds a NUL costs the whole connection.
func busLabel(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
	return strings.ReplaceAll(s, "_", "__")
}
