package reeve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestExplainIsAskedByATextOrByAListener(t *testing.T) {
	r, _ := newReeve(t, nil)
	a := startListener(t, "plain")
	byText, err := r.Explain(t.Context(), ExplainRequest{Text: "GET http://" + a.String() + "/ failed"})
	if err != nil {
		t.Fatal(err)
	}
	l := at(t, r, a)
	byID, err := r.Explain(t.Context(), ExplainRequest{Listener: l.ID})
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]*Explanation{"text": byText, "id": byID} {
		if e.Address != a.String() || e.Verdict != "listens" || !e.Listens || !e.Answers || e.Listener == nil || e.Listener.ID != l.ID {
			t.Errorf("by %s: got %+v, want %s to listen, as %s", name, e, a, l.ID)
		}
	}
	wire, err := json.Marshal(byText)
	if err != nil || strings.Contains(string(wire), "null") {
		t.Errorf("got %s, %v, want no null", wire, err)
	}
}

func TestExplainProbesOnlyWhenAsked(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 9)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				close(accepted)
				return
			}
			accepted <- c
			_, _ = c.Write([]byte("SSH-2.0-x\r\n"))
			_ = c.Close()
		}
	}()
	r, _ := newReeve(t, nil)
	e, err := r.Explain(t.Context(), ExplainRequest{Text: l.Addr().String()})
	if err != nil || e.Verdict != "listens" || len(accepted) != 0 {
		t.Errorf("got %+v, %v and %d connections, want it to listen and none", e, err, len(accepted))
	}
	e, err = r.Explain(t.Context(), ExplainRequest{Text: l.Addr().String(), Probe: true})
	if err != nil || e.Verdict != "answers_greeting" || len(accepted) != 1 {
		t.Errorf("got %+v, %v and %d connections, want a greeting and one", e, err, len(accepted))
	}
}

func TestExplainTellsWhatIsWrongWithItsRequest(t *testing.T) {
	r, _ := newReeve(t, nil)
	for want, q := range map[string]ExplainRequest{
		"127.1 is a shortened address that programs read in different ways": {Text: "127.1:80"},
		"there is nothing to explain":                                       {},
		"explain takes a text or the id of a listener, not both":            {Text: "80", Listener: "x"},
		"that listener has ended meanwhile":                                 {Listener: "x"},
	} {
		_, err := r.Explain(t.Context(), q)
		var e *Error
		if !errors.As(err, &e) || e.Message != want || e.Hint == "" {
			t.Errorf("got %v, want %q with a hint", err, want)
		}
	}
}

func TestExplainOffersToWaitOnlyWhereSomebodyCan(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	text := l.Addr().String()
	for _, resident := range []bool{false, true} {
		r, _ := newReeve(t, func(o *Options) { o.Resident = resident })
		if e, err := r.Explain(t.Context(), ExplainRequest{Text: text}); err != nil || e.CanAwait {
			t.Errorf("in use: got %+v, %v, want no offer", e, err)
		}
	}
	_ = l.Close()
	for _, resident := range []bool{false, true} {
		r, _ := newReeve(t, func(o *Options) { o.Resident = resident })
		if e, err := r.Explain(t.Context(), ExplainRequest{Text: text}); err != nil || e.CanAwait != resident || e.Listens {
			t.Errorf("resident %v: got %+v, %v, want the offer where one runs", resident, e, err)
		}
	}
}

// The record is kept by a running resident; the same program on another port
// afterwards is found.
func TestExplainKnowsWhoListenedThereBeforeAndWhereItIsNow(t *testing.T) {
	r, _ := newReeve(t, func(o *Options) { o.Resident = true })
	ctx, cancel := context.WithCancel(t.Context())
	box := r.Monitor.Subscribe(0)
	var running sync.WaitGroup
	running.Go(func() { _ = r.Record(ctx, box) })
	running.Go(func() { _ = r.Monitor.Run(ctx) })
	defer running.Wait()
	defer cancel()

	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "REEVE_TEST_LISTEN=plain")
	a := startAs(t, cmd)
	at(t, r, a) // it was seen
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var e *Explanation
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var err error
		if e, err = r.Explain(t.Context(), ExplainRequest{Text: a.String()}); err != nil {
			t.Fatal(err)
		}
		if len(e.Before) > 0 && !e.Listens {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("got %+v, want somebody recorded", e)
		}
	}
	want := fmt.Sprintf(" listened on port %d until ", a.Port())
	if e.Verdict != "nobody" || !strings.Contains(e.Summary, want) || e.Before[0].Closed == "" {
		t.Errorf("got %s, %q, %+v, want nobody and %q", e.Verdict, e.Summary, e.Before, want)
	}
	b := startListener(t, "plain")
	at(t, r, b)
	e, err := r.Explain(t.Context(), ExplainRequest{Text: b.String()})
	if err != nil || len(e.Before) != 0 {
		t.Errorf("got %+v, %v, want nobody before the one that listens", e, err)
	}
	e, err = r.Explain(t.Context(), ExplainRequest{Text: a.String()})
	if want := fmt.Sprintf("listens on port %d now", b.Port()); err != nil || e.Verdict != "other_port" || !strings.Contains(e.Summary, want) {
		t.Errorf("got %+v, %v, want %q", e, err, want)
	}
}

func TestClientsAreCountedByTheListenersID(t *testing.T) {
	r, _ := newReeve(t, nil)
	a, idle := startListener(t, "plain"), startListener(t, "plain")
	c, err := net.Dial("tcp", a.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	n, err := r.CountClients(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := n.Clients[at(t, r, a).ID]; got != 1 {
		t.Errorf("%s: got %d clients, want 1", a, got)
	}
	if got, listed := n.Clients[at(t, r, idle).ID]; listed {
		t.Errorf("%s: got %d clients, want none told", idle, got)
	}
}
