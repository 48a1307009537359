package window

import (
	"context"
	"image/color"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// settingsPage shows every setting with a sentence on what it does. A change
// counts at once; what is wrong is said beside its field. What changes elsewhere,
// in the file or the terminal, shows here, but never in a field that is being
// typed into.
type settingsPage struct {
	silent
	w      *window
	fields []*field
	scroll *container.Scroll
	file   *widget.Label
	wait   *widget.Label // before the first answer
	box    fyne.CanvasObject

	told   *reeve.SettingsAnswer // what the fields show
	saving bool
	next   []change // what waits until the one under way is done
}

// change is a setting that somebody altered.
type change struct {
	f   *field
	set func(*reeve.Settings)
}

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

func newSettingsPage(w *window) *settingsPage {
	p := &settingsPage{w: w, wait: widget.NewLabel(tr("Reading the settings…")), file: widget.NewLabel("")}
	p.wait.Alignment = fyne.TextAlignCenter
	p.file.Wrapping, p.file.Selectable, p.file.SizeName = fyne.TextWrapWord, true, theme.SizeNameCaptionText
	n := func(s *reeve.Settings) *reeve.NoticeSettings { return &s.Notices }
	list := container.NewVBox(
		p.part(tr("Notices"),
			p.choice("tell", tr("Tell of"), tr("Which new listeners a notice speaks of. All of them are marked in the list and in the timeline either way."), tellOptions(),
				func(s *reeve.Settings) *string { return &n(s).Tell }),
			p.number("settle", tr("Wait before telling"), tr("In thousandths of a second. What only this computer reaches and ends sooner is not worth a notice."), 0, mostSettle,
				func(s *reeve.Settings) *int { return &n(s).SettleMS }),
			p.hours(),
			p.check("sound", tr("Sound"), tr("A notice may be heard, where the desktop allows it."), tr("Play a sound"),
				func(s *reeve.Settings) *bool { return &n(s).Sound }),
			p.check("udp", tr("UDP"), tr("UDP ports come and go with every video call; they are not told of unless you want to know."), tr("Tell of UDP, too"),
				func(s *reeve.Settings) *bool { return &n(s).UDP }),
			p.check("terminal", tr("Your own terminal"), tr("What you start from a terminal yourself is marked as new, but no notice comes."), tr("Keep quiet about it"),
				func(s *reeve.Settings) *bool { return &n(s).QuietTerminal }),
		),
		p.part(tr("Watching"),
			p.choice("polling", tr("How often to look"), tr("Automatic looks several times a second and saves energy on battery."), pollOptions(),
				func(s *reeve.Settings) *string { return &s.Polling }),
			p.check("login", tr("Start at login"), tr("Portreeve starts with the desktop, so that nothing is missed."), tr("Start at login"),
				func(s *reeve.Settings) *bool { return &s.StartAtLogin }),
		),
		p.part(tr("History"),
			p.check("history", tr("Record"), tr("Who listened and when, for the timeline and for trying out rules. It stays on this computer."), tr("Record who listened"),
				func(s *reeve.Settings) *bool { return &s.History.On }),
			p.number("days", tr("Keep for days"), tr("What is older is deleted."), 1, mostDays,
				func(s *reeve.Settings) *int { return &s.History.Days }),
			p.number("mib", tr("Keep at most MiB"), tr("The oldest entries go when the record grows beyond this size on disk."), 1, mostMiB,
				func(s *reeve.Settings) *int { return &s.History.MiB }),
		),
		p.part(tr("Appearance"),
			p.choice("theme", tr("Theme"), tr("The colours of this window."), themeOptions(),
				func(s *reeve.Settings) *string { return &s.Theme }),
			p.choice("language", tr("Language"), tr("The words of this window. Notices, the menu and the terminal speak English."), languageOptions(),
				func(s *reeve.Settings) *string { return &s.Language }),
		),
		p.file,
	)
	p.scroll = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(4, 12, 4, 14), list))
	p.scroll.Hide()
	p.box = container.NewStack(p.scroll, container.NewCenter(p.wait))
	return p
}

func (p *settingsPage) content() fyne.CanvasObject { return p.box }

func (p *settingsPage) focus() fyne.Focusable {
	if f, is := p.fields[0].input.(fyne.Focusable); is && p.scroll.Visible() {
		return f
	}
	return nil
}

func (p *settingsPage) shown() {
	p.w.running.Go(func() { p.w.askSettings(p.w.ctx) })
}

// typed scrolls.
func (p *settingsPage) typed(ev *fyne.KeyEvent) {
	step := p.scroll.Size().Height * 0.8
	switch ev.Name {
	case fyne.KeyPageDown:
		p.scrollTo(p.scroll.Offset.Y + step)
	case fyne.KeyPageUp:
		p.scrollTo(p.scroll.Offset.Y - step)
	case fyne.KeyHome:
		p.scrollTo(0)
	case fyne.KeyEnd:
		p.scrollTo(p.scroll.Content.MinSize().Height)
	}
}

func (p *settingsPage) scrollTo(y float32) {
	most := max(p.scroll.Content.MinSize().Height-p.scroll.Size().Height, 0)
	p.scroll.ScrollToOffset(fyne.NewPos(0, min(max(y, 0), most)))
}

