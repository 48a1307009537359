//go:build unix

package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// runtimeDir gives $XDG_RUNTIME_DIR/portreeve where that is this user's own,
// else /tmp/portreeve-UID. It makes the folder (mode 0700) and refuses one that
// somebody else made first.
func runtimeDir() (string, error) {
	if base := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(base) && owned(base) {
		dir := filepath.Join(base, "portreeve")
		if err := os.Mkdir(dir, 0o700); err == nil || owned(dir) {
			return dir, nil
		}
	}
	dir := "/tmp/portreeve-" + strconv.Itoa(os.Getuid())
	if err := os.Mkdir(dir, 0o700); err != nil && !owned(dir) {
		return "", fmt.Errorf("use the runtime folder %s: it belongs to somebody else or is open to others", dir)
	}
	return dir, nil
}

// owned reports a true folder (no link) of this user's that nobody else may
// enter or write to.
func owned(dir string) bool {
	fi, err := os.Lstat(dir)
	if err != nil || !fi.IsDir() || fi.Mode().Perm()&0o022 != 0 {
		return false
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Getuid()
}
