package autostart

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// agent is the file in the user's LaunchAgents. launchd reads it at the next
// login. What "launchctl disable" switched off is not seen: bad, but launchd
// keeps that to itself.
type agent struct{ program, file string }

func open(program string) (place, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, fmt.Errorf("find the folder of launch agents: %w", err)
	}
	return &agent{program, filepath.Join(home, "Library", "LaunchAgents", label+".plist")}, nil
}

func (a *agent) where() string { return a.file }

func (a *agent) on() (bool, error) {
	_, err := os.Stat(a.file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the launch agent: %w", err)
	}
	return true, nil
}

func (a *agent) set(on bool) error {
	if !on {
		if err := os.Remove(a.file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove the launch agent: %w", err)
		}
		return nil
	}
	text, err := launchAgent(a.program)
	if err != nil {
		return fmt.Errorf("make the launch agent: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(a.file), 0o755); err != nil {
		return fmt.Errorf("make the folder of launch agents: %w", err)
	}
	if err := renameio.WriteFile(a.file, text, 0o644); err != nil {
		return fmt.Errorf("write the launch agent: %w", err)
	}
	return nil
}
