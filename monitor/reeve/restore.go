package reeve

import (
	"slices"

	"portreeve/monitor/familiar"
)

// mostRemembered bounds the rules that can be brought back after they were taken
// back: an undo comes within seconds, and nobody undoes a hundred steps.
const mostRemembered = 32

// remember keeps rules that were taken back, so that an undo brings back exactly
// what was there: no face of Portreeve knows all of a rule. They are forgotten
// with the process.
func (r *Reeve) remember(gone []familiar.Rule) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lately = append(r.lately, gone...)
	if over := len(r.lately) - mostRemembered; over > 0 {
		r.lately = slices.Delete(r.lately, 0, over)
	}
}

// remembered gives the rule of that id that was taken back, none where none was.
func (r *Reeve) remembered(id string) []familiar.Rule {
	r.mu.Lock()
	defer r.mu.Unlock()
	return named(r.lately, id)
}

// named gives the rules of those ids.
func named(rules []familiar.Rule, ids ...string) []familiar.Rule {
	var all []familiar.Rule
	for _, rule := range rules {
		if slices.Contains(ids, rule.ID) {
			all = append(all, rule)
		}
	}
	return all
}
