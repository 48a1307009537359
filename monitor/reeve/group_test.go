//go:build linux

package reeve

import (
	"context"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
)

// startListeners runs this binary n times in one process group and folder.
func startListeners(t *testing.T, dir string, n int) []netip.AddrPort {
	t.Helper()
	group := 0
	var all []netip.AddrPort
	for range n {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "REEVE_TEST_LISTEN=plain")
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: group}
		all = append(all, startAs(t, cmd))
		if group == 0 {
			group = cmd.Process.Pid
		}
	}
	return all
}

func TestAGroupIsListedFirstAndThenEndsWhole(t *testing.T) {
	project := t.TempDir()
	if err := os.Mkdir(filepath.Join(project, ".git"), 0o700); err != nil {
		t.Fatal(err)
	}
	sub := filepath.Join(project, "web")
	if err := os.Mkdir(sub, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, of := range []string{OfGroup, OfProject} {
		t.Run(of, func(t *testing.T) {
			r, _ := newReeve(t, nil)
			places := startListeners(t, sub, 3)
			outsider := startListener(t, "plain")
			l := at(t, r, places[1])
			req := GroupRequest{ID: l.ID, Owner: l.Owners[0].ID, Of: of}
			dry, err := r.StopGroup(t.Context(), req)
			if err != nil || len(dry.Members) != 3 || dry.Text != "" {
				t.Fatalf("dry run: got %+v, %v, want three members", dry, err)
			}
			for i, m := range dry.Members {
				if !slices.Equal(m.Listens, []string{places[i].String()}) {
					t.Errorf("member %d: got %v, want it to listen on %s", i, m.Listens, places[i])
				}
				at(t, r, places[i]) // nothing was stopped
				req.Confirmed = append(req.Confirmed, m.Owner)
			}
			late := startListeners(t, sub, 1)[0] // joins the project after the list
			done, err := r.StopGroup(t.Context(), req)
			if err != nil || done.Text != "3 programs have ended." {
				t.Fatalf("got %+v, %v, want all three ended", done, err)
			}
			at(t, r, outsider)
			at(t, r, late)
		})
	}
}

// startUnder starts a listener from a program of that name, and gives the
// program and the listener's address.
func startUnder(t *testing.T, name string) (*exec.Cmd, netip.AddrPort) {
	t.Helper()
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path)
	cmd.Env = append(os.Environ(), "REEVE_TEST_LISTEN=agent")
	return cmd, startAs(t, cmd)
}

func TestWhatAnEndedAgentLeftBehindEndsTogether(t *testing.T) {
	r, _ := newReeve(t, func(o *Options) { o.Resident = true })
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- r.Monitor.Run(ctx) }()
	defer func() { cancel(); <-ran }()

	agent, left := startUnder(t, "codex")
	_, kept := startUnder(t, "codex")
	l, k := at(t, r, left), at(t, r, kept)
	t.Cleanup(func() { _ = syscall.Kill(int(l.Owners[0].PID), syscall.SIGKILL) })
	t.Cleanup(func() { _ = syscall.Kill(int(k.Owners[0].PID), syscall.SIGKILL) })
	if want := (Origin{Key: l.Origin.Key, Kind: OriginAgent, Label: "Codex"}); l.Origin != want || l.Origin.Key == "" || l.Origin.Key == k.Origin.Key {
		t.Fatalf("got the origins %+v and %+v, want %+v with keys of their own", l.Origin, k.Origin, want)
	}
	events := make(chan Event, 100)
	watching := make(chan struct{})
	go func() {
		defer close(events)
		for e, err := range r.Watch(ctx, 0) {
			if err != nil {
				return
			}
			if e.Event == EventSnapshot {
				close(watching)
			}
			events <- e
		}
	}()
	<-watching
	if err := agent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for e := range events {
		if e.Event == EventOwner && e.Listener.ID == l.ID && e.Listener.Origin.Ended {
			break
		}
	}
	req := GroupRequest{Of: OfEnded}
	dry, err := r.StopGroup(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(dry.Members, func(m Member) bool { return m.Owner == l.Owners[0].ID })
	if i < 0 || slices.ContainsFunc(dry.Members, func(m Member) bool { return m.Owner == k.Owners[0].ID }) {
		t.Fatalf("got %+v, want the program of the agent that ended and not the other's", dry.Members)
	}
	req.Confirmed = []string{l.Owners[0].ID}
	if done, err := r.StopGroup(ctx, req); err != nil || done.Text != "1 program has ended." {
		t.Errorf("got %+v, %v, want it ended", done, err)
	}
	of, err := r.StopGroup(ctx, GroupRequest{ID: k.ID, Owner: k.Owners[0].ID, Of: OfOrigin})
	if err != nil || len(of.Members) != 1 || of.Title != "what Codex started" {
		t.Errorf("got %+v, %v, want the one that the living agent started", of, err)
	}
}

func TestAGroupOfNothingKnownIsRefused(t *testing.T) {
	r, _ := newReeve(t, nil)
	a := startListener(t, "plain")
	l := at(t, r, a)
	for _, q := range []struct {
		req  GroupRequest
		want string
	}{
		{GroupRequest{ID: l.ID, Owner: l.Owners[0].ID, Of: "friends"}, CodeUsage},
		{GroupRequest{ID: l.ID, Owner: "1.2.3.4", Of: OfGroup}, CodeChanged},
		{GroupRequest{ID: "x", Owner: l.Owners[0].ID, Of: OfGroup}, CodeChanged},
	} {
		if _, err := r.StopGroup(t.Context(), q.req); codeOf(err) != q.want {
			t.Errorf("%s: got %v, want %s", q.req.Of, err, q.want)
		}
	}
}

func TestThisProgramIsSparedOfItsOwnGroup(t *testing.T) {
	r, _ := newReeve(t, nil)
	cmd := exec.Command(os.Args[0]) // in the group of this test
	cmd.Env = append(os.Environ(), "REEVE_TEST_LISTEN=plain")
	l := at(t, r, startAs(t, cmd))
	g, err := r.StopGroup(t.Context(), GroupRequest{ID: l.ID, Owner: l.Owners[0].ID, Of: OfGroup})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(g.Spared, func(m Member) bool { return strconv.Itoa(int(m.PID)) == strconv.Itoa(os.Getpid()) && m.Why != "" }) {
		t.Errorf("got spared %+v, want this program among them", g.Spared)
	}
}
