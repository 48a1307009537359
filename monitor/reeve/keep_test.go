package reeve

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portreeve/monitor/familiar"
	"portreeve/monitor/store"
)

// keeping runs Keep and gives what a face of the resident is shown.
func keeping(t *testing.T, change func(*Options)) (*Reeve, store.Dirs, *Feed) {
	t.Helper()
	r, d := newReeve(t, func(o *Options) {
		o.Resident = true
		if change != nil {
			change(o)
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	box, ended, feed := r.Monitor.Subscribe(0), make(chan struct{}), r.Feed()
	go func() {
		defer close(ended)
		if err := r.Keep(ctx, box); err != nil {
			t.Errorf("keep: %v", err)
		}
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return r, d, feed
}

// edit writes a file as an editor does that has no care: in place.
func edit(t *testing.T, d store.Dirs, name, text string) {
	t.Helper()
	if err := os.MkdirAll(d.Config, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.Config, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// until asks again and again, for at most 10 s, until a condition holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in 10 s it did not come true that %s", what)
		}
	}
}

func TestEditedSettingsCountAtOnceAndABrokenFileDoesNot(t *testing.T) {
	t.Parallel() // it mostly waits
	r, d, feed := keeping(t, nil)
	r.List(t.Context())
	edit(t, d, "settings.toml", "polling = \"saving\"\n[notices]\nsettle_ms = 2000\n[history]\non = false\n")
	until(t, "the edit counts", func() bool { return r.currentSettings().Notices.SettleMS == 2000 })
	r.mu.Lock()
	pace := r.pace
	r.mu.Unlock()
	if pace != savingPace {
		t.Errorf("pace: got %v, want %v", pace, savingPace)
	}
	v, err := feed.Next(t.Context())
	for err == nil && (v.Notices == nil || v.Notices.SettleMS != 2000) {
		v, err = feed.Next(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if h, err := r.History(t.Context(), HistoryRequest{}); err != nil || !h.Off {
		t.Errorf("history: got %+v, %v, want it off", h, err)
	}
	edit(t, d, "settings.toml", "polling = \n")
	until(t, "the broken file is told", func() bool {
		s, err := r.Status(t.Context())
		return err == nil && len(s.Problems) == 1 && strings.Contains(s.Problems[0].Text, "kept as")
	})
	if got := r.currentSettings(); got.Notices.SettleMS != 2000 || got.Polling != PollSaving {
		t.Errorf("got %+v, want the last good ones", got)
	}
	if a, err := r.Settings(t.Context()); err != nil || !strings.Contains(a.Problem, "line 1") {
		t.Errorf("got %+v, %v, want a problem that names the line", a, err)
	}
}

func TestEditedRulesCountAtOnceAndABrokenFileDoesNot(t *testing.T) {
	t.Parallel() // it mostly waits
	at := startListener(t, "yes")
	r, d, _ := keeping(t, nil)
	verdict := func() string { return atPort(t, r, at.Port()).Verdict }
	if got := verdict(); got == string(familiar.Familiar) {
		t.Fatalf("at first: got %s, want it not known", got)
	}
	other, _ := newReeve(t, func(o *Options) { o.Store = store.Open(d) }) // a terminal that found no resident
	if _, err := other.Know(t.Context(), KnowRequest{ID: atPort(t, other, at.Port()).ID}); err != nil {
		t.Fatal(err)
	}
	until(t, "the rule counts", func() bool { return verdict() == string(familiar.Familiar) })
	good, err := os.ReadFile(filepath.Join(d.Config, "rules.toml"))
	if err != nil {
		t.Fatal(err)
	}
	edit(t, d, "rules.toml", string(good)+"[[rule]\n")
	until(t, "the broken file is told", func() bool {
		s, err := r.Status(t.Context())
		return err == nil && len(s.Problems) == 1 && strings.Contains(s.Problems[0].Text, "kept as")
	})
	if got := verdict(); got != string(familiar.Familiar) {
		t.Errorf("after the broken edit: got %s, want the last good rules to count", got)
	}
	if kept, err := filepath.Glob(filepath.Join(d.Config, "rules.toml.broken-*")); err != nil || len(kept) != 1 {
		t.Errorf("kept: got %v, %v, want one file", kept, err)
	}
}

func atPort(t *testing.T, r *Reeve, port uint16) Listener {
	t.Helper()
	l, err := r.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range l.Listeners {
		if x.Port == port && x.Protocol == "tcp" {
			return x
		}
	}
	t.Fatalf("nothing listens on %d", port)
	return Listener{}
}

func TestThePaceFollowsThePowerAndTheSettings(t *testing.T) {
	for name, c := range map[string]struct {
		polling string
		battery bool
		want    time.Duration
	}{
		"automatic is fast on mains":     {PollAutomatic, false, fastPace},
		"automatic is saving on battery": {PollAutomatic, true, savingPace},
		"fast is fast on battery, too":   {PollFast, true, fastPace},
		"saving is saving on mains, too": {PollSaving, false, savingPace},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := newReeve(t, func(o *Options) {
				o.Resident, o.OnBattery = true, func() (bool, error) { return c.battery, nil }
			})
			s := store.DefaultSettings()
			s.Polling = c.polling
			if _, err := r.ChangeSettings(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			if r.pace != c.want {
				t.Errorf("got %v, want %v", r.pace, c.want)
			}
		})
	}
}

func TestChangedSettingsAreWrittenAndWrongOnesRefused(t *testing.T) {
	login := &fakeLogin{}
	r, d := newReeve(t, func(o *Options) { o.Resident, o.Login = true, login })
	s := store.DefaultSettings()
	s.Theme, s.StartAtLogin = "dark", true
	a, err := r.ChangeSettings(t.Context(), s)
	if err != nil || a.Theme != "dark" || !a.StartAtLogin || !a.CanStartAtLogin || !login.on {
		t.Errorf("got %+v, %v (start at login %v), want the change", a, err, login.on)
	}
	other, _ := newReeve(t, func(o *Options) { o.Store = store.Open(d) })
	if b, err := other.Settings(t.Context()); err != nil || b.Theme != "dark" || b.CanStartAtLogin || b.File != filepath.Join(d.Config, "settings.toml") {
		t.Errorf("in another process: got %+v, %v, want what was written", b, err)
	}
	s.History.Days = 0
	if _, err := r.ChangeSettings(t.Context(), s); codeOf(err) != CodeUsage || !strings.Contains(err.Error(), "history.days") {
		t.Errorf("got %v, want a refusal that names history.days", err)
	}
	if _, err := other.ChangeSettings(t.Context(), func() Settings { s := store.DefaultSettings(); s.StartAtLogin = true; return s }()); codeOf(err) != CodeFailed {
		t.Errorf("start at login where it can't: got %v, want it to fail", err)
	}
}
