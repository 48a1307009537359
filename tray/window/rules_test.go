package window

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"portreeve/monitor/reeve"
)

// someRules are rules as the resident tells them.
func someRules() []reeve.Rule {
	return []reeve.Rule{
		{ID: "r1", Text: "python3 running server.py in ~/src/shop may use any port it is given, only on this computer", Program: "python3", Scope: "loopback",
			Ports: "ephemeral", Lasting: reeve.LastsForGood, Since: noon.AddDate(0, 0, -2).Format(time.RFC3339), Matched: 12, LastMatch: ago(25), Now: []string{"a"}},
		{ID: "r2", Text: "node running vite in ~/src/shop may use port 5173, open to your network", Program: "node", Scope: "network",
			Ports: "5173", Lasting: reeve.LastsRestart, Since: noon.AddDate(0, -2, 0).Format(time.RFC3339), Now: []string{}},
		{ID: "r3", Text: "anything under ~/src/api may use ports 3000-3999, only on this computer", Program: "anything", Scope: "loopback",
			Ports: "3000-3999", Lasting: reeve.LastsForGood, Since: ago(60), Matched: 1, LastMatch: noon.AddDate(0, 0, -1).Format(time.RFC3339), Now: []string{}},
	}
}

// openRules makes a window on the rules of a resident that keeps them.
func openRules(t *testing.T, rules []reeve.Rule, ls ...reeve.Listener) (*desk, *rulesPage, *[]reeve.Rule) {
	t.Helper()
	d := openSilent(t, reeve.ShowRequest{})
	kept := &rules
	d.verbs.alter(func() {
		d.verbs.rules = func() (*reeve.RuleList, error) {
			return &reeve.RuleList{Rules: slices.Clone(*kept), File: "~/.config/portreeve/rules.toml"}, nil
		}
		d.verbs.testRule = func(q reeve.RuleRequest) (*reeve.RuleTest, error) {
			return &reeve.RuleTest{Text: fmt.Sprintf("With %s it would have silenced 14 of your last 20 notices.", q.Ports), Silenced: 14, Of: 20,
				Examples: []reeve.Spell{spellOf("python3", 62893, 30, 5), spellOf("python3", 51001, 90, 80)}}, nil
		}
		d.verbs.changeRule = func(q reeve.RuleRequest) (*reeve.Rule, error) {
			i := slices.IndexFunc(*kept, func(r reeve.Rule) bool { return r.ID == q.ID })
			if i < 0 {
				return nil, &reeve.Error{Code: reeve.CodeFailed, Message: "there is no rule " + q.ID}
			}
			r := (*kept)[i]
			r.Ports, r.Scope, r.Lasting = q.Ports, q.Scope, q.Lasting
			(*kept)[i] = r
			return &r, nil
		}
	})
	d.feed(snapshot(ls...))
	d.until("the snapshot is shown", func() bool { return d.model.complete })
	d.shell.turn(reeve.PageRules)
	p := d.shell.page().(*rulesPage)
	d.until("the rules are shown", func() bool { return p.answer != nil })
	return d, p, kept
}

func TestARuleIsReadAsASentenceWithWhatItDid(t *testing.T) {
	now := noon // a Monday
	for i, want := range []string{
		"since Saturday · matched 12 times, last today 11:35 · covers 1 listener now",
		"since 23 Sep 2026 · never matched · until the computer restarts",
		"since today · matched once, last yesterday 12:00",
	} {
		expect(t, fmt.Sprint("rule ", i), ruleFacts(&someRules()[i], now), want)
	}
}

func TestPortsAreReadAsPeopleWriteThem(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"8080", "8080"}, {" 3000 - 3999 ", "3000-3999"}, {"3000–3999", "3000-3999"}, {"Any", "any"}, {"ephemeral", "ephemeral"}, {"80-80", "80"},
		{"", "error"}, {"0", "error"}, {"70000", "error"}, {"90-80", "error"}, {"http", "error"}, {"80,90", "error"},
	} {
		got, err := ports(tt.text)
		if err != nil {
			got = "error"
		}
		expect(t, tt.text, got, tt.want)
	}
}

