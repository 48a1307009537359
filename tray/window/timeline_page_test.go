package window

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"portreeve/monitor/reeve"
)

// aDay is a day's record as the resident tells it.
func aDay() []reeve.Spell {
	spell := func(name string, port uint16, began, ended int, verdict, scope, place string) reeve.Spell {
		s := spellOf(name, port, began, ended)
		s.Verdict, s.Scope, s.Place = verdict, scope, place
		if scope != "loopback" {
			s.Address = "0.0.0.0"
		}
		return s
	}
	day := []reeve.Spell{
		spell("node", 5173, 200, -1, verdictKnown, "network", "vite in ~/src/shop"),
		spell("node", 9229, 180, 20, verdictNew, "loopback", "vite in ~/src/shop"),
		spell("node", 9230, 90, 35, verdictNew, "loopback", "server.js in ~/src/shop"),
		spell("python3", 62893, 45, -1, verdictNew, "loopback", "http.server in ~/src/shop"),
		spell("python3", 8000, 700, 400, verdictKnown, "loopback", "manage.py in ~/src/blog"),
		spell("postgres", 5432, 5000, -1, verdictBaseline, "loopback", "postgresql.service"),
		spell("sshd", 22, 5000, -1, verdictBaseline, "network", "ssh.service"),
		spell("java", 8080, 1300, 1100, verdictKnown, "loopback", "gradle in ~/src/api"),
	}
	for i := range 12 {
		s := spell("code", uint16(40000+i*37), 1000-i*60, 998-i*60-i*3, verdictKnown, "loopback", "extension host")
		s.Origin = "Visual Studio Code"
		day = append(day, s)
	}
	day[5].Before, day[6].Before = true, true
	return day
}

// openTimeline makes a window on the timeline that shows a record.
func openTimeline(t *testing.T, h *reeve.History, ls ...reeve.Listener) (*desk, *timelinePage) {
	t.Helper()
	d := openSilent(t, reeve.ShowRequest{})
	d.verbs.history = func(reeve.HistoryRequest) (*reeve.History, error) { return h, nil }
	d.feed(snapshot(ls...))
	d.until("the snapshot is shown", func() bool { return d.model.complete })
	d.shell.turn(reeve.PageTimeline)
	p := d.shell.page().(*timelinePage)
	d.until("the record is shown", func() bool { return p.answer != nil })
	return d, p
}

// spotOf is where a port's bar is.
func (p *timelinePage) spotOf(t testing.TB, port uint16) spot {
	t.Helper()
	for _, e := range p.days {
		if e.bar != nil && e.bar.spell.Port == port {
			return e.at
		}
	}
	t.Fatalf("bar of port %d: got none, want one", port)
	return nowhere
}

// overBar gives a bar's lane on the screen, and the middle of the bar in it.
func (d *desk) overBar(p *timelinePage, port uint16) (*laneView, fyne.Position) {
	d.t.Helper()
	at := p.spotOf(d.t, port)
	for _, o := range test.LaidOutObjects(p.lanes) {
		if v, is := o.(*laneView); is && v.i == at.lane && v.Visible() {
			b := p.tl.barAt(at)
			x, length := laneStrip(v.Size().Width)
			left, right := p.tl.edges(b, float64(length), narrowest)
			top, height := rowPlace(b.row, v.lane().rows)
			return v, fyne.NewPos(x+float32(left+right)/2, top+height/2)
		}
	}
	d.t.Fatalf("lane %d: got none on the screen, want one", at.lane)
	return nil, fyne.Position{}
}

func TestTheCursorOverABarSaysWhoItWas(t *testing.T) {
	_, p := openTimeline(t, &reeve.History{Spells: aDay()})
	d := &desk{t: t}
	v, pos := d.overBar(p, 9230)
	v.MouseIn(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: pos}})
	expect(t, "head", p.words.head.segment.Text, "node · 127.0.0.1:9230 · ● New")
	expect(t, "words", p.words.sub.segment.Text, "10:30 – 11:25, 55 min · this computer only · server.js in ~/src/shop")
	if !p.lanes.line.Visible() || p.lanes.line.Position1.X != pos.X {
		t.Errorf("the cursor's line: got %v at %v, want it at %v", p.lanes.line.Visible(), p.lanes.line.Position1.X, pos.X)
	}
	v.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(pos.X, laneHeight-1).AddXY(300, 0)}})
	v.MouseOut()
	expect(t, "head without the cursor", p.words.head.segment.Text, "Point at a bar to see who it was")
	if p.lanes.line.Visible() {
		t.Error("the cursor's line without the cursor: got one, want none")
	}
}

