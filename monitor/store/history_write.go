package store

// How the recorder writes what is marked: it opens the file, takes over what an
// earlier run left open, keeps the bounds, and keeps aside what can't be understood.

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"
)

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
