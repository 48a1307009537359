package window

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// verbTime bounds a verb, so that a resident that hangs gives the buttons back.
// A stop takes a few seconds by itself: it waits for the process and the port.
const verbTime = 30 * time.Second

// action is what is going on, or went on, with one listener.
type action struct {
	busy bool
	// forced is the owner that a plain stop did not end: for it alone the
	// button reads Force stop.
	forced string
}

func (w *window) action(id string) *action {
	if w.actions[id] == nil {
		w.actions[id] = &action{}
	}
	return w.actions[id]
}

// run carries a verb out in a goroutine of its own. doing is shown meanwhile;
// done runs on Fyne's goroutine afterwards. A second verb for a listener that
// has one under way is refused by the buttons, which are off as long.
func (w *window) run(id, doing string, verb func(context.Context) error, done func(error)) {
	a := w.action(id)
	if a.busy {
		return
	}
	a.busy = true
	w.outcome.say(doing, "")
	w.refresh()
	w.running.Go(func() {
		ctx, cancel := context.WithTimeout(w.ctx, verbTime)
		defer cancel()
		err := verb(ctx)
		w.do(func() {
			if w.ctx.Err() != nil {
				return
			}
			a.busy = false
			done(err)
			if *a == (action{}) {
				delete(w.actions, id)
			}
			w.refresh()
		})
	})
}

// stoppable gives the request that the Stop button stands for: the selected
// listener and its topmost owner, as they are on the screen. ok is false where
// there is nothing to stop.
func (w *window) stoppable() (q reeve.StopRequest, ok bool) {
	r := w.model.current()
	if r == nil || r.ended || len(r.Owners) == 0 {
		return q, false
	}
	owner := r.Owners[0].ID
	a := w.actions[r.ID]
	return reeve.StopRequest{ID: r.ID, Owner: owner, Force: a != nil && a.forced == owner}, a == nil || !a.busy
}

// stop does what the Stop button says.
func (w *window) stop() {
	q, ok := w.stoppable()
	if !ok {
		return
	}
	r := w.model.current()
	var answer *reeve.Stopped
	w.run(q.ID, "Stopping "+program(&r.Listener)+" on "+address(&r.Listener)+"…",
		func(ctx context.Context) (err error) { answer, err = w.verbs.Stop(ctx, q); return err },
		func(err error) {
			a := w.action(q.ID)
			a.forced = ""
			if err != nil {
				w.outcome.fail(err)
				return
			}
			if answer.CanForce {
				a.forced = q.Owner
			}
			w.outcome.say(answer.Text, answer.Hint)
		})
}

// know makes a rule from the selected listener, or takes back what covers it
// when it is known.
func (w *window) know() {
	r := w.model.current()
	if r == nil || r.ended {
		return
	}
	if r.Verdict == verdictKnown {
		w.forget(r.ID, reeve.ForgetRequest{Listener: r.ID})
		return
	}
	id := r.ID
	var answer *reeve.Known
	w.run(id, "Noting "+program(&r.Listener)+" as known…",
		func(ctx context.Context) (err error) {
			answer, err = w.verbs.Know(ctx, reeve.KnowRequest{ID: id})
			return err
		},
		func(err error) {
			if err != nil {
				w.outcome.fail(err)
				return
			}
			w.outcome.say(answer.Text, "")
			w.outcome.offerUndo(func() { w.forget(id, reeve.ForgetRequest{Rule: answer.Rule}) })
		})
}

func (w *window) forget(id string, q reeve.ForgetRequest) {
	var answer *reeve.Forgotten
	w.run(id, "Taking it back…",
		func(ctx context.Context) (err error) { answer, err = w.verbs.Forget(ctx, q); return err },
		func(err error) {
			if err != nil {
				w.outcome.fail(err)
				return
			}
			w.outcome.say(answer.Text, "")
		})
}

// resume lets notices come again.
func (w *window) resume() {
	var answer *reeve.Status
	w.run("", "Resuming notices…",
		func(ctx context.Context) (err error) {
			answer, err = w.verbs.Pause(ctx, reeve.PauseRequest{For: "off"})
			return err
		},
		func(err error) {
			if err != nil {
				w.outcome.fail(err)
				return
			}
			w.tell(answer)
			w.outcome.say("Notices come again.", "")
		})
}

// copyAddress puts the selected listener's address on the clipboard.
func (w *window) copyAddress() {
	r := w.model.current()
	if r == nil {
		return
	}
	w.clip.SetContent(address(&r.Listener))
	w.outcome.say("Copied "+address(&r.Listener)+".", "")
}

// outcome is the line at the foot that says what goes on, or how it went.
type outcome struct {
	w    *window
	box  *fyne.Container
	spin *widget.Activity
	text *widget.Label
	undo *widget.Button
}

func newOutcome(w *window) *outcome {
	o := &outcome{w: w, spin: widget.NewActivity(), text: widget.NewLabel(""), undo: widget.NewButton("Undo", nil)}
	o.text.Wrapping, o.text.Selectable = fyne.TextWrapWord, true
	o.spin.Hide()
	o.undo.Hide()
	o.box = container.NewBorder(nil, nil, o.spin, o.undo, o.text)
	return o
}

// say shows how something went, and what else can be done.
func (o *outcome) say(text, hint string) {
	text = clean(text, longText)
	if hint != "" {
		text += "\n" + clean(hint, longText)
	}
	o.undo.Hide()
	o.text.Importance = widget.MediumImportance
	o.text.SetText(text)
}

// fail shows an error with its hint.
func (o *outcome) fail(err error) {
	o.say(failure(err))
	o.text.Importance = widget.DangerImportance
	o.text.Refresh()
}

// offerUndo adds a button that takes back what was just said.
func (o *outcome) offerUndo(undo func()) {
	o.undo.OnTapped = undo
	o.undo.Show()
}

// update turns the sign of progress on as long as any verb runs.
func (o *outcome) update() {
	busy := false
	for _, a := range o.w.actions {
		busy = busy || a.busy
	}
	if busy == o.spin.Visible() {
		return
	}
	if busy {
		o.spin.Show()
		o.spin.Start()
	} else {
		o.spin.Stop()
		o.spin.Hide()
	}
	o.box.Refresh()
}
