package localapi

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"portreeve/monitor/reeve"
)

// fakeVerbs answers with what was asked, so that the carrying is seen.
type fakeVerbs struct {
	events chan reeve.Event
	faces  chan string
	err    error
}

func (f *fakeVerbs) List(context.Context) (*reeve.Listing, error) {
	return &reeve.Listing{Seq: 7, Listeners: []reeve.Listener{{ID: "a-1", Port: 62893}}}, f.err
}

func (f *fakeVerbs) watch(ctx context.Context, face string) iter.Seq2[reeve.Event, error] {
	return func(yield func(reeve.Event, error) bool) {
		f.faces <- face
		for {
			select {
			case e := <-f.events:
				if !yield(e, nil) {
					return
				}
			case <-ctx.Done():
				f.faces <- "left"
				return
			}
		}
	}
}

func (f *fakeVerbs) Watch(ctx context.Context, since uint64) iter.Seq2[reeve.Event, error] {
	return f.watch(ctx, "since "+string(rune('0'+since)))
}

func (f *fakeVerbs) WatchAsWindow(ctx context.Context, _ uint64) iter.Seq2[reeve.Event, error] {
	return f.watch(ctx, "window")
}

func (f *fakeVerbs) Stop(_ context.Context, q reeve.StopRequest) (*reeve.Stopped, error) {
	return &reeve.Stopped{Text: q.ID + " " + q.Owner, CanForce: q.Force}, f.err
}

func (f *fakeVerbs) StopGroup(_ context.Context, q reeve.GroupRequest) (*reeve.Group, error) {
	return &reeve.Group{Title: q.Of, Members: []reeve.Member{}}, f.err
}

func (f *fakeVerbs) Know(_ context.Context, q reeve.KnowRequest) (*reeve.Known, error) {
	return &reeve.Known{Rule: q.ID}, f.err
}

func (f *fakeVerbs) Forget(_ context.Context, q reeve.ForgetRequest) (*reeve.Forgotten, error) {
	return &reeve.Forgotten{Rules: []string{q.Rule}}, f.err
}

func (f *fakeVerbs) Pause(_ context.Context, q reeve.PauseRequest) (*reeve.Status, error) {
	return &reeve.Status{PausedUntil: q.For}, f.err
}

func (f *fakeVerbs) Autostart(_ context.Context, q reeve.AutostartRequest) (*reeve.Autostart, error) {
	return &reeve.Autostart{Entry: q.Want}, f.err
}

func (f *fakeVerbs) Show(context.Context, reeve.ShowRequest) error { return f.err }
func (f *fakeVerbs) Example(context.Context) error                 { return f.err }

func (f *fakeVerbs) CountClients(context.Context) (*reeve.ClientCounts, error) {
	return &reeve.ClientCounts{Clients: map[string]int{"a-1": 3}}, f.err
}

func (f *fakeVerbs) Status(context.Context) (*reeve.Status, error) {
	return &reeve.Status{PID: 42}, f.err
}

func (f *fakeVerbs) Explain(_ context.Context, q reeve.ExplainRequest) (*reeve.Explanation, error) {
	return &reeve.Explanation{Address: q.Text, Answers: q.Probe}, f.err
}

func (f *fakeVerbs) Await(_ context.Context, q reeve.AwaitRequest) (*reeve.Awaited, error) {
	return &reeve.Awaited{Ports: []uint16{q.Port}}, f.err
}

func (f *fakeVerbs) History(_ context.Context, q reeve.HistoryRequest) (*reeve.History, error) {
	return &reeve.History{Oldest: q.Since}, f.err
}

func (f *fakeVerbs) Choices(_ context.Context, q reeve.KnowRequest) (*reeve.Choices, error) {
	return &reeve.Choices{Listener: q.ID}, f.err
}

func (f *fakeVerbs) Rules(context.Context) (*reeve.RuleList, error) {
	return &reeve.RuleList{File: "rules.toml"}, f.err
}

