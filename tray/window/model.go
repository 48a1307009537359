package window

import (
	"net/netip"
	"slices"
	"time"

	"portreeve/monitor/reeve"
)

// The times of a row's life on the screen.
const (
	glowTime = 4 * time.Second // how long a row that has come is marked
	fadeTime = 4 * time.Second // how long one that has ended stays
)

// row is one listener of the list as last told, and what is made of it once. A
// row is replaced when something is told of it.
type row struct {
	reeve.Listener
	at netip.Addr // zero where the address does not parse
	// rank is what the row is worth, the lowest first. It is decided when the
	// row comes and only ever sinks in number, and group stays as long as
	// nothing else is known of what started it: so "I know this" does not make a
	// row jump away from the pointer.
	rank  int
	group *group
	mine  bool
	find  string    // what search looks through: lower case, cleaned
	came  time.Time // when it opened; zero where it was there before the window
	ended bool      // it has closed and stays for a while, or as the selected one
	gone  time.Time // when it closed
}

// glow is how much a row is marked as having just come, from 1 to 0.
func (r *row) glow(now time.Time) float64 {
	if r.came.IsZero() || r.ended {
		return 0
	}
	left := glowTime - now.Sub(r.came)
	return min(1, max(0, 2*float64(left)/float64(glowTime))) // full for its first half
}

// item is one line of the list: a row, or the heading of those that follow.
type item struct {
	row  *row
	head *heading
}

// id names an item: a listener's id, or a heading's key.
func (i item) id() string {
	if i.row != nil {
		return i.row.ID
	}
	return headingID + i.head.group.key
}

// headingID begins the ids of headings. A listener's begins with a boot's.
const headingID = "heading:"

// model is the list without a screen. Nothing in it blocks, and all of it
// belongs to one goroutine. Changes are taken one by one and sorted in at
// settle, so that ten thousand of them cost one merge. The zero model is not
// ready: newModel makes one.
type model struct {
	rows   map[string]*row
	groups map[string]*group // by key; they are kept, so that two can be compared

	shown []item // valid after settle: what passes, in order; made anew each time
	order []*row // valid after settle: all rows, sorted
	fresh []*row // came since; not in order yet
	stale bool   // rows of order were replaced or taken away
	resort,
	refilter bool // shown, or all of order, has to be made anew
	tally counts

	selected string // a listener's id or a heading's; may name one that is not there (yet)
	arrangement
	unfolded map[string]bool // groups that the user folded or unfolded, by key

	clients map[string]int // connected to a listener, by its id; nil where that is not known

	me, home string    // who uses this window, and where; empty where that is not known
	complete bool      // a snapshot has come
	asOf     time.Time // when the last event came
	partial  string
	source   string
}

func newModel() *model {
	return &model{rows: map[string]*row{}, groups: map[string]*group{}, unfolded: map[string]bool{}}
}

// apply takes one event of the watch that came at now. Events of other kinds
// than those about listeners change nothing.
func (m *model) apply(ev reeve.Event, now time.Time) {
	m.asOf = now
	switch ev.Event {
	case reeve.EventSnapshot:
		if ev.Snapshot != nil {
			m.replace(ev.Snapshot, now)
		}
	case reeve.EventClosed:
		if ev.Listener != nil {
			m.end(ev.Listener.ID, now)
		}
	case reeve.EventOpened, reeve.EventRebound:
		if ev.Listener != nil {
			if ev.Before != "" && ev.Before != ev.Listener.ID {
				m.rebind(ev.Before, ev.Listener, now)
			}
			m.put(ev.Listener, now)
		}
	case reeve.EventOwner, reeve.EventJudged:
		if ev.Listener != nil {
			m.put(ev.Listener, time.Time{})
		}
	}
}

// replace makes the list what a snapshot says. Rows that were there before keep
// their place: a lost connection that comes back moves nothing.
func (m *model) replace(all *reeve.Listing, now time.Time) {
	m.partial, m.source = all.Partial, all.Source
	came := now
	if !m.complete {
		came = time.Time{} // they did not come, the window did
	}
	m.complete = true
	here := make(map[string]bool, len(all.Listeners))
	for i := range all.Listeners {
		here[all.Listeners[i].ID] = true
		m.put(&all.Listeners[i], came)
	}
	for id, r := range m.rows {
		if !here[id] && !r.ended {
			m.end(id, now)
		}
	}
}

