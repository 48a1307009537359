//go:build linux || freebsd || netbsd || openbsd

package tray

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
)

// turnTime is how long an answer waits for those before it, should one of them
// never leave.
const turnTime = 500 * time.Millisecond

// turns lets the answers about the menu leave in the order of their calls. The
// library answers each call in a goroutine of its own, and Xfce's panel, which
// asks for the rows and at once for those of each submenu, leaves a submenu
// empty for good whose rows are answered before the row that it belongs to.
//
//	called (the library's reader) -> wait (the call's goroutine) -> wrote (the socket)
type turns struct {
	mu    sync.Mutex
	open  []uint32      // the serials of calls that are not answered, oldest first
	moved chan struct{} // closed when one of them has been
}

func newTurns() *turns { return &turns{moved: make(chan struct{})} }

// called takes in a message in the order of the wire.
func (t *turns) called(m *dbus.Message) {
	if m.Type != dbus.TypeMethodCall || m.Flags&dbus.FlagNoReplyExpected != 0 {
		return
	}
	of, _ := m.Headers[dbus.FieldInterface].Value().(string)
	member, _ := m.Headers[dbus.FieldMember].Value().(string)
	if of != menuInterface || member != "GetLayout" && member != "GetGroupProperties" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open = append(t.open, m.Serial())
}

// wait returns when all earlier answers have left.
func (t *turns) wait(m dbus.Message) {
	limit := time.NewTimer(turnTime)
	defer limit.Stop()
	for {
		t.mu.Lock()
		first, moved := slices.Index(t.open, m.Serial()) <= 0, t.moved
		t.mu.Unlock()
		if first {
			return
		}
		select {
		case <-moved:
		case <-limit.C:
			return
		}
	}
}

// wrote takes in what has left: the library writes each message whole.
func (t *turns) wrote(b []byte) {
	// D-Bus Specification, "Message Format": byte order, type, flags, version.
	if len(b) < 16 || b[0] != 'l' && b[0] != 'B' || b[3] != 1 ||
		dbus.Type(b[1]) != dbus.TypeMethodReply && dbus.Type(b[1]) != dbus.TypeError {
		return
	}
	m, err := dbus.DecodeMessage(bytes.NewReader(b))
	if err != nil {
		return // then nobody waits for it either
	}
	serial, _ := m.Headers[dbus.FieldReplySerial].Value().(uint32)
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.open, serial); i >= 0 {
		t.open = slices.Delete(t.open, i, i+1)
		close(t.moved)
		t.moved = make(chan struct{})
	}
}
