package reeve

// What a stop ends, what it refuses, and what it says.

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestStopEndsWhatWasShownAndProvesThePortFree(t *testing.T) {
	r, _ := newReeve(t, nil)
	a := startListener(t, "plain")
	l := at(t, r, a)
	s, err := r.Stop(t.Context(), StopRequest{ID: l.ID, Owner: l.Owners[0].ID})
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("reeve.test has ended. Port %d is free.", a.Port()); s.Result != StopFreed || !s.Free || s.Text != want {
		t.Errorf("got %+v, want freed: %q", s, want)
	}
	back, err := net.Listen("tcp", a.String())
	if err != nil {
		t.Fatalf("the port is not free: %v", err)
	}
	_ = back.Close()
}

func TestStopRefusesWhatIsNotAsShown(t *testing.T) {
	r, _ := newReeve(t, nil)
	a := startListener(t, "plain")
	l := at(t, r, a)
	other := startListener(t, "plain")
	o := at(t, r, other)
	for name, q := range map[string]StopRequest{
		"a listener that is none":        {ID: "x-1", Owner: l.Owners[0].ID},
		"a listener of another boot":     {ID: "00000000" + l.ID[8:], Owner: l.Owners[0].ID},
		"the owner of another listener":  {ID: l.ID, Owner: o.Owners[0].ID},
		"no owner":                       {ID: l.ID},
		"an owner whose birth is wrong":  {ID: l.ID, Owner: strings.Replace(l.Owners[0].ID, ".", ".f", 1)},
		"an owner whose program differs": {ID: l.ID, Owner: l.Owners[0].ID + "1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.Stop(t.Context(), q)
			if got := codeOf(err); got != CodeChanged {
				t.Errorf("got %s, want %s", got, CodeChanged)
			}
		})
	}
	at(t, r, a) // both still listen
	at(t, r, other)
}

func TestStopTellsThatASignalWasIgnoredAndForceEndsIt(t *testing.T) {
	t.Parallel() // it mostly waits
	if testing.Short() {
		t.Skip("takes the whole patience of a stop")
	}
	r, _ := newReeve(t, nil)
	a := startListener(t, "ignore")
	l := at(t, r, a)
	q := StopRequest{ID: l.ID, Owner: l.Owners[0].ID}
	s, err := r.Stop(t.Context(), q)
	if err != nil || s.Result != StopRunning || s.Free || !s.CanForce {
		t.Fatalf("got %+v, %v, want running, and a forced stop offered", s, err)
	}
	if s, err = r.Stop(t.Context(), s.Offers[0].Request); err != nil || s.Result != StopFreed {
		t.Errorf("force, as offered: got %+v, %v, want freed", s, err)
	}
}

func TestStopRefusesItself(t *testing.T) {
	r, _ := newReeve(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	x := at(t, r, netip.MustParseAddrPort(l.Addr().String()))
	if _, err := r.Stop(t.Context(), StopRequest{ID: x.ID, Owner: x.Owners[0].ID}); codeOf(err) != CodeProtected {
		t.Errorf("got %v, want %s", err, CodeProtected)
	}
}

// Whoever runs the tests of a service in a loop is no reason to offer the end of
// that loop, and Portreeve's own with it.
func TestStopRefusesItselfInALoopToo(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash: ", err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	loop := exec.CommandContext(t.Context(), bash, "-c", `while true; do "$0" -test.run='^TestStopRefusesItself$' -test.v; exit $?; done`, exe)
	if out, err := loop.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestStopRefusesItself ") {
		t.Errorf("got %v, want the same refusal:\n%s", err, out)
	}
}

func TestAStopIsToldBeforeItIsDone(t *testing.T) {
	r, _ := newReeve(t, nil)
	where := startListener(t, "plain")
	l := at(t, r, where)
	var told []string
	r.Stopping = func(id string) {
		told = append(told, id)
		if now := at(t, r, where); now.ID != id {
			t.Errorf("when the stop was told: got %s there, want %s still", now.ID, id)
		}
	}
	if s, err := r.Stop(t.Context(), StopRequest{ID: l.ID, Owner: l.Owners[0].ID}); err != nil || !s.Free {
		t.Fatalf("got %+v, %v, want it freed", s, err)
	}
	if !slices.Equal(told, []string{l.ID}) {
		t.Errorf("got %q told, want %q", told, l.ID)
	}
}
