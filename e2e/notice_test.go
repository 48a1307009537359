//go:build e2e && linux

package e2e

import (
	"fmt"
	"image"
	"strings"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
)

// notice is a desktop notification that a program sent, as the bus carried it.
// https://specifications.freedesktop.org/notification-spec/latest/
type notice struct {
	ID          uint32 // the daemon's answer, 0 until it came
	Replaces    uint32
	Title, Body string
	Actions     []string // key, label, key, label ...
	Closed      bool     // withdrawn, expired or dismissed
	Lasted      time.Duration
	Reason      uint32 // of the closing: 1 expired, 2 dismissed, 3 withdrawn
	sent        time.Time
	Invoked     string // the action that was chosen
}

// noticeLog keeps all notices of a session bus.
type noticeLog struct {
	mu   sync.Mutex
	all  []*notice
	asks map[noticeAsk]*notice // calls that wait for their answer
}

// noticeAsk names a call: who made it and its serial number.
type noticeAsk struct {
	sender string
	serial uint32
}

// recordNotices listens in on the session bus from now on. Programs can't tell.
func (d *Desktop) recordNotices() {
	d.t.Helper()
	conn, err := dbus.Connect(d.address)
	if err != nil {
		d.t.Fatalf("connect to record notices: %v", err)
	}
	d.t.Cleanup(func() { _ = conn.Close() })
	rules := []string{
		"interface='" + noticesName + "'",
		"type='method_return'",
	}
	err = conn.BusObject().Call("org.freedesktop.DBus.Monitoring.BecomeMonitor", 0, rules, uint32(0)).Err
	if err != nil {
		d.t.Fatalf("record notices: %v", err)
	}
	log := &noticeLog{asks: make(map[noticeAsk]*notice)}
	d.notices = log
	messages := make(chan *dbus.Message, 10_000)
	conn.Eavesdrop(messages)
	go func() {
		for message := range messages {
			log.take(message)
		}
	}()
}

// take notes what one message says about notices. GNOME's daemon hands each
// call on to the shell under another name; only the first is counted.
func (l *noticeLog) take(message *dbus.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	header := func(field dbus.HeaderField) string {
		switch v := message.Headers[field].Value().(type) {
		case string:
			return v
		case dbus.ObjectPath:
			return string(v)
		}
		return ""
	}
	switch {
	case message.Type == dbus.TypeMethodReply:
		serial, _ := message.Headers[dbus.FieldReplySerial].Value().(uint32)
		ask := noticeAsk{header(dbus.FieldDestination), serial}
		if n := l.asks[ask]; n != nil && len(message.Body) == 1 {
			n.ID, _ = message.Body[0].(uint32)
			delete(l.asks, ask)
		}
	case message.Type == dbus.TypeMethodCall && header(dbus.FieldMember) == "Notify" &&
		header(dbus.FieldPath) == "/org/freedesktop/Notifications":
		n := &notice{sent: time.Now()}
		var app, icon string
		var hints map[string]dbus.Variant
		var timeout int32
		if dbus.Store(message.Body, &app, &n.Replaces, &icon, &n.Title, &n.Body, &n.Actions, &hints, &timeout) != nil {
			return
		}
		sender := header(dbus.FieldSender)
		if last := len(l.all) - 1; last >= 0 && l.all[last].ID == 0 && l.all[last].Title == n.Title && l.all[last].Body == n.Body {
			return
		}
		l.all = append(l.all, n)
		l.asks[noticeAsk{sender, message.Serial()}] = n
	case message.Type == dbus.TypeSignal && len(message.Body) == 2:
		id, _ := message.Body[0].(uint32)
		for _, n := range l.all {
			if n.ID != id || id == 0 {
				continue
			}
			switch header(dbus.FieldMember) {
			case "NotificationClosed":
				n.Closed, n.Lasted = true, time.Since(n.sent)
				n.Reason, _ = message.Body[1].(uint32)
			case "ActionInvoked":
				n.Invoked, _ = message.Body[1].(string)
			}
		}
	}
}

// list is a copy of all notices so far, oldest first.
func (l *noticeLog) list() []notice {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []notice
	for _, n := range l.all {
		all = append(all, *n)
	}
	return all
}

// outline is the latest notices as text, one a line, for failures.
func (l *noticeLog) outline() string {
	const latest = 8
	var text strings.Builder
	all := l.list()
	first := max(0, len(all)-latest)
	for i, n := range all[first:] {
		fmt.Fprintf(&text, "\t%2d. id %d in place of %d: %q %q, buttons %q, closed %v after %v for reason %d, pressed %q\n",
			first+i, n.ID, n.Replaces, n.Title, n.Body, n.Actions, n.Closed, n.Lasted.Round(time.Millisecond), n.Reason, n.Invoked)
	}
	return text.String()
}

// waitNotice waits for a notice, later than the first `after` ones, whose title
// or body contains words.
func (d *Desktop) waitNotice(after int, words string) notice {
	d.t.Helper()
	var found notice
	if !tryFor(15*time.Second, func() bool {
		all := d.notices.list()
		for _, n := range all[min(after, len(all)):] {
			if strings.Contains(n.Title, words) || strings.Contains(n.Body, words) {
				found = n
				return true
			}
		}
		return false
	}) {
		d.Screenshot("failed-notice")
		d.t.Fatalf("got notices\n%swant one later than the first %d with %q", d.notices.outline(), after, words)
	}
	return found
}

// noticeShown reports where the words of a notice are on the screen; empty
// where they are not. dunst draws by itself and can't tell.
func (d *Desktop) noticeShown(words string) image.Rectangle {
	d.t.Helper()
	for _, e := range d.shown() {
		if e.Owner != "xfce4-panel" && (e.Role == "label" || e.Role == "notification") && strings.Contains(e.Name, words) {
			return e.rect()
		}
	}
	return image.Rectangle{}
}

// waitShown waits until the words of a notice are on the screen, and returns
// their place.
func (d *Desktop) waitShown(words string) image.Rectangle {
	d.t.Helper()
	var place image.Rectangle
	if !tryFor(20*time.Second, func() bool {
		place = d.noticeShown(words)
		return !place.Empty()
	}) {
		d.Screenshot("failed-notice")
		d.t.Fatalf("got no words %q on the screen, want them in a notice; the bus carried\n%s", words, d.notices.outline())
	}
	return place
}

// clickNoticeButton waits until a notice with these words is on the screen,
// keeps a picture of it under the name shot, and clicks its button. GNOME draws
// the buttons when the mouse comes over it.
func (d *Desktop) clickNoticeButton(words, button, shot string) {
	d.t.Helper()
	place := d.waitShown(words)
	// A banner that came up under the mouse stays folded until that has left it.
	d.moveTo(middle(screen))
	d.moveTo(middle(place))
	var at image.Rectangle
	if !tryFor(20*time.Second, func() bool {
		at = d.noticeButton(words, button)
		return !at.Empty()
	}) {
		d.Screenshot("failed-button")
		d.t.Fatalf("got no button %q on notice %q, want one", button, words)
	}
	d.Screenshot(shot)
	d.click(leftButton, middle(at))
}

// noticeButton is the place of a button on the notice with these words: the
// first of its name after them, since each notice tells of its own at a stretch.
func (d *Desktop) noticeButton(words, button string) image.Rectangle {
	d.t.Helper()
	begun := false
	for _, e := range d.shown() {
		switch {
		case e.Owner == "xfce4-panel":
		case strings.Contains(e.Name, words):
			begun = true
		case begun && e.Name == button && e.Role != "menu item":
			return e.rect()
		}
	}
	return image.Rectangle{}
}
