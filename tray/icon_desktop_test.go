package tray

// What the icon asks of the desktop's programs: the clipboard and the browser.

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"portreeve/monitor/reeve"
)

func TestTheClipboardGetsTheTextAndNoShellSeesIt(t *testing.T) {
	folder := t.TempDir()
	got := filepath.Join(folder, "got")
	program := filepath.Join(folder, "xclip")
	script := "#!/bin/sh\nprintf '%s\\n' \"$*\" >'" + got + "'\ncat >>'" + got + "'\n"
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	o := programsFor("linux", func(name string) string { return map[string]string{"DISPLAY": ":0", "WAYLAND_DISPLAY": "w"}[name] })
	o.look = func(name string) (string, error) {
		if name == "xclip" {
			return program, nil
		}
		return "", exec.ErrNotFound // wl-copy, which comes first
	}
	const text = "$(id); 127.0.0.1:1 `id`"
	if err := o.copyText(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(got)
	if err != nil {
		t.Fatal(err)
	}
	if want := "-selection clipboard\n" + text; string(data) != want {
		t.Errorf("got %q, want %q", data, want)
	}
}

func TestWithoutAClipboardProgramTheErrorSaysWhatToInstall(t *testing.T) {
	o := programsFor("linux", func(string) string { return ":0" })
	o.look = func(string) (string, error) { return "", exec.ErrNotFound }
	var no *reeve.Error
	if err := o.copyText(t.Context(), "x"); !errors.As(err, &no) || no.Hint != "install xclip or wl-clipboard" {
		t.Errorf("got %v, want an error with what to install", err)
	}
	if err := o.browse(t.Context(), "http://127.0.0.1/"); !errors.As(err, &no) || no.Hint != "install xdg-utils" {
		t.Errorf("got %v, want an error with what to install", err)
	}
}

func TestEachPlatformHasItsPrograms(t *testing.T) {
	none := func(string) string { return "" }
	for goos, want := range map[string][2]string{"windows": {"clip.exe", "rundll32.exe"}, "darwin": {"pbcopy", "open"}, "linux": {"", "xdg-open"}} {
		o := programsFor(goos, none)
		first := func(commands [][]string) string {
			if len(commands) == 0 {
				return ""
			}
			return commands[0][0]
		}
		if got := [2]string{first(o.copiers), first(o.openers)}; got != want {
			t.Errorf("%s: got %q, want %q", goos, got, want)
		}
	}
}
