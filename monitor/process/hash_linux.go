package process

import (
	"errors"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// openRunning opens the very file that a process runs, also where its name is
// gone.
func openRunning(i Info) (*os.File, error) {
	f, err := os.Open("/proc/" + strconv.Itoa(int(i.PID)) + "/exe")
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
		return nil, ErrGone
	}
	if err != nil {
		return nil, err
	}
	// The number may belong to another process now, and the process may run
	// another program: then the file is another one.
	fi, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	if st, ok := fi.Sys().(*syscall.Stat_t); !ok || (File{Dev: uint64(st.Dev), Ino: st.Ino}) != i.File {
		_ = f.Close()
		return nil, ErrReplaced
	}
	return f, nil
}
