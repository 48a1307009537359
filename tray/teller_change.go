package tray

// What a change means: the tracker settles, at the end of each view, who the
// strangers are now, and whether what was told of them still holds.

import (
	"slices"
	"time"

	"portreeve/monitor/reeve"
)

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

func (t *tracker) touch(s *stranger) {
	if !s.touched {
		s.touched = true
		t.changed = append(t.changed, s)
	}
}
