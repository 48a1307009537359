package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"slices"
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

// save opens the file where that is needed and writes what waits.
func (r *recorder) save(ctx context.Context, now time.Time) error {
	if r.db != nil {
		if fi, err := os.Stat(r.h.path); err != nil || !os.SameFile(fi, r.file) {
			r.close() // somebody removed or replaced it: what goes on belongs into the new one
			r.anew()
		}
	}
	if r.db == nil {
		if err := r.reopen(ctx); err != nil {
			return err
		}
	}
	if !r.adopted {
		if err := r.adopt(ctx); err != nil {
			return err
		}
		r.adopted = true
	}
	if err := r.write(ctx, now); err != nil {
		return err
	}
	if err := r.bind(ctx, now); err != nil {
		return err
	}
	r.tell(r.kept)
	return nil
}

func (r *recorder) reopen(ctx context.Context) error {
	db, err := openToWrite(ctx, r.h.path)
	if err != nil {
		return err
	}
	fi, err := os.Stat(r.h.path)
	if err != nil {
		_ = db.Close() // nothing was written
		return err
	}
	r.db, r.file, r.grown, r.adopted = db, fi, nil, false
	return nil
}

// anew lets all that is open and all that waits be written as new rows.
func (r *recorder) anew() {
	for _, e := range r.dirty {
		e.row = 0
	}
	for _, e := range r.open {
		e.row = 0
		r.mark(e)
	}
	r.gone = nil
}

