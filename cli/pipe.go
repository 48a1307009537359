//go:build !windows

package cli

import (
	"errors"
	"io"
	"syscall"
)

// closedPipe reports that whoever read our output has gone.
func closedPipe(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe)
}
