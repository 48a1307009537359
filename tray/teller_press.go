package tray

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"portreeve/monitor/reeve"
	"portreeve/tray/notify"
)

// press carries out what a button asks for, in a goroutine of its own.
func (t *Teller) press(ctx context.Context, p notify.Press) {
	m, ok := t.meant.find(p.Action)
	if !ok {
		t.log.Warn("notices: a button that means nothing was pressed", "action", p.Action)
		return
	}
	do := m.do
	once := fmt.Sprint(m.verb, " ", do.Listener, " ", do.Owner, " ", m.rules, " ", m.owners)
	if m.request != nil {
		once = fmt.Sprint(*m.request)
	}
	switch m.verb {
	case verbCancel:
		t.notices.Withdraw(p.Notice)
	case verbDetails:
		t.page(ctx, once, reeve.ShowRequest{Page: reeve.PageListeners, Listener: do.Listener})
	case verbReview:
		t.page(ctx, once, reeve.ShowRequest{Page: reeve.PageReview})
	case verbExample:
		t.start(ctx, once, func(ctx context.Context) func() {
			err := t.verbs.Example(ctx)
			return func() { t.failed("The example could not be started", err) }
		})
	case verbLogin:
		t.start(ctx, once, func(ctx context.Context) func() {
			a, err := t.verbs.Autostart(ctx, reeve.AutostartRequest{Want: reeve.AutostartOn})
			return func() {
				t.failed("Portreeve will not start at login", err)
				if err == nil {
					t.reply("reply login", a.Text, "The settings, or portreeve autostart off, take it back.")
				}
			}
		})
	case verbKnow:
		t.start(ctx, once, func(ctx context.Context) func() {
			k, rules, err := t.knowAll(ctx, do.Listener, m.others)
			return func() {
				if err == nil {
					t.track.detach(p.Notice) // its words are the echo now
				}
				t.known(p.Notice, k, rules, err)
			}
		})
	case verbForget:
		t.start(ctx, once, func(ctx context.Context) func() {
			var f *reeve.Forgotten
			var err error
			for _, rule := range m.rules {
				one, e := t.verbs.Forget(ctx, reeve.ForgetRequest{Rule: rule})
				if f, err = one, errors.Join(err, e); e != nil {
					f = nil
				}
			}
			return func() { t.forgot(p.Notice, f, err) }
		})
	case verbLeft:
		t.notices.Withdraw(p.Notice)
		t.startFor(ctx, manyTime, once, func(ctx context.Context) func() {
			g, err := t.verbs.StopGroup(ctx, reeve.GroupRequest{Of: reeve.OfEnded, Confirmed: m.owners})
			return func() {
				if err != nil || g == nil {
					t.reply(leftKey, "It is not known what was stopped", reason(err))
					return
				}
				title, body := asTitle(g.Text, "Stopped what was left behind", "")
				t.reply(leftKey, title, body)
			}
		})
	case verbStop, verbForce:
		t.stop(ctx, once, m)
	}
}

// knowAll makes rules of all listeners of one program: often it is one rule. The
// first one's words are the echo. Listeners that have ended meanwhile need none.
func (t *Teller) knowAll(ctx context.Context, first string, others []string) (*reeve.Known, []string, error) {
	k, err := t.verbs.Know(ctx, reeve.KnowRequest{ID: first})
	var rules []string
	if err == nil {
		rules = []string{k.Rule}
	}
	for _, id := range others {
		more, e := t.verbs.Know(ctx, reeve.KnowRequest{ID: id})
		var no *reeve.Error
		switch {
		case errors.As(e, &no) && no.Code == reeve.CodeChanged:
		case e != nil:
			err = e
		default:
			if k == nil {
				k, err = more, nil
			}
			if !slices.Contains(rules, more.Rule) {
				rules = append(rules, more.Rule)
			}
		}
	}
	return k, rules, err
}

// stop ends exactly what the notice showed. Only a stop that takes its time is
// announced.
func (t *Teller) stop(ctx context.Context, once string, m meaning) {
	const patience = time.Second
	do := m.do
	req := reeve.StopRequest{ID: do.Listener, Owner: do.Owner, Force: m.verb == verbForce}
	if m.request != nil {
		req = *m.request
	}
	limit := t.verbTime
	if req.Elevate {
		limit = passwordTime
	}
	t.startFor(ctx, limit, once, func(ctx context.Context) func() {
		slow := time.AfterFunc(patience, func() {
			t.later(ctx, func() {
				if t.busy[once] {
					t.reply(replyKey(do), "Stopping "+do.Title+"…", "")
				}
			})
		})
		defer slow.Stop()
		s, err := t.verbs.Stop(ctx, req)
		if ctx.Err() != nil && err != nil {
			err = ctx.Err() // the reason, where the verb only said that it failed
		}
		return func() { t.stopped(do, s, err) }
	})
}

func (t *Teller) page(ctx context.Context, once string, req reeve.ShowRequest) {
	t.start(ctx, once, func(ctx context.Context) func() {
		err := t.verbs.Show(ctx, req)
		return func() { t.failed("The window could not be opened", err) }
	})
}

// start runs a verb in a goroutine of its own, unless the same one runs
// already: a double click asks once. What work returns is done by Run.
func (t *Teller) start(ctx context.Context, once string, work func(context.Context) func()) {
	t.startFor(ctx, t.verbTime, once, work)
}

// manyTime is how long the end of many programs may take, 2 s for each that does
// not heed.
const manyTime = 2 * time.Minute

// passwordTime is how long somebody may take to find a password.
const passwordTime = 3 * time.Minute

func (t *Teller) startFor(ctx context.Context, limit time.Duration, once string, work func(context.Context) func()) {
	if t.busy[once] {
		return
	}
	t.busy[once] = true
	t.running.Go(func() {
		limited, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		then := work(limited)
		t.later(ctx, func() {
			delete(t.busy, once)
			then()
		})
	})
}

// later has Run do f, or nobody once ctx has ended.
func (t *Teller) later(ctx context.Context, f func()) {
	select {
	case t.results <- f:
	case <-ctx.Done():
	}
}

// ask has Run do f. A menu that asks for more than Run can tell loses notices,
// never time.
func (t *Teller) ask(f func()) {
	select {
	case t.asked <- f:
	default:
		t.log.Warn("notices: too many answers at once, one is not shown")
	}
}
