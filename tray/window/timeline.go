package window

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"time"

	"portreeve/monitor/reeve"
)

// reach is how much of the record a timeline shows, counted back from now; zero
// is all of it.
type reach time.Duration

// The ranges that can be chosen.
const (
	lastHour = reach(time.Hour)
	lastDay  = reach(24 * time.Hour)
	lastWeek = reach(7 * 24 * time.Hour)
	allTime  = reach(0)
)

// mostRows bounds the rows of one lane. Bars that overlap with more than so many
// others share the last row.
const mostRows = 6

// bar is one spell on the picture.
type bar struct {
	spell *reeve.Spell
	from  time.Time // as recorded, not cut to the range
	until time.Time // now, where it still listens
	open  bool      // it still listens
	row   int       // within its lane
}

// lane holds the bars of one program, ordered by their beginning.
type lane struct {
	name string
	bars []bar
	rows int // how many rows its bars need
}

// timeline is the picture without a screen: a range of time, and who listened in
// it. It is built once for each answer and does not change.
type timeline struct {
	from, until time.Time
	lanes       []lane // those that listen first, then the latest first
	count       int    // bars in all lanes
}

// newTimeline lays spells out. Those that the range does not touch, that the
// filter does not match, or whose times can't be read, are left out. Beginning
// is where the record begins; it bounds allTime, and may be zero.
func newTimeline(spells []reeve.Spell, within reach, filter string, beginning, now time.Time) *timeline {
	t := &timeline{until: now}
	if within != allTime {
		t.from = now.Add(-time.Duration(within))
	}
	first := now
	byName := map[string]*lane{}
	for i := range spells {
		s := &spells[i]
		b, ok := newBar(s, now)
		if !ok || b.until.Before(t.from) || b.from.After(now) || !spellMatches(s, filter) {
			continue
		}
		if b.from.Before(first) {
			first = b.from
		}
		name := spellProgram(s)
		l := byName[name]
		if l == nil {
			l = &lane{name: name}
			byName[name] = l
		}
		l.bars = append(l.bars, b)
		t.count++
	}
	if within == allTime {
		t.from = first
		if !beginning.IsZero() && beginning.Before(first) {
			t.from = beginning
		}
		// A record of some seconds would be a picture of one point.
		if least := now.Add(-time.Minute); t.from.After(least) {
			t.from = least
		}
	}
	for _, l := range byName {
		l.stack()
		t.lanes = append(t.lanes, *l)
	}
	slices.SortFunc(t.lanes, func(a, b lane) int {
		return cmp.Or(b.end().Compare(a.end()), strings.Compare(strings.ToLower(a.name), strings.ToLower(b.name)),
			strings.Compare(a.name, b.name))
	})
	return t
}

// newBar reads a spell's times; ok tells whether they make sense. A spell that
// ends before it begins, as a clock that was set makes it, is a point.
func newBar(s *reeve.Spell, now time.Time) (b bar, ok bool) {
	from, err := time.Parse(time.RFC3339, s.Opened)
	if err != nil {
		return bar{}, false
	}
	b = bar{spell: s, from: from, until: now, open: s.Closed == ""}
	if !b.open {
		if b.until, err = time.Parse(time.RFC3339, s.Closed); err != nil {
			return bar{}, false
		}
	}
	if b.until.Before(b.from) {
		b.until = b.from
	}
	return b, true
}

// end is when the last of its bars ends.
func (l *lane) end() time.Time {
	var last time.Time
	for i := range l.bars {
		if l.bars[i].until.After(last) {
			last = l.bars[i].until
		}
	}
	return last
}

