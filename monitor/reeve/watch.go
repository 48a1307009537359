package reeve

import (
	"context"
	"iter"
	"time"

	"portreeve/monitor"
)

// watcher is one that reads events; extra brings it what is not a change.
type watcher struct {
	extra  chan Event
	window bool
}

// mostExtra bounds what waits for a watcher that does not read; what is over is
// dropped, since a newer status follows and a window that hangs can't be raised.
const mostExtra = 16

// kinds are the wire's names of changes.
var kinds = map[monitor.Kind]string{
	monitor.Opened:       EventOpened,
	monitor.Closed:       EventClosed,
	monitor.Rebound:      EventRebound,
	monitor.OwnerChanged: EventOwner,
	monitor.Judged:       EventJudged,
}

// Watch gives a snapshot and then every event, in order and without a gap, until
// ctx ends or the loop is left. With since (the Seq of an event) the changes
// after it are told again behind the snapshot, as far back as they are kept.
// Without a resident it runs the monitor meanwhile.
func (r *Reeve) Watch(ctx context.Context, since uint64) iter.Seq2[Event, error] {
	return r.watch(ctx, since, false)
}

// WatchAsWindow is Watch for the window, which is told by EventShow what to show.
func (r *Reeve) WatchAsWindow(ctx context.Context, since uint64) iter.Seq2[Event, error] {
	return r.watch(ctx, since, true)
}

func (r *Reeve) watch(ctx context.Context, since uint64, window bool) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		box := r.Monitor.Subscribe(since)
		defer box.Close()
		ran := make(chan error, 1)
		if !r.Resident {
			go func() { ran <- r.Monitor.Run(ctx) }()
			defer func() { cancel(); <-ran }()
		}
		w := r.join(window)
		defer r.leave(w)
		snapshot := false
		for {
			select {
			case <-box.Ready():
				u, ok := box.Take()
				if !ok {
					continue
				}
				if !snapshot {
					snapshot = true
					if since == 0 {
						u.Changes = nil // the snapshot holds them
					}
					e := Event{Seq: u.Seq, Time: now(), Event: EventSnapshot, Snapshot: r.listing(u)}
					if !yield(e, nil) {
						return
					}
				}
				for _, c := range u.Changes {
					if !yield(r.event(c), nil) {
						return
					}
				}
			case e := <-w.extra:
				if e.Event == EventStatus {
					var err error
					if e.Status, err = r.Status(ctx); err != nil {
						continue // only when the watch ends
					}
				}
				if !yield(e, nil) {
					return
				}
			case err := <-ran:
				ran <- nil
				if err != nil {
					yield(Event{}, failed("watch", err))
				}
				return
			case <-ctx.Done():
				return
			}
		}
	}
}

func (r *Reeve) event(c monitor.Change) Event {
	e := Event{
		Seq: c.Seq, Time: c.At.Format(time.RFC3339Nano), Event: kinds[c.Kind],
		Listener: r.flat.one(c.Listener),
	}
	if c.Kind == monitor.Rebound && c.Before != nil {
		e.Before = r.flat.id(c.Before)
	}
	return e
}

func (r *Reeve) join(window bool) *watcher {
	w := &watcher{extra: make(chan Event, mostExtra), window: window}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watchers[w] = true
	if window && r.waiting != nil {
		w.extra <- Event{Time: now(), Event: EventShow, Show: r.waiting}
	}
	if window {
		r.waiting, r.opening = nil, time.Time{}
	}
	return w
}

func (r *Reeve) leave(w *watcher) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.watchers, w)
}

// tell hands an event to all watchers, or only to windows; it says to how many.
// The caller holds r.mu.
func (r *Reeve) tell(e Event, windowsOnly bool) (told int) {
	for w := range r.watchers {
		if windowsOnly && !w.window {
			continue
		}
		select {
		case w.extra <- e:
			told++
		default:
		}
	}
	return told
}

// Feed hands one face of the resident its views. It is used by one goroutine.
type Feed struct {
	r   *Reeve
	box *monitor.Mailbox
	w   *watcher
	// last is the newest view, which a change of status alone repeats.
	last View
}

// Feed gives a feed of one's own; ask for it before the monitor runs, so that
// the first reading is in it.
func (r *Reeve) Feed() *Feed {
	return &Feed{r: r, box: r.Monitor.Subscribe(0), w: r.join(false)}
}

// Next blocks until there is news. Its error is ctx's, which also ends the feed.
func (f *Feed) Next(ctx context.Context) (View, error) {
	for ctx.Err() == nil {
		select {
		case <-f.box.Ready():
			u, ok := f.box.Take()
			if !ok {
				continue
			}
			v := f.r.view(u)
			f.last = v
			f.last.Events = nil // a burst's would stay as long as it is quiet
			return v, nil
		case <-f.w.extra:
			f.last.Events, f.last.First, f.last.NewBaseline, f.last.Missed = nil, false, false, false
			f.last.OfferLogin = false
			f.last.Status = f.r.status(f.last.Status, f.last.Listeners)
			f.last.Notices = f.r.noticeSettings()
			return f.last, nil
		case <-ctx.Done():
		}
	}
	f.box.Close()
	f.r.leave(f.w)
	return View{}, ctx.Err()
}

func (r *Reeve) view(u monitor.Update) View {
	v := View{Seq: u.Seq, First: u.First, NewBaseline: u.NewBaseline, Missed: u.Missed, Listeners: r.flat.all(u.Listeners)}
	v.OfferLogin = u.NewBaseline && r.offersLogin()
	for _, c := range u.Changes {
		v.Events = append(v.Events, r.event(c))
	}
	v.Status = r.status(Status{Source: u.Source}, v.Listeners)
	v.Notices = r.noticeSettings()
	if u.Partial != nil {
		v.Status.Problems = append(v.Status.Problems, oldList(u.Partial.Error()))
	}
	return v
}

func now() string { return time.Now().Format(time.RFC3339Nano) }
