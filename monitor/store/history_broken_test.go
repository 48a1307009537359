package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAHistoryThatCanNotBeUnderstoodIsKeptAsideAndANewOneBegins(t *testing.T) {
	valid := func(t *testing.T, path string) {
		s := Open(Dirs{State: filepath.Dir(path), Config: filepath.Dir(path)})
		f := newMachine(t)
		stop := recording(t, s, f, whole)
		f.look()
		f.flood(s, 1, 200, "old")
		stop()
	}
	for name, spoil := range map[string]func(t *testing.T, path string){
		"garbage": func(t *testing.T, path string) { write0(t, path, []byte(strings.Repeat("not a database ", 1000))) },
		"a file whose second half is zeroes": func(t *testing.T, path string) {
			valid(t, path)
			text := read0(t, path)
			clear(text[4096:])
			write0(t, path, text)
		},
		"a file that was cut": func(t *testing.T, path string) {
			valid(t, path)
			write0(t, path, read0(t, path)[:8192])
		},
		"somebody else's database": func(t *testing.T, path string) {
			db, err := openDB(path, url.Values{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec("CREATE TABLE spell (x); PRAGMA user_version = 1"); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, d := newStore(t)
			path := filepath.Join(d.State, HistoryFile)
			if err := os.MkdirAll(d.State, 0o700); err != nil {
				t.Fatal(err)
			}
			spoil(t, path)
			was := read0(t, path)
			f := newMachine(t)
			recording(t, s, f, whole)
			f.listen(1, "127.0.0.1:80", "new")
			f.look()
			same(t, "recorded", all(t, s, Query{Program: "new"}), "new tcp 127.0.0.1:80 before open")
			if p := s.Problems(); len(p) != 1 || !strings.Contains(p[0].Text, "kept as") {
				t.Errorf("problems: got %q, want one that says where the file is kept", p)
			}
			kept, err := filepath.Glob(path + ".broken-*[0-9]")
			if err != nil || len(kept) != 1 {
				t.Fatalf("kept: got %v, %v, want one file", kept, err)
			}
			// What is a database has been opened as one, which leaves its marks.
			if got := read0(t, kept[0]); name == "garbage" && string(got) != string(was) {
				t.Errorf("kept: got %d other bytes, want the %d of the broken file", len(got), len(was))
			}
		})
	}
}

func read0(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func write0(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAHistoryOfANewerVersionIsLeftAlone(t *testing.T) {
	s, d := newStore(t)
	if err := os.MkdirAll(d.State, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(d.State, HistoryFile)
	db, err := openDB(path, url.Values{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE future (x); PRAGMA user_version = 2"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	f := newMachine(t)
	stop := recording(t, s, f, whole)
	f.listen(1, "127.0.0.1:80", "new")
	f.look()
	for _, err := range s.History().Spells(t.Context(), Query{}) {
		if !errors.Is(err, ErrReadOnly) {
			t.Errorf("spells: got %v, want ErrReadOnly", err)
		}
	}
	stop()
	if p := s.Problems(); len(p) != 1 || !strings.Contains(p[0].Text, "newer Portreeve") {
		t.Errorf("problems: got %q, want one about a newer Portreeve", p)
	}
	if kept, err := filepath.Glob(path + ".broken*"); err != nil || len(kept) > 0 {
		t.Errorf("kept aside: got %v, %v, want nothing", kept, err)
	}
}

func TestAHistoryThatSomebodyRemovedBeginsAnew(t *testing.T) {
	s, d := newStore(t)
	f := newMachine(t)
	recording(t, s, f, whole)
	f.listen(1, "127.0.0.1:80", "here")
	f.look()
	same(t, "at first", all(t, s, Query{}), "here tcp 127.0.0.1:80 before open")
	files, err := filepath.Glob(filepath.Join(d.State, HistoryFile+"*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	f.listen(2, "127.0.0.1:81", "later")
	f.look()
	same(t, "then", all(t, s, Query{}), "here tcp 127.0.0.1:80 before open", "later tcp 127.0.0.1:81 open")
	if fi, err := os.Stat(filepath.Join(d.State, HistoryFile)); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("the new file: got %v, %v, want mode 0600", fi, err)
	}
}

// again lets the recorder try at once what it would try in a while.
func again(t *testing.T, s *Store) {
	t.Helper()
	h := s.History()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rec.not = time.Time{}
	h.rec.catchUp(t.Context(), time.Now())
}

func TestWhatHappensWhileTheDiskSaysNoIsWrittenWhenItCanBe(t *testing.T) {
	s, d := newStore(t)
	// A file in the folder's place fails for root too, unlike a mode.
	if err := os.MkdirAll(filepath.Dir(d.State), 0o700); err != nil {
		t.Fatal(err)
	}
	write0(t, d.State, nil)
	f := newMachine(t)
	recording(t, s, f, whole)
	f.look()
	f.listen(1, "127.0.0.1:80", "short")
	f.look()
	f.end(1)
	f.listen(2, "127.0.0.1:81", "long")
	f.look()
	again(t, s)
	if p := s.Problems(); len(p) != 1 || !strings.Contains(p[0].Text, "can't be written") {
		t.Errorf("problems: got %q, want one", p)
	}
	if err := os.Remove(d.State); err != nil {
		t.Fatal(err)
	}
	again(t, s)
	if p := s.Problems(); len(p) > 0 {
		t.Errorf("problems: got %q, want none any more", p)
	}
	same(t, "in the end", all(t, s, Query{}), "short tcp 127.0.0.1:80 closed", "long tcp 127.0.0.1:81 open")
}

// TestAFullDiskLosesNoFile runs the recorder in a process whose files may not
// grow beyond 300 KiB, which the kernel refuses as a full disk does.
func TestAFullDiskLosesNoFile(t *testing.T) {
	if dir := os.Getenv("STORE_TEST_FULL"); dir != "" {
		if err := limitFiles(300 << 10); err != nil {
			t.Skip("files can't be limited here: ", err)
		}
		s := Open(Dirs{Config: dir, State: dir, Runtime: dir})
		f := newMachine(t)
		recording(t, s, f, whole)
		f.look()
		f.flood(s, 1, 10_000, "flood")
		if p := s.Problems(); len(p) != 1 || !strings.Contains(p[0].Text, "can't be written") {
			t.Errorf("problems: got %q, want that it can't be written", p)
		}
		fmt.Println("FILLED")
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestAFullDiskLosesNoFile$", "-test.v")
	cmd.Env = append(os.Environ(), "STORE_TEST_FULL="+dir)
	out, err := cmd.CombinedOutput()
	if strings.Contains(string(out), "SKIP") {
		t.Skip("files can't be limited here")
	}
	if err != nil || !strings.Contains(string(out), "FILLED") {
		t.Fatalf("the process with the full disk: %v\n%s", err, out)
	}
	d := Dirs{Config: dir, State: dir, Runtime: dir}
	sound(t, d)
	s, f := Open(d), newMachine(t)
	recording(t, s, f, whole)
	f.listen(1, "127.0.0.1:80", "after")
	f.look()
	if got := count(t, s, "after"); got != 1 {
		t.Errorf("with room again: got %d spells, want 1", got)
	}
}

// TestKillAtAnyMomentLosesAtMostTheLastSecond kills a recorder, which is this
// test binary, at moments all over its work.
func TestKillAtAnyMomentLosesAtMostTheLastSecond(t *testing.T) {
	if dir := os.Getenv("STORE_TEST_RECORD"); dir != "" {
		s := Open(Dirs{Config: dir, State: dir, Runtime: dir})
		f := newMachine(t)
		f.listen(1, "127.0.0.1:22", "sshd")
		recording(t, s, f, whole)
		for n := uint64(0); ; n++ { // until killed
			f.listen(100+n, fmt.Sprintf("127.0.0.1:%d", 1024+n%60_000), "short")
			f.look()
			fmt.Println(time.Now().UnixMilli())
			f.end(100 + n)
			f.look()
			time.Sleep(15 * time.Millisecond) // a busy computer, not a flood; the race detector slows the writing tenfold
		}
	}
	dir := t.TempDir()
	d := Dirs{Config: dir, State: dir, Runtime: dir}
	const rounds = 5 // the last is killed once something has been written, however slow the computer is
	for round := range rounds {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKillAtAnyMomentLosesAtMostTheLastSecond$")
		cmd.Env = append(os.Environ(), "STORE_TEST_RECORD="+dir)
		out := &firstWord{came: make(chan struct{})}
		cmd.Stdout = out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-out.came:
		case <-time.After(time.Minute):
			t.Errorf("round %d: the recorder said nothing in a minute", round)
		}
		time.Sleep(time.Duration(100+round*300) * time.Millisecond) // the moment is what is tested
		for end := time.Now().Add(time.Minute); round == rounds-1 && count(t, Open(d), "short") == 0; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("nothing was written in a minute")
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
		lines := strings.Fields(out.String())
		if _, err := os.Stat(filepath.Join(dir, HistoryFile)); errors.Is(err, fs.ErrNotExist) && round == 0 {
			continue // killed before the first batch
		}
		sound(t, d)
		var newest time.Time
		for x, err := range Open(d).History().Spells(context.Background(), Query{Program: "short"}) {
			if err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
			if newest.IsZero() {
				newest = x.Opened
			}
		}
		if len(lines) == 0 {
			continue
		}
		var first, last, gap int64
		for i, line := range lines {
			var at int64
			if _, err := fmt.Sscan(line, &at); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = at
			} else {
				gap = max(gap, at-last)
			}
			last = at
		}
		// What a batch takes comes on top of its second, and more of it where the
		// computer is so busy that the loop itself stood still.
		most := batchEvery + 500*time.Millisecond + 5*time.Duration(gap)*time.Millisecond
		// Where nothing of this round is there, all of it is lost, and no more.
		if newest.Before(time.UnixMilli(first)) {
			newest = time.UnixMilli(first)
		}
		if lost := time.UnixMilli(last).Sub(newest); lost > most {
			t.Errorf("round %d: got %v lost, want at most %v", round, lost, most)
		}
	}
	if n := count(t, Open(d), "short"); n == 0 {
		t.Errorf("got %d spells of all rounds, want them to stay", n)
	}
	if n := count(t, Open(d), "sshd"); n != 1 {
		t.Errorf("sshd: got %d spells, want one that goes on", n)
	}
}

// firstWord keeps what is written and tells when that begins.
type firstWord struct {
	strings.Builder
	once sync.Once
	came chan struct{}
}

func (w *firstWord) Write(b []byte) (int, error) {
	w.once.Do(func() { close(w.came) })
	return w.Builder.Write(b)
}
