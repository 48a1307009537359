package store

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestAnEditIsReportedOnceAndOnlyWhenTheFileStandsStill(t *testing.T) {
	s, d := newStore(t)
	path := putSettings(t, d, "polling = \"fast\"\n")
	e := s.Edits()
	expect := func(what string, want bool) {
		t.Helper()
		if _, got := e.Look(); got != want {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	expect("the first look", false)
	expect("at first it is news", true)
	expect("once", false)
	for i := range 3 { // an editor that writes piece by piece
		putSettings(t, d, "polling = \"saving\"\n"+string(make([]byte, i)))
		expect("while it is written", false)
	}
	expect("when it stands still", true)
	expect("once again", false)
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(path, later, later); err != nil { // of the same length, in place
		t.Fatal(err)
	}
	expect("touched", false)
	expect("touched, and still", true)
	target := filepath.Join(t.TempDir(), "dotfiles.toml")
	if err := os.Rename(path, target); err != nil {
		t.Fatal(err)
	}
	expect("gone", false)
	expect("gone for good", true)
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	e.Look()
	expect("a link", true)
	if err := os.WriteFile(target, []byte("# edited where it points to\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect("the link's target", false)
	expect("the link's target, and still", true)
}
