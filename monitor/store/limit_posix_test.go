//go:build linux || darwin

package store

import (
	"os/signal"
	"syscall"
)

// limitFiles lets writes beyond a size fail with EFBIG in this process
// (setrlimit(2)); without the signal, which would end it.
func limitFiles(bytes uint64) error {
	signal.Ignore(syscall.SIGXFSZ)
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		return err
	}
	l.Cur = bytes
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l)
}
