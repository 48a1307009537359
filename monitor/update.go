package monitor

import (
	"time"

	"portreeve/monitor/familiar"
)

// Listener is one bound socket with all that is known of it. It is immutable: a
// change makes a new one with the same Cookie.
type Listener struct {
	familiar.Listening
	Verdict familiar.Verdict
	// Why says what it is like though it is new; zero for all others.
	Why familiar.Why
	// Since is when it was first seen; zero where it was there before us.
	Since time.Time
}

// Kind is what happened to a listener.
type Kind int

// The kinds of change.
const (
	// Opened: it is new since the last reading.
	Opened Kind = iota + 1
	// Closed: it is gone, by an exact look.
	Closed
	// Rebound: another socket took the place of one on the same endpoint within
	// one reading (a restarted server); told in place of Closed and Opened.
	Rebound
	// OwnerChanged: other processes hold it now. An owner that only became
	// visible is told so too, and one whose origin has ended, but neither is news
	// for people.
	OwnerChanged
	// Judged: the user's rules changed and with them the verdict.
	Judged
)

// Change is one thing that happened. Listener is as it is after the change, for
// Closed as it last was.
type Change struct {
	// Seq numbers the changes from 1, without gaps.
	Seq      uint64
	At       time.Time
	Kind     Kind
	Listener *Listener
	// Before is the listener before the change, for Rebound, OwnerChanged and
	// Judged; nil otherwise.
	Before *Listener
}

// Update is the state after a reading that changed something. It is immutable
// and shares nothing with the monitor's own buffers.
type Update struct {
	// Seq is the number of the newest change in the state, 0 before any.
	Seq uint64
	// Listeners are all there are, ordered by port, address, protocol, cookie.
	Listeners []*Listener
	// Changes led here since the consumer's previous Update, oldest first.
	Changes []Change
	// First marks the first reading of this run: its listeners were there
	// before us and are in no Change.
	First bool
	// NewBaseline marks a first reading that had nothing stored to be judged by
	// and became the baseline.
	NewBaseline bool
	// Missed tells that the consumer was so slow that Changes lost its oldest.
	Missed bool
	// Partial says why the state may be old or incomplete; nil when it isn't.
	Partial error
	// Source names the way that the sockets were read.
	Source string
}
