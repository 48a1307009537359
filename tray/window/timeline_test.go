package window

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"portreeve/monitor/reeve"
)

// spellOf is a spell of a program on a port that began and ended so many minutes
// before noon; an end below 0 stands for one that still listens.
func spellOf(name string, port uint16, began, ended int) reeve.Spell {
	s := reeve.Spell{ID: fmt.Sprintf("%s-%d-%d", name, port, began), Protocol: "tcp", Address: "127.0.0.1", Port: port, Scope: "loopback",
		Verdict: verdictNew, Program: name, Opened: ago(began)}
	if ended >= 0 {
		s.Closed = ago(ended)
	}
	return s
}

func ago(minutes int) string {
	return noon.Add(-time.Duration(minutes) * time.Minute).Format(time.RFC3339)
}

// drawing writes a timeline as text: a line a lane, each bar as row:port@from-until.
func drawing(t *timeline) string {
	var b strings.Builder
	for _, l := range t.lanes {
		b.WriteString(l.name)
		for _, x := range l.bars {
			fmt.Fprintf(&b, " %d:%d@%.2f-%.2f", x.row, x.spell.Port, t.place(x.from), t.place(x.until))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestATimelineHasALaneForEachProgram(t *testing.T) {
	spells := []reeve.Spell{
		spellOf("node", 5173, 30, -1), spellOf("node", 9229, 15, 0), spellOf("python3", 8000, 45, 30),
		spellOf("python3", 8000, 15, 3), spellOf("old", 1, 90, 70), spellOf("sshd", 22, 600, -1),
		{Program: "broken", Opened: "yesterday"},
	}
	for _, tt := range []struct {
		name   string
		within reach
		filter string
		want   string
	}{
		{"the last hour", lastHour, "", `
node 0:5173@0.50-1.00 1:9229@0.75-1.00
sshd 0:22@-9.00-1.00
python3 0:8000@0.25-0.50 0:8000@0.75-0.95
`},
		{"a filter by port", lastHour, ":8000", "\npython3 0:8000@0.25-0.50 0:8000@0.75-0.95\n"},
		{"a filter by two words", lastHour, "NODE 9229", "\nnode 0:9229@0.75-1.00\n"},
		{"all of it begins with the first", allTime, "old", "\nold 0:1@0.00-0.22\n"},
		{"nothing matches", lastHour, "no such", "\n"},
	} {
		got := "\n" + drawing(newTimeline(spells, tt.within, tt.filter, time.Time{}, noon))
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestAllOfARecordBeginsWhereTheRecordDoes(t *testing.T) {
	tl := newTimeline([]reeve.Spell{spellOf("a", 1, 10, 5)}, allTime, "", noon.Add(-time.Hour), noon)
	if want := noon.Add(-time.Hour); !tl.from.Equal(want) {
		t.Errorf("from: got %v, want %v", tl.from, want)
	}
	if tl := newTimeline(nil, allTime, "", time.Time{}, noon); !tl.from.Before(noon) {
		t.Errorf("an empty record: got a range from %v, want one before %v", tl.from, noon)
	}
}

func TestOverlappingBarsNeverShareARowButTheLast(t *testing.T) {
	var spells []reeve.Spell
	for i := range 20 {
		spells = append(spells, spellOf("node", uint16(3000+i), 50-i, 10))
	}
	l := newTimeline(spells, lastHour, "", time.Time{}, noon).lanes[0]
	if l.rows != mostRows {
		t.Errorf("rows: got %d, want %d", l.rows, mostRows)
	}
	for i := range mostRows {
		if l.bars[i].row != i {
			t.Errorf("row of bar %d: got %d, want %d", i, l.bars[i].row, i)
		}
	}
}

func TestTheCursorNamesTheBarUnderIt(t *testing.T) {
	tl := newTimeline([]reeve.Spell{
		spellOf("a", 1, 60, 45), spellOf("a", 2, 44, 30), spellOf("a", 3, 20, 20), spellOf("a", 4, 40, 35), spellOf("a", 5, 10, -1),
	}, lastHour, "", time.Time{}, noon)
	const width, narrowest, slack = 600, 3, 4 // ten pixels a minute
	for _, tt := range []struct {
		row  int
		x    float64
		want uint16 // 0 for none
	}{
		{0, 0, 1}, {0, 100, 1}, {0, 152, 1}, {0, 157, 2}, {0, 250, 2}, {0, 320, 0}, {0, 399, 3}, {0, 402, 3}, {0, 406, 3}, {0, 410, 0},
		{0, 500, 5}, {0, 600, 5}, {1, 100, 0}, {1, 225, 4}, {2, 225, 0},
	} {
		got := uint16(0)
		if i := tl.at(&tl.lanes[0], tt.row, tt.x, width, narrowest, slack); i >= 0 {
			got = tl.lanes[0].bars[i].spell.Port
		}
		if got != tt.want {
			t.Errorf("row %d, x %v: got port %d, want %d", tt.row, tt.x, got, tt.want)
		}
	}
}

// The quick search must say what a look at every bar says.
func TestTheQuickSearchAgreesWithALookAtEveryBar(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var spells []reeve.Spell
	for i := range 2000 {
		began := rnd.IntN(60 * 24)
		spells = append(spells, spellOf("a", uint16(i), began, max(0, began-rnd.IntN(5))))
	}
	tl := newTimeline(spells, lastDay, "", time.Time{}, noon)
	l := &tl.lanes[0]
	const width, narrowest, slack = 900, 3, 2
	for range 2000 {
		row, x := rnd.IntN(l.rows), rnd.Float64()*width
		got := tl.at(l, row, x, width, narrowest, slack)
		near, away := -1, float64(slack)
		for i := range l.bars {
			left, right := tl.edges(&l.bars[i], width, narrowest)
			if d := max(left-x, x-right, 0); l.bars[i].row == row && d <= away {
				near, away = i, d
			}
		}
		if (got < 0) != (near < 0) {
			t.Fatalf("row %d, x %v: got bar %d, want %d", row, x, got, near)
		}
		if got >= 0 {
			left, right := tl.edges(&l.bars[got], width, narrowest)
			if d := max(left-x, x-right, 0); d > away {
				t.Fatalf("row %d, x %v: got bar %d, %v away, want %d, %v away", row, x, got, d, near, away)
			}
		}
	}
}

func TestEvenTheShortestSpellCanBeSeen(t *testing.T) {
	tl := newTimeline([]reeve.Spell{spellOf("a", 1, 60, 60), spellOf("a", 2, 30, 30), spellOf("a", 3, 0, 0)}, lastHour, "", time.Time{}, noon)
	for i := range tl.lanes[0].bars {
		left, right := tl.edges(&tl.lanes[0].bars[i], 100, 3)
		if left < 0 || right > 100 || right-left < 3 {
			t.Errorf("edges of bar %d: got %v to %v, want 3 within 0 and 100", i, left, right)
		}
	}
}

func TestAClockThatWasSetBackMakesAPoint(t *testing.T) {
	tl := newTimeline([]reeve.Spell{spellOf("a", 1, 10, 20)}, lastHour, "", time.Time{}, noon)
	if got := drawing(tl); got != "a 0:1@0.83-0.83\n" {
		t.Errorf("got %q, want a point", got)
	}
}

func TestTheArrowsMoveFromBarToBar(t *testing.T) {
	tl := newTimeline([]reeve.Spell{
		spellOf("a", 1, 50, 40), spellOf("a", 2, 30, 1), spellOf("b", 3, 55, 45), spellOf("b", 4, 20, 2),
	}, lastHour, "", time.Time{}, noon)
	at, path := nowhere, []uint16{}
	for _, move := range [][2]int{{1, 0}, {1, 0}, {-1, 0}, {-1, 0}, {0, 1}, {1, 0}, {0, -1}, {0, -1}} {
		at = tl.step(at, move[0], move[1])
		path = append(path, tl.barAt(at).spell.Port)
	}
	if want := []uint16{2, 2, 1, 1, 3, 4, 2, 2}; !slices.Equal(path, want) {
		t.Errorf("ports on the way: got %v, want %v", path, want)
	}
	if got := newTimeline(nil, lastHour, "", time.Time{}, noon).step(nowhere, 1, 0); got != nowhere {
		t.Errorf("a step where nothing is: got %v, want nowhere", got)
	}
}

func TestASelectedBarIsFoundInTheNextAnswer(t *testing.T) {
	old := spellOf("a", 2, 30, -1)
	ended := spellOf("a", 2, 30, 0)
	tl := newTimeline([]reeve.Spell{spellOf("b", 2, 30, -1), spellOf("a", 1, 50, 40), ended}, lastHour, "", time.Time{}, noon)
	if b := tl.barAt(tl.find(&old)); b == nil || b.spell.Closed != ended.Closed {
		t.Errorf("got %v, want the same spell, ended", b)
	}
	if got := tl.find(&reeve.Spell{Program: "a", ID: "x"}); got != nowhere {
		t.Errorf("one that is gone: got %v, want nowhere", got)
	}
}

func TestTicksStandAtRoundTimesAndAreNeverTooMany(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skipf("no time zones on this computer: %v", err)
	}
	end := time.Date(2026, 10, 26, 12, 10, 0, 0, berlin) // summer time ended the day before
	for _, tt := range []struct {
		length      time.Duration
		most        int
		first, last string
		number      int
	}{
		{time.Hour, 8, "11:10", "12:10", 7},
		{time.Hour, 5, "11:15", "12:00", 4},
		{24 * time.Hour, 10, "15:00", "12:00", 8},
		{7 * 24 * time.Hour, 10, "00:00", "00:00", 7},
		{90 * 24 * time.Hour, 10, "00:00", "00:00", 9},
		{30 * time.Second, 10, "12:09", "12:10", 7},
	} {
		tl := &timeline{from: end.Add(-tt.length), until: end}
		ticks := tl.ticks(tt.most)
		if len(ticks) != tt.number || len(ticks) > tt.most {
			t.Fatalf("%v, at most %d: got %d ticks %v, want %d", tt.length, tt.most, len(ticks), ticks, tt.number)
		}
		first, last := ticks[0].at.Format("15:04"), ticks[len(ticks)-1].at.Format("15:04")
		if first != tt.first || last != tt.last {
			t.Errorf("%v: got %s to %s, want %s to %s", tt.length, first, last, tt.first, tt.last)
		}
	}
}

func TestTheListStandsByDayTheLatestFirst(t *testing.T) {
	tl := newTimeline([]reeve.Spell{
		spellOf("a", 1, 60, 50), spellOf("b", 2, 30, -1), spellOf("a", 3, 13*60, 12*60), spellOf("a", 4, 40*60, 30*60),
	}, allTime, "", time.Time{}, noon)
	var got []string
	for _, e := range tl.byDay() {
		if e.bar == nil {
			got = append(got, e.day.Format("Mon 2"))
			continue
		}
		got = append(got, fmt.Sprint(e.bar.spell.Port))
		if tl.barAt(e.at) != e.bar {
			t.Errorf("spot of port %d: got another bar, want its own", e.bar.spell.Port)
		}
	}
	day := func(back int) string { return noon.AddDate(0, 0, -back).Format("Mon 2") }
	if want := []string{day(0), "2", "1", day(1), "3", day(2), "4"}; !slices.Equal(got, want) {
		if want = []string{day(0), "2", "1", day(1), "3", "4"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

func TestAnExportCanNotRunAnythingInASpreadsheet(t *testing.T) {
	s := spellOf("=cmd|'/c calc'!A1", 8000, 10, 5)
	s.Place, s.Exe, s.User, s.Origin = "@SUM(1)", "+1", " -2", "a\x1b\u202e\tb\n\"c\",\xff"
	quiet := spellOf("node", 5173, 3, -1)
	var b bytes.Buffer
	if err := writeCSV(&b, []reeve.Spell{s, quiet}); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatalf("read it again: %v", err)
	}
	want := [][]string{csvHead,
		{ago(10), ago(5), "'=cmd|'/c calc'!A1", "'@SUM(1)", "tcp", "127.0.0.1", "8000", "loopback", verdictNew,
			`a\x1b\u202e b "c",\xff`, "' -2", "0", "'+1", "false", "false", "false"},
		{ago(3), "", "node", "", "tcp", "127.0.0.1", "5173", "loopback", verdictNew, "", "", "0", "", "false", "false", "false"},
	}
	for i := range want {
		if !slices.Equal(rows[i], want[i]) {
			t.Errorf("row %d:\ngot  %q\nwant %q", i, rows[i], want[i])
		}
	}
}

func TestAFullDiskIsToldByAnExport(t *testing.T) {
	full := errors.New("no space left")
	err := writeCSV(failing{full}, []reeve.Spell{spellOf("a", 1, 2, 1)})
	if !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func BenchmarkATimelineOf5000Spells(b *testing.B) {
	var spells []reeve.Spell
	for i := range 5000 {
		spells = append(spells, spellOf(fmt.Sprintf("prog-%d", i%60), uint16(i), i%1440, max(0, i%1440-7)))
	}
	for b.Loop() {
		if tl := newTimeline(spells, lastDay, "", time.Time{}, noon); tl.count != 5000 {
			b.Fatalf("bars: got %d, want 5000", tl.count)
		}
	}
}
