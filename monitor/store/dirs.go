package store

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// Dirs are the folders of the user's data, after the XDG Base Directory
// Specification on Linux and the BSDs and the platform's custom elsewhere.
type Dirs struct {
	// Config holds rules and settings, which people edit; State what the
	// program remembers; Runtime the socket and lock of the running resident.
	Config, State, Runtime string
}

// UserDirs finds the folders of the current user; none is made.
func UserDirs() (Dirs, error) {
	config, err := os.UserConfigDir()
	if err != nil {
		return Dirs{}, fmt.Errorf("find the folder for settings: %w", err)
	}
	d := Dirs{Config: filepath.Join(config, "portreeve")}
	d.State = filepath.Join(d.Config, "state")
	if runtime.GOOS != "windows" && runtime.GOOS != "darwin" {
		state := os.Getenv("XDG_STATE_HOME")
		if !filepath.IsAbs(state) { // the specification says to ignore relative ones
			home, err := os.UserHomeDir()
			if err != nil {
				return Dirs{}, fmt.Errorf("find the folder for state: %w", err)
			}
			state = filepath.Join(home, ".local", "state")
		}
		d.State = filepath.Join(state, "portreeve")
	}
	d.Runtime, err = runtimeDir()
	return d, err
}
