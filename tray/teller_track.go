package tray

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"portreeve/monitor/familiar"
	"portreeve/monitor/reeve"
)

// digestSpan is how long a digest takes in what the next one would tell.
const digestSpan = time.Minute

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
			if l.Reason == string(familiar.Updated) {
				// It was taken for what is known until its file had been read.
				t.open(l, now, due(l))
			}
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

// reconcile makes strangers of one identity again out of what changed.
func (t *tracker) reconcile(now time.Time) {
	for len(t.changed) > 0 {
		s := t.changed[0]
		t.changed = t.changed[1:]
		s.touched = false
		if s.stage == isOver {
			continue
		}
		t.identify(s, now)
		if len(s.listeners) == 0 {
			t.end(s)
			continue
		}
		t.advance(s, now)
	}
	t.changed = nil
}

// identify gives a stranger the identity of its first listener. Others that
// turned out to be somebody else's become strangers of their own, and listeners
// that turned out to be an older stranger's go there.
func (t *tracker) identify(s *stranger, now time.Time) {
	if len(s.listeners) == 0 {
		return
	}
	who := identityOf(s.listeners[0])
	type stray struct {
		reeve.Listener
		due time.Time
	}
	var strays []stray
	for _, l := range s.listeners {
		if identityOf(l) != who {
			strays = append(strays, stray{Listener: l})
		}
	}
	for i, l := range strays {
		t.unindex(l.Listener)
		strays[i].due = s.remove(l.ID)
	}
	if who != s.who {
		if t.byWho[s.who] == s {
			delete(t.byWho, s.who)
		}
		s.who = who
		if other := t.byWho[who]; other != nil {
			for i, l := range s.listeners {
				other.add(l, s.heard[i])
				t.index(l, other)
			}
			s.listeners, s.heard = nil, nil
			t.touch(other)
		} else {
			t.byWho[who] = s
		}
	}
	for _, l := range strays {
		delete(t.met, l.ID)
		t.open(l.Listener, now, l.due)
	}
}

// advance decides what a change means for what was told.
func (t *tracker) advance(s *stranger, now time.Time) {
	again := s.again
	s.again = false
	switch s.stage {
	case isSettling:
		if due := s.settles(); !due.Equal(s.due) {
			s.due = due
			t.await(s, now)
		}
	case isTold:
		if again && s.who != s.was {
			s.due = s.settles()
			t.await(s, now)
		} else {
			t.altered[s] = true
		}
	case isDigested:
		if again && s.who != s.was {
			s.due = s.settles()
			t.await(s, now)
		} else if t.inDigest[s] {
			t.redigest = true
		}
	}
}

// await lets a stranger settle until it is due. What stands on the screen stays
// until its next notice takes the place.
func (t *tracker) await(s *stranger, now time.Time) {
	delete(t.inDigest, s)
	if !s.due.After(now) {
		s.stage = isReady
		t.ready[s] = true
		return
	}
	s.stage = isSettling
	// Nearly always at the end: most wait equally long.
	i := len(t.queue)
	for i > 0 && t.queue[i-1].due.After(s.due) {
		i--
	}
	t.queue = slices.Insert(t.queue, i, appointment{s.due, s})
}

// end takes a stranger off the books and what was told of it off the screen.
func (t *tracker) end(s *stranger) {
	if !s.told.IsZero() && s.stage != isDigested {
		t.ended = append(t.ended, s.key) // it stood, and may stand while it settles again
	}
	if t.inDigest[s] {
		delete(t.inDigest, s)
		if len(t.inDigest) == 0 {
			t.ended = append(t.ended, digestKey)
			t.redigest = false
		} else {
			t.redigest = true
		}
	}
	t.forget(s)
}

func (t *tracker) forget(s *stranger) {
	for _, l := range s.listeners {
		t.unindex(l)
	}
	if t.byWho[s.who] == s {
		delete(t.byWho, s.who)
	}
	delete(t.byKey, s.key)
	delete(t.ready, s)
	delete(t.inDigest, s)
	delete(t.altered, s)
	s.listeners, s.heard, s.stage = nil, nil, isOver
}

// detach leaves the notice with that key to whoever answered it: what becomes
// of its listeners changes it no more.
func (t *tracker) detach(key string) {
	if s := t.byKey[key]; s != nil {
		t.forget(s)
	}
}

