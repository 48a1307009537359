package store

import (
	"context"
	"database/sql"
	"log/slog"
	"os"
	"time"

	"portreeve/monitor"
)

const (
	batchEvery = time.Second      // at most one batch in that time
	beatEvery  = time.Minute      // when nothing happens: "seen until here"
	tidyEvery  = time.Hour        // what is too old goes
	retryEvery = 10 * time.Second // after the disk said no
	// temporaryUntil is how long a temporary socket has to live to be recorded.
	temporaryUntil = time.Minute
	// inOneTx bounds a transaction, and with it the journal.
	inOneTx = 1000
	// mostWaiting bounds the spells that wait while the disk fails; the oldest
	// are lost then, and the problem says that nothing is recorded.
	mostWaiting = 20_000
)

// Record writes what the mailbox brings until ctx ends, at most once a second,
// and the last batch then. The mailbox becomes its own. spellOf says who it is
// about and where; Record fills in the times. changed is called when Problems
// may have; neither may use the History.
//
// What can't be written is a problem, told by Problems, and tried again: Record
// returns nil in any case. A file that can't be understood is kept aside.
func (h *History) Record(ctx context.Context, box *monitor.Mailbox, spellOf func(*monitor.Listener) Spell, changed func()) error {
	defer box.Close()
	h.mu.Lock()
	r := &recorder{h: h, box: box, spellOf: spellOf, changed: changed, bounds: h.bounds, open: map[uint64]*record{}}
	h.rec = r
	h.mu.Unlock()
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	pause := time.NewTimer(0)
	defer pause.Stop()
	for ctx.Err() == nil {
		select {
		case <-box.Ready():
		case <-h.wake:
		case <-beat.C:
		case <-ctx.Done():
			continue
		}
		h.mu.Lock()
		r.catchUp(ctx, time.Now())
		h.mu.Unlock()
		pause.Reset(batchEvery)
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	r.catchUp(context.WithoutCancel(ctx), time.Now())
	r.close()
	h.rec = nil
	return nil
}

// recorder is what Record works with; History's mu guards it.
type recorder struct {
	h       *History
	box     *monitor.Mailbox
	spellOf func(*monitor.Listener) Spell
	changed func()
	bounds  Bounds

	db      *sql.DB     // nil until needed, and where it can't be opened
	file    os.FileInfo // which file db is
	kept    string      // what is said of a file that was kept aside
	adopted bool        // what an earlier run left open has been taken over

	last   []*monitor.Listener // the newest state; nil before the first
	source string              // where that was read
	synced bool                // open is in line with last
	open   map[uint64]*record  // by cookie
	dirty  []*record           // to be written, oldest first
	gone   []*record           // written and closed lately: a notice may still tell of them

	grown           map[int64]int // spells since its quota was looked at, by program
	beat, tidy, not time.Time     // last written, last tidied, not before
}

// record is a spell on its way to the file.
type record struct {
	Spell
	row   int64 // 0 where it has none yet
	dirty bool
}

// bound takes other bounds over.
func (r *recorder) bound(b Bounds) {
	r.bounds = b
	r.tidy, r.not = time.Time{}, time.Time{}
	r.grown = nil
}

// catchUp takes in what has happened and writes it.
func (r *recorder) catchUp(ctx context.Context, now time.Time) {
	u, news := r.box.Take()
	if news {
		r.last = u.Listeners
	}
	if !r.bounds.On {
		r.turnOff(ctx, now)
		return
	}
	if r.last == nil {
		return
	}
	r.take(u, now)
	if now.Before(r.not) {
		return
	}
	if err := r.save(ctx, now); err != nil && ctx.Err() == nil {
		r.fail(ctx, err, now)
	}
}

// turnOff writes what waits and lets go of everything. What is still open in
// the file goes on, or ended unseen, when recording is turned on again.
func (r *recorder) turnOff(ctx context.Context, now time.Time) {
	if r.synced {
		if err := r.save(ctx, now); err != nil {
			slog.Warn("the last of the history is not written", "error", err)
		}
	}
	r.close()
	r.open, r.dirty, r.gone = map[uint64]*record{}, nil, nil
	r.synced, r.kept, r.not = false, "", time.Time{}
	r.h.takeTold()
	r.tell("")
}

// tell says what is wrong with the history; nothing where the sentence is empty.
func (r *recorder) tell(sentence string) {
	s := r.h.store
	s.mu.Lock()
	was := s.problems[HistoryFile]
	s.mu.Unlock()
	if was != sentence {
		s.problem(HistoryFile, sentence)
		r.changed()
	}
}

func (r *recorder) close() {
	if r.db != nil {
		_ = r.db.Close() // all that was committed is in the file
		r.db = nil
	}
}
