package tray

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"portreeve/monitor/reeve"
)

func TestEachClickDoesItsVerbAndTellsHowItWent(t *testing.T) {
	ids := Do{Listener: "L", Owner: "O", Title: "python3 on 62893"}
	with := func(act Act, text string) Do {
		do := ids
		do.Act, do.Text = act, text
		return do
	}
	for _, tt := range []struct {
		name string
		g    Gesture
		fail error
		want []string
	}{
		{"stop", Gesture{Kind: Clicked, Do: with(ActStop, "")}, nil, []string{"stop L O", "[stopped python3 on 62893]"}},
		{"force", Gesture{Kind: Clicked, Do: with(ActForce, "")}, nil, []string{"force L O", "[stopped python3 on 62893]"}},
		{"refused", Gesture{Kind: Clicked, Do: with(ActStop, "")}, errors.New("no"), []string{"stop L O", "[stopped python3 on 62893: no]"}},
		{"an unsure stop asks", Gesture{Kind: Clicked, Unsure: true, Do: with(ActStop, "")}, nil, []string{"[ask python3 on 62893]"}},
		{"an unsure force asks", Gesture{Kind: Clicked, Unsure: true, Do: with(ActForce, "")}, nil, []string{"[ask python3 on 62893]"}},
		{"what harms nobody does not ask", Gesture{Kind: Clicked, Unsure: true, Do: with(ActDetails, "")}, nil, []string{"show listeners L"}},
		{"know", Gesture{Kind: Clicked, Do: with(ActKnow, "")}, nil, []string{"know L", "[known]"}},
		{"pause", Gesture{Kind: Clicked, Do: Do{Act: ActPause, Text: "1h"}}, nil, []string{"pause 1h"}},
		{"a pause that fails", Gesture{Kind: Clicked, Do: Do{Act: ActPause, Text: "1h"}}, errors.New("no"), []string{"pause 1h", "[failed The pause could not be changed: no]"}},
		{"open", Gesture{Kind: Clicked, Do: Do{Act: ActOpen}}, nil, []string{"show listeners "}},
		{"explain", Gesture{Kind: Clicked, Do: Do{Act: ActExplain}}, nil, []string{"show explain "}},
		{"a click on the icon", Gesture{Kind: Activated}, nil, []string{"show listeners "}},
		{"no window", Gesture{Kind: Activated}, errors.New("no display"), []string{"show listeners ", "[failed The window could not be opened: no display]"}},
		{"what was left asks about those that were shown", Gesture{Kind: Clicked, Do: Do{Act: ActStopLeft, Title: "2 dev servers", Text: "a b gone"}}, nil,
			[]string{"group ended []", "[ask left 2 dev servers[a b]]"}},
		{"what was left can't be listed", Gesture{Kind: Clicked, Do: Do{Act: ActStopLeft, Text: "a"}}, errors.New("no"),
			[]string{"group ended []", "[failed Nothing was stopped: no]"}},
		{"nothing", Gesture{Kind: Clicked}, nil, nil},
		{"quit", Gesture{Kind: Clicked, Do: Do{Act: ActQuit}}, nil, []string{"quit"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newIconStage()
				s.fail = tt.fail
				s.run(t, func() { s.note("quit") }, func() {
					s.gestures <- tt.g
					if got := s.takeDid(); !reflect.DeepEqual(got, tt.want) {
						t.Errorf("got %q, want %q", got, tt.want)
					}
				})
			})
		})
	}
}

func TestAVerbThatHangsDelaysNothingAndIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIconStage()
		s.hang = make(chan struct{})
		s.run(t, nil, func() {
			stop := Gesture{Kind: Clicked, Do: Do{Act: ActStop, Listener: "L", Title: "x"}}
			s.gestures <- stop
			s.gestures <- stop // a double click
			s.gestures <- Gesture{Kind: Clicked, Do: Do{Act: ActKnow, Listener: "K"}}
			s.see(reeve.View{Listeners: []reeve.Listener{aListener(62893)}})
			if got := s.menu(); !strings.Contains(got, "62893") {
				t.Errorf("got the menu\n%s\nwant the new listener in it", got)
			}
			if got := s.takeDid(); len(got) != 2 {
				t.Errorf("got %q, want one stop and one know", got)
			}
			time.Sleep(verbTime)
			got := s.takeDid()
			if len(got) != 2 || !strings.Contains(strings.Join(got, " "), "[stopped x: context deadline exceeded]") {
				t.Errorf("got %q, want both given up", got)
			}
			s.gestures <- stop // and may be tried again
			if got := s.takeDid(); len(got) != 1 {
				t.Errorf("got %q, want the stop again", got)
			}
		})
	})
}

// ended is the view after a listener went.
func ended(l reeve.Listener, left ...reeve.Listener) reeve.View {
	return reeve.View{Listeners: left, Events: []reeve.Event{
		{Event: reeve.EventClosed, Time: noon.Format(time.RFC3339Nano), Listener: &l},
	}}
}

