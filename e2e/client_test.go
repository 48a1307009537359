//go:build e2e && linux

package e2e

import (
	"bytes"
	"fmt"
	"image/color"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
)

// client is the smallest program with a tray icon, a menu and notices. It
// stands in for the real one where the harness is put to the test, and
// remembers in which order a tray host calls it.
type client struct {
	conn *dbus.Conn
	at   time.Time

	mu       sync.Mutex
	rows     []clientRow
	revision uint32
	last     time.Time // of the last call
	calls    []string  // what the host called, in order
	clicked  []int32
}

// clientRow is a row of the menu. Children stand one level deeper.
type clientRow struct {
	id       int32
	label    string // "" makes a separator
	children []clientRow
}

// clientMenu is the wire form of a row: (ia{sv}av).
type clientMenu struct {
	ID         int32
	Properties map[string]dbus.Variant
	Children   []dbus.Variant
}

const (
	clientItem = dbus.ObjectPath("/StatusNotifierItem")
	clientTree = dbus.ObjectPath("/MenuBar")
)

// filled is a square of one colour.
func filled(side int, c color.NRGBA) pixmap {
	return pixmap{int32(side), int32(side), bytes.Repeat([]byte{c.A, c.R, c.G, c.B}, side*side)}
}

// startClient puts the client on the desktop's tray.
func startClient(t testing.TB, d *Desktop, icon color.NRGBA, rows []clientRow) *client {
	t.Helper()
	conn, err := dbus.Connect(d.address)
	if err != nil {
		t.Fatalf("connect client: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	c := &client{conn: conn, at: time.Now(), rows: rows, revision: 1}
	for _, export := range []error{
		conn.Export(clientItemMethods{c}, clientItem, "org.kde.StatusNotifierItem"),
		conn.Export(clientMenuMethods{c}, clientTree, "com.canonical.dbusmenu"),
	} {
		if export != nil {
			t.Fatal(export)
		}
	}
	type tip struct {
		Icon        string
		Pixmaps     []pixmap
		Title, Text string
	}
	fixed := func(v any) *prop.Prop { return &prop.Prop{Value: v, Emit: prop.EmitTrue} }
	_, err = prop.Export(conn, clientItem, prop.Map{"org.kde.StatusNotifierItem": {
		"Category":   fixed("ApplicationStatus"),
		"Id":         fixed("e2e-client"),
		"Title":      fixed("client"),
		"Status":     fixed("Active"),
		"IconName":   fixed(""),
		"IconPixmap": fixed([]pixmap{filled(22, icon), filled(44, icon)}),
		"ItemIsMenu": fixed(false),
		"Menu":       fixed(clientTree),
		"ToolTip":    fixed(tip{"", []pixmap{}, "client", ""}),
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = prop.Export(conn, clientTree, prop.Map{"com.canonical.dbusmenu": {
		"Version":       fixed(uint32(3)),
		"Status":        fixed("normal"),
		"TextDirection": fixed("ltr"),
		"IconThemePath": fixed([]string{}),
	}})
	if err != nil {
		t.Fatal(err)
	}
	watcher := conn.Object(watcherName, "/StatusNotifierWatcher")
	if err := watcher.Call(watcherName+".RegisterStatusNotifierItem", 0, string(clientItem)).Err; err != nil {
		t.Fatalf("register client: %v", err)
	}
	return c
}

// note remembers a call.
func (c *client) note(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = time.Now()
	c.calls = append(c.calls, fmt.Sprintf("%6.3f ", time.Since(c.at).Seconds())+fmt.Sprintf(format, args...))
}

// takeCalls returns the calls since it was last asked.
func (c *client) takeCalls() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := strings.Join(c.calls, "\n")
	c.calls = nil
	return calls
}

// clicks is what was clicked so far, by id.
func (c *client) clicks() []int32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]int32(nil), c.clicked...)
}

// waitClick waits until the row clicked last is the one with that id.
func (c *client) waitClick(t testing.TB, id int32) {
	t.Helper()
	if !tryFor(20*time.Second, func() bool { clicks := c.clicks(); return len(clicks) > 0 && clicks[len(clicks)-1] == id }) {
		t.Fatalf("got clicks on rows %d, want the last on %d; the host called\n%s", c.clicks(), id, c.takeCalls())
	}
}

// settle waits until the tray host has read the menu to its end, which is when
// it asks nothing more for a while.
func (c *client) settle(t testing.TB) {
	t.Helper()
	const quiet = 300 * time.Millisecond
	waitFor(t, 20*time.Second, "the tray host to read the menu", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.calls) > 0 && time.Since(c.last) > quiet
	})
}

// setLabel changes a row in place, by the signal that carries properties alone.
func (c *client) setLabel(id int32, label string) error {
	type change struct {
		ID         int32
		Properties map[string]dbus.Variant
	}
	type removal struct {
		ID    int32
		Names []string
	}
	c.mu.Lock()
	rename(c.rows, id, label)
	c.mu.Unlock()
	return c.conn.Emit(clientTree, "com.canonical.dbusmenu.ItemsPropertiesUpdated",
		[]change{{id, map[string]dbus.Variant{"label": dbus.MakeVariant(label)}}}, []removal{})
}

func rename(rows []clientRow, id int32, label string) {
	for i := range rows {
		if rows[i].id == id {
			rows[i].label = label
		}
		rename(rows[i].children, id, label)
	}
}

