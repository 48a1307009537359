package supervisor

// A connection to one service manager over D-Bus: its private socket where
// there is one, else the bus. Nothing is ever started for it.

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"portreeve/monitor/process"
)

const (
	systemdName = "org.freedesktop.systemd1"
	systemdPath = "/org/freedesktop/systemd1"
	// callTime is the most that one call may take. Managers answer within a few
	// milliseconds.
	callTime = 2 * time.Second
)

var errNoUnit = errors.New("no such unit")

// managerID says which manager: the system's (the zero value) or a user's.
type managerID struct {
	user bool
	uid  uint32
}

// manager is a connection. One goroutine at a time.
type manager struct {
	of   managerID
	conn *dbus.Conn
	sock net.Conn
}

// dialManager fails where no socket of the manager answers.
func (s *search) dialManager(ctx context.Context, of managerID) (*manager, error) {
	var err error
	for _, a := range s.managerSockets(of) {
		var m *manager
		var one error
		if m, one = dialSystemd(ctx, a); one == nil {
			m.of = of
			return m, nil
		}
		// What is there and refuses says more than what is not there.
		if err == nil || !errors.Is(one, os.ErrNotExist) {
			err = one
		}
	}
	if errors.Is(err, os.ErrPermission) {
		err = fmt.Errorf("%w: %w", process.ErrDenied, err)
	}
	return nil, fmt.Errorf("ask systemd: %w", err)
}

// busSocket is where a manager can be spoken to. A bus wants a greeting.
type busSocket struct {
	path string
	bus  bool
}

// managerSockets gives the sockets of a manager in the order of preference.
func (s *search) managerSockets(of managerID) []busSocket {
	if !of.user {
		all := []busSocket{}
		if s.uid == 0 {
			all = append(all, busSocket{path: "/run/systemd/private"})
		}
		for _, path := range unixPaths(s.getenv("DBUS_SYSTEM_BUS_ADDRESS")) {
			all = append(all, busSocket{path, true})
		}
		return append(all, busSocket{"/run/dbus/system_bus_socket", true})
	}
	dir := fmt.Sprintf("/run/user/%d", of.uid)
	if of.uid != s.uid {
		// A bus lets in its own user only, the private socket root too.
		return []busSocket{{path: dir + "/systemd/private"}}
	}
	if own := s.getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(own) {
		dir = own
	}
	all := []busSocket{{path: dir + "/systemd/private"}}
	for _, path := range unixPaths(s.getenv("DBUS_SESSION_BUS_ADDRESS")) {
		all = append(all, busSocket{path, true})
	}
	return append(all, busSocket{dir + "/bus", true})
}

// unixPaths reads the Unix sockets out of a D-Bus address (D-Bus
// Specification, Server Addresses). Others, autolaunch: above all, are left
// out.
func unixPaths(address string) []string {
	var paths []string
	for one := range strings.SplitSeq(address, ";") {
		rest, ok := strings.CutPrefix(one, "unix:")
		if !ok {
			continue
		}
		for pair := range strings.SplitSeq(rest, ",") {
			key, value, _ := strings.Cut(pair, "=")
			value, err := url.PathUnescape(value)
			switch {
			case err != nil || value == "":
			case key == "path":
				paths = append(paths, value)
			case key == "abstract":
				paths = append(paths, "@"+value)
			}
		}
	}
	return paths
}

func dialSystemd(ctx context.Context, at busSocket) (*manager, error) {
	d := net.Dialer{Timeout: callTime}
	sock, err := d.DialContext(ctx, "unix", at.path)
	if err != nil {
		return nil, err
	}
	// The greeting knows no time-out of its own.
	sock.SetReadDeadline(time.Now().Add(callTime))
	release := context.AfterFunc(ctx, func() { sock.Close() })
	defer release()
	conn, err := dbus.NewConn(patient{sock})
	if err != nil {
		sock.Close()
		return nil, err
	}
	m := &manager{conn: conn, sock: sock}
	if err := conn.Auth(nil); err != nil {
		m.close()
		return nil, err
	}
	greet := m.wake
	if at.bus {
		greet = func(context.Context) error { return conn.Hello() }
	}
	if err := greet(ctx); err != nil {
		m.close()
		return nil, err
	}
	sock.SetReadDeadline(time.Time{})
	return m, nil
}

// wake makes sure that the manager listens to a private connection. It leaves a
// first message lying that reached it together with the end of the
// authentication (seen in systemd 252, again and again), until the next
// one arrives: so it is asked again until it answers.
func (m *manager) wake(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	const tries = 50
	answers := make(chan *dbus.Call, tries)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for range tries {
		m.conn.Object(systemdName, systemdPath).GoWithContext(ctx, "org.freedesktop.DBus.Peer.Ping", 0, answers)
		select {
		case a := <-answers:
			return a.Err
		case <-again.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return context.DeadlineExceeded
}

// close ends the connection and its goroutines, whatever the other side does.
func (m *manager) close() {
	m.sock.Close() // first: the library's Close waits for a write under way
	m.conn.Close()
}

// patient bounds every write, for which the library knows no time-out.
type patient struct{ net.Conn }

func (p patient) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(callTime)); err != nil {
		return 0, err
	}
	return p.Conn.Write(b)
}

func (m *manager) call(ctx context.Context, path dbus.ObjectPath, method string, args []any, into ...any) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	call := m.conn.Object(systemdName, path).CallWithContext(ctx, method, 0, args...)
	if call.Err != nil {
		return busError(call.Err)
	}
	return call.Store(into...)
}