func TestAClickOnABarThatListensOpensItsDetails(t *testing.T) {
	day := aDay()
	l := listener(day[3].ID, 62893, verdictNew)
	d, p := openTimeline(t, &reeve.History{Spells: day}, listener("a", 80, verdictNew), l)
	v, pos := d.overBar(p, 9230)
	v.Tapped(&fyne.PointEvent{Position: pos})
	if got := d.shell.at; got != reeve.PageTimeline {
		t.Errorf("page after a click on what has ended: got %s, want the timeline", got)
	}
	expect(t, "selected", p.words.head.segment.Text, "node · 127.0.0.1:9230 · ● New")
	if !p.words.more.Disabled() {
		t.Error("Details of what has ended: got enabled, want disabled")
	}
	v, pos = d.overBar(p, 62893)
	v.Tapped(&fyne.PointEvent{Position: pos})
	if got := d.shell.at; got != reeve.PageListeners {
		t.Errorf("page after a click on what listens: got %s, want the listeners", got)
	}
	expect(t, "selected there", d.selectedRow(), day[3].ID)
}

func TestTheKeyboardGoesFromBarToBarAndOpensOne(t *testing.T) {
	day := aDay()
	d, p := openTimeline(t, &reeve.History{Spells: day}, listener(day[0].ID, 5173, verdictKnown))
	if got := d.win.Canvas().Focused(); got != fyne.Focusable(p.lanes) {
		t.Fatalf("focus on the timeline: got %T, want the picture", got)
	}
	p.pick(p.spotOf(t, 9230))
	for _, step := range []struct {
		key  fyne.KeyName
		want string
	}{
		{fyne.KeyLeft, "node · 127.0.0.1:9229 · ● New"}, {fyne.KeyLeft, "node · 0.0.0.0:5173 · ✓ Known"}, {fyne.KeyDown, "postgres · 127.0.0.1:5432 · ○ Already here"},
		{fyne.KeyUp, "node · 0.0.0.0:5173 · ✓ Known"}, {fyne.KeyEnd, "node · 127.0.0.1:9230 · ● New"},
	} {
		d.typeKey(step.key)
		expect(t, string(step.key), p.words.head.segment.Text, step.want)
	}
	d.typeKey(fyne.KeyReturn)
	expect(t, "page after Enter on what has ended", d.shell.at, reeve.PageTimeline)
	d.typeKey(fyne.KeyHome)
	d.typeKey(fyne.KeyReturn)
	expect(t, "page after Enter on what listens", d.shell.at, reeve.PageListeners)
	expect(t, "selected there", d.selectedRow(), day[0].ID)
}

func TestTheListBeneathFollowsThePictureAndLeadsIt(t *testing.T) {
	_, p := openTimeline(t, &reeve.History{Spells: aDay()})
	at := p.spotOf(t, 8000)
	i := slices.IndexFunc(p.days, func(e entry) bool { return e.bar != nil && e.at == at })
	p.list.Select(i)
	if p.picked != at {
		t.Errorf("selected bar: got %v, want %v", p.picked, at)
	}
	expect(t, "words", p.words.head.segment.Text, "python3 · 127.0.0.1:8000 · ✓ Known")
	p.pick(nowhere)
	expect(t, "words of none", p.words.head.segment.Text, "Point at a bar to see who it was")
}

func TestARangeAsksForThatMuchOfTheRecord(t *testing.T) {
	d := openSilent(t, reeve.ShowRequest{})
	asked := make(chan reeve.HistoryRequest, 10)
	d.verbs.history = func(q reeve.HistoryRequest) (*reeve.History, error) {
		asked <- q
		return &reeve.History{Spells: aDay()}, nil
	}
	d.shell.turn(reeve.PageTimeline)
	p := d.shell.page().(*timelinePage)
	d.until("the day is shown", func() bool { return p.answer != nil })
	if got, want := (<-asked).Since, ago(24*60); got != want {
		t.Errorf("first question since: got %s, want %s", got, want)
	}
	for i, want := range []string{ago(60), ago(24 * 60), ago(7 * 24 * 60), ""} {
		test.Tap(p.ranges[i].Button)
		d.until("it is asked", func() bool { return !p.asking })
		if got := (<-asked).Since; got != want {
			t.Errorf("%s since: got %q, want %q", p.ranges[i].Text, got, want)
		}
		if p.ranges[i].Importance == p.ranges[(i+1)%4].Importance {
			t.Errorf("%s: got the look of the others, want it marked", p.ranges[i].Text)
		}
	}
}

func TestAYoungRecordIsShownByTheHourUntilARangeIsChosen(t *testing.T) {
	spells := []reeve.Spell{spellOf("node", 3000, 20, -1)}
	for _, c := range []struct {
		age  time.Duration
		want reach
	}{{20 * time.Minute, lastHour}, {2 * time.Hour, lastDay}} {
		h := &reeve.History{Spells: spells, Oldest: noon.Add(-c.age).Format(time.RFC3339)}
		d, p := openTimeline(t, h)
		if p.within != c.want {
			t.Errorf("a record of %v: got the last %v, want the last %v", c.age, time.Duration(p.within), time.Duration(c.want))
		}
		p.choose(lastWeek)
		d.until("it has asked again", func() bool { return !p.asking && !p.again })
		if p.within != lastWeek {
			t.Errorf("a record of %v after a choice: got the last %v, want the week", c.age, time.Duration(p.within))
		}
	}
}

