package tray

// The stage of the icon's tests: a host, verbs, teller and feed that are records.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

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
