// Portreeve watches the listening ports of its user's computer.
//
//	portreeve            the resident: monitor, tray, notices, local API (resident.go)
//	portreeve window     the window, a client of the resident
//	portreeve list ...   the terminal, a client where a resident runs
//
// This is the diagram of the program: every room is made here or in resident.go
// and handed to those that use it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"portreeve/cli"
	"portreeve/monitor"
	"portreeve/monitor/explain"
	"portreeve/monitor/familiar"
	"portreeve/monitor/localapi"
	"portreeve/monitor/process"
	"portreeve/monitor/reeve"
	"portreeve/monitor/socket"
	"portreeve/monitor/store"
	"portreeve/monitor/supervisor"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run carries out one command line and gives its exit code (see cli.Run).
func run(ctx context.Context, args []string, in io.Reader, out, errw io.Writer) int {
	return cli.Run(ctx, args, cli.Streams{In: in, Out: out, Err: errw}, cli.Config{
		Version: versionText(),
		Build:   build(),
		Open:    openVerbs,
		Bare:    func(ctx context.Context) error { return resident(ctx, out, false) },
		Extra:   append(manualCommands(), windowCommand(), exampleCommand(), loginCommand(out)),
	})
}

// openVerbs gives the running resident's verbs, or verbs of our own where none
// runs.
func openVerbs(ctx context.Context) (cli.Verbs, error) {
	dirs, err := store.UserDirs()
	if err != nil {
		return nil, &reeve.Error{Code: reeve.CodeFailed, Message: err.Error(), Hint: "set HOME, or XDG_CONFIG_HOME and XDG_STATE_HOME"}
	}
	if c, err := localapi.Dial(ctx, dirs.Runtime); err == nil {
		return c, nil
	}
	s := store.Open(dirs)
	hashes := process.NewHasher()
	m, err := newMonitor(s, hashes, false)
	if err != nil {
		return nil, err
	}
	return reeve.New(reeve.Options{Version: versionText(), Monitor: m, Store: s, Hasher: hashes, Words: words(), Elevate: elevate(), Login: login()}), nil
}

// newMonitor puts the engine together: table, finder, and what the store knows.
// Only the resident may move broken files aside and make a baseline.
func newMonitor(s *store.Store, hashes *process.Hasher, resident bool) (*monitor.Monitor, error) {
	table, err := socket.Open()
	if err != nil {
		return nil, fmt.Errorf("open the socket table: %w", err)
	}
	book := familiar.Book{}
	book.EphemeralLow, book.EphemeralHigh = monitor.EphemeralRange()
	book.Boot = monitor.Boot()
	return monitor.New(table, process.NewFinder(), monitor.Options{
		Book: s.Load(book, resident), MakeBaseline: resident, Hasher: details{hashes},
	}), nil
}

// details are what a judgement may hang on and the poll has no time for.
type details struct{ *process.Hasher }

func (details) Image(ctx context.Context, container string) (string, error) {
	return supervisor.ImageOf(ctx, container)
}

func words() explain.Words {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "" // paths are shown in full then
	}
	self, err := os.Executable()
	if err != nil {
		self = "" // its example is then a program like any other
	}
	return explain.Words{Home: home, Self: self, Interface: interfaceOf}
}

func windowCommand() *cobra.Command {
	var show reeve.ShowRequest
	c := &cobra.Command{
		Use:   "window",
		Short: "Open the window",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			dirs, err := store.UserDirs()
			if err != nil {
				return err
			}
			return openWindow(c.Context(), localapi.NewClient(dirs.Runtime).AsWindow(), show)
		},
	}
	c.Flags().StringVar(&show.Page, "page", reeve.PageListeners, "the page to open on: listeners, review or explain")
	c.Flags().StringVar(&show.Listener, "listener", "", "the id of the listener to select")
	return c
}

// errNoWindow is what a binary without the window says when it finds no other.
var errNoWindow = errors.New("no window here: portreeve-window is not beside this program; build it with make window")
