package window

import (
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// explainPanel asks for an address and says what the list knows about it.
type explainPanel struct {
	w      *window
	box    *fyne.Container
	entry  *widget.Entry
	answer *widget.Label
}

func newExplainPanel(w *window) *explainPanel {
	p := &explainPanel{w: w, entry: widget.NewEntry(), answer: widget.NewLabel("")}
	p.entry.SetPlaceHolder("127.0.0.1:62893, localhost:3000 or a port")
	p.entry.OnSubmitted = func(string) { p.ask() }
	p.answer.Wrapping, p.answer.Selectable = fyne.TextWrapWord, true
	p.answer.Hide()
	done := widget.NewButton("Close", func() { p.box.Hide(); w.win.Canvas().Focus(w.list) })
	p.box = container.NewVBox(
		container.NewBorder(nil, nil, widget.NewLabel("What is"),
			container.NewHBox(widget.NewButton("Explain", p.ask), done), p.entry),
		p.answer, widget.NewSeparator())
	p.box.Hide()
	return p
}

func (p *explainPanel) open() {
	p.box.Show()
	p.w.win.Canvas().Focus(p.entry)
}

// ask answers what stands in the entry, and selects what it is about.
func (p *explainPanel) ask() {
	t, err := parseTarget(p.entry.Text)
	p.answer.Show()
	switch {
	case errors.Is(err, errName):
		p.answer.SetText("That is the name of another computer, it seems. Portreeve knows this one only: try its port, or localhost.")
	case err != nil:
		p.answer.SetText("That is no address with a port. Try 127.0.0.1:62893, localhost:3000 or 62893.")
	default:
		text, first := p.w.model.lookUp(t)
		p.answer.SetText(text)
		if first != "" {
			p.w.model.choose(first)
			p.w.reveal()
		}
	}
}
