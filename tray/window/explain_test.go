package window

import (
	"context"
	"errors"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"portreeve/monitor/reeve"
)

// explaining opens the page on which an address is explained.
func explaining(t *testing.T, answer func(reeve.ExplainRequest) (*reeve.Explanation, error)) (*desk, *explainPage) {
	t.Helper()
	d := open(t, reeve.ShowRequest{Page: reeve.PageExplain}, listener("py", 62893, verdictNew))
	d.verbs.explain = func(_ context.Context, q reeve.ExplainRequest) (*reeve.Explanation, error) { return answer(q) }
	return d, d.shell.page().(*explainPage)
}

func TestAnAddressIsExplainedAndShownInTheList(t *testing.T) {
	asked := make(chan reeve.ExplainRequest, 1)
	d, p := explaining(t, func(q reeve.ExplainRequest) (*reeve.Explanation, error) {
		asked <- q
		e, l := explanation(), listener("py", 62893, verdictNew)
		e.Listener = &l
		return e, nil
	})
	if got := d.win.Canvas().Focused(); got != fyne.Focusable(p.entry) {
		t.Errorf("focus on the page: got %T, want the entry", got)
	}
	p.entry.OnSubmitted(p.entry.Text) // nothing typed asks nothing
	test.Type(p.entry, " 127.0.0.1:62893 ")
	press(p.entry, fyne.KeyReturn)
	if !p.spin.Visible() || !p.ask.Disabled() {
		t.Errorf("while it looks: got progress %v, button off %v, want both", p.spin.Visible(), p.ask.Disabled())
	}
	d.until("the answer is shown", func() bool { return p.said != nil && !p.spin.Visible() })
	if got, want := <-asked, (reeve.ExplainRequest{Text: "127.0.0.1:62893", Probe: true}); got != want {
		t.Errorf("question: got %+v, want %+v", got, want)
	}
	expect(t, "heading", p.what.Text, "127.0.0.1:62893")
	var headings []string
	for _, f := range p.answer.shown {
		if f.manner == asHeading {
			headings = append(headings, f.text)
		}
	}
	want := []string{"The address", "The port", "Who is there", "Does it answer?", "What you can do", "Connected now · 1", "Earlier on this port"}
	if !slices.Equal(headings, want) {
		t.Errorf("parts: got %q, want %q", headings, want)
	}
	if p.tell.Visible() {
		t.Error("the button that waits for the port: got it shown, want it hidden: somebody is there")
	}
	test.Tap(p.list)
	expect(t, "page", d.shell.at, reeve.PageListeners)
	expect(t, "selected", d.selectedRow(), "py")
}

func TestAPortThatNobodyUsesCanBeWaitedFor(t *testing.T) {
	d, p := explaining(t, func(reeve.ExplainRequest) (*reeve.Explanation, error) {
		return &reeve.Explanation{Address: "port 3000", Summary: "Nothing listens on port 3000.", CanAwait: true}, nil
	})
	p.about("3000")
	d.until("the answer is shown", func() bool { return p.said != nil })
	if p.list.Visible() {
		t.Error("the button to the list: got it shown, want it hidden: nobody is there")
	}
	expect(t, "button", p.tell.Text, "Tell me when 3000 is used")
	test.Tap(p.tell)
	d.until("it can be undone", func() bool { return len(d.offered()) > 0 })
	test.Tap(d.offer("Undo"))
	d.until("it is taken back", func() bool { return len(d.verbs.requests()) == 2 && len(d.jobs) == 0 })
	d.wasAsked(reeve.AwaitRequest{Port: 3000}, reeve.AwaitRequest{Port: 3000, Off: true})
}

func TestAQuestionThatCannotBeAnsweredSaysWhy(t *testing.T) {
	d, p := explaining(t, func(reeve.ExplainRequest) (*reeve.Explanation, error) {
		return nil, errors.New("read address: not an address")
	})
	p.about("nonsense")
	d.until("it is said", func() bool { return len(d.jobs) == 0 })
	expect(t, "outcome", d.outcome.text.Text, "Not done: read address: not an address.")
	if p.spin.Visible() || p.ask.Disabled() {
		t.Error("after the answer: got the page busy, want it ready")
	}
	press(p.entry, fyne.KeyEscape)
	expect(t, "entry after Esc", p.entry.Text, "")
	press(p.entry, fyne.KeyEscape)
	expect(t, "page after another Esc", d.shell.at, reeve.PageListeners)
}
