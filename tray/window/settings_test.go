package window

import (
	"os"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// usual are the settings as they are at first.
func usual() reeve.Settings {
	return reeve.Settings{
		Notices: reeve.NoticeSettings{SettleMS: 500, Tell: "all"}, Polling: reeve.PollAutomatic,
		History: reeve.HistorySettings{On: true, Days: 90, MiB: 64}, Theme: "light",
	}
}

// keptSettings is a resident that keeps settings, and may refuse them.
type keptSettings struct {
	answer reeve.SettingsAnswer
	refuse error
}

// alter changes what the resident answers with while nobody asks.
func (f *fakeVerbs) alter(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// openSettings makes a window on the settings of a resident that keeps them.
func openSettings(t *testing.T) (*desk, *settingsPage, *keptSettings) {
	t.Helper()
	d := openSilent(t, reeve.ShowRequest{})
	k := &keptSettings{answer: reeve.SettingsAnswer{Settings: usual(), File: "~/.config/portreeve/settings.toml", CanStartAtLogin: true}}
	d.verbs.alter(func() {
		d.verbs.settings = func() (*reeve.SettingsAnswer, error) { a := k.answer; return &a, nil }
		d.verbs.change = func(s reeve.Settings) (*reeve.SettingsAnswer, error) {
			if k.refuse != nil {
				return nil, k.refuse
			}
			k.answer.Settings = s
			a := k.answer
			return &a, nil
		}
	})
	d.feed(snapshot())
	d.shell.turn(reeve.PageSettings)
	p := d.shell.page().(*settingsPage)
	d.until("the settings are shown", func() bool { return p.told != nil && p.scroll.Visible() })
	return d, p, k
}

func (p *settingsPage) field(t *testing.T, name string) *field {
	t.Helper()
	i := slices.IndexFunc(p.fields, func(f *field) bool { return f.name == name })
	if i < 0 {
		t.Fatalf("field %q: got none, want one", name)
	}
	return p.fields[i]
}

// changed gives the last settings that were sent.
func (d *desk) changed(p *settingsPage) reeve.Settings {
	d.t.Helper()
	d.until("it is saved", func() bool { return !p.saving })
	all := d.verbs.requests()
	for _, q := range slices.Backward(all) {
		if s, is := q.(reeve.Settings); is {
			return s
		}
	}
	d.t.Fatalf("requests: got %v, want settings among them", all)
	return reeve.Settings{}
}

func TestEachSettingCountsAtOnceAndAlone(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(*desk, *field)
		want func(*reeve.Settings)
	}{
		{"sound", func(_ *desk, f *field) { f.input.(*widget.Check).SetChecked(true) }, func(s *reeve.Settings) { s.Notices.Sound = true }},
		{"udp", func(_ *desk, f *field) { f.input.(*widget.Check).SetChecked(true) }, func(s *reeve.Settings) { s.Notices.UDP = true }},
		{"terminal", func(_ *desk, f *field) { f.input.(*widget.Check).SetChecked(true) }, func(s *reeve.Settings) { s.Notices.QuietTerminal = true }},
		{"login", func(_ *desk, f *field) { f.input.(*widget.Check).SetChecked(true) }, func(s *reeve.Settings) { s.StartAtLogin = true }},
		{"history", func(_ *desk, f *field) { f.input.(*widget.Check).SetChecked(false) }, func(s *reeve.Settings) { s.History.On = false }},
		{"tell", func(_ *desk, f *field) { f.input.(*widget.Select).SetSelectedIndex(1) }, func(s *reeve.Settings) { s.Notices.Tell = "open" }},
		{"polling", func(_ *desk, f *field) { f.input.(*widget.Select).SetSelectedIndex(2) }, func(s *reeve.Settings) { s.Polling = reeve.PollSaving }},
		{"theme", func(_ *desk, f *field) { f.input.(*widget.Select).SetSelectedIndex(2) }, func(s *reeve.Settings) { s.Theme = "dark" }},
		{"settle", func(d *desk, f *field) { d.fill(f.input, "1500") }, func(s *reeve.Settings) { s.Notices.SettleMS = 1500 }},
		{"days", func(d *desk, f *field) { d.fill(f.input, "7") }, func(s *reeve.Settings) { s.History.Days = 7 }},
		{"mib", func(d *desk, f *field) { d.fill(f.input, "10") }, func(s *reeve.Settings) { s.History.MiB = 10 }},
		{"quiet", func(d *desk, f *field) {
			two := f.input.(*fyne.Container).Objects
			d.fill(two[0], "22")
			d.fill(two[2], "7.30")
		}, func(s *reeve.Settings) { s.Notices.QuietFrom, s.Notices.QuietUntil = "22:00", "07:30" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, p, _ := openSettings(t)
			f := p.field(t, tt.name)
			tt.do(d, f)
			want := usual()
			tt.want(&want)
			if got := d.changed(p); got != want {
				t.Errorf("sent: got %+v, want %+v", got, want)
			}
			if f.wrong.Visible() {
				t.Errorf("beside the field: got %q, want nothing", f.wrong.Text)
			}
		})
	}
}

// fill types a text in place of the old one and ends with Enter.
func (d *desk) fill(entry fyne.CanvasObject, text string) {
	e := entry.(*settingEntry)
	d.win.Canvas().Focus(e)
	e.SetText("")
	test.Type(e, text)
	press(e, fyne.KeyReturn)
}

func TestWhatIsWrongIsSaidBesideItsField(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"settle", "60001", "A whole number from 0 to 60000."}, {"settle", "soon", "A whole number from 0 to 60000."},
		{"days", "0", "A whole number from 1 to 3650."}, {"mib", "-1", "A whole number from 1 to 10000."},
	} {
		d, p, _ := openSettings(t)
		f := p.field(t, tt.name)
		d.fill(f.input, tt.text)
		if !f.wrong.Visible() {
			t.Errorf("%s %q: got nothing beside the field, want it told", tt.name, tt.text)
		}
		expect(t, tt.name, f.wrong.Text, tt.want)
		for _, q := range d.verbs.requests() {
			t.Errorf("%s %q: got %v sent, want nothing", tt.name, tt.text, q)
		}
		for _, other := range p.fields {
			if other != f && other.wrong.Visible() {
				t.Errorf("%s: got %q beside %s, want nothing", tt.name, other.wrong.Text, other.name)
			}
		}
	}
}