func TestWhatIsFilteredStaysSelectedAndIsLaidOutAlone(t *testing.T) {
	_, p := openTimeline(t, &reeve.History{Spells: aDay()})
	p.pick(p.spotOf(t, 8000))
	test.Type(p.search, "blog")
	if len(p.tl.lanes) != 1 || p.tl.count != 1 {
		t.Errorf("lanes and bars: got %d and %d, want 1 and 1", len(p.tl.lanes), p.tl.count)
	}
	expect(t, "selected", p.words.head.segment.Text, "python3 · 127.0.0.1:8000 · ✓ Known")
	test.Type(p.search, "xyz")
	expect(t, "empty", p.empty.Text, "Nothing in this range matches “blogxyz”.")
	if !p.export.Disabled() {
		t.Error("export of nothing: got enabled, want disabled")
	}
	test.Tap(p.way)
	if p.tl.count < 10 {
		t.Errorf("bars after the way on: got %d, want all", p.tl.count)
	}
}

func TestAnEmptyTimelineSaysWhyAndLeadsOn(t *testing.T) {
	for _, tt := range []struct {
		name        string
		answer      *reeve.History
		err         error
		within      reach
		want, label string
	}{
		{"off", &reeve.History{Off: true}, nil, lastDay, "History is switched off: nothing is recorded.", "Open the settings"},
		{"nothing in a day", &reeve.History{}, nil, lastDay, "Nothing listened in this range.", "Show all"},
		{"nothing at all", &reeve.History{}, nil, allTime, "Nothing is recorded yet. What listens from now on will stand here.", ""},
		{"an error", nil, &reeve.Error{Message: "open history: disk I/O error", Hint: "look at the disk"}, lastDay,
			"Not done: open history: disk I/O error.\nHint: look at the disk", "Try again"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := openSilent(t, reeve.ShowRequest{})
			d.verbs.history = func(reeve.HistoryRequest) (*reeve.History, error) { return tt.answer, tt.err }
			d.shell.turn(reeve.PageTimeline)
			p := d.shell.page().(*timelinePage)
			expect(t, "before the answer", p.empty.Text, "Reading the record…")
			p.choose(tt.within)
			d.until("it is answered", func() bool { return !p.asking })
			expect(t, "text", p.empty.Text, tt.want)
			label := p.way.Text
			if !p.way.Visible() {
				label = ""
			}
			expect(t, "way on", label, tt.label)
		})
	}
}

func TestTheTimelineAsksAnewAfterAChange(t *testing.T) {
	d, p := openTimeline(t, &reeve.History{Spells: aDay()}, listener("a", 80, verdictNew))
	day := append(aDay(), spellOf("fresh", 9999, 0, -1))
	d.verbs.mu.Lock()
	d.verbs.history = func(reeve.HistoryRequest) (*reeve.History, error) { return &reeve.History{Spells: day}, nil }
	d.verbs.mu.Unlock()
	p.seen = time.Time{}
	d.feed(event(reeve.EventOpened, listener("f", 9999, verdictNew)))
	d.until("the new one is on the picture", func() bool {
		return slices.ContainsFunc(p.tl.lanes, func(l lane) bool { return l.name == "fresh" })
	})
	d.shell.turn(reeve.PageListeners)
	if p.turned {
		t.Error("a page that is not shown: got it asking, want it quiet")
	}
}

func TestNothingOfARecordReachesTheTimelineRaw(t *testing.T) {
	const evil = "x\u202e\x1b[1m\n\xffy"
	s := spellOf(evil, 80, 10, 5)
	s.Place, s.Origin, s.User, s.Exe = evil, evil, evil, evil
	d, p := openTimeline(t, &reeve.History{Spells: []reeve.Spell{s}, Problem: evil})
	p.pick(spot{0, 0})
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
		t.Errorf("texts of the record on the screen: got %d, want at least 4, else nothing was tested", seen)
	}
}

func TestTheTimelineLooksAsDesigned(t *testing.T) {
	if raceDetector {
		t.Skip("it draws for long and has one goroutine: the pass without the race detector does this")
	}
	day := aDay()
	d, p := openTimeline(t, &reeve.History{Spells: day}, listener(day[3].ID, 62893, verdictNew))
	p.pick(p.spotOf(t, 62893))
	d.looksAs("timeline")
}

func BenchmarkDrawingALaneOf5000Bars(b *testing.B) {
	a := test.NewApp()
	defer a.Quit()
	wear("light")
	var spells []reeve.Spell
	for i := range 5000 {
		spells = append(spells, spellOf("node", uint16(i), i%1440, max(0, i%1440-7)))
	}
	p := &timelinePage{w: &window{windowTime: windowTime{now: func() time.Time { return noon }}}}
	p.tl = newTimeline(spells, lastDay, "", time.Time{}, noon)
	v := newLaneView(p)
	v.Resize(fyne.NewSize(900, laneHeight))
	for b.Loop() {
		if got := v.paint(1472, 76).Bounds().Dx(); got != 1472 {
			b.Fatal(fmt.Sprint(got))
		}
	}
}
