//go:build e2e && linux

package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// programVariable names a folder with the program already built: portreeve,
// and portreeve-window beside it where there is one. Without it the tests build
// both.
const programVariable = "E2E_PROGRAM"

const (
	residentBinary = "portreeve"
	windowBinary   = "portreeve-window"
)

// buildProgram builds both binaries into a folder of mark's and says so to the
// tests. A computer without a C compiler or the headers of the window gets the
// first alone.
func buildProgram(mark string) (folder string, err error) {
	if os.Getenv(programVariable) != "" {
		return "", nil
	}
	if folder, err = os.MkdirTemp("", mark+"-"); err != nil {
		return "", err
	}
	if err := goBuild("CGO_ENABLED=0", "-o", filepath.Join(folder, residentBinary), ".."); err != nil {
		return folder, err
	}
	if why := windowImpossible(); why != nil {
		fmt.Fprintln(os.Stderr, "e2e: without the window:", why)
	} else if err := goBuild("CGO_ENABLED=1", "-tags", "no_emoji", "-o", filepath.Join(folder, windowBinary), ".."); err != nil {
		return folder, err
	}
	return folder, os.Setenv(programVariable, folder)
}

func goBuild(setting string, args ...string) error {
	command := exec.Command("go", append([]string{"build"}, args...)...)
	command.Env = append(os.Environ(), setting)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// windowImpossible says why the window can't be built here, nil where it can.
// What it compiles is what Fyne's driver includes.
func windowImpossible() error {
	compiler := exec.Command("gcc", "-fsyntax-only", "-x", "c", "-")
	compiler.Stdin = strings.NewReader(`
#include <GL/gl.h>
#include <X11/Xcursor/Xcursor.h>
#include <X11/extensions/Xrandr.h>
#include <X11/extensions/Xinerama.h>
#include <X11/extensions/XInput2.h>
#include <X11/extensions/xf86vmode.h>
`)
	out, err := compiler.CombinedOutput()
	if err == nil {
		return nil
	}
	if first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n"); first != "" {
		return errors.New(first)
	}
	return err
}

// binary is the path of one of the program's binaries.
func binary(name string) string { return filepath.Join(os.Getenv(programVariable), name) }

// needWindow skips a test where the window was not built.
func needWindow(t testing.TB) {
	t.Helper()
	if _, err := os.Stat(binary(windowBinary)); err != nil {
		t.Skipf("no window to test: %v", err)
	}
}

// resident is one life of the program on a desktop's tray.
type resident struct {
	*child
	item  trayItem
	began int // how many notices there were before it
}

// startResident starts the program and waits for its icon. It ends with the
// test.
func (d *Desktop) startResident() resident {
	d.t.Helper()
	r := resident{began: len(d.notices.list())}
	r.child = d.start(binary(residentBinary))
	r.item = d.waitItem(r.pid)
	d.waitMenuRow(r.item, "Quit")
	return r
}

// quit sends SIGTERM and fails the test unless the program ends within a
// second, and well.
func (r resident) quit(t testing.TB) {
	t.Helper()
	asked := time.Now()
	if err := syscall.Kill(r.pid, syscall.SIGTERM); err != nil {
		t.Fatalf("ask the program to end: %v", err)
	}
	r.waitEnd(t, asked)
}

// waitEnd waits for the program's end and holds it against the second that it
// has from asked on.
func (r resident) waitEnd(t testing.TB, asked time.Time) {
	t.Helper()
	waitFor(t, 20*time.Second, "the program to end", r.ended)
	if took := time.Since(asked); took > time.Second {
		t.Errorf("got %v from the request to the end, want at most 1 s", took.Round(time.Millisecond))
	}
	if code := r.code(); code != 0 {
		t.Errorf("got exit code %d, want 0", code)
	}
}