func TestHalfOfTheQuietHoursIsToldOnlyWhenTheFieldIsLeft(t *testing.T) {
	d, p, _ := openSettings(t)
	f := p.field(t, "quiet")
	d.fill(f.input.(*fyne.Container).Objects[0], "22:00")
	if f.wrong.Visible() {
		t.Errorf("while the second is missing: got %q, want nothing yet", f.wrong.Text)
	}
	d.win.Canvas().Focus(p.field(t, "settle").input.(fyne.Focusable))
	expect(t, "after it is left", f.wrong.Text, "Both times are needed; leave both empty for no quiet hours.")
}

func TestARefusalIsSaidBesideItsFieldAndTheSwitchGoesBack(t *testing.T) {
	d, p, k := openSettings(t)
	d.verbs.alter(func() {
		k.refuse = &reeve.Error{Code: reeve.CodeFailed, Message: "write settings: no space left", Hint: "make room"}
	})
	f := p.field(t, "sound")
	f.input.(*widget.Check).SetChecked(true)
	d.until("it is told", func() bool { return f.wrong.Visible() })
	expect(t, "beside the field", f.wrong.Text, "Not done: write settings: no space left.\nHint: make room")
	if f.input.(*widget.Check).Checked {
		t.Error("the switch after a refusal: got on, want off as it is")
	}
}

func TestAChangeOfTheFileShowsButNotInWhatIsBeingTyped(t *testing.T) {
	d, p, k := openSettings(t)
	days, settle := p.field(t, "days").input.(*settingEntry), p.field(t, "settle").input.(*settingEntry)
	d.win.Canvas().Focus(days)
	test.Type(days, "1")
	typed := days.Text
	d.verbs.alter(func() { k.answer.History.Days, k.answer.Notices.SettleMS, k.answer.Notices.Sound = 5, 2000, true })
	d.feed(reeve.Event{Event: reeve.EventStatus, Status: &reeve.Status{}})
	d.until("the new settings are shown", func() bool { return settle.Text == "2000" })
	if !p.field(t, "sound").input.(*widget.Check).Checked {
		t.Error("sound: got off, want on as the file says")
	}
	expect(t, "the field that is being typed into", days.Text, typed)
	for _, q := range d.verbs.requests() {
		t.Errorf("sent: got %v, want nothing, since nobody changed anything here", q)
	}
}

