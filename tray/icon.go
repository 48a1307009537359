package tray

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"portreeve/monitor/familiar"
	"portreeve/monitor/reeve"
)

// verbTime is how long a verb may take. A stop asks for supervisors, waits 5 s
// for the process and watches the port for 5 s more.
const verbTime = 25 * time.Second

// maxUnseen is how many listeners that ended unseen are remembered.
const maxUnseen = 50

// host is what an Icon needs of a Host.
type host interface {
	SetIcon(Look)
	SetMenu([]Row)
	Gestures() <-chan Gesture
}

// teller is where an Icon tells how clicks went. None of its methods may block.
// *Teller fits.
type teller interface {
	Stopped(Do, *reeve.Stopped, error)
	Known(*reeve.Known, error)
	// Ask asks whether a click on a stop was meant.
	Ask(Do)
	// AskLeft asks whether these are to be stopped, which ended sessions have left.
	AskLeft(what string, members []reeve.Member)
	// Failed tells that something was not done; what is a sentence without its
	// full stop.
	Failed(what string, err error)
}

// Icon keeps icon and menu in step with the views, and turns what the user does
// with them into verbs. All of its state belongs to the goroutine of Run.
type Icon struct {
	host    host
	verbs   Verbs
	teller  teller
	quit    func()
	outside outside

	view   reeve.View
	begun  bool                 // the first view has come
	unseen []gone               // oldest first
	opened map[string]time.Time // when new listeners on loopback came, by id
	known  map[spot]bool        // new listeners that stood in a menu that was looked at

	running sync.WaitGroup // verbs
	busy    map[Do]bool    // their clicks, so that a double click is one
	done    chan Do        // clicks whose verb has ended
}

// NewIcon makes an icon that does nothing before Run. quit is called, once or
// more, when the user wants to quit.
func NewIcon(h host, verbs Verbs, t teller, quit func()) *Icon {
	return &Icon{
		host: h, verbs: verbs, teller: t, quit: quit, outside: desktopPrograms(),
		known: map[spot]bool{}, opened: map[string]time.Time{}, busy: map[Do]bool{}, done: make(chan Do),
	}
}

// spot is a place that a program listens at, whichever socket it is.
type spot struct {
	protocol, program string
	port              uint16
}

func spotOf(l reeve.Listener) spot { return spot{l.Protocol, l.Program, l.Port} }

// Run works until ctx ends, and then returns nil once the verbs that were under
// way have ended too. It returns the feed's error where that ends earlier. It
// may be called once.
func (i *Icon) Run(ctx context.Context, feed Feed) error {
	ctx, cancel := context.WithCancel(ctx)
	defer i.running.Wait()
	defer cancel()

	views, ended := make(chan reeve.View), make(chan error, 1)
	i.running.Go(func() { ended <- forward(ctx, feed, views) })
	pause := time.NewTimer(time.Hour)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-ended:
			if ctx.Err() != nil {
				return nil
			}
			return err
		case v := <-views:
			i.see(v)
		case g := <-i.host.Gestures():
			i.obey(ctx, g)
		case do := <-i.done:
			delete(i.busy, do)
			continue
		case <-pause.C: // its end changes words, and nobody else tells
		}
		i.show(time.Now())
		pause.Reset(i.pauseLeft(time.Now()))
	}
}

