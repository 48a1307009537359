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
	// VerbTime is how long a verb may take: 25 s. A stop asks for supervisors,
	// waits 5 s for the process and watches the port for 5 s more.
	VerbTime time.Duration
	// Log is told what can't be told by a notice; slog.Default().
	Log *slog.Logger
}

// Teller decides what is told by notices, when and in which words, and carries
// out what their buttons ask for. Strangers are told once, at most one notice in
// 2 s and 5 in a minute; what exceeds that waits and is told in one digest.
// Answers to the user's own clicks come at once and don't count.
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
	meant  meanings
}

// NewTeller makes a teller that tells nothing before Run.
func NewTeller(notices Notices, verbs Verbs, o TellerOptions) *Teller {
	t := &Teller{
		notices: notices, verbs: verbs, settle: o.Settle, verbTime: o.VerbTime, log: o.Log,
		asked: make(chan func(), 64), results: make(chan func()), busy: make(map[string]bool),
		track: newTracker(), meant: newMeanings(),
	}
	if t.settle == 0 {
		t.settle = 500 * time.Millisecond
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
			t.see(v, time.Now())
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
func (t *Teller) see(v reeve.View, now time.Time) {
	t.paused = time.Time{}
	if until, err := time.Parse(time.RFC3339, v.Status.PausedUntil); err == nil {
		t.paused = until
	}
	t.track.see(v, now, func(l reeve.Listener) time.Time { return now.Add(t.settleOf(l)) })
	t.carry()
	if !v.First {
		return
	}
	if v.NewBaseline {
		t.welcome(v, now)
	} else if fresh := t.track.waiting(); len(fresh) > 1 && !t.isPaused(now) {
		t.tellDigest(fresh, now, true)
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
	if l.Scope == scopeNetwork || t.settle < 0 {
		return 0
	}
	return t.settle
}

// carry brings the screen in line with what happened to what was told.
func (t *Teller) carry() {
	for _, key := range t.track.takeEnded() {
		t.notices.Withdraw(key)
	}
	for _, s := range t.track.takeAltered() {
		n := t.noticeOf(s)
		n.Update = true
		t.notices.Show(n)
	}
}

func (t *Teller) isPaused(now time.Time) bool { return t.paused.After(now) }

// The longest sleep. The end of a pause is a time of the wall clock, which may
// be set anew, and timers stand still while the computer is suspended.
const longestSleep = time.Minute

// tell tells what is due and may be told, and says when to come again.
func (t *Teller) tell(now time.Time) time.Duration {
	next := longestSleep
	if due, ok := t.track.settled(now); ok {
		next = min(next, due.Sub(now))
	}
	ready := t.track.waiting()
	if len(ready) == 0 {
		t.behind = false
		return next
	}
	if t.isPaused(now) {
		t.behind = true
		return min(next, t.paused.Sub(now))
	}
	if wait := t.pace.wait(now); wait > 0 {
		t.behind = true
		return min(next, wait)
	}
	if t.behind && len(ready) > 1 {
		t.tellDigest(ready, now, false)
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
		for _, l := range s.listeners {
			t.verbs.Told(l.ID)
		}
	}
}

func (t *Teller) noticeOf(s *stranger) notify.Notice {
	l := s.listeners[0]
	title, body := newcomer(s.listeners)
	do := Do{Listener: l.ID, Title: nameAndPort(l)}
	n := notify.Notice{Key: s.key, Title: title, Body: body}
	buttons := []meaning{{verb: verbKnow, label: "I know this", do: do}}
	if len(l.Owners) > 0 {
		do.Owner = l.Owners[0].ID
		buttons = append(buttons, meaning{verb: verbStop, label: "Stop", do: do})
		n.Command = fmt.Sprintf("portreeve stop %d", l.Port)
	}
	details := meaning{verb: verbDetails, label: "Details", do: do}
	n.Actions = t.meant.actions(append(buttons, details)...)
	n.Default = t.meant.key(details)
	return n
}

// digestKey is the one key of digests: a later one replaces the one before.
const digestKey = "digest"

// tellDigest shows several strangers in one notice, those of a digest less than
// a minute ago that are still there included: it is replaced.
func (t *Teller) tellDigest(ready []*stranger, now time.Time, sinceLast bool) {
	all := t.track.digest(ready, now)
	t.carry()
	t.pace.note(now)
	t.behind = false
	var words [][]reeve.Listener
	for _, s := range all {
		words = append(words, s.listeners)
	}
	t.record(all...)
	title, body := digest(words, sinceLast)
	t.notices.Show(notify.Notice{
		Key: digestKey, Title: title, Body: body,
		Actions: t.meant.actions(meaning{verb: verbReview, label: "Review"}),
		Default: t.meant.key(meaning{verb: verbReview}),
	})
}

// pace is the limit on notices that nobody asked for. The zero value allows.
type pace struct{ told []time.Time }

// The limit: a notice in leastGap, mostInSpan in span.
const (
	leastGap   = 2 * time.Second
	span       = time.Minute
	mostInSpan = 5
)

func (p *pace) note(now time.Time) {
	p.told = append(p.told, now)
	if n := len(p.told) - mostInSpan; n > 0 {
		p.told = p.told[n:]
	}
}

// wait says how long until the next notice is allowed; 0 for now.
func (p *pace) wait(now time.Time) time.Duration {
	n := len(p.told)
	if n == 0 {
		return 0
	}
	wait := p.told[n-1].Add(leastGap).Sub(now)
	if n == mostInSpan {
		wait = max(wait, p.told[0].Add(span).Sub(now))
	}
	return max(wait, 0)
}