func TestQuickChangesFollowEachOther(t *testing.T) {
	d, p, k := openSettings(t)
	for _, name := range []string{"sound", "udp", "terminal"} {
		p.field(t, name).input.(*widget.Check).SetChecked(true)
	}
	d.until("all are saved", func() bool { return !p.saving && len(p.next) == 0 })
	want := usual()
	want.Notices.Sound, want.Notices.UDP, want.Notices.QuietTerminal = true, true, true
	d.verbs.alter(func() {
		if k.answer.Settings != want {
			t.Errorf("kept: got %+v, want %+v", k.answer.Settings, want)
		}
	})
}

func TestTheThemeAndTheLanguageCountAtOnce(t *testing.T) {
	d, p, k := openSettings(t)
	t.Cleanup(func() {
		if err := d.tongue.speak(""); err != nil {
			t.Error(err)
		}
	})
	d.win.Canvas().Content().Refresh()
	p.field(t, "theme").input.(*widget.Select).SetSelectedIndex(2)
	d.until("it is saved", func() bool { return !p.saving })
	if got, want := theme.Color(theme.ColorNameBackground), dark[theme.ColorNameBackground]; got != want {
		t.Errorf("background: got %v, want %v", got, want)
	}
	language := p.field(t, "language").input.(*widget.Select)
	language.SetSelected("Deutsch")
	d.until("it is German", func() bool { return d.shell.items[reeve.PageSettings].text == "Einstellungen" })
	if d.shell.at != reeve.PageSettings || d.shell.page() == page(p) {
		t.Errorf("page: got %s, the old one: %v; want the settings, made anew", d.shell.at, d.shell.page() == page(p))
	}
	if !d.says("Ruhezeit") || d.says("Quiet hours") {
		t.Error("the page: got English, want German")
	}
	d.verbs.alter(func() { k.answer.Language = "en" }) // as in the file
	d.feed(reeve.Event{Event: reeve.EventStatus, Status: &reeve.Status{}})
	d.until("it is English", func() bool { return d.says("Quiet hours") })
}

// says tells whether a text is on the screen.
func (d *desk) says(text string) bool {
	for _, o := range test.LaidOutObjects(d.win.Content()) {
		if t, ok := o.(*canvas.Text); ok && strings.Contains(t.Text, text) {
			return true
		}
	}
	return false
}

func TestSettingsWithoutAResidentSaySo(t *testing.T) {
	d := openSilent(t, reeve.ShowRequest{Page: reeve.PageSettings})
	expect(t, "at first", d.shell.page().(*settingsPage).wait.Text, "Reading the settings…")
	d.send(watched{err: &reeve.Error{Code: reeve.CodeNoResident, Message: "nobody answers"}})
	d.until("it is said", func() bool {
		return d.shell.page().(*settingsPage).wait.Text == "The settings can be changed when Portreeve runs."
	})
}

func TestHoursAreReadAsPeopleWriteThem(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"22:00", "22:00"}, {" 7:05 ", "07:05"}, {"7", "07:00"}, {"7.30", "07:30"}, {"0630", "06:30"}, {"10 pm", "22:00"}, {"", ""},
		{"24:00", "error"}, {"22:60", "error"}, {"late", "error"}, {"-1", "error"},
	} {
		got, err := hour(tt.text)
		if err != nil {
			got = "error"
		}
		expect(t, tt.text, got, tt.want)
	}
}

func TestALanguageOfTheSystemComesBackAfterAnother(t *testing.T) {
	before := os.Getenv("LANG")
	tg := newTongue()
	for _, tt := range []struct{ code, want string }{{"de", "Einstellungen"}, {"en", "Settings"}, {"de", "Einstellungen"}, {"", "Settings"}, {"xx", "Settings"}} {
		if err := tg.speak(tt.code); err != nil {
			t.Fatal(err)
		}
		expect(t, "settings in "+tt.code, tr("Settings"), tt.want)
	}
	expect(t, "LANG", os.Getenv("LANG"), before)
	if v, is := os.LookupEnv("LC_ALL"); is {
		t.Errorf("LC_ALL: got %q, want none as before", v)
	}
}

func TestTheSettingsLookAsDesigned(t *testing.T) {
	if raceDetector {
		t.Skip("it draws for long and has one goroutine: the pass without the race detector does this")
	}
	d, p, _ := openSettings(t)
	d.fill(p.field(t, "settle").input, "60001")
	d.looksAs("settings")
	p.scrollTo(1e6)
	d.looksAs("settings-end")
}
