package window

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// ruleJob is the key under which one rule's change is under way.
const ruleJob = "rule:"

// tryPause is how long nothing is typed before a rule is tried out.
const tryPause = 300 * time.Millisecond

// ruleEditor is the right side of the rules: the chosen one in full, what of it can
// be changed, and what it would have done.
type ruleEditor struct {
	p       *rulesPage
	box     fyne.CanvasObject
	column  *fyne.Container
	text    *widget.Label
	facts   *widget.Label
	ports   *settingEntry
	scope   *widget.Select
	lasting *widget.Select
	wrong   *widget.Label
	tried   *widget.Label
	cases   *fyne.Container
	keep    *widget.Button
	gone    *widget.Button
	close   *widget.Button

	rule  *reeve.Rule // as it is shown; a copy
	lasts []option
	test  int // numbers the tries: an old answer is thrown away
	timer *time.Timer
}

func newRuleEditor(p *rulesPage) *ruleEditor {
	e := &ruleEditor{p: p, text: widget.NewLabel(""), facts: widget.NewLabel(""), wrong: widget.NewLabel(""),
		tried: widget.NewLabel(""), cases: container.New(tight{}), ports: newSettingEntry(p.w)}
	e.text.Wrapping, e.text.Selectable, e.text.SizeName = fyne.TextWrapWord, true, theme.SizeNameSubHeadingText
	e.facts.Wrapping, e.facts.SizeName, e.facts.Importance = fyne.TextWrapWord, theme.SizeNameCaptionText, widget.LowImportance
	e.wrong.Wrapping, e.wrong.SizeName, e.wrong.Importance = fyne.TextWrapWord, theme.SizeNameCaptionText, widget.DangerImportance
	e.wrong.Hide()
	e.tried.Wrapping = fyne.TextWrapWord
	e.ports.OnChanged = func(string) { e.edited() }
	e.ports.done = func() {}
	var scopes []string
	for _, o := range scopeOptions() {
		scopes = append(scopes, o.label)
	}
	e.scope = widget.NewSelect(scopes, func(string) { e.edited() })
	e.lasting = widget.NewSelect(nil, func(string) { e.edited() })
	e.keep = widget.NewButton(tr("Save"), e.save)
	e.keep.Importance = widget.HighImportance
	e.gone = widget.NewButton(tr("Remove"), e.remove)
	e.close = widget.NewButtonWithIcon("", theme.CancelIcon(), func() { p.pick("") })
	e.close.Importance = widget.LowImportance
	caption := func(text string) fyne.CanvasObject {
		l := newLine(faint())
		l.set(text, faint())
		return l
	}
	form := container.New(layout.NewFormLayout(),
		fixed(caption(tr("Ports")), captionWidth), container.NewVBox(e.ports, e.wrong),
		fixed(caption(tr("Reach")), captionWidth), newRim(e.scope),
		fixed(caption(tr("Lasts")), captionWidth), newRim(e.lasting))
	hint := widget.NewLabel(tr("Ports: 8080, 3000-3999, “ephemeral” for those that the system gives out, or “any”."))
	hint.Wrapping, hint.SizeName, hint.Importance = fyne.TextWrapWord, theme.SizeNameCaptionText, widget.LowImportance
	head := container.NewBorder(nil, nil, nil, container.NewVBox(e.close), e.text)
	e.column = spaced(head, e.facts, form, hint, container.NewHBox(e.keep, e.gone), widget.NewSeparator(), e.tried, e.cases)
	e.box = container.New(layout.NewCustomPaddedLayout(0, 0, 8, 0), container.NewVScroll(e.column))
	return e
}

// fixed gives an object a width.
func fixed(o fyne.CanvasObject, width float32) fyne.CanvasObject {
	return container.New(fixedWidth(width), o)
}

// set shows a rule; nil none. What the user has altered in it stays, unless the
// rule itself is another now.
func (e *ruleEditor) set(r *reeve.Rule) {
	if r == nil {
		e.rule = nil
		return
	}
	setText(e.text, full(r.Text))
	setText(e.facts, ruleFacts(r, e.p.w.now()))
	busy := e.p.w.busy(ruleJob + r.ID)
	same := e.rule != nil && e.rule.ID == r.ID && e.rule.Ports == r.Ports && e.rule.Scope == r.Scope && e.rule.Lasting == r.Lasting
	if !same {
		copied := *r
		e.rule = nil // no callback below is an edit
		e.ports.tell(portsWord(r.Ports))
		selectValue(e.scope, scopeOptions(), r.Scope)
		e.lasts = lastingOptions(r.Lasting)
		var labels []string
		for _, o := range e.lasts {
			labels = append(labels, o.label)
		}
		e.lasting.SetOptions(labels)
		selectValue(e.lasting, e.lasts, r.Lasting)
		e.rule = &copied
		e.fail("")
		setText(e.tried, "")
		e.cases.RemoveAll()
		e.try(0)
	}
	_, changed, err := e.request()
	enable(e.keep, changed && err == nil && !busy)
	enable(e.gone, !busy)
}

func selectValue(box *widget.Select, options []option, value string) {
	if i := slices.IndexFunc(options, func(o option) bool { return o.value == value }); i >= 0 {
		box.SetSelectedIndex(i)
		return
	}
	box.ClearSelected()
}

