//go:build unix && !darwin

package autostart

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// xdg is the entry in the user's autostart folder.
type xdg struct {
	program string
	file    string
	// system are the same entry's places in the folders of the system, the first
	// that is there counts. Portreeve's packages put nothing there, since it is
	// each user's choice; an administrator may.
	system []string
}

func open(program string) (place, error) {
	config, err := os.UserConfigDir()
	if err != nil {
		return nil, fmt.Errorf("find the autostart folder: %w", err)
	}
	x := &xdg{program: program, file: filepath.Join(config, "autostart", entryName)}
	dirs := os.Getenv("XDG_CONFIG_DIRS")
	if dirs == "" {
		dirs = "/etc/xdg"
	}
	for _, dir := range filepath.SplitList(dirs) {
		if filepath.IsAbs(dir) { // the specification says to ignore others
			x.system = append(x.system, filepath.Join(dir, "autostart", entryName))
		}
	}
	return x, nil
}

func (x *xdg) where() string { return x.file }

func (x *xdg) on() (bool, error) {
	for _, file := range append([]string{x.file}, x.system...) {
		entry, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("read the autostart entry: %w", err)
		}
		return starts(entry, runnable), nil
	}
	return false, nil
}

func runnable(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

func (x *xdg) set(on bool) error {
	entry := desktopEntry(x.program)
	if !on {
		if !x.ofSystem() {
			if err := os.Remove(x.file); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("remove the autostart entry: %w", err)
			}
			return nil
		}
		entry = hiddenEntry()
	}
	if err := os.MkdirAll(filepath.Dir(x.file), 0o700); err != nil {
		return fmt.Errorf("make the autostart folder: %w", err)
	}
	if err := renameio.WriteFile(x.file, entry, 0o644); err != nil {
		return fmt.Errorf("write the autostart entry: %w", err)
	}
	return nil
}

func (x *xdg) ofSystem() bool {
	for _, file := range x.system {
		if _, err := os.Stat(file); err == nil {
			return true
		}
	}
	return false
}
