package window

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// rowViewOf gives what shows a listener on the screen.
func (d *desk) rowViewOf(id string) *rowView {
	d.t.Helper()
	for _, o := range test.LaidOutObjects(d.list) {
		if v, is := o.(*rowView); is && v.item.row != nil && v.item.row.ID == id {
			return v
		}
	}
	d.t.Fatalf("row of %s: got none on the screen, want one", id)
	return nil
}

func TestNothingMovesBeneathThePointer(t *testing.T) {
	var ls []reeve.Listener
	for i := range 30 {
		ls = append(ls, listener(fmt.Sprintf("l%02d", i), uint16(1000+i), verdictBaseline))
	}
	d := open(t, reeve.ShowRequest{}, ls...)
	over := d.rowViewOf("l05")
	over.MouseIn(&desktop.MouseEvent{})
	before := d.placeOf("l05")
	d.feed(event(reeve.EventOpened, listener("n1", 5000, verdictNew)), event(reeve.EventOpened, listener("n2", 5001, verdictNew)),
		event(reeve.EventClosed, ls[1]))
	d.until("all three are shown", func() bool { return d.model.index("n2") >= 0 && d.model.rows["l01"].ended })
	d.pass(fadeTime * 2)
	if after := d.placeOf("l05"); after != before {
		t.Errorf("place of the row beneath the pointer: got %v, want %v as before", after, before)
	}
	if d.model.index("l01") < 0 {
		t.Error("a row that ended while the pointer is over the list: got it gone, want it there")
	}
	expect(t, "its state", d.stateOf("l01"), "– Ended")
	over.MouseOut()
	d.pass(fadeTime)
	if d.model.index("l01") >= 0 {
		t.Error("the ended row after the pointer left: got it still, want it gone")
	}
	// A pointer that was left lying there holds nothing for ever.
	d.rowViewOf("l05").MouseIn(&desktop.MouseEvent{})
	d.feed(event(reeve.EventClosed, ls[2]))
	d.until("it has ended", func() bool { return d.model.rows["l02"].ended })
	d.pass(holdTime + fadeTime)
	if d.model.index("l02") >= 0 {
		t.Error("the ended row long after the pointer moved: got it still, want it gone")
	}
}

func TestWhatComesGlowsOnTheScreenAndStopsGlowing(t *testing.T) {
	d := open(t, reeve.ShowRequest{}, listener("a", 80, verdictBaseline))
	d.feed(event(reeve.EventOpened, listener("n", 90, verdictNew)))
	d.until("it is shown", func() bool { return d.model.index("n") >= 0 })
	alpha := func(id string) uint32 {
		_, _, _, a := d.rowViewOf(id).glow.FillColor.RGBA()
		return a
	}
	if got := alpha("n"); got == 0 {
		t.Error("glow of what has come: got none, want one")
	}
	if got := alpha("a"); got != 0 {
		t.Errorf("glow of what was there: got %d, want none", got)
	}
	d.pass(glowTime + tickTime)
	if got := alpha("n"); got != 0 {
		t.Errorf("glow some seconds later: got %d, want none", got)
	}
	if len(d.timers) != 0 {
		t.Errorf("timers of a list that stands still: got %d, want none", len(d.timers))
	}
}

