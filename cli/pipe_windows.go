package cli

import (
	"errors"
	"io"
	"syscall"
)

// errorNoData is ERROR_NO_DATA of winerror.h: "The pipe is being closed."
const errorNoData = syscall.Errno(232)

// closedPipe reports that whoever read our output has gone.
func closedPipe(err error) bool {
	return errors.Is(err, syscall.ERROR_BROKEN_PIPE) || errors.Is(err, errorNoData) || errors.Is(err, io.ErrClosedPipe)
}
