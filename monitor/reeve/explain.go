package reeve

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"portreeve/monitor"
	"portreeve/monitor/explain"
)

// LongestText is the most bytes of text that an ExplainRequest may have.
const LongestText = explain.LongestText

// mostBefore is how many earlier holders of a port are told.
const mostBefore = 5

// Explain says what an address is, who is there, and why it answers or does not.
// With Probe it makes one try at a connection, to this computer's own addresses
// only, and is over within 2 s of it.
func (r *Reeve) Explain(ctx context.Context, req ExplainRequest) (*Explanation, error) {
	if req.Text != "" && req.Listener != "" {
		return nil, &Error{Code: CodeUsage, Message: "explain takes a text or the id of a listener, not both", Hint: "give one of them"}
	}
	u, err := r.Monitor.Now(ctx)
	if err != nil {
		return nil, failed("read the listeners", err)
	}
	target, listeners, err := r.targetOf(req, u.Listeners)
	if err != nil {
		return nil, err
	}
	ev := r.Words.Gather(ctx, target, listeners, req.Probe)
	ev.Resident = r.Resident
	before := r.before(ctx, target, &ev)
	a := r.Words.Address(target, ev)
	e := &Explanation{
		Address: a.Address, Verdict: string(a.Verdict), Listens: a.Verdict.Listens(), Answers: a.Verdict.Answers(),
		Summary: a.Summary, Findings: []Finding{}, Try: a.Try, Clients: []Peer{}, Before: before, CanAwait: a.CanAwait,
	}
	for _, f := range a.Findings {
		e.Findings = append(e.Findings, Finding{Code: f.Code, Part: string(f.Part), Text: f.Text, Facts: f.Facts})
	}
	for _, c := range a.Clients {
		e.Clients = append(e.Clients, Peer{Program: c.Program, PID: c.PID, Address: c.At.String(), State: c.State})
	}
	if a.Listener != nil {
		e.Listener = r.flat.one(a.Listener)
	}
	return e, nil
}

// targetOf reads what is asked about. A listener that was shown comes first
// among the others, since twins share an address.
func (r *Reeve) targetOf(req ExplainRequest, all []*monitor.Listener) (explain.Target, []*monitor.Listener, error) {
	if req.Listener == "" {
		t, err := explain.ParseTarget(req.Text)
		if err != nil {
			var e *explain.TargetError
			if errors.As(err, &e) {
				return t, nil, &Error{Code: CodeUsage, Message: e.Message, Hint: e.Hint}
			}
			return t, nil, failed("read the address", err)
		}
		return t, all, nil
	}
	i := slices.IndexFunc(all, func(l *monitor.Listener) bool { return r.flat.id(l) == req.Listener })
	if i < 0 {
		return explain.Target{}, nil, &Error{Code: CodeChanged, Message: "that listener has ended meanwhile", Hint: "look again: portreeve list"}
	}
	l := all[i]
	t := explain.Target{Proto: l.Proto, Addr: l.Local.Addr().Unmap(), Port: l.Local.Port()}
	return t, slices.Concat([]*monitor.Listener{l}, all[:i], all[i+1:]), nil
}

// before asks the record who held the port earlier, and adds them to the
// evidence. Without a record there are none.
func (r *Reeve) before(ctx context.Context, t explain.Target, ev *explain.Evidence) []Spell {
	h, err := r.History(ctx, HistoryRequest{Port: t.Port, Limit: 4 * mostBefore})
	switch {
	case err != nil:
		ev.Gaps = append(ev.Gaps, "Who listened there earlier can't be told: "+explain.Clean(err.Error(), 160)+".")
		return []Spell{}
	case h.Problem != "":
		ev.Gaps = append(ev.Gaps, explain.Clean(h.Problem, 200))
	}
	if h.Off {
		return []Spell{}
	}
	if at, err := time.Parse(time.RFC3339, h.Oldest); err == nil {
		ev.Recorded = at
	}
	all := []Spell{}
	for _, s := range h.Spells {
		if s.Closed == "" || s.Protocol != t.Proto.String() || len(all) == mostBefore {
			continue
		}
		addr, err := netip.ParseAddr(s.Address)
		if err != nil {
			continue // a line that can't be read is no evidence
		}
		all = append(all, s)
		ev.Before = append(ev.Before, explain.Earlier{
			Program: explain.Clean(s.Program, 40), Place: s.Place, Exe: s.Exe, At: netip.AddrPortFrom(addr, s.Port),
			Opened: wireTime(s.Opened), Closed: wireTime(s.Closed), Lost: s.Lost,
		})
	}
	return all
}

// wireTime reads a time of an answer; zero where there is none.
func wireTime(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t
}
