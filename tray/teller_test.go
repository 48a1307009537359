package tray

// What is told, when, and what is not.

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"portreeve/monitor/reeve"
	"portreeve/tray/notify"
)

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
				p.send(p.event("opened", openTo(python(""), "0.0.0.0", from+i, fmt.Sprint("node", from+i))))
			}
		}
		three(1000)
		p.pass(10 * time.Second)
		three(2000)
		p.pass(10 * time.Second)
		p.expect("node1000 is listening on port 1000", "2 new listeners from 2 programs",
			"node2000 is listening on port 2000", "4 new listeners from 4 programs")
		p.pass(time.Hour)
		three(3000)
		p.pass(10 * time.Second)
		if got, want := p.last().Title, "2 new listeners from 2 programs"; got != want {
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
		twin.ID, twin.Owners, twin.Subject = "twin", []reeve.Owner{{ID: "o2", PID: 8}}, "a python3 elsewhere"
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

func TestTwoProcessesOfOneProgramAreOneNoticeWithoutAStop(t *testing.T) {
	perform(t, func(p *play) {
		twin := python("127.0.0.1")
		twin.ID, twin.Owners = "twin", []reeve.Owner{{ID: "o2", PID: 8}}
		p.send(p.event("opened", python("127.0.0.1")), p.event("opened", twin))
		p.pass(time.Minute)
		p.expect(pythonTold)
		if got, want := p.labels(), "I know this, Details"; got != want {
			t.Errorf("buttons: got %q, want %q: a stop ends one process, and which can't be told", got, want)
		}
		p.send(p.event("closed", twin))
		if got, want := p.labels(), "I know this, Stop, Details"; got != want {
			t.Errorf("buttons once one has ended: got %q, want %q", got, want)
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
	t.Run("silently when it was closed in between for less than a minute", func(t *testing.T) {
		perform(t, func(p *play) {
			p.send(p.event("opened", python("127.0.0.1")))
			p.pass(10 * time.Second)
			for range 5 { // rebuilt on every change
				p.send(p.event("closed", python("127.0.0.1")))
				p.pass(30 * time.Second)
				p.send(p.event("opened", again))
				p.pass(10 * time.Minute)
				p.send(p.event("closed", again))
				p.pass(59 * time.Second)
				p.send(p.event("opened", python("127.0.0.1")))
				p.pass(10 * time.Second)
			}
			p.expect(pythonTold)
			if got := p.standing(); len(got) != 0 {
				t.Errorf("standing: got %v, want nothing after the first was withdrawn", got)
			}
		})
	})
	t.Run("anew when it comes again later, each time less soon", func(t *testing.T) {
		perform(t, func(p *play) {
			p.send(p.event("opened", python("127.0.0.1")))
			p.pass(10 * time.Second)
			first := p.last()
			p.send(p.event("closed", python("127.0.0.1")))
			p.pass(time.Minute)
			p.send(p.event("opened", again))
			p.pass(10 * time.Second)
			p.expect(pythonTold, pythonTold)
			if got := p.last().Key; got != first.Key {
				t.Errorf("key: got %q, want %q", got, first.Key)
			}
			p.send(p.event("closed", again))
			p.pass(4*time.Minute - time.Second)
			p.send(p.event("opened", again), p.event("closed", again))
			p.pass(4 * time.Minute)
			p.send(p.event("opened", again))
			p.pass(10 * time.Second)
			p.expect(pythonTold, pythonTold, pythonTold)
		})
	})
	t.Run("anew when the user had stopped it", func(t *testing.T) {
		perform(t, func(p *play) {
			for range 2 { // the answer comes before the end is seen, and after
				p.send(p.event("opened", python("127.0.0.1")))
				p.pass(10 * time.Second)
				p.click("Stop")
				p.send(p.event("closed", python("127.0.0.1")))
				p.pass(10 * time.Second)
			}
			p.send(p.event("opened", python("127.0.0.1")))
			p.pass(10 * time.Second)
			p.send(p.event("closed", python("127.0.0.1")))
			p.Stopped(Do{Listener: "b-127.0.0.1", Title: "python3 on 62893"}, &reeve.Stopped{Text: "python3 has ended."}, nil)
			p.pass(10 * time.Second)
			p.send(p.event("opened", python("127.0.0.1")))
			p.pass(10 * time.Second)
			const ended = "python3 has ended. Port 62893 is free."
			p.expect(pythonTold, ended, pythonTold, ended, pythonTold, "python3 has ended.", pythonTold)
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
			other := again
			other.Subject = "another program of that name"
			p.send(p.event("rebound", other)) // the socket before it was somebody else's
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

func TestTheVeryFirstStartOffersToStartAtLogin(t *testing.T) {
	perform(t, func(p *play) {
		p.view(reeve.View{First: true, NewBaseline: true, OfferLogin: true})
		if got, want := p.labels(), "Review, Show an example, Start at login"; got != want {
			t.Errorf("buttons: got %q, want %q", got, want)
		}
		p.clickOn(p.last(), "Start at login")
		p.expect("No program listens on this computer yet", "Portreeve starts when you log in.")
		if got, want := p.verbs.all(), "autostart on"; got != want {
			t.Errorf("asked: got %q, want %q", got, want)
		}
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

func TestAFloodIsToldInOneDigest(t *testing.T) {
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
		p.expect("5000 new listeners from 3 programs", "~ 10000 new listeners from 3 programs")
		checkPace(t, p.at)
		if took := p.at[1].Sub(begun); took > 3*time.Second {
			t.Errorf("the whole number came after %v, want at most 3s", took)
		}
	})
}

func TestAFloodOfOneProgramIsOneNotice(t *testing.T) {
	perform(t, func(p *play) {
		for n := range 1200 { // one every 100 ms for two minutes
			p.send(p.event("opened", openTo(python(""), "0.0.0.0", uint16(20000+n), "node")))
			p.pass(100 * time.Millisecond)
		}
		p.pass(10 * time.Minute)
		checkPace(t, p.at[:2])
		for i, title := range p.titles() {
			if i > 0 && !strings.HasPrefix(title, "~ ") {
				t.Fatalf("notice %d: got %q, want corrections only", i, title)
			}
		}
		if got, want := p.last().Title, "node is listening on 1200 ports"; got != want {
			t.Errorf("last: got %q, want %q", got, want)
		}
		if n := len(p.at); n > 62 {
			t.Errorf("shown in two minutes: got %d times, want at most once in 2 s", n)
		}
	})
}

func TestASteadyStreamOfProgramsKeepsThePace(t *testing.T) {
	perform(t, func(p *play) {
		for n := range 1200 {
			l := openTo(python(""), "0.0.0.0", uint16(20000+n), fmt.Sprint("node", n))
			p.send(p.event("opened", l))
			p.pass(100 * time.Millisecond)
		}
		p.pass(10 * time.Minute)
		var at []time.Time
		for i, title := range p.titles() {
			if !strings.HasPrefix(title, "~ ") {
				at = append(at, p.at[i])
			}
		}
		checkPace(t, at)
		if n := len(at); n < 10 || n > 16 {
			t.Errorf("notices in two minutes and after: got %d, want between 10 and 16", n)
		}
		if got := p.last().Title; !strings.Contains(got, "new listeners from") {
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
		was.ID, was.Port, was.Program = "was", 1000, "node"
		p.send(p.event("opened", was))
		p.pass(10 * time.Second)
		delete(p.state, "was")
		p.event("opened", python("127.0.0.1"))
		p.view(reeve.View{Missed: true})
		p.pass(10 * time.Second)
		p.view(reeve.View{Missed: true}) // changes nothing any more
		p.pass(10 * time.Second)
		p.expect("node is listening on 127.0.0.1:1000", pythonTold)
		if got := p.standing(); len(got) != 1 || !got[pythonTold] {
			t.Errorf("standing: got %v, want only %q", got, pythonTold)
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

func TestTheHistoryLearnsOfWhichListenersANoticeSpoke(t *testing.T) {
	perform(t, func(p *play) {
		quick := openTo(python(""), "0.0.0.0", 1000, "node")
		p.send(p.event("opened", quick))
		for i := range uint16(2) {
			p.send(p.event("opened", openTo(python(""), "0.0.0.0", 1001+i, "node")))
		}
		p.send(p.event("opened", python("127.0.0.1")), p.event("closed", python("127.0.0.1")))
		p.pass(time.Minute)
		p.verbs.mu.Lock()
		defer p.verbs.mu.Unlock()
		told := fmt.Sprint(p.verbs.told)
		for _, port := range []string{"1000", "1001", "1002"} {
			if !strings.Contains(told, port) {
				t.Errorf("told: got %s, want the listener on %s in it", told, port)
			}
		}
		if strings.Contains(told, "127.0.0.1") {
			t.Errorf("told: got %s, want nothing of the one that did not settle", told)
		}
	})
}
