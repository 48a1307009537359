//go:build unix

package main

import (
	"fmt"
	"os"
	"syscall"
)

// become runs another program in place of this one; it returns only an error.
func become(path string, args []string) error {
	if err := syscall.Exec(path, append([]string{path}, args...), os.Environ()); err != nil {
		return fmt.Errorf("run %s: %w", path, err)
	}
	return nil
}
