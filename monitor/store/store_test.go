package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"portreeve/monitor/familiar"
)

func newStore(t *testing.T) (*Store, Dirs) {
	dir := t.TempDir()
	d := Dirs{Config: filepath.Join(dir, "config"), State: filepath.Join(dir, "state"), Runtime: dir}
	return Open(d), d
}

func rule(id string) familiar.Rule {
	return familiar.Rule{ID: id, Lasting: familiar.ForGood, Since: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), Pattern: familiar.Pattern{
		User: "ada", Subject: familiar.Subject{Exe: "/usr/bin/python3.11", Module: "http.server", Dir: "/home/ada/shop"},
		Proto: "tcp", Scope: familiar.Loopback, Ports: familiar.Ephemeral,
	}}
}

func add(t *testing.T, s *Store, rs ...familiar.Rule) {
	t.Helper()
	if _, err := s.ChangeRules(t.Context(), func(old []familiar.Rule) []familiar.Rule { return append(old, rs...) }); err != nil {
		t.Fatalf("add rules: %v", err)
	}
}

func TestWhatWasSavedIsLoaded(t *testing.T) {
	s, d := newStore(t)
	add(t, s, rule("a"), rule("b"))
	if err := s.SaveBaseline(t.Context(), []familiar.Pattern{rule("x").Pattern}); err != nil {
		t.Fatal(err)
	}
	until := time.Date(2026, 11, 24, 8, 0, 0, 0, time.Local)
	if err := s.SavePause(until); err != nil {
		t.Fatal(err)
	}
	again := Open(d)
	b := again.Load(familiar.Book{EphemeralLow: 7}, true)
	if len(b.Rules) != 2 || b.Rules[1] != rule("b") {
		t.Errorf("rules: got %+v, want a and b", b.Rules)
	}
	if !b.HasBaseline || len(b.Baseline) != 1 || b.Baseline[0] != rule("x").Pattern {
		t.Errorf("baseline: got %v %+v, want x's pattern", b.HasBaseline, b.Baseline)
	}
	if b.EphemeralLow != 7 {
		t.Errorf("ephemeral range: got %d, want it kept", b.EphemeralLow)
	}
	if got := again.LoadPause(); !got.Equal(until) {
		t.Errorf("pause: got %v, want %v", got, until)
	}
	if p := again.Problems(); len(p) != 0 {
		t.Errorf("problems: got %q, want none", p)
	}
}

func TestNothingStoredIsNoProblemAndNoBaseline(t *testing.T) {
	s, _ := newStore(t)
	b := s.Load(familiar.Book{}, true)
	if b.HasBaseline || len(b.Rules) != 0 || len(s.Problems()) != 0 {
		t.Errorf("got %+v with %q, want an empty book", b, s.Problems())
	}
}

func TestABrokenRulesFileIsKeptAsideAndTheLastGoodRulesCount(t *testing.T) {
	for name, garbage := range map[string]string{
		"garbage":          "\x00\xffnot toml [[",
		"truncated":        "version = 1\n[[rule]]\n  id = \"a",
		"an unknown key":   "version = 1\ncolour = \"red\"\n",
		"a bad rule":       "version = 1\n[[rule]]\n  id = \"a\"\n",
		"no version":       "[[rule]]\n  id = \"a\"\n",
		"an empty version": "version = 0\n",
	} {
		t.Run(name, func(t *testing.T) {
			s, d := newStore(t)
			add(t, s, rule("a"))
			path := filepath.Join(d.Config, RulesFile)
			if err := os.WriteFile(path, []byte(garbage), 0o600); err != nil {
				t.Fatal(err)
			}
			if b := Open(d).Load(familiar.Book{}, false); len(b.Rules) != 1 {
				t.Errorf("without moving: got %d rules, want the last good one", len(b.Rules))
			}
			if text, err := os.ReadFile(path); err != nil || string(text) != garbage {
				t.Errorf("without moving: the file is %q, %v, want it untouched", text, err)
			}
			s = Open(d)
			if b := s.Load(familiar.Book{}, true); len(b.Rules) != 1 || b.Rules[0] != rule("a") {
				t.Errorf("got rules %+v, want the last good ones", b.Rules)
			}
			if p := s.Problems(); len(p) != 1 || !strings.Contains(p[0].Text, "kept as") {
				t.Errorf("problems: got %q, want one that says where the file is kept", p)
			}
			kept, err := filepath.Glob(path + ".broken-*")
			if err != nil || len(kept) != 1 {
				t.Fatalf("kept: got %v, %v, want one file", kept, err)
			}
			if text, err := os.ReadFile(kept[0]); err != nil || string(text) != garbage {
				t.Errorf("kept: got %q, %v, want what the user wrote", text, err)
			}
			if b := Open(d).Load(familiar.Book{}, true); len(b.Rules) != 1 {
				t.Errorf("the next start: got %d rules, want 1", len(b.Rules))
			}
		})
	}
}

