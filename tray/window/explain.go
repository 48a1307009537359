package window

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// explainTime bounds the answer to a question about an address: the resident
// may try to connect, and waits for that.
const explainTime = 15 * time.Second

// explainPage asks for an address and shows what the resident says about it.
type explainPage struct {
	silent
	w      *window
	entry  *widget.Entry
	answer *widget.Label
	box    fyne.CanvasObject
}

func newExplainPage(w *window) *explainPage {
	p := &explainPage{w: w, entry: widget.NewEntry(), answer: widget.NewLabel("")}
	p.entry.SetPlaceHolder(tr("127.0.0.1:62893, a link, a port, or a line of a log"))
	p.entry.OnSubmitted = func(string) { p.ask() }
	p.answer.Wrapping, p.answer.Selectable = fyne.TextWrapWord, true
	p.box = container.NewBorder(container.NewVBox(container.NewBorder(nil, nil, nil, widget.NewButton(tr("Explain"), p.ask), p.entry)),
		nil, nil, nil, container.NewVScroll(p.answer))
	return p
}

func (p *explainPage) content() fyne.CanvasObject { return p.box }
func (p *explainPage) focus() fyne.Focusable      { return p.entry }

// ask sends what stands in the entry.
func (p *explainPage) ask() {
	var answer *reeve.Explanation
	text := p.entry.Text
	p.w.run(job{doing: tr("Looking…"), within: explainTime},
		func(ctx context.Context) (err error) {
			answer, err = p.w.verbs.Explain(ctx, reeve.ExplainRequest{Text: text, Probe: true})
			return err
		},
		func(err error) {
			if err != nil {
				p.w.outcome.fail(err)
				return
			}
			lines := []string{clean(answer.Summary, longText)}
			for _, f := range answer.Findings {
				lines = append(lines, clean(f.Text, longText))
			}
			p.answer.SetText(strings.Join(lines, "\n"))
			p.w.outcome.say("", "")
		})
}
