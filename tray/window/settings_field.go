package window

// The fields of the settings page: what each kind shows, when what was typed into
// it counts, and how it stands on the page.

import (
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// field is one setting on the screen.
type field struct {
	name  string // for tests
	about string
	says  *widget.Label
	wrong *widget.Label
	input fyne.CanvasObject
	show  func(*reeve.SettingsAnswer) // without telling anybody
	dirty bool                        // being typed into, or wrong
}

// fail says what is wrong with a field; nothing says that it is right.
func (f *field) fail(text string) {
	f.dirty = text != "" && f.typed()
	f.wrong.Hidden = text == ""
	setText(f.wrong, text)
	f.wrong.Refresh()
}

// typed tells whether somebody types into the field. What was typed stays when it
// is wrong; a switch goes back.
func (f *field) typed() bool {
	switch f.input.(type) {
	case *widget.Check, *widget.Select:
		return false
	}
	return true
}

// add makes a field of an input. The caption and its sentence stand at the left.
func (p *settingsPage) add(name, about, says string, input fyne.CanvasObject) *field {
	f := &field{name: name, about: about, says: widget.NewLabel(says), wrong: widget.NewLabel(""), input: input}
	f.says.Wrapping, f.says.SizeName, f.says.Importance = fyne.TextWrapWord, theme.SizeNameCaptionText, widget.LowImportance
	f.wrong.Wrapping, f.wrong.SizeName, f.wrong.Importance = fyne.TextWrapWord, theme.SizeNameCaptionText, widget.DangerImportance
	f.wrong.Hide()
	p.fields = append(p.fields, f)
	return f
}

func (f *field) object() fyne.CanvasObject {
	about := widget.NewLabel(f.about)
	about.TextStyle.Bold, about.Wrapping = true, fyne.TextWrapWord
	input := f.input
	if _, is := input.(*widget.Select); is {
		input = newRim(input)
	}
	return container.New(settingColumns{}, container.New(tight{}, about, f.says), container.NewVBox(input, f.wrong))
}

func (p *settingsPage) part(title string, fields ...*field) fyne.CanvasObject {
	head := widget.NewLabel(title)
	head.TextStyle.Bold, head.SizeName = true, theme.SizeNameSubHeadingText
	rows := container.New(layout.NewCustomPaddedVBoxLayout(2))
	for i, f := range fields {
		if i > 0 {
			rows.Add(widget.NewSeparator())
		}
		rows.Add(f.object())
	}
	return container.New(layout.NewCustomPaddedVBoxLayout(2), head,
		newPanel(colorSurface, 5, container.New(layout.NewCustomPaddedLayout(6, 6, 6, 10), rows)))
}

func (p *settingsPage) check(name, about, says, label string, of func(*reeve.Settings) *bool) *field {
	c := widget.NewCheck(label, nil)
	f := p.add(name, about, says, c)
	c.OnChanged = func(on bool) { p.alter(f, func(s *reeve.Settings) { *of(s) = on }) }
	f.show = func(s *reeve.SettingsAnswer) {
		tell := c.OnChanged
		c.OnChanged = nil
		c.SetChecked(*of(&s.Settings))
		c.OnChanged = tell
		if name == "login" {
			if s.CanStartAtLogin {
				c.Enable()
			} else {
				c.Disable()
				setText(f.says, tr("This installation has no way to start with the desktop."))
			}
		}
	}
	return f
}

func (p *settingsPage) choice(name, about, says string, options []option, of func(*reeve.Settings) *string) *field {
	var labels []string
	for _, o := range options {
		labels = append(labels, o.label)
	}
	box := widget.NewSelect(labels, nil)
	f := p.add(name, about, says, box)
	box.OnChanged = func(string) {
		if i := box.SelectedIndex(); i >= 0 {
			p.alter(f, func(s *reeve.Settings) { *of(s) = options[i].value })
		}
	}
	f.show = func(s *reeve.SettingsAnswer) {
		tell := box.OnChanged
		box.OnChanged = nil
		if i := slices.IndexFunc(options, func(o option) bool { return o.value == *of(&s.Settings) }); i >= 0 {
			box.SetSelectedIndex(i)
		} else {
			box.ClearSelected()
		}
		box.OnChanged = tell
	}
	return f
}

func (p *settingsPage) number(name, about, says string, least, most int, of func(*reeve.Settings) *int) *field {
	e := newSettingEntry(p.w)
	f := p.add(name, about, says, e)
	e.OnChanged = func(text string) {
		_, err := number(text, least, most)
		f.fail(wrongWords(err))
		f.dirty = true
	}
	e.done = func() {
		if n, err := number(e.Text, least, most); err == nil && f.dirty {
			f.dirty = false
			p.alter(f, func(s *reeve.Settings) { *of(s) = n })
		}
	}
	f.show = func(s *reeve.SettingsAnswer) { e.tell(strconv.Itoa(*of(&s.Settings))) }
	return f
}

// hours is the field of the quiet hours, which has two entries.
func (p *settingsPage) hours() *field {
	from, until := newSettingEntry(p.w), newSettingEntry(p.w)
	from.SetPlaceHolder("22:00")
	until.SetPlaceHolder("07:00")
	to := widget.NewLabel(tr("until"))
	f := p.add("quiet", tr("Quiet hours"), tr("Notices of this time come together at its end. Leave both empty for none."),
		container.New(spanColumns{}, from, to, until))
	for _, e := range []*settingEntry{from, until} {
		e.OnChanged = func(string) {
			f.dirty = true
			if !f.wrong.Hidden { // nobody is scolded while typing the first of two
				_, _, err := quiet(from.Text, until.Text)
				f.fail(wrongWords(err))
				f.dirty = true
			}
		}
		e.done = func() {
			a, b, err := quiet(from.Text, until.Text)
			switch {
			case !f.dirty:
			case err != nil && (from.lit || until.lit) && (from.Text == "") != (until.Text == ""):
				// The other one is about to be typed.
			case err != nil:
				f.fail(wrongWords(err))
			default:
				f.dirty = false
				p.alter(f, func(s *reeve.Settings) { s.Notices.QuietFrom, s.Notices.QuietUntil = a, b })
			}
		}
	}
	f.show = func(s *reeve.SettingsAnswer) {
		from.tell(s.Notices.QuietFrom)
		until.tell(s.Notices.QuietUntil)
	}
	return f
}

// wrongWords is what an error of a field says; nothing for none.
func wrongWords(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
