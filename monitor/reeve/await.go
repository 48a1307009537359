package reeve

import (
	"context"
	"fmt"
	"slices"

	"portreeve/monitor/explain"
	"portreeve/monitor/socket"
)

// mostAwaited bounds the wishes: a port that never comes must not make a list
// that grows for years.
const mostAwaited = 100

// Await remembers that the user wants to be told once, as soon as somebody
// listens on a TCP port, whoever it is. The wish outlives the resident. It is in
// Status.Awaited of every View until it is taken back: whoever tells of it takes
// it back with Off. A port that is used already is refused.
func (r *Reeve) Await(ctx context.Context, req AwaitRequest) (*Awaited, error) {
	if !r.Resident {
		return nil, &Error{Code: CodeNoResident, Message: "no portreeve is running that could tell you", Hint: "start it: portreeve"}
	}
	if req.Port == 0 {
		return nil, &Error{Code: CodeUsage, Message: "port 0 is no port that a program can be found on", Hint: "ports go from 1 to 65535"}
	}
	if !req.Off {
		u, err := r.Monitor.Now(ctx)
		if err != nil {
			return nil, failed("look at the port", err)
		}
		for _, l := range u.Listeners {
			if l.Proto == socket.TCP && l.Local.Port() == req.Port {
				return nil, &Error{Code: CodeFailed, Message: fmt.Sprintf("%s listens on %s already", r.Words.Program(l.Listening), explain.Endpoint(l.Local)),
					Hint: fmt.Sprintf("portreeve explain %d says more", req.Port)}
			}
		}
	}
	ports, err := r.await(req)
	if err != nil {
		return nil, err
	}
	a := &Awaited{Ports: ports, Text: explain.Awaiting(req.Port)}
	if req.Off {
		a.Text = explain.NotAwaiting(req.Port)
	}
	if err := r.Store.SaveAwaited(ports); err != nil {
		r.notSaved(AboutMemory, fmt.Sprintf("The wish to be told of port %d could not be saved and ends when Portreeve does: %v.", req.Port, err))
	}
	r.tellStatus()
	return a, nil
}

// await changes the wishes and gives a copy of them.
func (r *Reeve) await(req AwaitRequest) ([]uint16, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i, have := slices.BinarySearch(r.awaited, req.Port)
	switch {
	case req.Off && have:
		r.awaited = slices.Delete(r.awaited, i, i+1)
	case !req.Off && !have && len(r.awaited) == mostAwaited:
		return nil, &Error{Code: CodeFailed, Message: fmt.Sprintf("%d ports are waited for already", mostAwaited), Hint: "take one of them back first"}
	case !req.Off && !have:
		r.awaited = slices.Insert(r.awaited, i, req.Port)
	}
	return append([]uint16{}, r.awaited...), nil
}

// Arrived gives the listeners of a view on ports that are awaited. Whoever tells
// of them takes each wish back with AwaitRequest.Off.
func (v View) Arrived() []Listener {
	var all []Listener
	for _, l := range v.Listeners {
		if l.Protocol == socket.TCP.String() && slices.Contains(v.Status.Awaited, l.Port) {
			all = append(all, l)
		}
	}
	return all
}
