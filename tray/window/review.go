package window

import (
	"slices"
	"strings"

	"portreeve/monitor/reeve"
)

// found is what the first start shows: who listens, by what started it. It is
// taken once, so that nothing moves while somebody reads and decides.
type found struct {
	all    int
	look   []string // ids of what is worth a look, the oddest first
	groups []foundGroup
}

// foundGroup are listeners that were started by the same kind of thing.
type foundGroup struct {
	title string
	ids   []string
	names string // the programs, each once
}

// find takes all listeners that lists for people show.
func (m *model) find() found {
	var rows []*row
	for _, r := range m.rows {
		if !r.ended && !r.Folded {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, byInterest)
	f := found{all: len(rows)}
	for _, r := range rows {
		if r.Look != "" {
			f.look = append(f.look, r.ID)
		}
	}
	for _, kind := range foundKinds() {
		g := foundGroup{title: kind.title}
		var names []string
		for _, r := range rows {
			if slices.Contains(kind.origins, r.Origin.Kind) {
				g.ids = append(g.ids, r.ID)
				names = append(names, program(&r.Listener))
			}
		}
		if len(g.ids) > 0 {
			g.names = enumerate(names)
			f.groups = append(f.groups, g)
		}
	}
	return f
}

// foundKind names a group and the kinds of origins that belong to it.
type foundKind struct {
	title   string
	origins []string
}

// foundKinds are all groups, what the user started first. Every kind of origin is
// in exactly one of them.
func foundKinds() []foundKind {
	return []foundKind{
		{tr("From a terminal"), []string{reeve.OriginTerminal}},
		{tr("From an editor"), []string{reeve.OriginIDE}},
		{tr("From a coding agent"), []string{reeve.OriginAgent}},
		{tr("From the desktop"), []string{reeve.OriginDesktop, reeve.OriginAutostart}},
		{tr("In containers"), []string{reeve.OriginContainer}},
		{tr("By schedule"), []string{reeve.OriginCron}},
		{tr("Of the system"), []string{reeve.OriginService, reeve.OriginSystem}},
		{tr("Other programs"), []string{reeve.OriginUnknown}},
	}
}

// enumerate lists names, each once with how often it is there where that is more,
// and not too many of them.
func enumerate(names []string) string {
	const most = 10
	times := map[string]int{}
	var order []string
	for _, n := range names {
		if times[n] == 0 {
			order = append(order, n)
		}
		times[n]++
	}
	var parts []string
	for i, n := range order {
		if i == most {
			parts = append(parts, trn("{{.N}} more", len(order)-most))
			break
		}
		if times[n] > 1 {
			n += " ×" + decimal(int32(times[n]))
		}
		parts = append(parts, n)
	}
	return strings.Join(parts, ", ")
}

// foundHead is the page's answer: how many listen, how many are worth a look.
func foundHead(f found) string {
	text := trn("{{.N}} listeners are here already", f.all)
	if len(f.look) == 0 {
		return text + ". " + tr("Nothing about any of them stands out.")
	}
	return text + ". " + trn("{{.N}} are worth a look.", len(f.look))
}