func TestFiltersShowAPartAndSayHowMany(t *testing.T) {
	open1 := listener("o", 8080, verdictBaseline)
	open1.Address, open1.Scope = "0.0.0.0", scopeNetwork
	sys := listener("s", 22, verdictBaseline)
	sys.Owners[0].User = "root"
	d := open(t, reeve.ShowRequest{}, listener("n", 80, verdictNew), open1, sys)
	for f, want := range []struct{ note, rows string }{
		{"3", "n o heading:system"}, {"1", "n"}, {"1", "o"}, {"2", "n o"}, {"1", "heading:system s"},
	} {
		expect(t, "count of "+d.filters[f].text, d.filters[f].note, want.note)
		test.Tap(d.filters[f])
		expect(t, "rows of "+d.filters[f].text, shownIDs(d.model), want.rows)
		if !d.filters[f].chosen {
			t.Errorf("filter %s: got it not marked, want it marked", d.filters[f].text)
		}
	}
	test.Tap(d.filters[filterNew])
	d.feed(event(reeve.EventJudged, listener("n", 80, verdictKnown)))
	d.until("nothing is new", func() bool { return d.model.count().new == 0 })
	expect(t, "empty page", d.empty.title.Text, "Nothing to show")
	test.Tap(d.empty.button)
	expect(t, "rows after its button", shownIDs(d.model), "n o heading:system")
}

func TestAHeadingFoldsByKeyAndByPointer(t *testing.T) {
	sys := listener("s", 22, verdictBaseline)
	sys.Owners[0].User = "root"
	d := open(t, reeve.ShowRequest{}, listener("a", 80, verdictBaseline), sys)
	press(d.list, fyne.KeyEnd)
	expect(t, "selected", d.model.selected, "heading:system")
	if d.details.box.Visible() {
		t.Error("details of a heading: got some, want none")
	}
	for _, tt := range []struct {
		key  fyne.KeyName
		want string
	}{
		{fyne.KeyLeft, "a heading:system"}, {fyne.KeyRight, "a heading:system s"}, {fyne.KeyRight, "a heading:system s"},
		{fyne.KeyLeft, "a heading:system"}, {fyne.KeyReturn, "a heading:system s"}, {fyne.KeySpace, "a heading:system"},
	} {
		press(d.list, tt.key)
		expect(t, "rows after "+string(tt.key), shownIDs(d.model), tt.want)
	}
	for _, want := range []string{"a heading:system s", "a heading:system"} {
		for _, o := range test.LaidOutObjects(d.list) {
			if v, is := o.(*rowView); is && v.item.head != nil {
				test.Tap(v)
				break
			}
		}
		expect(t, "rows after a tap", shownIDs(d.model), want)
	}
}

func TestAColumnSortsWhenItsNameIsPressed(t *testing.T) {
	d := open(t, reeve.ShowRequest{}, listener("a", 300, verdictNew), listener("b", 100, verdictBaseline))
	test.Tap(d.header.names[columnProgram])
	expect(t, "rows", shownIDs(d.model), "a b")
	expect(t, "name", d.header.names[columnProgram].text, "Program ▾")
	press(d.header.names[columnProgram], fyne.KeyReturn)
	expect(t, "rows turned round", shownIDs(d.model), "b a")
	expect(t, "name", d.header.names[columnProgram].text, "Program ▴")
	press(d.header.names[columnProgram], fyne.KeyEscape)
	if got := d.win.Canvas().Focused(); got != fyne.Focusable(d.list) {
		t.Errorf("focus after Esc: got %T, want the list", got)
	}
}

