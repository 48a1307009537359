package tray

// A Host is where rows become an icon with a menu. Each platform has its own,
// all with the same methods:
//
//	host_dbus.go     StatusNotifierItem and com.canonical.dbusmenu (Linux, BSD)
//	host_systray.go  fyne.io/systray (Windows, macOS with cgo)
//	host_none.go     the rest, where there is no tray
//
// NewHost makes one, Run keeps it on the screen. SetIcon and SetMenu say what
// it should show, at any time and from any goroutine; they never wait for the
// desktop. Gestures brings back what the user did, in order. Tray says in a few
// words how it stands, for the status answer.

import (
	"context"
	"time"
)

// State is what the icon shows.
type State int

// The states of the icon.
const (
	Quiet  State = iota // nothing new
	New                 // something new listens, or did so unseen
	Paused              // notices are held back
)

// Look is the icon: its state, and the glance that a tooltip shows. Glance must
// not hold any program's text, since some hosts read mark-up in tooltips.
type Look struct {
	State  State
	Glance string
}

// GestureKind is what the user did.
type GestureKind int

// The kinds of gesture.
const (
	// Clicked: a row of the menu.
	Clicked GestureKind = iota + 1
	// Activated: the icon itself, where that does not open the menu.
	Activated
	// Looked: the menu was open and is closed now, as far as the host tells.
	Looked
)

// Gesture is something that the user did with icon or menu.
type Gesture struct {
	Kind GestureKind
	// Do is the clicked row's, as it was when that row was on the screen.
	Do Do
	// Unsure tells of a click that rows may have moved under: they changed less
	// than a second before, and the host had not told that the menu was open.
	Unsure bool
	// Seen are the keys of the rows that stood in the menu that was looked at,
	// submenus not counted.
	Seen []string
}

// The words of Host.Tray.
const (
	Shown      = "shown"
	trayNoHost = "no tray host"
	trayNoBus  = "no session bus"
	NoTray     = "not on this platform"
)

// The times that the menu keeps to.
const (
	// holdTime is how long an open menu is left as it is, at most: some hosts
	// never tell that it was closed.
	holdTime = 20 * time.Second
	// calmTime is the least time between two changes of a closed menu.
	calmTime = 250 * time.Millisecond
	// unsureTime is how soon after a change a click may have been meant for
	// another row.
	unsureTime = time.Second
)

// rest waits and reports whether ctx still lasts.
func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