func TestARuleIsTriedOutWhileItIsEdited(t *testing.T) {
	d, p, _ := openRules(t, someRules())
	p.list.Select(0)
	d.until("it is tried as it is", func() bool { return strings.HasPrefix(p.edit.tried.Text, "With ephemeral") })
	if got := len(p.edit.cases.Objects); got != 2 {
		t.Errorf("examples: got %d, want 2", got)
	}
	if !p.edit.keep.Disabled() {
		t.Error("Save without a change: got enabled, want disabled")
	}
	p.edit.ports.SetText("3000-399")
	expect(t, "beside the field", p.edit.wrong.Text, "A port such as 8080, a range such as 3000-3999, “ephemeral” or “any”.")
	if !p.edit.keep.Disabled() {
		t.Error("Save of what is wrong: got enabled, want disabled")
	}
	p.edit.ports.SetText("3000-3999")
	if p.edit.wrong.Visible() || p.edit.keep.Disabled() {
		t.Errorf("a right change: got %q and Save disabled %v, want neither", p.edit.wrong.Text, p.edit.keep.Disabled())
	}
	d.until("it is tried as it would be", func() bool { return strings.HasPrefix(p.edit.tried.Text, "With 3000-3999") })
}

func TestAnEditedRuleIsSavedAndCanBeUndone(t *testing.T) {
	d, p, kept := openRules(t, someRules())
	p.list.Select(0)
	p.edit.ports.SetText("any")
	p.edit.scope.SetSelectedIndex(1)
	p.edit.lasting.SetSelectedIndex(1)
	test.Tap(p.edit.keep)
	d.until("it is saved", func() bool { return len(d.offered()) == 1 })
	first := func() (r reeve.Rule) { d.verbs.alter(func() { r = (*kept)[0] }); return r }
	if got := first(); got.Ports != "any" || got.Scope != "network" || got.Lasting != reeve.LastsRestart {
		t.Errorf("kept: got %s, %s, %s, want any, network, restart", got.Ports, got.Scope, got.Lasting)
	}
	test.Tap(d.offer("Undo"))
	d.until("it is as before", func() bool { return first().Ports == "ephemeral" && len(d.jobs) == 0 })
	if got := first(); got.Scope != "loopback" || got.Lasting != reeve.LastsForGood {
		t.Errorf("after Undo: got %s, %s, want loopback, good", got.Scope, got.Lasting)
	}
}

func TestARuleIsRemovedByAKeyAndComesBack(t *testing.T) {
	d, p, kept := openRules(t, someRules())
	p.list.Select(1)
	d.verbs.alter(func() { *kept = slices.Delete(slices.Clone(*kept), 1, 2) })
	p.typed(&fyne.KeyEvent{Name: fyne.KeyDelete})
	d.until("it is gone", func() bool { return len(d.offered()) == 1 && len(p.rules) == 2 })
	if p.current() != nil || p.side.Visible() {
		t.Error("the editor after the removal: got shown, want gone")
	}
	got := d.verbs.requests()
	if want := (reeve.ForgetRequest{Rule: "r2"}); !slices.Contains(got, any(want)) {
		t.Errorf("requests: got %v, want %v among them", got, want)
	}
	d.verbs.alter(func() {
		*kept = someRules()
		d.verbs.changeRule = func(q reeve.RuleRequest) (*reeve.Rule, error) { return &someRules()[1], nil }
	})
	test.Tap(d.offer("Undo"))
	d.until("it is back", func() bool { return len(p.rules) == 3 })
	if want := (reeve.RuleRequest{ID: "r2"}); !slices.Contains(d.verbs.requests(), any(want)) {
		t.Errorf("requests: got %v, want %v among them", d.verbs.requests(), want)
	}
}