// put takes a listener in; came is when it opened, where it is a new one.
func (m *model) put(l *reeve.Listener, came time.Time) {
	r := &row{Listener: *l, find: haystack(l), came: came, mine: m.owns(l)}
	r.at, _ = netip.ParseAddr(l.Address)
	r.rank = rank(l)
	old := m.rows[l.ID]
	if old != nil {
		r.rank, r.came, m.stale = min(r.rank, old.rank), old.came, true
	}
	r.group = m.groupOf(r, old)
	m.rows[l.ID] = r
	m.fresh = append(m.fresh, r)
}

// rebind puts a listener in the place of one that ended as it came: a server
// that was started again. A selected one stays beside it, ended, since a stop
// that was meant for the one must not meet the other.
func (m *model) rebind(before string, l *reeve.Listener, now time.Time) {
	old := m.rows[before]
	if old == nil {
		return
	}
	if before == m.selected {
		m.end(before, now)
		return
	}
	delete(m.rows, before)
	m.stale = true
}

// end marks a row as ended. It leaves later: see sweep.
func (m *model) end(id string, now time.Time) {
	if r := m.rows[id]; r != nil && !r.ended {
		r.ended, r.gone, m.refilter = true, now, true
	}
}

// sweep takes away rows that ended fadeTime ago, but for the selected one; while
// the list is held (somebody aims at it) none goes.
func (m *model) sweep(now time.Time, held bool) {
	if held {
		return
	}
	for _, r := range m.order {
		if r.ended && r.ID != m.selected && now.Sub(r.gone) >= fadeTime && m.rows[r.ID] == r {
			delete(m.rows, r.ID)
			m.stale = true
		}
	}
}

// lively tells whether a row glows or fades, so that time alone changes the list.
func (m *model) lively(now time.Time) bool {
	return slices.ContainsFunc(m.order, func(r *row) bool { return r.ended && r.ID != m.selected || r.glow(now) > 0 })
}

// The ranks of rows: what is new, what is worth a look, all else.
const (
	rankNew = iota
	rankLook
	rankPlain
)

func rank(l *reeve.Listener) int {
	switch {
	case l.Verdict == verdictNew:
		return rankNew
	case l.Look != "":
		return rankLook
	}
	return rankPlain
}

// owns tells whether a listener is the user's own.
func (m *model) owns(l *reeve.Listener) bool {
	who := user(l)
	return l.Origin.Kind != reeve.OriginSystem && (who == "" || m.me == "" || who == m.me)
}

// choose selects an item by its id; an empty id selects none. A row that has
// ended and was kept for its selection goes with the next sweep.
func (m *model) choose(id string) {
	if id != m.selected {
		m.selected, m.refilter = id, true
	}
}

// reveal lifts what would hide a listener: the search, the filter and the fold.
func (m *model) reveal(id string) {
	r := m.rows[id]
	if r == nil {
		return
	}
	m.refilter = true
	if !m.matches(r) {
		m.query = ""
	}
	if !m.filter.passes(r) {
		m.filter = filterAll
	}
	m.words = m.parse()
	if m.folded(r.group) {
		m.unfolded[r.group.key] = true
	}
}

// current gives the selected row, nil where none is or where it isn't there.
func (m *model) current() *row { return m.rows[m.selected] }

// index is where an item stands in shown, -1 where it does not.
func (m *model) index(id string) int {
	if id == "" {
		return -1
	}
	return slices.IndexFunc(m.shown, func(i item) bool { return i.id() == id })
}

// counts is what the filters and the foot of the window say. Ended rows count
// nowhere.
type counts struct {
	all, new, look, open, mine, system int
	folded                             int // temporary UDP
}

func (c *counts) add(r *row) {
	if r.ended {
		return
	}
	one := func(n *int, is bool) {
		if is {
			*n++
		}
	}
	c.all++
	one(&c.new, r.Verdict == verdictNew)
	one(&c.look, r.Look != "")
	one(&c.open, r.Scope == scopeNetwork)
	one(&c.mine, r.mine)
	one(&c.system, !r.mine)
	one(&c.folded, r.Folded)
}

// count is the tally after the last settle.
func (m *model) count() counts { return m.tally }
