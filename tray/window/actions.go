package window

import (
	"cmp"
	"context"
	"time"

	"portreeve/monitor/reeve"
)

// verbTime bounds a verb, so that a resident that hangs gives the buttons back.
// A stop takes up to 20 s by itself: the look for supervisors and clients, then
// the process and the port are waited for.
const verbTime = 40 * time.Second

// job is a verb that is to be carried out.
type job struct {
	id     string        // the listener that it is about; empty for none
	doing  string        // what is shown meanwhile
	stops  bool          // the listener's row says that it is being stopped
	within time.Duration // the most that it may take; 0 stands for verbTime
}

// run carries a verb out in a goroutine of its own; done runs on Fyne's
// goroutine afterwards. A second verb for a listener that has one under way is
// refused, by the buttons too, which are off as long.
func (w *window) run(j job, verb func(context.Context) error, done func(error)) {
	if w.busy(j.id) {
		return
	}
	w.jobs[j.id] = j
	w.outcome.say(j.doing, "")
	w.refresh()
	within := cmp.Or(j.within, verbTime)
	w.running.Go(func() {
		ctx, cancel := context.WithTimeout(w.ctx, within)
		defer cancel()
		err := verb(ctx)
		w.do(func() {
			if w.ctx.Err() != nil {
				return
			}
			delete(w.jobs, j.id)
			done(err)
			w.refresh()
		})
	})
}

// busy tells whether a verb is under way for a listener.
func (w *window) busy(id string) bool {
	_, is := w.jobs[id]
	return is
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
	w.run(job{id: id, doing: "Noting " + program(&r.Listener) + " as known…"},
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
			w.outcome.offer(choice{label: "Undo", act: func() { w.forget(id, reeve.ForgetRequest{Rule: answer.Rule}) }})
		})
}

func (w *window) forget(id string, q reeve.ForgetRequest) {
	var answer *reeve.Forgotten
	w.run(job{id: id, doing: "Taking it back…"},
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
	w.run(job{doing: "Resuming notices…"},
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