func TestTheDetailsAskForAnExplanationWhileTheyAreShown(t *testing.T) {
	d := open(t, reeve.ShowRequest{}, listener("a", 80, verdictNew), listener("b", 90, verdictNew))
	var asked []reeve.ExplainRequest
	clients := 1
	d.verbs.explain = func(_ context.Context, q reeve.ExplainRequest) (*reeve.Explanation, error) {
		d.verbs.mu.Lock()
		defer d.verbs.mu.Unlock()
		asked = append(asked, q)
		e := explanation()
		for len(e.Clients) < clients {
			e.Clients = append(e.Clients, reeve.Peer{Program: "curl", PID: 7, Address: "127.0.0.1:50000"})
		}
		return e, nil
	}
	times := func() int {
		d.verbs.mu.Lock()
		defer d.verbs.mu.Unlock()
		return len(asked)
	}
	press(d.list, fyne.KeyDown) // passes a
	d.pass(askAfter / 2)
	press(d.list, fyne.KeyDown)
	d.pass(askAfter)
	d.until("the explanation is shown", func() bool { return d.details.explanation != nil })
	if want := (reeve.ExplainRequest{Listener: "b"}); times() != 1 || asked[0] != want {
		t.Errorf("questions: got %+v, want only %+v: nothing connects by itself", asked, want)
	}
	if want := (fact{asDetail, "", "firefox (pid 3310) from 127.0.0.1:51544"}); !slices.Contains(d.details.body.shown, want) {
		t.Errorf("details: got %v, want %v in it", d.details.body.shown, want)
	}
	d.verbs.mu.Lock()
	clients = 2
	d.verbs.mu.Unlock()
	d.pass(askAgain)
	d.until("another client is shown", func() bool {
		return slices.Contains(d.details.body.shown, fact{asHeading, "", "Connected now · 2"})
	})
	d.shell.turn(reeve.PageExplain)
	n := times()
	d.pass(10 * askAgain)
	if got := times(); got != n {
		t.Errorf("questions while another page is shown: got %d, want none", got-n)
	}
	d.shell.turn(reeve.PageListeners)
	d.pass(0)
	d.until("it asks again", func() bool { return times() == n+1 })
}

func TestTheClientsAreCountedWhileTheListIsShown(t *testing.T) {
	d := open(t, reeve.ShowRequest{}, listener("a", 80, verdictNew), listener("b", 90, verdictNew))
	count := func(clients map[string]int) {
		d.verbs.mu.Lock()
		defer d.verbs.mu.Unlock()
		d.verbs.clients = clients
	}
	cell := func(id string) string { return d.rowViewOf(id).cells[columnClients].full }
	shows := func(b string) func() bool {
		return func() bool { d.pass(countAgain); return cell("a") == "" && cell("b") == b }
	}
	d.win.Resize(fyne.NewSize(1600, startHeight)) // there is room for the column
	count(map[string]int{"b": 3})
	d.until("b has three clients", shows("3"))
	test.Tap(d.header.names[columnClients])
	expect(t, "sorted by clients", shownIDs(d.model), "b a")
	count(map[string]int{"a": 1})
	d.until("a has one, and stands first", func() bool { d.pass(countAgain); return shownIDs(d.model) == "a b" && cell("b") == "" })

	d.shell.turn(reeve.PageExplain)
	count(map[string]int{"b": 2})
	d.pass(10 * countAgain)
	if len(d.model.clients) != 1 || d.model.clients["a"] != 1 {
		t.Errorf("clients while another page is shown: got %v, want them as they were", d.model.clients)
	}
	d.shell.turn(reeve.PageListeners)
	d.until("the list counts again", func() bool { return d.model.clients["b"] == 2 })
	count(nil)
	d.until("no answer empties the column", shows(""))
}

func TestWhyThereIsNoExplanationIsSaid(t *testing.T) {
	d := open(t, reeve.ShowRequest{Listener: "a"}, listener("a", 80, verdictNew))
	d.verbs.explain = func(context.Context, reeve.ExplainRequest) (*reeve.Explanation, error) {
		return nil, errors.New("explain: out of memory")
	}
	d.pass(askAfter)
	d.until("it is said", func() bool { return d.details.failed != nil })
	for _, want := range []fact{{asText, "", "Only programs on this computer can reach it."},
		{asDetail, "", "Portreeve could not say more: explain: out of memory."}} {
		if !slices.Contains(d.details.body.shown, want) {
			t.Errorf("details: got %v, want %v in it", d.details.body.shown, want)
		}
	}
}

