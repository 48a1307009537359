package window

import (
	"context"
	"errors"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
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

// spaced is a column with the room that parts of a page have between them.
func spaced(all ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(4), all...)
}
