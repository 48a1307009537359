package window

// The rows of the lists: a rule, and a listener that was there before Portreeve,
// with what deciding about it does.

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// ruleView is one rule in the list.
type ruleView struct {
	widget.BaseWidget
	text, facts line
}

func newRuleView() *ruleView {
	v := &ruleView{text: newLine(plain()), facts: newLine(faint())}
	v.ExtendBaseWidget(v)
	return v
}

func (v *ruleView) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.New(pair{}, v.text, v.facts))
}

func (v *ruleView) set(r *reeve.Rule, now time.Time) {
	v.text.set(clean(r.Text, longText), plain())
	v.facts.set(ruleFacts(r, now), faint())
}

// learnedView is one listener of the baseline, with the two ways to decide.
type learnedView struct {
	widget.BaseWidget
	w              *window
	id             string
	name, about    line
	where, reach   line
	know, question *widget.Button
	state          line // what was decided, in the buttons' place
	reason         bool // it stands under a heading that says why: the reason alone is enough
}

// whereWidth is that of the address, in device-independent pixels.
const whereWidth = 196

func newLearnedView(w *window) *learnedView {
	v := &learnedView{w: w, name: newLine(strong()), about: newLine(faint()), where: newLine(plain()), reach: newLine(faint())}
	v.know = widget.NewButton(tr("I know this"), func() { w.decide(v.id, true) })
	v.question = widget.NewButton(tr("Question it"), func() { w.decide(v.id, false) })
	v.state = newLine(plain())
	v.state.Truncation = fyne.TextTruncateOff
	v.state.Hide()
	v.ExtendBaseWidget(v)
	return v
}

func (v *learnedView) CreateRenderer() fyne.WidgetRenderer {
	buttons := container.NewCenter(container.NewHBox(v.know, v.question, v.state))
	return widget.NewSimpleRenderer(container.NewBorder(nil, nil, container.New(fixedWidth(whereWidth), container.New(pair{}, v.where, v.reach)),
		buttons, container.New(pair{}, v.name, v.about)))
}

func (v *learnedView) set(r *row) {
	v.id = r.ID
	l := &r.Listener
	v.where.set(shortAddress(l), plain())
	v.reach.set(within(l), faint())
	v.name.set(program(l), strong())
	about := faint()
	if l.Look != "" {
		about.ColorName = theme.ColorNameWarning
	}
	if v.reason && l.Look != "" {
		v.name.set(joinDots([]string{program(l), clean(l.Place, longText)}), strong())
		v.about.set(capital(clean(l.Look, longText)), about)
	} else {
		v.about.set(under(l), about)
	}
	enable(v.know, !v.w.busy(r.ID))
	enable(v.question, !v.w.busy(r.ID))
	switch {
	case r.ended:
		v.decided(verdict{"–", tr("Ended")})
	case l.Verdict != verdictBaseline:
		v.decided(verdictOf(l))
	default:
		v.state.Hide()
		v.know.Show()
		v.question.Show()
	}
}

// end says that the listener has gone.
func (v *learnedView) end() { v.decided(verdict{"–", tr("Ended")}) }

// decided puts what became of a listener in the buttons' place.
func (v *learnedView) decided(now verdict) {
	v.know.Hide()
	v.question.Hide()
	v.state.set(now.String(), plain())
	v.state.Show()
}

// decide notes a listener of the baseline as known, or takes it out of the
// baseline, so that it is new until somebody decides.
func (w *window) decide(id string, known bool) {
	r := w.model.rows[id]
	if r == nil {
		return
	}
	name := program(&r.Listener)
	if !known {
		w.forget(id, reeve.ForgetRequest{Listener: id})
		return
	}
	var answer *reeve.Known
	w.run(job{id: id, doing: tr("Noting {{.Program}} as known…", "Program", name)},
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
			w.outcome.offer(choice{label: tr("Undo"), act: func() { w.forget(id, reeve.ForgetRequest{Rule: answer.Rule}) }})
		})
}
