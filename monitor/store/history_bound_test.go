package store

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"portreeve/monitor"
)

func TestTheLevelLeavesAsMuchAsItMay(t *testing.T) {
	for name, c := range map[string]struct {
		counts []int64
		n      int64
		want   int64
	}{
		"nobody":                           {nil, 10, 0},
		"one gives all of it":              {[]int64{100}, 30, 70},
		"the greatest gives first":         {[]int64{10, 100}, 50, 50},
		"then the greatest give alike":     {[]int64{90, 10, 100}, 100, 45},
		"what is small stays":              {[]int64{3, 4, 1000}, 900, 100},
		"nothing to give leaves all":       {[]int64{3, 4}, 0, 4},
		"more than there is leaves nobody": {[]int64{3, 4}, 100, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := levelOf(c.counts, c.n); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

// flood opens and ends n listeners of a program between two readings, a batch
// of at most 5,000 at a time so that the mailbox loses none.
func (f *machine) flood(s *Store, first uint64, n int, program string) {
	f.t.Helper()
	for n > 0 {
		some := min(n, 5000)
		for i := range some {
			f.listen(first+uint64(i), fmt.Sprintf("127.0.0.1:%d", 1024+i), program)
		}
		f.look()
		for i := range some {
			f.end(first + uint64(i))
		}
		f.look()
		s.History().mu.Lock()
		s.History().rec.catchUp(f.t.Context(), time.Now())
		s.History().mu.Unlock()
		first, n = first+uint64(some), n-some
	}
}

func count(t testing.TB, s *Store, program string) int {
	t.Helper()
	n := 0
	for x, err := range s.History().Spells(t.Context(), Query{Program: program}) {
		if err != nil {
			t.Fatal(err)
		}
		if x.Program == program {
			n++
		}
	}
	return n
}

func TestAProgramKeepsItsNewestUpToItsQuota(t *testing.T) {
	s, _ := newStore(t)
	f := newMachine(t)
	b := whole
	b.PerProgram = 160
	recording(t, s, f, b)
	f.listen(1, "127.0.0.1:80", "flood") // still listens, so it stays
	f.listen(2, "127.0.0.1:81", "quiet")
	f.look()
	f.end(2)
	f.flood(s, 100, 1000, "flood")
	if got := count(t, s, "flood"); got < 160 || got > 160+160/16+1 {
		t.Errorf("flood: got %d spells, want about 160", got)
	}
	if got := count(t, s, "quiet"); got != 1 {
		t.Errorf("quiet: got %d spells, want 1", got)
	}
	same(t, "what still listens", all(t, s, Query{Port: 80}), "flood tcp 127.0.0.1:80 before open")
}

func TestTheFileStaysInItsBoundAndNoProgramFloodsTheOthersOut(t *testing.T) {
	s, d := newStore(t)
	f := newMachine(t)
	recording(t, s, f, Bounds{On: true, Days: 90, MiB: 1})
	f.listen(1, "127.0.0.1:1", "keeper")
	f.look()
	f.end(1)
	f.flood(s, 100, 200, "small")
	for i := range 3 {
		f.flood(s, uint64(10_000*(i+1)), 4000, fmt.Sprintf("flood%d", i))
		for _, name := range []string{HistoryFile, HistoryFile + "-wal"} {
			most := int64(1 << 20)
			if strings.HasSuffix(name, "-wal") {
				most = 2 << 20
			}
			if fi, err := os.Stat(d.State + "/" + name); err != nil || fi.Size() > most {
				t.Errorf("%s: got %d bytes, %v, want at most %d", name, fi.Size(), err, most)
			}
		}
	}
	for program, want := range map[string]int{"keeper": 1, "small": 200} {
		if got := count(t, s, program); got != want {
			t.Errorf("%s: got %d spells, want %d", program, got, want)
		}
	}
	for i := range 3 {
		if got := count(t, s, fmt.Sprintf("flood%d", i)); got < 500 || got > 4000 {
			t.Errorf("flood%d: got %d spells, want its share", i, got)
		}
	}
	if p := s.Problems(); len(p) > 0 {
		t.Errorf("problems: got %q, want none", p)
	}
}

func TestWhatIsTooOldGoes(t *testing.T) {
	s, d := newStore(t)
	f := newMachine(t)
	stop := recording(t, s, f, whole)
	f.listen(1, "127.0.0.1:80", "old")
	f.listen(2, "127.0.0.1:81", "older-and-alive")
	f.look()
	f.end(1)
	f.look()
	stop()
	db, err := openToWrite(t.Context(), d.State+"/"+HistoryFile)
	if err != nil {
		t.Fatal(err)
	}
	long := time.Now().AddDate(0, 0, -91).UnixMilli()
	if _, err := db.Exec("UPDATE spell SET opened = ?, closed = CASE WHEN closed IS NULL THEN NULL ELSE ? END", long, long); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s = Open(d)
	recording(t, s, f, whole)
	same(t, "after 91 days", all(t, s, Query{}), "older-and-alive tcp 127.0.0.1:81 before open")
	b := whole
	b.Days = 3650
	s.History().SetBounds(b) // no harm
	same(t, "with a longer time", all(t, s, Query{}), "older-and-alive tcp 127.0.0.1:81 before open")
}

func TestTemporarySocketsAreRecordedOnlyWhenTheyLast(t *testing.T) {
	s, _ := newStore(t)
	f := newMachine(t)
	recording(t, s, f, whole)
	f.look()
	f.mu.Lock()
	for c := range uint64(2) {
		f.on[10+c] = listenerOf{at: fmt.Sprintf("0.0.0.0:%d", 40000+c), udp: true}
	}
	f.on[20] = listenerOf{at: "0.0.0.0:5353", udp: true}
	f.mu.Unlock()
	f.look()
	f.end(10)
	f.look()
	same(t, "at once", all(t, s, Query{}), " udp 0.0.0.0:5353 open")
	s.History().mu.Lock()
	s.History().rec.catchUp(t.Context(), time.Now().Add(2*time.Minute))
	s.History().mu.Unlock()
	same(t, "when it has lasted", all(t, s, Query{}), " udp 0.0.0.0:5353 open", " udp 0.0.0.0:40001 open")
}

// TestTenThousandListenersASecond holds the history to its promise under load:
// the file stays whole, memory stays bounded, and what was not lost by the
// mailbox is there.
func TestTenThousandListenersASecond(t *testing.T) {
	s, d := newStore(t)
	f := newMachine(t)
	stop := recording(t, s, f, whole)
	var before, after runtime.MemStats
	f.look()
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := time.Now()
	const total = 10_000
	for tenth := range 10 {
		first := uint64(1 + tenth*1000)
		for i := range uint64(1000) {
			f.listen(first+i, fmt.Sprintf("127.0.0.1:%d", 1024+i), fmt.Sprintf("p%d", i%50))
		}
		f.look()
		for i := range uint64(1000) {
			f.end(first + i)
		}
		f.look()
	}
	took := time.Since(began)
	stop()
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Logf("%d listeners in %v", total, took.Round(time.Millisecond))
	// A spell that waits takes about 1 KiB; all of them are gone by now.
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("got %d KiB more of memory, want at most 8 MiB", grown>>10)
	}
	got := 0
	for _, err := range Open(d).History().Spells(context.Background(), Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		got++
	}
	if got != total {
		t.Errorf("got %d spells, want all %d", got, total)
	}
	sound(t, d)
}

// sound has SQLite look over every page of the file.
func sound(t testing.TB, d Dirs) {
	t.Helper()
	db, err := openReadOnly(context.Background(), d.State+"/"+HistoryFile)
	if err != nil {
		t.Fatalf("open the history: %v", err)
	}
	if db == nil {
		return // killed before anything was written
	}
	defer func() { _ = db.Close() }()
	var verdict string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity: got %q, %v, want ok", verdict, err)
	}
}

func TestASlowRecordDelaysNobodyAndForgetsTheOldestOnly(t *testing.T) {
	r := &recorder{h: newHistory(Open(Dirs{State: t.TempDir()})), open: map[uint64]*record{}, changed: func() {}}
	var kept []*record
	for i := range mostWaiting + 5*inOneTx {
		e := &record{Spell: Spell{ID: fmt.Sprint(i), Opened: time.UnixMilli(1), Closed: time.UnixMilli(2)}}
		if i%10_000 == 0 { // these still listen
			e.Closed = time.Time{}
			r.open[uint64(i+1)] = e
			kept = append(kept, e)
		}
		r.mark(e)
	}
	if len(r.dirty) > mostWaiting+2*inOneTx {
		t.Errorf("got %d that wait, want at most %d", len(r.dirty), mostWaiting+2*inOneTx)
	}
	waiting := map[*record]bool{}
	for _, e := range r.dirty {
		waiting[e] = true
	}
	for _, e := range kept {
		if !waiting[e] {
			t.Errorf("spell %s still listens and was dropped", e.ID)
		}
	}
	if last := fmt.Sprint(mostWaiting + 5*inOneTx - 1); r.dirty[len(r.dirty)-1].ID != last {
		t.Errorf("the newest: got %s, want %s", r.dirty[len(r.dirty)-1].ID, last)
	}
}

var _ monitor.Table = (*machine)(nil)
