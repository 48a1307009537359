package window

import (
	"context"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// explainTime bounds the answer to a question about an address: the resident
// may try to connect, and waits for that.
const explainTime = 15 * time.Second

// explainJob stands for a listener's id in the jobs: one question at a time.
const explainJob = "explain"

// mostSuggested bounds the listeners that an empty page suggests.
const mostSuggested = 4

// explainPage asks for an address and shows what the resident says about it.
type explainPage struct {
	silent
	w       *window
	entry   *explainEntry
	ask     *action
	intro   *fyne.Container // until something is asked
	suggest *fyne.Container
	what    *widget.Label // what was understood
	list    *action
	tell    *action
	spin    *widget.Activity
	answer  *reading
	result  *fyne.Container
	box     fyne.CanvasObject
	said    *reeve.Explanation
	failed  bool
}

func newExplainPage(w *window) *explainPage {
	p := &explainPage{w: w, answer: newReading(), what: widget.NewLabel(""), spin: widget.NewActivity()}
	p.entry = &explainEntry{textField: textField{w: w}, back: func() { w.shell.turn(reeve.PageListeners) }}
	p.entry.ExtendBaseWidget(p.entry)
	p.entry.SetPlaceHolder(tr("127.0.0.1:62893, a link, a port, or a line of a log"))
	p.entry.OnSubmitted = func(string) { p.submit() }
	back := func() { w.win.Canvas().Focus(p.entry) }
	p.ask = newAction(tr("Explain"), p.submit, back)
	p.ask.Importance = widget.HighImportance
	p.list = newAction(tr("Show in the list"), p.visit, back)
	p.tell = newAction("", p.await, back)
	p.what.SizeName, p.what.TextStyle.Bold, p.what.Selectable = theme.SizeNameHeadingText, true, true
	p.what.Truncation = fyne.TextTruncateEllipsis
	p.spin.Hide()

	question := widget.NewLabel(tr("What is that address?"))
	question.SizeName, question.TextStyle.Bold = theme.SizeNameHeadingText, true
	lead := widget.NewLabel(tr("Type or paste what you found: Portreeve says what it means, who is there, and whether it answers. To find out it connects there itself, and only to this computer."))
	lead.Wrapping, lead.Importance = fyne.TextWrapWord, widget.LowImportance
	p.suggest = container.NewHBox()
	p.intro = container.NewVBox(p.suggest)
	p.result = container.NewBorder(
		container.NewVBox(container.NewBorder(nil, nil, nil, container.NewHBox(p.list, p.tell), p.what), widget.NewSeparator()),
		nil, nil, nil, p.answer.scroll)
	p.result.Hide()
	p.box = container.New(readable(760), container.NewBorder(
		container.NewVBox(question, lead, container.NewBorder(nil, nil, nil, container.NewHBox(p.spin, p.ask), p.entry), p.intro),
		nil, nil, nil, p.result))
	return p
}

func (p *explainPage) content() fyne.CanvasObject { return p.box }
func (p *explainPage) focus() fyne.Focusable      { return p.entry }
func (p *explainPage) shown()                     { p.suggestNew() }

// suggestNew offers what is new, as long as nothing was asked.
func (p *explainPage) suggestNew() {
	p.suggest.RemoveAll()
	for _, r := range p.w.model.order {
		if len(p.suggest.Objects) == mostSuggested {
			break
		}
		if r.Verdict == verdictNew && !r.ended {
			where := address(&r.Listener)
			p.suggest.Add(newAction(where, func() { p.about(where) }, func() { p.w.win.Canvas().Focus(p.entry) }))
		}
	}
	if len(p.suggest.Objects) > 0 {
		label := widget.NewLabel(tr("New here:"))
		p.suggest.Objects = append([]fyne.CanvasObject{label}, p.suggest.Objects...)
	}
	p.suggest.Add(layout.NewSpacer())
}

// update turns the sign of progress on and off.
func (p *explainPage) update() {
	busy := p.w.busy(explainJob)
	enable(p.ask, !busy)
	if busy != p.spin.Visible() {
		if busy {
			p.spin.Show()
			p.spin.Start()
		} else {
			p.spin.Stop()
			p.spin.Hide()
		}
		p.box.Refresh()
	}
	enable(p.list, p.said != nil && p.said.Listener != nil && p.w.model.rows[p.said.Listener.ID] != nil)
}

// about asks about a text.
func (p *explainPage) about(text string) {
	p.entry.SetText(text)
	p.entry.CursorColumn = len([]rune(text))
	p.entry.Refresh()
	p.submit()
}

// submit sends what stands in the entry.
func (p *explainPage) submit() {
	text := strings.TrimSpace(p.entry.Text)
	if text == "" {
		return
	}
	var answer *reeve.Explanation
	p.w.run(job{id: explainJob, doing: tr("Looking at {{.Address}}…", "Address", clean(text, shortText)), within: explainTime},
		func(ctx context.Context) (err error) {
			answer, err = p.w.verbs.Explain(ctx, reeve.ExplainRequest{Text: text, Probe: true})
			return err
		},
		func(err error) {
			if err != nil {
				p.w.outcome.fail(err)
				return
			}
			p.w.outcome.say("", "")
			p.show(answer)
		})
}

// show shows an answer.
func (p *explainPage) show(e *reeve.Explanation) {
	p.said = e
	p.what.SetText(clean(e.Address, shortText))
	p.answer.set(explained(e, p.w.now()))
	p.answer.scroll.ScrollToTop()
	hide(p.list, e.Listener == nil)
	port, ok := awaitable(e)
	hide(p.tell, !ok)
	p.tell.SetText(tr("Tell me when {{.Port}} is used", "Port", strconv.Itoa(int(port))))
	p.intro.Hide()
	p.result.Show()
	p.result.Refresh()
	p.box.Refresh()
}

// visit turns to the listener that the answer is about.
func (p *explainPage) visit() {
	if p.said != nil && p.said.Listener != nil {
		p.w.visit(p.said.Listener.ID)
	}
}

// awaitable is the port of an answer about which nobody listens, where that can
// be waited for.
func awaitable(e *reeve.Explanation) (port uint16, ok bool) {
	at := strings.LastIndexAny(e.Address, ": ")
	n, err := strconv.ParseUint(e.Address[at+1:], 10, 16)
	return uint16(n), e.CanAwait && err == nil && n > 0
}

// await asks for a notice as soon as somebody listens there.
func (p *explainPage) await() {
	port, ok := awaitable(p.said)
	if !ok {
		return
	}
	var answer *reeve.Awaited
	p.w.run(job{id: explainJob, doing: tr("Asking for a notice…")},
		func(ctx context.Context) (err error) {
			answer, err = p.w.verbs.Await(ctx, reeve.AwaitRequest{Port: port})
			return err
		},
		func(err error) {
			if err != nil {
				p.w.outcome.fail(err)
				return
			}
			p.w.outcome.say(answer.Text, "")
			p.w.outcome.offer(choice{label: tr("Undo"), act: func() { p.awaitNot(port) }})
		})
}

// awaitNot takes the wish back.
func (p *explainPage) awaitNot(port uint16) {
	var answer *reeve.Awaited
	p.w.run(job{id: explainJob, doing: tr("Taking it back…")},
		func(ctx context.Context) (err error) {
			answer, err = p.w.verbs.Await(ctx, reeve.AwaitRequest{Port: port, Off: true})
			return err
		},
		func(err error) {
			if err != nil {
				p.w.outcome.fail(err)
				return
			}
			p.w.outcome.say(answer.Text, "")
		})
}

// explain turns to the page with a question already asked.
func (w *window) explain(text string) {
	w.shell.turn(reeve.PageExplain)
	if p, is := w.shell.page().(*explainPage); is {
		p.about(text)
	}
}

// explainEntry is where an address is typed. Esc clears it, then goes back.
type explainEntry struct {
	textField
	back func()
}

// TypedKey adds to an entry's keys.
func (e *explainEntry) TypedKey(ev *fyne.KeyEvent) {
	if ev.Name != fyne.KeyEscape {
		e.Entry.TypedKey(ev)
		return
	}
	if e.Text != "" {
		e.SetText("")
		return
	}
	e.back()
}

func hide(o fyne.CanvasObject, hidden bool) {
	if hidden {
		o.Hide()
	} else {
		o.Show()
	}
}

// readable keeps a page that is read no wider than its lines are readable, at the
// left.
type readable float32

func (c readable) Layout(all []fyne.CanvasObject, size fyne.Size) {
	for _, o := range all {
		o.Move(fyne.NewPos(0, 0))
		o.Resize(fyne.NewSize(min(size.Width, float32(c)), size.Height))
	}
}

func (c readable) MinSize(all []fyne.CanvasObject) fyne.Size { return all[0].MinSize() }
