//go:build !unix && !windows

package autostart

import (
	"errors"
	"fmt"
	"runtime"
)

func open(string) (place, error) {
	return nil, fmt.Errorf("start at login on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
