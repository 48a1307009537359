package reeve

import (
	"context"
	"testing"
	"time"

	"portreeve/monitor/store"
)

func TestTheHistoryIsToldWithAndWithoutAResident(t *testing.T) {
	r, d := newReeve(t, func(o *Options) { o.Resident = true })
	ctx, cancel := context.WithCancel(context.Background())
	box, ended := r.Monitor.Subscribe(0), make(chan struct{})
	go func() {
		defer close(ended)
		if err := r.Record(ctx, box); err != nil {
			t.Errorf("record: %v", err)
		}
	}()
	stop := func() { cancel(); <-ended }
	defer stop()
	if _, err := r.List(t.Context()); err != nil { // the first reading, so that what comes then is new
		t.Fatal(err)
	}
	a := startListener(t, "yes")
	l := at(t, r, a)
	r.Told(l.ID)
	var got *History
	until(t, "it is recorded and told", func() bool {
		var err error
		got, err = r.History(t.Context(), HistoryRequest{Port: a.Port(), Since: time.Now().Add(-time.Minute).Format(time.RFC3339)})
		if err != nil {
			t.Fatal(err)
		}
		return len(got.Spells) == 1 && got.Spells[0].Told
	})
	s := got.Spells[0]
	if s.ID != l.ID || s.Address != "127.0.0.1" || s.Program != l.Program || s.PID != l.Owners[0].PID || s.Exe != l.Owners[0].Exe || s.Scope != "loopback" ||
		s.Before || s.Opened == "" || s.Closed != "" {
		t.Errorf("got %+v, want what the list says of it: %+v", s, l)
	}
	if got.Oldest == "" || got.Off || got.Problem != "" || got.Cut {
		t.Errorf("got %+v, want a record without a problem", got)
	}
	stop()
	other, _ := newReeve(t, func(o *Options) { o.Store = store.Open(d) })
	again, err := other.History(t.Context(), HistoryRequest{Port: a.Port()})
	if err != nil || len(again.Spells) != 1 || again.Spells[0].ID != l.ID {
		t.Errorf("without a resident: got %+v, %v, want the same spell", again, err)
	}
	if cut, err := other.History(t.Context(), HistoryRequest{Limit: 1}); err != nil || len(cut.Spells) != 1 {
		t.Errorf("limited: got %+v, %v, want one spell", cut, err)
	}
}

func TestAHistoryRequestThatMakesNoSenseIsRefused(t *testing.T) {
	r, _ := newReeve(t, nil)
	for name, req := range map[string]HistoryRequest{
		"a since that is no time":  {Since: "yesterday"},
		"an until that is no time": {Until: "7"},
		"a negative limit":         {Limit: -1},
		"a limit beyond reason":    {Limit: 1_000_000},
	} {
		if _, err := r.History(t.Context(), req); codeOf(err) != CodeUsage {
			t.Errorf("%s: got %v, want a refusal", name, err)
		}
	}
	if h, err := r.History(t.Context(), HistoryRequest{}); err != nil || len(h.Spells) != 0 || h.Spells == nil || h.Oldest != "" || h.Problem != "" {
		t.Errorf("where nothing was recorded: got %+v, %v, want an empty answer", h, err)
	}
}
