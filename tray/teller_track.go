package tray

import (
	"fmt"
	"slices"
	"time"

	"portreeve/monitor/reeve"
)

// tracker follows the strangers that live. It shows nothing itself: it says
// what is to be told, corrected and withdrawn. It is used by one goroutine.
type tracker struct {
	byID  map[string]*stranger // by the ids of its listeners
	byWho map[identity]*stranger
	byKey map[string]*stranger
	byEnd map[endpoint][]string // ids
	met   map[string]bool       // the unfamiliar listeners that live, tracked or not
	seq   uint64
	wants choice
	past  memory // those that were told and are gone

	queue    []appointment // by time
	ready    map[*stranger]bool
	inDigest map[*stranger]bool // told in the digest that stands
	digestAt time.Time

	changed []*stranger        // to be settled at the end of a view
	ended   []string           // keys to withdraw
	altered map[*stranger]bool // whose notices are to be corrected
	// redigest tells that the digest that stands is to be corrected.
	redigest bool
}

// appointment is a time at which a stranger is due, unless it was put off.
type appointment struct {
	due time.Time
	s   *stranger
}

func newTracker() tracker {
	return tracker{
		byID: make(map[string]*stranger), byWho: make(map[identity]*stranger), byKey: make(map[string]*stranger),
		byEnd: make(map[endpoint][]string), met: make(map[string]bool),
		ready: make(map[*stranger]bool), inDigest: make(map[*stranger]bool),
		past: newMemory(), altered: make(map[*stranger]bool),
	}
}

// see takes in a view. due says when a listener that is seen now may be told.
func (t *tracker) see(v reeve.View, now time.Time, due func(reeve.Listener) time.Time) {
	if v.First {
		for _, l := range v.Listeners {
			t.open(l, now, now)
		}
	}
	var alive map[string]bool // made when first needed: there may be thousands
	for _, e := range v.Events {
		if e.Listener == nil {
			continue
		}
		l := *e.Listener
		switch e.Event {
		case reeve.EventOpened:
			t.open(l, now, due(l))
		case reeve.EventRebound:
			if alive == nil {
				alive = idsOf(v.Listeners)
			}
			t.rebind(l, alive, now, due(l))
		case reeve.EventClosed:
			t.leave(l.ID, now)
		case reeve.EventOwner:
			t.change(l)
		case reeve.EventJudged:
			if l.Reason == updated && t.byID[l.ID] == nil {
				// It passed as known until its file had been read.
				t.open(l, now, due(l))
				continue
			}
			t.change(l)
			if l.Verdict == unfamiliar {
				delete(t.past.visits, identityOf(l)) // the user forgot it: it is news again
			}
		}
	}
	if v.Missed {
		t.resync(v.Listeners, now, due)
	}
	t.reconcile(now)
}

func idsOf(ls []reeve.Listener) map[string]bool {
	m := make(map[string]bool, len(ls))
	for _, l := range ls {
		m[l.ID] = true
	}
	return m
}

// open takes in a listener that is news, if it is a stranger's.
func (t *tracker) open(l reeve.Listener, now, due time.Time) {
	if !t.wants.wants(l) || t.met[l.ID] {
		return
	}
	t.met[l.ID] = true
	who := identityOf(l)
	s := t.byWho[who]
	if s == nil {
		t.seq++
		s = &stranger{who: who, seq: t.seq, due: due, at: make(map[string]int)}
		s.key = t.freeKey(l)
		t.byWho[who], t.byKey[s.key] = s, s
		if t.past.silent(who, now) {
			s.stage, s.was = isTold, who
		} else {
			t.await(s, now)
		}
	}
	s.add(l, due)
	t.index(l, s)
	t.touch(s)
}

// freeKey names a notice by program and reach, so that a program that comes again
// takes the place of its own notice; programs that share both get a number.
// Another program must not take the place of an answer to a click, which goes on
// under the key of the notice that was clicked.
func (t *tracker) freeKey(l reeve.Listener) string {
	base := fmt.Sprintf("new %s %s %s %s", l.Program, l.Protocol, l.Scope, l.Subject)
	key := base
	for n := 2; t.byKey[key] != nil; n++ {
		key = fmt.Sprintf("%s %d", base, n)
	}
	return key
}

// rebind puts a listener in the place of the one on the same endpoint that is
// no longer alive.
func (t *tracker) rebind(l reeve.Listener, alive map[string]bool, now, due time.Time) {
	old := slices.IndexFunc(t.byEnd[endpointOf(l)], func(id string) bool { return !alive[id] })
	if old < 0 {
		t.open(l, now, due)
		return
	}
	id := t.byEnd[endpointOf(l)][old]
	if !t.wants.wants(l) || t.met[l.ID] {
		t.leave(id, now)
		return
	}
	s := t.byID[id]
	t.unindex(s.listeners[s.at[id]])
	delete(t.met, id)
	t.met[l.ID] = true
	s.remove(id)
	s.add(l, due)
	t.index(l, s)
	s.again = true
	t.touch(s)
}

// leave takes out a listener that is gone, and remembers the visit that ends with
// the last one.
func (t *tracker) leave(id string, now time.Time) {
	if s := t.byID[id]; s != nil && len(s.listeners) == 1 && s.stage >= isTold && !s.unwelcome {
		t.past.note(s.who, id, s.joined || !s.told.IsZero(), now)
	}
	t.drop(id)
}

// drop forgets a listener that is gone or no stranger's any more.
func (t *tracker) drop(id string) {
	delete(t.met, id)
	s := t.byID[id]
	if s == nil {
		return
	}
	t.unindex(s.listeners[s.at[id]])
	s.remove(id)
	t.touch(s)
}

// change takes in what is now known of a listener. That alone is never news.
func (t *tracker) change(l reeve.Listener) {
	s := t.byID[l.ID]
	switch {
	case l.Verdict == unfamiliar && s != nil:
		// What it was started from may have ended: that tells of nobody.
		s.listeners[s.at[l.ID]] = l
		t.touch(s)
	case !t.wants.wants(l):
		t.drop(l.ID)
	case s == nil:
		t.met[l.ID] = true
	}
}

// resync finds by the table what the lost events would have told.
func (t *tracker) resync(ls []reeve.Listener, now time.Time, due func(reeve.Listener) time.Time) {
	alive := idsOf(ls)
	for id := range t.met {
		if !alive[id] {
			t.leave(id, now)
		}
	}
	for _, l := range ls {
		s := t.byID[l.ID]
		switch {
		case s == nil:
			t.open(l, now, due(l))
		case l.Verdict != unfamiliar || identityOf(l) != s.who:
			t.change(l)
		}
	}
}

// unwelcome notes that the user has stopped a listener: whoever comes again then
// is news.
func (t *tracker) unwelcome(id string) {
	if s := t.byID[id]; s != nil {
		s.unwelcome = true
	}
	t.past.unwelcome(id)
}

func (t *tracker) index(l reeve.Listener, s *stranger) {
	t.byID[l.ID] = s
	at := endpointOf(l)
	if !slices.Contains(t.byEnd[at], l.ID) {
		t.byEnd[at] = append(t.byEnd[at], l.ID)
	}
}

func (t *tracker) unindex(l reeve.Listener) {
	delete(t.byID, l.ID)
	at := endpointOf(l)
	left := slices.DeleteFunc(t.byEnd[at], func(id string) bool { return id == l.ID })
	if len(left) == 0 {
		delete(t.byEnd, at)
	} else {
		t.byEnd[at] = left
	}
}