func (f *fakeVerbs) ChangeRule(_ context.Context, q reeve.RuleRequest) (*reeve.Rule, error) {
	return &reeve.Rule{ID: q.ID}, f.err
}

func (f *fakeVerbs) TestRule(_ context.Context, q reeve.RuleRequest) (*reeve.RuleTest, error) {
	return &reeve.RuleTest{Text: q.Ports}, f.err
}

func (f *fakeVerbs) Settings(context.Context) (*reeve.SettingsAnswer, error) {
	return &reeve.SettingsAnswer{File: "settings.toml"}, f.err
}

func (f *fakeVerbs) ChangeSettings(_ context.Context, q reeve.Settings) (*reeve.SettingsAnswer, error) {
	return &reeve.SettingsAnswer{Settings: q}, f.err
}

// serve runs a server in a short folder (a socket's path may have 107 bytes).
func serve(t *testing.T) (*fakeVerbs, *Client, string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "pr")
	if err != nil {
		t.Fatal(err)
	}
	l, err := Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeVerbs{events: make(chan reeve.Event), faces: make(chan string, 4)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- Serve(ctx, l, f) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("serve: got %v, want nil", err)
			}
		case <-time.After(5 * time.Second):
			t.Error("the server did not end with its context")
		}
		_ = os.RemoveAll(dir)
	})
	c, err := Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return f, c, dir
}

func TestTheClientHasTheServersVerbs(t *testing.T) {
	_, c, _ := serve(t)
	ctx := t.Context()
	if l, err := c.List(ctx); err != nil || l.Seq != 7 || l.Listeners[0].Port != 62893 {
		t.Errorf("list: got %+v, %v", l, err)
	}
	if s, err := c.Stop(ctx, reeve.StopRequest{ID: "a-1", Owner: "1.2.3.4", Force: true}); err != nil || s.Text != "a-1 1.2.3.4" || !s.CanForce {
		t.Errorf("stop: got %+v, %v", s, err)
	}
	if g, err := c.StopGroup(ctx, reeve.GroupRequest{Of: "project"}); err != nil || g.Title != "project" {
		t.Errorf("stop group: got %+v, %v", g, err)
	}
	if k, err := c.Know(ctx, reeve.KnowRequest{ID: "a-1"}); err != nil || k.Rule != "a-1" {
		t.Errorf("know: got %+v, %v", k, err)
	}
	if g, err := c.Forget(ctx, reeve.ForgetRequest{Rule: "r"}); err != nil || g.Rules[0] != "r" {
		t.Errorf("forget: got %+v, %v", g, err)
	}
	if p, err := c.Pause(ctx, reeve.PauseRequest{For: "15m"}); err != nil || p.PausedUntil != "15m" {
		t.Errorf("pause: got %+v, %v", p, err)
	}
	if err := c.Show(ctx, reeve.ShowRequest{}); err != nil {
		t.Errorf("show: got %v", err)
	}
	if a, err := c.Autostart(ctx, reeve.AutostartRequest{Want: "on"}); err != nil || a.Entry != "on" {
		t.Errorf("autostart: got %+v, %v, want the request's word", a, err)
	}
	if err := c.Example(ctx); err != nil {
		t.Errorf("example: got %v", err)
	}
	if n, err := c.CountClients(ctx); err != nil || n.Clients["a-1"] != 3 {
		t.Errorf("count clients: got %+v, %v", n, err)
	}
	if s, err := c.Status(ctx); err != nil || s.PID != 42 {
		t.Errorf("status: got %+v, %v", s, err)
	}
	if x, err := c.Explain(ctx, reeve.ExplainRequest{Text: "3000", Probe: true}); err != nil || x.Address != "3000" || !x.Answers {
		t.Errorf("explain: got %+v, %v", x, err)
	}
	if w, err := c.Await(ctx, reeve.AwaitRequest{Port: 62893}); err != nil || w.Ports[0] != 62893 {
		t.Errorf("await: got %+v, %v", w, err)
	}
	if h, err := c.History(ctx, reeve.HistoryRequest{Since: "now"}); err != nil || h.Oldest != "now" {
		t.Errorf("history: got %+v, %v", h, err)
	}
	if h, err := c.Choices(ctx, reeve.KnowRequest{ID: "a-1"}); err != nil || h.Listener != "a-1" {
		t.Errorf("choices: got %+v, %v", h, err)
	}
	if r, err := c.Rules(ctx); err != nil || r.File != "rules.toml" {
		t.Errorf("rules: got %+v, %v", r, err)
	}
	if r, err := c.ChangeRule(ctx, reeve.RuleRequest{ID: "r1"}); err != nil || r.ID != "r1" {
		t.Errorf("change a rule: got %+v, %v", r, err)
	}
	if r, err := c.TestRule(ctx, reeve.RuleRequest{Ports: "any"}); err != nil || r.Text != "any" {
		t.Errorf("test a rule: got %+v, %v", r, err)
	}
	if s, err := c.Settings(ctx); err != nil || s.File != "settings.toml" {
		t.Errorf("settings: got %+v, %v", s, err)
	}
	if s, err := c.ChangeSettings(ctx, reeve.Settings{Theme: "dark"}); err != nil || s.Theme != "dark" {
		t.Errorf("change settings: got %+v, %v", s, err)
	}
}