func TestKnowAsksWhichRuleIsMeantAndSaysWhatItWouldHaveSilenced(t *testing.T) {
	choices := &reeve.Choices{Choices: []reeve.Choice{
		{Key: "this_port", Label: "this port", Text: "prog-a may use port 80", Lasting: []string{reeve.LastsForGood, reeve.LastsProcess}, Silenced: 3, Of: 20},
		{Key: "any_port", Label: "any port it is given", Text: "prog-a may use any port", Suggested: true, Lasting: []string{reeve.LastsForGood}, Silenced: 14, Of: 20},
	}}
	d := open(t, reeve.ShowRequest{Listener: "a"}, listener("a", 80, verdictNew))
	d.verbs.choices = func(reeve.KnowRequest) (*reeve.Choices, error) { return choices, nil }
	test.Tap(d.details.known)
	if got, want := d.answers(), []string{"I know this", "Cancel"}; !slices.Equal(got, want) {
		t.Fatalf("answers: got %q, want %q", got, want)
	}
	for _, want := range []string{"You know prog-a. What may it do?", "this port", "any port it is given", "prog-a may use any port.", "silenced 14 of your last 20 notices."} {
		if got := strings.ReplaceAll(d.texts(), "\n", " "); !strings.Contains(got, want) {
			t.Errorf("dialog: got %q, want %q in it", got, want)
		}
	}
	var radio *widget.RadioGroup
	var how *widget.Select
	for _, o := range test.LaidOutObjects(d.win.Canvas().Overlays().Top()) {
		switch o := o.(type) {
		case *widget.RadioGroup:
			radio = o
		case *widget.Select:
			how = o
		}
	}
	radio.SetSelected("this port")
	if got := d.texts(); !strings.Contains(got, "prog-a may use port 80.") {
		t.Errorf("dialog after another choice: got %q, want its text", got)
	}
	how.SetSelected("as long as this program runs")
	test.Tap(d.question.answers[0])
	d.until("it is known", func() bool { return d.outcome.text.Text == "Known: prog-a, any port, only this computer." })
	d.wasAsked(reeve.KnowRequest{ID: "a"}, reeve.KnowRequest{ID: "a", Choice: "this_port", Lasting: reeve.LastsProcess})
}

func TestForceStopAsksFirstAndIsNotEntersChoice(t *testing.T) {
	d := answering(t, &reeve.Stopped{Text: "prog-a has ended. Port 80 is free."})
	d.forceStop()
	if got, want := d.answers(), []string{"Force stop", "Cancel"}; !slices.Equal(got, want) {
		t.Fatalf("answers: got %q, want %q", got, want)
	}
	d.typeKey(fyne.KeyReturn)
	d.wasAsked()
	d.forceStop()
	test.Tap(d.question.answers[0])
	d.until("it is told", func() bool { return d.outcome.text.Text == "prog-a has ended. Port 80 is free." })
	d.wasAsked(reeve.StopRequest{ID: "a", Owner: "owner-a", Force: true})
}

func TestTheAddressTheCommandAndACurlCanBeCopied(t *testing.T) {
	l := listener("a", 8080, verdictNew)
	l.Address, l.Scope = "0.0.0.0", scopeNetwork
	d := open(t, reeve.ShowRequest{Listener: "a"}, l)
	for i, want := range []string{"0.0.0.0:8080", "prog-a --flag-a", "curl -i http://127.0.0.1:8080/"} {
		test.Tap(d.details.copy)
		for range i + 1 {
			d.typeKey(fyne.KeyDown)
		}
		d.typeKey(fyne.KeyReturn)
		expect(t, "clipboard", d.clip.Content(), want)
		expect(t, "outcome", d.outcome.text.Text, "Copied "+want)
	}
}

