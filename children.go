package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"portreeve/monitor/reeve"
)

// The program is two binaries where the window is built: the static resident
// and, beside it, the one with the window.
const (
	residentName = "portreeve"
	windowName   = "portreeve-window"
)

// children starts the processes of our own: the window and the example. They
// are waited for, so that none stays a zombie; none is needed for the watch.
type children struct {
	wg sync.WaitGroup
	// windowEnded is called when a window has gone.
	windowEnded func()
}

// openWindow starts the window's process on a page. The window lives on when
// the resident ends: it says so itself.
func (c *children) openWindow(show reeve.ShowRequest) error {
	binary, ok := windowBinary()
	if !ok {
		return errNoWindow
	}
	cmd := exec.Command(binary, append([]string{"window"}, windowFlags(show)...)...)
	cmd.Env = namedLocale(os.Environ())
	return c.start(cmd, c.windowEnded)
}

// namedLocale gives an environment whose locale is a language: Fyne reads it as
// it loads and complains of C and POSIX, which mean English without saying so.
func namedLocale(env []string) []string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		switch language, _, _ := strings.Cut(os.Getenv(name), "."); language {
		case "":
			continue
		case "C", "POSIX":
			return append(env, name+"=en_US.UTF-8")
		}
		return env // the first that is set decides
	}
	return append(env, "LANG=en_US.UTF-8")
}

// start runs cmd in the background and calls ended after its end.
func (c *children) start(cmd *exec.Cmd, ended func()) error {
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", filepath.Base(cmd.Path), err)
	}
	c.wg.Go(func() {
		_ = cmd.Wait() // how it ended is its own affair
		if ended != nil {
			ended()
		}
	})
	return nil
}

// exampleAddress is the address that the program is named for in its own words.
const exampleAddress = "127.0.0.1:62893"

// exampleLife ends an example that nobody stopped.
const exampleLife = 10 * time.Minute

// example starts a harmless stranger: this program, which answers with one
// sentence on the example's address.
func (c *children) example(context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return c.start(exec.Command(self, "example"), nil)
}

func exampleCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "example",
		Short: "Listen on " + exampleAddress + " for ten minutes, to see what Portreeve says",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return serveExample(c.Context()) },
	}
}

func serveExample(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, exampleLife)
	defer cancel()
	l, err := net.Listen("tcp", exampleAddress)
	if err != nil {
		// Somebody has the address; any other shows the same.
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return fmt.Errorf("listen for the example: %w", err)
		}
	}
	s := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "This is Portreeve's example of a listener. It does nothing and ends by itself.")
	})}
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	if err := s.Serve(l); err != http.ErrServerClosed {
		return fmt.Errorf("serve the example: %w", err)
	}
	return nil
}

func windowFlags(show reeve.ShowRequest) []string {
	flags := []string{"--page=" + show.Page}
	if show.Listener != "" {
		flags = append(flags, "--listener="+show.Listener)
	}
	return flags
}

// windowBinary finds the binary that has the window: this one or its sibling.
func windowBinary() (string, bool) {
	if hasWindow {
		self, err := os.Executable()
		return self, err == nil
	}
	return sibling(windowName)
}

// sibling finds another binary of ours in the folder of this one.
func sibling(name string) (string, bool) {
	self, err := os.Executable()
	if err != nil {
		return "", false
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		return "", false
	}
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	path := filepath.Join(filepath.Dir(self), name)
	if path == self {
		return "", false
	}
	fi, err := os.Stat(path)
	return path, err == nil && fi.Mode().IsRegular()
}

// interfaceOf names the network interface that carries an address.
func interfaceOf(a netip.Addr) string {
	if a.IsUnspecified() || a.Unmap().IsLoopback() {
		return ""
	}
	all, err := net.Interfaces()
	if err != nil {
		return ""
	}
	for _, i := range all {
		addrs, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, has := range addrs {
			if p, err := netip.ParsePrefix(has.String()); err == nil && p.Addr().Unmap() == a.Unmap().WithZone("") {
				return i.Name
			}
		}
	}
	return ""
}

// graphical reports a display that a window could open on.
func graphical() bool {
	switch runtime.GOOS {
	case "windows", "darwin":
		return true
	}
	return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}

// ignoreHangup lets a resident outlive the terminal that it was started from
// with "&".
func ignoreHangup() { signal.Ignore(syscall.SIGHUP) }

// oneLine folds an error's text for a line that is written for people.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
