package tray

// This file lays out the menu: which rows stand in it and in which order. What
// one listener's rows say is in menu_listener.go. Both are pure.

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"portreeve/monitor/explain"
	"portreeve/monitor/familiar"
	"portreeve/monitor/reeve"
)

// The limits of the menu. GNOME's AppIndicator extension opens submenus inside
// the menu and cuts off what is taller than the screen, Quit first. A row there
// is 36 pixels high (GNOME 43): 15 rows with 5 more below one of them fit a
// screen of 768.
const (
	maxListeners = 8  // listeners with rows of their own
	maxRows      = 15 // rows in all, separators too, submenus not
	maxSubmenu   = 5
	maxGone      = 3 // rows for listeners that ended unseen
)

// moreGoneKey begins the key of the row that counts what ended unseen and has no
// row of its own; the key of the newest that it counts follows.
const moreGoneKey = "more-"

// gone is a new listener that ended before anybody saw it in the menu.
type gone struct {
	reeve.Listener
	at time.Time // when it ended
}

// menu makes the rows for a state. unseen holds what ended, oldest first. Words
// depend on now only for the pause: no row has a clock or a counter.
func menu(view reeve.View, unseen []gone, now time.Time) []Row {
	entries := merge(view.Listeners)
	fresh, open, rest := sortOut(entries)
	left := leftBehind(entries)

	// What ended unseen gets a row however full the menu is: only what stood
	// there counts as seen.
	room := maxRows - len(tailRows(view.Status, entries, left, now)) - 1 - min(len(unseen), 1)
	shownFresh := pickFresh(fresh, min(maxListeners, room/2))
	if len(shownFresh) < len(fresh) {
		shownFresh = pickFresh(fresh, min(maxListeners, (room-1)/2))
	}
	rows := []Row{{Key: "headline", Label: glance(entries, view.Status, now), Disabled: true}}
	for _, e := range shownFresh {
		rows = append(rows, e.freshRows()...)
	}
	if more := len(fresh) - len(shownFresh); more > 0 {
		rows = append(rows, Row{Key: "more-new", Label: fmt.Sprintf("%d more new in the window…", more), Do: Do{Act: ActOpen}})
	}
	shownOpen := open[:max(0, min(len(open), maxListeners-len(shownFresh), room+1-len(rows)))]
	for _, e := range shownOpen {
		rows = append(rows, e.openRow())
	}

	tail := tailRows(view.Status, append(open[len(shownOpen):], rest...), left, now)
	rows = append(rows, goneRows(unseen, maxRows-len(rows)-len(tail))...)
	return append(rows, tail...)
}

// starting is the menu before the first reading.
func starting() []Row {
	return []Row{
		{Key: "headline", Label: "Portreeve is looking around…", Disabled: true},
		{Key: "separator", Separator: true},
		{Key: "quit", Label: "Quit", Do: Do{Act: ActQuit}},
	}
}

// tailRows are the rows below the listeners: those that always are there. What
// sessions have left behind has a row of its own and none among the rest.
func tailRows(status reeve.Status, rest, left []entry, now time.Time) []Row {
	var rows []Row
	if len(status.Problems) > 0 {
		rows = append(rows, Row{Key: "problem", Label: explain.Clean(status.Problems[0].Text, maxLabel), Do: Do{Act: ActOpen}})
	}
	if len(left) > 0 {
		rows = append(rows, leftRow(left))
		kept := make([]entry, 0, len(rest))
		for i := range rest {
			if !rest[i].Origin.Ended || rest[i].owner() == "" {
				kept = append(kept, rest[i])
			}
		}
		rest = kept
	}
	if len(rest) > 0 {
		rows = append(rows, Row{Key: "rest", Label: "Already here and known", Rows: restRows(rest)})
	}
	return append(rows,
		Row{Key: "separator", Separator: true},
		pauseRow(status, now),
		Row{Key: "explain", Label: "Explain an address…", Do: Do{Act: ActExplain}},
		Row{Key: "open", Label: "Open Portreeve", Do: Do{Act: ActOpen}},
		Row{Key: "quit", Label: "Quit", Do: Do{Act: ActQuit}},
	)
}

// restRows are the rows of "Already here and known".
func restRows(rest []entry) []Row {
	shown := rest
	if len(rest) > maxSubmenu {
		shown = rest[:maxSubmenu-1]
	}
	var rows []Row
	for _, e := range shown {
		rows = append(rows, e.restRow())
	}
	if more := len(rest) - len(shown); more > 0 {
		rows = append(rows, Row{Key: "more-rest", Label: fmt.Sprintf("%d more in the window…", more), Do: Do{Act: ActOpen}})
	}
	return rows
}