func TestAnErrorTravelsAsItStands(t *testing.T) {
	f, c, _ := serve(t)
	f.err = &reeve.Error{Code: reeve.CodeChanged, Message: "held by another process now", Hint: "look again"}
	_, err := c.Stop(t.Context(), reeve.StopRequest{})
	var e *reeve.Error
	if !errors.As(err, &e) || !reflect.DeepEqual(e, f.err) {
		t.Errorf("got %#v, want %#v", err, f.err)
	}
}

func TestAWatchTellsEachEventAtOnceAndEndsWithItsReader(t *testing.T) {
	f, c, _ := serve(t)
	next, stop := iter.Pull2(c.Watch(t.Context(), 3))
	go func() { f.events <- reeve.Event{Seq: 4, Event: reeve.EventOpened} }()
	e, err, ok := next() // before the second is even sent
	if !ok || err != nil || e.Seq != 4 {
		t.Fatalf("got %+v, %v, %v, want event 4", e, err, ok)
	}
	if got := <-f.faces; got != "since 3" {
		t.Errorf("got %q, want since 3", got)
	}
	stop()
	if got := <-f.faces; got != "left" {
		t.Errorf("got %q, want the watch to be left", got)
	}
	next, stop = iter.Pull2(c.AsWindow().Watch(t.Context(), 0))
	go func() { f.events <- reeve.Event{Seq: 5} }()
	next()
	if got := <-f.faces; got != "window" {
		t.Errorf("got %q, want window", got)
	}
	stop()
}

func TestBadRequestsAreToldWhatIsWrong(t *testing.T) {
	_, c, _ := serve(t)
	for name, r := range map[string]struct {
		method, path, body string
		status             int
	}{
		"no such path":       {"GET", "/v1/nothing", "", 404},
		"no such method":     {"GET", "/v1/stop", "", 404},
		"no JSON":            {"POST", "/v1/stop", "stop it", 400},
		"an unknown field":   {"POST", "/v1/stop", `{"pid":1}`, 400},
		"a huge body":        {"POST", "/v1/stop", `{"id":"` + strings.Repeat("x", largest) + `"}`, 400},
		"since is no number": {"GET", "/v1/events?since=x", "", 400},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), r.method, "http://portreeve"+r.path, strings.NewReader(r.body))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := c.http.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != r.status || !strings.Contains(string(body), `"code":"usage"`) {
				t.Errorf("got %d %s, %v, want %d with code usage", resp.StatusCode, body, err, r.status)
			}
		})
	}
}

func TestNobodyThereIsAnError(t *testing.T) {
	if _, err := Dial(t.Context(), t.TempDir()); err == nil {
		t.Error("got no error")
	}
}
