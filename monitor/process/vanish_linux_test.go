package process

// Processes that end while they are being stopped.

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestAProcessThatVanishesAtAnyStepIsGone(t *testing.T) {
	p, err := openProc()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	for _, m := range []manner{{how: Terminate}, {how: Kill}} {
		for _, at := range m.points() {
			for _, collected := range []bool{false, true} {
				name := fmt.Sprintf("before %s, method %d, collected %t", at, m.how, collected)
				c, info, s := victim(t, "idle")
				f := newFacts(p)
				reached := false
				slip := func(step string) {
					if step != at {
						return
					}
					reached = true
					died := &fate{pid: int(info.PID)}
					if err := died.kill(); err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					if collected {
						c.Wait()
					}
				}
				got, err := f.stop(context.Background(), slipped(f.steps(), slip, false), info.Target(), s, m.how, patience)
				switch {
				case !reached:
					t.Errorf("%s: got no such step, want it", name)
				case !collected && (at == "stopped" || at == "signal"):
					// A zombie takes the signal, and has ended as was asked.
					if got != Ended || err != nil {
						t.Errorf("%s: got %d, %v, want Ended", name, got, err)
					}
				case got != 0 || !errors.Is(err, ErrGone):
					t.Errorf("%s: got %d, %v, want ErrGone", name, got, err)
				}
			}
		}
	}
}

func TestAMemberThatVanishesAtAnyStepIsGone(t *testing.T) {
	p, err := openProc()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	for _, at := range (manner{how: Kill}).points() {
		leader, _ := startLeader(t)
		info := describe(t, leader.pid())
		f := newFacts(p)
		slip := func(step string) {
			if step == at {
				leader.Process.Kill()
				leader.Process.Wait()
			}
		}
		do := slipped(f.memberSteps(Bond{Session: true, Number: info.PID}), slip, false)
		_, s := listenFile(t)
		got, err := f.stop(context.Background(), do, info.Target(), s, Kill, patience)
		if got != 0 || !errors.Is(err, ErrGone) {
			t.Errorf("before %s: got %d, %v, want ErrGone", at, got, err)
		}
	}
}

func TestWhoVanishesIsLeftOutOfAGroup(t *testing.T) {
	leader, member := startLeader(t)
	p, err := openProc()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	f := newFacts(p)
	m := Members{Bond: Bond{Number: leader.pid()}}
	// One by one, as Group does; the leader ends before it is looked at.
	leader.Process.Kill()
	leader.Process.Wait()
	for _, pid := range []int32{leader.pid(), member} {
		if err := f.admit(context.Background(), &m, pid); err != nil {
			t.Fatal(err)
		}
	}
	if pids := memberPids(m); len(pids) != 1 || pids[0] != member || m.Led {
		t.Errorf("got %v, led %t, want %d alone", pids, m.Led, member)
	}
}
