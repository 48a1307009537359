package window

import (
	"context"
	"errors"
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

func TestTypingInTheSearchNarrowsTheListAndEscBringsItBack(t *testing.T) {
	d := open(t, reeve.ShowRequest{}, listener("a", 80, verdictNew), listener("b", 90, verdictNew))
	d.list.TypedRune('/')
	if got := d.win.Canvas().Focused(); got != fyne.Focusable(d.search) {
		t.Fatalf("focus after /: got %T, want the search", got)
	}
	test.Type(d.search, "prog-b")
	if got := d.list.Length(); got != 1 {
		t.Errorf("rows: got %d, want 1", got)
	}
	test.Type(d.search, " xyz")
	expect(t, "empty list", d.empty.title.Text, "Nothing matches “prog-b xyz”")
	press(d.search, fyne.KeyEscape)
	if got := d.list.Length(); got != 2 {
		t.Errorf("rows after Esc: got %d, want 2", got)
	}
	expect(t, "empty list's text", d.empty.title.Text, "")
	if got := d.win.Canvas().Focused(); got != fyne.Focusable(d.list) {
		t.Errorf("focus after Esc: got %T, want the list", got)
	}
	test.Type(d.search, "prog-b")
	press(d.list, fyne.KeyEscape)
	expect(t, "search after Esc on the list", d.search.Text, "")
}

func TestTheSelectionStaysThroughLiveChanges(t *testing.T) {
	var ls []reeve.Listener
	for i := range 40 {
		ls = append(ls, listener(fmt.Sprintf("l%02d", i), uint16(1000+i), verdictBaseline))
	}
	d := open(t, reeve.ShowRequest{}, ls...)
	d.list.ScrollTo(25)
	test.Tap(d.rowOf("l20"))
	expect(t, "selected", d.selectedRow(), "l20")
	before := d.placeOf("l20")

	d.feed(event(reeve.EventOpened, listener("n1", 5000, verdictNew)),
		event(reeve.EventOpened, listener("n2", 5001, verdictNew)),
		event(reeve.EventClosed, ls[39]),
		event(reeve.EventClosed, ls[0]))
	d.until("all four are shown", func() bool {
		return d.model.index("n2") >= 0 && d.model.rows["l39"].ended && d.model.rows["l00"].ended
	})
	d.pass(fadeTime)
	if d.model.index("l39") >= 0 || d.model.index("l00") >= 0 {
		t.Error("rows that ended: got them still, want them gone")
	}
	expect(t, "selected", d.selectedRow(), "l20")
	expect(t, "details", d.details.title.Text, "prog-l20")
	if after := d.placeOf("l20"); after != before {
		t.Errorf("place on the screen: got %v, want %v as before", after, before)
	}
	press(d.list, fyne.KeyDown)
	expect(t, "selected after an arrow", d.selectedRow(), "l21")
}

func TestANewListenerIsSeenWhileTheListStandsAtItsTop(t *testing.T) {
	d := open(t, reeve.ShowRequest{}, listener("a", 80, verdictBaseline), listener("b", 90, verdictBaseline))
	d.feed(event(reeve.EventOpened, listener("n", 62893, verdictNew)))
	d.until("it is shown", func() bool { return d.model.index("n") == 0 })
	if got := d.list.GetScrollOffset(); got != 0 {
		t.Errorf("offset: got %v, want 0", got)
	}
	expect(t, "foot", d.foot.Text, "3 listeners · 1 new")
}

func TestALostWatchIsSaidAndComesBackByItself(t *testing.T) {
	d := open(t, reeve.ShowRequest{Listener: "a"}, listener("a", 80, verdictNew))
	d.send(watched{err: errors.New("read: connection reset")})
	d.until("it is said", func() bool { return len(d.banners.shown) > 0 })
	want := []string{"Portreeve's watch is not running. The list is as of 12:00."}
	if got := d.bannerTexts(); !slices.Equal(got, want) {
		t.Errorf("banners: got %q, want %q", got, want)
	}
	if got := d.list.Length(); got != 1 {
		t.Errorf("rows while it is lost: got %d, want 1", got)
	}
	d.feed(snapshot(listener("a", 80, verdictNew), listener("b", 90, verdictNew)))
	d.until("it is back", func() bool { return len(d.banners.shown) == 0 })
	expect(t, "selected", d.selectedRow(), "a")
	if got := d.list.Length(); got != 2 {
		t.Errorf("rows: got %d, want 2", got)
	}
}

func TestAWindowWithoutAResidentSaysWhatToDo(t *testing.T) {
	d := openSilent(t, reeve.ShowRequest{})
	expect(t, "before the first answer", d.empty.title.Text, "Asking Portreeve what listens…")
	d.send(watched{err: &reeve.Error{Code: reeve.CodeNoResident, Message: "connect: nobody answers"}})
	d.until("it is said", func() bool { return len(d.banners.shown) > 0 })
	expect(t, "banner", d.bannerTexts()[0], "Portreeve's watch is not running.")
	expect(t, "empty list", d.empty.title.Text, "Portreeve is not running")
	d.feed(snapshot())
	d.until("it is back", func() bool { return len(d.banners.shown) == 0 })
	expect(t, "empty list", d.empty.title.Text, "Nothing listens")
}

func TestAShowEventRevealsSelectsAndTurnsThePage(t *testing.T) {
	u := listener("u", 5353, verdictBaseline)
	u.Folded, u.Look = true, "its program file has been deleted"
	d := open(t, reeve.ShowRequest{}, listener("a", 80, verdictNew), u)
	test.Type(d.search, "prog-a")
	d.feed(reeve.Event{Event: reeve.EventShow, Show: &reeve.ShowRequest{Page: reeve.PageReview, Listener: "u"}})
	d.until("it is selected", func() bool { return d.selectedRow() == "u" })
	expect(t, "search", d.search.Text, "")
	if d.model.index("u") < 0 {
		t.Error("the folded row: got it hidden, want it shown")
	}
	expect(t, "details", d.details.title.Text, "prog-u")
}

func TestTheWindowOpensOnAListenerThatComesLater(t *testing.T) {
	d := openSilent(t, reeve.ShowRequest{Page: reeve.PageListeners, Listener: "late"})
	var ls []reeve.Listener
	for i := range 40 {
		ls = append(ls, listener(fmt.Sprintf("l%02d", i), uint16(1000+i), verdictNew))
	}
	late := listener("late", 5000, verdictNew)
	late.Folded = true
	d.feed(snapshot(append(ls, late)...))
	d.until("its details are shown", func() bool { return d.details.title.Text == "prog-late" && d.details.box.Visible() })
	d.rowOf("late") // fails where it is out of sight
	d.list.ScrollToTop()
	d.feed(event(reeve.EventClosed, ls[0]))
	d.until("a later change is shown", func() bool { return d.model.rows["l00"].ended })
	if got := d.list.GetScrollOffset(); got != 0 {
		t.Errorf("offset after a later change: got %v, want 0, since it was revealed once", got)
	}
}

func TestBannersSayProblemsPauseAndWhatIsHidden(t *testing.T) {
	d := openSilent(t, reeve.ShowRequest{})
	d.verbs.status = reeve.Status{Problems: []reeve.Problem{{Text: "The disk is full."}, {About: reeve.AboutList, Text: "The list may be old: read: out of memory."}},
		PausedUntil: noon.Add(time.Hour).Format(time.RFC3339)}
	d.model.apply(reeve.Event{Event: reeve.EventSnapshot, Snapshot: &reeve.Listing{Partial: "read: out of memory"}}, noon)
	d.refresh()
	want := []string{"The list may be old: read: out of memory."}
	if got := d.bannerTexts(); !slices.Equal(got, want) {
		t.Errorf("banners before the status: got %q, want %q", got, want)
	}
	d.feed(reeve.Event{Event: reeve.EventSnapshot, Snapshot: &reeve.Listing{Partial: "read: out of memory"}})
	d.until("the status is shown", func() bool { return len(d.banners.shown) == 3 })
	want = []string{"The disk is full.", "The list may be old: read: out of memory.", "Notices are held back until 13:00."}
	if got := d.bannerTexts(); !slices.Equal(got, want) {
		t.Errorf("banners: got %q, want %q", got, want)
	}
	d.banners.shown[2].act()
	d.until("notices come again", func() bool { return d.outcome.text.Text == "Notices come again." })
	if got, want := d.verbs.requests(), []any{reeve.PauseRequest{For: "off"}}; !slices.Equal(got, want) {
		t.Errorf("requests: got %v, want %v", got, want)
	}
	d.feed(reeve.Event{Event: reeve.EventStatus, Status: &reeve.Status{Problems: []reeve.Problem{{Text: "Another."}}}})
	want = []string{"Another."} // and the list is no longer said to be old
	d.until("the status is shown", func() bool { return slices.Equal(d.bannerTexts(), want) })
}

func TestTheKeyboardReachesEverything(t *testing.T) {
	d := open(t, reeve.ShowRequest{}, listener("a", 80, verdictNew), listener("b", 90, verdictNew), listener("c", 95, verdictNew))
	for _, tt := range []struct {
		key  fyne.KeyName
		want string
	}{
		{fyne.KeyDown, "a"}, {fyne.KeyDown, "b"}, {fyne.KeyUp, "a"}, {fyne.KeyUp, "a"},
		{fyne.KeyEnd, "c"}, {fyne.KeyDown, "c"}, {fyne.KeyHome, "a"}, {fyne.KeyPageDown, "c"}, {fyne.KeyPageUp, "a"},
	} {
		press(d.list, tt.key)
		expect(t, string(tt.key), d.selectedRow(), tt.want)
	}
	press(d.list, fyne.KeyReturn)
	if got := d.win.Canvas().Focused(); got != fyne.Focusable(d.details.stop) {
		t.Errorf("focus after Enter: got %T, want the first button", got)
	}
	d.win.Canvas().(interface{ TypedShortcut(fyne.Shortcut) }).TypedShortcut(&fyne.ShortcutCopy{})
	expect(t, "clipboard", d.clip.Content(), "127.0.0.1:80")
	expect(t, "outcome", d.outcome.text.Text, "Copied 127.0.0.1:80")
}

func TestNothingThatAProgramSaysReachesTheScreenRaw(t *testing.T) {
	const evil = "x\u202e\x1b[1m\n\xffy"
	l := listener("a", 80, verdictNew)
	l.Program, l.Place, l.Look, l.Hidden, l.Reach = evil, evil, evil, evil, evil
	l.Owners = []reeve.Owner{{ID: "o", Name: evil, Exe: evil, Cmdline: []string{evil}, Dir: evil, User: evil,
		Started: evil, Unit: evil, Container: evil, Parents: []string{evil}}}
	l.Since = evil
	d := openSilent(t, reeve.ShowRequest{Listener: "a"})
	d.verbs.status = reeve.Status{Problems: []reeve.Problem{{Text: evil}}}
	d.feed(snapshot(l))
	d.until("all is shown", func() bool { return slices.Contains(d.bannerTexts(), clean(evil, longText)) })
	d.verbs.stop = func(context.Context, reeve.StopRequest) (*reeve.Stopped, error) {
		return &reeve.Stopped{Text: evil, Hint: evil}, nil
	}
	test.Tap(d.details.stop)
	d.until("the stop is told", func() bool { return !d.details.stop.Disabled() })

	seen := 0
	for _, o := range test.LaidOutObjects(d.win.Content()) {
		text, ok := o.(*canvas.Text)
		if !ok {
			continue
		}
		if strings.Contains(text.Text, "x") {
			seen++
		}
		if strings.ContainsAny(text.Text, "\u202e\x1b\n") || strings.Contains(text.Text, "\xff") {
			t.Errorf("text on the screen: got %q, want it cleaned", text.Text)
		}
	}
	if seen < 10 {
		t.Errorf("texts of the program on the screen: got %d, want at least 10, else nothing was tested", seen)
	}
}

func TestEveryGoroutineEndsWithTheWindow(t *testing.T) {
	d := open(t, reeve.ShowRequest{Listener: "a"}, listener("a", 80, verdictNew))
	asked := make(chan struct{})
	d.verbs.stop = func(ctx context.Context, _ reeve.StopRequest) (*reeve.Stopped, error) {
		close(asked)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	test.Tap(d.details.stop)
	<-asked
	ended := make(chan struct{})
	go func() { d.close(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("close with a stop under way: got no end, want one")
	}
	d.verbs.mu.Lock()
	defer d.verbs.mu.Unlock()
	if d.verbs.left != 1 {
		t.Errorf("watches that have ended: got %d, want 1", d.verbs.left)
	}
	// What still waits for the screen must not touch a closed window.
	text := d.outcome.text.Text
	for len(d.queue) > 0 {
		(<-d.queue)()
	}
	expect(t, "outcome after the end", d.outcome.text.Text, text)
}

func TestTenThousandEventsDoNotBlockTheScreen(t *testing.T) {
	d := open(t, reeve.ShowRequest{})
	drawn := 0
	go func() {
		for i := range 10_000 {
			select {
			case d.verbs.watch <- watched{event: event(reeve.EventOpened, listener(fmt.Sprint(i), uint16(i), verdictNew))}:
			case <-d.ctx.Done():
				return
			}
		}
	}()
	d.until("all are shown", func() bool { drawn++; return d.model.count().all == 10_000 })
	if drawn > 5_000 {
		t.Errorf("draws for 10,000 events: got %d, want them taken together", drawn)
	}
}

func TestColumnsNeverOverlapAndFillTheWidth(t *testing.T) {
	for _, width := range []float32{400, 460, 500, 600, 660, 900, 1600} {
		for _, grouped := range []bool{false, true} {
			x := float32(rowPadding)
			columnsOf(width, grouped).each(func(c column, at, wide float32) {
				if at != x {
					t.Errorf("width %v, column %d: got x %v, want %v", width, c, at, x)
				}
				x += wide + cellGap
			})
			if x != max(width, rowPadding+stateWidth+addressWidth+programWidth) {
				t.Errorf("width %v: got columns of %v together", width, x)
			}
		}
	}
}

// rowOf gives what on the screen shows a listener.
func (d *desk) rowOf(id string) fyne.Tappable { return d.rowViewOf(id) }

// placeOf is where a listener's row stands on the screen, from the list's top.
func (d *desk) placeOf(id string) float32 {
	d.t.Helper()
	item := d.item(id)
	if item == nil {
		d.t.Fatalf("row of %s: got none on the screen, want one", id)
	}
	return item.Position().Y - d.list.GetScrollOffset()
}

// stateOf is what stands in a row's first column; empty where the row is not on
// the screen.
func (d *desk) stateOf(id string) string {
	for _, o := range test.LaidOutObjects(d.list) {
		if v, is := o.(*rowView); is && v.cells[columnProgram].full == "prog-"+id {
			return v.sign.full + " " + v.cells[columnState].full
		}
	}
	return ""
}

// item finds the list's own wrapper of a row by the program in it: LaidOutObjects
// gives parents before their children.
func (d *desk) item(id string) fyne.CanvasObject {
	var last fyne.CanvasObject
	for _, o := range test.LaidOutObjects(d.list) {
		switch o := o.(type) {
		case *rowView:
			if o.cells[columnProgram].full == "prog-"+id {
				return last
			}
		case fyne.Tappable:
			last = o.(fyne.CanvasObject)
		}
	}
	return nil
}