// adopt takes over the spells that an earlier run left open: those whose
// listener was still there go on, the others ended while nobody watched.
func (r *recorder) adopt(ctx context.Context) error {
	var seen int64
	if err := r.db.QueryRowContext(ctx, "SELECT at FROM seen").Scan(&seen); err != nil {
		return err
	}
	rows, err := r.db.QueryContext(ctx, "SELECT "+columns+" FROM spell s JOIN who w ON w.id = s.who WHERE s.closed IS NULL")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // its error is that of Err
	here := make(map[string]*record, len(r.open))
	for _, e := range r.dirty { // before the open ones, which are newer
		here[e.ID] = e
	}
	for _, e := range r.open {
		here[e.ID] = e
	}
	own := map[int64]bool{}
	for _, e := range here {
		own[e.row] = true
	}
	var lost []*record
	for rows.Next() {
		s, row, err := scan(rows)
		if err != nil {
			return err
		}
		if own[row] {
			continue
		}
		if e := here[s.ID]; e != nil && e.row == 0 && e.At == s.At && e.Proto == s.Proto {
			e.row, e.Opened, e.Before, e.Told = row, s.Opened, s.Before, e.Told || s.Told
			if e.PID == 0 {
				e.PID, e.Who = s.PID, s.Who
			}
			continue
		}
		if s.Closed = time.UnixMilli(seen); s.Closed.Before(s.Opened) {
			s.Closed = s.Opened
		}
		s.Lost = true
		lost = append(lost, &record{Spell: s, row: row})
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, e := range lost {
		r.mark(e)
	}
	return nil
}

// resync brings the open spells in line with the state, whatever happened in
// between. A listener that goes on under another cookie, since the table fell to
// another source, is the same.
func (r *recorder) resync(now time.Time) {
	type end struct {
		at    netip.AddrPort
		proto string
	}
	alive := make(map[uint64]bool, len(r.last))
	for _, l := range r.last {
		alive[l.Cookie] = true
	}
	moved := map[end]*record{}
	for cookie, e := range r.open {
		if alive[cookie] {
			continue
		}
		delete(r.open, cookie)
		at := end{e.At, e.Proto}
		if other := moved[at]; other != nil { // several sockets share an endpoint (SO_REUSEPORT)
			r.end(other, now)
		}
		moved[at] = e
	}
	for _, l := range r.last {
		if r.open[l.Cookie] == nil {
			at := end{l.Local, l.Proto.String()}
			if e := moved[at]; e != nil && (l.Since.IsZero() || l.Since.UnixMilli() == e.Opened.UnixMilli()) {
				delete(moved, at)
				e.ID = r.spellOf(l).ID
				r.mark(e)
				r.open[l.Cookie] = e
			}
		}
		r.follow(l, now)
	}
	for _, e := range moved {
		r.end(e, now)
	}
	r.synced = true
}

// take follows an update, which may be an empty one.
func (r *recorder) take(u monitor.Update, now time.Time) {
	if !r.synced {
		r.before(u, now)
	}
	for _, c := range u.Changes {
		switch c.Kind {
		case monitor.Opened:
			r.begin(c.Listener, c.At, false)
		case monitor.Rebound:
			r.closed(c.Before, c.At)
			r.begin(c.Listener, c.At, false)
		case monitor.Closed:
			r.closed(c.Listener, c.At)
		case monitor.OwnerChanged, monitor.Judged:
			if r.open[c.Listener.Cookie] != nil {
				r.follow(c.Listener, c.At)
			}
		}
	}
	fell := u.Source != "" && r.source != "" && u.Source != r.source
	if u.Source != "" {
		r.source = u.Source
	}
	if !r.synced || u.Missed || fell {
		r.resync(now)
	}
}

// before takes in what was there before the first changes, also where those
// tell its end.
func (r *recorder) before(u monitor.Update, now time.Time) {
	if len(u.Changes) > 0 {
		now = u.Changes[0].At
	}
	was := slices.Clone(r.last)
	for _, c := range u.Changes {
		switch {
		case c.Kind == monitor.Closed:
			was = append(was, c.Listener)
		case c.Before != nil:
			was = append(was, c.Before)
		}
	}
	for _, l := range was {
		if l.Since.IsZero() && r.open[l.Cookie] == nil {
			r.begin(l, now, true)
		}
	}
}

func (r *recorder) begin(l *monitor.Listener, at time.Time, before bool) {
	e := &record{Spell: r.spellOf(l)}
	e.Opened, e.Before, e.Verdict = at, before, l.Verdict
	r.open[l.Cookie] = e
	r.mark(e)
}

func (r *recorder) closed(l *monitor.Listener, at time.Time) {
	if e := r.open[l.Cookie]; e != nil {
		delete(r.open, l.Cookie)
		r.end(e, at)
	}
}

func (r *recorder) end(e *record, at time.Time) {
	e.Closed = at
	r.mark(e)
}

// follow takes in what is known of a listener now. One that another program has
// taken over begins a new spell; an owner that only became visible does not.
func (r *recorder) follow(l *monitor.Listener, at time.Time) {
	e := r.open[l.Cookie]
	if e == nil {
		if l.Since.IsZero() {
			r.begin(l, at, true)
		} else {
			r.begin(l, l.Since, false)
		}
		return
	}
	is := r.spellOf(l)
	if e.PID != 0 && is.PID != 0 && e.PID != is.PID && (e.Exe != is.Exe || e.Pattern.Subject != is.Pattern.Subject) {
		told := e.Told
		r.end(e, at)
		r.begin(l, at, false)
		r.open[l.Cookie].Told = told
		return
	}
	if is.PID == 0 && e.PID != 0 { // its owners have gone or hid: the last ones are what people want to read
		is.PID, is.Who = e.PID, e.Who
	}
	is.Opened, is.Before, is.Told, is.Verdict = e.Opened, e.Before, e.Told, l.Verdict
	is.Closed, is.Lost = e.Closed, e.Lost
	if is != e.Spell {
		e.Spell = is
		r.mark(e)
	}
}

func (r *recorder) mark(e *record) {
	if e.dirty {
		return
	}
	e.dirty = true
	r.dirty = append(r.dirty, e)
	if len(r.dirty) > mostWaiting+inOneTx+len(r.open) {
		drop := inOneTx
		r.dirty = slices.DeleteFunc(r.dirty, func(e *record) bool {
			if e.Closed.IsZero() || drop == 0 {
				return false
			}
			drop--
			return true
		})
	}
}

// write writes what waits, in transactions of a bounded size.
func (r *recorder) write(ctx context.Context, now time.Time) error {
	if err := r.markTold(ctx); err != nil {
		return err
	}
	var later []*record
	r.dirty = slices.DeleteFunc(r.dirty, func(e *record) bool {
		if !e.Temporary || e.row != 0 || now.Sub(e.Opened) >= temporaryUntil && (e.Closed.IsZero() || e.Closed.Sub(e.Opened) >= temporaryUntil) {
			return false
		}
		if e.Closed.IsZero() {
			later = append(later, e)
		}
		return true
	})
	defer func() { r.dirty = append(r.dirty, later...) }()
	if len(r.dirty) == 0 && now.Sub(r.beat) < beatEvery {
		return nil
	}
	for first := true; first || len(r.dirty) > 0; first = false { // an empty one beats
		some := r.dirty[:min(len(r.dirty), inOneTx)]
		if err := r.writeSome(ctx, some, now); err != nil {
			return err
		}
		r.dirty = r.dirty[len(some):]
		if err := shrink(ctx, r.db, int64(r.bounds.MiB)<<20); err != nil {
			return err
		}
	}
	if over := len(r.gone) - inOneTx; over > 0 {
		r.gone = slices.Delete(r.gone, 0, over)
	}
	r.dirty = nil // let go of what the batch held
	r.beat = now
	return nil
}

func (r *recorder) writeSome(ctx context.Context, some []*record, now time.Time) error {
	rows := make([]int64, len(some))
	if err := inTx(ctx, r.db, func(tx *sql.Tx) error {
		b, err := newBatch(ctx, tx)
		if err != nil {
			return err
		}
		for i, e := range some {
			if rows[i], err = b.write(e.Spell, e.row); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, "UPDATE seen SET at = ?", now.UnixMilli())
		return err
	}); err != nil {
		return err
	}
	for i, e := range some {
		if e.row == 0 && r.grown != nil {
			r.grown[e.program()]++
		}
		e.row, e.dirty = rows[i], false
		if !e.Closed.IsZero() {
			r.gone = append(r.gone, e)
		}
	}
	return nil
}

// markTold finds the spells that notices have told of: the newest of the id.
func (r *recorder) markTold(ctx context.Context) error {
	told := r.h.takeTold()
	if told == nil {
		return nil
	}
	find := func(e *record) {
		if told[e.ID] {
			delete(told, e.ID)
			if !e.Told {
				e.Told = true
				r.mark(e)
			}
		}
	}
	for _, e := range r.open {
		find(e)
	}
	for _, e := range slices.Backward(slices.Clone(r.dirty)) {
		find(e)
	}
	for _, e := range slices.Backward(r.gone) {
		find(e)
	}
	for id := range told {
		if _, err := r.db.ExecContext(ctx, "UPDATE spell SET told = 1 WHERE id = (SELECT max(id) FROM spell WHERE listener = ? AND opened >= ?)",
			id, time.Now().Add(-time.Hour).UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}

// bind keeps the file in its bounds.
func (r *recorder) bind(ctx context.Context, now time.Time) error {
	if r.grown == nil { // just opened, or other bounds
		counts, err := countByProgram(ctx, r.db)
		if err != nil {
			return err
		}
		r.grown = map[int64]int{}
		for program, n := range counts {
			if n > int64(r.bounds.PerProgram) {
				r.grown[program] = r.bounds.PerProgram
			}
		}
	}
	for program, n := range r.grown {
		if n > r.bounds.PerProgram/16 {
			if _, err := keepNewest(ctx, r.db, program, r.bounds.PerProgram); err != nil {
				return err
			}
			delete(r.grown, program)
		}
	}
	if len(r.grown) > mostWaiting {
		// Those that grew little are not worth the memory.
		maps.DeleteFunc(r.grown, func(_ int64, n int) bool { return n < r.bounds.PerProgram/64 })
	}
	if now.Sub(r.tidy) >= tidyEvery {
		r.tidy = now
		gone, err := expire(ctx, r.db, now.AddDate(0, 0, -r.bounds.Days))
		if err != nil {
			return err
		}
		if gone > 0 {
			if err := sweepWho(ctx, r.db); err != nil {
				return err
			}
		}
	}
	return nil
}

// fail tells why nothing can be written and prepares the next try.
func (r *recorder) fail(ctx context.Context, err error, now time.Time) {
	r.not = now.Add(retryEvery)
	path := r.h.path
	if errors.Is(err, ErrReadOnly) {
		r.tell(fmt.Sprintf("The history in %s was made by a newer Portreeve; nothing is added to it.", path))
		r.close()
		return
	}
	if !spoilt(err) {
		r.tell(fmt.Sprintf("The history in %s can't be written (%v); what happens now is not recorded until it can.", path, err))
		return
	}
	r.close()
	away, moveErr := setAside(path, now)
	if moveErr != nil {
		r.tell(fmt.Sprintf("The history in %s can't be understood (%v) and can't be kept aside (%v); nothing is recorded.", path, err, moveErr))
		return
	}
	r.kept = fmt.Sprintf("The history could not be understood (%v). The file is kept as %s; a new one has begun.", err, away)
	r.anew()
	if err := r.save(ctx, now); err != nil {
		r.tell(fmt.Sprintf("The history could not be understood and is kept as %s; a new one can't be written (%v).", away, err))
		return
	}
	r.not = time.Time{}
}

// setAside renames the file and its journals.
func setAside(path string, now time.Time) (away string, err error) {
	away = path + ".broken-" + now.Format("20060102-150405")
	if err := os.Rename(path, away); err != nil {
		return "", err
	}
	for _, journal := range []string{"-wal", "-shm"} {
		if err := os.Rename(path+journal, away+journal); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	return away, nil
}

// tell says what is wrong with the history; nothing where the sentence is empty.
func (r *recorder) tell(sentence string) {
	s := r.h.store
	s.mu.Lock()
	was := s.problems[historyFile]
	s.mu.Unlock()
	if was != sentence {
		s.problem(historyFile, sentence)
		r.changed()
	}
}

func (r *recorder) close() {
	if r.db != nil {
		_ = r.db.Close() // all that was committed is in the file
		r.db = nil
	}
}
