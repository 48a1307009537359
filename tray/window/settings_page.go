package window

import (
	"context"

	"fyne.io/fyne/v2"
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

// joinLines puts a hint beneath what it is about.
func joinLines(text, hint string) string {
	if hint == "" {
		return text
	}
	return text + "\n" + hint
}
