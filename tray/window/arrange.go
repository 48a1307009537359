package window

import (
	"cmp"
	"strconv"
	"strings"

	"portreeve/monitor/reeve"
)

// scopeNetwork is the wire's word for what others can reach.
const scopeNetwork = "network"

// arrangement is how the user wants the list: what of it, and in which order.
type arrangement struct {
	query   string // as typed
	words   []word // of the query, as of the last settle
	filter  filter
	grouped bool
	by      column
	down    bool // the last first
}

// filter is one of the ways to see a part of the list.
type filter int

// The filters, in their order on the screen.
const (
	filterAll filter = iota
	filterNew
	filterOpen
	filterMine
	filterSystem
)

func (f filter) passes(r *row) bool {
	switch f {
	case filterNew:
		return r.Verdict == verdictNew
	case filterOpen:
		return r.Scope == scopeNetwork
	case filterMine:
		return r.mine
	case filterSystem:
		return !r.mine
	}
	return true
}

// word is one thing that is searched for: a text, or a test such as :open.
type word struct {
	text string
	is   func(*row) bool
}

func (w word) in(r *row) bool {
	if w.is != nil {
		return w.is(r)
	}
	return strings.Contains(r.find, w.text)
}

// parse reads the query: words that all have to be there. A colon and a number
// is a port exactly, a colon and a word a property; :n is a text that begins so.
func (m *model) parse() []word {
	var all []word
	for text := range strings.FieldsSeq(strings.ToLower(m.query)) {
		all = append(all, parseWord(text))
	}
	return all
}

func parseWord(text string) word {
	w := word{text: text}
	name, is := strings.CutPrefix(text, ":")
	if !is || name == "" {
		return w
	}
	if port, err := strconv.ParseUint(name, 10, 16); err == nil {
		w.is = func(r *row) bool { return uint64(r.Port) == port }
		return w
	}
	switch name {
	case "new":
		w.is = filterNew.passes
	case "open":
		w.is = filterOpen.passes
	case "mine":
		w.is = filterMine.passes
	case "system":
		w.is = filterSystem.passes
	case "known":
		w.is = func(r *row) bool { return r.Verdict == verdictKnown }
	case "look":
		w.is = func(r *row) bool { return r.Look != "" }
	case "hidden":
		w.is = func(r *row) bool { return r.Hidden != "" }
	case "tcp", "udp":
		w.is = func(r *row) bool { return r.Protocol == name }
	}
	return w
}

// group is what rows have in common: what started them, or that they are left
// out at first. Rows of one group have the same pointer.
type group struct {
	key   string
	order int           // those of a lower one stand first
	title func() string // nil where the group has no heading
	note  string        // of the heading; may be empty
}

// heading is the line above a group's rows.
type heading struct {
	group  *group
	count  int // rows that pass
	new    int // of these
	hidden int // of these, left out
	unseen int // of these, without an owner that can be seen
}

// The order of the groups: those of what started them by name, then the rest,
// then what is left out at first.
const (
	orderNamed = iota
	orderRest
	orderSystem
	orderUDP
)

// groupOf gives the group of a row that takes the place of old, if that is not
// nil. What was in one stays there unless what started it turns out otherwise.
func (m *model) groupOf(r, old *row) *group {
	if old != nil && old.Origin == r.Origin && old.Project == r.Project && old.mine == r.mine {
		return old.group
	}
	plain := r.rank == rankPlain
	origin := clean(r.Origin.Label, shortText)
	switch {
	case r.Folded && plain:
		return m.groupNamed("udp", orderUDP, func() string { return tr("Temporary UDP") }, "")
	case !r.mine && plain:
		return m.groupNamed("system", orderSystem, func() string { return tr("System") }, "")
	case m.grouped && r.Project != "":
		title := clean(r.Project, longText)
		return m.groupNamed("project:"+title, orderNamed, func() string { return title }, "")
	case m.grouped && r.Origin.Key != "" && origin != "":
		note := ""
		if r.Origin.Ended {
			note = tr("left behind: what started them is gone")
		}
		return m.groupNamed("origin:"+r.Origin.Key, orderNamed, func() string { return origin }, note)
	case m.grouped:
		return m.groupNamed("rest", orderRest, func() string { return tr("Everything else") }, "")
	}
	return m.groupNamed("", orderNamed, nil, "")
}

