package window

import (
	"context"
	"errors"
	"time"

	"portreeve/monitor/reeve"
)

// news is what the watch brings: an event, the resident's status or settings, or
// the watch's own end.
type news struct {
	event    reeve.Event
	status   *reeve.Status
	settings *reeve.SettingsAnswer
	lost     error
}

// mostNews bounds what waits for the screen. When it is full the watch waits,
// and the resident's own bounded mailbox takes over.
const mostNews = 4096

// The pauses between attempts to reach a resident that is gone: each twice the
// one before.
const (
	firstPause = 250 * time.Millisecond
	mostPause  = 5 * time.Second
)

// statusTime bounds the question for the resident's status.
const statusTime = 5 * time.Second

// errEnded is a watch that ended without a reason.
var errEnded = errors.New("watch: ended")

// follow reads the watch until ctx ends, again and again when it is lost.
func (w *window) follow(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		lost := errEnded
		for ev, err := range w.verbs.Watch(ctx, 0) {
			if err != nil {
				lost = err
				break
			}
			pause = firstPause
			w.post(ctx, news{event: ev})
			if ev.Event == reeve.EventSnapshot {
				// Events tell changes of the status only; a new resident may
				// have problems from its start.
				w.running.Go(func() { w.askStatus(ctx) })
			}
			if ev.Event == reeve.EventSnapshot || ev.Event == reeve.EventStatus {
				w.running.Go(func() { w.askSettings(ctx) })
			}
		}
		if ctx.Err() != nil {
			return
		}
		w.post(ctx, news{lost: lost})
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		pause = min(2*pause, mostPause)
	}
}

// askStatus asks once. An answer that does not come changes nothing: the watch
// itself tells whether the resident lives.
func (w *window) askStatus(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, statusTime)
	defer cancel()
	if s, err := w.verbs.Status(ctx); err == nil && s != nil {
		w.post(ctx, news{status: s})
	}
}

// post hands news to the screen, many at once where it is slow.
func (w *window) post(ctx context.Context, n news) {
	select {
	case w.inbox <- n:
	case <-ctx.Done():
		return
	}
	if w.scheduled.CompareAndSwap(false, true) {
		w.do(w.drain)
	}
}

// drain takes all news that wait, on Fyne's goroutine, and draws once.
func (w *window) drain() {
	w.scheduled.Store(false)
	if w.ctx.Err() != nil {
		return
	}
	var show *reeve.ShowRequest
	for more := true; more; {
		select {
		case n := <-w.inbox:
			if q := w.take(n); q != nil {
				show = q
			}
		default:
			more = false
		}
	}
	w.refresh()
	w.meet()
	if show != nil {
		w.show(*show)
	}
}

// take brings news into the state and gives what is to be shown, if anything.
func (w *window) take(n news) *reeve.ShowRequest {
	switch {
	case n.lost != nil:
		w.lost = n.lost
		return nil
	case n.status != nil:
		w.tell(n.status)
		return nil
	case n.settings != nil:
		w.adopt(n.settings)
		return nil
	}
	w.lost = nil
	w.model.apply(n.event, w.now())
	if n.event.Status != nil {
		w.tell(n.event.Status)
	}
	return n.event.Show
}

// tell takes a status. Why the list may be old is among its problems from then
// on, and unlike the snapshot's word for it goes when it is over.
func (w *window) tell(s *reeve.Status) {
	w.status, w.model.partial = *s, ""
}
