package window

import (
	"cmp"
	"context"
	"time"

	"fyne.io/fyne/v2"

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

func (w *window) forget(id string, q reeve.ForgetRequest) {
	var answer *reeve.Forgotten
	w.run(job{id: id, doing: tr("Taking it back…")},
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
	w.run(job{doing: tr("Resuming notices…")},
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
			w.outcome.say(tr("Notices come again."), "")
		})
}

// copyText puts a text on the clipboard, and says so.
func (w *window) copyText(text string) {
	w.clip.SetContent(text)
	w.outcome.say(tr("Copied {{.Text}}", "Text", clean(text, shortText)), "")
}

// copyAddress puts the selected listener's address on the clipboard.
func (w *window) copyAddress() {
	if r := w.model.current(); r != nil {
		w.copyText(address(&r.Listener))
	}
}

// copies opens the menu of what can be copied of the selected listener.
func (w *window) copies() {
	r := w.model.current()
	if r == nil {
		return
	}
	items := []*fyne.MenuItem{fyne.NewMenuItem(tr("Copy address"), w.copyAddress)}
	if len(r.Owners) > 0 && len(r.Owners[0].Cmdline) > 0 {
		items = append(items, fyne.NewMenuItem(tr("Copy command"), func() { w.copyText(commandLine(r.Owners[0].Cmdline)) }))
	}
	if u, ok := link(&r.Listener); ok {
		items = append(items, fyne.NewMenuItem(tr("Copy as curl"), func() { w.copyText("curl -i " + u.String()) }))
	}
	w.menu(w.listeners.details.copy, items...)
}

// browse opens the selected listener in the browser.
func (w *window) browse() {
	r := w.model.current()
	if r == nil || r.ended {
		return
	}
	u, ok := link(&r.Listener)
	if !ok {
		return
	}
	if err := fyne.CurrentApp().OpenURL(u); err != nil {
		w.outcome.fail(err)
		return
	}
	w.outcome.say(tr("Opening {{.Link}}", "Link", u.String()), "")
}
