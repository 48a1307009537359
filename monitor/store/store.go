// Package store is the only room that writes the user's data: rules and settings
// (which people may edit), the baseline, the pause and awaited ports, and the
// record of who listened (history*.go, an SQLite file). Every write of the others
// takes a lock that the resident and the terminal share, and replaces the file
// atomically: after a power cut there is the old file or the new one.
package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"portreeve/monitor/familiar"
)

// Store reads and writes one user's data. It is safe for several goroutines and
// several processes.
type Store struct {
	dirs    Dirs
	history *History

	mu       sync.Mutex
	problems map[string]string // by file: what the user should read
}

// Open gives the store of these folders; nothing is read or made yet.
func Open(d Dirs) *Store {
	s := &Store{dirs: d, problems: map[string]string{}}
	s.history = newHistory(s)
	return s
}

// History is who listened where and when; its file is opened when it is used.
func (s *Store) History() *History { return s.history }

// Problem is what a user should know of a file that could not be read or
// written.
type Problem struct {
	File string // its name: rules.toml, settings.toml, baseline.json, state.json, history.db
	Text string // a sentence
}

// Problems are those of all files; empty when all is well.
func (s *Store) Problems() []Problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Problem
	for _, name := range []string{RulesFile, SettingsFile, baselineFile, stateFile, HistoryFile} {
		if text := s.problems[name]; text != "" {
			all = append(all, Problem{name, text})
		}
	}
	return all
}

func (s *Store) problem(name, sentence string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problems[name] = sentence
}

// Load reads the rules and the baseline into b, whose other fields it keeps. A
// file that can't be understood is a problem, told by Problems, and never an
// error: the last good rules count then. With aside the broken file is renamed
// and the last good one put in its place.
func (s *Store) Load(b familiar.Book, aside bool) *familiar.Book {
	b.Rules = s.loadRules(aside)
	b.Baseline, b.HasBaseline = s.loadBaseline(aside)
	return &b
}

// ErrReadOnly is wrapped by writes to files that a newer version made.
var ErrReadOnly = errors.New("made by a newer version of portreeve, left as it is")

// ChangeRules reads the rules anew under the lock, lets change make new ones
// and writes them. No writer loses another's rules.
func (s *Store) ChangeRules(ctx context.Context, change func([]familiar.Rule) []familiar.Rule) ([]familiar.Rule, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	path := filepath.Join(s.dirs.Config, RulesFile)
	old, err := readRules(path)
	switch {
	case errors.Is(err, ErrReadOnly):
		return nil, fmt.Errorf("write the rules: %s: %w", path, err)
	case err != nil && !errors.Is(err, os.ErrNotExist):
		old = s.loadRules(true)
	}
	rules := change(old)
	return rules, s.writeRules(rules)
}

// SaveBaseline writes what the first reading found.
func (s *Store) SaveBaseline(ctx context.Context, ps []familiar.Pattern) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return s.writeBaseline(ps)
}

// lock takes the lock file in the state folder, waiting at most 5 s for another
// process.
func (s *Store) lock(ctx context.Context) (unlock func(), err error) {
	if err := os.MkdirAll(s.dirs.State, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for state: %w", err)
	}
	if err := os.MkdirAll(s.dirs.Config, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for rules: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	l := flock.New(filepath.Join(s.dirs.State, "lock"))
	if ok, err := l.TryLockContext(ctx, 5*time.Millisecond); err != nil || !ok {
		return nil, fmt.Errorf("lock the rules: another portreeve is writing them: %w", err)
	}
	return func() { _ = l.Unlock() }, nil // the lock goes with the descriptor in any case
}
