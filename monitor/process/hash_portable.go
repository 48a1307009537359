//go:build !linux

package process

import "os"

// openRunning opens the file at the program's path, which is all that these
// platforms tell: bad but portable.
func openRunning(i Info) (*os.File, error) {
	if i.Exe == "" {
		return nil, ErrUnsure
	}
	return os.Open(i.Exe)
}
