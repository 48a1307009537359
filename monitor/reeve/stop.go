package reeve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"portreeve/monitor"
	"portreeve/monitor/explain"
	"portreeve/monitor/process"
)

// How long a process is given to end, and how long the port is watched after
// it has: the kernel frees it at once, other holders may take a moment.
const (
	patience = 5 * time.Second
	settling = time.Second
)

// Stop ends one holder of a listener: exactly the one that was shown, or none.
func (r *Reeve) Stop(ctx context.Context, req StopRequest) (*Stopped, error) {
	l, _, err := r.find(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	program, at := r.Words.Program(l.Listening), l.Local
	if len(l.Owners) == 0 {
		return nil, &Error{Code: CodeDenied, Message: fmt.Sprintf("the program on %s can't be seen: it %s", explain.Endpoint(at), l.Hidden), Hint: "try it with sudo"}
	}
	i := slices.IndexFunc(l.Owners, func(o process.Info) bool { return o.Target().String() == req.Owner })
	if i < 0 {
		return nil, &Error{Code: CodeChanged, Message: fmt.Sprintf("%s is held by another process now", explain.Endpoint(at)), Hint: "look again: portreeve list"}
	}
	program = explain.Clean(l.Owners[i].Name, 40)
	how := process.Terminate
	if req.Force {
		how = process.Kill
	}
	outcome, err := process.Stop(ctx, l.Owners[i].Target(), l.Socket, how, patience)
	switch {
	case errors.Is(err, process.ErrGone):
		// What was asked for is so already; the port decides.
	case err != nil:
		return nil, refused(err, l.Owners[i])
	case outcome == process.Running:
		hint := ""
		if !req.Force {
			hint = "Force stop ends it without asking it; unsaved work is lost."
		}
		return &Stopped{Result: StopRunning, Text: explain.StillRunning(program, at, req.Force), Hint: hint, CanForce: !req.Force}, nil
	}
	return r.proof(ctx, l, program)
}

// proof looks who holds the port now.
func (r *Reeve) proof(ctx context.Context, was *monitor.Listener, program string) (*Stopped, error) {
	deadline := time.Now().Add(settling)
	for {
		u, err := r.Monitor.Now(ctx)
		if err != nil {
			return nil, failed("look at the port", err)
		}
		here, elsewhere := r.holders(u, was)
		if here == nil {
			text := explain.Freed(program, was.Local)
			if elsewhere != nil {
				text = explain.FreedHere(program, was.Local, r.Words.Program(elsewhere.Listening))
			}
			return &Stopped{Result: StopFreed, Free: true, Text: text}, nil
		}
		if here.Cookie != was.Cookie {
			return &Stopped{Result: StopTaken, Text: explain.Taken(program, was.Local, r.Words.Program(here.Listening)),
				Hint: "Something may have started it again."}, nil
		}
		if time.Now().After(deadline) {
			n := max(len(here.Owners), 1)
			return &Stopped{Result: StopStillHeld, Text: explain.StillHeld(program, was.Local, n, r.Words.Program(here.Listening)),
				Hint: "Stop them too to free the port."}, nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return nil, failed("look at the port", ctx.Err())
		}
	}
}

// holders gives who listens on the same address and port, the same socket
// before others, and who on the same port elsewhere.
func (r *Reeve) holders(u monitor.Update, was *monitor.Listener) (here, elsewhere *monitor.Listener) {
	for _, l := range u.Listeners {
		switch {
		case l.Proto != was.Proto || l.Local.Port() != was.Local.Port():
		case l.Cookie == was.Cookie:
			return l, elsewhere
		case l.Local == was.Local:
			here = l
		default:
			elsewhere = l
		}
	}
	return here, elsewhere
}

// refused words a stop that was not carried out.
func refused(err error, o process.Info) error {
	e := &Error{Code: CodeFailed, Message: err.Error()}
	switch {
	case errors.Is(err, process.ErrDenied):
		e.Code, e.Hint = CodeDenied, fmt.Sprintf("it belongs to %s; sudo portreeve stop can end it", explain.Clean(o.User, 40))
	case errors.Is(err, process.ErrProtected):
		e.Code, e.Hint = CodeProtected, "stop it by its own means if you are sure"
	case errors.Is(err, process.ErrUnsure):
		e.Code, e.Hint = CodeUnsure, "nothing was stopped; look again: portreeve list"
	case errors.Is(err, process.ErrReused), errors.Is(err, process.ErrReplaced), errors.Is(err, process.ErrNotHolder):
		e.Code, e.Hint = CodeChanged, "nothing was stopped; look again: portreeve list"
	}
	return e
}