// busError turns the names of errors into sentinels.
func busError(err error) error {
	var e dbus.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Name {
	case systemdName + ".NoSuchUnit", systemdName + ".NoUnitForPID", "org.freedesktop.DBus.Error.UnknownObject":
		return errNoUnit
	case "org.freedesktop.DBus.Error.AccessDenied", "org.freedesktop.DBus.Error.AuthFailed", "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired":
		return fmt.Errorf("%w: %s", process.ErrDenied, e.Name)
	}
	return fmt.Errorf("%s: %s", e.Name, quoted(e.Error()))
}

// byPID names the unit that a process runs in, empty for none. The manager
// goes by its own cgroups, so a folder that a program made in them can't pass
// for a unit.
func (m *manager) byPID(ctx context.Context, pid int32) (string, error) {
	var path dbus.ObjectPath
	err := m.call(ctx, systemdPath, systemdName+".Manager.GetUnitByPID", []any{uint32(pid)}, &path)
	if errors.Is(err, errNoUnit) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	props, err := m.properties(ctx, path, "Unit")
	if err != nil {
		return "", err
	}
	name := text(props, "Id")
	if !validUnit(name) {
		return "", fmt.Errorf("unit %s: not a unit's name", quoted(name))
	}
	return name, nil
}

func (m *manager) unit(ctx context.Context, name string) (dbus.ObjectPath, error) {
	if !validUnit(name) {
		return "", fmt.Errorf("unit %s: not a unit's name", quoted(name))
	}
	var path dbus.ObjectPath
	err := m.call(ctx, systemdPath, systemdName+".Manager.GetUnit", []any{name}, &path)
	if err != nil {
		return "", fmt.Errorf("unit %s: %w", name, err)
	}
	return path, nil
}

// properties gives the properties of one of a unit's interfaces: Unit, Service
// or Socket.
func (m *manager) properties(ctx context.Context, unit dbus.ObjectPath, of string) (map[string]dbus.Variant, error) {
	var props map[string]dbus.Variant
	err := m.call(ctx, unit, "org.freedesktop.DBus.Properties.GetAll", []any{systemdName + "." + of}, &props)
	return props, err
}

// service reads what decides about a service. Of the units that start it only
// those that are active count.
func (m *manager) service(ctx context.Context, name string) (service, error) {
	path, err := m.unit(ctx, name)
	if err != nil {
		return service{}, err
	}
	unit, err := m.properties(ctx, path, "Unit")
	if err != nil {
		return service{}, err
	}
	props, err := m.properties(ctx, path, "Service")
	if err != nil {
		return service{}, err
	}
	s := service{name: name, restart: text(props, "Restart")}
	if pid, ok := props["MainPID"].Value().(uint32); ok && pid < 1<<31 {
		s.main = int32(pid)
	}
	for _, trigger := range texts(unit, "TriggeredBy") {
		if stopped, err := m.stopped(ctx, trigger); err != nil {
			return service{}, err
		} else if !stopped {
			s.triggers = append(s.triggers, trigger)
		}
	}
	return s, nil
}

// socket reads where a socket unit listens.
func (m *manager) socket(ctx context.Context, name string) (socketUnit, error) {
	path, err := m.unit(ctx, name)
	if err != nil {
		return socketUnit{}, err
	}
	unit, err := m.properties(ctx, path, "Unit")
	if err != nil {
		return socketUnit{}, err
	}
	props, err := m.properties(ctx, path, "Socket")
	if err != nil {
		return socketUnit{}, err
	}
	u := socketUnit{name: name}
	if v, ok := props["Listen"]; ok {
		var pairs [][]any
		if dbus.Store([]any{v.Value()}, &pairs) == nil {
			for _, p := range pairs {
				if len(p) == 2 {
					kind, _ := p[0].(string)
					at, _ := p[1].(string)
					u.listen = append(u.listen, [2]string{kind, at})
				}
			}
		}
	}
	for _, starts := range texts(unit, "Triggers") {
		if validUnit(starts) {
			u.starts = append(u.starts, starts)
		}
	}
	return u, nil
}

// sockets gives the socket units that are active.
func (m *manager) sockets(ctx context.Context) ([]socketUnit, error) {
	// ListUnitsByPatterns answers a(ssssssouso): the name comes first.
	var listed [][]any
	err := m.call(ctx, systemdPath, systemdName+".Manager.ListUnitsByPatterns", []any{[]string{"active"}, []string{"*.socket"}}, &listed)
	if err != nil {
		return nil, err
	}
	var all []socketUnit
	for _, l := range listed {
		name, _ := l[0].(string)
		u, err := m.socket(ctx, name)
		if errors.Is(err, errNoUnit) {
			continue // gone meanwhile
		}
		if err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	return all, nil
}

// stop asks for a stop, which replaces what is queued for the unit.
func (m *manager) stop(ctx context.Context, name string) error {
	if !validUnit(name) {
		return fmt.Errorf("unit %s: not a unit's name", quoted(name))
	}
	var job dbus.ObjectPath
	return m.call(ctx, systemdPath, systemdName+".Manager.StopUnit", []any{name, "replace"}, &job)
}

// stopped reports whether a unit rests. One that isn't loaded does.
func (m *manager) stopped(ctx context.Context, name string) (bool, error) {
	path, err := m.unit(ctx, name)
	if errors.Is(err, errNoUnit) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	var state dbus.Variant
	err = m.call(ctx, path, "org.freedesktop.DBus.Properties.Get", []any{systemdName + ".Unit", "ActiveState"}, &state)
	if errors.Is(err, errNoUnit) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	s, _ := state.Value().(string)
	return s == "inactive" || s == "failed", nil
}

func text(props map[string]dbus.Variant, name string) string {
	s, _ := props[name].Value().(string)
	return s
}

func texts(props map[string]dbus.Variant, name string) []string {
	s, _ := props[name].Value().([]string)
	return s
}
