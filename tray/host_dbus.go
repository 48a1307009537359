//go:build linux || freebsd || netbsd || openbsd

package tray

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"

	"portreeve/tray/notify"
)

const (
	watcherName      = "org.kde.StatusNotifierWatcher"
	watcherPath      = "/StatusNotifierWatcher"
	watcherHosted    = "IsStatusNotifierHostRegistered"
	watcherItems     = "RegisteredStatusNotifierItems"
	busName          = "org.freedesktop.DBus"
	busPath          = "/org/freedesktop/DBus"
	noTrayHostAdvice = "this desktop shows no tray icons; on GNOME install gnome-shell-extension-appindicator and turn it on, then log in again"
)

// The pauses between two attempts to reach the bus, or to register: doubled
// from the first up to the last.
const (
	firstPause = 250 * time.Millisecond
	lastPause  = 5 * time.Second
	// reRegister is the least time between two registrations with one watcher.
	reRegister = time.Second
)

// Host shows icon and menu by StatusNotifierItem on the session bus. It finds
// the bus itself and never starts one.
type Host struct {
	log      *slog.Logger
	findBus  func() (address string, err error)
	menu     *busMenu
	pixmaps  map[State][]pixmap // never changes
	gestures chan Gesture
	wakes    chan struct{}
	// wire is held while the menu's changes are made and told, so that they
	// are told in their order. It is never waited for by SetIcon and SetMenu.
	wire sync.Mutex

	mu   sync.Mutex
	look Look
	tray string
}

// NewHost makes a host that shows nothing before Run.
func NewHost(log *slog.Logger) (*Host, error) {
	h := &Host{
		log: log, findBus: notify.Bus, menu: newBusMenu(), pixmaps: map[State][]pixmap{},
		gestures: make(chan Gesture, 64), wakes: make(chan struct{}, 1), tray: trayNoBus,
	}
	for _, s := range []State{Quiet, New, Paused} {
		all, err := pixmapsOf(s)
		if err != nil {
			return nil, fmt.Errorf("make icon: %w", err)
		}
		h.pixmaps[s] = all
	}
	h.SetMenu(starting())
	return h, nil
}

// Gestures hands out what the user did. One goroutine should receive always.
func (h *Host) Gestures() <-chan Gesture { return h.gestures }

// Tray says how the tray is reached, in the words of the status answer.
func (h *Host) Tray() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tray
}

// SetIcon says what the icon should show.
func (h *Host) SetIcon(l Look) {
	h.mu.Lock()
	h.look = l
	h.mu.Unlock()
	h.poke()
}

// SetMenu says what the menu should be; the rows must not be changed later. An
// open menu stays as it is, a closed one changes at most four times a second.
func (h *Host) SetMenu(rows []Row) {
	h.menu.set(rows)
	h.poke()
}

// Run keeps icon and menu on the session bus until ctx ends; then it returns
// nil. It waits for a bus and a tray host that are not there, and comes back to
// those that were restarted.
func (h *Host) Run(ctx context.Context) error {
	pause := firstPause
	var told string
	for ctx.Err() == nil {
		began := time.Now()
		err := h.session(ctx)
		h.setTray(trayNoBus)
		h.menu.restart()
		if ctx.Err() != nil {
			break
		}
		if err != nil && err.Error() != told {
			told = err.Error()
			h.log.Info("no tray for now", "error", err)
		}
		if time.Since(began) > lastPause {
			pause = firstPause
		}
		if !rest(ctx, pause) {
			break
		}
		pause = min(2*pause, lastPause)
	}
	return nil
}