func (m *model) groupNamed(key string, order int, title func() string, note string) *group {
	g := m.groups[key]
	if g == nil {
		g = &group{key: key, order: order, title: title}
		m.groups[key] = g
	}
	g.note = note
	return g
}

// folded tells whether a group's rows are left out: as the user chose, else
// those of the system and of temporary UDP. While somebody looks for something
// none are.
func (m *model) folded(g *group) bool {
	if g.title == nil || m.filter != filterAll || len(m.words) > 0 {
		return false
	}
	if open, is := m.unfolded[g.key]; is {
		return !open
	}
	return g.order >= orderSystem
}

// arrange takes a new arrangement: everything is sorted anew, and rows go where
// they belong by now.
func (m *model) arrange(change func(*arrangement)) {
	change(&m.arrangement)
	for _, r := range m.rows {
		r.rank = rank(&r.Listener)
		r.group = m.groupOf(r, nil)
	}
	m.resort = true
}

// narrow takes a new query and filter; the order stays.
func (m *model) narrow(query string, f filter) {
	m.query, m.filter, m.refilter = query, f, true
}

// fold folds a group or unfolds it.
func (m *model) fold(key string, open bool) {
	m.unfolded[key], m.refilter = open, true
}

// column is one of the list's columns.
type column int

// The columns, from left to right.
const (
	columnState column = iota
	columnAddress
	columnProgram
	columnProject
	columnOrigin
	columnSince
	columnClients
	columnCount
)

// compare gives the order of the rows: by group, then by the chosen column.
func (m *model) compare() func(a, b *row) int {
	by := map[column]func(a, b *row) int{
		columnState:   func(a, b *row) int { return cmp.Compare(a.rank, b.rank) },
		columnAddress: func(a, b *row) int { return cmp.Or(a.at.Compare(b.at), byPlace(a, b)) },
		columnProgram: func(a, b *row) int {
			return cmp.Compare(strings.ToLower(a.Program), strings.ToLower(b.Program))
		},
		columnProject: func(a, b *row) int { return lastIfEmpty(m.folder(&a.Listener), m.folder(&b.Listener)) },
		columnOrigin:  func(a, b *row) int { return lastIfEmpty(a.Origin.Label, b.Origin.Label) },
		columnSince:   func(a, b *row) int { return cmp.Compare(b.Since, a.Since) },
		columnClients: func(a, b *row) int { return cmp.Compare(m.clients[b.ID], m.clients[a.ID]) },
	}[m.by]
	sign := 1
	if m.down {
		sign = -1
	}
	return func(a, b *row) int {
		if a.group != b.group {
			return cmp.Or(cmp.Compare(a.group.order, b.group.order), cmp.Compare(a.group.key, b.group.key))
		}
		return cmp.Or(sign*by(a, b), byPlace(a, b))
	}
}

// lastIfEmpty compares two texts; an empty one comes after all others.
func lastIfEmpty(a, b string) int {
	if (a == "") != (b == "") {
		return cmp.Compare(b, a)
	}
	return cmp.Compare(strings.ToLower(a), strings.ToLower(b))
}

// folder is the project's folder, else where the program runs; ~ is the user's
// home.
func (m *model) folder(l *reeve.Listener) string {
	if l.Project != "" {
		return l.Project
	}
	if len(l.Owners) == 0 {
		return ""
	}
	dir := l.Owners[0].Dir
	if below, is := strings.CutPrefix(dir, m.home); is && m.home != "" && (below == "" || below[0] == '/') {
		return "~" + below
	}
	return dir
}