func TestTheIconShowsWhatIsNewUntilItWasSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIconStage()
		s.run(t, nil, func() {
			expect := func(when string, state State, row string) {
				t.Helper()
				if got := s.icon(); got != state {
					t.Errorf("%s: got the icon %d, want %d", when, got, state)
				}
				if got := s.menu(); row != "" && !strings.Contains(got, row) {
					t.Errorf("%s: got the menu\n%s\nwant %q in it", when, got, row)
				}
			}
			s.see(reeve.View{First: true})
			expect("at first", Quiet, "[Nothing listens]")
			stranger := aListener(62893, ago(3*time.Second))
			s.see(reeve.View{Listeners: []reeve.Listener{stranger}})
			expect("with a stranger", New, "python3 · 127.0.0.1:62893 · new")
			s.see(ended(stranger))
			expect("after it ended unseen", New, "[python3 · was on 127.0.0.1:62893 for 3 s]")
			s.gestures <- Gesture{Kind: Looked, Seen: []string{"headline", "quit"}}
			expect("after a menu without that row", New, "was on 127.0.0.1:62893")
			s.gestures <- Gesture{Kind: Looked, Seen: []string{"headline", gone{Listener: stranger}.key()}}
			expect("after a menu with that row", Quiet, "[Nothing listens]")

			s.see(reeve.View{Listeners: []reeve.Listener{stranger}})
			s.gestures <- Gesture{Kind: Looked, Seen: []string{entry{Listener: stranger}.key("new")}}
			expect("seen alive and still there", New, "python3 · 127.0.0.1:62893 · new")
			s.see(ended(stranger))
			expect("ended after it was seen alive", Quiet, "[Nothing listens]")

			twin := aListener(62893, at("::1"))
			v := ended(stranger)
			v.Events = append(v.Events, reeve.Event{Event: reeve.EventOpened, Listener: &stranger}, ended(twin).Events[0], ended(stranger).Events[0])
			s.see(v)
			expect("both IP versions ended", New, "")
			if got := strings.Count(s.menu(), "was on"); got != 1 {
				t.Errorf("got %d rows for both IP versions, want 1", got)
			}
			s.see(reeve.View{Listeners: []reeve.Listener{stranger}})
			if got := s.menu(); strings.Contains(got, "was on") {
				t.Errorf("got the menu\n%s\nwant no past for what listens again", got)
			}
		})
	})
}

func TestWhatEndsBeforeItSettlesLeavesNoMark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIconStage()
		s.run(t, nil, func() {
			event := func(kind string, l reeve.Listener, d time.Duration) reeve.Event {
				return reeve.Event{Event: kind, Time: noon.Add(d).Format(time.RFC3339Nano), Listener: &l}
			}
			short, long := aListener(1), aListener(2)
			open := aListener(3, at("0.0.0.0"))
			s.see(reeve.View{Events: []reeve.Event{event("opened", short, 0), event("closed", short, 499*time.Millisecond)}})
			if got := s.icon(); got != Quiet {
				t.Errorf("after one that did not settle: got the icon %d, want %d", got, Quiet)
			}
			s.see(reeve.View{Events: []reeve.Event{
				event("opened", long, 0), event("closed", long, 500*time.Millisecond), event("opened", open, 0), event("closed", open, time.Millisecond),
			}})
			if got := s.menu(); strings.Count(got, "was on") != 2 || strings.Contains(got, "127.0.0.1:1 ") {
				t.Errorf("got the menu\n%s\nwant rows for the one that settled and the one that was open to the network", got)
			}
			s.see(reeve.View{Notices: &reeve.NoticeSettings{}, Events: []reeve.Event{event("opened", short, 0), event("closed", short, 0)}})
			if got := s.menu(); strings.Count(got, "was on") != 3 {
				t.Errorf("got the menu\n%s\nwant one more where the user lets nothing settle", got)
			}
		})
	})
}

func TestWhatEndedIsSeenWithTheRowThatCountsIt(t *testing.T) {
	var all []gone
	for p := range uint16(6) {
		all = append(all, gone{aListener(p), noon})
	}
	seen := []string{all[5].key(), all[4].key(), moreGoneKey + all[3].key()}
	if got := stillUnseen(all, seen); len(got) != 0 {
		t.Errorf("got %d unseen, want 0", len(got))
	}
	if got := stillUnseen(all, seen[:2]); len(got) != 4 {
		t.Errorf("got %d unseen without the counting row, want 4", len(got))
	}
	if got := stillUnseen(append(all, gone{aListener(7), noon}), seen); len(got) != 1 || got[0].Port != 7 {
		t.Errorf("got %v unseen, want the one that ended while the menu was open", got)
	}
}

func TestFamiliarListenersThatEndLeaveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIconStage()
		s.run(t, nil, func() {
			for _, v := range []string{"familiar", "baseline", "unknown"} {
				s.see(ended(aListener(1, verdict(v))))
			}
			s.see(ended(aListener(2, func(l *reeve.Listener) { l.Folded = true })))
			if got := s.icon(); got != Quiet {
				t.Errorf("got the icon %d, want it quiet", got)
			}
		})
	})
}

func TestThePauseEndsOnTheIconByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIconStage()
		s.run(t, nil, func() {
			until := time.Now().Add(time.Hour)
			s.see(reeve.View{Listeners: []reeve.Listener{aListener(1)}, Status: reeve.Status{PausedUntil: until.Format(time.RFC3339)}})
			if got := s.icon(); got != Paused {
				t.Errorf("got the icon %d, want it paused", got)
			}
			time.Sleep(time.Hour + time.Second)
			if got, menu := s.icon(), s.menu(); got != New || !strings.Contains(menu, "[1 new]") {
				t.Errorf("got the icon %d and the menu\n%s\nwant %d and 1 new", got, menu, New)
			}
		})
	})
}

func TestRunEndsWithItsFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, broken := newIconStage(), errors.New("the feed broke")
		if err := NewIcon(s, s, s, nil).Run(t.Context(), failingFeed{broken}); !errors.Is(err, broken) {
			t.Errorf("got %v, want %v", err, broken)
		}
	})
}

type failingFeed struct{ err error }

func (f failingFeed) Next(context.Context) (reeve.View, error) { return reeve.View{}, f.err }