// session is one life of the connection. It returns when that is lost or ctx
// ends.
func (h *Host) session(ctx context.Context) error {
	address, err := h.findBus()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	conn, err := dialBus(ctx, address)
	if err != nil {
		return err
	}
	// It also ends a write that the bus doesn't take.
	stop := context.AfterFunc(ctx, func() { _ = conn.socket.Close() })
	defer stop()
	defer conn.end()
	h.setTray(trayNoHost)

	// Everything has to be there before somebody may ask for it.
	h.wire.Lock()
	h.menu.step(time.Now())
	h.wire.Unlock()
	if err := errors.Join(h.exportItem(conn.Conn), h.exportMenu(conn.Conn, conn.turns)); err != nil {
		return err
	}
	if err := h.watchWatcher(ctx, conn); err != nil {
		return err
	}
	// The name's form is the specification's: process and number of the icon.
	name := fmt.Sprintf("%s-%d-1", itemInterface, os.Getpid())
	var answer uint32
	if err := conn.ask(ctx, busName, busPath, busName+".RequestName", []any{&answer}, name, uint32(dbus.NameFlagDoNotQueue)); err != nil {
		return fmt.Errorf("request bus name: %w", err)
	}
	if reply := dbus.RequestNameReply(answer); reply != dbus.RequestNameReplyPrimaryOwner && reply != dbus.RequestNameReplyAlreadyOwner {
		name = conn.Names()[0] // a namesake in another process namespace: watchers take any name
	}

	registering := make(chan struct{}, 1)
	registering <- struct{}{}
	var helper sync.WaitGroup
	defer helper.Wait()
	defer cancel() // before the wait
	helper.Go(func() { h.stayRegistered(ctx, conn, name, registering) })
	return h.serve(ctx, conn, registering)
}

// serve tells changes as they come due, and has the icon registered again
// where a new watcher appears.
func (h *Host) serve(ctx context.Context, conn *busConn, registering chan<- struct{}) error {
	h.mu.Lock()
	shown := h.look
	h.mu.Unlock()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-conn.signals:
			if !ok {
				return errors.New("the session bus closed the connection")
			}
			select {
			case registering <- struct{}{}:
			default: // it is going to look anyhow
			}
			continue
		case <-h.wakes:
		case <-timer.C:
		}
		h.mu.Lock()
		look := h.look
		h.mu.Unlock()
		if next := h.stepMenu(conn.Conn); next > 0 {
			timer.Reset(next)
		}
		if h.menu.isOpen() {
			// Xfce draws a tooltip that changes over the open menu's rows.
			look.Glance = shown.Glance
		}
		h.emitLook(conn.Conn, shown, look)
		shown = look
		if !conn.Connected() {
			return errors.New("the session bus takes no messages")
		}
	}
}

// watchWatcher asks for the signals that say that the tray came or went.
func (h *Host) watchWatcher(ctx context.Context, conn *busConn) error {
	for _, rule := range []string{
		"type='signal',sender='" + busName + "',member='NameOwnerChanged',arg0='" + watcherName + "'",
		"type='signal',interface='" + watcherName + "',member='StatusNotifierHostRegistered'",
		"type='signal',interface='" + watcherName + "',member='StatusNotifierHostUnregistered'",
		"type='signal',interface='" + watcherName + "',member='StatusNotifierItemUnregistered'",
	} {
		if err := conn.ask(ctx, busName, busPath, busName+".AddMatch", nil, rule); err != nil {
			return fmt.Errorf("watch for a tray host: %w", err)
		}
	}
	return nil
}

