package tray

import (
	"slices"
	"time"

	"portreeve/monitor/familiar"
	"portreeve/monitor/reeve"
)

const (
	unfamiliar   = string(familiar.Unfamiliar)
	scopeNetwork = string(familiar.Network)
)

// stage is how far the telling of a stranger has come.
type stage int

const (
	isSettling stage = iota // it is waited whether it lives
	isReady                 // it may be told
	isTold                  // it has a notice of its own
	isDigested              // it was told in a digest
	isOver                  // it is gone, known, or answered
)

// stranger is what one notice is about: one unfamiliar program on one port, on
// one or more addresses with the same reach.
type stranger struct {
	key       string // of its notice, as long as it lives
	who       identity
	listeners []reeve.Listener // never empty once the tracker is settled
	stage     stage
	seq       uint64    // the order of appearance
	due       time.Time // when settling ends
	at        time.Time // when it was told
	was       gist      // what was told
	touched   bool
	// again tells that a change of the gist is news, not a correction.
	again bool
}

// identity is what listeners have in common that share a notice, and with it
// the one process that its Stop button means.
type identity struct {
	owner, program, protocol, reach string
	port                            uint16
}

func identityOf(l reeve.Listener) identity {
	id := identity{program: l.Program, protocol: l.Protocol, reach: l.Reach, port: l.Port}
	if len(l.Owners) > 0 {
		id.owner = l.Owners[0].ID
	}
	return id
}

// gist is what makes a stranger another one in the user's eyes.
type gist struct {
	program, place, look string
	addresses            int
}

func (s *stranger) gist() gist {
	l := s.listeners[0]
	return gist{l.Program, l.Place, l.Look, len(s.listeners)}
}

type endpoint struct {
	address, protocol string
	port              uint16
}

func endpointOf(l reeve.Listener) endpoint { return endpoint{l.Address, l.Protocol, l.Port} }

// isNew tells that a listener is one to tell of. UDP is not: every name that is
// looked up opens a port.
func isNew(l reeve.Listener) bool {
	return l.Verdict == unfamiliar && l.Protocol == "tcp" && !l.Folded
}

func (s *stranger) index(id string) int {
	return slices.IndexFunc(s.listeners, func(l reeve.Listener) bool { return l.ID == id })
}
