package tray

// Digests, and how often notices come at the most.

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"portreeve/monitor/reeve"
)

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
