package monitor

import (
	"context"
	"time"
)

// waiter is the one seam for time: the loop sleeps in it and whoever has
// something for the loop wakes it.
type waiter interface {
	// wait returns after d, after a wake, or when ctx ends. A wake that came
	// before the call counts.
	wait(ctx context.Context, d time.Duration)
	// wake is safe from any goroutine, never blocks, and may be called after
	// close.
	wake()
	close()
}

// timerWaiter waits by a timer: where the platform has nothing cheaper, and in
// tests, since testing/synctest sees it.
type timerWaiter struct{ woken chan struct{} }

func newTimerWaiter() *timerWaiter { return &timerWaiter{woken: make(chan struct{}, 1)} }

func (w *timerWaiter) wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-w.woken:
	case <-ctx.Done():
	}
}

func (w *timerWaiter) wake() {
	select {
	case w.woken <- struct{}{}:
	default:
	}
}

func (w *timerWaiter) close() {}