// settled makes those ready that lived long enough, and says when the next is
// due.
func (t *tracker) settled(now time.Time) (due time.Time, some bool) {
	for len(t.queue) > 0 {
		a := t.queue[0]
		if a.s.stage == isSettling && a.s.due.Equal(a.due) {
			if a.due.After(now) {
				return a.due, true
			}
			a.s.stage = isReady
			t.ready[a.s] = true
		}
		t.queue[0] = appointment{}
		t.queue = t.queue[1:]
	}
	return time.Time{}, false
}

// waiting gives those that may be told, in the order of appearance.
func (t *tracker) waiting() []*stranger {
	t.join()
	all := make([]*stranger, 0, len(t.ready))
	for s := range t.ready {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *stranger) int { return cmp.Compare(a.seq, b.seq) })
	return all
}

// join takes off those that the notice of the same program speaks for: who was
// told to be open to the network is no news for listening on loopback, too. The
// other way round it is.
func (t *tracker) join() {
	var wide map[kin]*stranger // made when first needed: there may be thousands
	for s := range t.ready {
		if s.listeners[0].Scope == scopeNetwork || !s.told.IsZero() {
			continue
		}
		if wide == nil {
			wide = make(map[kin]*stranger)
			for who, w := range t.byWho {
				if !w.told.IsZero() && w.listeners[0].Scope == scopeNetwork {
					wide[who.kin()] = w
				}
			}
		}
		// What stands out about it is said of it alone.
		if w := wide[s.who.kin()]; w != nil && s.who.look == "" && s.who.reason == "" {
			delete(t.ready, s)
			s.stage, s.was, s.joined = isTold, s.who, true
			gone := func(n *stranger) bool { return n.stage == isOver }
			w.narrower = append(slices.DeleteFunc(w.narrower, gone), s)
			if w.stage == isTold {
				t.altered[w] = true
			}
		}
	}
}

// tell notes that a stranger has its notice.
func (t *tracker) tell(s *stranger, now time.Time) {
	delete(t.ready, s)
	s.stage, s.told, s.shown, s.was = isTold, now, now, s.who
	delete(t.altered, s)
}

// digest notes that strangers are told in a digest and gives all that it has to
// name: those of one that stands and is young are told again with them.
func (t *tracker) digest(fresh []*stranger, now time.Time) []*stranger {
	if now.Sub(t.digestAt) > digestSpan {
		clear(t.inDigest)
	}
	t.digestAt = now
	for _, s := range fresh {
		if !s.told.IsZero() {
			t.ended = append(t.ended, s.key) // the digest tells it now
		}
		delete(t.ready, s)
		delete(t.altered, s)
		t.inDigest[s] = true
		s.stage, s.told, s.was = isDigested, now, s.who
	}
	return t.digested()
}

// digested gives the strangers that the digest names, in the order of appearance.
func (t *tracker) digested() []*stranger {
	t.redigest = false
	all := make([]*stranger, 0, len(t.inDigest))
	for s := range t.inDigest {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *stranger) int { return cmp.Compare(a.seq, b.seq) })
	return all
}

// unwelcome notes that the user has stopped a listener: whoever comes again then
// is news.
func (t *tracker) unwelcome(id string) {
	if s := t.byID[id]; s != nil {
		s.unwelcome = true
	}
	t.past.unwelcome(id)
}

// takeEnded hands out the keys of notices to withdraw.
func (t *tracker) takeEnded() []string {
	keys := t.ended
	t.ended = nil
	return keys
}

// correctionGap is the least time between two corrections of one notice.
const correctionGap = 2 * time.Second

// takeAltered hands out the strangers whose notices are to be corrected now, and
// says how long the next of the others has to wait; 0 for none.
func (t *tracker) takeAltered(now time.Time) (all []*stranger, wait time.Duration) {
	for s := range t.altered {
		if s.stage != isTold || s.told.IsZero() {
			delete(t.altered, s)
			continue
		}
		if left := s.shown.Add(correctionGap).Sub(now); left > 0 {
			if wait == 0 || left < wait {
				wait = left
			}
			continue
		}
		s.shown = now
		delete(t.altered, s)
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *stranger) int { return cmp.Compare(a.seq, b.seq) })
	return all, wait
}

func (t *tracker) touch(s *stranger) {
	if !s.touched {
		s.touched = true
		t.changed = append(t.changed, s)
	}
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
