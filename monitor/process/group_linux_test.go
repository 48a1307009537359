package process

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func memberPids(m Members) (pids []int32) {
	for _, i := range m.Infos {
		pids = append(pids, i.PID)
	}
	return pids
}

// startLeader starts a process that leads a session and a group, and its child.
func startLeader(t *testing.T) (leader *child, member int32) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	c := startAs(t, cmd, "leader")
	return c, pidOf(t, c.said)
}

func TestTheMembersOfAGroupAndASessionAreListedNewestLast(t *testing.T) {
	leader, member := startLeader(t)
	want := []int32{leader.pid(), member}
	for name, list := range map[string]func(context.Context, ID) (Members, error){"group": Group, "session": Session} {
		for _, of := range want {
			m, err := list(context.Background(), describe(t, of).ID)
			if err != nil || !slices.Equal(memberPids(m), want) || len(m.Spared) != 0 {
				t.Errorf("%s of %d: got %v, spared %v, %v, want %v", name, of, memberPids(m), m.Spared, err, want)
			}
			if !m.Led || m.Number != leader.pid() || m.Session != (name == "session") {
				t.Errorf("%s: got %+v, led %t, want one led by %d", name, m.Bond, m.Led, leader.pid())
			}
		}
	}
}

func TestTheLeftoversOfAnEndedSessionAreFoundAndEnd(t *testing.T) {
	leader, member := startLeader(t)
	leader.Process.Kill()
	leader.Process.Wait() // Wait of the command would close what the child reads
	info := describe(t, member)
	m, err := Session(context.Background(), info.ID)
	if err != nil || m.Led || m.Number != leader.pid() || !slices.Equal(memberPids(m), []int32{member}) {
		t.Fatalf("got %v of %+v, led %t, %v; want %d of session %d, not led", memberPids(m), m.Bond, m.Led, err, member, leader.pid())
	}
	got, err := StopMember(context.Background(), m.Infos[0].Target(), m.Bond, Terminate, patience)
	if got != Ended || err != nil {
		t.Errorf("stop: got %d, %v, want Ended", got, err)
	}
}

func TestThisProgramAndWhoStartedItAreSpared(t *testing.T) {
	c := start(t, "idle") // in this program's group and session
	self := describe(t, int32(os.Getpid()))
	for name, list := range map[string]func(context.Context, ID) (Members, error){"group": Group, "session": Session} {
		m, err := list(context.Background(), self.ID)
		if errors.Is(err, ErrUnsure) {
			t.Logf("%s: %v (a pid namespace of its own)", name, err)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		pids := memberPids(m)
		if !slices.Contains(pids, c.pid()) || slices.Contains(pids, self.PID) || slices.Contains(pids, int32(os.Getppid())) {
			t.Errorf("%s: got %v, want %d in it, not %d nor %d", name, pids, c.pid(), self.PID, os.Getppid())
		}
		why := map[int32]string{}
		for _, s := range m.Spared {
			why[s.PID] = s.Why
		}
		if why[self.PID] != "it is Portreeve itself" {
			t.Errorf("%s: got %v, want %d spared as Portreeve itself", name, why, self.PID)
		}
	}
}

func TestAGroupOfAProcessThatIsNotThereIsAnError(t *testing.T) {
	c := start(t, "idle")
	id := describe(t, c.pid()).ID
	for want, id := range map[error]ID{ErrReused: {id.PID, id.Birth + 1}, ErrUnsure: {id.PID, 0}} {
		if m, err := Group(context.Background(), id); !errors.Is(err, want) {
			t.Errorf("got %v, %v, want %v", m, err, want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if m, err := Session(ctx, id); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v, want the context's error", m, err)
	}
	c.Process.Kill()
	c.Wait()
	if m, err := Group(context.Background(), id); !errors.Is(err, ErrGone) {
		t.Errorf("got %v, %v, want ErrGone", m, err)
	}
}

func TestAProcessThatHasLeftItsGroupIsNotEndedWithIt(t *testing.T) {
	leader, member := startLeader(t)
	info := describe(t, member)
	for _, other := range []Bond{{Number: member}, {Session: true, Number: member}, {Number: int32(os.Getpid())}} {
		got, err := StopMember(context.Background(), info.Target(), other, Kill, patience)
		refused(t, leader, got, err, ErrNotMember)
	}
	if err := unix.Kill(int(member), 0); err != nil {
		t.Errorf("the process: got %v, want it to live", err)
	}
}

func TestWhoIsProtectedIsNotEndedWithAGroupEither(t *testing.T) {
	p, err := openProc()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	f := newFacts(p)
	self, err := f.look(context.Background(), int32(os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	do := f.memberSteps(Bond{Number: int32(unix.Getpgrp())})
	do.signal = func(_ int, pid int32, sig unix.Signal) error {
		t.Errorf("pid %d: got signal %v, want none", pid, sig)
		return nil
	}
	_, s := listenFile(t)
	if got, err := f.stop(context.Background(), do, self.Target(), s, Kill, 0); got != 0 || !errors.Is(err, ErrProtected) {
		t.Errorf("got %d, %v, want ErrProtected", got, err)
	}
}
