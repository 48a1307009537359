package window

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"portreeve/monitor/reeve"
)

// deaf is a resident that is not there; it notes when it was looked for.
type deaf struct {
	fakeVerbs
	tried []time.Time
}

func (d *deaf) Watch(context.Context, uint64) iter.Seq2[reeve.Event, error] {
	return func(yield func(reeve.Event, error) bool) {
		d.tried = append(d.tried, time.Now())
		yield(reeve.Event{}, errors.New("connect: nobody answers"))
	}
}

func TestALostWatchIsLookedForLessAndLessOftenAndNotAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		verbs := &deaf{}
		w := &window{verbs: verbs, inbox: make(chan news, mostNews), do: func(func()) {}}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { w.follow(ctx); close(ended) }()
		time.Sleep(18 * time.Second)
		cancel()
		at := time.Now()
		<-ended
		if took := time.Since(at); took != 0 {
			t.Errorf("end in the middle of a pause: got %v later, want at once", took)
		}
		var pauses []time.Duration
		for i := range verbs.tried[1:] {
			pauses = append(pauses, verbs.tried[i+1].Sub(verbs.tried[i]))
		}
		want := []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, time.Second,
			2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second}
		if !slices.Equal(pauses, want) {
			t.Errorf("pauses: got %v, want %v", pauses, want)
		}
	})
}