func TestAFileOfANewerVersionIsReadAndNeverWritten(t *testing.T) {
	s, d := newStore(t)
	add(t, s, rule("a"))
	path := filepath.Join(d.Config, RulesFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	newer := strings.Replace(string(text), "version = 2", "version = 3\nfuture = true", 1)
	if err := os.WriteFile(path, []byte(newer), 0o600); err != nil {
		t.Fatal(err)
	}
	if b := s.Load(familiar.Book{}, true); len(b.Rules) != 1 || len(s.Problems()) != 1 {
		t.Errorf("got %d rules and %q, want 1 and a problem", len(b.Rules), s.Problems())
	}
	_, err = s.ChangeRules(t.Context(), func(r []familiar.Rule) []familiar.Rule { return nil })
	if !errors.Is(err, ErrReadOnly) {
		t.Errorf("write: got %v, want ErrReadOnly", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != newer {
		t.Errorf("the file was changed: %q, %v", text, err)
	}
}

func TestWritersOfTwoProcessesLoseNoRule(t *testing.T) {
	_, d := newStore(t)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			s := Open(d) // as another process would
			for j := range 10 {
				if _, err := s.ChangeRules(context.Background(), func(old []familiar.Rule) []familiar.Rule {
					return append(old, rule(fmt.Sprintf("%d-%d", i, j)))
				}); err != nil {
					t.Errorf("add a rule: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if b := Open(d).Load(familiar.Book{}, true); len(b.Rules) != 40 {
		t.Errorf("got %d rules, want 40", len(b.Rules))
	}
}

func TestALinkedRulesFileStaysALink(t *testing.T) {
	s, d := newStore(t)
	target := filepath.Join(t.TempDir(), "dotfiles.toml")
	if err := os.WriteFile(target, []byte("version = 1\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(d.Config, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(d.Config, RulesFile)
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	add(t, s, rule("a"))
	if fi, err := os.Lstat(path); err != nil || fi.Mode()&os.ModeSymlink == 0 {
		t.Errorf("got mode %v, %v, want a link", fi.Mode(), err)
	}
	if fi, err := os.Stat(target); err != nil || fi.Mode().Perm() != 0o640 {
		t.Errorf("target: got mode %v, %v, want 0640 kept", fi.Mode(), err)
	}
	if b := Open(d).Load(familiar.Book{}, true); len(b.Rules) != 1 {
		t.Errorf("got %d rules through the link, want 1", len(b.Rules))
	}
}

func TestAFolderThatCanNotBeWrittenIsAnErrorAndTheOldFileStays(t *testing.T) {
	s, d := newStore(t)
	add(t, s, rule("a"))
	// A file in the folder's place fails for root too, unlike a mode.
	if err := os.RemoveAll(d.State); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.State, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := s.ChangeRules(t.Context(), func(r []familiar.Rule) []familiar.Rule { return nil })
	if err == nil {
		t.Error("got no error")
	}
	if b := Open(d).Load(familiar.Book{}, false); len(b.Rules) != 1 {
		t.Errorf("got %d rules, want the old one", len(b.Rules))
	}
}

// TestKillWhileWritingLeavesAWholeFile kills a writer at random moments. The
// writer is this test binary.
func TestKillWhileWritingLeavesAWholeFile(t *testing.T) {
	if dir := os.Getenv("STORE_TEST_WRITE_IN"); dir != "" {
		s := Open(Dirs{Config: dir, State: dir, Runtime: dir})
		for n := 1; ; n++ {
			var rs []familiar.Rule
			for i := range 1 + n%50 {
				rs = append(rs, rule(fmt.Sprint(i)))
			}
			if _, err := s.ChangeRules(context.Background(), func([]familiar.Rule) []familiar.Rule { return rs }); err != nil {
				t.Fatal(err)
			}
		}
	}
	dir := t.TempDir()
	path := filepath.Join(dir, RulesFile)
	for round := range 20 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKillWhileWritingLeavesAWholeFile$")
		cmd.Env = append(os.Environ(), "STORE_TEST_WRITE_IN="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for began := time.Now(); ; { // until it writes
			if fi, err := os.Stat(path); err == nil && fi.ModTime().After(began.Add(-time.Second)) {
				break
			}
			if time.Since(began) > 10*time.Second {
				t.Fatal("the writer wrote nothing within 10 s")
			}
		}
		<-time.After(time.Duration(round) * 700 * time.Microsecond) // another moment each round
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // says that it was killed
		if _, err := readRules(path); err != nil {
			t.Fatalf("round %d: got %v, want whole rules", round, err)
		}
	}
	s := Open(Dirs{Config: dir, State: dir, Runtime: dir})
	add(t, s)
	left, err := filepath.Glob(filepath.Join(dir, "."+RulesFile+"*"))
	if err != nil || len(left) != 0 {
		t.Errorf("temporary files left after the next write: %v, %v", left, err)
	}
}
