package window

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// onScreen calls visit for every object that is shown, parents first.
func onScreen(o fyne.CanvasObject, visit func(fyne.CanvasObject)) {
	if o == nil || !o.Visible() {
		return
	}
	visit(o)
	switch o := o.(type) {
	case *fyne.Container:
		for _, c := range o.Objects {
			onScreen(c, visit)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(o).Objects() {
			onScreen(c, visit)
		}
	}
}

// cutOff gives the window's own words that have less room than they need. Texts
// of programs may end with an ellipsis; ours may not.
func cutOff(root fyne.CanvasObject, ours map[string]bool) []string {
	var cut []string
	note := func(text string, has, needs fyne.Size) {
		if needs.Width > has.Width+0.5 || needs.Height > has.Height+0.5 {
			cut = append(cut, fmt.Sprintf("%q has %v, needs %v", text, has, needs))
		}
	}
	onScreen(root, func(o fyne.CanvasObject) {
		switch o := o.(type) {
		case *widget.Button:
			note(o.Text, o.Size(), o.MinSize())
		case *widget.Check:
			note(o.Text, o.Size(), o.MinSize())
		case *widget.Label:
			note(o.Text, o.Size(), o.MinSize())
			if o.Truncation != fyne.TextTruncateOff && o.Wrapping == fyne.TextWrapOff && ours[o.Text] {
				note(o.Text, o.Size(), roomOf(o.Text, theme.TextSize(), o.TextStyle))
			}
		case *widget.Select:
			for _, text := range o.Options {
				needs := roomOf(text, theme.TextSize(), fyne.TextStyle{})
				needs.Width += theme.IconInlineSize()
				note(text, o.Size(), needs)
			}
		case *widget.Entry:
			if o.Text == "" {
				note(o.PlaceHolder, o.Size(), roomOf(o.PlaceHolder, theme.TextSize(), fyne.TextStyle{}))
			}
		case *widget.RichText:
			if o.Truncation == fyne.TextTruncateOff || o.Wrapping != fyne.TextWrapOff {
				return // its size is that of what holds it, which is looked at
			}
			for _, s := range o.Segments {
				if s, is := s.(*widget.TextSegment); is && ours[s.Text] {
					note(s.Text, o.Size(), roomOf(s.Text, fyne.CurrentApp().Settings().Theme().Size(s.Style.SizeName), s.Style.TextStyle))
				}
			}
		case *canvas.Text:
			if ours[o.Text] {
				needs := fyne.MeasureText(o.Text, o.TextSize, o.TextStyle)
				note(o.Text, fyne.NewSize(o.Size().Width, needs.Height), needs)
			}
		}
	})
	return cut
}

// roomOf is what a text needs with the room around it.
func roomOf(text string, size float32, style fyne.TextStyle) fyne.Size {
	needs := fyne.MeasureText(text, size, style)
	return fyne.NewSize(needs.Width+2*theme.InnerPadding(), 0)
}

// allPages turns to every page in every state that a test knows, and calls look.
func allPages(t *testing.T, d *desk, look func(page string)) {
	t.Helper()
	d.shell.turn(reeve.PageListeners)
	look("listeners")
	d.shell.turn(reeve.PageExplain)
	look("explain")
	d.shell.turn(reeve.PageTimeline)
	tl := d.shell.page().(*timelinePage)
	d.until("the record is shown", func() bool { return tl.answer != nil })
	look("timeline")
	d.shell.turn(reeve.PageRules)
	rules := d.shell.page().(*rulesPage)
	d.until("the rules are shown", func() bool { return rules.answer != nil })
	look("rules")
	rules.list.Select(0)
	d.until("a rule is tried", func() bool { return rules.edit.tried.Text != "" })
	look("rules, editing")
	test.Tap(rules.byLook)
	look("rules, reviewing")
	d.shell.turn(reeve.PageSettings)
	settings := d.shell.page().(*settingsPage)
	d.until("the settings are shown", func() bool { return settings.told != nil })
	look("settings")
	d.fill(settings.field(t, "settle").input, "soon")
	settings.scrollTo(1e6)
	look("settings, the end")
	d.shell.turn(reeve.PageReview)
	look("first start")
}

// ourTexts are a language's texts as they stand, without those that something is
// filled into.
func ourTexts(t *testing.T, code string) map[string]bool {
	t.Helper()
	ours := map[string]bool{}
	for key, v := range translations(t, "de.json") {
		text, is := v.(string)
		if code == "en" {
			text = key
		}
		if is && !strings.Contains(text, "{{") {
			ours[text] = true
		}
	}
	return ours
}

// openFull makes a window whose resident has an answer to everything.
func openFull(t *testing.T) *desk {
	t.Helper()
	d, _, _ := openRules(t, someRules(), aFirstStart()...)
	d.verbs.mu.Lock()
	defer d.verbs.mu.Unlock()
	d.verbs.history = func(reeve.HistoryRequest) (*reeve.History, error) { return &reeve.History{Spells: aDay()}, nil }
	d.verbs.settings = func() (*reeve.SettingsAnswer, error) {
		return &reeve.SettingsAnswer{Settings: usual(), File: "~/.config/portreeve/settings.toml", CanStartAtLogin: true}, nil
	}
	return d
}

func TestNoWordIsCutOffInAnyLanguage(t *testing.T) {
	if raceDetector {
		t.Skip("it draws for long and has one goroutine: the pass without the race detector does this")
	}
	all, err := languages()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		t.Run(l.code, func(t *testing.T) {
			speaking(t, l.code)
			d := openFull(t)
			ours := ourTexts(t, l.code)
			d.tongue.now = "" // the settings say: the system's, which is this one now
			seen := 0
			allPages(t, d, func(page string) {
				// A driver lays out anew before each frame what has changed its least size.
				d.win.Resize(fyne.NewSize(startWidth+1, startHeight))
				d.win.Resize(fyne.NewSize(startWidth, startHeight))
				onScreen(d.win.Content(), func(o fyne.CanvasObject) {
					if text, is := o.(*canvas.Text); is && ours[text.Text] {
						seen++
					}
				})
				for _, cut := range cutOff(d.win.Content(), ours) {
					t.Errorf("%s: %s", page, cut)
				}
				if got := d.win.Content().MinSize(); got.Width > startWidth || got.Height > startHeight {
					t.Errorf("%s: got a least size of %v, want at most %v × %v", page, got, startWidth, startHeight)
				}
			})
			if seen < 60 {
				t.Errorf("words of the window on the screen: got %d, want at least 60, else nothing was tested", seen)
			}
		})
	}
}
