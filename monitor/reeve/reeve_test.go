package reeve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portreeve/monitor"
	"portreeve/monitor/familiar"
	"portreeve/monitor/process"
	"portreeve/monitor/socket"
	"portreeve/monitor/store"
)

// TestMain lets this binary be a listener that a test stops: it prints its
// address and waits. With "ignore" it does not heed SIGTERM.
func TestMain(m *testing.M) {
	if how := os.Getenv("REEVE_TEST_LISTEN"); how != "" {
		address := cmp.Or(os.Getenv("REEVE_TEST_ADDRESS"), "127.0.0.1:0")
		l, err := net.Listen("tcp", address)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if how == "ignore" {
			ignoreTerm()
		}
		if how == "agent" {
			child := exec.Command("/proc/self/exe")
			child.Args[0] = "server"
			child.Env = append(os.Environ(), "REEVE_TEST_LISTEN=plain")
			child.Stdout = os.Stdout
			if err := child.Start(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			_ = l.Close()
			_ = child.Wait()
			return
		}
		fmt.Println(l.Addr())
		<-time.After(10 * time.Minute) // ends by itself should the test be killed
	}
	os.Exit(m.Run())
}

// startListener runs this binary as a listener and gives its address.
func startListener(t *testing.T, how string) netip.AddrPort {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "REEVE_TEST_LISTEN="+how)
	return startAs(t, cmd)
}

// startAs starts cmd, which prints its address, and ends it with the test.
func startAs(t *testing.T, cmd *exec.Cmd) netip.AddrPort {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var at string
	if _, err := fmt.Fscanln(out, &at); err != nil {
		t.Errorf("read the listener's address: %v", err)
	}
	// It is waited for from now on: a zombie would still be there for a stop.
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // gone already where the test stopped it
		<-ended
	})
	if at == "" {
		t.FailNow()
	}
	return netip.MustParseAddrPort(at)
}

// newReeve makes verbs on the real kernel, with a store of their own.
func newReeve(t *testing.T, change func(*Options)) (*Reeve, store.Dirs) {
	t.Helper()
	table, err := socket.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = table.Close() })
	dir := t.TempDir()
	dirs := store.Dirs{Config: filepath.Join(dir, "config"), State: filepath.Join(dir, "state"), Runtime: dir}
	finder := process.NewFinder()
	t.Cleanup(func() { finder.Close() })
	o := Options{Version: "test", Store: store.Open(dirs), Monitor: monitor.New(table, finder, monitor.Options{})}
	if change != nil {
		change(&o)
	}
	return New(o), dirs
}

func at(t *testing.T, r *Reeve, a netip.AddrPort) Listener {
	t.Helper()
	l, err := r.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range l.Listeners {
		if x.Address == a.Addr().String() && x.Port == a.Port() && x.Protocol == "tcp" {
			if len(x.Owners) == 0 {
				t.Fatalf("%s has no owner: %s", a, x.Hidden)
			}
			return x
		}
	}
	t.Fatalf("%s is not in the list", a)
	return Listener{}
}

func codeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return fmt.Sprint(err)
}

func TestKnowIsEchoedKeptAndCanBeUndone(t *testing.T) {
	r, dirs := newReeve(t, nil)
	a := startListener(t, "plain")
	id := at(t, r, a).ID
	k, err := r.Know(t.Context(), KnowRequest{ID: id})
	// This binary is a build of go test, which is known by its project.
	if err != nil || !strings.HasPrefix(k.Text, "Known: test builds of ") && !strings.HasPrefix(k.Text, "Known: reeve.test") {
		t.Fatalf("got %+v, %v", k, err)
	}
	if got := at(t, r, a).Verdict; got != "familiar" {
		t.Errorf("after know: got %s, want familiar", got)
	}
	again, err := r.Know(t.Context(), KnowRequest{ID: id})
	if err != nil || again.Rule != k.Rule {
		t.Errorf("known twice: got %+v, %v, want the same rule %s", again, err, k.Rule)
	}
	other, _ := newReeve(t, func(o *Options) { // another process with the same store
		o.Store = store.Open(dirs)
		o.Monitor = fresh(t, o.Store)
	})
	if got := at(t, other, a).Verdict; got != "familiar" {
		t.Errorf("another process: got %s, want familiar", got)
	}
	if f, err := r.Forget(t.Context(), ForgetRequest{Rule: k.Rule}); err != nil || !slices.Equal(f.Rules, []string{k.Rule}) {
		t.Errorf("undo: got %+v, %v", f, err)
	}
	if got := at(t, r, a).Verdict; got != "unknown" {
		t.Errorf("after undo: got %s, want unknown", got)
	}
	if _, err := r.Forget(t.Context(), ForgetRequest{Rule: k.Rule}); err == nil {
		t.Error("undo twice: got no error")
	}
	if _, err := r.Forget(t.Context(), ForgetRequest{}); codeOf(err) != CodeUsage {
		t.Errorf("forget nothing: got %v, want %s", err, CodeUsage)
	}
}