// stack orders the bars and gives each the lowest row that is free.
func (l *lane) stack() {
	slices.SortFunc(l.bars, func(a, b bar) int {
		return cmp.Or(a.from.Compare(b.from), cmp.Compare(a.spell.Port, b.spell.Port), strings.Compare(a.spell.Address, b.spell.Address))
	})
	var busy [mostRows]time.Time // until when a row is taken
	for i := range l.bars {
		b := &l.bars[i]
		b.row = mostRows - 1
		for row := range busy {
			if !busy[row].After(b.from) {
				b.row = row
				break
			}
		}
		if b.until.After(busy[b.row]) {
			busy[b.row] = b.until
		}
		l.rows = max(l.rows, b.row+1)
	}
}

// place is where a moment stands, as a part of the range: 0 at its beginning, 1
// at its end, outside of that before and after.
func (t *timeline) place(at time.Time) float64 {
	return float64(at.Sub(t.from)) / float64(t.until.Sub(t.from))
}

// moment is place turned round.
func (t *timeline) moment(place float64) time.Time {
	return t.from.Add(time.Duration(place * float64(t.until.Sub(t.from))))
}

// edges are where a bar begins and ends on a picture of that width, cut to it
// and at least narrowest wide, so that the shortest spell can be seen and hit.
func (t *timeline) edges(b *bar, width, narrowest float64) (left, right float64) {
	left = min(max(t.place(b.from)*width, 0), width-narrowest)
	right = min(max(t.place(b.until)*width, left+narrowest), width)
	return left, right
}

// at names the bar of a lane that stands at x in a row, on a picture of that
// width: the nearest that is at most slack away, the later where two are as
// near; -1 for none. It looks at few bars, however many there are.
func (t *timeline) at(l *lane, row int, x, width, narrowest, slack float64) int {
	best, near := -1, slack
	// Bars are ordered by their beginning: those that begin right of x are out.
	n := sort.Search(len(l.bars), func(i int) bool {
		left, _ := t.edges(&l.bars[i], width, narrowest)
		return left > x+slack
	})
	for i := n - 1; i >= 0; i-- {
		b := &l.bars[i]
		if b.row != row {
			continue
		}
		left, right := t.edges(b, width, narrowest)
		if away := max(left-x, x-right, 0); away < near || best < 0 && away <= slack {
			best, near = i, away
		}
		// Rows but the last hold no two bars at once: whatever began before one
		// that begins left of x ended before it, and is further away.
		if near == 0 || left <= x && row < mostRows-1 {
			break
		}
	}
	return best
}

// spot names one bar: lane and bar, or none where lane is -1.
type spot struct{ lane, bar int }

var nowhere = spot{-1, -1}

// barAt gives the bar at a spot, nil where there is none.
func (t *timeline) barAt(s spot) *bar {
	if s.lane < 0 || s.lane >= len(t.lanes) || s.bar < 0 || s.bar >= len(t.lanes[s.lane].bars) {
		return nil
	}
	return &t.lanes[s.lane].bars[s.bar]
}

// find gives the spot of a spell as it was in an older answer.
func (t *timeline) find(old *reeve.Spell) spot {
	if old == nil {
		return nowhere
	}
	for i := range t.lanes {
		if t.lanes[i].name != spellProgram(old) {
			continue
		}
		for k := range t.lanes[i].bars {
			if s := t.lanes[i].bars[k].spell; s.ID == old.ID && s.Opened == old.Opened && s.Port == old.Port && s.Address == old.Address {
				return spot{i, k}
			}
		}
	}
	return nowhere
}

// step moves from a bar to the one before or after it in its lane; down moves to
// another lane, to the bar that is nearest in time. From nowhere it goes to the
// latest bar of the first lane.
func (t *timeline) step(s spot, along, down int) spot {
	if len(t.lanes) == 0 {
		return nowhere
	}
	b := t.barAt(s)
	if b == nil {
		return spot{0, len(t.lanes[0].bars) - 1}
	}
	if down == 0 {
		return spot{s.lane, min(max(s.bar+along, 0), len(t.lanes[s.lane].bars)-1)}
	}
	to := min(max(s.lane+down, 0), len(t.lanes)-1)
	if to == s.lane {
		return s
	}
	// Of those that stand above each other, the one that begins nearest.
	away := func(o *bar) (gap, begins time.Duration) {
		return max(o.from.Sub(b.until), b.from.Sub(o.until), 0), o.from.Sub(b.from).Abs()
	}
	best := 0
	for i := range t.lanes[to].bars {
		gap, begins := away(&t.lanes[to].bars[i])
		least, nearest := away(&t.lanes[to].bars[best])
		if gap < least || gap == least && begins < nearest {
			best = i
		}
	}
	return spot{to, best}
}