// goneRows are the rows of what ended unseen, the newest first, at most limit.
func goneRows(unseen []gone, limit int) []Row {
	limit = min(limit, maxGone)
	var rows []Row
	for i, g := range slices.Backward(unseen) {
		if len(rows) == limit-1 && i > 0 {
			text := fmt.Sprintf("%d more came and went", i+1)
			if len(rows) == 0 {
				text = fmt.Sprintf("%d came and went", i+1)
			}
			return append(rows, Row{Key: moreGoneKey + g.key(), Label: text, Disabled: true})
		}
		if len(rows) >= limit {
			break
		}
		rows = append(rows, g.row())
	}
	return rows
}

// pauseRow offers a pause, or its end.
func pauseRow(status reeve.Status, now time.Time) Row {
	if until, ok := pausedUntil(status, now); ok {
		return Row{Key: "resume", Label: "Resume notices (paused until " + clock(until, now) + ")", Do: Do{Act: ActPause, Text: "off"}}
	}
	return Row{Key: "pause", Label: "Pause notices", Rows: []Row{
		{Key: "pause/15m", Label: "For 15 minutes", Do: Do{Act: ActPause, Text: "15m"}},
		{Key: "pause/1h", Label: "For 1 hour", Do: Do{Act: ActPause, Text: "1h"}},
		{Key: "pause/tomorrow", Label: "Until tomorrow", Do: Do{Act: ActPause, Text: "tomorrow"}},
	}}
}

// pausedUntil gives the end of a pause that lasts at now.
func pausedUntil(status reeve.Status, now time.Time) (time.Time, bool) {
	until, err := time.Parse(time.RFC3339, status.PausedUntil)
	return until, err == nil && until.After(now)
}

// clock writes a time in now's zone, with the day where it isn't today.
func clock(t, now time.Time) string {
	t = t.In(now.Location())
	switch y, m, d := now.Date(); t.Format(time.DateOnly) {
	case now.Format(time.DateOnly):
		return t.Format("15:04")
	case time.Date(y, m, d+1, 12, 0, 0, 0, now.Location()).Format(time.DateOnly):
		return "tomorrow, " + t.Format("15:04")
	}
	return t.Format("2 January, 15:04")
}

// glance is one line on what listens and whether any of it is
// new. It holds no text of a program's, so it is fit for tooltips that read
// mark-up.
func glance(entries []entry, status reeve.Status, now time.Time) string {
	fresh, open, known := 0, 0, 0
	for _, e := range entries {
		if e.fresh() {
			fresh++
		}
		if e.reach() == toNetwork {
			open++
		}
		if e.Verdict == string(familiar.Familiar) {
			known++
		}
	}
	if until, ok := pausedUntil(status, now); ok {
		text := "Paused until " + clock(until, now)
		if fresh > 0 {
			text += fmt.Sprintf(" · %d waiting", fresh)
		}
		return text
	}
	text := "Nothing listens"
	switch all := len(entries); {
	case fresh > 0:
		text = strconv.Itoa(fresh) + " new"
	case all > 0 && known == all:
		text = count(all, "listener") + ", all known"
	case all > 0:
		// What was there before the user said anything is not "known".
		text = count(all, "listener") + ", nothing new"
	}
	if open > 0 {
		text += fmt.Sprintf(" · %d open to your network", open)
	}
	return text
}

// count writes a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// sortOut parts the entries into new ones (the newest first), others that are
// open to the network, and the rest, both in the order of the view.
func sortOut(entries []entry) (fresh, open, rest []entry) {
	n := 0
	for i := range entries {
		if entries[i].fresh() {
			n++
		}
	}
	fresh, rest = make([]entry, 0, n), make([]entry, 0, len(entries)-n)
	for _, e := range entries {
		switch {
		case e.fresh():
			fresh = append(fresh, e)
		case e.open():
			open = append(open, e)
		default:
			rest = append(rest, e)
		}
	}
	slices.SortStableFunc(fresh, func(a, b entry) int { return cmp.Compare(b.since, a.since) })
	return fresh, open, rest
}

// pickFresh takes at most limit of the new entries and keeps their order. Where
// there are more, each program's newest goes before any program's second, so
// that one program that opens many can't push the others out.
func pickFresh(fresh []entry, limit int) []entry {
	if len(fresh) <= limit {
		return fresh
	}
	nth := make([]int, len(fresh)) // how many newer ones the same program has
	seen := map[string]int{}
	order := make([]int, len(fresh))
	for i, e := range fresh {
		nth[i], order[i] = seen[e.Program], i
		seen[e.Program]++
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(nth[a], nth[b]) })
	order = order[:limit]
	slices.Sort(order)
	picked := make([]entry, limit)
	for i, k := range order {
		picked[i] = fresh[k]
	}
	return picked
}
