// Package autostart makes Portreeve start when its user logs in, and takes that
// back. It is the user's own choice, kept where the desktop keeps such choices
// and where its settings show it:
//
//	Linux, BSD   an entry in ~/.config/autostart (XDG Desktop Application
//	             Autostart Specification 0.5)
//	Windows      a value below HKCU\...\CurrentVersion\Run
//	macOS        an agent in ~/Library/LaunchAgents
//
// Nothing here needs root, and nothing concerns other users.
package autostart

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Command is the argument that the program gets when it was started by a login
// and by nobody's hand.
const Command = "at-login"

// ErrTemporary tells that the program lies where it won't be at the next login.
var ErrTemporary = errors.New("start at login: this program was built for one run only")

// place is where a platform keeps the choice.
type place interface {
	on() (bool, error)
	set(on bool) error
	where() string
}

// Entry is the choice of this user for one program. Its methods read and write
// at once and keep nothing, so that what other programs change counts; they may
// be called from any goroutine.
type Entry struct{ place place }

// Open finds the place for a program, by its absolute path. Nothing is written.
// The error is ErrTemporary, or errors.ErrUnsupported where the platform has no
// such place.
func Open(program string) (*Entry, error) {
	if !filepath.IsAbs(program) {
		return nil, fmt.Errorf("start %q at login: not an absolute path", program)
	}
	if temporary(program) {
		return nil, ErrTemporary
	}
	p, err := open(program)
	if err != nil {
		return nil, err
	}
	return &Entry{p}, nil
}

// On reports whether the next login starts Portreeve, whatever program of that
// name the entry means.
func (e *Entry) On() (bool, error) { return e.place.on() }

// Set makes the next login start the program, or not. Setting what is so
// already is allowed; an entry for a program that has moved is put right by it.
func (e *Entry) Set(on bool) error { return e.place.set(on) }

// Where names the file or the registry's value, for people.
func (e *Entry) Where() string { return e.place.where() }

// temporary recognizes what "go run" made, which is deleted when it ends.
func temporary(program string) bool {
	rest, ok := strings.CutPrefix(program, filepath.Clean(os.TempDir())+string(filepath.Separator))
	return ok && strings.HasPrefix(rest, "go-build")
}
