package tray

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"portreeve/monitor/reeve"
)

// iconStage is a host, verbs, teller and feed at once, all of them records.
type iconStage struct {
	gestures chan Gesture
	views    chan reeve.View
	hang     chan struct{} // verbs wait for it, where set

	mu   sync.Mutex
	look Look
	rows []Row
	did  []string // verbs and what was told, in order
	fail error    // the verbs' answer
}

func newIconStage() *iconStage {
	return &iconStage{gestures: make(chan Gesture), views: make(chan reeve.View)}
}

func (s *iconStage) SetIcon(l Look)           { s.mu.Lock(); s.look = l; s.mu.Unlock() }
func (s *iconStage) SetMenu(rows []Row)       { s.mu.Lock(); s.rows = rows; s.mu.Unlock() }
func (s *iconStage) Gestures() <-chan Gesture { return s.gestures }

func (s *iconStage) Next(ctx context.Context) (reeve.View, error) {
	select {
	case v := <-s.views:
		return v, nil
	case <-ctx.Done():
		return reeve.View{}, ctx.Err()
	}
}

func (s *iconStage) note(what ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.did = append(s.did, strings.Join(what, " "))
}

func (s *iconStage) verb(ctx context.Context, what ...string) error {
	s.note(what...)
	if s.hang != nil {
		select {
		case <-s.hang:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return s.fail
}

func (s *iconStage) Stop(ctx context.Context, r reeve.StopRequest) (*reeve.Stopped, error) {
	how := "stop"
	if r.Force {
		how = "force"
	}
	return &reeve.Stopped{Text: "ended"}, s.verb(ctx, how, r.ID, r.Owner)
}
func (s *iconStage) Know(ctx context.Context, r reeve.KnowRequest) (*reeve.Known, error) {
	return &reeve.Known{Text: "known"}, s.verb(ctx, "know", r.ID)
}
func (s *iconStage) Forget(context.Context, reeve.ForgetRequest) (*reeve.Forgotten, error) {
	return nil, errors.ErrUnsupported
}
func (s *iconStage) Pause(ctx context.Context, r reeve.PauseRequest) (*reeve.Status, error) {
	return &reeve.Status{}, s.verb(ctx, "pause", r.For)
}
func (s *iconStage) Show(ctx context.Context, r reeve.ShowRequest) error {
	return s.verb(ctx, "show", r.Page, r.Listener)
}
func (s *iconStage) Autostart(context.Context, reeve.AutostartRequest) (*reeve.Autostart, error) {
	return nil, errors.ErrUnsupported
}
func (s *iconStage) Told(...string) {}
func (s *iconStage) StopGroup(ctx context.Context, r reeve.GroupRequest) (*reeve.Group, error) {
	return &reeve.Group{Members: []reeve.Member{{Owner: "a"}, {Owner: "b"}, {Owner: "late"}}}, s.verb(ctx, "group", r.Of, fmt.Sprint(r.Confirmed))
}
func (s *iconStage) Await(context.Context, reeve.AwaitRequest) (*reeve.Awaited, error) {
	return nil, errors.ErrUnsupported
}
func (s *iconStage) Example(context.Context) error { return errors.ErrUnsupported }

func (s *iconStage) Stopped(do Do, _ *reeve.Stopped, err error) { s.told("stopped "+do.Title, err) }
func (s *iconStage) Known(_ *reeve.Known, err error)            { s.told("known", err) }
func (s *iconStage) Ask(do Do)                                  { s.told("ask "+do.Title, nil) }
func (s *iconStage) AskLeft(what string, ms []reeve.Member) {
	var owners []string
	for _, m := range ms {
		owners = append(owners, m.Owner)
	}
	s.told(fmt.Sprint("ask left ", what, owners), nil)
}
func (s *iconStage) Failed(what string, err error) { s.told("failed "+what, err) }

func (s *iconStage) told(what string, err error) {
	if err != nil {
		what += ": " + err.Error()
	}
	s.note("[" + what + "]")
}

// run runs an icon on the stage within a synctest bubble, and ends it.
func (s *iconStage) run(t *testing.T, quit func(), play func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	icon := NewIcon(s, s, s, quit)
	go func() { ended <- icon.Run(ctx, s) }()
	play()
	synctest.Wait()
	cancel()
	synctest.Wait()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("got %v from Run, want nil", err)
		}
	default:
		t.Error("got no end of Run, want it with its context")
	}
}

// see feeds a view and waits until it was taken in.
func (s *iconStage) see(v reeve.View) {
	s.views <- v
	synctest.Wait()
}

// takeDid gives what was done since it was last asked.
func (s *iconStage) takeDid() []string {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	did := s.did
	s.did = nil
	return did
}

func (s *iconStage) menu() string {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return text(s.rows)
}

func (s *iconStage) icon() State {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.look.State
}

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

func TestTheClipboardGetsTheTextAndNoShellSeesIt(t *testing.T) {
	folder := t.TempDir()
	got := filepath.Join(folder, "got")
	program := filepath.Join(folder, "xclip")
	script := "#!/bin/sh\nprintf '%s\\n' \"$*\" >'" + got + "'\ncat >>'" + got + "'\n"
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	o := programsFor("linux", func(name string) string { return map[string]string{"DISPLAY": ":0", "WAYLAND_DISPLAY": "w"}[name] })
	o.look = func(name string) (string, error) {
		if name == "xclip" {
			return program, nil
		}
		return "", exec.ErrNotFound // wl-copy, which comes first
	}
	const text = "$(id); 127.0.0.1:1 `id`"
	if err := o.copyText(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(got)
	if err != nil {
		t.Fatal(err)
	}
	if want := "-selection clipboard\n" + text; string(data) != want {
		t.Errorf("got %q, want %q", data, want)
	}
}

func TestWithoutAClipboardProgramTheErrorSaysWhatToInstall(t *testing.T) {
	o := programsFor("linux", func(string) string { return ":0" })
	o.look = func(string) (string, error) { return "", exec.ErrNotFound }
	var no *reeve.Error
	if err := o.copyText(t.Context(), "x"); !errors.As(err, &no) || no.Hint != "install xclip or wl-clipboard" {
		t.Errorf("got %v, want an error with what to install", err)
	}
	if err := o.browse(t.Context(), "http://127.0.0.1/"); !errors.As(err, &no) || no.Hint != "install xdg-utils" {
		t.Errorf("got %v, want an error with what to install", err)
	}
}

func TestEachPlatformHasItsPrograms(t *testing.T) {
	none := func(string) string { return "" }
	for goos, want := range map[string][2]string{"windows": {"clip.exe", "rundll32.exe"}, "darwin": {"pbcopy", "open"}, "linux": {"", "xdg-open"}} {
		o := programsFor(goos, none)
		first := func(commands [][]string) string {
			if len(commands) == 0 {
				return ""
			}
			return commands[0][0]
		}
		if got := [2]string{first(o.copiers), first(o.openers)}; got != want {
			t.Errorf("%s: got %q, want %q", goos, got, want)
		}
	}
}
