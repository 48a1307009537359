//go:build linux || freebsd || netbsd || openbsd

package tray

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// rowsOf makes plain rows whose clicks stop what the row is called.
func rowsOf(keys ...string) (rows []Row) {
	for _, k := range keys {
		rows = append(rows, Row{Key: k, Label: k, Do: Do{Act: ActStop, Listener: k}})
	}
	return rows
}

// shownKeys are the keys of the rows that GetLayout answers, in their order.
func shownKeys(m *busMenu) (keys []string) {
	for _, it := range m.root.children {
		keys = append(keys, it.row.Key)
	}
	return keys
}

func idOf(t *testing.T, m *busMenu, key string) int32 {
	t.Helper()
	for _, it := range m.root.children {
		if it.row.Key == key {
			return it.id
		}
	}
	t.Fatalf("got no row %q, want one", key)
	return 0
}

func TestAnOpenMenuIsHeldUntilItIsClosed(t *testing.T) {
	openings := map[string]func(*busMenu, time.Time){
		"told by an event":          func(m *busMenu, now time.Time) { m.open(now) },
		"told by AboutToShow first": func(m *busMenu, now time.Time) { m.aboutToShow(now); m.open(now) },
		"told by the event first":   func(m *busMenu, now time.Time) { m.open(now); m.aboutToShow(now.Add(time.Millisecond)) },
		"told twice":                func(m *busMenu, now time.Time) { m.open(now); m.open(now.Add(time.Millisecond)) },
		"told by Xfce":              func(m *busMenu, now time.Time) { m.alreadyShown(now) },
	}
	closings := map[string]struct {
		end  func(m *busMenu, id int32, now time.Time) []string
		held time.Duration
	}{
		"by the event": {func(m *busMenu, _ int32, now time.Time) []string { return m.shut(now) }, time.Second},
		"by a click": {func(m *busMenu, id int32, now time.Time) []string {
			_, seen, _ := m.click(id, now)
			return seen
		}, time.Second},
		"by nothing for 20 s": {func(m *busMenu, _ int32, now time.Time) []string {
			_, seen, _ := m.step(now)
			return seen
		}, holdTime},
	}
	for opened, open := range openings {
		for closed, c := range closings {
			t.Run(opened+", closed "+closed, func(t *testing.T) {
				m, now := newBusMenu(), noon
				m.set(rowsOf("a", "b"))
				m.step(now)
				now = now.Add(time.Minute)
				open(m, now)
				m.set(rowsOf("new", "a"))
				for _, after := range []time.Duration{0, calmTime, c.held - time.Millisecond} {
					if change, _, _ := m.step(now.Add(after)); change.structure || len(change.words) > 0 {
						t.Fatalf("got a change %v after the opening, want none", after)
					}
				}
				now = now.Add(c.held)
				if got, want := c.end(m, idOf(t, m, "a"), now), []string{"a", "b"}; !reflect.DeepEqual(got, want) {
					t.Errorf("got %q as seen, want %q", got, want)
				}
				m.step(now.Add(afterTime))
				if got, want := shownKeys(m), []string{"new", "a"}; !reflect.DeepEqual(got, want) {
					t.Errorf("got rows %q after the closing, want %q", got, want)
				}
			})
		}
	}
}

func TestAClickThatIsToldAfterTheClosingIsMeant(t *testing.T) {
	// LXQt tells "closed" a millisecond before "clicked".
	m := newBusMenu()
	now := noon
	stop := Row{Key: "stop", Label: "Stop python3", Do: Do{Act: ActStop, Title: "python3"}}
	m.set([]Row{stop})
	m.step(now)
	m.layout(rootID, -1, nil)
	id := m.root.children[0].id
	now = now.Add(time.Minute)
	m.aboutToShow(now)
	m.open(now)
	m.set([]Row{{Key: "another", Label: "Another"}, stop})
	now = now.Add(time.Second)
	m.shut(now)
	if change, _, next := m.step(now); change.structure || next != afterTime {
		t.Errorf("just after the closing: got structure %v and %v, want the rows to stay for %v", change.structure, next, afterTime)
	}
	if g, _, ok := m.click(id, now.Add(time.Millisecond)); !ok || g.Unsure || g.Do.Title != "python3" {
		t.Errorf("got %+v, %v, want the click as it was meant", g, ok)
	}
	if change, _, _ := m.step(now.Add(afterTime)); !change.structure {
		t.Error("the newcomers never came")
	}
}

