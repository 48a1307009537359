package window

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"portreeve/monitor/reeve"
)

// The values of a rule's ports that are words.
const (
	anyPort       = "any"
	ephemeralPort = "ephemeral"
)

// ports reads what was typed as the ports of a rule: one, a range, or a word, in
// English or in the window's language. The error is a sentence for people.
func ports(text string) (string, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	switch text {
	case anyPort, strings.ToLower(tr("any")):
		return anyPort, nil
	case ephemeralPort, strings.ToLower(tr("ephemeral")):
		return ephemeralPort, nil
	}
	from, until, isRange := strings.Cut(strings.ReplaceAll(text, "–", "-"), "-")
	first, err := strconv.ParseUint(strings.TrimSpace(from), 10, 16)
	last := first
	if err == nil && isRange {
		last, err = strconv.ParseUint(strings.TrimSpace(until), 10, 16)
	}
	if err != nil || first == 0 || last < first {
		return "", fmt.Errorf("%s", tr("A port such as 8080, a range such as 3000-3999, “ephemeral” or “any”."))
	}
	if first == last {
		return strconv.FormatUint(first, 10), nil
	}
	return fmt.Sprintf("%d-%d", first, last), nil
}

// portsWord shows a rule's ports in the window's language.
func portsWord(p string) string {
	switch p {
	case anyPort:
		return tr("any")
	case ephemeralPort:
		return tr("ephemeral")
	}
	return clean(p, shortText)
}

func scopeOptions() []option {
	return []option{{"loopback", tr("Only on this computer")}, {"network", tr("Open to your network, too")}}
}

// lastingOptions are how long a rule may last. For the life of a process it can
// only have been made with that process.
func lastingOptions(now string) []option {
	all := []option{{reeve.LastsForGood, tr("Until it is taken back")}, {reeve.LastsRestart, tr("Until the computer restarts")}}
	if now == reeve.LastsProcess {
		all = append(all, option{reeve.LastsProcess, tr("As long as its process lives")})
	}
	return all
}

// ruleFacts is the second line of a rule: since when, how often it matched, how
// long it lasts where that is not for good.
func ruleFacts(r *reeve.Rule, now time.Time) string {
	var parts []string
	if t, err := time.Parse(time.RFC3339, r.Since); err == nil {
		parts = append(parts, tr("since {{.Time}}", "Time", lately(t, now)))
	}
	if r.Matched == 0 {
		parts = append(parts, tr("never matched"))
	} else {
		text := trn("matched {{.N}} times", r.Matched)
		if t, err := time.Parse(time.RFC3339, r.LastMatch); err == nil {
			text += ", " + tr("last {{.Time}}", "Time", latelyAt(t, now))
		}
		parts = append(parts, text)
	}
	if len(r.Now) > 0 {
		parts = append(parts, trn("covers {{.N}} listeners now", len(r.Now)))
	}
	switch r.Lasting {
	case reeve.LastsRestart:
		parts = append(parts, tr("until the computer restarts"))
	case reeve.LastsProcess:
		parts = append(parts, tr("as long as its process lives"))
	}
	return joinDots(parts)
}

// lately names a day of the last week by its weekday, others by their date.
func lately(t, now time.Time) string {
	switch day, today := t.Local(), now.Local(); {
	case sameDay(day, today):
		return tr("today")
	case sameDay(day.AddDate(0, 0, 1), today):
		return tr("yesterday")
	case today.Sub(day) < 6*24*time.Hour && day.Before(today):
		return weekday(day.Weekday())
	default:
		return day.Format(tr("2 Jan 2006"))
	}
}

// latelyAt is lately with the hour of the day.
func latelyAt(t, now time.Time) string { return lately(t, now) + " " + clock(t) }

// learned are the listeners of the baseline, which nobody has decided about: what
// is worth a look first, then what is open to the network, then by port.
func (m *model) learned() []*row {
	var all []*row
	for _, r := range m.rows {
		if r.Verdict == verdictBaseline && !r.ended {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, byInterest)
	return all
}

// byInterest orders listeners by how soon somebody should see them.
func byInterest(a, b *row) int {
	class := func(r *row) int {
		switch {
		case r.Look != "":
			return 0
		case r.Folded:
			return 3
		case r.Scope != "loopback":
			return 1
		}
		return 2
	}
	return cmp.Or(cmp.Compare(class(a), class(b)), cmp.Compare(a.Port, b.Port), a.at.Compare(b.at),
		strings.Compare(a.Protocol, b.Protocol), strings.Compare(a.ID, b.ID))
}
