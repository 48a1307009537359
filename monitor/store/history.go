package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"portreeve/monitor/familiar"
)

// Spell is one listener under one program, from its opening to its end. A
// listener that another program took over makes two spells of the same ID.
type Spell struct {
	// ID is the listener's on the wire.
	ID    string
	Proto string // "tcp" or "udp"
	At    netip.AddrPort
	// Opened is when it was first seen; Before tells that it was there already
	// then. Closed is zero while it listens; Lost tells that nobody was watching
	// when it ended, so that Closed is when it was last seen. All of them have
	// milliseconds.
	Opened, Closed time.Time
	Before, Lost   bool
	// Told tells that a notice spoke of it.
	Told    bool
	Verdict familiar.Verdict // as it was last
	PID     int32
	// Temporary ones (a UDP socket that waits for an answer) are recorded only
	// when they have lived for a minute. It is not stored.
	Temporary bool
	Who
}

// Who is what many spells have in common; it is stored once.
type Who struct {
	Program, Place, Exe, User, Origin string
	// Pattern is what a rule would have to cover. Its Ports are the spell's.
	Pattern familiar.Pattern
}

// Query picks spells. Zero values pick all.
type Query struct {
	Port    uint16
	Program string // part of its name, any case (of ASCII letters)
	// Since and Until bound when the listener was there, both included.
	Since, Until time.Time
	// Told picks those that a notice spoke of.
	Told bool
	// Limit bounds the answer to the newest; 0 for all.
	Limit int
}

// Bounds are how much is recorded. A History that was given none records
// nothing.
type Bounds struct {
	On   bool
	Days int // older ones go
	// MiB bounds the file. Its journal beside it may take 2 MiB more.
	MiB int
	// PerProgram is the most spells of one program of one user; 0 for 20,000,
	// which is about 3 MiB.
	PerProgram int
}

const (
	HistoryFile = "history.db" // in State
	perProgram  = 20_000
)

// History is the record of who listened where and when, an SQLite file. It is
// opened when it is first needed: for writing by Record only, and otherwise for
// the time of one question. It is safe for several goroutines.
type History struct {
	store *Store
	path  string

	// toldMu guards what Told adds, so that Told never waits for the disk.
	toldMu sync.Mutex
	told   map[string]bool // by ID
	wake   chan struct{}   // Told has added something, or bounds have changed

	mu     sync.Mutex // guards what stands below, and the file
	bounds Bounds
	rec    *recorder // nil while Record does not run
}

func newHistory(s *Store) *History {
	return &History{store: s, path: filepath.Join(s.dirs.State, HistoryFile), told: map[string]bool{}, wake: make(chan struct{}, 1)}
}

// SetBounds takes effect at once, also on what is recorded already.
func (h *History) SetBounds(b Bounds) {
	if b.PerProgram == 0 {
		b.PerProgram = perProgram
	}
	h.mu.Lock()
	h.bounds = b
	if h.rec != nil {
		h.rec.bound(b)
	}
	h.mu.Unlock()
	h.rouse()
}

// mostTold bounds what waits to be marked while the disk fails.
const mostTold = 10_000

// Told marks the newest spell of a listener as told by a notice. It never
// blocks; the mark is written with the next batch.
func (h *History) Told(id string) {
	h.toldMu.Lock()
	if len(h.told) < mostTold {
		h.told[id] = true
	}
	h.toldMu.Unlock()
	h.rouse()
}

func (h *History) takeTold() map[string]bool {
	h.toldMu.Lock()
	defer h.toldMu.Unlock()
	if len(h.told) == 0 {
		return nil
	}
	told := h.told
	h.told = map[string]bool{}
	return told
}

func (h *History) rouse() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// Spells gives the spells of a query, the newest opening first, with all that
// was seen up to now. The history waits while the loop runs: do not use it from
// there. An error is the last thing that is given; where nothing has been
// recorded there is none.
func (h *History) Spells(ctx context.Context, q Query) iter.Seq2[Spell, error] {
	return func(yield func(Spell, error) bool) {
		h.mu.Lock()
		defer h.mu.Unlock()
		db, done, err := h.reading(ctx)
		if err != nil {
			yield(Spell{}, err)
			return
		}
		defer done()
		if db == nil {
			return
		}
		if err := spells(ctx, db, q, func(s Spell) bool { return yield(s, nil) }); err != nil {
			yield(Spell{}, fmt.Errorf("read the history: %w", err))
		}
	}
}

// LastNotices gives the newest spells that a notice spoke of.
func (h *History) LastNotices(ctx context.Context, n int) ([]Spell, error) {
	var all []Spell
	for s, err := range h.Spells(ctx, Query{Told: true, Limit: n}) {
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// Oldest gives when the record begins; zero where there is none.
func (h *History) Oldest(ctx context.Context) (time.Time, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	db, done, err := h.reading(ctx)
	if err != nil || db == nil {
		return time.Time{}, err
	}
	defer done()
	var ms sql.NullInt64
	if err := db.QueryRowContext(ctx, "SELECT min(opened) FROM spell").Scan(&ms); err != nil {
		return time.Time{}, fmt.Errorf("read the history: %w", err)
	}
	return fromMS(ms), nil
}

// Problem says why nothing is recorded, or what happened to the file; empty
// when all is well.
func (h *History) Problem() string {
	h.store.mu.Lock()
	defer h.store.mu.Unlock()
	return h.store.problems[HistoryFile]
}

// reading gives the file for a question: the recorder's own where one runs,
// which first writes what it has, else one that can't be written. It is nil
// where nothing has been recorded. The caller holds mu.
func (h *History) reading(ctx context.Context) (db *sql.DB, done func(), err error) {
	if h.rec != nil {
		h.rec.catchUp(ctx, time.Now())
		if h.rec.db != nil {
			return h.rec.db, func() {}, nil
		}
	}
	if _, err := os.Stat(h.path); errors.Is(err, fs.ErrNotExist) {
		return nil, func() {}, nil
	}
	if db, err = openReadOnly(ctx, h.path); err != nil {
		return nil, nil, fmt.Errorf("open the history: %w", err)
	}
	if db == nil {
		return nil, func() {}, nil
	}
	return db, func() { _ = db.Close() }, nil // nothing was written
}

func fromMS(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64)
}
