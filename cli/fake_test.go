package cli

import (
	"bytes"
	"context"
	"iter"
	"strings"
	"testing"

	"portreeve/monitor/reeve"
)

// fake answers as it is told. What the commands asked of it is in the fields
// that are named so.
type fake struct {
	listing reeve.Listing
	events  []reeve.Event
	// after runs when a watch has told all events and would wait.
	after func()
	// watchErr ends a watch in place of waiting.
	watchErr error
	// onStop carries out a stop, on the listing for instance.
	onStop func(reeve.StopRequest) (*reeve.Stopped, error)
	// onGroup answers for a group.
	onGroup func(reeve.GroupRequest) (*reeve.Group, error)
	status  reeve.Status
	rules   fakeRules
	// explanation answers every question.
	explanation reeve.Explanation
	err         error // of every verb but Stop
	// onList runs before each answer of List.
	onList func(call int)

	opened, lists int
	stops         []reeve.StopRequest
	groups        []reeve.GroupRequest
	known         []string
	knew          reeve.KnowRequest // the last
	forgotten     []reeve.ForgetRequest
	paused        []string
	asked         []reeve.ExplainRequest
	awaited       []reeve.AwaitRequest
	autostart     reeve.Autostart
	autostarts    []string
	history       reeve.History
	histories     []reeve.HistoryRequest
	settings      reeve.SettingsAnswer
	changes       []reeve.Settings
}

func (f *fake) History(_ context.Context, r reeve.HistoryRequest) (*reeve.History, error) {
	f.histories = append(f.histories, r)
	return &f.history, f.err
}

func (f *fake) Settings(context.Context) (*reeve.SettingsAnswer, error) {
	a := f.settings
	return &a, f.err
}

func (f *fake) ChangeSettings(_ context.Context, s reeve.Settings) (*reeve.SettingsAnswer, error) {
	f.changes = append(f.changes, s)
	f.settings.Settings = s
	a := f.settings
	return &a, f.err
}

func (f *fake) Autostart(_ context.Context, r reeve.AutostartRequest) (*reeve.Autostart, error) {
	if f.err != nil {
		return nil, f.err
	}
	f.autostarts = append(f.autostarts, r.Want)
	return &f.autostart, nil
}

func (f *fake) List(context.Context) (*reeve.Listing, error) {
	f.lists++
	if f.onList != nil {
		f.onList(f.lists)
	}
	if f.err != nil {
		return nil, f.err
	}
	l := f.listing
	return &l, nil
}

func (f *fake) Watch(ctx context.Context, _ uint64) iter.Seq2[reeve.Event, error] {
	return func(yield func(reeve.Event, error) bool) {
		for _, e := range f.events {
			if !yield(e, nil) {
				return
			}
		}
		if f.after != nil {
			f.after()
		}
		if f.watchErr != nil {
			yield(reeve.Event{}, f.watchErr)
			return
		}
		<-ctx.Done()
	}
}

func (f *fake) Stop(_ context.Context, r reeve.StopRequest) (*reeve.Stopped, error) {
	f.stops = append(f.stops, r)
	return f.onStop(r)
}

func (f *fake) StopGroup(_ context.Context, r reeve.GroupRequest) (*reeve.Group, error) {
	f.groups = append(f.groups, r)
	return f.onGroup(r)
}

func (f *fake) Know(_ context.Context, r reeve.KnowRequest) (*reeve.Known, error) {
	if f.err != nil {
		return nil, f.err
	}
	f.known = append(f.known, r.ID)
	f.knew = r
	return &reeve.Known{Rule: "r7", Text: "Known: node, port 3000, only this computer."}, nil
}

func (f *fake) Forget(_ context.Context, r reeve.ForgetRequest) (*reeve.Forgotten, error) {
	if f.err != nil {
		return nil, f.err
	}
	f.forgotten = append(f.forgotten, r)
	return &reeve.Forgotten{Rules: []string{"r7"}, Text: "Forgotten: node."}, nil
}

func (f *fake) Pause(_ context.Context, r reeve.PauseRequest) (*reeve.Status, error) {
	if f.err != nil {
		return nil, f.err
	}
	f.paused = append(f.paused, r.For)
	return &f.status, nil
}

func (f *fake) Status(context.Context) (*reeve.Status, error) {
	if f.err != nil {
		return nil, f.err
	}
	return &f.status, nil
}

func (f *fake) Explain(_ context.Context, r reeve.ExplainRequest) (*reeve.Explanation, error) {
	if f.err != nil {
		return nil, f.err
	}
	f.asked = append(f.asked, r)
	return &f.explanation, nil
}

func (f *fake) Await(_ context.Context, r reeve.AwaitRequest) (*reeve.Awaited, error) {
	if f.err != nil {
		return nil, f.err
	}
	f.awaited = append(f.awaited, r)
	return &reeve.Awaited{Ports: []uint16{r.Port}, Text: "You will be told."}, nil
}

// frees makes a stop end the process: all that it holds is gone from the list.
func (f *fake) frees(r reeve.StopRequest) (*reeve.Stopped, error) {
	f.listing.Listeners = filter(f.listing.Listeners, func(l reeve.Listener) bool {
		return len(l.Owners) == 0 || l.Owners[0].ID != r.Owner
	})
	return &reeve.Stopped{Result: reeve.StopFreed, Free: true, Text: "it has ended.", Offers: []reeve.Offer{}}, nil
}

// result is one run of the terminal over a fake.
type result struct {
	code      int
	out, errs string
}

// terminalFor gives an app whose answers don't depend on who runs the test.
func terminalFor(f *fake, in string, out, errs *bytes.Buffer) *app {
	a := newApp(Streams{In: strings.NewReader(in), Out: out, Err: errs}, Config{
		Version: "1.2.3",
		Open: func(context.Context) (Verbs, error) {
			f.opened++
			return f, nil
		},
	})
	a.root = false
	return a
}

func (f *fake) run(t *testing.T, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := terminalFor(f, "", &out, &errs).run(t.Context(), args)
	return result{code, out.String(), errs.String()}
}

// tcp makes a listener of one process.
func tcp(address string, port uint16, name string, pid int32) reeve.Listener {
	l := reeve.Listener{
		ID: address + "-" + name, Protocol: "tcp", Address: address, Port: port,
		Scope: "loopback", Verdict: "unfamiliar", Program: name,
		Reach: "Only programs on this computer can reach it.",
		Owners: []reeve.Owner{{
			ID: name + "-id", PID: pid, Name: name, User: "anna", Cmdline: []string{name}, Parents: []string{},
		}},
	}
	if address == "0.0.0.0" || address == "::" {
		l.Scope = "network"
		l.Reach = "Open to your network (a firewall may still block it)."
	}
	return l
}

func udp(address string, port uint16, name string, pid int32) reeve.Listener {
	l := tcp(address, port, name, pid)
	l.Protocol = "udp"
	l.ID += "-udp"
	return l
}

// unseen is a listener whose owner can't be seen.
func unseen(address string, port uint16) reeve.Listener {
	l := tcp(address, port, "cups", 0)
	l.Owners, l.Hidden = []reeve.Owner{}, "belongs to root (cups.service); sudo shows it"
	l.Look = "its program can't be seen"
	return l
}

func listing(ls ...reeve.Listener) reeve.Listing {
	return reeve.Listing{Seq: 1, Listeners: append([]reeve.Listener{}, ls...), Source: "netlink"}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\ngot  %v\nwant %v", what, got, want)
	}
}

func contains(t *testing.T, what, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("%s:\ngot  %q\nwant it to contain %q", what, got, want)
	}
}
