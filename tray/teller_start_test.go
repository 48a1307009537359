package tray

// What is told when the program starts, for the first time and later.

import (
	"testing"
	"testing/synctest"
	"time"

	"portreeve/monitor/reeve"
	"portreeve/tray/notify"
)

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
