// Package supervisor answers two questions about a listener: who would start it
// again once its process has ended, and how is it ended for good. It knows
// systemd (services and socket units, the user's and the system's), Docker and
// Podman, pm2, supervisord, the watchers that developers use (nodemon and its
// kind), and shells that run a program in a loop.
//
// Who counts: somebody starts the listener again only if it is waiting for the
// very process that ends, be it the listener itself or what merely carries it
// (a shell, npm, sudo). So a service whose editor has a terminal in which
// somebody runs a server is no supervisor of that server. A systemd unit counts
// when the listener is its main process, carried or not. Scopes (session-*,
// app-*) never count, and neither do the app-*.service units in which desktops
// start applications, unless they have a Restart=.
//
// What can't be seen: a loop that was typed into an interactive shell leaves no
// trace in its arguments.
//
// The engines are asked by plain HTTP over their Unix sockets. The client
// library of Docker adds 1.5 MB to a static binary (5.9 MB with net/http alone,
// 7.4 MB with github.com/docker/docker v28.5.2) and 20 modules, OpenTelemetry
// among them; three calls of an interface that has been stable since its
// version 1.24, and that Podman serves too, are not worth them.
package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"

	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

// Kind is what sort of supervisor it is.
type Kind string

// The kinds of supervisors.
const (
	SystemdUser Kind = "systemd-user" // a unit of a user's service manager
	Systemd     Kind = "systemd"      // a unit of the system's
	SocketUnit  Kind = "socket-unit"  // a .socket unit of either, see Scope
	Docker      Kind = "docker"
	Podman      Kind = "podman"
	PM2         Kind = "pm2"
	Supervisord Kind = "supervisord"
	Watcher     Kind = "watcher" // restarts a program when its files change
	Loop        Kind = "loop"    // a shell that runs a program again and again
)

// The scopes of systemd's units.
const (
	ScopeUser   = "user"
	ScopeSystem = "system"
)

// ErrRunning says that a watcher or a loop was asked to end and still runs, so
// that nothing was done to the listener.
var ErrRunning = errors.New("it was asked to end and still runs")

// Supervisor is who looks after a listener. Everything in it but Kind and Scope
// may hold text that a program chose: whoever shows it cleans it.
type Supervisor struct {
	Kind Kind
	// Name is the unit, the container, the application of pm2, the program of
	// supervisord ("group:name"), the watcher or the shell. It is empty for a
	// container of an engine that may not be asked.
	Name string
	// Scope is ScopeUser or ScopeSystem for systemd's units, else empty.
	Scope string
	// Restarts tells that it would start the listener again if that just ended.
	// Policy is what says so, in the supervisor's own words: "Restart=always",
	// "TriggeredBy=shop.timer", "unless-stopped", "on change". It is empty where
	// the supervisor doesn't tell.
	Restarts bool
	Policy   string
	// Project is the compose project of a container or the namespace of an
	// application of pm2; empty where there is none.
	Project string
	// Command is the lasting way as a person would type it, a word each. Stop
	// does not run it.
	Command []string
	// Allowed tells whether this program may do it; Why says why not.
	Allowed bool
	Why     string

	key  string
	stop func(context.Context) error
}

// Key identifies the supervisor, so that a click can be held against what was
// offered: two looks at a listener give the same key only for the same unit,
// container, application or processes. It is opaque.
func (s *Supervisor) Key() string { return string(s.Kind) + ":" + s.key }

// Stop ends the listener in the lasting way and returns once the supervisor
// says that it is done, or with ctx. Whether the port is free is another
// question. It runs no shell.
//
// A watcher or a loop is ended first and the listener after it, both by package
// process, whose sentinels a refusal wraps. What is not allowed wraps
// process.ErrDenied and has changed nothing.
func (s *Supervisor) Stop(ctx context.Context) error {
	if !s.Allowed || s.stop == nil {
		return fmt.Errorf("stop %s: %w: %s", quoted(s.Name), process.ErrDenied, s.Why)
	}
	if err := s.stop(ctx); err != nil {
		return fmt.Errorf("stop %s: %w", quoted(s.Name), err)
	}
	return nil
}

// Find tells who would start the listener again that holds the socket, and
// whose topmost owner is owner; nil and no error when nobody would. Where the
// owner is hidden, an Info with nothing but the Unit that the socket was made
// in does: units of the system and engines can be asked without it.
//
// An error says that somebody who may look after it could not be asked; it can
// come together with a Supervisor, who then may have one above.
//
// It takes some milliseconds, at most some seconds where something hangs, and
// may be called from any goroutine.
func Find(ctx context.Context, holds socket.Socket, owner process.Info) (*Supervisor, error) {
	s := search{
		uid:      uint32(os.Geteuid()),
		pid:      int32(os.Getpid()),
		getenv:   os.Getenv,
		describe: process.Describe,
		engines:  enginePaths(os.Getenv),
	}
	return s.find(ctx, holds, owner)
}
