package reeve

import (
	"context"
	"fmt"
	"strings"
	"time"

	"portreeve/monitor"
	"portreeve/monitor/familiar"
	"portreeve/monitor/store"
)

// The bounds of an answer's spells: what a request of none gets, and the most.
const (
	someSpells = 1000
	mostSpells = 20_000
)

// Record writes the history until ctx ends. The mailbox is one that was taken
// before the monitor ran, and becomes Record's own.
func (r *Reeve) Record(ctx context.Context, box *monitor.Mailbox) error {
	return r.Store.History().Record(ctx, box, r.spellOf, r.tellStatus)
}

// spellOf gives what is recorded of a listener.
func (r *Reeve) spellOf(l *monitor.Listener) store.Spell {
	w := r.flat.one(l)
	s := store.Spell{
		ID: w.ID, Proto: w.Protocol, At: l.Local, Verdict: l.Verdict, Temporary: w.Folded,
		Who: store.Who{
			Program: w.Program, Place: w.Place, User: w.User, Origin: w.Origin.Label,
			Pattern: r.flat.book.PatternOf(l.Listening),
		},
	}
	if len(w.Owners) > 0 {
		o := w.Owners[0]
		s.PID, s.Exe = o.PID, o.Exe
		if o.User != "" {
			s.User = o.User
		}
	}
	return s
}

// Told notes in the history that a notice spoke of these listeners. It never
// blocks.
func (r *Reeve) Told(ids ...string) {
	for _, id := range ids {
		r.Store.History().Told(id)
	}
}

// History tells who listened where and when. What happened up to now is in it;
// without a resident what the last one saw.
func (r *Reeve) History(ctx context.Context, req HistoryRequest) (*History, error) {
	q := store.Query{Port: req.Port, Program: strings.TrimSpace(req.Program), Limit: req.Limit}
	var err error
	if q.Since, err = moment("since", req.Since); err != nil {
		return nil, err
	}
	if q.Until, err = moment("until", req.Until); err != nil {
		return nil, err
	}
	switch {
	case req.Limit < 0 || req.Limit > mostSpells:
		return nil, &Error{Code: CodeUsage, Message: fmt.Sprintf("a limit of %d: not between 1 and %d", req.Limit, mostSpells),
			Hint: "ask for a shorter time instead"}
	case req.Limit == 0:
		q.Limit = someSpells
	}
	limit := q.Limit
	q.Limit++ // one more tells that there are more
	h := r.Store.History()
	answer := &History{Spells: []Spell{}, Off: !r.currentSettings().History.On}
	for s, err := range h.Spells(ctx, q) {
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, failed("read the history", ctx.Err())
		case err != nil:
			answer.Problem = fmt.Sprintf("The history can't be read: %v.", err)
		case len(answer.Spells) == limit:
			answer.Cut = true
		default:
			answer.Spells = append(answer.Spells, flatSpell(s))
		}
	}
	oldest, err := h.Oldest(ctx)
	if err != nil && answer.Problem == "" {
		answer.Problem = fmt.Sprintf("The history can't be read: %v.", err)
	}
	answer.Oldest = stamp(oldest)
	if p := h.Problem(); p != "" {
		answer.Problem = p
	}
	return answer, nil
}

func flatSpell(s store.Spell) Spell {
	return Spell{
		ID: s.ID, Protocol: s.Proto, Address: s.At.Addr().String(), Port: s.At.Port(), Scope: string(familiar.ScopeOf(s.At.Addr())),
		Verdict: string(s.Verdict), Opened: stamp(s.Opened), Before: s.Before, Closed: stamp(s.Closed), Lost: s.Lost, Told: s.Told,
		Program: s.Program, Place: s.Place, Exe: s.Exe, PID: s.PID, User: s.User, Origin: s.Origin,
	}
}

// moment reads a time of a request; zero for none.
func moment(what, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, &Error{Code: CodeUsage, Message: fmt.Sprintf("%s %q is no time", what, text), Hint: "write it as in RFC 3339: 2006-01-02T15:04:05Z"}
	}
	return t, nil
}
