package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// choice is a button that leads on.
type choice struct {
	label   string // cleaned
	command string // how a person would type it, cleaned; may be empty
	loss    bool   // something would be lost: Enter does not press it
	act     func()
}

// question is a dialog with answers. One is open at a time, and the list behind
// it stays live. Esc declines. Enter presses the button that has the keys unless
// that loses something; Space and the pointer press any. The keys are first with
// the first answer where it loses nothing, else with the one that declines.
type question struct {
	w       *window
	dialog  *dialog.CustomDialog
	answers []*answer
	decline *answer
}

// askWidth is how wide a question is, in device-independent pixels; a long label
// of a button makes it wider.
const askWidth = 500

// ask opens a question; decline labels the answer that does nothing. Where one
// is open already it does nothing: the caller looks at occupied first.
func (w *window) ask(title string, content fyne.CanvasObject, choices []choice, decline string) {
	if w.question != nil {
		return
	}
	q := &question{w: w}
	body := container.NewVBox(content)
	for _, c := range choices {
		b := newAnswer(q, c)
		q.answers = append(q.answers, b)
		body.Add(b)
		if c.command != "" {
			body.Add(command(c.command))
		}
	}
	q.decline = newAnswer(q, choice{label: decline})
	q.dialog = dialog.NewCustomWithoutButtons(title, body, w.win)
	q.dialog.SetButtons([]fyne.CanvasObject{q.decline})
	w.question = q
	// Wrapped texts know their height once they know their width.
	body.Resize(fyne.NewSize(askWidth, body.MinSize().Height))
	q.dialog.Resize(fyne.NewSize(askWidth, q.dialog.MinSize().Height))
	q.dialog.Show()
	w.win.Canvas().Focus(q.usual())
}

// occupied tells that the user is at something else than the listener from: a
// dialog or menu is open, another listener is chosen, or text is being typed. A
// question would then take keys that were meant for something else.
func (w *window) occupied(from string) bool {
	c := w.win.Canvas()
	f := c.Focused()
	_, types := f.(interface{ SelectedText() string }) // an entry of any kind
	return w.question != nil || c.Overlays().Top() != nil || w.model.selected != from || types
}

// usual is the answer that Enter gives at first.
func (q *question) usual() *answer {
	if len(q.answers) > 0 && !q.answers[0].loss {
		return q.answers[0]
	}
	return q.decline
}

// typed takes the keys while no button of the dialog has them.
func (q *question) typed(ev *fyne.KeyEvent) { q.usual().TypedKey(ev) }

// give closes the dialog and does what the answer stands for.
func (q *question) give(c choice) {
	if q.w.question != q {
		return
	}
	q.w.question = nil
	q.dialog.Hide()
	if c.act != nil {
		c.act()
	}
}

// answer is a button of a question.
type answer struct {
	widget.Button
	choice
	q *question
}

func newAnswer(q *question, c choice) *answer {
	b := &answer{q: q, choice: c}
	b.Text, b.OnTapped = c.label, func() { q.give(c) }
	if c.loss {
		b.Importance = widget.DangerImportance
	}
	b.ExtendBaseWidget(b)
	return b
}

// TypedKey adds to a button's keys.
func (b *answer) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyEscape:
		b.q.give(b.q.decline.choice)
	case fyne.KeyReturn, fyne.KeyEnter:
		if !b.loss {
			b.q.give(b.choice)
		}
	case fyne.KeyDown:
		b.q.w.win.Canvas().FocusNext()
	case fyne.KeyUp:
		b.q.w.win.Canvas().FocusPrevious()
	default:
		b.Button.TypedKey(ev)
	}
}

// sentence is a text of a question.
func sentence(text string) *widget.Label {
	l := widget.NewLabel(text)
	l.Wrapping = fyne.TextWrapWord
	return l
}

// command is what a person would type instead, below its button.
func command(text string) *widget.Label {
	l := sentence(text)
	l.TextStyle.Monospace, l.SizeName = true, theme.SizeNameCaptionText
	l.Alignment, l.Wrapping = fyne.TextAlignCenter, fyne.TextWrapBreak
	return l
}
