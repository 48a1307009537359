//go:build linux || freebsd || netbsd || openbsd

package tray

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// busTime is how long the bus, or somebody on it, may take for one answer.
const busTime = 2 * time.Second

// busConn is a private connection to the session bus. Signals come in the
// bus's order; their channel is closed with the connection.
type busConn struct {
	*dbus.Conn
	socket  net.Conn
	turns   *turns
	signals chan *dbus.Signal
}

// dialBus connects to the first of the address's Unix sockets that answers. A
// bus that accepts and then says nothing costs busTime. The connection ends
// with ctx.
func dialBus(ctx context.Context, address string) (*busConn, error) {
	failed := fmt.Errorf("no unix socket in %q", address)
	for part := range strings.SplitSeq(address, ";") {
		path, ok := busSocket(part)
		if !ok {
			continue
		}
		conn, err := dialSocket(ctx, path)
		if err == nil {
			return conn, nil
		}
		failed = err
	}
	return nil, fmt.Errorf("connect to the session bus: %w", failed)
}

// busSocket gives the socket of one D-Bus server address (D-Bus Specification,
// "Server Addresses"); an abstract one begins with @.
func busSocket(address string) (string, bool) {
	rest, ok := strings.CutPrefix(address, "unix:")
	if !ok {
		return "", false
	}
	for pair := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(pair, "=")
		value, err := dbus.UnescapeBusAddressValue(value)
		if err != nil {
			return "", false
		}
		switch key {
		case "path":
			return value, true
		case "abstract":
			return "@" + value, true
		}
	}
	return "", false
}

func dialSocket(ctx context.Context, path string) (*busConn, error) {
	dialer := net.Dialer{Timeout: busTime}
	socket, err := dialer.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	turns := newTurns()
	conn, err := dbus.NewConn(patientSocket{socket, turns}, dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()),
		dbus.WithIncomingInterceptor(turns.called))
	if err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	b := &busConn{Conn: conn, socket: socket, turns: turns, signals: make(chan *dbus.Signal, 16)}
	conn.Signal(b.signals)
	// Neither of these two knows a time-out of its own.
	guard, done := context.WithTimeout(ctx, busTime)
	defer done()
	stop := context.AfterFunc(guard, func() { _ = socket.Close() })
	if err = conn.Auth(nil); err == nil {
		err = conn.Hello()
	}
	if !stop() && err == nil {
		err = guard.Err()
	}
	if err != nil {
		b.end()
		return nil, err
	}
	return b, nil
}

// end closes the connection, whatever the other side does. The socket goes
// first, since the library's Close waits for a write under way.
func (b *busConn) end() {
	_ = b.socket.Close()
	_ = b.Conn.Close()
}

// ask calls a method of somebody on the bus and stores the answer. It starts
// nobody who isn't there.
func (b *busConn) ask(ctx context.Context, to, path, method string, answer []any, args ...any) error {
	ctx, done := context.WithTimeout(ctx, busTime)
	defer done()
	call := b.Object(to, dbus.ObjectPath(path)).CallWithContext(ctx, method, dbus.FlagNoAutoStart, args...)
	if call.Err != nil {
		return call.Err
	}
	return call.Store(answer...)
}

// patientSocket gives every write busTime: the library knows no time-out for
// writing, and a bus may stop reading. It tells turns what has left.
type patientSocket struct {
	net.Conn
	turns *turns
}

func (p patientSocket) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(busTime)); err != nil {
		return 0, err
	}
	n, err := p.Conn.Write(b)
	p.turns.wrote(b)
	return n, err
}
