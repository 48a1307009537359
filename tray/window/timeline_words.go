package window

import (
	"strings"
	"time"
)

// joinDots puts the parts that say something into one line.
func joinDots(parts []string) string {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, " · ")
}

// when says from when until when something listened, and how long that was.
func when(b *bar, now time.Time) string {
	from := stamp(b.from, now)
	if b.spell.Before {
		from = tr("before {{.Time}}", "Time", from)
	}
	if b.open {
		return tr("since {{.Time}}", "Time", from)
	}
	until := clock(b.until)
	if !sameDay(b.from, b.until) {
		until = stamp(b.until, now)
	}
	if from == until {
		return from + ", " + lasted(b.until.Sub(b.from))
	}
	return from + " – " + until + ", " + lasted(b.until.Sub(b.from))
}

// clock is a time of the day; stamp has the day, too, where it is not today's.
func clock(t time.Time) string { return t.Local().Format("15:04") }

func stamp(t, now time.Time) string { return moment(t.Format(time.RFC3339), now, "") }

func sameDay(a, b time.Time) bool {
	a, b = a.Local(), b.Local()
	return a.YearDay() == b.YearDay() && a.Year() == b.Year()
}

// lasted says how long something took, in at most two units.
func lasted(d time.Duration) string {
	switch minutes, hours := int(d/time.Minute), int(d/time.Hour); {
	case d < time.Second:
		return tr("less than 1 s")
	case d < 2*time.Minute:
		return tr("{{.N}} s", "N", int(d/time.Second))
	case d < 2*time.Hour:
		return tr("{{.N}} min", "N", minutes)
	case d < 48*time.Hour && minutes%60 != 0:
		return tr("{{.Hours}} h {{.Minutes}} min", "Hours", hours, "Minutes", minutes%60)
	case d < 48*time.Hour:
		return tr("{{.N}} h", "N", hours)
	}
	return trn("{{.N}} days", int(d/(24*time.Hour)))
}

// dayName names a day as people do.
func dayName(day, now time.Time) string {
	day, now = day.Local(), now.Local()
	switch {
	case sameDay(day, now):
		return tr("Today")
	case sameDay(day.AddDate(0, 0, 1), now):
		return tr("Yesterday")
	}
	return weekday(day.Weekday()) + ", " + day.Format(tr("2 Jan 2006"))
}

func weekday(d time.Weekday) string {
	switch d {
	case time.Monday:
		return tr("Monday")
	case time.Tuesday:
		return tr("Tuesday")
	case time.Wednesday:
		return tr("Wednesday")
	case time.Thursday:
		return tr("Thursday")
	case time.Friday:
		return tr("Friday")
	case time.Saturday:
		return tr("Saturday")
	}
	return tr("Sunday")
}

// tickName is what stands at a line of the time axis: the hour, or the day where
// one begins; seconds where the lines stand that close.
func tickName(t tick, length time.Duration) string {
	switch at := t.at.Local(); {
	case t.day:
		return at.Format(tr("2 Jan"))
	case length < 5*time.Minute:
		return at.Format("15:04:05")
	default:
		return at.Format("15:04")
	}
}
