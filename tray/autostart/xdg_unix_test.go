//go:build unix && !darwin

package autostart

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// home gives the test folders of its own and the entry for a program in them.
func home(t *testing.T) (e *Entry, system string) {
	t.Helper()
	dir := t.TempDir()
	system = filepath.Join(dir, "etc", "autostart", entryName)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "config"))
	t.Setenv("XDG_CONFIG_DIRS", filepath.Join(dir, "none")+":relative:"+filepath.Join(dir, "etc"))
	program := filepath.Join(dir, "portreeve")
	if err := os.WriteFile(program, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	e, err := Open(program)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := e.Where(), filepath.Join(dir, "config", "autostart", entryName); got != want {
		t.Errorf("where: got %s, want %s", got, want)
	}
	return e, system
}

func want(t *testing.T, e *Entry, want bool) {
	t.Helper()
	if got, err := e.On(); err != nil || got != want {
		t.Errorf("on: got %v, %v, want %v", got, err, want)
	}
}

func set(t *testing.T, e *Entry, on bool) {
	t.Helper()
	if err := e.Set(on); err != nil {
		t.Fatalf("set %v: %v", on, err)
	}
	want(t, e, on)
}

func TestTheEntryComesAndGoes(t *testing.T) {
	e, _ := home(t)
	want(t, e, false)
	set(t, e, false)
	set(t, e, true)
	set(t, e, true)
	set(t, e, false)
	if _, err := os.Stat(e.Where()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after off: got %v, want no file", err)
	}
}

func TestOnBringsBackWhatTheDesktopSwitchedOff(t *testing.T) {
	e, _ := home(t)
	set(t, e, true)
	if err := os.WriteFile(e.Where(), append(desktopEntry("/bin/sh"), "Hidden=true\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	want(t, e, false)
	set(t, e, true)
}

func TestTheUsersNoStandsAgainstTheSystemsYes(t *testing.T) {
	e, system := home(t)
	if err := os.MkdirAll(filepath.Dir(system), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(system, desktopEntry("/bin/sh"), 0o644); err != nil {
		t.Fatal(err)
	}
	want(t, e, true)
	set(t, e, false)
	if text, err := os.ReadFile(e.Where()); err != nil || !strings.Contains(string(text), "Hidden=true") {
		t.Errorf("the user's file: got %q, %v, want it to say no", text, err)
	}
	set(t, e, true)
}

func TestAnEntryThatCannotBeWrittenIsAnError(t *testing.T) {
	e, _ := home(t)
	config := filepath.Dir(filepath.Dir(e.Where()))
	if err := os.WriteFile(config, nil, 0o644); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	if err := e.Set(true); err == nil {
		t.Error("got no error, want one")
	}
	if on, err := e.On(); err == nil || on {
		t.Errorf("on: got %v, %v, want an error", on, err)
	}
}
