package tray

// A play of a teller: the screen that it writes to, the feed that it reads, the
// verbs that it asks for, and the user who presses its buttons.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"portreeve/monitor/reeve"
	"portreeve/tray/notify"
)

// screen is where the notices of a test go.
type screen struct {
	mu      sync.Mutex
	shown   []notify.Notice
	at      []time.Time
	stands  map[string]notify.Notice
	gone    []string
	presses chan notify.Press
}

func (s *screen) Show(n notify.Notice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n.Update {
		if _, ok := s.stands[n.Key]; !ok {
			return
		}
	}
	s.shown, s.at = append(s.shown, n), append(s.at, time.Now())
	s.stands[n.Key] = n
}

func (s *screen) Withdraw(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.stands[key]; ok {
		s.gone = append(s.gone, key)
	}
	delete(s.stands, key)
}

func (s *screen) Presses() <-chan notify.Press { return s.presses }

// titles gives the titles shown so far, in order; corrections are marked.
func (s *screen) titles() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, n := range s.shown {
		if n.Update {
			all = append(all, "~ "+n.Title)
		} else {
			all = append(all, n.Title)
		}
	}
	return all
}

// standing gives the titles on the screen.
func (s *screen) standing() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]bool)
	for _, n := range s.stands {
		all[n.Title] = true
	}
	return all
}

func (s *screen) last() notify.Notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.shown) == 0 {
		return notify.Notice{}
	}
	return s.shown[len(s.shown)-1]
}

// tellerFeed is a feed that a test fills.
type tellerFeed chan reeve.View

func (v tellerFeed) Next(ctx context.Context) (reeve.View, error) {
	select {
	case view, ok := <-v:
		if !ok {
			return reeve.View{}, errors.New("the feed broke")
		}
		return view, nil
	case <-ctx.Done():
		return reeve.View{}, ctx.Err()
	}
}

// tellerVerbs answers as the test says and remembers what it was asked.
type tellerVerbs struct {
	mu    sync.Mutex
	asked []string
	told  []string // ids for the history
	stop  func(context.Context, reeve.StopRequest) (*reeve.Stopped, error)
	err   error
}

func (v *tellerVerbs) note(format string, args ...any) {
	v.mu.Lock()
	v.asked = append(v.asked, fmt.Sprintf(format, args...))
	v.mu.Unlock()
}

func (v *tellerVerbs) all() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return strings.Join(v.asked, "; ")
}

func (v *tellerVerbs) Stop(ctx context.Context, r reeve.StopRequest) (*reeve.Stopped, error) {
	v.note("stop %s %s %v", r.ID, r.Owner, r.Force)
	if v.stop != nil {
		return v.stop(ctx, r)
	}
	return &reeve.Stopped{Result: reeve.StopFreed, Free: true, Text: "python3 has ended. Port 62893 is free."}, v.err
}

func (v *tellerVerbs) Know(_ context.Context, r reeve.KnowRequest) (*reeve.Known, error) {
	v.note("know %s", r.ID)
	return &reeve.Known{Rule: "r1", Text: "Known: python3 in ~/src/shop, any port, only this computer."}, v.err
}

func (v *tellerVerbs) Forget(_ context.Context, r reeve.ForgetRequest) (*reeve.Forgotten, error) {
	v.note("forget %s", r.Rule)
	return &reeve.Forgotten{Text: "Forgotten: python3 in ~/src/shop."}, v.err
}

func (v *tellerVerbs) Pause(context.Context, reeve.PauseRequest) (*reeve.Status, error) {
	return nil, v.err
}

func (v *tellerVerbs) StopGroup(_ context.Context, r reeve.GroupRequest) (*reeve.Group, error) {
	v.note("stop %s %v", r.Of, r.Confirmed)
	return &reeve.Group{Text: "2 programs have ended."}, v.err
}

func (v *tellerVerbs) Await(_ context.Context, r reeve.AwaitRequest) (*reeve.Awaited, error) {
	v.note("await %d off %v", r.Port, r.Off)
	return &reeve.Awaited{}, v.err
}

func (v *tellerVerbs) Show(_ context.Context, r reeve.ShowRequest) error {
	v.note("show %s %s", r.Page, r.Listener)
	return v.err
}

func (v *tellerVerbs) Autostart(_ context.Context, r reeve.AutostartRequest) (*reeve.Autostart, error) {
	v.note("autostart %s", r.Want)
	return &reeve.Autostart{On: true, Can: true, Text: "Portreeve starts when you log in."}, v.err
}

// Told keeps apart what is no click's doing.
func (v *tellerVerbs) Told(ids ...string) {
	v.mu.Lock()
	v.told = append(v.told, ids...)
	v.mu.Unlock()
}

func (v *tellerVerbs) Example(context.Context) error { v.note("example"); return v.err }

// play runs a teller in a bubble of fake time.
type play struct {
	t     *testing.T
	feed  tellerFeed
	verbs *tellerVerbs
	*screen
	*Teller
	state map[string]reeve.Listener
	until string // the pause
	// notices are the settings, awaited the ports that the user waits for, slept
	// how long the computer was suspended.
	notices *reeve.NoticeSettings
	awaited []uint16
	slept   time.Duration
}

func perform(t *testing.T, do func(*play)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := &play{t: t, feed: make(tellerFeed), verbs: &tellerVerbs{}, state: make(map[string]reeve.Listener),
			screen: &screen{stands: make(map[string]notify.Notice), presses: make(chan notify.Press)}}
		p.Teller = NewTeller(p.screen, p.verbs, TellerOptions{User: "ada", Slept: func() time.Duration { return p.slept }})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx, p.feed) }()
		do(p)
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run returned %v, want nil", err)
		}
		// synctest fails here if a goroutine has not ended.
	})
}

// event makes one and keeps the state with it.
func (p *play) event(kind string, l reeve.Listener) reeve.Event {
	if kind == reeve.EventClosed {
		delete(p.state, l.ID)
	} else {
		p.state[l.ID] = l
	}
	return reeve.Event{Event: kind, Listener: &l}
}

// send feeds one view with events and waits until it has been taken in.
func (p *play) send(events ...reeve.Event) { p.view(reeve.View{Events: events}) }

func (p *play) view(v reeve.View) {
	if v.Listeners == nil {
		for _, l := range p.state {
			v.Listeners = append(v.Listeners, l)
		}
	}
	v.Status.PausedUntil, v.Notices, v.Status.Awaited = p.until, p.notices, p.awaited
	p.feed <- v
	synctest.Wait()
}

func (p *play) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (p *play) expect(want ...string) {
	p.t.Helper()
	if got := p.titles(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		p.t.Errorf("shown: got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// click presses the button with that label on the last notice.
func (p *play) click(label string) { p.t.Helper(); p.clickOn(p.last(), label) }

func (p *play) clickOn(n notify.Notice, label string) {
	p.t.Helper()
	for _, a := range n.Actions {
		if a.Label == label {
			p.presses <- notify.Press{Notice: n.Key, Action: a.Key}
			synctest.Wait()
			return
		}
	}
	p.t.Fatalf("button %q: got %v, want it on %q", label, n.Actions, n.Title)
}

func (p *play) labels() string {
	var all []string
	for _, a := range p.last().Actions {
		all = append(all, a.Label)
	}
	return strings.Join(all, ", ")
}

const pythonTold = "python3 is listening on 127.0.0.1:62893"
