package tray

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"portreeve/monitor/reeve"
	"portreeve/tray/notify"
)

// Notices is where a Teller shows notices. None of its methods may block.
// *notify.Desktop and *notify.Lines fit.
type Notices interface {
	Show(notify.Notice)
	Withdraw(key string)
	Presses() <-chan notify.Press
}

// TellerOptions are how patient a Teller is. Zero values mean what the comments
// say.
type TellerOptions struct {
	// Settle is how long a listener that only this computer reaches has to live
	// before it is told: 500 ms. Negative for no time at all. Others are told at
	// once.
	Settle time.Duration
	// User is whose terminals the choice to be quiet is about: the user of this
	// process.
	User string
	// Slept gives a reading that grows while the computer is suspended and at no
	// other time: the system's.
	Slept func() time.Duration
	// VerbTime is how long a verb may take: 25 s. A stop asks for supervisors,
	// waits 5 s for the process and watches the port for 5 s more.
	VerbTime time.Duration
	// Log is told what can't be told by a notice; slog.Default().
	Log *slog.Logger
}

// Teller decides what is told by notices, when and in which words, and carries
// out what their buttons ask for. A strange program is told once, on however many
// ports it listens, by at most one notice in 2 s and 5 in a minute; what exceeds
// that waits and is told in one digest, as are a burst and what came up while the
// computer slept, in quiet hours or in a pause. Answers to the user's own clicks
// come at once and don't count, and so does a port that the user waits for.
//
// All of it happens in the goroutine of Run. Stopped, Known, Ask and Failed may
// be called from any goroutine and never block.
type Teller struct {
	notices  Notices
	verbs    Verbs
	settle   time.Duration
	verbTime time.Duration
	log      *slog.Logger

	asked   chan func()     // from other goroutines; never waited for
	results chan func()     // from verbs
	running sync.WaitGroup  // verbs
	busy    map[string]bool // verbs that run, so that a double click is one

	track  tracker
	pace   pace
	paused time.Time // when the pause ends; past or zero for none
	behind bool      // what is ready has been held back and makes a digest
	// The digest that stands: what it was about, and when it was last shown.
	digestWhy   occasion
	digestShown time.Time
	meant       meanings

	choices choices
	user    string
	sleep   sleep
	// arrived are the awaited ports that were told and whose wish is not taken
	// back yet.
	arrived map[uint16]bool
}

// settleTime is how long a listener that only this computer reaches has to live,
// unless the user says otherwise.
const settleTime = 500 * time.Millisecond

// NewTeller makes a teller that tells nothing before Run.
func NewTeller(notices Notices, verbs Verbs, o TellerOptions) *Teller {
	t := &Teller{
		notices: notices, verbs: verbs, settle: o.Settle, verbTime: o.VerbTime, log: o.Log,
		asked: make(chan func(), 64), results: make(chan func()), busy: make(map[string]bool),
		track: newTracker(), meant: newMeanings(), user: o.User, sleep: sleep{slept: o.Slept}, arrived: make(map[uint16]bool),
	}
	if t.user == "" {
		t.user = userName()
	}
	if t.sleep.slept == nil {
		t.sleep.slept = sleptHere()
	}
	t.choose(nil)
	if t.settle == 0 {
		t.settle = settleTime
	}
	if t.verbTime == 0 {
		t.verbTime = 25 * time.Second
	}
	if t.log == nil {
		t.log = slog.Default()
	}
	return t
}

// Run tells what the feed brings until ctx ends, and returns nil then; or it
// returns the error of the feed. When it returns, all that it started has ended
// (verbs end with their context). What stands on the screen is left to whoever
// runs the notices.
func (t *Teller) Run(ctx context.Context, feed Feed) error {
	defer t.running.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	views, broken := make(chan reeve.View), make(chan error, 1)
	t.running.Go(func() {
		for {
			v, err := feed.Next(ctx)
			if err != nil {
				broken <- err
				return
			}
			select {
			case views <- v:
			case <-ctx.Done():
				return
			}
		}
	})

	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-broken:
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("watch for notices: %w", err)
		case v := <-views:
			t.see(ctx, v, time.Now())
		case p := <-t.notices.Presses():
			t.press(ctx, p)
		case f := <-t.asked:
			f()
		case f := <-t.results:
			f()
		case <-timer.C:
		}
		timer.Reset(t.tell(time.Now()))
	}
}

