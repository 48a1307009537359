package reeve

import (
	"context"
	"fmt"
	"slices"

	"portreeve/monitor"
	"portreeve/monitor/familiar"
)

// keepBaseline stores what the very first reading found.
func (r *Reeve) keepBaseline(ctx context.Context) {
	book, err := r.Monitor.Book(ctx)
	if err == nil {
		err = r.Store.SaveBaseline(ctx, book.Baseline)
	}
	if err != nil && ctx.Err() == nil {
		r.notSaved(AboutMemory, fmt.Sprintf("What listens now could not be remembered: %v.", err))
	}
}

// sealBaseline adds the hashes of those programs that the user may change, so
// that an update of one asks once, as that of a known one does. It reads their
// files, which takes seconds: the baseline is stored before.
func (r *Reeve) sealBaseline(ctx context.Context, here []*monitor.Listener) {
	book, err := r.Monitor.Book(ctx)
	if err != nil {
		return // the monitor has ended
	}
	seals := map[familiar.Pattern]familiar.Subject{}
	for _, l := range here {
		if len(l.Owners) == 0 || ctx.Err() != nil {
			continue
		}
		p := book.PatternOf(l.Listening)
		if s := r.appraise.sealed(ctx, p.Subject, l.Owners[0]); s != p.Subject {
			seals[p] = s
		}
	}
	if len(seals) == 0 || ctx.Err() != nil {
		return
	}
	// Rules may have been made meanwhile, and entries questioned.
	err = r.Monitor.ChangeBook(ctx, func(b *familiar.Book) *familiar.Book {
		n := *b
		n.Baseline = slices.Clone(b.Baseline)
		for i, p := range n.Baseline {
			if s, ok := seals[p]; ok {
				n.Baseline[i].Subject = s
			}
		}
		return &n
	})
	if err == nil { // else the monitor has ended
		r.keepBaseline(ctx)
	}
}
