package window

import (
	"context"
	"errors"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// rulesPage shows what the user has decided, as sentences, and lets that be
// changed, tried out and taken back; and beside it what was there before Portreeve
// and nobody has decided about.
type rulesPage struct {
	silent
	w       *window
	answer  *reeve.RuleList
	failed  error
	rules   []reeve.Rule // without those that are being removed
	picked  string       // a rule's id; empty for none
	learned []*row

	asking, again bool
	turned        bool
	seen          time.Time
	timer         *time.Timer

	byRule, byLook *widget.Button // which of the two lists is shown
	reviewing      bool
	list           *widget.List
	review         *widget.List
	empty          *widget.Label
	way            *widget.Button
	problem        *widget.Label
	edit           *ruleEditor
	side, both     *fyne.Container // beside the list, and the two together
	stage          *fyne.Container
}

// editWidth is that of the editor, in device-independent pixels.
const editWidth = 430

func newRulesPage(w *window) *rulesPage {
	p := &rulesPage{w: w}
	p.byRule = widget.NewButton("", func() { p.turn(false) })
	p.byLook = widget.NewButton("", func() { p.turn(true) })
	p.list = widget.NewList(func() int { return len(p.rules) },
		func() fyne.CanvasObject { return newRuleView() },
		func(i widget.ListItemID, o fyne.CanvasObject) {
			if i < len(p.rules) {
				o.(*ruleView).set(&p.rules[i], w.now())
			}
		})
	p.list.OnSelected = func(i widget.ListItemID) {
		if i < len(p.rules) {
			p.pick(p.rules[i].ID)
		}
	}
	p.review = widget.NewList(func() int { return len(p.learned) },
		func() fyne.CanvasObject { return newLearnedView(w) },
		func(i widget.ListItemID, o fyne.CanvasObject) {
			if i < len(p.learned) {
				o.(*learnedView).set(p.learned[i])
			}
		})
	p.review.OnSelected = func(i widget.ListItemID) {
		p.review.Unselect(i)
		if i < len(p.learned) {
			w.visit(p.learned[i].ID)
		}
	}
	p.empty = widget.NewLabel("")
	p.empty.Alignment, p.empty.Wrapping = fyne.TextAlignCenter, fyne.TextWrapWord
	p.way = widget.NewButton("", nil)
	p.problem = widget.NewLabel("")
	p.problem.Wrapping, p.problem.Importance = fyne.TextWrapWord, widget.WarningImportance
	p.edit = newRuleEditor(p)
	return p
}

func (p *rulesPage) content() fyne.CanvasObject {
	p.side = container.New(fixedWidth(editWidth), p.edit.box)
	p.both = container.NewBorder(nil, nil, nil, p.side, p.list)
	nothing := container.NewCenter(container.NewVBox(container.New(fixedWidth(460), p.empty), container.NewCenter(p.way)))
	p.stage = container.NewStack(p.both, p.review, nothing)
	p.draw()
	return container.NewBorder(container.NewVBox(container.NewHBox(p.byRule, p.byLook), p.problem), nil, nil, nil, p.stage)
}

func (p *rulesPage) focus() fyne.Focusable {
	if p.reviewing {
		return p.review
	}
	return p.list
}

func (p *rulesPage) shown() {
	p.turned = true
	p.ask()
}

func (p *rulesPage) hidden() {
	p.turned = false
	if p.timer != nil {
		p.timer.Stop()
	}
}

// typed leads Delete to the rule that is selected.
func (p *rulesPage) typed(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyDelete:
		p.edit.remove()
	case fyne.KeyEscape:
		p.pick("")
	default:
		if f := p.focus(); f != nil {
			f.TypedKey(ev)
		}
	}
}

// update shows the listeners that nobody has decided about, and asks for the
// rules some moments after something has changed.
func (p *rulesPage) update() {
	p.learned = p.w.model.learned()
	p.draw()
	if p.turned && p.w.model.asOf.After(p.seen) && !p.asking {
		p.seen = p.w.model.asOf
		if p.timer != nil {
			p.timer.Stop()
		}
		p.timer = time.AfterFunc(settlePause, func() {
			if p.w.ctx.Err() == nil {
				p.w.do(func() {
					if p.turned {
						p.ask()
					}
				})
			}
		})
	}
}