// request is the change as the fields say it; changed tells whether it is one.
func (e *ruleEditor) request() (q reeve.RuleRequest, changed bool, err error) {
	if e.rule == nil {
		return q, false, nil
	}
	q.ID = e.rule.ID
	q.Ports = e.rule.Ports
	if e.ports.Text != portsWord(e.rule.Ports) {
		if q.Ports, err = ports(e.ports.Text); err != nil {
			return q, true, err
		}
	}
	q.Scope, q.Lasting = e.rule.Scope, e.rule.Lasting
	if i := e.scope.SelectedIndex(); i >= 0 {
		q.Scope = scopeOptions()[i].value
	}
	if i := e.lasting.SelectedIndex(); i >= 0 && i < len(e.lasts) {
		q.Lasting = e.lasts[i].value
	}
	return q, q.Ports != e.rule.Ports || q.Scope != e.rule.Scope || q.Lasting != e.rule.Lasting, nil
}

// edited says what is wrong, and tries the rule out once nothing more is typed.
func (e *ruleEditor) edited() {
	if e.rule == nil {
		return
	}
	_, changed, err := e.request()
	e.fail(wrongWords(err))
	enable(e.keep, changed && err == nil && !e.p.w.busy(ruleJob+e.rule.ID))
	if err == nil {
		e.try(tryPause)
	}
}

func (e *ruleEditor) fail(text string) {
	e.wrong.Hidden = text == ""
	setText(e.wrong, text)
	e.wrong.Refresh()
}

// try asks, after a pause, what the rule as it stands in the fields would have
// silenced.
func (e *ruleEditor) try(pause time.Duration) {
	e.test++
	number := e.test
	if e.timer != nil {
		e.timer.Stop()
	}
	e.timer = time.AfterFunc(pause, func() {
		if e.p.w.ctx.Err() != nil {
			return
		}
		e.p.w.do(func() {
			q, _, err := e.request()
			if number != e.test || err != nil || q.ID == "" || e.p.w.ctx.Err() != nil {
				return
			}
			e.p.w.running.Go(func() {
				ctx, cancel := context.WithTimeout(e.p.w.ctx, historyTime)
				defer cancel()
				answer, err := e.p.w.verbs.TestRule(ctx, q)
				e.p.w.do(func() {
					if number == e.test && e.p.w.ctx.Err() == nil {
						e.tell(answer, err)
					}
				})
			})
		})
	})
}

// tell shows what a rule would have done.
func (e *ruleEditor) tell(answer *reeve.RuleTest, err error) {
	defer e.column.Refresh() // texts that wrap have another height
	e.cases.RemoveAll()
	if err != nil || answer == nil {
		setText(e.tried, tr("What it would have silenced can't be told at the moment."))
		return
	}
	setText(e.tried, clean(answer.Text, longText))
	const most = 8
	for i := range answer.Examples {
		if i == most {
			break
		}
		s := &answer.Examples[i]
		at := ""
		if t, err := time.Parse(time.RFC3339, s.Opened); err == nil {
			at = latelyAt(t, e.p.w.now())
		}
		l := newLine(faint())
		l.set(joinDots([]string{at, spellAddress(s), under(asListener(s))}), faint())
		e.cases.Add(l)
	}
}

// save changes the rule.
func (e *ruleEditor) save() {
	q, changed, err := e.request()
	if !changed || err != nil {
		return
	}
	old := *e.rule
	e.change(q, func(r *reeve.Rule) {
		e.p.w.outcome.say(tr("Saved: {{.Rule}}", "Rule", full(r.Text)), "")
		e.p.w.outcome.offer(choice{label: tr("Undo"), act: func() {
			e.change(reeve.RuleRequest{ID: r.ID, Ports: old.Ports, Scope: old.Scope, Lasting: old.Lasting}, func(r *reeve.Rule) {
				e.p.w.outcome.say(tr("As before: {{.Rule}}", "Rule", full(r.Text)), "")
			})
		}})
	})
}

// change sends a change, and shows its outcome.
func (e *ruleEditor) change(q reeve.RuleRequest, done func(*reeve.Rule)) {
	p := e.p
	var answer *reeve.Rule
	p.w.run(job{id: ruleJob + q.ID, doing: tr("Saving the rule…")},
		func(ctx context.Context) (err error) { answer, err = p.w.verbs.ChangeRule(ctx, q); return err },
		func(err error) {
			if err != nil {
				p.w.outcome.fail(err)
				return
			}
			done(answer)
			p.ask()
		})
}

// remove takes the chosen rule back. Until the resident ends it can be brought
// back by its id.
func (e *ruleEditor) remove() {
	if e.rule == nil {
		return
	}
	p, r := e.p, *e.rule
	var answer *reeve.Forgotten
	p.w.run(job{id: ruleJob + r.ID, doing: tr("Removing the rule…")},
		func(ctx context.Context) (err error) {
			answer, err = p.w.verbs.Forget(ctx, reeve.ForgetRequest{Rule: r.ID})
			return err
		},
		func(err error) {
			if err != nil {
				p.w.outcome.fail(err)
				return
			}
			p.rules = slices.DeleteFunc(slices.Clone(p.rules), func(o reeve.Rule) bool { return o.ID == r.ID })
			p.pick("")
			p.w.win.Canvas().Focus(p.list)
			p.w.outcome.say(answer.Text, "")
			p.w.outcome.offer(choice{label: tr("Undo"), act: func() {
				e.change(reeve.RuleRequest{ID: r.ID}, func(r *reeve.Rule) {
					p.w.outcome.say(tr("Back again: {{.Rule}}", "Rule", full(r.Text)), "")
				})
			}})
			p.ask()
		})
}