// setRows replaces the rows and says so by LayoutUpdated.
func (c *client) setRows(rows []clientRow) error {
	c.mu.Lock()
	c.rows = rows
	c.revision++
	revision := c.revision
	c.mu.Unlock()
	return c.conn.Emit(clientTree, "com.canonical.dbusmenu.LayoutUpdated", revision, int32(0))
}

func rowProperties(row clientRow) map[string]dbus.Variant {
	switch {
	case row.id == 0:
		return map[string]dbus.Variant{"children-display": dbus.MakeVariant("submenu")}
	case row.label == "":
		return map[string]dbus.Variant{"type": dbus.MakeVariant("separator")}
	}
	properties := map[string]dbus.Variant{
		"label": dbus.MakeVariant(row.label), "enabled": dbus.MakeVariant(true), "visible": dbus.MakeVariant(true),
	}
	if len(row.children) > 0 {
		properties["children-display"] = dbus.MakeVariant("submenu")
	}
	return properties
}

func clientWire(row clientRow, depth int32) clientMenu {
	wire := clientMenu{row.id, rowProperties(row), []dbus.Variant{}}
	if depth != 0 {
		for _, child := range row.children {
			wire.Children = append(wire.Children, dbus.MakeVariant(clientWire(child, depth-1)))
		}
	}
	return wire
}

func findRow(row clientRow, id int32) (clientRow, bool) {
	if row.id == id {
		return row, true
	}
	for _, child := range row.children {
		if found, ok := findRow(child, id); ok {
			return found, true
		}
	}
	return clientRow{}, false
}

// clientItemMethods is org.kde.StatusNotifierItem.
type clientItemMethods struct{ c *client }

func (m clientItemMethods) Activate(x, y int32) *dbus.Error {
	m.c.note("Activate(%d, %d)", x, y)
	return nil
}

func (m clientItemMethods) ContextMenu(x, y int32) *dbus.Error {
	m.c.note("ContextMenu(%d, %d)", x, y)
	return nil
}

func (m clientItemMethods) SecondaryActivate(x, y int32) *dbus.Error {
	m.c.note("SecondaryActivate(%d, %d)", x, y)
	return nil
}

func (m clientItemMethods) Scroll(delta int32, orientation string) *dbus.Error {
	m.c.note("Scroll(%d, %s)", delta, orientation)
	return nil
}

// clientMenuMethods is com.canonical.dbusmenu.
type clientMenuMethods struct{ c *client }

func (m clientMenuMethods) root() clientRow { return clientRow{id: 0, children: m.c.rows} }

func (m clientMenuMethods) GetLayout(parent, depth int32, names []string) (uint32, clientMenu, *dbus.Error) {
	m.c.note("GetLayout(parent %d, depth %d, %q)", parent, depth, names)
	m.c.mu.Lock()
	defer m.c.mu.Unlock()
	row, found := findRow(m.root(), parent)
	if !found {
		return 0, clientMenu{}, dbus.MakeFailedError(fmt.Errorf("no row %d", parent))
	}
	return m.c.revision, clientWire(row, depth), nil
}

// clientGroup is one answer of GetGroupProperties: (ia{sv}).
type clientGroup struct {
	ID         int32
	Properties map[string]dbus.Variant
}

func (m clientMenuMethods) GetGroupProperties(ids []int32, names []string) ([]clientGroup, *dbus.Error) {
	m.c.note("GetGroupProperties(%d, %q)", ids, names)
	// godbus answers each call from a goroutine of its own. XFCE's panel asks
	// for the root's rows and for the children without waiting, and leaves a
	// submenu empty for good when its children are answered first.
	if !slices.Contains(ids, 0) {
		time.Sleep(30 * time.Millisecond)
	}
	m.c.mu.Lock()
	defer m.c.mu.Unlock()
	answers := []clientGroup{}
	for _, id := range ids {
		if row, found := findRow(m.root(), id); found {
			answers = append(answers, clientGroup{id, rowProperties(row)})
		}
	}
	return answers, nil
}

func (m clientMenuMethods) GetProperty(id int32, name string) (dbus.Variant, *dbus.Error) {
	m.c.note("GetProperty(%d, %s)", id, name)
	m.c.mu.Lock()
	defer m.c.mu.Unlock()
	row, _ := findRow(m.root(), id)
	return rowProperties(row)[name], nil
}

func (m clientMenuMethods) Event(id int32, event string, data dbus.Variant, at uint32) *dbus.Error {
	m.c.note("Event(%d, %s)", id, event)
	m.c.click(id, event)
	return nil
}

// clientEvent is one of EventGroup: (isvu).
type clientEvent struct {
	ID    int32
	Event string
	Data  dbus.Variant
	At    uint32
}

func (m clientMenuMethods) EventGroup(events []clientEvent) ([]int32, *dbus.Error) {
	var told []string
	for _, e := range events {
		told = append(told, fmt.Sprintf("%d %s", e.ID, e.Event))
		m.c.click(e.ID, e.Event)
	}
	m.c.note("EventGroup(%s)", strings.Join(told, ", "))
	return []int32{}, nil
}

func (m clientMenuMethods) AboutToShow(id int32) (bool, *dbus.Error) {
	m.c.note("AboutToShow(%d)", id)
	return false, nil
}

func (m clientMenuMethods) AboutToShowGroup(ids []int32) ([]int32, []int32, *dbus.Error) {
	m.c.note("AboutToShowGroup(%d)", ids)
	return []int32{}, []int32{}, nil
}

func (c *client) click(id int32, event string) {
	if event == "clicked" {
		c.mu.Lock()
		c.clicked = append(c.clicked, id)
		c.mu.Unlock()
	}
}
