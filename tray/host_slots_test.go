package tray

import (
	"reflect"
	"testing"
	"time"
)

// listening makes the rows of new listeners, each with its Stop.
func listening(names ...string) (rows []Row) {
	for _, n := range names {
		rows = append(rows,
			Row{Key: "new/" + n, Label: n, Rows: []Row{{Key: "details/" + n}}},
			Row{Key: "stop-new/" + n, Label: "Stop " + n, Do: Do{Act: ActStop, Listener: n}})
	}
	return rows
}

func labels(s slots) []string {
	all := []string{}
	for _, slot := range s {
		text := "-"
		for i, r := range slot.rows {
			if i == 0 {
				text = r.Label
			} else {
				text += ", " + r.Label
			}
		}
		all = append(all, text)
	}
	return all
}

func TestRowsKeepTheirSlotAndNewcomersStandAbove(t *testing.T) {
	s, now := make(slots, 4), noon
	for _, step := range []struct {
		name  string
		after time.Duration
		rows  []Row
		want  []string
		again time.Duration
	}{
		{"the first fill the last slots", 0, listening("b", "a"), []string{"-", "-", "b, Stop b", "a, Stop a"}, 0},
		{"a newcomer stands above", time.Second, listening("c", "b", "a"), []string{"-", "c, Stop c", "b, Stop b", "a, Stop a"}, 0},
		{"one that ended says so in its slot", time.Second, listening("c", "a"),
			[]string{"-", "c, Stop c", "b · ended", "a, Stop a"}, endedTime},
		{"and is not shifted by another", 5 * time.Second, listening("d", "c", "a"),
			[]string{"d, Stop d", "c, Stop c", "b · ended", "a, Stop a"}, endedTime - 5*time.Second},
		{"what has no slot waits", time.Second, listening("e", "d", "c", "a"),
			[]string{"d, Stop d", "c, Stop c", "b · ended", "a, Stop a"}, endedTime - 6*time.Second},
		{"a slot is free after 20 s", endedTime, listening("e", "d", "c", "a"),
			[]string{"d, Stop d", "c, Stop c", "e, Stop e", "a, Stop a"}, 0},
		{"other rows just go", time.Second, []Row{{Key: "more-new", Label: "5 more"}},
			[]string{"d · ended", "c · ended", "e · ended", "a · ended"}, endedTime},
	} {
		now = now.Add(step.after)
		again := s.lay(step.rows, now)
		if got := labels(s); !reflect.DeepEqual(got, step.want) {
			t.Errorf("%s: got %q, want %q", step.name, got, step.want)
		}
		if again != step.again {
			t.Errorf("%s: got %v until the next look, want %v", step.name, again, step.again)
		}
	}
}

func TestAnEndedRowCantBeClicked(t *testing.T) {
	s := make(slots, 2)
	s.lay(listening("a"), noon)
	s.lay(nil, noon)
	if got := s[1].rows; len(got) != 1 || !got[0].Disabled || got[0].Do != (Do{}) || got[0].Rows != nil {
		t.Errorf("got %+v, want one disabled row that means nothing", got)
	}
}

func TestARowThatIsNoListenersLeavesItsSlotAtOnce(t *testing.T) {
	s := make(slots, 2)
	s.lay([]Row{{Key: "rest", Label: "Already here and known"}}, noon)
	s.lay(nil, noon)
	if got, want := labels(s), []string{"-", "-"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