// tick is a line of the time axis.
type tick struct {
	at  time.Time
	day bool // a day begins
}

// The distances that ticks may have. Longer ones are whole days.
var tickSteps = []time.Duration{
	time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
}

// ticks are at most so many lines at round times of the clock, in order.
func (t *timeline) ticks(most int) []tick {
	var all []tick
	most = max(most, 1)
	length := t.until.Sub(t.from)
	year, month, day := t.from.Date()
	midnight := time.Date(year, month, day, 0, 0, 0, 0, t.from.Location())
	for _, step := range tickSteps {
		if length/step > time.Duration(most-1) {
			continue
		}
		// The clock on the wall decides: a change to summer time does not shift
		// the lines after it.
		for d := 0; ; d++ {
			for wall := time.Duration(0); wall < 24*time.Hour; wall += step {
				at := time.Date(year, month, day+d, 0, 0, int(wall/time.Second), 0, t.from.Location())
				if at.After(t.until) {
					return all
				}
				if !at.Before(t.from) && (len(all) == 0 || at.After(all[len(all)-1].at)) {
					all = append(all, tick{at, wall == 0})
				}
			}
		}
	}
	days := int(length/(24*time.Hour))/most + 1
	for at := midnight.AddDate(0, 0, 1); !at.After(t.until); at = at.AddDate(0, 0, days) {
		all = append(all, tick{at, true})
	}
	return all
}

// entry is a line of the list beneath the picture: a day, or a spell.
type entry struct {
	day time.Time // midnight; zero for a spell
	bar *bar
	at  spot
}

// byDay lists every bar under the day on which it began, the latest first.
func (t *timeline) byDay() []entry {
	all := make([]entry, 0, t.count)
	for i := range t.lanes {
		for k := range t.lanes[i].bars {
			all = append(all, entry{bar: &t.lanes[i].bars[k], at: spot{i, k}})
		}
	}
	slices.SortStableFunc(all, func(a, b entry) int {
		return cmp.Or(b.bar.from.Compare(a.bar.from), cmp.Compare(a.bar.spell.Port, b.bar.spell.Port))
	})
	var list []entry
	var last time.Time
	for _, e := range all {
		year, month, day := e.bar.from.In(t.until.Location()).Date()
		midnight := time.Date(year, month, day, 0, 0, 0, 0, t.until.Location())
		if !midnight.Equal(last) {
			list = append(list, entry{day: midnight, at: nowhere})
			last = midnight
		}
		list = append(list, e)
	}
	return list
}

// spellMatches tells whether every word of a filter is in the spell.
func spellMatches(s *reeve.Spell, filter string) bool {
	if filter == "" {
		return true
	}
	text := strings.ToLower(strings.Join([]string{
		spellProgram(s), spellAddress(s), s.Protocol, clean(s.Place, longText), clean(s.Origin, shortText), clean(s.User, shortText),
	}, "\n"))
	for word := range strings.FieldsSeq(strings.ToLower(filter)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// asListener gives a spell to the words that speak of listeners.
func asListener(s *reeve.Spell) *reeve.Listener {
	return &reeve.Listener{ID: s.ID, Protocol: s.Protocol, Address: s.Address, Port: s.Port, Scope: s.Scope, Verdict: s.Verdict,
		Program: s.Program, Place: s.Place, User: s.User}
}

func spellProgram(s *reeve.Spell) string { return program(asListener(s)) }
func spellAddress(s *reeve.Spell) string { return address(asListener(s)) }
