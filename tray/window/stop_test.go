package window

import (
	"context"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

var (
	plainStop = reeve.StopRequest{ID: "a", Owner: "owner-a"}
	unitStop  = reeve.StopRequest{ID: "a", Owner: "owner-a", Supervisor: "systemd:shop.service", Confirmed: true}
	onlyStop  = reeve.StopRequest{ID: "a", Owner: "owner-a", Anyway: true}
	sureStop  = reeve.StopRequest{ID: "a", Owner: "owner-a", Confirmed: true}
	forceStop = reeve.StopRequest{ID: "a", Owner: "owner-a", Force: true, Confirmed: true, Anyway: true}
	rootStop  = reeve.StopRequest{ID: "a", Owner: "owner-a", Elevate: true, Confirmed: true, Anyway: true}
)

func supervised() *reeve.Error {
	return &reeve.Error{Code: reeve.CodeSupervised, Message: "shop.service starts prog-a again", Hint: "to stop it for good: systemctl --user stop shop.service",
		Offers: []reeve.Offer{
			{Label: "Stop shop.service", Command: "systemctl --user stop shop.service", Request: unitStop},
			{Label: "Stop only prog-a", Request: onlyStop},
		}}
}

func lossy() *reeve.Error {
	return &reeve.Error{Code: reeve.CodeConfirm, Message: "psql is connected to prog-a", Hint: "nothing was stopped yet",
		Offers: []reeve.Offer{{Label: "Stop prog-a", Request: sureStop}}}
}

func denied() *reeve.Error {
	return &reeve.Error{Code: reeve.CodeDenied, Message: "stop pid 80: not permitted", Hint: "it belongs to root",
		Offers: []reeve.Offer{{Label: "Ask for permission", Request: rootStop}}}
}

// answering opens a window on listener a whose stops are answered in turn.
func answering(t *testing.T, answers ...any) *desk {
	t.Helper()
	d := open(t, reeve.ShowRequest{Listener: "a"}, listener("a", 80, verdictNew), listener("b", 90, verdictNew))
	next := make(chan any, len(answers))
	for _, a := range answers {
		next <- a
	}
	d.verbs.stop = func(ctx context.Context, _ reeve.StopRequest) (*reeve.Stopped, error) {
		select {
		case a := <-next:
			if no, is := a.(*reeve.Error); is {
				return nil, no
			}
			return a.(*reeve.Stopped), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return d
}

func (d *desk) wasAsked(want ...any) {
	d.t.Helper()
	got := d.verbs.requests()
	if !slices.Equal(got, want) {
		d.t.Errorf("requests: got %+v, want %+v", got, want)
	}
}

func TestARefusalWithOffersAsksAndSendsTheChosenRequest(t *testing.T) {
	done := &reeve.Stopped{Result: reeve.StopFreed, Free: true, Text: "prog-a has ended. Port 80 is free."}
	for _, tt := range []struct {
		name    string
		refusal *reeve.Error
		answers []string
		choose  int
		want    reeve.StopRequest
		says    []string
	}{
		{"the lasting way", supervised(), []string{"Stop shop.service", "Stop only prog-a", "Cancel"}, 0, unitStop,
			[]string{"Stop prog-a?", "127.0.0.1:80", "shop.service starts prog-a again.", "systemctl --user stop shop.service"}},
		{"the process alone", supervised(), []string{"Stop shop.service", "Stop only prog-a", "Cancel"}, 1, onlyStop, nil},
		{"the loss", lossy(), []string{"Stop prog-a", "Cancel"}, 0, sureStop,
			[]string{"psql is connected to prog-a.", "Nothing was stopped yet."}},
		{"the permission", denied(), []string{"Ask for permission", "Cancel"}, 0, rootStop, []string{"It belongs to root."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := answering(t, tt.refusal, done)
			test.Tap(d.details.stop)
			if got := d.answers(); !slices.Equal(got, tt.answers) {
				t.Fatalf("answers: got %q, want %q", got, tt.answers)
			}
			for _, want := range tt.says {
				if got := d.texts(); !strings.Contains(got, want+"\n") {
					t.Errorf("dialog: got %q, want %q in it", got, want)
				}
			}
			test.Tap(d.question.answers[tt.choose])
			d.until("it is told", func() bool { return d.outcome.text.Text == done.Text })
			d.wasAsked(plainStop, tt.want)
			if d.question != nil || d.win.Canvas().Overlays().Top() != nil {
				t.Error("dialog after its answer: got one, want none")
			}
		})
	}
}

func TestAnAnswerThatIsRefusedAsksAgain(t *testing.T) {
	d := answering(t, supervised(), lossy(), denied(), &reeve.Stopped{Text: "done"})
	test.Tap(d.details.stop)
	for _, want := range []string{"Stop shop.service", "Stop prog-a", "Ask for permission"} {
		expect(t, "first answer", d.answers()[0], want)
		test.Tap(d.question.answers[0])
	}
	d.until("it is told", func() bool { return d.outcome.text.Text == "done" })
	d.wasAsked(plainStop, unitStop, sureStop, rootStop)
}

func TestEnterTakesTheFirstOfferOnlyWhereNothingIsLost(t *testing.T) {
	d := answering(t, supervised(), &reeve.Stopped{Text: "done"})
	press(d.list, fyne.KeyDelete)
	d.answers()
	d.typeKey(fyne.KeyReturn)
	d.until("it is told", func() bool { return d.outcome.text.Text == "done" })
	d.wasAsked(plainStop, unitStop)

	forced := lossy()
	forced.Code, forced.Offers[0].Request = reeve.CodeSupervised, forceStop
	for name, refusal := range map[string]*reeve.Error{"confirm": lossy(), "force": forced} {
		d := answering(t, refusal)
		press(d.list, fyne.KeyDelete)
		d.answers()
		q := d.question
		press(q.answers[0], fyne.KeyEnter) // on the button itself
		if d.question != q {
			t.Errorf("%s: question after Enter on its offer: got none, want it still", name)
		}
		d.typeKey(fyne.KeyReturn) // as it opened
		if d.question != nil {
			t.Errorf("%s: question after Enter on Cancel: got one, want none", name)
		}
		d.wasAsked(plainStop)
	}
}

func TestTheQuestionHasAllKeysWhileItIsOpen(t *testing.T) {
	for _, focused := range []bool{true, false} {
		d := answering(t, supervised())
		press(d.list, fyne.KeyDelete)
		d.answers()
		if !focused {
			d.win.Canvas().Unfocus()
		}
		d.typeKey(fyne.KeyDelete)
		d.list.TypedRune('/')
		d.typeKey(fyne.KeyEscape)
		if d.question != nil {
			t.Errorf("question after Esc, focused %v: got one, want none", focused)
		}
		d.wasAsked(plainStop)
		expect(t, "foot after Esc", d.outcome.text.Text,
			"Not done: shop.service starts prog-a again.\nHint: to stop it for good: systemctl --user stop shop.service")
	}
	d := answering(t, supervised(), &reeve.Stopped{Text: "done"})
	press(d.list, fyne.KeyDelete)
	d.answers()
	d.typeKey(fyne.KeyDown)
	if got := d.win.Canvas().Focused(); got != fyne.Focusable(d.question.answers[1]) {
		t.Errorf("focus after the arrow: got %v, want the second answer", got)
	}
	d.typeKey(fyne.KeyReturn)
	d.until("it is told", func() bool { return d.outcome.text.Text == "done" })
	d.wasAsked(plainStop, onlyStop)
}

func TestAQuestionDoesNotTakeTheKeysFromSomethingElse(t *testing.T) {
	for name, leave := range map[string]func(*desk){
		"another listener": func(d *desk) { d.choose("b") },
		"the search":       func(d *desk) { d.win.Canvas().Focus(d.search) },
		"a menu":           func(d *desk) { d.more() },
	} {
		d := answering(t, lossy(), &reeve.Stopped{Text: "done"})
		test.Tap(d.details.stop)
		leave(d)
		d.until("it is told", func() bool { return len(d.offered()) > 0 })
		if d.question != nil {
			t.Errorf("at %s: got a question, want none", name)
		}
		expect(t, name, d.outcome.text.Text, "Not done: psql is connected to prog-a.\nHint: nothing was stopped yet")
		if got := d.offer("Stop prog-a").Importance; got != widget.DangerImportance {
			t.Errorf("importance of what loses something: got %v, want %v", got, widget.DangerImportance)
		}
		test.Tap(d.offer("Stop prog-a"))
		d.until("it is told", func() bool { return d.outcome.text.Text == "done" })
		d.wasAsked(plainStop, sureStop)
	}
}

func TestTheWaysOnAfterAStopAreButtons(t *testing.T) {
	d := answering(t,
		&reeve.Stopped{Result: reeve.StopRunning, Text: "It still runs.", Hint: "Force stop ends it.", CanForce: true,
			Offers: []reeve.Offer{{Label: "Force stop", Request: forceStop}}},
		&reeve.Stopped{Result: reeve.StopRespawned, Text: "It is back.",
			Offers: []reeve.Offer{{Label: "Stop shop.service", Request: unitStop}}},
		&reeve.Stopped{Text: "done"})
	press(d.list, fyne.KeyDelete)
	d.until("it is told", func() bool { return d.outcome.text.Text == "It still runs.\nForce stop ends it." })
	if got := d.offer("Force stop").Importance; got != widget.DangerImportance {
		t.Errorf("importance of Force stop: got %v, want %v", got, widget.DangerImportance)
	}
	foot, text, button := d.outcome.box, d.outcome.text, d.outcome.choices
	if text.Position().Y+text.MinSize().Height > button.Position().Y || button.Position().Y+button.Size().Height > foot.Size().Height {
		t.Errorf("foot: got a text of %v at %v and buttons at %v in %v, want them one below the other",
			text.MinSize(), text.Position(), button.Position(), foot.Size())
	}
	test.Tap(d.offer("Force stop"))
	expect(t, "while it runs", d.outcome.text.Text, "Force stop on 127.0.0.1:80…")
	if got := d.offered(); len(got) != 0 {
		t.Errorf("buttons while it runs: got %q, want none", got)
	}
	d.until("it is told", func() bool { return d.outcome.text.Text == "It is back." })
	test.Tap(d.offer("Stop shop.service"))
	expect(t, "while it runs", d.outcome.text.Text, "Stopping shop.service on 127.0.0.1:80…")
	d.until("it is told", func() bool { return d.outcome.text.Text == "done" })
	expect(t, "button", d.details.stop.Text, "Stop")
	d.wasAsked(plainStop, forceStop, unitStop)
}

func TestAListenerWithoutAnOwnerIsLeftToTheResident(t *testing.T) {
	h := listener("h", 111, verdictBaseline)
	h.Owners, h.Hidden = nil, "belongs to another user"
	d := open(t, reeve.ShowRequest{Listener: "h"}, h)
	d.verbs.stop = func(context.Context, reeve.StopRequest) (*reeve.Stopped, error) { return nil, supervised() }
	test.Tap(d.details.stop)
	d.answers()
	d.wasAsked(reeve.StopRequest{ID: "h"})
}

func TestHostileOffersAreCleaned(t *testing.T) {
	const evil = "x\u202e\x1b[1m\n\xff"
	d := answering(t, &reeve.Error{Code: reeve.CodeSupervised, Message: evil, Hint: evil,
		Offers: []reeve.Offer{{Label: evil + strings.Repeat("W", 1000), Command: evil + strings.Repeat("W", 3000), Request: unitStop}}})
	test.Tap(d.details.stop)
	d.answers()
	if got := d.texts(); strings.ContainsAny(got, "\u202e\x1b") || strings.Contains(got, "\xff") || !strings.Contains(got, `\u202e`) {
		t.Errorf("dialog: got %q, want it cleaned", got)
	}
	size, room := d.question.dialog.MinSize(), d.win.Canvas().Size()
	if size.Width > room.Width || size.Height > room.Height {
		t.Errorf("dialog: got %v, want it to fit %v", size, room)
	}
}
