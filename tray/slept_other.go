//go:build !linux

package tray

import "time"

// sleptHere gives how far the time of day has run ahead of the clock that
// durations are measured by, which stands still while the computer is suspended.
// A clock that is set forward looks the same, which costs no more than a digest.
func sleptHere() func() time.Duration {
	zero := time.Now()
	return func() time.Duration {
		now := time.Now()
		return now.Round(0).Sub(zero.Round(0)) - now.Sub(zero)
	}
}
