package tray

// Slots lay rows onto a menu whose items can't be inserted, ordered or
// numbered, and that never tells when it is open: systray's. A row keeps its
// slot while it is there, and newcomers stand above, so that nothing moves under
// the pointer but by rows that appear or go.

import (
	"strings"
	"time"
)

// endedTime is how long a listener that ended keeps its slot.
const endedTime = 20 * time.Second

// slot is one place of the menu: a row, with the direct Stop that belongs to it
// where it has one. The zero slot is free.
type slot struct {
	rows  []Row     // none, one or two
	ended time.Time // zero while what stands there lives
}

func (s slot) key() string {
	if len(s.rows) == 0 {
		return ""
	}
	return s.rows[0].Key
}

// slots are the places from top to bottom. Their number never changes.
type slots []slot

// lay puts rows onto the slots and reports after which time it should be called
// again though the rows stay the same; 0 for never. Rows for which no slot is
// free are left out.
func (s slots) lay(rows []Row, now time.Time) (again time.Duration) {
	wanted, order := map[string][]Row{}, []string{}
	for _, unit := range units(rows) {
		wanted[unit[0].Key] = unit
		order = append(order, unit[0].Key)
	}
	for i := range s {
		unit, alive := wanted[s[i].key()]
		switch {
		case s[i].key() == "":
		case alive:
			s[i] = slot{rows: unit}
			delete(wanted, s[i].key())
		case s[i].ended.IsZero() && listens(s[i].rows[0]):
			gone := s[i].rows[0]
			gone.Label, gone.Disabled, gone.Rows, gone.Do = gone.Label+" · ended", true, nil, Do{}
			s[i] = slot{rows: []Row{gone}, ended: now}
		case s[i].ended.IsZero() || now.Sub(s[i].ended) >= endedTime:
			s[i] = slot{}
		}
	}
	free := len(s) - 1
	for i := len(order) - 1; i >= 0; i-- {
		unit, waits := wanted[order[i]]
		for free >= 0 && s[free].key() != "" {
			free--
		}
		if waits && free >= 0 {
			s[free] = slot{rows: unit}
		}
	}
	for i := range s {
		if !s[i].ended.IsZero() {
			if left := s[i].ended.Add(endedTime).Sub(now); again == 0 || left < again {
				again = left
			}
		}
	}
	return again
}

// units joins each direct Stop to the row above it.
func units(rows []Row) (all [][]Row) {
	for _, r := range rows {
		if n := len(all); n > 0 && strings.HasPrefix(r.Key, "stop-new/") {
			all[n-1] = append(all[n-1], r)
			continue
		}
		all = append(all, []Row{r})
	}
	return all
}

// listens reports a row of a listener: one that ends rather than disappears.
func listens(r Row) bool {
	return strings.HasPrefix(r.Key, "new/") || strings.HasPrefix(r.Key, "open/")
}
