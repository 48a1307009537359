package tray

// What becomes of a notice when its listener changes, ends or comes again.

import (
	"testing"
	"time"

	"portreeve/monitor/reeve"
)

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
