package window

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2/container"

	"portreeve/monitor/reeve"
)

// passwordTime bounds a stop for which the system asks for a password: somebody
// has to find it first.
const passwordTime = 3 * time.Minute

// The most characters that an offer's label and its command take.
const (
	labelText   = 48
	commandText = 300
)

// step is one request on the way to a stop, as it is told to the user.
type step struct {
	label string // what the button said: "Stop shop.service"
	ends  string // what it ends, where the label says "Stop" and that
	where string // the address that all this is about
	from  string // the listener that was chosen when the button was pressed
}

// doing says that the step is under way.
func (s step) doing() string {
	if s.ends != "" {
		return tr("Stopping {{.Program}} on {{.Address}}…", "Program", s.ends, "Address", s.where)
	}
	return tr("{{.What}} on {{.Address}}…", "What", s.label, "Address", s.where)
}

// stoppable gives the request that the Stop button stands for: the selected
// listener and its topmost owner, as they are on the screen. Without an owner it
// is the resident that knows what can be stopped there, if anything. ok is false
// where there is nothing to stop.
func (w *window) stoppable() (q reeve.StopRequest, ok bool) {
	r := w.model.current()
	if r == nil || r.ended {
		return q, false
	}
	q.ID = r.ID
	if len(r.Owners) > 0 {
		q.Owner = r.Owners[0].ID
	}
	return q, !w.busy(r.ID)
}

// stop does what the Stop button says.
func (w *window) stop() {
	q, ok := w.stoppable()
	if !ok || w.question != nil {
		return
	}
	l := &w.model.current().Listener
	w.send(q, step{label: tr("Stop {{.Program}}", "Program", program(l)), ends: program(l), where: address(l), from: q.ID})
}

// forceStop asks first, and then does not let the program end by itself.
func (w *window) forceStop() {
	q, ok := w.stoppable()
	if !ok || w.question != nil {
		return
	}
	l := &w.model.current().Listener
	s := step{label: tr("Force stop {{.Program}}", "Program", program(l)), where: address(l), from: q.ID}
	q.Force = true
	w.ask(s.label+"?", sentence(tr("{{.Program}} gets no chance to save its work or to tidy up. Stop asks it to end by itself.", "Program", program(l))),
		[]choice{{label: tr("Force stop"), loss: true, act: func() { w.send(q, s) }}}, tr("Cancel"))
}

// send asks for a stop and tells how it went, with the ways on that the answer
// offers: each is a complete request, and goes the same way.
func (w *window) send(q reeve.StopRequest, s step) {
	j := job{id: q.ID, doing: s.doing(), stops: true}
	if q.Elevate {
		j.within = passwordTime
	}
	var answer *reeve.Stopped
	w.run(j,
		func(ctx context.Context) (err error) { answer, err = w.verbs.Stop(ctx, q); return err },
		func(err error) {
			if err != nil {
				w.refused(err, s)
				return
			}
			w.outcome.say(answer.Text, answer.Hint)
			w.outcome.offer(w.choices(answer.Offers, "", s)...)
		})
}

// refused tells why nothing was stopped. Where there are ways on it asks which,
// or leaves them as buttons at the foot while the user is at something else.
func (w *window) refused(err error, s step) {
	w.outcome.fail(err)
	var no *reeve.Error
	if !errors.As(err, &no) || len(no.Offers) == 0 {
		return
	}
	ways := w.choices(no.Offers, no.Code, s)
	if w.occupied(s.from) {
		w.outcome.offer(ways...)
		return
	}
	where := newLine(plain())
	where.set(s.where, faint())
	content := container.NewVBox(where, sentence(begun(full(no.Message))))
	// A command that stands below its button need not be said twice.
	said := slices.ContainsFunc(no.Offers, func(o reeve.Offer) bool {
		return o.Command != "" && strings.Contains(no.Hint, o.Command)
	})
	if no.Hint != "" && !said {
		content.Add(sentence(capital(full(no.Hint))))
	}
	w.ask(clean(s.label, labelText)+"?", content, ways, tr("Cancel"))
}

// choices makes buttons of offers. Those of a refusal that told what would be
// lost, and forced stops, lose something.
func (w *window) choices(offers []reeve.Offer, code string, s step) []choice {
	var all []choice
	for _, o := range offers {
		next := step{label: clean(o.Label, labelText), where: s.where}
		next.ends, _ = strings.CutPrefix(next.label, "Stop ") // as the resident words it
		if next.ends == next.label {
			next.ends = ""
		}
		all = append(all, choice{
			label: next.label, command: clean(o.Command, commandText),
			loss: code == reeve.CodeConfirm || o.Request.Force,
			act: func() {
				next.from = w.model.selected
				w.send(o.Request, next)
			},
		})
	}
	return all
}
