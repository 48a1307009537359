package monitor

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"portreeve/monitor/familiar"
	"portreeve/monitor/socket"
)

func listenOn(w *fakeWorld, ports ...uint16) {
	for _, p := range ports {
		w.cookie++
		w.sockets = append(w.sockets, socket.Socket{
			Endpoint: socket.Endpoint{Proto: socket.TCP, Local: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), p)},
			Cookie:   w.cookie,
		})
		w.owners[w.cookie] = infos([]string{"node/10"})
	}
}

func TestAConsumerThatComesBackMissesNoChange(t *testing.T) {
	w := newFakeWorld()
	m := New(w, w, Options{})
	now := func() Update {
		u, err := m.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	now()
	for port := uint16(1); port <= 10; port++ {
		listenOn(w, port)
		now()
	}
	for _, c := range []struct {
		since  uint64
		want   int
		missed bool
	}{{0, 0, false}, {1, 9, false}, {9, 1, false}, {10, 0, false}, {11, 0, false}} {
		box := m.Subscribe(c.since)
		u, ok := box.Take()
		if !ok || len(u.Changes) != c.want || u.Missed != c.missed || len(u.Listeners) != 10 {
			t.Errorf("since %d: got %d changes, missed %v, %d listeners, want %d, %v, 10", c.since, len(u.Changes), u.Missed, len(u.Listeners), c.want, c.missed)
		}
		box.Close()
	}
}

func TestAConsumerThatWasAwayTooLongIsToldThatItMissedChanges(t *testing.T) {
	w := newFakeWorld()
	m := New(w, w, Options{})
	if _, err := m.Now(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range mostRecent + 5 {
		listenOn(w, uint16(1+i))
	}
	if _, err := m.Now(t.Context()); err != nil {
		t.Fatal(err)
	}
	u, _ := m.Subscribe(1).Take()
	if !u.Missed || len(u.Changes) != mostRecent {
		t.Errorf("got missed %v with %d changes, want true with %d", u.Missed, len(u.Changes), mostRecent)
	}
}

func TestASlowConsumerKeepsTheNewestListenersAndBoundedChanges(t *testing.T) {
	w := newFakeWorld()
	m := New(w, w, Options{})
	box := m.Subscribe(0)
	for round := range 5 {
		for i := range 5000 {
			listenOn(w, uint16(1+round*5000+i))
		}
		if _, err := m.Now(t.Context()); err != nil {
			t.Fatal(err)
		}
		if round%2 == 1 {
			w.sockets = w.sockets[:0]
		}
	}
	u, ok := box.Take()
	if !ok || !u.Missed || len(u.Changes) != mostChanges || len(u.Listeners) != 5000 {
		t.Errorf("got missed %v, %d changes, %d listeners, want true, %d, 5000", u.Missed, len(u.Changes), len(u.Listeners), mostChanges)
	}
}

func TestTheLoopEndsWithItsContextAndAnswersAfterwards(t *testing.T) {
	for name, wait := range map[string]func() waiter{
		"timer": func() waiter { return newTimerWaiter() },
		"platform": func() waiter {
			w, err := newWaiter()
			if err != nil {
				t.Fatal(err)
			}
			return w
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			w := newFakeWorld()
			m := New(w, w, Options{TCPEvery: time.Hour})
			ended := make(chan error)
			go func() { ended <- m.run(ctx, wait()) }()
			if _, err := m.Now(t.Context()); err != nil {
				t.Fatalf("ask the running loop: %v", err)
			}
			cancel() // must cut the hour short
			select {
			case err := <-ended:
				if err != nil {
					t.Errorf("got %v, want nil", err)
				}
			case <-time.After(5 * time.Second):
				t.Fatal("the loop did not end within 5 s")
			}
			if _, err := m.Now(t.Context()); !errors.Is(err, ErrEnded) {
				t.Errorf("ask after the end: got %v, want ErrEnded", err)
			}
		})
	}
}

func TestACommandDoesNotWaitForTheNextReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w := newFakeWorld()
		m := New(w, w, Options{TCPEvery: time.Hour})
		ended := make(chan error)
		go func() { ended <- m.run(ctx, newTimerWaiter()) }()
		synctest.Wait()
		start := time.Now()
		if err := m.SetBook(ctx, &familiar.Book{}); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("got an answer after %v, want at once", d)
		}
		cancel()
		<-ended
	})
}

func TestNowTellsTheQueueAsItIs(t *testing.T) {
	w := newFakeWorld()
	listenOn(w, 8080)
	m := New(w, w, Options{})
	if _, err := m.Now(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.sockets[0].Queue = 7
	u, err := m.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := u.Listeners[0].Queue; got != 7 {
		t.Errorf("got queue %d, want 7", got)
	}
}

func TestAReadingWithoutNewsAllocatesNothing(t *testing.T) {
	w := newFakeWorld()
	for p := range 200 {
		listenOn(w, uint16(1+p))
	}
	m := New(w, w, Options{})
	ctx := t.Context()
	m.read(ctx, socket.WantTCP, time.Now())
	now := time.Now()
	if n := testing.AllocsPerRun(100, func() { m.read(ctx, socket.WantTCP, now) }); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

func TestTenThousandListenersInASecondAreAllInTheNextUpdate(t *testing.T) {
	w := newFakeWorld()
	m := New(w, w, Options{})
	box := m.Subscribe(0)
	if _, err := m.Now(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 10_000 {
		listenOn(w, uint16(1+i))
	}
	u, err := m.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(u.Listeners) != 10_000 {
		t.Errorf("got %d listeners, want 10000", len(u.Listeners))
	}
	if w.finds != 1 {
		t.Errorf("got %d owner look-ups, want 1 for all of them", w.finds)
	}
	if told, _ := box.Take(); len(told.Changes) != 10_000 {
		t.Errorf("got %d changes, want 10000", len(told.Changes))
	}
}

func TestAListenerThatIsJustClosingKeepsItsLastOwners(t *testing.T) {
	for _, alive := range []bool{false, true} {
		w := newFakeWorld()
		listenOn(w, 8080)
		m := New(w, w, Options{})
		if _, err := m.Now(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.owners[1], w.changed[1] = nil, true // its last holder has gone
		if !alive {
			w.sockets = nil // and the socket with it, after the reading
		}
		m.recheck(t.Context(), false, time.Now())
		if got, want := len(m.last.Listeners[0].Owners), map[bool]int{false: 1, true: 0}[alive]; got != want {
			t.Errorf("socket alive %v: got %d owners, want %d", alive, got, want)
		}
	}
}

// Ten thousand listeners in a second, a thousand before each reading: each is in
// the list by the reading after it.
func TestAFloodIsInTheListByTheNextReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFakeWorld()
		m := New(w, w, Options{MakeBaseline: true})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		box := m.Subscribe(0)
		defer box.Close()
		go func() { ended <- m.run(ctx, newTimerWaiter()) }()
		synctest.Wait()
		n := 0
		for range 10 {
			for range 1000 {
				n++
				if err := w.obey([]string{"listen", "tcp", fmt.Sprintf("127.%d.%d.1:%d", n/250, n%250, 1000+n), "node/10"}); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			u, ok := box.Take()
			if !ok || len(u.Listeners) != n {
				t.Fatalf("got %d listeners at the next reading, want %d", len(u.Listeners), n)
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: got %v, want nil", err)
		}
	})
}
