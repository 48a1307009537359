package tray

// What the tracker hands out: who may be told now, alone or in a digest, and which
// notices are to be corrected or withdrawn.

import (
	"cmp"
	"slices"
	"time"
)

// digestSpan is how long a digest takes in what the next one would tell.
const digestSpan = time.Minute

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
