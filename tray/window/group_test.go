package window

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

func project() *reeve.Group {
	return &reeve.Group{Title: "the project ~/src/shop",
		Members: []reeve.Member{
			{Owner: "m1", PID: 4711, Program: "node", Place: "vite in ~/src/shop", Listens: []string{"127.0.0.1:5173", "[::1]:5173"}},
			{Owner: "m2", PID: 4712, Program: "python3", Listens: []string{}},
		},
		Spared: []reeve.Member{{Owner: "s", PID: 4000, Program: "bash", Why: "it is the shell that you type in", Listens: []string{}}},
	}
}

func grouping(t *testing.T, answer func(reeve.GroupRequest) (*reeve.Group, error)) *desk {
	t.Helper()
	d := open(t, reeve.ShowRequest{Listener: "a"}, listener("a", 80, verdictNew), listener("b", 90, verdictNew))
	d.verbs.group = func(_ context.Context, q reeve.GroupRequest) (*reeve.Group, error) { return answer(q) }
	return d
}

func TestTheMenuBesideStopListsFirstAndThenStopsExactlyThose(t *testing.T) {
	for i, of := range []string{reeve.OfGroup, reeve.OfSession, reeve.OfProject} {
		const told = "1 of 2 programs have ended; still there: python3."
		d := grouping(t, func(q reeve.GroupRequest) (*reeve.Group, error) {
			g := project()
			if len(q.Confirmed) > 0 {
				g.Members[0].Ended, g.Members[1].Why = true, "it was asked to end and still runs"
				g.Text = told
			}
			return g, nil
		})
		test.Tap(d.details.more)
		for range i + 2 { // Force stop stands first
			d.typeKey(fyne.KeyDown)
		}
		d.typeKey(fyne.KeyReturn)
		if got, want := d.answers(), []string{"Stop 2 programs", "Cancel"}; !slices.Equal(got, want) {
			t.Fatalf("answers: got %q, want %q", got, want)
		}
		for _, want := range []string{"The project ~/src/shop has 2 programs to stop.", "node", "pid 4711 · 127.0.0.1:5173, [::1]:5173 · vite in",
			"python3", "pid 4712", "Left alone", "bash", "pid 4000 · it is the shell that you type in"} {
			if got := d.texts(); !strings.Contains(got, want) {
				t.Errorf("dialog: got %q, want %q in it", got, want)
			}
		}
		dry := reeve.GroupRequest{ID: "a", Owner: "owner-a", Of: of}
		if got, want := d.verbs.requests(), []any{dry}; !reflect.DeepEqual(got, want) {
			t.Errorf("requests before the answer: got %+v, want %+v", got, want)
		}
		test.Tap(d.question.answers[0])
		expect(t, "while it runs", d.outcome.text.Text, "Stopping 2 programs…")
		d.until("it is told", func() bool { return strings.HasPrefix(d.outcome.text.Text, told) })
		expect(t, "outcome", d.outcome.text.Text, told+"\npython3 (pid 4712): it was asked to end and still runs.")
		sure := dry
		sure.Confirmed = []string{"m1", "m2"}
		if got, want := d.verbs.requests(), []any{dry, sure}; !reflect.DeepEqual(got, want) {
			t.Errorf("requests: got %+v, want %+v", got, want)
		}
	}
}

func TestEnterAndEscNeverStopAGroup(t *testing.T) {
	for _, key := range []fyne.KeyName{fyne.KeyReturn, fyne.KeyEscape} {
		d := grouping(t, func(reeve.GroupRequest) (*reeve.Group, error) { return project(), nil })
		d.stopGroup(reeve.OfProject)
		d.answers()
		d.typeKey(key)
		if d.question != nil {
			t.Errorf("question after %s: got one, want none", key)
		}
		expect(t, "outcome", d.outcome.text.Text, "Nothing was stopped: the project ~/src/shop has 2 programs to stop.")
		if got := len(d.verbs.requests()); got != 1 {
			t.Errorf("requests: got %d, want the dry run alone", got)
		}
	}
}

func TestAListOfMembersWaitsWhileTheUserIsElsewhere(t *testing.T) {
	release := make(chan struct{})
	d := grouping(t, func(reeve.GroupRequest) (*reeve.Group, error) { <-release; return project(), nil })
	d.stopGroup(reeve.OfProject)
	if !d.outcome.spin.Visible() || !d.details.stop.Disabled() || !d.details.more.Disabled() {
		t.Error("while it looks: got no progress or buttons that work, want progress and buttons off")
	}
	test.Tap(d.rowOf("b")) // the window is not frozen
	close(release)
	d.until("it is told", func() bool { return len(d.offered()) > 0 })
	if d.question != nil {
		t.Error("got a question, want none")
	}
	test.Tap(d.offer("Show them…"))
	expect(t, "answer", d.answers()[0], "Stop 2 programs")
}

func TestAGroupThatIsNoneIsSaid(t *testing.T) {
	d := grouping(t, func(reeve.GroupRequest) (*reeve.Group, error) {
		return nil, &reeve.Error{Code: reeve.CodeUnsure, Message: "prog-a runs in no project"}
	})
	d.stopGroup(reeve.OfProject)
	d.until("it is told", func() bool { return d.outcome.text.Text == "Not done: prog-a runs in no project." })

	d = grouping(t, func(reeve.GroupRequest) (*reeve.Group, error) {
		g := project()
		g.Members = []reeve.Member{}
		return g, nil
	})
	d.stopGroup(reeve.OfGroup)
	if got, want := d.answers(), []string{"Close"}; !slices.Equal(got, want) {
		t.Errorf("answers where all are spared: got %q, want %q", got, want)
	}
}

func TestALongListOfMembersFitsTheWindow(t *testing.T) {
	if raceDetector {
		t.Skip("it draws for long and has one goroutine: the pass without the race detector does this")
	}
	const evil = "x\u202e\x1b[1m\n\xff"
	d := grouping(t, func(reeve.GroupRequest) (*reeve.Group, error) {
		g := &reeve.Group{Title: evil}
		for i := range 300 {
			g.Members = append(g.Members, reeve.Member{Owner: fmt.Sprint(i), Program: evil, Place: evil, Listens: []string{evil}, Why: evil})
		}
		return g, nil
	})
	d.stopGroup(reeve.OfSession)
	d.answers()
	size, room := d.question.dialog.MinSize(), d.win.Canvas().Size()
	if size.Width > room.Width || size.Height > room.Height {
		t.Errorf("dialog: got %v, want it to fit %v", size, room)
	}
	if got := d.texts(); strings.ContainsAny(got, "\u202e\x1b") || strings.Contains(got, "\xff") || !strings.Contains(got, `\u202e`) {
		t.Errorf("dialog: got %.200q, want it cleaned", got)
	}
	if got := d.question.answers[0].Importance; got != widget.DangerImportance {
		t.Errorf("importance: got %v, want %v", got, widget.DangerImportance)
	}
}
