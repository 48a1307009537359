package autostart

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows/registry"
)

// The keys of the current user whose values are started at login, and where
// Task Manager and Settings note which of those are switched off.
const (
	runKey      = `Software\Microsoft\Windows\CurrentVersion\Run`
	approvedKey = `Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run`
	valueName   = "Portreeve"
)

// runValue is the value below Run.
type runValue struct{ program string }

func open(program string) (place, error) { return runValue{program}, nil }

func (runValue) where() string { return `HKCU\` + runKey + `\` + valueName }

func (runValue) on() (bool, error) {
	run, err := registry.OpenKey(registry.CURRENT_USER, runKey, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read what starts at login: %w", err)
	}
	defer run.Close()
	if _, _, err := run.GetStringValue(valueName); errors.Is(err, registry.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("read what starts at login: %w", err)
	}
	approved, err := registry.OpenKey(registry.CURRENT_USER, approvedKey, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("read what may start at login: %w", err)
	}
	defer approved.Close()
	state, _, err := approved.GetBinaryValue(valueName)
	if errors.Is(err, registry.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("read what may start at login: %w", err)
	}
	return !switchedOff(state), nil
}

func (r runValue) set(on bool) error {
	run, _, err := registry.CreateKey(registry.CURRENT_USER, runKey, registry.SET_VALUE)
	if err != nil {
		return fmt.Errorf("change what starts at login: %w", err)
	}
	defer run.Close()
	if on {
		err = run.SetStringValue(valueName, commandLine(r.program))
	} else if err = run.DeleteValue(valueName); errors.Is(err, registry.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("change what starts at login: %w", err)
	}
	// What was switched off there before would hold for the new value, too.
	approved, err := registry.OpenKey(registry.CURRENT_USER, approvedKey, registry.SET_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("change what may start at login: %w", err)
	}
	defer approved.Close()
	if err := approved.DeleteValue(valueName); err != nil && !errors.Is(err, registry.ErrNotExist) {
		return fmt.Errorf("change what may start at login: %w", err)
	}
	return nil
}
