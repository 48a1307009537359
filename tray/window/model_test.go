package window

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"portreeve/monitor/reeve"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.Local)

// listener makes a loopback listener of one owner, whose ids follow from id.
func listener(id string, port uint16, verdict string) reeve.Listener {
	return reeve.Listener{
		ID: id, Protocol: "tcp", Address: "127.0.0.1", Port: port, Scope: "loopback", Verdict: verdict,
		Program: "prog-" + id, Place: "serve in ~/src/" + id, Reach: "Only programs on this computer can reach it.",
		Owners: []reeve.Owner{{ID: "owner-" + id, PID: int32(port), Name: "prog-" + id, User: "alice",
			Dir: "/home/alice/" + id, Cmdline: []string{"prog-" + id, "--flag-" + id}}},
	}
}

func snapshot(ls ...reeve.Listener) reeve.Event {
	return reeve.Event{Event: reeve.EventSnapshot, Snapshot: &reeve.Listing{Listeners: ls}}
}

func event(kind string, l reeve.Listener) reeve.Event { return reeve.Event{Event: kind, Listener: &l} }

func modelOf(ls ...reeve.Listener) *model {
	m := newModel()
	m.me = "alice"
	m.apply(snapshot(ls...), noon)
	m.settle()
	return m
}

func shownIDs(m *model) string {
	m.settle()
	var ids []string
	for _, i := range m.shown {
		id := i.id()
		if i.row != nil && i.row.ended {
			id += "(ended)"
		}
		ids = append(ids, id)
	}
	return strings.Join(ids, " ")
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func TestNewListenersStandFirstAndTheRestByPort(t *testing.T) {
	m := modelOf(
		listener("a", 80, verdictBaseline), listener("b", 22, verdictKnown),
		listener("c", 9000, verdictNew), listener("d", 443, verdictNew))
	expect(t, "order", shownIDs(m), "d c b a")
}

func TestTwinsOnOnePortKeepTheirOrder(t *testing.T) {
	var twins []reeve.Listener
	for i := range 20 {
		twins = append(twins, listener(fmt.Sprintf("t%02d", i), 80, verdictBaseline))
	}
	want := shownIDs(modelOf(twins...))
	slices.Reverse(twins)
	for range 20 {
		expect(t, "order", shownIDs(modelOf(twins...)), want)
	}
}

func TestChangesOfTheListFollowTheWatch(t *testing.T) {
	m := modelOf(listener("a", 80, verdictBaseline), listener("b", 90, verdictBaseline))
	steps := []struct {
		name string
		ev   reeve.Event
		want string
	}{
		{"opened", event(reeve.EventOpened, listener("c", 85, verdictBaseline)), "a c b"},
		{"opened as new", event(reeve.EventOpened, listener("d", 99, verdictNew)), "d a c b"},
		{"closed", event(reeve.EventClosed, listener("a", 80, verdictBaseline)), "d a(ended) c b"},
		{"closed again", event(reeve.EventClosed, listener("a", 80, verdictBaseline)), "d c b"},
		{"rebound", event(reeve.EventRebound, listener("c", 95, verdictBaseline)), "d b c"},
		{"became new", event(reeve.EventJudged, listener("c", 95, verdictNew)), "c d b"},
		{"status", reeve.Event{Event: reeve.EventStatus, Status: &reeve.Status{}}, "c d b"},
		{"of a newer resident", event("renamed", listener("x", 1, verdictNew)), "c d b"},
		{"without what it is about", reeve.Event{Event: reeve.EventOpened}, "c d b"},
		{"snapshot", snapshot(listener("b", 90, verdictBaseline), listener("e", 1, verdictBaseline)), "c(ended) d(ended) e b"},
	}
	for _, s := range steps {
		m.apply(s.ev, noon)
		expect(t, s.name, shownIDs(m), s.want)
		m.sweep(noon.Add(fadeTime), false)
	}
}

func TestARowThatBecomesKnownStaysWhereItIs(t *testing.T) {
	m := modelOf(listener("a", 80, verdictBaseline), listener("b", 9000, verdictNew))
	m.apply(event(reeve.EventJudged, listener("b", 9000, verdictKnown)), noon)
	expect(t, "order", shownIDs(m), "b a")
	expect(t, "verdict", verdictOf(&m.shown[0].row.Listener).word, "Known")
	m.apply(snapshot(listener("a", 80, verdictBaseline), listener("b", 9000, verdictKnown)), noon)
	expect(t, "order after a lost connection came back", shownIDs(m), "b a")
}

func TestTheSelectedRowStaysWhenItEndsUntilAnotherIsChosen(t *testing.T) {
	a, b := listener("a", 80, verdictBaseline), listener("b", 90, verdictBaseline)
	m := modelOf(a, b)
	m.choose("a")
	m.apply(event(reeve.EventClosed, a), noon)
	expect(t, "rows", shownIDs(m), "a(ended) b")
	if c := m.count(); c.all != 1 {
		t.Errorf("count with one ended: got %d, want 1", c.all)
	}
	m.sweep(noon.Add(time.Hour), false)
	expect(t, "rows an hour later", shownIDs(m), "a(ended) b")
	m.choose("b")
	m.sweep(noon.Add(time.Hour), false)
	expect(t, "rows", shownIDs(m), "b")
	m.apply(snapshot(), noon)
	expect(t, "rows after a snapshot without the selected", shownIDs(m), "b(ended)")
	m.apply(event(reeve.EventOpened, b), noon)
	expect(t, "rows after it came again", shownIDs(m), "b")
}

func TestSearchLooksThroughEverything(t *testing.T) {
	l := listener("a", 62893, verdictNew)
	l.Owners[0].PID = 4711
	l.Owners[0].Exe, l.Owners[0].Unit, l.Owners[0].Container = "/opt/shop/bin/serve", "shop.service", "web-1"
	other := listener("b", 22, verdictBaseline)
	m := modelOf(l, other)
	for _, tt := range []struct{ query, want string }{
		{"", "a b"},
		{"prog-a", "a"},
		{"PROG-A", "a"},
		{"src/a", "a"},
		{"127.0.0.1", "a b"},
		{"62893", "a"},
		{"127.0.0.1:62893", "a"},
		{"alice", "a b"},
		{"/home/alice/b", "b"},
		{"--flag-a", "a"},
		{"4711", "a"},
		{"pid 4711", "a"},
		{"/opt/shop", "a"},
		{"shop.service", "a"},
		{"web-1", "a"},
		{"new", "a"},
		{":new", "a"},
		{":62893", "a"},
		{":6289", ""},
		{":tcp", "a b"},
		{":udp", ""},
		{":open", ""},
		{":mine", "a b"},
		{":known", ""},
		{":notaproperty", ""},
		{"alice 62893", "a"},
		{"62893 prog-b", ""},
		{"  ", "a b"},
	} {
		m.narrow(tt.query, filterAll)
		expect(t, "search for "+tt.query, shownIDs(m), tt.want)
	}
}

func TestWhatIsFoldedShowsOnlyWhenAskedForOrSelected(t *testing.T) {
	u := listener("u", 5353, verdictBaseline)
	u.Protocol, u.Folded = "udp", true
	sys := listener("s", 631, verdictBaseline)
	sys.Owners[0].User = "root"
	odd := listener("odd", 632, verdictNew)
	odd.Owners[0].User = "root"
	m := modelOf(u, sys, odd, listener("a", 80, verdictBaseline))
	expect(t, "at first", shownIDs(m), "odd a heading:system heading:udp")
	m.choose("u")
	expect(t, "selected", shownIDs(m), "odd a heading:system heading:udp u")
	m.choose("a")
	m.fold("system", true)
	expect(t, "unfolded", shownIDs(m), "odd a heading:system s heading:udp")
	m.fold("system", false)
	m.narrow("", filterSystem)
	expect(t, "filtered", shownIDs(m), "odd heading:system s")
	m.narrow("prog-u", filterAll)
	expect(t, "searched for", shownIDs(m), "heading:udp u")
}

func TestRevealLiftsTheSearchTheFilterAndTheFold(t *testing.T) {
	u := listener("u", 5353, verdictBaseline)
	u.Folded = true
	m := modelOf(u)
	m.narrow("nothing like it", filterNew)
	m.reveal("u")
	if m.query != "" || m.filter != filterAll {
		t.Errorf("query and filter: got %q, %v, want none", m.query, m.filter)
	}
	expect(t, "rows", shownIDs(m), "heading:udp u")
	m.narrow("prog-u", filterAll)
	m.reveal("u")
	expect(t, "a search that finds it", m.query, "prog-u")
	m.reveal("not there") // must not panic
}

func TestGroupsStandByWhatStartedThem(t *testing.T) {
	shop, other, term, rest, sys := listener("shop", 3000, verdictBaseline), listener("api", 8000, verdictNew),
		listener("term", 4000, verdictBaseline), listener("rest", 5000, verdictBaseline), listener("sys", 53, verdictBaseline)
	shop.Project, other.Project = "~/src/shop", "~/src/shop"
	term.Origin = reeve.Origin{Key: "tty1", Kind: reeve.OriginTerminal, Label: "Terminal", Ended: true}
	sys.Origin.Kind = reeve.OriginSystem
	m := modelOf(shop, other, term, rest, sys)
	expect(t, "flat", shownIDs(m), "api shop term rest heading:system")
	m.arrange(func(a *arrangement) { a.grouped = true })
	expect(t, "grouped", shownIDs(m),
		"heading:origin:tty1 term heading:project:~/src/shop api shop heading:rest rest heading:system")
	expect(t, "note", headingWords(m.shown[0].head), "1 listener · left behind: what started them is gone")
	m.fold("project:~/src/shop", false)
	expect(t, "one folded", shownIDs(m),
		"heading:origin:tty1 term heading:project:~/src/shop heading:rest rest heading:system")
	expect(t, "its heading", headingWords(m.shown[2].head), "2 listeners · 1 new · folded away")
}

func TestEveryColumnSortsBothWays(t *testing.T) {
	a, b, c := listener("a", 300, verdictBaseline), listener("b", 100, verdictNew), listener("c", 200, verdictKnown)
	a.Program, b.Program, c.Program = "Zeta", "alpha", "mid"
	a.Address = "127.0.0.9"
	a.Project, b.Project = "~/b", "~/a"
	c.Owners = nil
	a.Origin.Label, b.Origin.Label = "Terminal", "IDE"
	a.Since, b.Since = noon.Format(time.RFC3339), noon.Add(time.Minute).Format(time.RFC3339)
	m := modelOf(a, b, c)
	m.clients = map[string]int{"c": 2, "a": 1}
	for _, tt := range []struct {
		by             column
		want, downward string
	}{
		{columnState, "b c a", "c a b"}, // the rest stays by port
		{columnAddress, "b c a", "a c b"},
		{columnProgram, "b c a", "a c b"},
		{columnProject, "b a c", "c a b"},
		{columnOrigin, "b a c", "c a b"},
		{columnSince, "b a c", "c a b"},
		{columnClients, "c a b", "b a c"},
	} {
		m.arrange(func(o *arrangement) { o.by, o.down = tt.by, false })
		expect(t, fmt.Sprint("by column ", tt.by), shownIDs(m), tt.want)
		m.arrange(func(o *arrangement) { o.down = true })
		expect(t, fmt.Sprint("by column ", tt.by, " turned round"), shownIDs(m), tt.downward)
	}
}

func TestARestartedServerTakesThePlaceOfTheOldOne(t *testing.T) {
	a := listener("a", 80, verdictBaseline)
	again := a
	again.ID = "again"
	ev := event(reeve.EventRebound, again)
	ev.Before = "a"
	m := modelOf(a, listener("b", 90, verdictBaseline))
	m.apply(ev, noon)
	expect(t, "rows", shownIDs(m), "again b")
	m = modelOf(a, listener("b", 90, verdictBaseline))
	m.choose("a")
	m.apply(ev, noon)
	expect(t, "rows with the old one selected", shownIDs(m), "a(ended) again b")
}

func TestARowGlowsWhenItComesAndFadesWhenItEnds(t *testing.T) {
	m := modelOf(listener("a", 80, verdictBaseline))
	if m.lively(noon) {
		t.Error("lively after a snapshot: got true, want false: nothing has come")
	}
	m.apply(event(reeve.EventOpened, listener("b", 90, verdictNew)), noon)
	m.settle()
	for _, tt := range []struct {
		after time.Duration
		want  float64
	}{{0, 1}, {glowTime / 2, 1}, {glowTime * 3 / 4, 0.5}, {glowTime, 0}, {time.Hour, 0}} {
		if got := m.rows["b"].glow(noon.Add(tt.after)); got != tt.want {
			t.Errorf("glow after %v: got %v, want %v", tt.after, got, tt.want)
		}
	}
	m.apply(event(reeve.EventClosed, listener("b", 90, verdictNew)), noon)
	m.sweep(noon.Add(fadeTime-1), false)
	expect(t, "rows before the time", shownIDs(m), "b(ended) a")
	m.sweep(noon.Add(time.Hour), true)
	expect(t, "rows while somebody aims", shownIDs(m), "b(ended) a")
	m.sweep(noon.Add(fadeTime), false)
	expect(t, "rows after it", shownIDs(m), "a")
	if m.lively(noon.Add(time.Hour)) {
		t.Error("lively at the end: got true, want false")
	}
}

func TestWhatIsNewAndWhatIsWorthALookStandsFirst(t *testing.T) {
	odd := listener("odd", 9944, verdictBaseline)
	odd.Look = "its program file has been deleted"
	m := modelOf(odd, listener("a", 80, verdictBaseline), listener("n", 9999, verdictNew))
	expect(t, "order", shownIDs(m), "n odd a")
}

func TestTenThousandRowsSettleFastEnoughForAScreen(t *testing.T) {
	m := newModel()
	for i := range 10_000 {
		m.apply(event(reeve.EventOpened, listener(fmt.Sprint(i), uint16(i), verdictNew)), noon)
	}
	m.narrow("alice", filterAll)
	start := time.Now()
	m.settle()
	// A frame is 16 ms; the bound is loose because the race detector and a busy
	// machine multiply it. What it catches is a settle that is quadratic.
	if took := time.Since(start); took > time.Second {
		t.Errorf("settle of 10,000 rows: got %v, want under 1s", took)
	}
	if len(m.shown) != 10_000 {
		t.Errorf("rows: got %d, want 10000", len(m.shown))
	}
}
