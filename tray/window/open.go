//go:build cgo && !nogl

package window

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/driver"

	"portreeve/assets"
	"portreeve/monitor/reeve"
)

// errNoDisplay tells that there is nothing to draw a window on.
var errNoDisplay = errors.New("open window: no display here; use portreeve list and portreeve watch instead")

// errNoGL tells that the display can't draw what Fyne wants.
var errNoGL = errors.New("open window: this display has no usable OpenGL; use portreeve list and portreeve watch instead")

// Open shows the window and returns when it is closed or ctx ends. It must be
// called from main's goroutine, as the drivers of most platforms want, and once
// in a process. Without a display it returns an error at once; a display that
// has no usable OpenGL is an error too.
func Open(ctx context.Context, verbs Verbs, first reeve.ShowRequest) (err error) {
	if !hasDisplay() {
		return errNoDisplay
	}
	tameBus()
	// Fyne's driver panics where the graphics library is missing or broken. The
	// process has nothing else to do, so its last words may as well be plain.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("open window: the graphics driver failed: %v", p)
		}
	}()
	// Without an id Fyne keeps no folder and no file of preferences.
	a := app.NewWithID("")
	wear("system")
	if err := translate(); err != nil {
		return fmt.Errorf("open window: %w", err)
	}
	if png, err := assets.PNG(assets.Quiet, 256); err == nil {
		a.SetIcon(fyne.NewStaticResource("portreeve.png", png))
	}
	win := a.NewWindow(Title)
	win.Resize(fyne.NewSize(startWidth, startHeight))
	w := newWindow(ctx, verbs, win, first, fyne.Do, windowTime{time.Now, func(d time.Duration, f func()) {
		time.AfterFunc(d, func() { fyne.Do(f) })
	}})
	defer w.close()
	if !drawn(win) {
		return errNoGL
	}
	stop := context.AfterFunc(ctx, func() { fyne.Do(a.Quit) })
	defer stop()
	defer drawAgain(win)()
	a.Run()
	return nil
}

// drawAgain draws the window some more times while it is young, until the
// returned function is called. A window that has only just been mapped may not
// show its last frame until something changes in it (seen: GNOME Shell 43 under
// load, software GL).
func drawAgain(win fyne.Window) (stop func()) {
	var timers []*time.Timer
	for _, age := range []time.Duration{300 * time.Millisecond, time.Second, 2 * time.Second} {
		timers = append(timers, time.AfterFunc(age, func() {
			fyne.Do(func() { win.Content().Refresh() })
		}))
	}
	return func() {
		for _, t := range timers {
			t.Stop()
		}
	}
}

// drawn tells whether Fyne made the window that it was asked to show. Where the
// display has no GLX it only logs that it did not, and would then run for ever
// without one. Elsewhere than on X11 a window that is missing panics.
func drawn(win fyne.Window) bool {
	ok := true
	if n, is := win.(driver.NativeWindow); is {
		n.RunNative(func(c any) {
			if x, is := c.(driver.X11WindowContext); is {
				ok = x.WindowHandle != 0
			}
		})
	}
	return ok
}

// hasDisplay tells whether a window can be asked for. Windows and macOS always
// say yes; elsewhere the X server's variable decides, since Fyne speaks X11.
func hasDisplay() bool {
	return runtime.GOOS == "windows" || runtime.GOOS == "darwin" || os.Getenv("DISPLAY") != ""
}

// tameBus keeps Fyne, which asks the session bus for the colour scheme, from
// starting a bus of its own where none runs: the library would call dbus-launch,
// and that bus would outlive the window. A bus that systemd made is found by its
// well-known name (XDG Base Directory Specification, XDG_RUNTIME_DIR).
func tameBus() {
	const name = "DBUS_SESSION_BUS_ADDRESS"
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" || os.Getenv(name) != "" {
		return
	}
	bus := "/nonexistent"
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		if at := filepath.Join(dir, "bus"); exists(at) {
			bus = at
		}
	}
	os.Setenv(name, "unix:path="+bus)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
