package monitor

import "sync"

// mostChanges bounds what a mailbox keeps for a consumer that does not come.
const mostChanges = 20_000

// Mailbox hands one consumer each state of the monitor. The newest listeners
// win; changes are appended, so that a slow consumer misses none before the
// bound. A slow consumer delays nobody else.
type Mailbox struct {
	mu      sync.Mutex
	pending *Update
	wake    chan struct{}
	leave   func(*Mailbox)
}

// Ready says that Take may have something. It can say so once too often.
func (b *Mailbox) Ready() <-chan struct{} { return b.wake }

// Take gives the state with all changes since the previous Take; false where
// there is no news. The first one is the state as it is.
func (b *Mailbox) Take() (Update, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	u := b.pending
	if b.pending = nil; u == nil {
		return Update{}, false
	}
	return *u, true
}

// Close takes the mailbox off the monitor.
func (b *Mailbox) Close() { b.leave(b) }

func (b *Mailbox) put(u Update) {
	b.mu.Lock()
	if p := b.pending; p != nil {
		u.First = u.First || p.First
		u.NewBaseline = u.NewBaseline || p.NewBaseline
		u.Missed = u.Missed || p.Missed
		u.Changes = append(p.Changes[:len(p.Changes):len(p.Changes)], u.Changes...)
		if over := len(u.Changes) - mostChanges; over > 0 {
			u.Changes, u.Missed = u.Changes[over:], true
		}
	}
	b.pending = &u
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}