// update shows the window's settings, where they are others than shown.
func (p *settingsPage) update() {
	s := p.w.settings
	if s == nil {
		if p.w.lost != nil {
			setText(p.wait, tr("The settings can be changed when Portreeve runs."))
		}
		return
	}
	if s == p.told || p.saving {
		return
	}
	p.told = s
	p.wait.Hide()
	p.scroll.Show()
	for _, f := range p.fields {
		if !f.dirty {
			f.show(s)
		}
	}
	text := tr("All of it is in {{.File}}, too. What you change there counts at once.", "File", clean(s.File, longText))
	if s.Problem != "" {
		text = full(s.Problem) + "\n" + text
	}
	setText(p.file, text)
}

// alter carries a change out. One is under way at a time; what comes meanwhile
// follows it, on top of its outcome.
func (p *settingsPage) alter(f *field, set func(*reeve.Settings)) {
	if p.told == nil {
		return
	}
	p.next = append(p.next, change{f, set})
	if !p.saving {
		p.save()
	}
}

func (p *settingsPage) save() {
	now := p.next
	p.next = nil
	want := p.w.settings.Settings
	for _, c := range now {
		c.set(&want)
	}
	if want == p.w.settings.Settings {
		for _, c := range now {
			c.f.fail("")
		}
		return
	}
	p.saving = true
	var answer *reeve.SettingsAnswer
	p.w.running.Go(func() {
		ctx, cancel := context.WithTimeout(p.w.ctx, settingsTime)
		defer cancel()
		var err error
		answer, err = p.w.verbs.ChangeSettings(ctx, want)
		p.w.do(func() {
			if p.w.ctx.Err() != nil {
				return
			}
			p.saving = false
			for _, c := range now {
				if err != nil {
					text, hint := failure(err)
					c.f.fail(joinLines(text, hint))
					continue
				}
				c.f.fail("")
			}
			if err == nil && answer != nil {
				p.w.adopt(answer)
			} else if err != nil {
				p.told = nil // the fields go back to what counts
			}
			p.w.refresh()
			if len(p.next) > 0 {
				p.save()
			}
		})
	})
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

// joinLines puts a hint beneath what it is about.
func joinLines(text, hint string) string {
	if hint == "" {
		return text
	}
	return text + "\n" + hint
}

// settingEntry is an entry whose text counts with Enter, or when it loses the keys.
type settingEntry struct {
	textField
	done func()
	lit  bool
}

func newSettingEntry(w *window) *settingEntry {
	e := &settingEntry{textField: textField{w: w}}
	e.ExtendBaseWidget(e)
	return e
}

// tell sets the text without calling back.
func (e *settingEntry) tell(text string) {
	changed := e.OnChanged
	e.OnChanged = nil
	e.SetText(text)
	e.OnChanged = changed
}

// FocusGained and FocusLost note who has the keys.
func (e *settingEntry) FocusGained() {
	e.lit = true
	e.Entry.FocusGained()
}

// FocusLost ends the typing.
func (e *settingEntry) FocusLost() {
	e.lit = false
	e.Entry.FocusLost()
	e.done()
}

// TypedKey takes Enter as the end of the typing.
func (e *settingEntry) TypedKey(ev *fyne.KeyEvent) {
	if ev.Name == fyne.KeyReturn || ev.Name == fyne.KeyEnter {
		e.done()
		return
	}
	e.Entry.TypedKey(ev)
}

// settingColumns puts what a setting is about at the left and its input at the
// right.
type settingColumns struct{}

// inputWidth is in device-independent pixels.
const inputWidth = 300

func (settingColumns) Layout(two []fyne.CanvasObject, size fyne.Size) {
	left := max(size.Width-inputWidth-16, 0)
	two[0].Move(fyne.NewPos(0, 0))
	two[0].Resize(fyne.NewSize(left, size.Height))
	height := two[1].MinSize().Height
	two[1].Move(fyne.NewPos(left+16, 6))
	two[1].Resize(fyne.NewSize(inputWidth, height))
}

func (settingColumns) MinSize(two []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(inputWidth+240, max(two[0].MinSize().Height, two[1].MinSize().Height+12))
}

// spanColumns shares the width between two entries with a word between them.
type spanColumns struct{}

func (spanColumns) Layout(three []fyne.CanvasObject, size fyne.Size) {
	word := three[1].MinSize().Width
	each := max((size.Width-word)/2, 0)
	for i, x := range []float32{0, each, each + word} {
		width := each
		if i == 1 {
			width = word
		}
		three[i].Move(fyne.NewPos(x, 0))
		three[i].Resize(fyne.NewSize(width, size.Height))
	}
}

func (spanColumns) MinSize(three []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(three[0].MinSize().Width*2+three[1].MinSize().Width, three[0].MinSize().Height)
}

// rim is an edge around an input that Fyne draws without one.
type rim struct {
	widget.BaseWidget
	inner fyne.CanvasObject
}

func newRim(inner fyne.CanvasObject) *rim {
	r := &rim{inner: inner}
	r.ExtendBaseWidget(r)
	return r
}

func (r *rim) CreateRenderer() fyne.WidgetRenderer {
	edge := canvas.NewRectangle(color.Transparent)
	edge.StrokeWidth, edge.CornerRadius = 1, 5
	v := &rimRenderer{widget.NewSimpleRenderer(container.NewStack(r.inner, edge)), edge}
	v.edge.StrokeColor = theme.Color(theme.ColorNameInputBorder)
	return v
}

type rimRenderer struct {
	fyne.WidgetRenderer
	edge *canvas.Rectangle
}

func (r *rimRenderer) Refresh() {
	r.edge.StrokeColor = theme.Color(theme.ColorNameInputBorder)
	r.edge.Refresh()
	r.WidgetRenderer.Refresh()
}
