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
	m.apply(snapshot(ls...), noon)
	m.settle()
	return m
}

func shownIDs(m *model) string {
	m.settle()
	var ids []string
	for _, r := range m.shown {
		id := r.ID
		if r.ended {
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
		{"closed", event(reeve.EventClosed, listener("a", 80, verdictBaseline)), "d c b"},
		{"closed again", event(reeve.EventClosed, listener("a", 80, verdictBaseline)), "d c b"},
		{"rebound", event(reeve.EventRebound, listener("c", 95, verdictBaseline)), "d b c"},
		{"became new", event(reeve.EventJudged, listener("c", 95, verdictNew)), "c d b"},
		{"status", reeve.Event{Event: reeve.EventStatus, Status: &reeve.Status{}}, "c d b"},
		{"of a newer resident", event("renamed", listener("x", 1, verdictNew)), "c d b"},
		{"without what it is about", reeve.Event{Event: reeve.EventOpened}, "c d b"},
		{"snapshot", snapshot(listener("b", 90, verdictBaseline), listener("e", 1, verdictBaseline)), "e b"},
	}
	for _, s := range steps {
		m.apply(s.ev, noon)
		expect(t, s.name, shownIDs(m), s.want)
	}
}

func TestARowThatBecomesKnownStaysWhereItIs(t *testing.T) {
	m := modelOf(listener("a", 80, verdictBaseline), listener("b", 9000, verdictNew))
	m.apply(event(reeve.EventJudged, listener("b", 9000, verdictKnown)), noon)
	expect(t, "order", shownIDs(m), "b a")
	expect(t, "verdict", verdictOf(&m.shown[0].Listener).word, "Known")
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
	m.choose("b")
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
		{"alice 62893", "a"},
		{"62893 prog-b", ""},
		{"  ", "a b"},
	} {
		m.query = tt.query
		expect(t, "search for "+tt.query, shownIDs(m), tt.want)
	}
}

func TestFoldedRowsShowOnlyWhenAskedForOrSelected(t *testing.T) {
	u := listener("u", 5353, verdictBaseline)
	u.Protocol, u.Folded = "udp", true
	m := modelOf(u, listener("a", 80, verdictBaseline))
	expect(t, "at first", shownIDs(m), "a")
	m.choose("u")
	expect(t, "selected", shownIDs(m), "a u")
	m.choose("a")
	m.folded = true
	expect(t, "asked for", shownIDs(m), "a u")
}

func TestRevealLiftsTheSearchAndTheFold(t *testing.T) {
	u := listener("u", 5353, verdictBaseline)
	u.Folded = true
	m := modelOf(u)
	m.query = "nothing like it"
	m.reveal("u")
	if m.query != "" || !m.folded {
		t.Errorf("query and fold: got %q, %v, want empty and shown", m.query, m.folded)
	}
	m.query = "prog-u"
	m.reveal("u")
	expect(t, "a search that finds it", m.query, "prog-u")
	m.reveal("not there") // must not panic
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
	m.query = "alice"
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
