package reeve

import (
	"context"
	"time"

	"portreeve/monitor/familiar"
	"portreeve/monitor/store"
)

const (
	// tried is how many of the latest notices a rule is tried on.
	tried = 20
	// searched bounds the listeners of the record that are looked at for what
	// rules have covered: some weeks of a busy machine, a fraction of a second.
	searched = 20_000
)

// notices are the latest ones of the record, the newest first.
type notices []store.Spell

// match is what a rule covered of the record.
type match struct {
	count int
	last  time.Time
}

// notices gives the latest notices of the record; none where nothing is
// recorded.
func (r *Reeve) notices(ctx context.Context) (notices, error) {
	return r.Store.History().LastNotices(ctx, tried)
}

// covered gives those that a rule would have silenced.
func (ns notices) covered(book *familiar.Book, rule familiar.Rule) []Spell {
	try := familiar.Try(book, rule)
	var all []Spell
	for _, n := range ns {
		if len(try(n.Pattern, n.At.Port())) > 0 {
			all = append(all, flatSpell(n))
		}
	}
	return all
}

// matches gives what rules covered of the newest of the record, by their ids.
func (r *Reeve) matches(ctx context.Context, book *familiar.Book, rules []familiar.Rule) (map[string]match, error) {
	found := map[string]match{}
	if len(rules) == 0 {
		return found, nil
	}
	try := familiar.Try(book, rules...)
	for s, err := range r.Store.History().Spells(ctx, store.Query{Limit: searched}) {
		if err != nil {
			return nil, err
		}
		for _, id := range try(s.Pattern, s.At.Port()) {
			m := found[id]
			m.count++
			if s.Opened.After(m.last) {
				m.last = s.Opened
			}
			found[id] = m
		}
	}
	return found, nil
}
