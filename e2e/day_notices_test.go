//go:build e2e && linux

package e2e

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// counted is a notice that the day's notification daemon was asked to show.
type counted struct {
	at          time.Time
	title, body string
	// update tells that it took the place of one that stood, so nothing popped up.
	update bool
	// claimed tells that a part of the day is what it told of.
	claimed bool
}

// counter is a notification daemon that shows nothing and keeps a list. Like
// GNOME's it keeps a notice until it is withdrawn or replaced.
// https://specifications.freedesktop.org/notification-spec/latest/
type counter struct {
	conn *dbus.Conn

	mu     sync.Mutex
	list   []counted
	stands map[uint32]bool
	last   uint32
}

const noticesPath dbus.ObjectPath = "/org/freedesktop/Notifications"

// startCounter puts a daemon on a session bus; it leaves with the test.
func startCounter(t testing.TB, address string) *counter {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatalf("connect to the session bus: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	c := &counter{conn: conn, stands: make(map[uint32]bool)}
	err = conn.ExportMethodTable(map[string]any{
		"Notify":            c.notify,
		"CloseNotification": c.close,
		"GetCapabilities":   func() ([]string, *dbus.Error) { return []string{"actions", "body", "persistence"}, nil },
		"GetServerInformation": func() (name, vendor, version, spec string, failed *dbus.Error) {
			return "counter", "portreeve", "1", "1.2", nil
		},
	}, noticesPath, noticesName)
	if err != nil {
		t.Fatalf("be the notification daemon: %v", err)
	}
	got, err := conn.RequestName(noticesName, dbus.NameFlagDoNotQueue)
	if err != nil || got != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("take the name of the notification daemon: got %v, %v, want it", got, err)
	}
	return c
}

// notify is the daemon's method. An id that does not stand any more is as good
// as none.
func (c *counter) notify(_ string, replaces uint32, _, title, body string, _ []string, _ map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, update := replaces, c.stands[replaces]
	if !update {
		c.last++
		id = c.last
	}
	c.stands[id] = true
	c.list = append(c.list, counted{at: time.Now(), title: title, body: body, update: update})
	return id, nil
}

func (c *counter) close(id uint32) *dbus.Error {
	c.mu.Lock()
	stood := c.stands[id]
	delete(c.stands, id)
	c.mu.Unlock()
	if !stood {
		return nil
	}
	// 3: closed by a call of CloseNotification.
	if err := c.conn.Emit(noticesPath, noticesName+".NotificationClosed", id, uint32(3)); err != nil {
		return dbus.MakeFailedError(fmt.Errorf("tell that %d is closed: %w", id, err))
	}
	return nil
}

// all is a copy of what was shown so far, oldest first.
func (c *counter) all() []counted {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]counted(nil), c.list...)
}

// count is how many notices popped up so far.
func (c *counter) count() int { return c.countSince(time.Time{}) }

// countSince is how many popped up after a moment.
func (c *counter) countSince(moment time.Time) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, one := range c.list {
		if !one.update && one.at.After(moment) {
			n++
		}
	}
	return n
}

// claim marks the i-th as told of something that was played.
func (c *counter) claim(i int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list[i].claimed = true
}
