package window

// The order of the model's rows and which of them are shown: settle and its parts.
// What the user wants of both is the arrangement.

import (
	"cmp"
	"slices"
	"strings"

	"portreeve/monitor/reeve"
)

// settle sorts and filters after changes; shown is valid from then on. Without
// changes it does nothing.
func (m *model) settle() {
	if !m.resort && !m.refilter && !m.stale && len(m.fresh) == 0 {
		return
	}
	compare := m.compare()
	switch {
	case m.resort:
		m.order = m.order[:0]
		for _, r := range m.rows {
			m.order = append(m.order, r)
		}
		slices.SortFunc(m.order, compare)
	default:
		m.merge(compare)
	}
	m.fresh, m.resort, m.refilter, m.stale = nil, false, false, false
	m.filterAll()
}

// merge brings what changed into the order: that of the rest stays as it is.
func (m *model) merge(compare func(a, b *row) int) {
	live := func(r *row) bool { return m.rows[r.ID] == r }
	if m.stale {
		m.order = slices.DeleteFunc(m.order, func(r *row) bool { return !live(r) })
	}
	m.fresh = slices.DeleteFunc(m.fresh, func(r *row) bool { return !live(r) })
	if len(m.fresh) == 0 {
		return
	}
	slices.SortFunc(m.fresh, compare)
	merged := make([]*row, 0, len(m.order)+len(m.fresh))
	i, j := 0, 0
	for i < len(m.order) && j < len(m.fresh) {
		if compare(m.order[i], m.fresh[j]) <= 0 {
			merged, i = append(merged, m.order[i]), i+1
		} else {
			merged, j = append(merged, m.fresh[j]), j+1
		}
	}
	m.order = append(append(merged, m.order[i:]...), m.fresh[j:]...)
}

// filterAll makes shown and the tally from the order.
func (m *model) filterAll() {
	m.shown = make([]item, 0, len(m.order)+8)
	m.tally = counts{}
	m.words = m.parse()
	for i := 0; i < len(m.order); {
		g, end := m.order[i].group, i
		for end < len(m.order) && m.order[end].group == g {
			end++
		}
		m.addGroup(g, m.order[i:end])
		i = end
	}
}

// addGroup adds the rows of one group that pass, under its heading where it has
// one.
func (m *model) addGroup(g *group, rows []*row) {
	h, folded, at := &heading{group: g}, m.folded(g), len(m.shown)
	if g.title != nil {
		m.shown = append(m.shown, item{head: h})
	}
	for _, r := range rows {
		m.tally.add(r)
		if !m.passes(r) {
			continue
		}
		h.count++
		if r.Verdict == verdictNew && !r.ended {
			h.new++
		}
		if r.Hidden != "" && !r.ended {
			h.unseen++
		}
		if folded && r.ID != m.selected {
			h.hidden++
			continue
		}
		m.shown = append(m.shown, item{row: r})
	}
	if h.count == 0 {
		m.shown = m.shown[:at]
	}
}

// matches tells whether a row has everything that is searched for.
func (m *model) matches(r *row) bool {
	return !slices.ContainsFunc(m.parse(), func(w word) bool { return !w.in(r) })
}

// passes is matches and the filter, for the words as parsed.
func (m *model) passes(r *row) bool {
	return m.filter.passes(r) && !slices.ContainsFunc(m.words, func(w word) bool { return !w.in(r) })
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
		clean(l.Program, shortText), clean(l.Place, longText), clean(l.Look, longText),
		clean(l.Project, longText), clean(l.Origin.Label, longText))
	for i := range l.Owners {
		o := &l.Owners[i]
		add("pid "+decimal(o.PID), clean(o.Name, shortText), clean(o.Exe, longText), clean(o.Dir, longText),
			clean(o.User, shortText), clean(o.Unit, longText), clean(o.Container, longText), commandLine(o.Cmdline))
	}
	return strings.ToLower(b.String())
}

// byPlace orders rows that are otherwise alike: by port, address, protocol and
// id. The id makes the order total, so that twins don't change places.
func byPlace(a, b *row) int {
	return cmp.Or(
		cmp.Compare(a.Port, b.Port),
		a.at.Compare(b.at),
		cmp.Compare(a.Protocol, b.Protocol),
		cmp.Compare(a.ID, b.ID),
	)
}