func TestAboutToShowLaysOutTheNewestRows(t *testing.T) {
	m := newBusMenu()
	m.set(rowsOf("a"))
	m.step(noon)
	m.set(rowsOf("b", "a"))
	change, _ := m.aboutToShow(noon.Add(time.Millisecond)) // well within the calm
	if !change.structure {
		t.Error("got no need to fetch, want one")
	}
	if got, want := shownKeys(m), []string{"b", "a"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got rows %q, want %q", got, want)
	}
	if change, _ := newBusMenu().aboutToShow(noon); change.structure {
		t.Error("got a need to fetch for unchanged rows, want none")
	}
}

func TestAMenuWhoseClosingIsNeverToldIsFreshWhenOpenedAgain(t *testing.T) {
	m, now := newBusMenu(), noon
	m.set(rowsOf("a"))
	m.step(now)
	m.set(rowsOf("b", "a")) // not laid out yet: the calm
	if change, seen := m.alreadyShown(now.Add(time.Millisecond)); change.structure || seen != nil {
		t.Errorf("got a change %t and seen %q at the first opening, want none", change.structure, seen)
	}
	if change, _, _ := m.step(now.Add(5 * time.Second)); change.structure {
		t.Error("got a change while it may be open, want none")
	}
	change, seen := m.alreadyShown(now.Add(5 * time.Second))
	if !change.structure || !reflect.DeepEqual(seen, []string{"a"}) {
		t.Errorf("got a change %t and seen %q when opened again, want true and [a]", change.structure, seen)
	}
	if got, want := shownKeys(m), []string{"b", "a"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got rows %q, want %q", got, want)
	}
	m.set(rowsOf("c"))
	if change, _, _ := m.step(now.Add(24 * time.Second)); change.structure {
		t.Error("got a change 19 s after the second opening, want none")
	}
}

func TestAskingAheadIsNotLooking(t *testing.T) {
	m := newBusMenu()
	m.set(rowsOf("a"))
	m.aboutToShow(noon)
	m.set(rowsOf("a", "b"))
	if _, seen, next := m.step(noon); seen != nil || next != promiseTime {
		t.Errorf("got seen %q and %v to wait, want none and %v", seen, next, promiseTime)
	}
	change, seen, _ := m.step(noon.Add(promiseTime))
	if seen != nil || !change.structure {
		t.Errorf("got seen %q and a change %t, want none and true", seen, change.structure)
	}
}

func TestAClosedMenuChangesFourTimesASecondAtMost(t *testing.T) {
	m, changes := newBusMenu(), 0
	for i := range 100 {
		m.set(rowsOf(fmt.Sprint(i)))
		if change, _, _ := m.step(noon.Add(time.Duration(i) * 10 * time.Millisecond)); change.structure {
			changes++
		}
	}
	if changes != 4 {
		t.Errorf("got %d changes in a second, want 4", changes)
	}
	if change, _, next := m.step(noon.Add(time.Second)); !change.structure {
		t.Errorf("got no change and %v to wait, want the last rows laid out", next)
	}
	m.set(rowsOf("99"))
	if change, _, next := m.step(noon.Add(time.Minute)); change.structure || next != 0 {
		t.Errorf("got a change %t and %v to wait for the same rows, want none and 0", change.structure, next)
	}
}

func TestOtherWordsAreNoOtherStructure(t *testing.T) {
	m := newBusMenu()
	m.set(rowsOf("a", "b"))
	first, _, _ := m.step(noon)
	rows := rowsOf("a", "b")
	rows[1].Label = "other_words"
	m.set(rows)
	change, _, _ := m.step(noon.Add(time.Second))
	if change.structure || change.revision != first.revision || len(change.words) != 1 {
		t.Fatalf("got structure %t, revision %d, %d rows with other words, want false, %d, 1",
			change.structure, change.revision, len(change.words), first.revision)
	}
	if got := change.words[0].Properties["label"].Value(); change.words[0].ID != idOf(t, m, "b") || got != "other__words" {
		t.Errorf("got row %d with %q, want %d with %q", change.words[0].ID, got, idOf(t, m, "b"), "other__words")
	}
}

