//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// The developer's day: real programs, started the way people start them, and
// eight strangers among them, before the real resident with a notification
// daemon that counts. It is lived twice. On day one nothing is known, and the
// user says of each program that was told, once, that it is known; day two has
// those rules. The goals:
//
//   - day one: each program is told by exactly one notice, however many ports it
//     opens and however often it is rebuilt;
//   - day two: no notice of what is known;
//   - both days: every stranger is told, by one notice.
//
// A part is told when a notice that is not the update of another one names one
// of its ports, or a digest says so while the listing marks it as new. Beside it
// a plain watcher, for which every new pair of pid and port is a notice, sees
// the same days.

// TestAShortDayTellsEveryStrangerAndNagsNobody takes a minute. The resident
// allows five notices in one: the short day logs in anew instead of waiting.
func TestAShortDayTellsEveryStrangerAndNagsNobody(t *testing.T) {
	d := openDay(t)
	d.hasty = true
	d.liveTwice(t, slices.Concat(shortPrograms, strangers))
}

// TestTheDevelopersDayTellsEveryStrangerAndNagsNobody takes some minutes.
func TestTheDevelopersDayTellsEveryStrangerAndNagsNobody(t *testing.T) {
	if os.Getenv("PORTREEVE_DAY") == "" {
		t.Skip("it takes minutes: make day")
	}
	d := openDay(t)
	d.liveTwice(t, slices.Concat(shortPrograms, strangers[:4], longPrograms, strangers[4:]))
}

// part is one program's or stranger's appearance in a day.
type part struct {
	name     string
	stranger bool
	// needs says what the computer lacks to play it, "" for nothing.
	needs func(d *day) string
	// play starts it as people do. It calls told once it listens, and leaves it
	// running; what it started ends with its test.
	play func(p *performance)
}

// figures are what came of a part on one day.
type figures struct {
	part     part
	missing  string        // what it needed and the computer lacks
	ports    int           // the listeners that it opened
	plain    int           // the plain watcher's notices
	notices  int           // those that popped up
	updates  int           // those that changed in place
	digested bool          // it was told by a digest, not by its own notice
	told     bool          // at all
	after    time.Duration // from the first listener to the notice
	clicks   int           // how often the user said that it is known
	words    string        // the notice
}

// liveTwice lives day one and day two, prints both and holds them against the
// goals.
func (d *day) liveTwice(t *testing.T, parts []part) {
	began := time.Now()
	one := d.live(t, "day one", parts, false)
	d.logOut(t) // and sleep
	d.logIn(t)
	two := d.live(t, "day two", parts, true)
	d.end()
	t.Logf("the day, twice, in %v:\n%s", time.Since(began).Round(time.Second), table(one, two))
	for i := range one {
		for _, fault := range append(one[i].faults("day one", false), two[i].faults("day two", true)...) {
			t.Error(fault)
		}
	}
	if n := len(d.astray); n > 0 {
		t.Errorf("got %d notices of nothing that was played, want none:\n\t%s", n, strings.Join(d.astray, "\n\t"))
	}
}

// faults holds a part of a day, on which the programs are known or not, against
// the goals.
func (f figures) faults(when string, known bool) []string {
	about := fmt.Sprintf("%q on %s", f.part.name, when)
	got := fmt.Sprintf("got %d notices of %s, the last %q", f.notices, about, f.words)
	var all []string
	switch {
	case f.missing != "":
	case known && !f.part.stranger && f.notices > 0:
		all = append(all, got+"; it is known, want none")
	case known && !f.part.stranger:
	case !f.told:
		all = append(all, got+"; none says that it listens, want one")
	case f.notices > 1:
		all = append(all, got+"; want one")
	}
	return all
}

func (f figures) stranger() bool { return f.part.stranger }

// live plays all parts of one day after one another.
func (d *day) live(t *testing.T, when string, parts []part, known bool) []figures {
	t.Helper()
	var all []figures
	t.Run(strings.ReplaceAll(when, " ", "_"), func(t *testing.T) {
		for _, part := range parts {
			f := figures{part: part}
			t.Run(part.name, func(t *testing.T) {
				if part.needs != nil {
					if f.missing = part.needs(d); f.missing != "" {
						t.Skip("not played: " + f.missing)
					}
				}
				d.makeRoom(t)
				p := d.perform(t, part, !known || part.stranger)
				defer func() { f = p.figures() }() // of a part that fails, too
				part.play(p)
				p.know()
			})
			all = append(all, f)
		}
	})
	return all
}

// table prints both days side by side.
func table(one, two []figures) string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\tlisteners\tplain watcher\tnotices\ttold after\tclicks\t| day two: plain watcher\tnotices\ttold after\t")
	var programs, plain, notices, toldOne, toldTwo, met [2]int
	for i, f := range one {
		g := two[i]
		name := f.part.name
		if f.stranger() {
			name = "stranger: " + name
		}
		if f.missing != "" {
			fmt.Fprintf(w, "%s\tnot played: %s\t\t\t\t\t\t\t\t\n", name, f.missing)
			continue
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%d\t| %d\t%s\t%s\t\n", name, f.ports, f.plain, f.count(), f.when(), f.clicks, g.plain, g.count(), g.when())
		k := 0
		if f.stranger() {
			k = 1
		}
		for day, h := range []figures{f, g} {
			plain[day] += h.plain
			notices[day] += h.notices
			if k == 1 && h.told {
				met[day]++
			}
		}
		programs[k]++
		toldOne[k] += f.notices
		toldTwo[k] += g.notices
	}
	fmt.Fprintf(w, "together\t\t%d\t%d\t\t\t| %d\t%d\t\t\n", plain[0], notices[0], plain[1], notices[1])
	_ = w.Flush()
	for _, f := range one {
		if f.words != "" {
			fmt.Fprintf(&text, "%s: %s\n", f.part.name, f.words)
		}
	}
	fmt.Fprintf(&text, "%d programs: %d notices on day one, %d on day two\n", programs[0], toldOne[0], toldTwo[0])
	fmt.Fprintf(&text, "%d strangers: %d told on day one, %d on day two\n", programs[1], met[0], met[1])
	return text.String()
}

func (f figures) count() string {
	text := fmt.Sprint(f.notices)
	if f.digested {
		text += " (digest)"
	}
	if f.updates > 0 {
		text += fmt.Sprintf(" +%d in place", f.updates)
	}
	return text
}

func (f figures) when() string {
	if !f.told {
		return "-"
	}
	return fmt.Sprintf("%.1f s", f.after.Seconds())
}
