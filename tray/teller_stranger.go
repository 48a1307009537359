package tray

import (
	"slices"
	"strings"
	"time"

	"portreeve/monitor/familiar"
	"portreeve/monitor/reeve"
)

const (
	unfamiliar   = string(familiar.Unfamiliar)
	scopeNetwork = string(familiar.Network)
	updated      = string(familiar.Updated)
)

// stage is how far the telling of a stranger has come.
type stage int

const (
	isSettling stage = iota // it is waited whether it lives
	isReady                 // it may be told
	isTold                  // it has a notice of its own, or needs none
	isDigested              // it was told in a digest
	isOver                  // it is gone, known, or answered
)

// stranger is what one notice is about: one unfamiliar program of one user, on
// as many ports as it opens, with the same reach. What it opens after it was
// told corrects its notice and is no news.
type stranger struct {
	key       string // of its notice, as long as it lives
	who       identity
	listeners []reeve.Listener // never empty once the tracker is settled
	heard     []time.Time      // when each of them has settled
	at        map[string]int   // where each stands, by id
	unsaid    []string         // ids that no notice has spoken of yet
	stage     stage
	seq       uint64    // the order of appearance
	due       time.Time // when settling ends
	told      time.Time // when it was told; zero for not
	was       identity  // who was told
	shown     time.Time // when its notice was last shown or corrected
	touched   bool
	unwelcome bool // the user has stopped it
	// again tells that another process took the place of one of its listeners: a
	// change of who it is is then news, not a correction.
	again bool
	// narrower are of the same program on loopback, and have no notice of their
	// own. They may have ended.
	narrower []*stranger
	joined   bool // it is such a one
}

// identity is what makes one program in the user's eyes. Whatever a rule would
// tell apart, and whatever is worth a word of warning, is another one.
type identity struct {
	subject, user, protocol, reach, look, reason, port string
}

func identityOf(l reeve.Listener) identity {
	id := identity{subject: l.Subject, user: l.User, protocol: l.Protocol, reach: l.Reach, look: l.Look}
	if id.subject == "" {
		id.subject = l.Program + "\n" + l.Place
	}
	if drifted(l) {
		id.reason = l.Reason
	}
	if len(l.Owners) == 0 {
		id.port = port(l) // nothing else tells those apart that can't be seen
	}
	return id
}

// kin is what a program on loopback and the same one open to the network share.
// Those that can't be seen have none.
type kin struct{ subject, user, protocol, port string }

func (id identity) kin() kin { return kin{id.subject, id.user, id.protocol, id.port} }

// meant are the listeners that a notice's "I know this" is about: those that it
// names, and those on loopback that have no notice of their own.
func (s *stranger) meant() []reeve.Listener {
	all := s.listeners
	for _, n := range s.narrower {
		if n.told.IsZero() { // else it has been told by itself since
			all = append(all[:len(all):len(all)], n.listeners...)
		}
	}
	return all
}

type endpoint struct {
	address, protocol string
	port              uint16
}

func endpointOf(l reeve.Listener) endpoint { return endpoint{l.Address, l.Protocol, l.Port} }

// add takes a listener in that settles at due.
func (s *stranger) add(l reeve.Listener, due time.Time) {
	s.at[l.ID] = len(s.listeners)
	s.listeners, s.heard = append(s.listeners, l), append(s.heard, due)
	if s.unsaid = append(s.unsaid, l.ID); len(s.unsaid) > 2*len(s.listeners)+64 {
		s.unsaid = slices.DeleteFunc(s.unsaid, s.lacks) // it cycles its ports
	}
}

// remove takes a listener out and gives when it has settled. The last one comes
// in its place.
func (s *stranger) remove(id string) time.Time {
	i, last := s.at[id], len(s.listeners)-1
	due := s.heard[i]
	s.listeners[i], s.heard[i] = s.listeners[last], s.heard[last]
	s.at[s.listeners[i].ID] = i
	s.listeners, s.heard = s.listeners[:last], s.heard[:last]
	delete(s.at, id)
	return due
}

// said gives the listeners that a notice speaks of for the first time.
func (s *stranger) said() []string {
	ids := slices.DeleteFunc(s.unsaid, s.lacks)
	s.unsaid = nil
	return ids
}

func (s *stranger) lacks(id string) bool {
	_, there := s.at[id]
	return !there
}

// settles is when the first of its listeners has lived long enough.
func (s *stranger) settles() time.Time {
	first := s.heard[0]
	for _, at := range s.heard[1:] {
		if at.Before(first) {
			first = at
		}
	}
	return first
}

// owner is the one process that holds all of its listeners; empty where several
// do or none can be seen.
func (s *stranger) owner() string {
	var owner string
	for i, l := range s.listeners {
		if len(l.Owners) == 0 || i > 0 && l.Owners[0].ID != owner {
			return ""
		}
		owner = l.Owners[0].ID
	}
	return owner
}

// choice is what of the user's settings decides who is told.
type choice struct {
	onlyOpen, udp, quietTerminal bool
	user                         string // whose terminals are meant
}

// wants tells that a listener is one to tell of. UDP is not, unless the user
// says so: every name that is looked up opens a port.
func (c choice) wants(l reeve.Listener) bool {
	switch {
	case l.Verdict != unfamiliar || l.Folded:
		return false
	case l.Protocol != "tcp" && !c.udp:
		return false
	case l.Scope == scopeNetwork:
		return true
	case c.onlyOpen:
		return false
	}
	return !c.quietTerminal || !startedHere(l, c.user)
}

// startedHere tells that somebody started it from a terminal that is still open.
func startedHere(l reeve.Listener, user string) bool {
	return l.Origin.Kind == reeve.OriginTerminal && !l.Origin.Ended && len(l.Owners) > 0 && strings.EqualFold(l.Owners[0].User, user)
}
