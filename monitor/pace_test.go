package monitor

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"portreeve/monitor/socket"
)

// counted counts the readings of a table.
type counted struct {
	*fakeWorld
	reads atomic.Int64
}

func (c *counted) Read(ctx context.Context, dst []socket.Socket, want socket.Protos) ([]socket.Socket, error) {
	c.reads.Add(1)
	return c.fakeWorld.Read(ctx, dst, want)
}

func TestThePaceChangesWhileTheMonitorRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &counted{fakeWorld: newFakeWorld()}
		m := New(w, w, Options{})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- m.run(ctx, newTimerWaiter()) }()
		in := func(d time.Duration) int64 {
			before := w.reads.Load()
			time.Sleep(d)
			synctest.Wait()
			return w.reads.Load() - before
		}
		in(time.Second)
		for _, c := range []struct {
			pace time.Duration
			want int64
		}{{100 * time.Millisecond, 100}, {500 * time.Millisecond, 20}, {100 * time.Millisecond, 100}} {
			if err := m.SetPace(ctx, c.pace); err != nil {
				t.Fatal(err)
			}
			in(500 * time.Millisecond) // until the look that was due before
			if got := in(10 * time.Second); got != c.want {
				t.Errorf("at %v: got %d looks in 10 s, want %d", c.pace, got, c.want)
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
