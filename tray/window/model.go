package window

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"portreeve/monitor/reeve"
)

// row is one line of the list: a listener as last told, and what is made of it
// once. A row is replaced, never changed, but for rank and ended.
type row struct {
	reeve.Listener
	at netip.Addr // zero where the address does not parse
	// rank is the group that the row stands in, the lowest first. It is decided
	// when the row comes and only ever sinks in number, so that "I know this"
	// does not make a row jump away from the pointer.
	rank  int
	find  string // what search looks through: lower case, cleaned
	ended bool   // it has closed, and stays because it is the selected one
}

// model is the list without a screen. Nothing in it blocks, and all of it
// belongs to one goroutine. Changes are taken one by one and sorted in at
// settle, so that ten thousand of them cost one sort. The zero model is not
// ready: newModel makes one.
type model struct {
	rows  map[string]*row
	shown []*row // valid after settle: what passes, in order

	selected string // a listener's id; may name one that is not there (yet)
	query    string // as typed
	folded   bool   // show what lists for people leave out at first

	complete bool      // a snapshot has come
	asOf     time.Time // when the last event came
	partial  string
}

func newModel() *model { return &model{rows: map[string]*row{}} }

// apply takes one event of the watch that came at now. Events of other kinds
// than those about listeners change nothing.
func (m *model) apply(ev reeve.Event, now time.Time) {
	m.asOf = now
	switch ev.Event {
	case reeve.EventSnapshot:
		if ev.Snapshot != nil {
			m.replace(ev.Snapshot)
		}
	case reeve.EventClosed:
		if ev.Listener != nil {
			m.end(ev.Listener.ID)
		}
	case reeve.EventOpened, reeve.EventRebound, reeve.EventOwner, reeve.EventJudged:
		if ev.Listener != nil {
			m.put(ev.Listener)
		}
	}
}

// replace makes the list what a snapshot says. Rows that were there before keep
// their rank: a lost connection that comes back moves nothing.
func (m *model) replace(all *reeve.Listing) {
	m.complete, m.partial = true, all.Partial
	here := make(map[string]bool, len(all.Listeners))
	for i := range all.Listeners {
		here[all.Listeners[i].ID] = true
		m.put(&all.Listeners[i])
	}
	for id := range m.rows {
		if !here[id] {
			m.end(id)
		}
	}
}

func (m *model) put(l *reeve.Listener) {
	r := &row{Listener: *l, rank: m.rank(l), find: haystack(l)}
	r.at, _ = netip.ParseAddr(l.Address)
	if old := m.rows[l.ID]; old != nil {
		r.rank = min(r.rank, old.rank)
	}
	m.rows[l.ID] = r
}

// end takes a row away; the selected one stays, marked, until another is.
func (m *model) end(id string) {
	r := m.rows[id]
	if r == nil {
		return
	}
	if id != m.selected {
		delete(m.rows, id)
		return
	}
	r.ended = true
}

func (m *model) rank(l *reeve.Listener) int {
	switch {
	case l.Verdict == verdictNew:
		return 0
	case l.Look != "":
		return 1
	}
	return 2
}

// choose selects a listener by its id; an empty id selects none. A row that has
// ended and was kept for its selection goes.
func (m *model) choose(id string) {
	if id == m.selected {
		return
	}
	if r := m.rows[m.selected]; r != nil && r.ended {
		delete(m.rows, m.selected)
	}
	m.selected = id
}

// reveal lifts what would hide a listener: the search, and the fold.
func (m *model) reveal(id string) {
	r := m.rows[id]
	if r == nil {
		return
	}
	if !m.matches(r) {
		m.query = ""
	}
	if r.Folded {
		m.folded = true
	}
}

// settle sorts and filters after changes; shown is valid from then on.
func (m *model) settle() {
	m.shown = m.shown[:0]
	for _, r := range m.rows {
		if m.passes(r) {
			m.shown = append(m.shown, r)
		}
	}
	slices.SortFunc(m.shown, byPlace)
}

// byPlace orders rows: new ones first, then by port, address, protocol and id.
// The id makes the order total, so that twins don't change places.
func byPlace(a, b *row) int {
	return cmp.Or(
		cmp.Compare(a.rank, b.rank),
		cmp.Compare(a.Port, b.Port),
		a.at.Compare(b.at),
		cmp.Compare(a.Protocol, b.Protocol),
		cmp.Compare(a.ID, b.ID),
	)
}

// passes tells whether a row is on the list. The selected one always passes
// the fold, since somebody asked for it.
func (m *model) passes(r *row) bool {
	if r.Folded && !m.folded && r.ID != m.selected {
		return false
	}
	return m.matches(r)
}

// matches tells whether every word of the search is somewhere in the row.
func (m *model) matches(r *row) bool {
	for word := range strings.FieldsSeq(strings.ToLower(m.query)) {
		if !strings.Contains(r.find, word) {
			return false
		}
	}
	return true
}

// current gives the selected row, nil where none is or where it isn't there.
func (m *model) current() *row { return m.rows[m.selected] }

// index is where a listener stands in shown, -1 where it does not.
func (m *model) index(id string) int {
	if id == "" {
		return -1
	}
	return slices.IndexFunc(m.shown, func(r *row) bool { return r.ID == id })
}

// counts is what the foot of the window says. Ended rows count nowhere.
type counts struct {
	all, new, look, folded int // folded of all
}

func (m *model) count() counts {
	var c counts
	for _, r := range m.rows {
		if r.ended {
			continue
		}
		c.all++
		if r.Verdict == verdictNew {
			c.new++
		}
		if r.Look != "" {
			c.look++
		}
		if r.Folded {
			c.folded++
		}
	}
	return c
}

// haystack is all that search looks through. Arguments are cut: a command line
// may hold 100,000 characters, and nobody looks for the last of them.
func haystack(l *reeve.Listener) string {
	var b strings.Builder
	add := func(parts ...string) {
		for _, p := range parts {
			b.WriteString(p)
			b.WriteByte('\n') // no search word can match across fields
		}
	}
	add(l.Protocol, l.Address, address(l), verdictOf(l).word,
		clean(l.Program, shortText), clean(l.Place, longText), clean(l.Look, longText))
	for i := range l.Owners {
		o := &l.Owners[i]
		add("pid "+decimal(o.PID), clean(o.Name, shortText), clean(o.Exe, longText), clean(o.Dir, longText),
			clean(o.User, shortText), clean(o.Unit, longText), clean(o.Container, longText), commandLine(o.Cmdline))
	}
	return strings.ToLower(b.String())
}