func TestALinkReachesWhatListens(t *testing.T) {
	for _, tt := range []struct{ protocol, address, want string }{
		{"tcp", "127.0.0.1", "http://127.0.0.1:3000/"},
		{"tcp", "0.0.0.0", "http://127.0.0.1:3000/"},
		{"tcp", "::", "http://[::1]:3000/"},
		{"tcp", "::1", "http://[::1]:3000/"},
		{"tcp", "192.168.1.5", "http://192.168.1.5:3000/"},
		{"udp", "127.0.0.1", "none"},
		{"tcp", "not an address", "none"},
	} {
		got := "none"
		if u, ok := link(&reeve.Listener{Protocol: tt.protocol, Address: tt.address, Port: 3000}); ok {
			got = u.String()
		}
		expect(t, tt.protocol+" "+tt.address, got, tt.want)
	}
}

func TestEscGoesBackStepByStep(t *testing.T) {
	d := open(t, reeve.ShowRequest{Listener: "a"}, listener("a", 80, verdictNew))
	press(d.list, fyne.KeyReturn)
	press(d.details.stop, fyne.KeyRight)
	if got := d.win.Canvas().Focused(); got != fyne.Focusable(d.details.known) {
		t.Errorf("focus after an arrow: got %T, want the next button", got)
	}
	press(d.details.known, fyne.KeyEscape)
	if got := d.win.Canvas().Focused(); got != fyne.Focusable(d.list) || !d.list.ring.Visible() {
		t.Errorf("focus after Esc: got %T, want the list, with its ring", got)
	}
	press(d.list, fyne.KeyEscape)
	if d.details.box.Visible() || d.model.selected != "" {
		t.Error("details after another Esc: got them still, want the list alone")
	}
}

func TestEveryStateThatPeopleForgetHasASentenceAndAWayOn(t *testing.T) {
	hidden := listener("h", 631, verdictBaseline)
	hidden.Owners, hidden.Hidden, hidden.User = nil, "it belongs to another user", "root"
	d := openSilent(t, reeve.ShowRequest{})
	d.verbs.status = reeve.Status{Problems: []reeve.Problem{{About: reeve.AboutRules, Text: "The rules in /home/alice/.config/portreeve/rules.toml can't be understood."}}}
	ev := snapshot(hidden)
	ev.Snapshot.Source = "procfs"
	d.feed(ev)
	d.until("the status is shown", func() bool { return len(d.banners.shown) == 2 })
	d.until("the owner is said to be hidden", func() bool {
		return strings.Contains(headingWords(d.model.shown[0].head), "1 owner is hidden")
	})
	want := []string{"The rules in /home/alice/.config/portreeve/rules.toml can't be understood.",
		"This computer does not let Portreeve ask the kernel directly, so it reads /proc instead: that costs more, and shows a new listener a little later."}
	if got := d.bannerTexts(); !slices.Equal(got, want) {
		t.Errorf("banners: got %q, want %q", got, want)
	}
	expect(t, "way on", d.banners.shown[0].label, "Open Rules")
}

func TestTheKeysOfThePagesWorkWhileAnEntryHasTheKeys(t *testing.T) {
	d := open(t, reeve.ShowRequest{Page: reeve.PageExplain}, listener("a", 80, verdictNew))
	e, is := d.win.Canvas().Focused().(fyne.Shortcutable)
	if !is {
		t.Fatalf("focus on the page: got %T, want an entry", d.win.Canvas().Focused())
	}
	e.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.Key3, Modifier: fyne.KeyModifierShortcutDefault})
	expect(t, "page after Ctrl+3 in the entry", d.shell.at, reeve.PageTimeline)
	d.shell.turn(reeve.PageExplain)
	e.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyF, Modifier: fyne.KeyModifierShortcutDefault})
	expect(t, "page after Ctrl+F in the entry", d.shell.at, reeve.PageListeners)
	if got := d.win.Canvas().Focused(); got != fyne.Focusable(d.search) {
		t.Errorf("focus after Ctrl+F: got %T, want the search", got)
	}
	// What is about text stays with the entry.
	test.Type(d.search, "prog")
	d.search.TypedShortcut(&fyne.ShortcutSelectAll{})
	expect(t, "marked after Ctrl+A", d.search.SelectedText(), "prog")
}