func TestWhatWasLearnedIsReviewedByOneClick(t *testing.T) {
	odd := listener("odd", 4000, verdictBaseline)
	odd.Look = "its program file has been deleted"
	d, p, _ := openRules(t, nil, listener("a", 80, verdictBaseline), odd, listener("n", 90, verdictNew))
	expect(t, "the tab", p.byLook.Text, "To review (2)")
	test.Tap(p.byLook)
	if got := []string{p.learned[0].ID, p.learned[1].ID}; !slices.Equal(got, []string{"odd", "a"}) {
		t.Errorf("order: got %v, want what is worth a look first", got)
	}
	views := p.learnedViews()
	test.Tap(views["odd"].question)
	test.Tap(views["a"].know)
	d.until("both are decided", func() bool { return len(d.jobs) == 0 })
	for _, want := range []any{reeve.ForgetRequest{Listener: "odd"}, reeve.KnowRequest{ID: "a"}} {
		if !slices.Contains(d.verbs.requests(), want) {
			t.Errorf("requests: got %v, want %v among them", d.verbs.requests(), want)
		}
	}
	for _, l := range []reeve.Listener{listener("odd", 4000, verdictNew), listener("a", 80, verdictKnown)} {
		d.feed(event(reeve.EventJudged, l))
	}
	d.until("none is left", func() bool { return p.empty.Visible() && len(p.learned) == 0 })
	expect(t, "then", p.empty.Text, "Nothing is left to review: you have decided about all that was here before Portreeve.")
}

func (p *rulesPage) learnedViews() map[string]*learnedView {
	all := map[string]*learnedView{}
	for _, o := range test.LaidOutObjects(p.review) {
		if v, is := o.(*learnedView); is && v.Visible() {
			all[v.id] = v
		}
	}
	return all
}

func TestNoRulesSaySoAndLeadToTheListeners(t *testing.T) {
	d, p, _ := openRules(t, nil)
	expect(t, "empty", p.empty.Text, "There are no rules yet. “I know this”, on a listener or in a notice, makes one.")
	test.Tap(p.way)
	expect(t, "page", d.shell.at, reeve.PageListeners)
}

func TestABrokenRulesFileIsSaid(t *testing.T) {
	d := openSilent(t, reeve.ShowRequest{})
	d.verbs.rules = func() (*reeve.RuleList, error) {
		return &reeve.RuleList{Problem: "rules.toml could not be read and was kept as rules.toml.broken-1"}, nil
	}
	d.shell.turn(reeve.PageRules)
	p := d.shell.page().(*rulesPage)
	d.until("it is said", func() bool { return p.problem.Visible() })
	expect(t, "problem", p.problem.Text, "rules.toml could not be read and was kept as rules.toml.broken-1.")
}

func TestNothingOfARuleReachesTheScreenRaw(t *testing.T) {
	const evil = "x\u202e\x1b[1m\n\xffy"
	rules := someRules()[:1]
	rules[0].Text, rules[0].Ports = evil, evil
	d, p, _ := openRules(t, rules)
	d.verbs.alter(func() {
		d.verbs.testRule = func(reeve.RuleRequest) (*reeve.RuleTest, error) {
			return &reeve.RuleTest{Text: evil, Examples: []reeve.Spell{{Program: evil, Place: evil, Address: evil}}}, nil
		}
	})
	p.list.Select(0)
	d.until("it is tried", func() bool { return len(p.edit.cases.Objects) == 1 })
	seen := 0
	for _, o := range test.LaidOutObjects(d.win.Content()) {
		if text, ok := o.(*canvas.Text); ok {
			if strings.ContainsAny(text.Text, "\u202e\x1b\n") || strings.Contains(text.Text, "\xff") {
				t.Errorf("text on the screen: got %q, want it cleaned", text.Text)
			}
			if strings.Contains(text.Text, `\u202e`) {
				seen++
			}
		}
	}
	if seen < 4 {
		t.Errorf("texts of the rule on the screen: got %d, want at least 4, else nothing was tested", seen)
	}
}

func TestTheRulesLookAsDesigned(t *testing.T) {
	if raceDetector {
		t.Skip("it draws for long and has one goroutine: the pass without the race detector does this")
	}
	odd := listener("odd", 4000, verdictBaseline)
	odd.Look = "its program file has been deleted"
	open := listener("web", 8080, verdictBaseline)
	open.Scope, open.Address = "network", "0.0.0.0"
	d, p, _ := openRules(t, someRules(), odd, open, listener("db", 5432, verdictBaseline))
	d.looksAs("rules")
	p.list.Select(0)
	d.until("it is tried", func() bool { return p.edit.tried.Text != "" })
	d.looksAs("rules-edit")
	test.Tap(p.byLook)
	d.looksAs("rules-review")
}
