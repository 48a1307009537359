package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// outcome is the line at the foot that says what goes on, or how it went, with
// buttons for what can follow.
type outcome struct {
	w       *window
	box     *fyne.Container
	spin    *widget.Activity
	text    *widget.Label
	choices *fyne.Container // buttons; hidden where there are none
}

func newOutcome(w *window) *outcome {
	o := &outcome{w: w, spin: widget.NewActivity(), text: widget.NewLabel(""), choices: container.NewHBox()}
	o.text.Wrapping, o.text.Selectable = fyne.TextWrapWord, true
	o.spin.Hide()
	o.choices.Hide()
	o.box = container.NewBorder(nil, o.choices, o.spin, nil, o.text)
	return o
}

// say shows how something went, and what else can be done. What was offered
// before goes.
func (o *outcome) say(text, hint string) {
	text = clean(text, longText)
	if hint != "" {
		text += "\n" + clean(hint, longText)
	}
	o.choices.Hide()
	o.choices.RemoveAll()
	o.text.Importance = widget.MediumImportance
	o.text.SetText(text)
	o.w.fit()
}

// fail shows an error with its hint.
func (o *outcome) fail(err error) {
	o.say(failure(err))
	o.text.Importance = widget.DangerImportance
	o.text.Refresh()
}

// offer adds buttons to what was just said; none of them changes nothing.
func (o *outcome) offer(choices ...choice) {
	for _, c := range choices {
		b := widget.NewButton(c.label, c.act)
		if c.loss {
			b.Importance = widget.DangerImportance
		}
		o.choices.Add(b)
	}
	if len(choices) > 0 {
		o.choices.Show()
		o.w.fit()
	}
}

// update turns the sign of progress on as long as any verb runs.
func (o *outcome) update() {
	busy := len(o.w.jobs) > 0
	if busy == o.spin.Visible() {
		return
	}
	if busy {
		o.spin.Show()
		o.spin.Start()
	} else {
		o.spin.Stop()
		o.spin.Hide()
	}
	o.w.fit()
}
