//go:build linux

package reeve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"portreeve/monitor/process"
)

// startLoop runs this binary as a listener in a shell's loop and gives its
// address. Each round listens on the same port.
func startLoop(t *testing.T) netip.AddrPort {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := free.Addr().String()
	_ = free.Close()
	cmd := exec.Command("bash", "-c", `while :; do "$0"; done`, os.Args[0])
	cmd.Env = append(os.Environ(), "REEVE_TEST_LISTEN=plain", "REEVE_TEST_ADDRESS="+at)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // the group is the test's own
		<-ended
	})
	waitListening(t, at)
	return netip.MustParseAddrPort(at)
}

func waitListening(t *testing.T, at string) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		if c, err := net.Dial("tcp", at); err == nil {
			_ = c.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("nobody listens on %s after 10 s", at)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func TestAStopThatWouldNotLastOffersTheLastingWay(t *testing.T) {
	r, _ := newReeve(t, nil)
	a := startLoop(t)
	l := at(t, r, a)
	plain := StopRequest{ID: l.ID, Owner: l.Owners[0].ID}
	_, err := r.Stop(t.Context(), plain)
	var e *Error
	if !errors.As(err, &e) || e.Code != CodeSupervised || len(e.Offers) != 2 {
		t.Fatalf("got %+v, want supervised with two offers", err)
	}
	if want := "a loop in bash would start reeve.test again"; !strings.HasPrefix(e.Message, want) {
		t.Errorf("got %q, want it to begin with %q", e.Message, want)
	}
	at(t, r, a) // nothing was stopped

	only := e.Offers[1]
	if only.Label != "Stop only reeve.test" {
		t.Errorf("got the label %q, want Stop only reeve.test", only.Label)
	}
	s, err := r.Stop(t.Context(), only.Request)
	if err != nil || s.Result != StopRespawned || s.Free {
		t.Fatalf("stop it anyway: got %+v, %v, want respawned", s, err)
	}
	if !strings.Contains(s.Text, fmt.Sprintf("Port %d is taken again by reeve.test after ", a.Port())) || !strings.HasSuffix(s.Text, "a loop in bash restarts it.") {
		t.Errorf("got %q, want who has it, after how long, and who restarts it", s.Text)
	}
	if len(s.Offers) != 1 {
		t.Fatalf("got offers %+v, want the lasting way", s.Offers)
	}
	if s, err = r.Stop(t.Context(), s.Offers[0].Request); err != nil || s.Result != StopFreed {
		t.Errorf("the lasting way: got %+v, %v, want freed", s, err)
	}
}

func TestAnOfferOfAnotherSupervisorIsRefused(t *testing.T) {
	r, _ := newReeve(t, nil)
	a := startListener(t, "plain")
	l := at(t, r, a)
	_, err := r.Stop(t.Context(), StopRequest{ID: l.ID, Owner: l.Owners[0].ID, Supervisor: "systemd:shop.service"})
	if got := codeOf(err); got != CodeChanged {
		t.Errorf("got %s, want %s", got, CodeChanged)
	}
	at(t, r, a)
}

func TestAStopThatCutsOthersOffAsksOnce(t *testing.T) {
	r, _ := newReeve(t, nil)
	a := startListener(t, "plain")
	c, err := net.Dial("tcp", a.String()) // this test is the client
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	l := at(t, r, a)
	_, err = r.Stop(t.Context(), StopRequest{ID: l.ID, Owner: l.Owners[0].ID})
	var e *Error
	if !errors.As(err, &e) || e.Code != CodeConfirm || e.Message != "reeve.test is connected to reeve.test" || len(e.Offers) != 1 {
		t.Fatalf("got %+v, want to be asked because of the client", err)
	}
	if s, err := r.Stop(t.Context(), e.Offers[0].Request); err != nil || s.Result != StopFreed {
		t.Errorf("confirmed: got %+v, %v, want freed", s, err)
	}
}

func TestAForcedStopAsksOnce(t *testing.T) {
	r, _ := newReeve(t, nil)
	a := startListener(t, "plain")
	l := at(t, r, a)
	_, err := r.Stop(t.Context(), StopRequest{ID: l.ID, Owner: l.Owners[0].ID, Force: true})
	var e *Error
	if !errors.As(err, &e) || e.Code != CodeConfirm || e.Offers[0].Label != "Force stop reeve.test" {
		t.Fatalf("got %+v, want to be asked", err)
	}
	if s, err := r.Stop(t.Context(), e.Offers[0].Request); err != nil || s.Result != StopFreed {
		t.Errorf("confirmed: got %+v, %v, want freed", s, err)
	}
}

func TestAStopWithoutTheRightOffersToAskForIt(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs a process of another user, which only root can start")
	}
	var elevated []StopRequest
	r, _ := newReeve(t, func(o *Options) {
		o.Elevate = func(_ context.Context, q StopRequest) (process.Outcome, error) {
			elevated = append(elevated, q)
			return process.Ended, nil
		}
	})
	a := startListener(t, "plain")
	l := at(t, r, a)
	q := StopRequest{ID: l.ID, Owner: l.Owners[0].ID, Elevate: true}
	s, err := r.Stop(t.Context(), q)
	if err != nil || s.Result != StopStillHeld {
		t.Errorf("got %+v, %v, want the port proven, whatever the helper says", s, err)
	}
	if len(elevated) != 1 || elevated[0].ID != l.ID || elevated[0].Owner != l.Owners[0].ID {
		t.Errorf("got %+v, want the ids of the request", elevated)
	}
}

func TestCommandsAreWrittenAsAPersonWouldTypeThem(t *testing.T) {
	for want, words := range map[string]string{
		"systemctl --user stop shop.service": "systemctl|--user|stop|shop.service",
		`pm2 stop -- 'it'\''s; rm -rf ~'`:    "pm2|stop|--|it's; rm -rf ~",
		"x ''":                               "x|",
	} {
		if got := shellWords(strings.Split(words, "|")); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
