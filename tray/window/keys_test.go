package window

import (
	"strconv"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"portreeve/monitor/reeve"
)

func TestTheDigitsTurnToThePages(t *testing.T) {
	d := openFull(t)
	c := d.win.Canvas().(interface{ TypedShortcut(fyne.Shortcut) })
	for i, want := range []string{reeve.PageListeners, reeve.PageExplain, reeve.PageTimeline, reeve.PageRules, reeve.PageSettings} {
		d.shell.turn(reeve.PageReview)
		c.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyName(strconv.Itoa(i + 1)), Modifier: fyne.KeyModifierShortcutDefault})
		expect(t, "Ctrl+"+strconv.Itoa(i+1), d.shell.at, want)
	}
}

// The rules come from the resident: until they do, nothing on their page can have
// the keys, and the page before must not have them either.
func TestAPageThatIsLeftGetsNoMoreKeys(t *testing.T) {
	d, tl := openTimeline(t, &reeve.History{Spells: aDay()})
	d.verbs.alter(func() {
		d.verbs.rules = func() (*reeve.RuleList, error) { return &reeve.RuleList{Rules: someRules()}, nil }
	})
	d.typeKey(fyne.KeyDown)
	before := tl.picked
	d.shell.turn(reeve.PageRules)
	d.typeKey(fyne.KeyDown)
	if tl.picked != before {
		t.Errorf("the timeline's bar after a key for the rules: got %v, want %v", tl.picked, before)
	}
	rules := d.shell.page().(*rulesPage)
	d.until("the rules are shown", func() bool { return rules.answer != nil })
	if got := d.win.Canvas().Focused(); got != fyne.Focusable(rules.list) {
		t.Errorf("focus: got %T, want the rules", got)
	}
}
