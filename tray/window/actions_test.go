package window

import (
	"context"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

func TestStopAsksForExactlyTheIdsThatAreShown(t *testing.T) {
	a := listener("a", 80, verdictNew)
	a.Owners = append(a.Owners, reeve.Owner{ID: "worker", PID: 7, Name: "w"})
	d := open(t, reeve.ShowRequest{Listener: "a"}, a, listener("b", 90, verdictNew))
	release := make(chan struct{})
	d.verbs.stop = func(context.Context, reeve.StopRequest) (*reeve.Stopped, error) {
		<-release
		return &reeve.Stopped{Text: "prog-a has ended. Port 80 is free."}, nil
	}
	test.Tap(d.details.stop)
	if !d.details.stop.Disabled() || !d.outcome.spin.Visible() {
		t.Errorf("while it runs: got disabled %v, progress %v, want both", d.details.stop.Disabled(), d.outcome.spin.Visible())
	}
	expect(t, "while it runs", d.outcome.text.Text, "Stopping prog-a on 127.0.0.1:80…")
	expect(t, "row while it runs", d.stateOf("a"), "… Stopping")
	press(d.list, fyne.KeyDelete) // must not ask twice
	// Another may be selected meanwhile, and its button works.
	d.choose("b")
	if d.details.stop.Disabled() {
		t.Error("the other's Stop: got disabled, want enabled")
	}
	close(release)
	d.until("it is told", func() bool { return d.outcome.text.Text == "prog-a has ended. Port 80 is free." })
	want := []any{reeve.StopRequest{ID: "a", Owner: "owner-a"}}
	if got := d.verbs.requests(); !slices.Equal(got, want) {
		t.Errorf("requests: got %v, want %v", got, want)
	}
	if d.outcome.spin.Visible() {
		t.Error("progress after it: got visible, want hidden")
	}
}

func TestAnErrorIsShownWithItsHint(t *testing.T) {
	d := open(t, reeve.ShowRequest{Listener: "a"}, listener("a", 80, verdictNew))
	d.verbs.stop = func(context.Context, reeve.StopRequest) (*reeve.Stopped, error) {
		return nil, &reeve.Error{Code: reeve.CodeDenied, Message: "stop pid 80: it belongs to root", Hint: "run sudo portreeve stop 80"}
	}
	test.Tap(d.details.stop)
	d.until("it is told", func() bool { return !d.details.stop.Disabled() })
	expect(t, "outcome", d.outcome.text.Text, "Not done: stop pid 80: it belongs to root.\nHint: run sudo portreeve stop 80")
	if got := d.outcome.text.Importance; got != widget.DangerImportance {
		t.Errorf("importance: got %v, want %v", got, widget.DangerImportance)
	}
}

func TestStopIsOffWhereNobodyListensAnyMore(t *testing.T) {
	h := listener("h", 111, verdictBaseline)
	h.Owners, h.Hidden, h.Program = nil, "another user's process", ""
	d := open(t, reeve.ShowRequest{Listener: "h"}, h, listener("a", 80, verdictNew))
	expect(t, "title", d.details.title.Text, "hidden program")
	for _, want := range []fact{{asText, "", "Owner hidden: another user's process"}, {asPath, "To see it", "sudo portreeve list"}} {
		if !slices.Contains(d.details.body.shown, want) {
			t.Errorf("details: got %v, want %v in it", d.details.body.shown, want)
		}
	}
	d.choose("a")
	d.feed(event(reeve.EventClosed, listener("a", 80, verdictNew)))
	d.until("it has ended", func() bool { return d.model.current().ended })
	if !d.details.stop.Disabled() || !d.details.more.Disabled() || !d.details.known.Disabled() {
		t.Error("buttons of an ended one: got enabled, want disabled")
	}
	press(d.list, fyne.KeyDelete)
	if got := d.verbs.requests(); len(got) != 0 {
		t.Errorf("requests: got %v, want none", got)
	}
}

func TestKnowCanBeUndone(t *testing.T) {
	d := open(t, reeve.ShowRequest{Listener: "a"}, listener("a", 80, verdictNew))
	test.Tap(d.details.known)
	d.until("Undo is offered", func() bool { return len(d.offered()) > 0 })
	expect(t, "outcome", d.outcome.text.Text, "Known: prog-a, any port, only this computer.")
	test.Tap(d.offer("Undo"))
	d.until("it is told", func() bool { return d.outcome.text.Text == "no longer known" })
	if got := d.offered(); len(got) != 0 {
		t.Errorf("buttons after the undo: got %q, want none", got)
	}
	d.feed(event(reeve.EventJudged, listener("a", 80, verdictKnown)))
	d.until("it is known", func() bool { return d.details.known.Text == "Forget this" })
	test.Tap(d.details.known)
	d.until("it is told", func() bool { return !d.details.known.Disabled() })
	want := []any{reeve.KnowRequest{ID: "a"}, // which choices it has: none
		reeve.KnowRequest{ID: "a"}, reeve.ForgetRequest{Rule: "rule-1"}, reeve.ForgetRequest{Listener: "a"}}
	if got := d.verbs.requests(); !slices.Equal(got, want) {
		t.Errorf("requests: got %v, want %v", got, want)
	}
}
