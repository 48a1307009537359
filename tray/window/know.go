package window

import (
	"context"
	"errors"
	"slices"
	"time"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// choicesTime bounds the question which rules a listener could get.
const choicesTime = 5 * time.Second

// know asks which rule is meant and makes it from the selected listener, or
// takes back what covers it when it is known.
func (w *window) know() {
	r := w.model.current()
	if r == nil || r.ended || w.question != nil {
		return
	}
	if r.Verdict == verdictKnown {
		w.forget(r.ID, reeve.ForgetRequest{Listener: r.ID})
		return
	}
	l := &r.Listener
	var answer *reeve.Choices
	w.run(job{id: l.ID, doing: tr("Looking which rules are possible…"), within: choicesTime},
		func(ctx context.Context) (err error) {
			answer, err = w.verbs.Choices(ctx, reeve.KnowRequest{ID: l.ID})
			return err
		},
		func(err error) {
			var no *reeve.Error
			switch {
			case errors.As(err, &no) && no.Code != reeve.CodeFailed:
				w.outcome.fail(err)
			case err != nil || len(answer.Choices) == 0:
				// No choice can be given: the resident's own is the one that is meant.
				w.sendKnow(l, reeve.KnowRequest{ID: l.ID})
			case w.occupied(l.ID):
				w.outcome.say(tr("{{.Program}} can be made known.", "Program", program(l)), "")
				w.outcome.offer(choice{label: tr("I know this…"), act: func() { w.askKnow(l, answer.Choices) }})
			default:
				w.outcome.say("", "")
				w.askKnow(l, answer.Choices)
			}
		})
}

// lasting says how long a rule lasts.
func lasting(how string) string {
	switch how {
	case reeve.LastsForGood:
		return tr("for good")
	case reeve.LastsRestart:
		return tr("until the computer restarts")
	case reeve.LastsProcess:
		return tr("as long as this program runs")
	}
	return clean(how, shortText)
}

// askKnow shows the rules that a listener could get, the suggested one chosen,
// each with what it means and what it would have silenced.
func (w *window) askKnow(l *reeve.Listener, all []reeve.Choice) {
	var labels []string
	at := 0
	for i, c := range all {
		labels = append(labels, clean(c.Label, longText))
		if c.Suggested {
			at = i
		}
	}
	means, tested := sentence(""), sentence("")
	tested.Importance = widget.LowImportance
	how := widget.NewSelect(nil, nil)
	show := func() {
		c := &all[at]
		means.SetText(full(c.Text))
		tested.SetText(backTest(c))
		var ways []string
		for _, one := range c.Lasting {
			ways = append(ways, lasting(one))
		}
		how.SetOptions(ways)
		if len(ways) > 0 {
			how.SetSelectedIndex(0)
		}
	}
	which := widget.NewRadioGroup(labels, func(label string) {
		if i := slices.Index(labels, label); i >= 0 {
			at = i
			show()
		}
	})
	which.Required = true
	which.SetSelected(labels[at])
	show()
	content := container.NewVBox(which, means, tested,
		container.NewBorder(nil, nil, widget.NewLabel(tr("It lasts")), nil, how))
	w.ask(tr("You know {{.Program}}. What may it do?", "Program", program(l)), content,
		[]choice{{label: tr("I know this"), act: func() {
			q := reeve.KnowRequest{ID: l.ID, Choice: all[at].Key}
			if i := how.SelectedIndex(); i >= 0 {
				q.Lasting = all[at].Lasting[i]
			}
			w.sendKnow(l, q)
		}}}, tr("Cancel"))
}

// backTest says what a rule would have silenced.
func backTest(c *reeve.Choice) string {
	if c.Of == 0 {
		return tr("Nothing is recorded yet that it could have silenced.")
	}
	return trn("It would have silenced {{.Silenced}} of your last {{.N}} notices.", c.Of, "Silenced", c.Silenced)
}

// sendKnow makes a rule, and offers to take it back.
func (w *window) sendKnow(l *reeve.Listener, q reeve.KnowRequest) {
	var answer *reeve.Known
	w.run(job{id: l.ID, doing: tr("Noting {{.Program}} as known…", "Program", program(l))},
		func(ctx context.Context) (err error) {
			answer, err = w.verbs.Know(ctx, q)
			return err
		},
		func(err error) {
			if err != nil {
				w.outcome.fail(err)
				return
			}
			w.outcome.say(answer.Text, "")
			w.outcome.offer(choice{label: tr("Undo"), act: func() { w.forget(l.ID, reeve.ForgetRequest{Rule: answer.Rule}) }})
		})
}