// see takes in a view.
func (t *Teller) see(ctx context.Context, v reeve.View, now time.Time) {
	t.paused = time.Time{}
	if until, err := time.Parse(time.RFC3339, v.Status.PausedUntil); err == nil {
		t.paused = until
	}
	t.choose(v.Notices)
	t.sleep.look(now)
	t.track.see(v, now, func(l reeve.Listener) time.Time { return now.Add(t.settleOf(l)) })
	t.carry(now)
	t.tellArrived(ctx, v, now)
	if !v.First {
		return
	}
	if v.NewBaseline {
		t.welcome(v, now)
	} else if fresh := t.track.waiting(); len(fresh) > 1 && t.heldUntil(now).IsZero() {
		t.tellDigest(fresh, now, sinceLastTime)
	}
}

// welcome tells at the very first start what was found.
func (t *Teller) welcome(v reeve.View, now time.Time) {
	title, body := welcome(v.Listeners)
	review := meaning{verb: verbReview, label: "Review"}
	buttons := []meaning{review, {verb: verbExample, label: "Show an example"}}
	if v.OfferLogin {
		buttons = append(buttons, meaning{verb: verbLogin, label: "Start at login"})
	}
	t.pace.note(now)
	t.notices.Show(notify.Notice{
		Key: "first", Title: title, Body: body, Stay: true,
		Actions: t.meant.actions(buttons...),
		Default: t.meant.key(review),
	})
}

// settleOf says how long a listener has to live before it is told.
func (t *Teller) settleOf(l reeve.Listener) time.Duration {
	if l.Scope == scopeNetwork || t.choices.settle < 0 {
		return 0
	}
	return t.choices.settle
}

// carry brings the screen in line with what happened to what was told, and says
// how long a correction has to wait that comes too soon; 0 for none.
func (t *Teller) carry(now time.Time) (wait time.Duration) {
	for _, key := range t.track.takeEnded() {
		t.notices.Withdraw(key)
	}
	all, wait := t.track.takeAltered(now)
	for _, s := range all {
		n := t.noticeOf(s)
		n.Update = true
		t.notices.Show(n)
		t.record(s)
	}
	if !t.track.redigest {
		return wait
	}
	if left := t.digestShown.Add(correctionGap).Sub(now); left > 0 {
		return soonest(wait, left)
	}
	digested := t.track.digested()
	n := t.digestOf(digested, t.digestWhy)
	n.Update, t.digestShown = true, now
	t.notices.Show(n)
	t.record(digested...)
	return wait
}

// soonest gives the shorter of two waits of which 0 stands for none.
func soonest(a, b time.Duration) time.Duration {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// heldUntil is when notices come again; zero where they are not held.
func (t *Teller) heldUntil(now time.Time) time.Time {
	until := time.Time{}
	for _, end := range []time.Time{t.paused, t.choices.quietUntil(now), t.sleep.until} {
		if end.After(now) && end.After(until) {
			until = end
		}
	}
	return until
}

// The longest sleep. The end of a pause is a time of the wall clock, which may
// be set anew, and timers stand still while the computer is suspended.
const longestSleep = time.Minute

// burst is how many strangers at once are told in a digest from the first on.
const burst = 3

// tell tells what is due and may be told, and says when to come again.
func (t *Teller) tell(now time.Time) time.Duration {
	next := longestSleep
	t.sleep.look(now)
	if due, ok := t.track.settled(now); ok {
		next = min(next, due.Sub(now))
	}
	ready := t.track.waiting() // which may correct what stands
	if wait := t.carry(now); wait > 0 {
		next = min(next, wait)
	}
	if len(ready) == 0 {
		t.behind = false
		return next
	}
	if until := t.heldUntil(now); !until.IsZero() {
		t.behind = true
		return min(next, until.Sub(now))
	}
	if wait := t.pace.wait(now); wait > 0 {
		t.behind = true
		return min(next, wait)
	}
	if t.behind && len(ready) > 1 || len(ready) >= burst {
		t.tellDigest(ready, now, t.sleep.why(now))
		return next
	}
	t.tellOne(ready[0], now)
	t.behind = len(ready) > 1
	if t.behind {
		next = min(next, t.pace.wait(now))
	}
	return next
}

// tellOne shows a stranger's own notice.
func (t *Teller) tellOne(s *stranger, now time.Time) {
	t.track.tell(s, now)
	t.pace.note(now)
	t.notices.Show(t.noticeOf(s))
	t.record(s)
}

// record notes in the history that a notice spoke of these.
func (t *Teller) record(told ...*stranger) {
	for _, s := range told {
		t.verbs.Told(s.said()...)
	}
}

// tellDigest shows several strangers in one notice, those of a digest less than
// a minute ago that are still there included: it is replaced.
func (t *Teller) tellDigest(ready []*stranger, now time.Time, why occasion) {
	all := t.track.digest(ready, now)
	t.carry(now)
	t.pace.note(now)
	t.behind = false
	t.digestWhy, t.digestShown = why, now
	t.record(all...)
	t.notices.Show(t.digestOf(all, why))
}
