package reeve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"portreeve/monitor"
	"portreeve/monitor/explain"
	"portreeve/monitor/process"
	"portreeve/monitor/socket"
	"portreeve/monitor/supervisor"
)

// What stands between a click on Stop and the signal: who would start the
// program again, and what its end would cost. Each is told with the requests
// that lead on, and nothing has been done then.

// lookTime bounds the look for supervisors and clients: a service manager that
// hangs must not keep anybody from stopping a program.
const lookTime = 3 * time.Second

// target is what a stop is about.
type target struct {
	*monitor.Listener
	owner   process.Info
	program string // cleaned
}

// supervised tells who would start the target again; nil for nobody.
func (r *Reeve) supervised(ctx context.Context, t target) *supervisor.Supervisor {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	s, err := supervisor.Find(ctx, t.Socket, t.owner)
	if err != nil {
		// Whoever can't be asked may still start it again: the port is watched
		// afterwards, and says so.
		slog.Debug("look for a supervisor", "error", err)
	}
	return s
}

// guarded refuses what must not be ended at all, whoever looks after it: the
// session bus is a unit of systemd, too. A socket unit is stopped without the
// service manager that holds its socket.
func guarded(ctx context.Context, t target, s *supervisor.Supervisor) error {
	if s != nil && s.Kind == supervisor.SocketUnit {
		return nil
	}
	if err := process.Guarded(ctx, t.owner.ID); errors.Is(err, process.ErrProtected) {
		return err
	}
	return nil // every other doubt is the stop's own to tell
}

// heldBack says that the target would be started again, with the lasting way.
func heldBack(req StopRequest, t target, s *supervisor.Supervisor) *Error {
	command := lastingCommand(s)
	e := &Error{Code: CodeSupervised, Message: explain.Supervised(t.program, s), Offers: []Offer{}}
	if s.Allowed {
		lasting := req
		lasting.Supervisor, lasting.Confirmed = s.Key(), true
		e.Offers = append(e.Offers, Offer{Label: explain.LastingStop(s), Command: command, Request: lasting})
	}
	anyway := req
	anyway.Anyway = true
	e.Offers = append(e.Offers, Offer{Label: "Stop only " + t.program, Request: anyway})
	switch {
	case command != "" && !s.Allowed && s.Why != "":
		e.Hint = fmt.Sprintf("to stop it for good: %s (%s)", command, explain.Clean(s.Why, 80))
	case command != "":
		e.Hint = "to stop it for good: " + command
	}
	return e
}

// lastingCommand is how a person would stop a supervisor; empty for a loop and a
// watcher, where it is a kill of a bare pid, which nobody should type.
func lastingCommand(s *supervisor.Supervisor) string {
	if s.Kind == supervisor.Loop || s.Kind == supervisor.Watcher {
		return ""
	}
	return shellWords(s.Command)
}

// costs says what would be lost; empty where that is nothing worth a question.
func (r *Reeve) costs(ctx context.Context, req StopRequest, t target) string {
	var all []string
	if id, ok := process.IsDesktopApp(t.owner); ok {
		if leads, err := process.LeadsUnit(ctx, t.owner); err == nil && leads {
			all = append(all, explain.WhatClosingLoses(explain.Application(id)))
		}
	}
	if clients := r.clients(ctx, t); len(clients) > 0 {
		all = append(all, explain.WhoIsConnected(t.program, clients))
	}
	if req.Force {
		all = append(all, explain.WhatForceLoses(t.program))
	}
	return strings.Join(all, "; ")
}

// ask says what would be lost and offers to go on.
func ask(req StopRequest, t target, loss string) *Error {
	yes := req
	yes.Confirmed = true
	label := "Stop " + t.program
	if req.Force {
		label = "Force stop " + t.program
	}
	return &Error{Code: CodeConfirm, Message: loss, Hint: "nothing was stopped yet", Offers: []Offer{{Label: label, Request: yes}}}
}

// mostClients is how many connected programs are named.
const mostClients = 3

// clients names the other programs that are connected to the target.
func (r *Reeve) clients(ctx context.Context, t target) []string {
	if t.Proto != socket.TCP {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	ends, err := socket.Clients(ctx, t.Socket)
	if err != nil || len(ends) == 0 {
		return nil
	}
	finder := process.NewFinder()
	defer finder.Close()
	var names []string
	for _, f := range finder.Find(ctx, ends) {
		if len(f.Owners) == 0 || slices.ContainsFunc(t.Owners, func(o process.Info) bool { return o.ID == f.Owners[0].ID }) {
			continue
		}
		if name := explain.Clean(f.Owners[0].Name, 40); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if more := len(names) - mostClients; more > 0 {
		names = append(names[:mostClients], fmt.Sprintf("%d more", more))
	}
	return names
}

// shellWords writes a command as a person would type it; words that a shell
// would not take as they are stand in single quotes.
func shellWords(words []string) string {
	var out []string
	for _, w := range words {
		plain := w != "" && strings.IndexFunc(w, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=@,+%", r))
		}) < 0
		if !plain {
			w = "'" + strings.ReplaceAll(explain.Clean(w, 200), "'", `'\''`) + "'"
		}
		out = append(out, w)
	}
	return strings.Join(out, " ")
}
