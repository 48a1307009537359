package reeve

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"portreeve/monitor"
	"portreeve/monitor/familiar"
	"portreeve/monitor/store"
)

const (
	// lookEvery is how often is looked whether somebody has edited the rules or
	// the settings; an edit counts after two looks.
	lookEvery = time.Second
	// powerEvery is how often is looked whether the computer runs on battery.
	powerEvery = 10 * time.Second
)

// Keep does the resident's housekeeping until ctx ends: it stores the baseline
// of a very first start, takes over what people edit in the files of the rules
// and settings, and follows the power supply. The mailbox is one that was taken
// before the monitor ran, and becomes Keep's own.
func (r *Reeve) Keep(ctx context.Context, box *monitor.Mailbox) error {
	defer box.Close()
	var sealing sync.WaitGroup
	defer sealing.Wait()
	edits := r.Store.Edits()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	power := time.Now()
	for {
		select {
		case <-box.Ready():
			if u, ok := box.Take(); ok && u.NewBaseline {
				r.keepBaseline(ctx)
				sealing.Go(func() { r.sealBaseline(ctx, u.Listeners) })
			}
		case now := <-look.C:
			r.takeEdits(ctx, edits)
			if now.Sub(power) >= powerEvery {
				power = now
				r.setPace(ctx)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// takeEdits takes over rules and settings that are not what is in use. A file
// that can't be understood is kept aside, and the last good one counts.
func (r *Reeve) takeEdits(ctx context.Context, edits *store.Edits) {
	rules, settings := edits.Look()
	problems := r.Store.Problems()
	if settings {
		if s := r.Store.LoadSettings(true); s != r.currentSettings() {
			r.use(ctx, s)
		}
	}
	if rules {
		r.takeRules(ctx)
	}
	if (rules || settings) && !reflect.DeepEqual(problems, r.Store.Problems()) {
		r.tellStatus()
	}
}

func (r *Reeve) takeRules(ctx context.Context) {
	rules, ok := r.Store.ReloadRules()
	book, err := r.Monitor.Book(ctx)
	if !ok || err != nil || len(rules) == 0 && len(book.Rules) == 0 || reflect.DeepEqual(rules, book.Rules) {
		return // a monitor that has ended judges nothing any more
	}
	if err := r.judgeBy(ctx, book, func(b *familiar.Book) { b.Rules = rules }); err != nil && ctx.Err() == nil {
		r.notSaved(AboutRules, fmt.Sprintf("The edited rules could not be used: %v.", err))
	}
}
