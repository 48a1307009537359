//go:build e2e && linux

package e2e

import (
	"fmt"
	"time"

	"github.com/godbus/dbus/v5"
)

// GTK and Qt tell a screen reader what they show and where, by AT-SPI, on a bus
// of its own. Here it finds the rows of menus and the buttons of notices; the
// mouse does the rest.
// https://gitlab.gnome.org/GNOME/at-spi2-core/-/tree/main/xml

const atspi = "org.a11y.atspi."

// atspiRef names an object: a connection and a path on it.
type atspiRef struct {
	Name string
	Path dbus.ObjectPath
}

// States are bits of GetState's two words: Atspi.StateType in atspi-constants.h.
const (
	stateSensitive = 24
	stateShowing   = 25
)

// startAccessibility starts the bus of AT-SPI and tells toolkits to use it.
func (d *Desktop) startAccessibility() {
	d.t.Helper()
	d.start("/usr/libexec/at-spi-bus-launcher", "--launch-immediately")
	d.waitName("org.a11y.Bus", 10*time.Second)
	status := d.bus.Object("org.a11y.Bus", "/org/a11y/bus")
	err := status.SetProperty("org.a11y.Status.IsEnabled", dbus.MakeVariant(true))
	if err != nil {
		d.t.Fatalf("enable accessibility: %v", err)
	}
}

// accessibilityBus connects to the bus of AT-SPI, once a desktop.
func (d *Desktop) accessibilityBus() (*dbus.Conn, error) {
	if d.reader != nil {
		return d.reader, nil
	}
	var address string
	err := d.bus.Object("org.a11y.Bus", "/org/a11y/bus").Call("org.a11y.Bus.GetAddress", 0).Store(&address)
	if err != nil {
		return nil, fmt.Errorf("find accessibility bus: %w", err)
	}
	reader, err := dbus.Connect(address)
	if err != nil {
		return nil, fmt.Errorf("connect to accessibility bus: %w", err)
	}
	d.t.Cleanup(func() { _ = reader.Close() })
	d.reader = reader
	return reader, nil
}

// accessible lists everything that toolkits say they show now, parents before
// children.
func (d *Desktop) accessible() ([]element, error) {
	reader, err := d.accessibilityBus()
	if err != nil {
		return nil, err
	}
	registry := atspiRef{"org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root"}
	var found []element
	for _, program := range atspiChildren(reader, registry) {
		owner := atspiName(reader, program)
		for _, top := range atspiChildren(reader, program) {
			found = atspiWalk(reader, top, owner, 0, found)
		}
	}
	return found, nil
}

// atspiWalk adds what is shown at and below ref to found. What is in something
// hidden is hidden too. Objects that vanish while it looks are left out.
func atspiWalk(reader *dbus.Conn, ref atspiRef, owner string, depth int, found []element) []element {
	if depth > 20 {
		return found
	}
	object := reader.Object(ref.Name, ref.Path)
	var role string
	var states []uint32
	if object.Call(atspi+"Accessible.GetRoleName", 0).Store(&role) != nil ||
		object.Call(atspi+"Accessible.GetState", 0).Store(&states) != nil || len(states) == 0 ||
		states[0]&(1<<stateShowing) == 0 {
		return found
	}
	var at struct{ X, Y, W, H int32 }
	const onScreen = uint32(0)
	_ = object.Call(atspi+"Component.GetExtents", 0, onScreen).Store(&at)
	found = append(found, element{
		Role: role, Name: atspiName(reader, ref), Owner: owner,
		X: int(at.X), Y: int(at.Y), W: int(at.W), H: int(at.H),
		Showing: states[0]&(1<<stateShowing) != 0, Enabled: states[0]&(1<<stateSensitive) != 0,
	})
	for _, below := range atspiChildren(reader, ref) {
		found = atspiWalk(reader, below, owner, depth+1, found)
	}
	return found
}

func atspiChildren(reader *dbus.Conn, ref atspiRef) []atspiRef {
	var refs []atspiRef
	_ = reader.Object(ref.Name, ref.Path).Call(atspi+"Accessible.GetChildren", 0).Store(&refs)
	return refs
}

func atspiName(reader *dbus.Conn, ref atspiRef) string {
	value, err := reader.Object(ref.Name, ref.Path).GetProperty(atspi + "Accessible.Name")
	if err != nil {
		return ""
	}
	name, _ := value.Value().(string)
	return name
}
