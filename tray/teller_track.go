package tray

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"portreeve/monitor/reeve"
)

// sameBreath is how soon after its notice a program's second address on the
// port belongs to the same news.
const sameBreath = 2 * time.Second

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

	queue    []appointment // by time
	ready    map[*stranger]bool
	inDigest map[*stranger]bool // told in the digest that stands
	digestAt time.Time

	changed []*stranger // to be settled at the end of a view
	ended   []string    // keys to withdraw
	altered []*stranger // whose notices are to be corrected
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
			t.drop(l.ID)
		case reeve.EventOwner, reeve.EventJudged:
			t.change(l)
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
	if !isNew(l) || t.met[l.ID] {
		return
	}
	t.met[l.ID] = true
	who := identityOf(l)
	s := t.byWho[who]
	if s == nil {
		t.seq++
		s = &stranger{who: who, seq: t.seq, due: due}
		s.key = t.freeKey(l)
		t.byWho[who], t.byKey[s.key] = s, s
		t.await(s, now)
	} else if (s.stage == isTold || s.stage == isDigested) && now.Sub(s.at) > sameBreath {
		s.again, s.due = true, due
	}
	s.listeners = append(s.listeners, l)
	t.index(l, s)
	t.touch(s)
}

// freeKey names a notice by program and endpoint, so that a restarted server
// takes the place of its own notice; programs that share both get a number.
func (t *tracker) freeKey(l reeve.Listener) string {
	base := fmt.Sprintf("new %s %s %d %s", l.Program, l.Protocol, l.Port, l.Scope)
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
	if !isNew(l) || t.met[l.ID] {
		t.drop(id)
		return
	}
	s := t.byID[id]
	i := s.index(id)
	t.unindex(s.listeners[i])
	delete(t.met, id)
	t.met[l.ID] = true
	s.listeners[i] = l
	t.index(l, s)
	s.again, s.due = true, due
	t.touch(s)
}

// drop forgets a listener that is gone or no stranger's any more.
func (t *tracker) drop(id string) {
	delete(t.met, id)
	s := t.byID[id]
	if s == nil {
		return
	}
	i := s.index(id)
	t.unindex(s.listeners[i])
	s.listeners = slices.Delete(s.listeners, i, i+1)
	t.touch(s)
}

// change takes in what is now known of a listener. That alone is never news.
func (t *tracker) change(l reeve.Listener) {
	s := t.byID[l.ID]
	switch {
	case !isNew(l):
		t.drop(l.ID)
	case s == nil:
		t.met[l.ID] = true
	default:
		s.listeners[s.index(l.ID)] = l
		t.touch(s)
	}
}

// resync finds by the table what the lost events would have told.
func (t *tracker) resync(ls []reeve.Listener, now time.Time, due func(reeve.Listener) time.Time) {
	alive := idsOf(ls)
	for id := range t.met {
		if !alive[id] {
			t.drop(id)
		}
	}
	for _, l := range ls {
		s := t.byID[l.ID]
		switch {
		case s == nil:
			t.open(l, now, due(l))
		case !isNew(l) || identityOf(l) != s.who:
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
	var strays []reeve.Listener
	s.listeners = slices.DeleteFunc(s.listeners, func(l reeve.Listener) bool {
		if identityOf(l) == who {
			return false
		}
		t.unindex(l)
		strays = append(strays, l)
		return true
	})
	if who != s.who {
		if t.byWho[s.who] == s {
			delete(t.byWho, s.who)
		}
		s.who = who
		if other := t.byWho[who]; other != nil {
			for _, l := range s.listeners {
				t.index(l, other)
			}
			other.listeners = append(other.listeners, s.listeners...)
			s.listeners = nil
			t.touch(other)
		} else {
			t.byWho[who] = s
		}
	}
	for _, l := range strays {
		delete(t.met, l.ID)
		t.open(l, now, s.due)
	}
}

// advance decides what a change means for what was told.
func (t *tracker) advance(s *stranger, now time.Time) {
	again := s.again
	s.again = false
	switch s.stage {
	case isSettling:
		if again {
			t.await(s, now)
		}
	case isTold, isDigested:
		if again && s.gist() != s.was {
			t.await(s, now)
		} else if s.stage == isTold {
			t.altered = append(t.altered, s)
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
	t.queue = append(t.queue, appointment{s.due, s})
}

// end takes a stranger off the books and what was told of it off the screen.
func (t *tracker) end(s *stranger) {
	if !s.at.IsZero() && s.stage != isDigested {
		t.ended = append(t.ended, s.key) // it stood, and may stand while it settles again
	}
	if t.inDigest[s] {
		delete(t.inDigest, s)
		if len(t.inDigest) == 0 {
			t.ended = append(t.ended, digestKey)
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
	s.listeners, s.stage = nil, isOver
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
	all := make([]*stranger, 0, len(t.ready))
	for s := range t.ready {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *stranger) int { return cmp.Compare(a.seq, b.seq) })
	return all
}

// tell notes that a stranger has its notice.
func (t *tracker) tell(s *stranger, now time.Time) {
	delete(t.ready, s)
	s.stage, s.at, s.was = isTold, now, s.gist()
}

// digest notes that strangers are told in a digest and gives all that it has to
// name: those of one that stands and is young are told again with them.
func (t *tracker) digest(fresh []*stranger, now time.Time) []*stranger {
	if now.Sub(t.digestAt) > digestSpan {
		clear(t.inDigest)
	}
	t.digestAt = now
	for _, s := range fresh {
		if !s.at.IsZero() {
			t.ended = append(t.ended, s.key) // the digest tells it now
		}
		delete(t.ready, s)
		t.inDigest[s] = true
		s.stage, s.at, s.was = isDigested, now, s.gist()
	}
	all := make([]*stranger, 0, len(t.inDigest))
	for s := range t.inDigest {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *stranger) int { return cmp.Compare(a.seq, b.seq) })
	return all
}

// takeEnded hands out the keys of notices to withdraw.
func (t *tracker) takeEnded() []string {
	keys := t.ended
	t.ended = nil
	return keys
}

// takeAltered hands out the strangers whose notices are to be corrected.
func (t *tracker) takeAltered() []*stranger {
	all := t.altered
	t.altered = nil
	return slices.DeleteFunc(all, func(s *stranger) bool { return s.stage != isTold })
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