// ask fetches the rules. One question is under way at a time; a second one
// follows it.
func (p *rulesPage) ask() {
	if p.asking {
		p.again = true
		return
	}
	p.asking, p.again = true, false
	p.w.running.Go(func() {
		ctx, cancel := context.WithTimeout(p.w.ctx, settingsTime)
		defer cancel()
		answer, err := p.w.verbs.Rules(ctx)
		if err == nil && answer == nil {
			err = errors.New("read rules: no answer")
		}
		p.w.do(func() {
			if p.w.ctx.Err() != nil {
				return
			}
			p.asking, p.failed = false, err
			if err == nil {
				p.answer, p.rules = answer, answer.Rules
			}
			p.draw()
			if p.again && p.turned {
				p.ask()
			}
		})
	})
}

// turn shows one of the two lists.
func (p *rulesPage) turn(review bool) {
	p.reviewing = review
	p.pick("")
	p.draw()
	p.w.win.Canvas().Focus(p.focus())
}

// pick selects a rule; none closes the editor, and the list has all the width.
func (p *rulesPage) pick(id string) {
	if p.picked == id {
		return
	}
	p.picked = id
	if id == "" {
		p.list.UnselectAll()
	}
	p.draw()
}

func (p *rulesPage) current() *reeve.Rule {
	i := slices.IndexFunc(p.rules, func(r reeve.Rule) bool { return r.ID == p.picked })
	if i < 0 {
		return nil
	}
	return &p.rules[i]
}

// draw brings everything to the state.
func (p *rulesPage) draw() {
	if p.stage == nil {
		return
	}
	for _, b := range []struct {
		*widget.Button
		text   string
		chosen bool
	}{
		{p.byRule, trn("Your rules ({{.N}})", len(p.rules)), !p.reviewing},
		{p.byLook, trn("To review ({{.N}})", len(p.learned)), p.reviewing},
	} {
		importance := widget.MediumImportance
		if b.chosen {
			importance = widget.HighImportance
		}
		if b.Text != b.text || b.Importance != importance {
			b.Importance = importance
			b.SetText(b.text)
		}
	}
	problem := ""
	if p.answer != nil && p.answer.Problem != "" {
		problem = full(p.answer.Problem)
	}
	p.problem.Hidden = problem == ""
	setText(p.problem, problem)

	text, way, act := p.nothing()
	setText(p.empty, text)
	p.way.OnTapped, p.way.Hidden = act, way == ""
	if p.way.Text != way {
		p.way.SetText(way)
	}
	editing := p.current() != nil && !p.reviewing
	show := func(o fyne.CanvasObject, on bool) {
		if on != o.Visible() {
			if on {
				o.Show()
			} else {
				o.Hide()
			}
		}
	}
	show(p.side, editing) // without it the list has all the width
	show(p.both, !p.reviewing && text == "")
	show(p.review, p.reviewing && text == "")
	// What is hidden can't be given the keys at the turn.
	if c := p.w.win.Canvas(); p.turned && text == "" && c.Focused() == nil && p.w.question == nil {
		c.Focus(p.focus())
	}
	p.edit.set(p.current())
	if i := slices.IndexFunc(p.rules, func(r reeve.Rule) bool { return r.ID == p.picked }); i >= 0 {
		p.list.Select(i)
	}
	p.list.Refresh()
	p.review.Refresh()
	p.stage.Refresh()
}

// nothing says why a list is empty, and names a way on with what it does.
func (p *rulesPage) nothing() (text, way string, act func()) {
	switch {
	case p.reviewing && len(p.learned) > 0, !p.reviewing && len(p.rules) > 0:
		return "", "", nil
	case p.reviewing:
		return tr("Nothing is left to review: you have decided about all that was here before Portreeve."), tr("Your rules"), func() { p.turn(false) }
	case p.failed != nil && p.answer == nil:
		text, hint := failure(p.failed)
		return joinLines(text, hint), tr("Try again"), p.ask
	case p.answer == nil:
		return tr("Reading the rules…"), "", nil
	}
	return tr("There are no rules yet. “I know this”, on a listener or in a notice, makes one."), tr("Go to the listeners"),
		func() { p.w.shell.turn(reeve.PageListeners) }
}

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

// spaced is a column with the room that parts of a page have between them.
func spaced(all ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(4), all...)
}