// forward hands views on until the feed or ctx ends.
func forward(ctx context.Context, feed Feed, to chan<- reeve.View) error {
	for {
		v, err := feed.Next(ctx)
		if err != nil {
			return err
		}
		select {
		case to <- v:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// see takes a view in.
func (i *Icon) see(v reeve.View) {
	for _, e := range v.Events {
		if e.Listener == nil || e.Listener.Folded || e.Listener.Verdict != string(familiar.Unfamiliar) {
			continue
		}
		switch at := spotOf(*e.Listener); e.Event {
		case reeve.EventOpened:
			delete(i.known, at)
			if e.Listener.Scope != scopeNetwork {
				i.opened[e.Listener.ID] = timeOf(e)
			}
		case reeve.EventClosed:
			came, ok := i.opened[e.Listener.ID]
			delete(i.opened, e.Listener.ID)
			if ok && timeOf(e).Sub(came) < settleOf(v) {
				continue // too short for anybody's eyes: history
			}
			if !i.known[at] {
				i.unseen = append(i.unseen, gone{*e.Listener, timeOf(e)})
			}
		}
	}
	if len(i.opened) > 2*len(v.Listeners)+maxUnseen {
		alive := idsOf(v.Listeners) // what became known meanwhile was not taken out
		maps.DeleteFunc(i.opened, func(id string, _ time.Time) bool { return !alive[id] })
	}
	i.view, i.begun = v, true
	i.unseen = stillGone(i.unseen, v.Listeners)
}

// settleOf is how long a listener on loopback has to live to be told of.
func settleOf(v reeve.View) time.Duration {
	if v.Notices != nil {
		return time.Duration(v.Notices.SettleMS) * time.Millisecond
	}
	return settleTime
}

// timeOf is when an event happened.
func timeOf(e reeve.Event) time.Time {
	if at, err := time.Parse(time.RFC3339, e.Time); err == nil {
		return at
	}
	return time.Now()
}

// stillGone leaves out what listens again, and all but the newest of one spot,
// as the two IP versions make them. At most maxUnseen are kept.
func stillGone(unseen []gone, alive []reeve.Listener) []gone {
	if len(unseen) == 0 {
		return nil
	}
	done := make(map[spot]bool, len(alive))
	for _, l := range alive {
		done[spotOf(l)] = true
	}
	var kept []gone
	for _, g := range slices.Backward(unseen) {
		if at := spotOf(g.Listener); !done[at] && len(kept) < maxUnseen {
			done[at] = true
			kept = append(kept, g)
		}
	}
	slices.Reverse(kept)
	return kept
}

// show brings the host up to date.
func (i *Icon) show(now time.Time) {
	if !i.begun {
		return
	}
	entries := merge(i.view.Listeners)
	look := Look{State: Quiet, Glance: glance(entries, i.view.Status, now)}
	_, paused := pausedUntil(i.view.Status, now)
	switch fresh, _, _ := sortOut(entries); {
	case paused:
		look.State = Paused
	case len(fresh) > 0 || len(i.unseen) > 0:
		look.State = New
	}
	i.host.SetIcon(look)
	i.host.SetMenu(menu(i.view, i.unseen, now))
}

// pauseLeft is how long the pause still lasts, or long where there is none.
func (i *Icon) pauseLeft(now time.Time) time.Duration {
	if until, ok := pausedUntil(i.view.Status, now); ok {
		return until.Sub(now) + time.Millisecond
	}
	return 24 * time.Hour
}

// obey does what a gesture asks for.
func (i *Icon) obey(ctx context.Context, g Gesture) {
	switch g.Kind {
	case Activated:
		i.click(ctx, Do{Act: ActOpen})
	case Clicked:
		if g.Unsure && (g.Do.Act == ActStop || g.Do.Act == ActForce) {
			i.teller.Ask(g.Do)
			return
		}
		i.click(ctx, g.Do)
	case Looked:
		i.unseen = stillUnseen(i.unseen, g.Seen)
		if len(i.known) > maxUnseen*maxUnseen {
			clear(i.known)
		}
		for _, e := range merge(i.view.Listeners) {
			if slices.Contains(g.Seen, e.key("new")) {
				i.known[spotOf(e.Listener)] = true
			}
		}
	}
}

// stillUnseen leaves out what stood in a menu that was looked at. The row that
// counts stands for the newest that it counts and all older ones.
func stillUnseen(unseen []gone, seen []string) []gone {
	var kept []gone
	for _, g := range slices.Backward(unseen) {
		if slices.Contains(seen, moreGoneKey+g.key()) {
			break
		}
		if !slices.Contains(seen, g.key()) {
			kept = append(kept, g)
		}
	}
	slices.Reverse(kept)
	return kept
}

// click carries a click out. Verbs get a goroutine each, so that one that hangs
// delays nothing.
func (i *Icon) click(ctx context.Context, do Do) {
	var work func(context.Context)
	switch do.Act {
	case ActStop, ActForce:
		work = func(ctx context.Context) {
			s, err := i.verbs.Stop(ctx, reeve.StopRequest{ID: do.Listener, Owner: do.Owner, Force: do.Act == ActForce})
			i.teller.Stopped(do, s, err)
		}
	case ActKnow:
		work = func(ctx context.Context) {
			k, err := i.verbs.Know(ctx, reeve.KnowRequest{ID: do.Listener})
			i.teller.Known(k, err)
		}
	case ActStopLeft:
		work = func(ctx context.Context) {
			g, err := i.verbs.StopGroup(ctx, reeve.GroupRequest{Of: reeve.OfEnded})
			if err != nil {
				i.teller.Failed("Nothing was stopped", err)
				return
			}
			i.teller.AskLeft(do.Title, onlyShown(g, do.Text))
		}
	case ActPause:
		work = func(ctx context.Context) {
			if _, err := i.verbs.Pause(ctx, reeve.PauseRequest{For: do.Text}); err != nil {
				i.teller.Failed("The pause could not be changed", err)
			}
		}
	case ActDetails, ActExplain, ActOpen:
		page := reeve.ShowRequest{Page: reeve.PageListeners, Listener: do.Listener}
		if do.Act == ActExplain {
			page.Page = reeve.PageExplain
		}
		work = func(ctx context.Context) {
			if err := i.verbs.Show(ctx, page); err != nil {
				i.teller.Failed("The window could not be opened", err)
			}
		}
	case ActCopy:
		work = func(ctx context.Context) {
			if err := i.outside.copyText(ctx, do.Text); err != nil {
				i.teller.Failed(do.Text+" could not be copied", err)
			}
		}
	case ActBrowse:
		// A browser that was not running stays with this call until it is
		// closed: no time-out.
		i.start(ctx, do, func(context.Context) {
			if err := i.outside.browse(ctx, do.Text); err != nil && ctx.Err() == nil {
				i.teller.Failed(do.Text+" could not be opened", err)
			}
		})
		return
	case ActQuit:
		i.quit()
		return
	default:
		return
	}
	i.start(ctx, do, func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, verbTime)
		defer cancel()
		work(ctx)
	})
}

// start runs work in a goroutine unless the same click is being carried out.
func (i *Icon) start(ctx context.Context, do Do, work func(context.Context)) {
	if i.busy[do] {
		return
	}
	i.busy[do] = true
	i.running.Go(func() {
		work(ctx)
		select {
		case i.done <- do:
		case <-ctx.Done():
		}
	})
}
