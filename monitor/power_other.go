//go:build !linux

package monitor

import "errors"

// OnBattery can't tell on this platform.
func OnBattery() (bool, error) { return false, errors.ErrUnsupported }
