// Package tray is what people see of the resident: the icon with its menu, and
// the notices. It turns views of the state into rows and sentences and clicks
// into verbs; it decides nothing about listeners.
//
//	icon.go    the goroutine of icon and menu       menu.go   view -> rows (pure)
//	teller.go  the goroutine of the notices          words.go  view -> sentences (pure)
//	host*.go   where rows become a menu on this desktop
package tray

import (
	"context"

	"portreeve/monitor/reeve"
)

// Feed hands out views, each with all that happened since the one before. Next
// blocks until there is news or ctx ends. Each receiver has a Feed of its own.
type Feed interface {
	Next(ctx context.Context) (reeve.View, error)
}

// Verbs is what clicks can do. *reeve.Reeve has these methods.
type Verbs interface {
	Stop(context.Context, reeve.StopRequest) (*reeve.Stopped, error)
	StopGroup(context.Context, reeve.GroupRequest) (*reeve.Group, error)
	Know(context.Context, reeve.KnowRequest) (*reeve.Known, error)
	Forget(context.Context, reeve.ForgetRequest) (*reeve.Forgotten, error)
	Pause(context.Context, reeve.PauseRequest) (*reeve.Status, error)
	Show(context.Context, reeve.ShowRequest) error
	Await(context.Context, reeve.AwaitRequest) (*reeve.Awaited, error)
	// Example starts a harmless listener of Portreeve's own, so that the user
	// sees a notice.
	Example(context.Context) error
	// Autostart makes Portreeve start at login.
	Autostart(context.Context, reeve.AutostartRequest) (*reeve.Autostart, error)
	// Told notes in the history that a notice spoke of these listeners. It
	// never blocks.
	Told(ids ...string)
}

// Row is one row of the menu.
type Row struct {
	// Key names the row for ever: a click on it means the same, however the
	// menu was changed meanwhile.
	Key       string
	Label     string // cleaned text; hosts double what their toolkit eats
	Separator bool
	Disabled  bool
	Rows      []Row // a submenu, never nested deeper
	Do        Do    // what a click does; zero for nothing
}

// Act is what a click asks for.
type Act int

// What clicks can ask for.
const (
	Nothing Act = iota
	ActStop
	ActForce
	ActKnow
	ActDetails
	ActCopy   // Text to the clipboard
	ActBrowse // Text in the browser
	ActPause  // Text as reeve.PauseRequest wants it
	ActExplain
	ActStopLeft // Text: the owners that ended sessions have left, after a question
	ActOpen
	ActQuit
)

// Do is a click's whole meaning, so that nothing has to be looked up later.
type Do struct {
	Act Act
	// Listener and Owner are the ids that were on the screen; Title says them
	// for people ("python3 on 62893").
	Listener, Owner, Title string
	Text                   string
}
