package reeve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"portreeve/monitor"
	"portreeve/monitor/explain"
	"portreeve/monitor/familiar"
	"portreeve/monitor/process"
	"portreeve/monitor/supervisor"
)

// How long a process is given to end, and how long the port is watched after
// it has: supervisors were seen to restart within 0.3 s, and a stop that is
// told to be done should not have to be taken back.
const (
	patience = 5 * time.Second
	settling = 700 * time.Millisecond
	// watching is how long where somebody may start the program again.
	watching = 5 * time.Second
)

// Stop ends one holder of a listener: exactly the one that was shown, or none.
// What stands in the way is told first, with the requests that lead on; then
// the port is watched until it is clear who has it.
func (r *Reeve) Stop(ctx context.Context, req StopRequest) (*Stopped, error) {
	l, _, err := r.find(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	t := target{Listener: l, program: r.Words.Program(l.Listening)}
	if len(l.Owners) == 0 {
		return r.stopHidden(ctx, req, t)
	}
	i := slices.IndexFunc(l.Owners, func(o process.Info) bool { return o.Target().String() == req.Owner })
	if i < 0 {
		return nil, &Error{Code: CodeChanged, Message: fmt.Sprintf("%s is held by another process now", explain.Endpoint(l.Local)), Hint: "look again: portreeve list"}
	}
	t.owner = l.Owners[i]
	t.program = explain.Clean(t.owner.Name, 40)
	s := r.supervised(ctx, t)
	if err := guarded(ctx, t, s); err != nil {
		return nil, refused(err, t.owner)
	}
	if req.Supervisor != "" {
		return r.stopSupervisor(ctx, req, t, s)
	}
	if s != nil && s.Restarts && !req.Anyway {
		return nil, heldBack(req, t, s)
	}
	if loss := r.costs(ctx, req, t); loss != "" && !req.Confirmed {
		return nil, ask(req, t, loss)
	}
	return r.end(ctx, req, t, s)
}

// stopHidden handles a listener whose program can't be seen: only the unit that
// its socket was made in may be stopped.
func (r *Reeve) stopHidden(ctx context.Context, req StopRequest, t target) (*Stopped, error) {
	if t.Unit != "" {
		t.owner = process.Info{Unit: t.Unit}
		if s := r.supervised(ctx, t); s != nil {
			if req.Supervisor != "" {
				return r.stopSupervisor(ctx, req, t, s)
			}
			e := heldBack(req, t, s)
			e.Offers = slices.DeleteFunc(e.Offers, func(o Offer) bool { return o.Request.Anyway })
			return nil, e
		}
	}
	return nil, &Error{Code: CodeDenied, Message: fmt.Sprintf("the program on %s can't be seen: it %s", explain.Endpoint(t.Local), t.Hidden), Hint: "try it with sudo"}
}

// stopSupervisor stops the supervisor that was offered, and no other.
func (r *Reeve) stopSupervisor(ctx context.Context, req StopRequest, t target, s *supervisor.Supervisor) (*Stopped, error) {
	if s == nil || s.Key() != req.Supervisor {
		return nil, &Error{Code: CodeChanged, Message: fmt.Sprintf("somebody else looks after %s now", t.program), Hint: "nothing was stopped; look again: portreeve list"}
	}
	r.stopping(req)
	if err := s.Stop(ctx); err != nil {
		e := refused(err, t.owner)
		if command := lastingCommand(s); command != "" {
			e.Hint = "try it yourself: " + command
		}
		return nil, e
	}
	return r.proof(ctx, req, t, nil)
}

// end ends the process itself.
func (r *Reeve) end(ctx context.Context, req StopRequest, t target, s *supervisor.Supervisor) (*Stopped, error) {
	how := process.Terminate
	if req.Force {
		how = process.Kill
	}
	r.stopping(req)
	var outcome process.Outcome
	var err error
	if req.Elevate && r.Elevate != nil {
		outcome, err = r.Elevate(ctx, req)
	} else {
		outcome, err = process.Stop(ctx, t.owner.Target(), t.Socket, how, patience)
	}
	switch {
	case errors.Is(err, process.ErrGone):
		// What was asked for is so already; the port decides.
	case errors.Is(err, process.ErrDenied) && !req.Elevate && r.Elevate != nil:
		e := refused(err, t.owner)
		elevated := req
		elevated.Elevate, elevated.Confirmed, elevated.Anyway = true, true, true
		e.Offers = []Offer{{Label: "Ask for permission", Request: elevated}}
		return nil, e
	case err != nil:
		return nil, refused(err, t.owner)
	case outcome == process.Running:
		return r.running(ctx, req, t), nil
	}
	return r.proof(ctx, req, t, s)
}

func (r *Reeve) stopping(req StopRequest) {
	if r.Stopping != nil {
		r.Stopping(req.ID)
	}
}

// running says why a process is still there.
func (r *Reeve) running(ctx context.Context, req StopRequest, t target) *Stopped {
	state, err := process.StateOf(ctx, t.owner.ID)
	if err != nil {
		state = process.Alive // where the platform doesn't tell, all that is known is that it goes on
	}
	a := &Stopped{Result: StopRunning, Text: explain.StillRunning(t.program, t.Local, state, req.Force), Offers: []Offer{}}
	if !req.Force && state != process.Stuck {
		a.CanForce = true
		a.Hint = "Force stop ends it without asking it; unsaved work is lost."
		force := req
		force.Force, force.Confirmed, force.Anyway = true, true, true
		a.Offers = append(a.Offers, Offer{Label: "Force stop", Request: force})
	}
	return a
}

// proof watches the port after the process has ended: settling where nobody is
// known to restart the program, watching where somebody is.
func (r *Reeve) proof(ctx context.Context, req StopRequest, t target, s *supervisor.Supervisor) (*Stopped, error) {
	began := time.Now()
	long := settling
	if s != nil && s.Restarts {
		long = watching
	}
	var freed bool
	for {
		u, err := r.Monitor.Now(ctx)
		if err != nil {
			return nil, failed("look at the port", err)
		}
		here, elsewhere := holders(u, t.Listener)
		switch {
		case here == nil:
			freed = true
		case here.Cookie != t.Cookie:
			return r.takenBy(req, t, here, s, time.Since(began)), nil
		}
		if time.Since(began) > long {
			if freed {
				return r.freed(t, elsewhere), nil
			}
			n := max(len(here.Owners), 1)
			return &Stopped{Result: StopStillHeld, Text: explain.StillHeld(t.program, t.Local, n, r.Words.Program(here.Listening)),
				Hint: "Stop them too to free the port.", Offers: r.stopHolders(here)}, nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return nil, failed("look at the port", ctx.Err())
		}
	}
}

func (r *Reeve) freed(t target, elsewhere *monitor.Listener) *Stopped {
	text := explain.Freed(t.program, t.Local)
	if elsewhere != nil {
		text = explain.FreedHere(t.program, t.Local, r.Words.Program(elsewhere.Listening))
	}
	return &Stopped{Result: StopFreed, Free: true, Text: text, Offers: []Offer{}}
}

// takenBy says who has the port now, and how to get it back.
func (r *Reeve) takenBy(req StopRequest, t target, here *monitor.Listener, s *supervisor.Supervisor, after time.Duration) *Stopped {
	who := r.Words.Program(here.Listening)
	if familiar.SubjectOf(here.Listening) != familiar.SubjectOf(t.Listening) {
		return &Stopped{Result: StopTaken, Text: explain.Taken(t.program, t.Local, who), Offers: []Offer{}}
	}
	by := ""
	a := &Stopped{Result: StopRespawned, Hint: "Whoever started it again will do so each time.", Offers: []Offer{}}
	if s != nil {
		by, a.Hint = explain.Supervisor(s), ""
		if s.Allowed && len(here.Owners) > 0 {
			lasting := StopRequest{ID: r.flat.id(here), Owner: here.Owners[0].Target().String(), Supervisor: s.Key(), Confirmed: true}
			a.Offers = append(a.Offers, Offer{Label: explain.LastingStop(s), Command: lastingCommand(s), Request: lasting})
		}
	}
	a.Text = explain.Respawned(t.program, t.Local, who, after, by)
	return a
}

// stopHolders offers to stop the topmost of those that still hold a listener.
func (r *Reeve) stopHolders(l *monitor.Listener) []Offer {
	if len(l.Owners) == 0 {
		return []Offer{}
	}
	o := l.Owners[0]
	return []Offer{{Label: "Stop " + explain.Clean(o.Name, 40), Request: StopRequest{ID: r.flat.id(l), Owner: o.Target().String()}}}
}

// holders gives who listens on the same address and port, the same socket
// before others, and who on the same port elsewhere.
func holders(u monitor.Update, was *monitor.Listener) (here, elsewhere *monitor.Listener) {
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
func refused(err error, o process.Info) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	e := &Error{Code: CodeFailed, Message: err.Error()}
	switch {
	case errors.Is(err, process.ErrDenied):
		e.Code, e.Hint = CodeDenied, fmt.Sprintf("it belongs to %s; sudo portreeve stop can end it", explain.Clean(o.User, 40))
	case errors.Is(err, process.ErrProtected):
		e.Code, e.Hint = CodeProtected, "stop it by its own means if you are sure"
	case errors.Is(err, process.ErrUnsure):
		e.Code, e.Hint = CodeUnsure, "nothing was stopped; look again: portreeve list"
	case errors.Is(err, process.ErrReused), errors.Is(err, process.ErrReplaced),
		errors.Is(err, process.ErrNotHolder), errors.Is(err, process.ErrNotMember):
		e.Code, e.Hint = CodeChanged, "nothing was stopped; look again: portreeve list"
	}
	return e
}
