package window

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"portreeve/monitor/reeve"
)

// aFirstStart is what a computer may have listening.
func aFirstStart() []reeve.Listener {
	var all []reeve.Listener
	for i, s := range []struct {
		program, place, kind, scope, look string
		port                              uint16
	}{
		{"sshd", "ssh.service", reeve.OriginService, "network", "", 22},
		{"cupsd", "cups.service", reeve.OriginService, "loopback", "", 631},
		{"postgres", "postgresql.service", reeve.OriginService, "loopback", "", 5432},
		{"systemd-resolved", "systemd-resolved.service", reeve.OriginSystem, "loopback", "", 53},
		{"node", "vite in ~/src/shop", reeve.OriginTerminal, "network", "a program of yours is open to your network", 5173},
		{"python3", "http.server in ~/src/blog", reeve.OriginTerminal, "loopback", "", 8000},
		{"code", "extension host", reeve.OriginIDE, "loopback", "", 41337},
		{"code", "extension host", reeve.OriginIDE, "loopback", "", 41339},
		{"updater", "/tmp/x", reeve.OriginUnknown, "loopback", "its program file has been deleted", 62893},
	} {
		l := listener(fmt.Sprintf("f%d", i), s.port, verdictBaseline)
		l.Program, l.Place, l.Origin.Kind, l.Scope, l.Look = s.program, s.place, s.kind, s.scope, s.look
		if s.scope != "loopback" {
			l.Address = "0.0.0.0"
		}
		all = append(all, l)
	}
	return all
}

func TestTheFirstStartSaysWhatWasFoundByWhatStartedIt(t *testing.T) {
	d := open(t, reeve.ShowRequest{Page: reeve.PageReview}, aFirstStart()...)
	p := d.shell.page().(*reviewPage)
	expect(t, "head", p.head.Text, "9 listeners are here already. 2 are worth a look.")
	if want := []string{"f4", "f8"}; !slices.Equal(p.found.look, want) {
		t.Errorf("worth a look: got %v, want %v", p.found.look, want)
	}
	var got []string
	for _, g := range p.found.groups {
		got = append(got, fmt.Sprintf("%s: %s", g.title, g.names))
	}
	want := []string{"From a terminal: node, python3", "From an editor: code ×2", "Of the system: sshd, systemd-resolved, cupsd, postgres", "Other programs: updater"}
	if !slices.Equal(got, want) {
		t.Errorf("groups: got %q, want %q", got, want)
	}
	if !d.says("its program file has been deleted") {
		t.Error("the reason: got none on the screen, want it")
	}
}

func TestEveryKindOfOriginIsInExactlyOneGroup(t *testing.T) {
	for _, kind := range []string{reeve.OriginTerminal, reeve.OriginIDE, reeve.OriginAgent, reeve.OriginDesktop, reeve.OriginAutostart, reeve.OriginCron,
		reeve.OriginService, reeve.OriginContainer, reeve.OriginSystem, reeve.OriginUnknown} {
		n := 0
		for _, k := range foundKinds() {
			if slices.Contains(k.origins, kind) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("kind %q: got %d groups, want 1", kind, n)
		}
	}
}

func TestOneClickDecidesAndNothingMoves(t *testing.T) {
	d := open(t, reeve.ShowRequest{Page: reeve.PageReview}, aFirstStart()...)
	p := d.shell.page().(*reviewPage)
	first, second := p.rows["f4"][0], p.rows["f8"][0]
	before := second.Position()
	test.Tap(first.know)
	test.Tap(second.question)
	d.until("both are sent", func() bool { return len(d.jobs) == 0 })
	for _, want := range []any{reeve.KnowRequest{ID: "f4"}, reeve.ForgetRequest{Listener: "f8"}} {
		if !slices.Contains(d.verbs.requests(), want) {
			t.Errorf("requests: got %v, want %v among them", d.verbs.requests(), want)
		}
	}
	known := aFirstStart()[4]
	known.Verdict = verdictKnown
	d.feed(event(reeve.EventJudged, known), event(reeve.EventClosed, aFirstStart()[8]))
	d.until("it is shown", func() bool {
		return first.state.segment.Text == "✓ Known" && second.state.segment.Text == "– Ended"
	})
	if first.know.Visible() || second.know.Visible() {
		t.Error("buttons of what is decided: got shown, want hidden")
	}
	if got := second.Position(); got != before {
		t.Errorf("place of the second row: got %v, want %v as before", got, before)
	}
}

func TestAGroupUnfoldsItsListeners(t *testing.T) {
	d := open(t, reeve.ShowRequest{Page: reeve.PageReview}, aFirstStart()...)
	p := d.shell.page().(*reviewPage)
	system, below := p.folds[2], p.folds[3].button
	for range 2 {
		folded := d.driver().AbsolutePositionForObject(below).Y
		if system.rows.Visible() {
			t.Fatal("a folded group: got its listeners shown, want them folded")
		}
		test.Tap(system.button)
		if moved := d.driver().AbsolutePositionForObject(below).Y - folded; !system.rows.Visible() || moved < 4*laneHeight {
			t.Errorf("an unfolded group: got shown %v and the next group %v lower, want room for four rows", system.rows.Visible(), moved)
		}
		test.Tap(system.button)
	}
}

func (d *desk) driver() fyne.Driver { return fyne.CurrentApp().Driver() }

func TestTheExampleIsShownAndAFailureSaid(t *testing.T) {
	d := open(t, reeve.ShowRequest{Page: reeve.PageReview}, aFirstStart()...)
	p := d.shell.page().(*reviewPage)
	test.Tap(p.show)
	d.until("it is told", func() bool { return strings.HasPrefix(d.outcome.text.Text, "Portreeve's own example listens now") })
	if !slices.Contains(d.verbs.requests(), any("example")) {
		t.Errorf("requests: got %v, want the example", d.verbs.requests())
	}
	d.verbs.mu.Lock()
	d.verbs.example = errors.New("start portreeve: no such file")
	d.verbs.mu.Unlock()
	test.Tap(p.show)
	d.until("the failure is told", func() bool { return strings.HasPrefix(d.outcome.text.Text, "Not done: start portreeve: no such file") })
}

func TestAFirstStartWithNothingOddSaysSo(t *testing.T) {
	d := open(t, reeve.ShowRequest{Page: reeve.PageReview}, listener("a", 80, verdictBaseline))
	expect(t, "head", d.shell.page().(*reviewPage).head.Text, "1 listener is here already. Nothing about any of them stands out.")
}

func TestTheFirstStartLooksAsDesigned(t *testing.T) {
	if raceDetector {
		t.Skip("it draws for long and has one goroutine: the pass without the race detector does this")
	}
	d := open(t, reeve.ShowRequest{Page: reeve.PageReview}, aFirstStart()...)
	d.looksAs("review")
}
