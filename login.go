package main

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"portreeve/monitor/reeve"
	"portreeve/tray/autostart"
)

// loginPatience is how long after a login the panel and the notification daemon
// may take to come up: on a slow disk a session needs far longer for them than
// for us. What there is to tell waits meanwhile.
const loginPatience = time.Minute

// login gives the user's choice whether Portreeve starts at login; nil where
// there is no way to.
func login() reeve.Login {
	program, err := loginProgram()
	if err == nil {
		var e *autostart.Entry
		if e, err = autostart.Open(program); err == nil {
			return e
		}
	}
	if !errors.Is(err, autostart.ErrTemporary) {
		slog.Warn("no start at login", "error", err)
	}
	return nil
}

// loginProgram is which of our binaries a login starts: the static one, but on
// Windows the one that opens no console.
func loginProgram() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		return "", err
	}
	better := residentName
	if runtime.GOOS == "windows" {
		better = windowName
	}
	if path, ok := sibling(better); ok {
		return path, nil
	}
	return self, nil
}

// loginCommand is what the login's entry runs. It differs from a start by hand
// in its patience, and in that it opens no window of its own accord.
func loginCommand(out io.Writer) *cobra.Command {
	return &cobra.Command{
		Use:    autostart.Command,
		Short:  "Start as a login does",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE:   func(c *cobra.Command, _ []string) error { return resident(c.Context(), out, true) },
	}
}
