//go:build !linux && !freebsd && !netbsd && !openbsd && !windows && !(darwin && cgo)

package tray

import (
	"context"
	"errors"
	"log/slog"
)

// ErrNoTray says that this build has no tray on this platform.
var ErrNoTray = errors.New("there is no tray on this platform")

// Host shows nothing: this platform, or this build for it, has no tray.
type Host struct{}

// NewHost returns ErrNoTray.
func NewHost(*slog.Logger) (*Host, error) { return nil, ErrNoTray }

// Gestures hands out nothing.
func (*Host) Gestures() <-chan Gesture { return nil }

// Tray says that there is none.
func (*Host) Tray() string { return NoTray }

// SetIcon does nothing.
func (*Host) SetIcon(Look) {}

// SetMenu does nothing.
func (*Host) SetMenu([]Row) {}

// Run returns ErrNoTray.
func (*Host) Run(context.Context) error { return ErrNoTray }

// Available says that there is no tray.
func Available(context.Context) (hosted bool, why string) {
	return false, ErrNoTray.Error()
}
