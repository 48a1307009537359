package tray

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

func (v *tellerVerbs) Show(_ context.Context, r reeve.ShowRequest) error {
	v.note("show %s %s", r.Page, r.Listener)
	return v.err
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
}

func perform(t *testing.T, do func(*play)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := &play{t: t, feed: make(tellerFeed), verbs: &tellerVerbs{}, state: make(map[string]reeve.Listener),
			screen: &screen{stands: make(map[string]notify.Notice), presses: make(chan notify.Press)}}
		p.Teller = NewTeller(p.screen, p.verbs, TellerOptions{})
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
	v.Status.PausedUntil = p.until
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

func TestALoopbackListenerIsToldOnceItSettled(t *testing.T) {
	perform(t, func(p *play) {
		p.send(p.event("opened", python("127.0.0.1")))
		p.pass(499 * time.Millisecond)
		p.expect()
		p.pass(time.Millisecond)
		p.expect(pythonTold)
		if got, want := p.labels(), "I know this, Stop, Details"; got != want {
			t.Errorf("buttons: got %q, want %q", got, want)
		}
		if got, want := p.last().Command, "portreeve stop 62893"; got != want {
			t.Errorf("command: got %q, want %q", got, want)
		}
		p.pass(time.Hour)
		p.expect(pythonTold)
	})
}

func TestAnOpenListenerIsToldAtOnce(t *testing.T) {
	perform(t, func(p *play) {
		p.send(p.event("opened", openTo(python(""), "0.0.0.0", 5173, "node")))
		p.expect("node is listening on port 5173")
	})
}

func TestAListenerThatDidNotLiveIsNotTold(t *testing.T) {
	perform(t, func(p *play) {
		p.send(p.event("opened", python("127.0.0.1")))
		p.pass(400 * time.Millisecond)
		p.send(p.event("closed", python("127.0.0.1")))
		short := openTo(python(""), "0.0.0.0", 5173, "node")
		p.send(p.event("opened", short), p.event("closed", short))
		p.pass(time.Minute)
		p.expect()
	})
}

func TestAListenerThatIsToldTwiceIsOne(t *testing.T) {
	perform(t, func(p *play) {
		p.send(p.event("opened", python("127.0.0.1")))
		p.send(p.event("opened", python("127.0.0.1")))
		p.pass(time.Minute)
		p.expect(pythonTold)
	})
}

func TestARestartWhileItSettlesSettlesAnew(t *testing.T) {
	perform(t, func(p *play) {
		p.send(p.event("opened", python("127.0.0.1")))
		p.pass(400 * time.Millisecond)
		again := python("127.0.0.1")
		again.ID = "again"
		delete(p.state, "b-127.0.0.1")
		p.send(p.event("rebound", again))
		p.pass(499 * time.Millisecond)
		p.expect()
		p.pass(time.Millisecond)
		p.expect(pythonTold)
	})
}

func TestADigestTakesInTheYoungOneBeforeIt(t *testing.T) {
	perform(t, func(p *play) {
		three := func(from uint16) {
			for i := range uint16(3) {
				p.send(p.event("opened", openTo(python(""), "0.0.0.0", from+i, "node")))
			}
		}
		three(1000)
		p.pass(10 * time.Second)
		three(2000)
		p.pass(10 * time.Second)
		p.expect("node is listening on port 1000", "2 new listeners from node",
			"node is listening on port 2000", "4 new listeners from node")
		p.pass(time.Hour)
		three(3000)
		p.pass(10 * time.Second)
		if got, want := p.last().Title, "2 new listeners from node"; got != want {
			t.Errorf("an hour later: got %q, want %q", got, want)
		}
	})
}

func TestWhatIsKnownOrUDPIsNotTold(t *testing.T) {
	perform(t, func(p *play) {
		for i, change := range []func(*reeve.Listener){
			func(l *reeve.Listener) { l.Verdict = "familiar" },
			func(l *reeve.Listener) { l.Verdict = "baseline" },
			func(l *reeve.Listener) { l.Verdict = "unknown" },
			func(l *reeve.Listener) { l.Protocol = "udp" },
			func(l *reeve.Listener) { l.Folded = true },
		} {
			l := python("127.0.0.1")
			l.ID = fmt.Sprint(i)
			change(&l)
			p.send(p.event("opened", l))
		}
		p.pass(time.Minute)
		p.expect()
	})
}

func TestBothAddressesOfAPortAreOneNotice(t *testing.T) {
	perform(t, func(p *play) {
		p.send(p.event("opened", python("127.0.0.1")))
		p.pass(100 * time.Millisecond)
		p.send(p.event("opened", python("::1")))
		p.pass(time.Minute)
		p.expect("python3 is listening on 127.0.0.1:62893 and [::1]:62893")
		p.send(p.event("closed", python("127.0.0.1")))
		p.expect("python3 is listening on 127.0.0.1:62893 and [::1]:62893", "~ python3 is listening on [::1]:62893")
		p.send(p.event("closed", python("::1")))
		if got := p.standing(); len(got) != 0 {
			t.Errorf("standing: got %v, want nothing", got)
		}
	})
}

func TestASecondAddressRightAfterTheNoticeCorrectsIt(t *testing.T) {
	perform(t, func(p *play) {
		v4, v6 := openTo(python(""), "192.168.1.5", 5173, "node"), openTo(python(""), "fd00::5", 5173, "node")
		p.send(p.event("opened", v4))
		p.send(p.event("opened", v6))
		p.pass(time.Minute)
		p.expect("node is listening on 192.168.1.5:5173", "~ node is listening on 192.168.1.5:5173 and [fd00::5]:5173")
	})
}

func TestTwoProgramsOnOnePortAreTwoNotices(t *testing.T) {
	perform(t, func(p *play) {
		twin := python("127.0.0.1")
		twin.ID, twin.Owners = "twin", []reeve.Owner{{ID: "o2", PID: 8}}
		p.send(p.event("opened", python("127.0.0.1")), p.event("opened", twin))
		p.pass(time.Minute)
		p.expect(pythonTold, pythonTold)
		if got := len(p.stands); got != 2 {
			t.Errorf("standing: got %d, want 2", got)
		}
		p.click("Stop")
		if got, want := p.verbs.all(), "stop twin o2 false"; got != want {
			t.Errorf("asked: got %q, want %q", got, want)
		}
	})
}

func TestAnOwnerThatBecomesVisibleIsNoNews(t *testing.T) {
	hidden := python("127.0.0.1")
	hidden.Owners, hidden.Program, hidden.Hidden = nil, "hidden program", "belongs to root; sudo shows it"
	t.Run("while it settles the notice names it", func(t *testing.T) {
		perform(t, func(p *play) {
			p.send(p.event("opened", hidden))
			p.pass(100 * time.Millisecond)
			p.send(p.event("owner", python("127.0.0.1")))
			p.pass(time.Minute)
			p.expect(pythonTold)
		})
	})
	t.Run("a standing notice is corrected where it stands", func(t *testing.T) {
		perform(t, func(p *play) {
			p.send(p.event("opened", hidden))
			p.pass(time.Second)
			if got, want := p.labels(), "I know this, Details"; got != want {
				t.Errorf("buttons: got %q, want %q", got, want)
			}
			p.send(p.event("owner", python("127.0.0.1")))
			p.pass(time.Minute)
			p.expect("A hidden program is listening on 127.0.0.1:62893", "~ "+pythonTold)
			p.click("Stop")
			if got, want := p.verbs.all(), "stop b-127.0.0.1 o1 false"; got != want {
				t.Errorf("asked: got %q, want %q", got, want)
			}
		})
	})
	t.Run("one that turns out to be known goes", func(t *testing.T) {
		perform(t, func(p *play) {
			p.send(p.event("opened", hidden))
			p.pass(time.Second)
			known := python("127.0.0.1")
			known.Verdict = "familiar"
			p.send(p.event("owner", known))
			if got := p.standing(); len(got) != 0 {
				t.Errorf("standing: got %v, want nothing", got)
			}
		})
	})
	t.Run("two that were told as one are told apart", func(t *testing.T) {
		perform(t, func(p *play) {
			hidden6 := python("::1")
			hidden6.Owners, hidden6.Program, hidden6.Hidden = nil, "hidden program", hidden.Hidden
			p.send(p.event("opened", hidden), p.event("opened", hidden6))
			p.pass(10 * time.Second)
			other := python("::1")
			other.Program, other.Owners = "node", []reeve.Owner{{ID: "o9", PID: 9}}
			p.send(p.event("owner", python("127.0.0.1")), p.event("owner", other))
			p.pass(10 * time.Second)
			p.expect("A hidden program is listening on 127.0.0.1:62893 and [::1]:62893", "~ "+pythonTold, "node is listening on [::1]:62893")
		})
	})
	t.Run("two that were told apart become one", func(t *testing.T) {
		perform(t, func(p *play) {
			hidden6 := python("::1")
			hidden6.Owners, hidden6.Program, hidden6.Hidden = nil, "hidden program", hidden.Hidden
			p.send(p.event("opened", python("127.0.0.1")), p.event("opened", hidden6))
			p.pass(10 * time.Second)
			p.send(p.event("owner", python("::1")))
			p.expect(pythonTold, "A hidden program is listening on [::1]:62893", "~ python3 is listening on 127.0.0.1:62893 and [::1]:62893")
			if got := len(p.stands); got != 1 {
				t.Errorf("standing: got %d, want 1", got)
			}
		})
	})
}

func TestANoticeGoesWhenItsListenerGoes(t *testing.T) {
	perform(t, func(p *play) {
		p.send(p.event("opened", python("127.0.0.1")))
		p.pass(time.Second)
		p.send(p.event("closed", python("127.0.0.1")))
		if len(p.gone) != 1 {
			t.Errorf("withdrawn: got %v, want the one notice", p.gone)
		}
	})
}

func TestANoticeGoesWhenItsListenerIsKnown(t *testing.T) {
	perform(t, func(p *play) {
		p.send(p.event("opened", python("127.0.0.1")))
		p.pass(time.Second)
		l := python("127.0.0.1")
		l.Verdict = "familiar"
		p.send(p.event("judged", l))
		if got := p.standing(); len(got) != 0 {
			t.Errorf("standing: got %v, want nothing", got)
		}
		l.Verdict = "unfamiliar" // forgotten again: the user did it and knows
		p.send(p.event("judged", l))
		p.pass(time.Minute)
		p.expect(pythonTold)
	})
}

func TestARestartedServerTakesThePlaceOfItsNotice(t *testing.T) {
	again := python("127.0.0.1")
	again.ID, again.Owners = "b-2", []reeve.Owner{{ID: "o2", PID: 8, Parents: []string{"bash", "gnome-terminal-"}}}
	t.Run("silently, with the new ids, where nothing else changed", func(t *testing.T) {
		perform(t, func(p *play) {
			p.send(p.event("opened", python("127.0.0.1")))
			p.pass(10 * time.Second)
			first := p.last()
			delete(p.state, "b-127.0.0.1")
			p.send(p.event("rebound", again))
			p.pass(10 * time.Second)
			p.expect(pythonTold, "~ "+pythonTold)
			if got := p.last().Key; got != first.Key {
				t.Errorf("key: got %q, want %q", got, first.Key)
			}
			p.click("Stop")
			p.clickOn(first, "Stop") // pressed just before it was replaced
			if got, want := p.verbs.all(), "stop b-2 o2 false; stop b-127.0.0.1 o1 false"; got != want {
				t.Errorf("asked: got %q, want %q", got, want)
			}
			p.send(p.event("closed", again))
			if p.standing()[pythonTold] {
				t.Errorf("standing: got the notice of a closed listener, want none")
			}
		})
	})
	t.Run("anew, after settling, where it is another program", func(t *testing.T) {
		perform(t, func(p *play) {
			p.send(p.event("opened", python("127.0.0.1")))
			p.pass(10 * time.Second)
			other := again
			other.Place = "evil.py in /tmp"
			delete(p.state, "b-127.0.0.1")
			p.send(p.event("rebound", other))
			p.pass(499 * time.Millisecond)
			p.expect(pythonTold)
			p.pass(time.Millisecond)
			p.expect(pythonTold, pythonTold)
			if got := len(p.stands); got != 1 {
				t.Errorf("standing: got %d, want 1", got)
			}
		})
	})
	t.Run("anew when it was closed in between, in the same place", func(t *testing.T) {
		perform(t, func(p *play) {
			p.send(p.event("opened", python("127.0.0.1")))
			p.pass(10 * time.Second)
			first := p.last()
			p.send(p.event("closed", python("127.0.0.1")))
			p.send(p.event("opened", again))
			p.pass(10 * time.Second)
			p.expect(pythonTold, pythonTold)
			if got := p.last().Key; got != first.Key {
				t.Errorf("key: got %q, want %q", got, first.Key)
			}
		})
	})
	t.Run("as any stranger where the one before was known", func(t *testing.T) {
		perform(t, func(p *play) {
			p.send(p.event("rebound", again))
			p.pass(time.Second)
			p.expect(pythonTold)
		})
	})
	t.Run("a living twin's notice is not taken", func(t *testing.T) {
		perform(t, func(p *play) {
			p.send(p.event("opened", python("127.0.0.1")))
			p.pass(10 * time.Second)
			p.send(p.event("rebound", again)) // the socket before it was somebody else's
			p.pass(10 * time.Second)
			p.expect(pythonTold, pythonTold)
			if got := len(p.stands); got != 2 {
				t.Errorf("standing: got %d, want 2", got)
			}
		})
	})
}

func TestTheVeryFirstStartTellsWhatItFound(t *testing.T) {
	perform(t, func(p *play) {
		l := python("127.0.0.1")
		l.Verdict = "baseline"
		p.view(reeve.View{First: true, NewBaseline: true, Listeners: []reeve.Listener{l}})
		p.expect("1 program already listens on this computer")
		if got, want := p.labels(), "Review, Show an example"; got != want || !p.last().Stay {
			t.Errorf("buttons: got %q, staying %v, want %q, staying", got, p.last().Stay, want)
		}
		first := p.last()
		p.clickOn(first, "Review")
		p.clickOn(first, "Show an example")
		p.presses <- notify.Press{Notice: first.Key, Action: first.Default}
		synctest.Wait()
		if got, want := p.verbs.all(), "show review ; example; show review "; got != want {
			t.Errorf("asked: got %q, want %q", got, want)
		}
		p.pass(time.Hour)
		p.expect("1 program already listens on this computer")
	})
}

func TestALaterStartTellsWhatIsNew(t *testing.T) {
	node := openTo(python(""), "0.0.0.0", 5173, "node")
	old := openTo(python(""), "0.0.0.0", 22, "sshd")
	old.Verdict = "baseline"
	udp := python("::1")
	udp.Protocol = "udp"
	t.Run("one as itself", func(t *testing.T) {
		perform(t, func(p *play) {
			p.view(reeve.View{First: true, Listeners: []reeve.Listener{old, python("127.0.0.1"), udp}})
			p.expect(pythonTold)
		})
	})
	t.Run("several in a digest", func(t *testing.T) {
		perform(t, func(p *play) {
			p.view(reeve.View{First: true, Listeners: []reeve.Listener{old, node, python("127.0.0.1"), python("::1")}})
			p.pass(time.Minute)
			p.expect("2 new since last time")
			if got, want := p.last().Body, "node on 5173 and python3 on 62893. 1 is open to your network."; got != want {
				t.Errorf("body: got %q, want %q", got, want)
			}
			p.click("Review")
			p.send(p.event("closed", node))
			if len(p.gone) != 0 {
				t.Errorf("withdrawn: got %v, want nothing while one is left", p.gone)
			}
			p.send(p.event("closed", python("127.0.0.1")), p.event("closed", python("::1")))
			if len(p.gone) != 1 {
				t.Errorf("withdrawn: got %v, want the digest", p.gone)
			}
		})
	})
	t.Run("nothing in silence", func(t *testing.T) {
		perform(t, func(p *play) {
			p.view(reeve.View{First: true, Listeners: []reeve.Listener{old, udp}})
			p.pass(time.Minute)
			p.expect()
		})
	})
}

func TestAFloodIsToldInDigests(t *testing.T) {
	perform(t, func(p *play) {
		begun := time.Now()
		n := 0
		for range 10 { // ten readings, a thousand listeners each
			var events []reeve.Event
			for range 1000 {
				l := python("127.0.0.1")
				l.ID, l.Port, l.Program = fmt.Sprint("id", n), uint16(20000+n), fmt.Sprint("p", n%3)
				events = append(events, p.event("opened", l))
				n++
			}
			p.send(events...)
			p.pass(100 * time.Millisecond)
		}
		p.pass(10 * time.Minute)
		p.expect("p0 is listening on 127.0.0.1:20000", "9999 new listeners from 3 programs")
		checkPace(t, p.at)
		if took := p.at[1].Sub(begun); took > 3*time.Second {
			t.Errorf("the digest came after %v, want at most 3s", took)
		}
	})
}

func TestASteadyStreamKeepsThePace(t *testing.T) {
	perform(t, func(p *play) {
		for n := range 1200 { // one every 100 ms for two minutes
			l := openTo(python(""), "0.0.0.0", uint16(20000+n), "node")
			p.send(p.event("opened", l))
			p.pass(100 * time.Millisecond)
		}
		p.pass(10 * time.Minute)
		checkPace(t, p.at)
		if n := len(p.at); n < 10 || n > 16 {
			t.Errorf("notices in two minutes and after: got %d, want between 10 and 16", n)
		}
		if got := p.last().Title; !strings.HasPrefix(got, "1") && !strings.Contains(got, "new listeners from node") {
			t.Errorf("last: got %q, want a digest", got)
		}
	})
}

// checkPace holds notices against the limit: one in 2 s and five in a minute.
func checkPace(t *testing.T, at []time.Time) {
	t.Helper()
	for i := range at {
		if i > 0 && at[i].Sub(at[i-1]) < 2*time.Second {
			t.Errorf("notice %d came %v after the one before, want at least 2s", i, at[i].Sub(at[i-1]))
		}
		if i >= 5 && at[i].Sub(at[i-5]) < time.Minute {
			t.Errorf("notice %d came %v after the fifth before it, want at least 1m", i, at[i].Sub(at[i-5]))
		}
	}
}

func TestAPauseHandsOverADigest(t *testing.T) {
	t.Run("when its time is over", func(t *testing.T) {
		perform(t, func(p *play) {
			p.until = time.Now().Add(15*time.Minute + 30*time.Second).Format(time.RFC3339)
			gone := openTo(python(""), "0.0.0.0", 8080, "java")
			p.send(p.event("opened", python("127.0.0.1")), p.event("opened", gone))
			p.send(p.event("opened", openTo(python(""), "0.0.0.0", 5173, "node")))
			p.pass(5 * time.Minute)
			p.send(p.event("closed", gone))
			p.pass(10*time.Minute + 30*time.Second - time.Millisecond)
			p.expect()
			p.pass(time.Millisecond)
			p.expect("2 new listeners from 2 programs")
		})
	})
	t.Run("when it is ended early", func(t *testing.T) {
		perform(t, func(p *play) {
			p.until = time.Now().Add(time.Hour).Format(time.RFC3339)
			p.send(p.event("opened", python("127.0.0.1")))
			p.pass(time.Minute)
			p.expect()
			p.until = ""
			p.send()
			p.expect(pythonTold)
		})
	})
	t.Run("and still answers the user's clicks", func(t *testing.T) {
		perform(t, func(p *play) {
			p.until = time.Now().Add(time.Hour).Format(time.RFC3339)
			p.send()
			p.Stopped(Do{Title: "python3 on 62893"}, &reeve.Stopped{Text: "python3 has ended."}, nil)
			synctest.Wait()
			p.expect("python3 has ended.")
		})
	})
	t.Run("and a later start waits for its end", func(t *testing.T) {
		perform(t, func(p *play) {
			p.until = time.Now().Add(time.Hour).Format(time.RFC3339)
			p.view(reeve.View{First: true, Listeners: []reeve.Listener{openTo(python(""), "::", 80, "node"), python("127.0.0.1")}})
			p.expect()
			p.pass(time.Hour)
			p.expect("2 new listeners from 2 programs")
		})
	})
}

func TestLostEventsAreMadeUpForByTheTable(t *testing.T) {
	perform(t, func(p *play) {
		was := python("127.0.0.1")
		was.ID, was.Port = "was", 1000
		p.send(p.event("opened", was))
		p.pass(10 * time.Second)
		delete(p.state, "was")
		p.event("opened", python("127.0.0.1"))
		p.view(reeve.View{Missed: true})
		p.pass(10 * time.Second)
		p.view(reeve.View{Missed: true}) // changes nothing any more
		p.pass(10 * time.Second)
		p.expect("python3 is listening on 127.0.0.1:1000", pythonTold)
		if got := p.standing(); len(got) != 1 || !got[pythonTold] {
			t.Errorf("standing: got %v, want only %q", got, pythonTold)
		}
	})
}

func TestStopAnswersWithTheOutcome(t *testing.T) {
	tell := func(t *testing.T, stop func(context.Context, reeve.StopRequest) (*reeve.Stopped, error), check func(*play)) {
		perform(t, func(p *play) {
			p.verbs.stop = stop
			p.send(p.event("opened", python("127.0.0.1")))
			p.pass(time.Second)
			p.click("Stop")
			check(p)
		})
	}
	t.Run("freed", func(t *testing.T) {
		tell(t, nil, func(p *play) {
			p.send(p.event("closed", python("127.0.0.1")))
			p.expect(pythonTold, "python3 has ended. Port 62893 is free.")
			if got := p.standing(); len(got) != 1 {
				t.Errorf("standing: got %v, want the outcome only", got)
			}
		})
	})
	t.Run("still running, with a forced stop of the same ids", func(t *testing.T) {
		running := func(ctx context.Context, r reeve.StopRequest) (*reeve.Stopped, error) {
			s := &reeve.Stopped{Result: reeve.StopRunning, Text: "python3 was asked to end and still holds port 62893.", Hint: "Unsaved work is lost."}
			if !r.Force {
				force := r
				force.Force, force.Confirmed = true, true
				s.Offers = []reeve.Offer{{Label: "Force stop", Request: force}}
			}
			return s, nil
		}
		tell(t, running, func(p *play) {
			if got, want := p.labels(), "Force stop"; got != want || p.last().Body != "Unsaved work is lost." {
				t.Errorf("got %q with %q, want %q with the hint", got, p.last().Body, want)
			}
			p.click("Force stop")
			if got, want := p.verbs.all(), "stop b-127.0.0.1 o1 false; stop b-127.0.0.1 o1 true"; got != want {
				t.Errorf("asked: got %q, want %q", got, want)
			}
		})
	})
	t.Run("supervised, with the ways on that it offers", func(t *testing.T) {
		supervised := func(_ context.Context, r reeve.StopRequest) (*reeve.Stopped, error) {
			if r.Supervisor != "" {
				return &reeve.Stopped{Result: reeve.StopFreed, Text: "python3 has ended. Port 62893 is free."}, nil
			}
			lasting, anyway := r, r
			lasting.Supervisor, anyway.Anyway = "systemd-user:shop.service", true
			return nil, &reeve.Error{Code: reeve.CodeSupervised, Message: "shop.service would start python3 again (Restart=always)",
				Hint:   "to stop it for good: systemctl --user stop shop.service",
				Offers: []reeve.Offer{{Label: "Stop shop.service", Request: lasting}, {Label: "Stop only python3", Request: anyway}}}
		}
		tell(t, supervised, func(p *play) {
			if got, want := p.labels(), "Stop shop.service, Stop only python3, Cancel"; got != want {
				t.Errorf("buttons: got %q, want %q", got, want)
			}
			if got, want := p.last().Body, "shop.service would start python3 again (Restart=always). To stop it for good: systemctl --user stop shop.service."; got != want {
				t.Errorf("body: got  %q\nwant %q", got, want)
			}
			p.click("Stop shop.service")
			if got, want := p.last().Title, "python3 has ended. Port 62893 is free."; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	})
	t.Run("asked first, because something would be lost", func(t *testing.T) {
		ask := func(_ context.Context, r reeve.StopRequest) (*reeve.Stopped, error) {
			if r.Confirmed {
				return &reeve.Stopped{Result: reeve.StopFreed, Text: "python3 has ended. Port 62893 is free."}, nil
			}
			yes := r
			yes.Confirmed = true
			return nil, &reeve.Error{Code: reeve.CodeConfirm, Message: "firefox is connected to python3", Hint: "nothing was stopped yet",
				Offers: []reeve.Offer{{Label: "Stop python3", Request: yes}}}
		}
		tell(t, ask, func(p *play) {
			if got, want := p.last().Title, "Stop python3?"; got != want || p.last().Body != "Firefox is connected to python3. Nothing was stopped yet." {
				t.Errorf("got %q with %q, want %q", got, p.last().Body, want)
			}
			p.click("Stop python3")
			if got, want := p.last().Title, "python3 has ended. Port 62893 is free."; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	})
	t.Run("refused, because it has changed", func(t *testing.T) {
		changed := func(context.Context, reeve.StopRequest) (*reeve.Stopped, error) {
			return nil, &reeve.Error{Code: reeve.CodeChanged, Message: "127.0.0.1:62893 is held by another process now"}
		}
		tell(t, changed, func(p *play) {
			p.expect(pythonTold, "python3 on 62893 was not stopped")
			if got, want := p.last().Body, "What listens there is not what this notice showed: 127.0.0.1:62893 is held by another process now."; got != want {
				t.Errorf("body: got %q, want %q", got, want)
			}
		})
	})
	t.Run("slow, and said so after a second", func(t *testing.T) {
		slow := func(ctx context.Context, _ reeve.StopRequest) (*reeve.Stopped, error) {
			time.Sleep(3 * time.Second)
			return &reeve.Stopped{Text: "python3 has ended."}, nil
		}
		tell(t, slow, func(p *play) {
			p.click("Stop") // a double click asks once
			p.pass(999 * time.Millisecond)
			p.expect(pythonTold)
			p.pass(time.Millisecond)
			p.expect(pythonTold, "Stopping python3 on 62893…")
			p.pass(2 * time.Second)
			p.expect(pythonTold, "Stopping python3 on 62893…", "python3 has ended.")
			if got := len(p.stands); got != 2 {
				t.Errorf("standing: got %d, want the outcome in the place of the progress, and the notice", got)
			}
			if got, want := p.verbs.all(), "stop b-127.0.0.1 o1 false"; got != want {
				t.Errorf("asked: got %q, want %q", got, want)
			}
		})
	})
	t.Run("hanging, which delays nothing and has an end", func(t *testing.T) {
		hang := func(ctx context.Context, _ reeve.StopRequest) (*reeve.Stopped, error) {
			<-ctx.Done()
			return nil, &reeve.Error{Code: reeve.CodeFailed, Message: "stop: context deadline exceeded"}
		}
		tell(t, hang, func(p *play) {
			p.pass(5 * time.Second)
			p.send(p.event("opened", openTo(python(""), "::", 5173, "node")))
			p.expect(pythonTold, "Stopping python3 on 62893…", "node is listening on port 5173")
			p.pass(20 * time.Second)
			if got, want := p.last().Title, "python3 on 62893 may still be running"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	})
	t.Run("hanging while everything ends", func(t *testing.T) {
		hang := func(ctx context.Context, _ reeve.StopRequest) (*reeve.Stopped, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		tell(t, hang, func(p *play) {}) // perform checks that Run and all goroutines end
	})
}

func TestKnowEchoesAndCanBeUndone(t *testing.T) {
	perform(t, func(p *play) {
		p.send(p.event("opened", python("127.0.0.1")))
		p.pass(time.Second)
		first := p.last()
		p.click("I know this")
		const echo = "Known: python3 in ~/src/shop, any port, only this computer."
		p.expect(pythonTold, echo)
		if p.last().Key != first.Key {
			t.Errorf("key: got %q, want the notice's own %q", p.last().Key, first.Key)
		}
		l := python("127.0.0.1")
		l.Verdict = "familiar"
		p.send(p.event("judged", l))
		p.send(p.event("closed", l))
		if !p.standing()[echo] {
			t.Errorf("standing: got %v, want the echo", p.standing())
		}
		p.click("Undo")
		p.expect(pythonTold, echo, "Forgotten: python3 in ~/src/shop.")
		if got, want := p.verbs.all(), "know b-127.0.0.1; forget r1"; got != want {
			t.Errorf("asked: got %q, want %q", got, want)
		}
	})
}

func TestDetailsShowTheListener(t *testing.T) {
	perform(t, func(p *play) {
		p.send(p.event("opened", python("127.0.0.1")))
		p.pass(time.Second)
		p.click("Details")
		if got, want := p.verbs.all(), "show listeners b-127.0.0.1"; got != want {
			t.Errorf("asked: got %q, want %q", got, want)
		}
		p.verbs.err = &reeve.Error{Message: "this portreeve has no window", Hint: "portreeve list shows the same in the terminal"}
		p.click("Details")
		if got, want := p.last().Title+" / "+p.last().Body, "The window could not be opened / This portreeve has no window. portreeve list shows the same in the terminal."; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestTheMenuCanAskBack(t *testing.T) {
	for _, c := range []struct {
		act                Act
		title, label, want string
	}{
		{ActStop, "Stop python3 on 62893?", "Stop", "stop l o false"},
		{ActForce, "Force stop python3 on 62893?", "Force stop", "stop l o true"},
	} {
		perform(t, func(p *play) {
			do := Do{Act: c.act, Listener: "l", Owner: "o", Title: "python3 on 62893"}
			p.Ask(do)
			synctest.Wait()
			p.expect(c.title)
			p.click(c.label)
			if got := p.verbs.all(); got != c.want {
				t.Errorf("asked: got %q, want %q", got, c.want)
			}
			p.Ask(do)
			synctest.Wait()
			p.click("Cancel")
			if p.standing()[c.title] {
				t.Errorf("standing: got the question, want it gone")
			}
		})
	}
}

func TestTheMenusOutcomesAreTold(t *testing.T) {
	perform(t, func(p *play) {
		do := Do{Listener: "l", Owner: "o", Title: "python3 on 62893"}
		p.Stopped(do, nil, &reeve.Error{Code: reeve.CodeDenied, Message: "it is another user's", Hint: "use sudo"})
		p.Known(&reeve.Known{Rule: "r", Text: "Known: it."}, nil)
		p.Known(nil, errors.New("disk full"))
		p.Failed("The address could not be copied", errors.New("no clipboard"))
		p.Failed("Nothing went wrong", nil)
		p.pass(breath)
		p.expect("python3 on 62893 was not stopped", "The address could not be copied", "Known: it.", "Nothing was remembered")
	})
}

func TestManyAnswersAtOnceNeverBlock(t *testing.T) {
	teller := NewTeller(&screen{}, &tellerVerbs{}, TellerOptions{}) // nobody runs it
	done := make(chan struct{})
	go func() {
		for range 1000 {
			teller.Failed("It failed", errors.New("x"))
		}
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("a call blocked, want none to")
	}
}

func TestAButtonThatMeansNothingIsIgnored(t *testing.T) {
	perform(t, func(p *play) {
		for _, key := range []string{"", "stop", "stop:99", "stop:x", ":"} {
			p.presses <- notify.Press{Notice: "n", Action: key}
		}
		synctest.Wait()
		if got := p.verbs.all(); got != "" {
			t.Errorf("asked: got %q, want nothing", got)
		}
	})
}

func TestABrokenFeedEndsTheTeller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := make(tellerFeed)
		close(feed)
		teller := NewTeller(&screen{}, &tellerVerbs{}, TellerOptions{})
		if err := teller.Run(t.Context(), feed); err == nil || !strings.Contains(err.Error(), "the feed broke") {
			t.Errorf("got %v, want the feed's error", err)
		}
	})
}