func TestARowKeepsItsNumberAndNumbersAreNotGivenAgain(t *testing.T) {
	m, now := newBusMenu(), noon
	given := map[int32]string{}
	var forever int32
	for i := range 5000 {
		now = now.Add(time.Second)
		key := fmt.Sprint("row ", i)
		m.set(append(rowsOf(key), rowsOf("forever")...))
		m.step(now)
		id := idOf(t, m, key)
		if was, ok := given[id]; ok {
			t.Fatalf("got number %d for %s after %s, want a fresh one", id, key, was)
		}
		given[id] = key
		if f := idOf(t, m, "forever"); i > 0 && f != forever {
			t.Fatalf("got number %d for the row that stays, want %d", f, forever)
		} else {
			forever = f
		}
	}
	if n := len(m.items); n > 3*keptRows {
		t.Errorf("got %d remembered rows, want at most %d", n, 3*keptRows)
	}
}

// gnomeShows is what GNOME's AppIndicator extension shows after a new layout:
// dbusMenu.js, _doLayoutUpdate, with _onRootChildMoved as it is.
func gnomeShows(screen, layout []int32) []int32 {
	screen = slices.Clone(screen)
	old := slices.Clone(screen)
	for i, id := range layout {
		if k := slices.Index(old, id); k >= 0 {
			old = slices.Delete(old, k, k+1) // it should be moved, and isn't
			continue
		}
		screen = slices.Insert(screen, min(i, len(screen)), id)
	}
	return slices.DeleteFunc(screen, func(id int32) bool { return slices.Contains(old, id) })
}

func TestGNOMEShowsTheRowsInTheirOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	m, now := newBusMenu(), noon
	var screen []int32
	kept, wrong := 0, 0
	for round := range 5000 {
		var keys []string
		for _, k := range random.Perm(12)[:random.IntN(12)] {
			keys = append(keys, fmt.Sprint("row ", k))
		}
		if round%2 == 0 {
			slices.Sort(keys) // as menus are: rows come and go more than they move
		}
		now = now.Add(time.Second)
		m.set(rowsOf(keys...))
		m.step(now)
		var layout []int32
		for _, it := range m.root.children {
			layout = append(layout, it.id)
			if slices.Contains(screen, it.id) {
				kept++
			}
		}
		if round%3 == 1 {
			continue // the host is slow, and fetches the next one only
		}
		m.layout(rootID, -1, nil)
		screen = gnomeShows(screen, layout)
		if !slices.Equal(screen, layout) {
			wrong++
			t.Logf("round %d: got %v on the screen, want %v", round, screen, layout)
		}
		if got := shownKeys(m); !slices.Equal(got, keys) {
			t.Fatalf("got rows %q, want %q", got, keys)
		}
	}
	if wrong > 0 || kept < 3000 {
		t.Errorf("got %d of 5000 menus in a wrong order and %d kept numbers, want none and at least 3000", wrong, kept)
	}
}

func TestALayoutThatNobodyFetchedIsNotTakenForSeen(t *testing.T) {
	m := newBusMenu()
	m.set(rowsOf("a"))
	first, _, _ := m.step(noon)
	rows := rowsOf("a")
	rows[0].Label = "other"
	m.set(rows)
	change, _, _ := m.step(noon.Add(time.Second))
	if change.structure || change.revision != first.revision {
		t.Errorf("got structure %t and revision %d for other words, want false and %d", change.structure, change.revision, first.revision)
	}
}

func TestRowsThatStayKeepTheirNumbers(t *testing.T) {
	for _, tt := range []struct {
		name              string
		before, now, kept []string
	}{
		{"one comes on top", []string{"a", "b", "c"}, []string{"n", "a", "b", "c"}, []string{"a", "b", "c"}},
		{"one comes between", []string{"a", "b", "c"}, []string{"a", "n", "b", "c"}, []string{"a", "b", "c"}},
		{"one goes", []string{"a", "b", "c"}, []string{"a", "c"}, []string{"a", "c"}},
		{"one goes and one comes in its place", []string{"a", "b", "c"}, []string{"a", "n", "c"}, []string{"a", "c"}},
		{"one comes below a row that moved up", []string{"a", "b", "c", "d"}, []string{"a", "c", "n", "d"}, []string{"a", "d"}},
		{"two change places", []string{"a", "b", "c"}, []string{"b", "a", "c"}, []string{"a", "c"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newBusMenu()
			m.set(rowsOf(tt.before...))
			m.step(noon)
			m.layout(rootID, -1, nil)
			had := map[int32]bool{}
			for _, it := range m.root.children {
				had[it.id] = true
			}
			m.set(rowsOf(tt.now...))
			m.step(noon.Add(time.Second))
			var kept []string
			for _, it := range m.root.children {
				if had[it.id] {
					kept = append(kept, it.row.Key)
				}
			}
			if !slices.Equal(kept, tt.kept) {
				t.Errorf("got %q with their old numbers, want %q", kept, tt.kept)
			}
		})
	}
}

