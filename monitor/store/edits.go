package store

import (
	"os"
	"path/filepath"

	"portreeve/monitor/familiar"
)

// Edits notices that somebody else has changed the files that people may edit.
// It looks at them (one stat each) when it is asked to, which sees what a watch
// on a folder does not: the target of a link, and folders on other computers. It
// is used by one goroutine.
type Edits struct {
	store           *Store
	rules, settings edit
}

// edit is one file: as it was when it was last reported, and at the last look.
type edit struct {
	used, last os.FileInfo // nil where it is not there
	begun      bool
}

// Edits gives one that has not looked yet.
func (s *Store) Edits() *Edits { return &Edits{store: s} }

// Look reports which files are not as they were when they were last reported
// (both at first). One that is just being written is reported when it has stood
// still from one look to the next.
func (e *Edits) Look() (rules, settings bool) {
	dir := e.store.dirs.Config
	return e.rules.look(filepath.Join(dir, RulesFile)), e.settings.look(filepath.Join(dir, SettingsFile))
}

func (e *edit) look(path string) bool {
	now, err := os.Stat(path)
	if err != nil {
		now = nil
	}
	still := alike(now, e.last)
	e.last = now
	if !still || e.begun && alike(now, e.used) {
		return false
	}
	e.used, e.begun = now, true
	return true
}

func alike(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == b
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// ReloadRules reads the rules again after an edit. ok is false where the ones in
// use have to go on, since the file can't be read at all.
func (s *Store) ReloadRules() (rules []familiar.Rule, ok bool) {
	rules = s.loadRules(true)
	if _, err := readRules(filepath.Join(s.dirs.Config, RulesFile)); os.IsPermission(err) {
		return nil, false
	}
	return rules, true
}
