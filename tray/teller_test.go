package tray

// What is told, when, and what is not.

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"portreeve/monitor/reeve"
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