// stayRegistered registers the icon with the watcher, now and whenever told to
// look again, and keeps trying while a watcher is there that doesn't answer. A
// watcher may lose the icon of a program that lives: GNOME's extension takes one
// for gone whose name it sees a moment too late, half a second after it came.
func (h *Host) stayRegistered(ctx context.Context, conn *busConn, name string, look <-chan struct{}) {
	var (
		owner string // of the watcher that has the icon
		lists bool   // it has named the icon among those it has
		since time.Time
	)
	pause := firstPause
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-look:
			pause = firstPause
		case <-again:
		}
		again = nil
		var now string
		err := conn.ask(ctx, busName, busPath, busName+".GetNameOwner", []any{&now}, watcherName)
		if err != nil {
			owner = ""
			h.menu.restart()
			h.setTray(trayNoHost)
			continue // its coming will be told
		}
		lost := now == owner && lists && !isListed(ctx, conn, name)
		if left := reRegister - time.Since(since); lost && left > 0 {
			again = time.After(left)
			continue
		}
		if lost {
			h.log.Info("the tray host has lost the icon; it gets it again")
		}
		if lost || now != owner {
			h.menu.restart()
			if err = conn.ask(ctx, watcherName, watcherPath, watcherName+".RegisterStatusNotifierItem", nil, name); err == nil {
				owner, since = now, time.Now()
				lists = lost || isListed(ctx, conn, name)
			}
		}
		hosted := false
		if err == nil {
			hosted, err = askHosted(ctx, conn)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			h.log.Debug("register the tray icon", "error", err)
			h.setTray(trayNoHost)
			again = time.After(pause)
			pause = min(2*pause, lastPause)
			continue
		}
		if hosted {
			h.setTray(Shown)
		} else {
			h.setTray(trayNoHost)
		}
	}
}

// isListed reports whether the watcher names the icon among those it has. Each
// kind of watcher writes an item in a way of its own, but begins with the name or
// the connection.
func isListed(ctx context.Context, conn *busConn, name string) bool {
	v, err := askWatcher(ctx, conn, watcherItems)
	if err != nil {
		return false
	}
	items, _ := v.Value().([]string)
	return slices.ContainsFunc(items, func(item string) bool {
		for _, of := range []string{name, conn.Names()[0]} {
			if rest, ok := strings.CutPrefix(item, of); ok && (rest == "" || rest[0] == '/' || rest[0] == '@') {
				return true
			}
		}
		return false
	})
}

// askHosted asks the watcher whether anybody shows icons.
func askHosted(ctx context.Context, conn *busConn) (bool, error) {
	v, err := askWatcher(ctx, conn, watcherHosted)
	if err != nil {
		return false, err
	}
	hosted, _ := v.Value().(bool)
	return hosted, nil
}

// askWatcher gets a property of the watcher.
func askWatcher(ctx context.Context, conn *busConn, property string) (v dbus.Variant, err error) {
	err = conn.ask(ctx, watcherName, watcherPath, "org.freedesktop.DBus.Properties.Get", []any{&v}, watcherName, property)
	return v, err
}

// Available reports whether a tray icon would be seen now, and if not why, in
// words for the user's terminal. It takes a few seconds at most.
func Available(ctx context.Context) (hosted bool, why string) {
	address, err := notify.Bus()
	if err != nil {
		return false, "there is no session bus here, so no tray"
	}
	conn, err := dialBus(ctx, address)
	if err != nil {
		return false, "the session bus does not answer, so there is no tray"
	}
	defer conn.end()
	hosted, err = askHosted(ctx, conn)
	if err != nil || !hosted {
		return false, noTrayHostAdvice
	}
	return true, ""
}

func (h *Host) setTray(words string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tray = words
}

// poke makes the goroutine of Run look.
func (h *Host) poke() {
	select {
	case h.wakes <- struct{}{}:
	default:
	}
}

// tell hands a gesture on without ever waiting: who never receives loses the
// newest.
func (h *Host) tell(g Gesture) {
	select {
	case h.gestures <- g:
	default:
		h.log.Warn("a click was lost: nobody takes them")
	}
}

func (h *Host) tellLooked(seen []string) {
	if len(seen) > 0 {
		h.tell(Gesture{Kind: Looked, Seen: seen})
	}
}

// emit sends a signal. A connection that takes none within busTime is beyond
// help, since half a message may be on its way: it is closed.
func (h *Host) emit(conn *dbus.Conn, path dbus.ObjectPath, name string, values ...any) {
	if err := conn.Emit(path, name, values...); err != nil && conn.Connected() {
		h.log.Debug("tell the tray", "signal", name, "error", err)
		_ = conn.Close()
	}
}