func TestAClickMeansItsRowThoughThatHasGone(t *testing.T) {
	m := newBusMenu()
	m.set(rowsOf("a"))
	m.step(noon)
	id := idOf(t, m, "a")
	m.set(rowsOf("b"))
	m.step(noon.Add(time.Second))
	g, _, ok := m.click(id, noon.Add(time.Minute))
	if want := (Gesture{Kind: Clicked, Do: Do{Act: ActStop, Listener: "a"}}); !ok || !reflect.DeepEqual(g, want) {
		t.Errorf("got %+v, %t, want %+v", g, ok, want)
	}
	for _, id := range []int32{rootID, 4711, -1} {
		if g, _, ok := m.click(id, noon); ok {
			t.Errorf("row %d: got %+v, want nothing", id, g)
		}
	}
}

func TestAClickSoonAfterAChangeIsUnsureUnlessTheMenuWasHeld(t *testing.T) {
	for _, tt := range []struct {
		name   string
		opened bool
		after  time.Duration
		words  bool
		want   bool
	}{
		{name: "at once", want: true},
		{name: "just within", after: unsureTime - 1, want: true},
		{name: "a second later", after: unsureTime, want: false},
		{name: "in a held menu", opened: true, want: false},
		{name: "only words changed", words: true, want: false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, now := newBusMenu(), noon
			m.set(rowsOf("a"))
			m.step(now)
			now = now.Add(time.Minute)
			rows := rowsOf("b", "a")
			if tt.words {
				rows = rowsOf("a")
				rows[0].Label = "other"
			}
			m.set(rows)
			m.step(now)
			if tt.opened {
				m.open(now)
			}
			g, _, _ := m.click(idOf(t, m, "a"), now.Add(tt.after))
			if g.Unsure != tt.want {
				t.Errorf("got unsure %t, want %t", g.Unsure, tt.want)
			}
		})
	}
}

func TestLayoutGoesAsDeepAsAsked(t *testing.T) {
	m := newBusMenu()
	m.set([]Row{{Key: "s", Label: "s", Rows: rowsOf("below")}, {Key: "-", Separator: true}, {Key: "d", Label: "d", Disabled: true}})
	m.step(noon)
	for _, tt := range []struct {
		depth       int32
		below, sub  int
		parentIsSub bool
	}{{0, 0, 0, false}, {1, 3, 0, false}, {2, 3, 1, false}, {-1, 3, 1, false}, {-1, 1, 0, true}} {
		parent := int32(rootID)
		if tt.parentIsSub {
			parent = idOf(t, m, "s")
		}
		_, n, ok := m.layout(parent, tt.depth, nil)
		sub := 0
		if len(n.Children) > 0 {
			sub = len(n.Children[0].Value().(layoutNode).Children)
		}
		if !ok || len(n.Children) != tt.below || sub != tt.sub {
			t.Errorf("depth %d of %d: got %d rows and %d below the first, want %d and %d", tt.depth, parent, len(n.Children), sub, tt.below, tt.sub)
		}
	}
	_, n, _ := m.layout(rootID, 1, []string{"label", "type"})
	var got []string
	for _, c := range n.Children {
		for name, v := range c.Value().(layoutNode).Properties {
			got = append(got, name+"="+fmt.Sprint(v.Value()))
		}
	}
	if want := []string{"label=s", "type=separator", "label=d"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got properties %q, want %q", got, want)
	}
}

func TestLabelsAreFitForTheBus(t *testing.T) {
	for in, want := range map[string]string{"my_app": "my__app", "a\x00b": "ab", "\xff": "\uFFFD", "plain · ü": "plain · ü"} {
		if got := busLabel(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
