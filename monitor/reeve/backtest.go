package reeve

import (
	"context"
	"time"

	"portreeve/monitor/familiar"
)

// tried is how many of the latest notices a rule is tried on.
const tried = 20

// notice is one that was told of a listener, for trying rules on.
type notice struct {
	was   familiar.Pattern
	port  uint16
	spell Spell
}

type notices []notice

// match is what a rule covered of the record.
type match struct {
	count int
	last  time.Time
}

// notices gives the latest notices of the record, the newest first; none where
// nothing is recorded.
func (r *Reeve) notices(context.Context) (notices, error) { return nil, nil }

// matches gives what rules covered of the record, by their ids.
func (r *Reeve) matches(context.Context, *familiar.Book, []familiar.Rule) (map[string]match, error) {
	return nil, nil
}

// covered gives those that a rule would have silenced.
func (ns notices) covered(book *familiar.Book, rule familiar.Rule) []Spell {
	covers := book.Try(rule)
	var all []Spell
	for _, n := range ns {
		if covers(n.was, n.port) {
			all = append(all, n.spell)
		}
	}
	return all
}