func fresh(t *testing.T, s *store.Store) *monitor.Monitor {
	t.Helper()
	m, err := func() (*monitor.Monitor, error) {
		table, err := socket.Open()
		if err != nil {
			return nil, err
		}
		t.Cleanup(func() { _ = table.Close() })
		return monitor.New(table, process.NewFinder(), monitor.Options{Book: s.Load(familiar.Book{}, false)}), nil
	}()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestARuleThatCanNotBeSavedCountsInTheResidentAndFailsInATerminal(t *testing.T) {
	for _, resident := range []bool{true, false} {
		t.Run(fmt.Sprintf("resident %v", resident), func(t *testing.T) {
			r, dirs := newReeve(t, func(o *Options) { o.Resident = resident })
			// A file in the folder's place stops root too.
			if err := os.WriteFile(dirs.Config, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			a := startListener(t, "plain")
			_, err := r.Know(t.Context(), KnowRequest{ID: at(t, r, a).ID})
			s, statusErr := r.Status(t.Context())
			if statusErr != nil {
				t.Fatal(statusErr)
			}
			got := at(t, r, a).Verdict
			if resident && (err != nil || got != "familiar" || len(s.Problems) != 1 || s.Problems[0].About != AboutRules) {
				t.Errorf("got %v, %s, %q, want it known, with a problem told", err, got, s.Problems)
			}
			if !resident && (codeOf(err) != CodeFailed || got == "familiar") {
				t.Errorf("got %v, %s, want failed and nothing known", err, got)
			}
		})
	}
}

func TestAWatchBeginsWithASnapshotAndHasNoGap(t *testing.T) {
	r, _ := newReeve(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	next, stop := iter.Pull2(r.Watch(ctx, 0))
	defer stop()
	first, err, ok := next()
	if !ok || err != nil || first.Event != EventSnapshot || first.Snapshot == nil {
		t.Fatalf("got %+v, %v, want a snapshot", first, err)
	}
	seq := first.Seq
	for range 3 {
		a := startListener(t, "plain")
		for {
			e, err, ok := next()
			if !ok || err != nil {
				t.Fatalf("the watch ended: %v", err)
			}
			if e.Seq != seq+1 {
				t.Errorf("got event %d after %d, want no gap", e.Seq, seq)
			}
			seq = e.Seq
			if e.Event == EventOpened && e.Listener.Port == a.Port() {
				break
			}
		}
	}
}

func TestPausesEndWhenTheySay(t *testing.T) {
	now := time.Date(2026, 11, 23, 23, 30, 0, 0, time.Local)
	for word, want := range map[string]time.Time{
		"off":      {},
		"15m":      now.Add(15 * time.Minute),
		"1h":       now.Add(time.Hour),
		"tomorrow": time.Date(2026, 11, 24, 8, 0, 0, 0, time.Local),
	} {
		if got, err := pauseEnd(word, now); err != nil || !got.Equal(want) {
			t.Errorf("%s: got %v, %v, want %v", word, got, err, want)
		}
	}
	for _, word := range []string{"", "soon", "0s", "-1h", "10s", "1000h"} {
		if _, err := pauseEnd(word, now); codeOf(err) != CodeUsage {
			t.Errorf("%q: got %v, want %s", word, err, CodeUsage)
		}
	}
}

func TestAPauseOutlivesARestart(t *testing.T) {
	r, dirs := newReeve(t, func(o *Options) { o.Resident = true })
	s, err := r.Pause(t.Context(), PauseRequest{For: "1h"})
	if err != nil || s.PausedUntil == "" {
		t.Fatalf("got %+v, %v, want paused", s, err)
	}
	again, _ := newReeve(t, func(o *Options) { o.Resident, o.Store = true, store.Open(dirs) })
	if s, err := again.Status(t.Context()); err != nil || s.PausedUntil == "" {
		t.Errorf("after a restart: got %+v, %v, want still paused", s, err)
	}
	if s, err := again.Pause(t.Context(), PauseRequest{For: "off"}); err != nil || s.PausedUntil != "" {
		t.Errorf("off: got %+v, %v, want not paused", s, err)
	}
}

func TestATerminalAloneHasNoPauseAndNoWindow(t *testing.T) {
	r, _ := newReeve(t, nil)
	if _, err := r.Pause(t.Context(), PauseRequest{For: "1h"}); codeOf(err) != CodeNoResident {
		t.Errorf("pause: got %v, want %s", err, CodeNoResident)
	}
	if err := r.Show(t.Context(), ShowRequest{}); codeOf(err) != CodeNoResident {
		t.Errorf("show: got %v, want %s", err, CodeNoResident)
	}
	if err := r.Example(t.Context()); codeOf(err) != CodeNoResident {
		t.Errorf("example: got %v, want %s", err, CodeNoResident)
	}
}

func TestShowStartsOneWindowAndThenSpeaksToIt(t *testing.T) {
	var opened []ShowRequest
	r, _ := newReeve(t, func(o *Options) {
		o.Resident = true
		o.OpenWindow = func(q ShowRequest) error { opened = append(opened, q); return nil }
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ran := make(chan error, 1)
	go func() { ran <- r.Monitor.Run(ctx) }()
	defer func() { cancel(); <-ran }()
	show := func(page string) {
		t.Helper()
		if err := r.Show(ctx, ShowRequest{Page: page}); err != nil {
			t.Fatal(err)
		}
	}
	show("")
	show(PageReview) // while the window is still starting
	if len(opened) != 1 || opened[0].Page != PageListeners {
		t.Fatalf("got %+v, want one window on the listeners", opened)
	}
	next, stop := iter.Pull2(r.WatchAsWindow(ctx, 0))
	defer stop()
	shown := func() string {
		for {
			e, err, ok := next()
			if !ok || err != nil {
				t.Fatalf("the watch ended: %v", err)
			}
			if e.Event == EventShow {
				return e.Show.Page
			}
		}
	}
	if got := shown(); got != PageReview {
		t.Errorf("got %s, want what was asked while it started", got)
	}
	show(PageExplain)
	if got := shown(); got != PageExplain || len(opened) != 1 {
		t.Errorf("got %s with %d windows, want explain in the one there is", got, len(opened))
	}
	if err := r.Show(ctx, ShowRequest{Page: "nothing"}); codeOf(err) != CodeUsage {
		t.Errorf("an unknown page: got %v, want %s", err, CodeUsage)
	}
	stop()
	show(PageExplain)
	if len(opened) != 2 {
		t.Errorf("got %d windows after the first was closed, want 2", len(opened))
	}
}

func TestTheFirstReadingBecomesTheBaselineOnDisk(t *testing.T) {
	a := startListener(t, "plain")
	r, dirs := newReeve(t, func(o *Options) {
		o.Resident = true
		table, err := socket.Open()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = table.Close() })
		o.Monitor = monitor.New(table, process.NewFinder(), monitor.Options{MakeBaseline: true})
	})
	feed, box := r.Feed(), r.Monitor.Subscribe(0)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 2)
	go func() { done <- r.Keep(ctx, box) }()
	go func() { done <- r.Monitor.Run(ctx) }()
	v, err := feed.Next(ctx)
	if err != nil || !v.First || !v.NewBaseline {
		t.Fatalf("got first %v, new baseline %v, %v, want both", v.First, v.NewBaseline, err)
	}
	if got := at(t, r, a).Verdict; got != "baseline" {
		t.Errorf("got %s, want baseline", got)
	}
	deadline := time.Now().Add(5 * time.Second)
	for !store.Open(dirs).Load(familiar.Book{}, false).HasBaseline {
		if time.Now().After(deadline) {
			t.Fatal("no baseline on disk within 5 s")
		}
		<-time.After(5 * time.Millisecond)
	}
	cancel()
	for range 2 {
		if err := <-done; err != nil {
			t.Errorf("got %v, want nil", err)
		}
	}
	if _, err := feed.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the feed after the end: got %v, want canceled", err)
	}
}
