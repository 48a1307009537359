package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// callTime is how long the bus or the daemon may take for one answer.
const callTime = 2 * time.Second

// ErrNoBus says that there is no session bus to be found. None is ever started:
// the one that dbus-launch starts outlives the program that asked for it.
var ErrNoBus = errors.New("no session bus")

// Bus finds the address of the session bus without ever starting one: what
// DBUS_SESSION_BUS_ADDRESS says, else the socket $XDG_RUNTIME_DIR/bus. The
// error is ErrNoBus where there is neither.
func Bus() (string, error) { return findBus(os.Getenv) }

func findBus(getenv func(string) string) (string, error) {
	run := getenv("XDG_RUNTIME_DIR")
	var kept []string
	for _, a := range strings.Split(getenv("DBUS_SESSION_BUS_ADDRESS"), ";") {
		switch kind, _, _ := strings.Cut(a, ":"); {
		case kind == "autolaunch", kind == "":
		case a == "unix:runtime=yes":
			if run != "" {
				kept = append(kept, "unix:path="+dbus.EscapeBusAddressValue(filepath.Join(run, "bus")))
			}
		default:
			kept = append(kept, a)
		}
	}
	if len(kept) > 0 {
		return strings.Join(kept, ";"), nil
	}
	if run != "" {
		path := filepath.Join(run, "bus")
		if fi, err := os.Stat(path); err == nil && fi.Mode()&os.ModeSocket != 0 {
			return "unix:path=" + dbus.EscapeBusAddressValue(path), nil
		}
	}
	return "", ErrNoBus
}

// sockets lists the Unix sockets that a D-Bus address names, in its order; an
// abstract one begins with @ (D-Bus Specification, "Server Addresses"). Other
// transports than unix are left out.
func sockets(address string) []string {
	var found []string
	for _, a := range strings.Split(address, ";") {
		rest, ok := strings.CutPrefix(a, "unix:")
		if !ok {
			continue
		}
		for _, kv := range strings.Split(rest, ",") {
			k, v, _ := strings.Cut(kv, "=")
			v, err := dbus.UnescapeBusAddressValue(v)
			switch {
			case err != nil:
			case k == "path":
				found = append(found, v)
			case k == "abstract":
				found = append(found, "@"+v)
			}
		}
	}
	return found
}

// bus is a private connection to the session bus. Signals arrive in the bus's
// order; the channel is closed with the connection.
type bus struct {
	*dbus.Conn
	sock    net.Conn
	address string
	signals <-chan *dbus.Signal
}

// connect opens a connection. It takes at most callTime for each socket, even
// where something accepts and then says nothing.
func connect(ctx context.Context, address string) (*bus, error) {
	err := fmt.Errorf("%w: no unix socket in %q", ErrNoBus, address)
	for _, path := range sockets(address) {
		var b *bus
		if b, err = connectTo(ctx, path); err == nil {
			b.address = address
			return b, nil
		}
	}
	return nil, fmt.Errorf("connect to the session bus: %w", err)
}

func connectTo(ctx context.Context, path string) (*bus, error) {
	d := net.Dialer{Timeout: callTime}
	sock, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	// The reader inside the library ends with the deadline too, and with it
	// whatever waits for an answer.
	sock.SetReadDeadline(time.Now().Add(callTime))
	release := context.AfterFunc(ctx, func() { sock.Close() })
	defer release()
	conn, err := dbus.NewConn(patient{sock}, dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err != nil {
		sock.Close()
		return nil, err
	}
	b := &bus{Conn: conn, sock: sock}
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	b.signals = signals
	if err := conn.Auth(nil); err != nil {
		b.close()
		return nil, err
	}
	if err := conn.Hello(); err != nil {
		b.close()
		return nil, err
	}
	sock.SetReadDeadline(time.Time{})
	return b, nil
}

// close ends the connection and its goroutines, whatever the other side does.
func (b *bus) close() {
	b.sock.Close() // first, since the library's Close waits for a write under way
	b.Close()
}

// patient gives every write callTime, since the library knows no time-out for
// writing and a bus may stop reading.
type patient struct{ net.Conn }

func (p patient) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(callTime)); err != nil {
		return 0, err
	}
	return p.Conn.Write(b)
}
