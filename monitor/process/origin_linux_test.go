package process

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"portreeve/monitor/socket"
)

// copyOf makes a program of another name of the test binary.
func copyOf(t *testing.T, name string) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	path := filepath.Join(t.TempDir(), name)
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// leaveBehind ends a process at once, whose child then is nobody's.
func leaveBehind(c *child) {
	c.Process.Kill()
	c.Wait()
}

func TestAServerThatItsAgentLeftBehindIsToldOnce(t *testing.T) {
	l, s := listenFile(t)
	agent := startAs(t, exec.Command(copyOf(t, "codex")), "fork:stay", l)
	server := pidOf(t, agent.said)
	t.Cleanup(func() { syscall.Kill(int(server), syscall.SIGKILL) })
	f := NewFinder()
	t.Cleanup(f.Close)
	origin := func(found []Found) (Origin, bool) {
		for _, x := range found {
			for _, o := range x.Owners {
				if o.PID == server {
					return o.Origin, true
				}
			}
		}
		return Origin{}, false
	}
	ctx, known := context.Background(), []socket.Socket{s}
	f.Find(ctx, known)
	f.Recheck(ctx, known, true)
	before, ok := origin(f.Find(ctx, known))
	if !ok || before.Kind != OriginAgent || before.Name != "Codex" || before.Ended || !before.Live() {
		t.Fatalf("got %+v, %t, want a living Codex", before, ok)
	}
	leaveBehind(agent)
	after, ok := origin(f.Recheck(ctx, known, false))
	if want := (Origin{Kind: OriginAgent, Name: "Codex", Ended: true, starter: before.starter, until: before.until}); !ok || after != want {
		t.Errorf("got %+v, %t, want %+v", after, ok, want)
	}
	// The chain is lost by now; what was remembered is not.
	f.Recheck(ctx, known, true)
	if again, ok := origin(f.Find(ctx, known)); !ok || again != after {
		t.Errorf("after reading all anew: got %+v, %t, want %+v", again, ok, after)
	}
	if found := f.Recheck(ctx, known, false); len(found) != 0 {
		t.Errorf("got %+v, want no more news of it", found)
	}
}

func TestASuccessorOfTheNumberIsNotTheStarter(t *testing.T) {
	p, err := openProc()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	f := newFacts(p)
	me := int32(os.Getpid())
	birth := f.birthNow(me)
	if birth == 0 {
		t.Skip("no pidfd here: births can't be told")
	}
	every := func(int32) bool { return true }
	info := &Info{ID: ID{1, 1}, Origin: Origin{Kind: OriginAgent, until: [2]ID{{me, birth}}}}
	if got := f.aged(info, every); got.Origin.Ended {
		t.Errorf("got %+v while the starter runs, want it not ended", got.Origin)
	}
	info.Origin.until[0].Birth++
	if got := f.aged(info, every); !got.Origin.Ended {
		t.Errorf("got %+v for another process of the starter's number, want it ended", got.Origin)
	}
}

// The first sight of a server may come after the end of its session: it is then
// known by its environment and by a session that nobody leads.
func TestALeftoverIsKnownWithoutHavingSeenItsSession(t *testing.T) {
	l, _ := listenFile(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	shell := exec.Command(exe)
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	t.Setenv("TERM", "xterm")
	t.Setenv("TMUX", "/tmp/x,1,0")
	for _, m := range environmentMarks() {
		if m.kind != OriginTerminal {
			t.Setenv(m.variable, "")
		}
	}
	session := startAs(t, shell, "job:stay", l)
	server := pidOf(t, session.said)
	t.Cleanup(func() { syscall.Kill(int(server), syscall.SIGKILL) })
	leaveBehind(session)
	// Whoever has this test started may be an editor or a terminal: only what a
	// reaper that is none of them leaves is looked at.
	got := describe(t, server)
	for _, a := range got.Parents {
		if r := roleOf(a.Name, nil); r.kind != "" {
			t.Skipf("orphans here are handed to %s, which is an origin itself", a.Name)
		}
	}
	if got.Container == "" && got.Unit != "" && got.Origin.Kind != OriginTerminal {
		t.Skipf("this test runs in the unit %s, which says what started it", got.Unit)
	}
	o := got.Origin
	if o.Kind != OriginTerminal || o.Name != "tmux" || !o.Ended || o.Key() == "" {
		t.Errorf("got %+v, want an ended tmux", o)
	}
}
