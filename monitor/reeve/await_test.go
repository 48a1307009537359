package reeve

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"

	"portreeve/monitor/store"
)

func TestAWishToBeToldOfAPortLastsUntilItIsTakenBack(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := netip.MustParseAddrPort(l.Addr().String()).Port()
	resident := func(o *Options) { o.Resident = true }
	r, dirs := newReeve(t, resident)
	var e *Error
	if _, err := r.Await(t.Context(), AwaitRequest{Port: port}); !errors.As(err, &e) || e.Code != CodeFailed {
		t.Errorf("a port in use: got %v, want a refusal", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := r.Await(t.Context(), AwaitRequest{Port: port})
	if err != nil || !slices.Equal(a.Ports, []uint16{port}) {
		t.Fatalf("got %+v, %v, want port %d awaited", a, err, port)
	}
	if a, err = r.Await(t.Context(), AwaitRequest{Port: port}); err != nil || len(a.Ports) != 1 {
		t.Errorf("twice: got %+v, %v, want one wish", a, err)
	}
	again, _ := newReeve(t, func(o *Options) { o.Resident = true; o.Store = store.Open(dirs) })
	s, err := again.Status(t.Context())
	if err != nil || !slices.Equal(s.Awaited, []uint16{port}) {
		t.Errorf("after a restart: got %v, %v, want %d", s, err, port)
	}
	if a, err = again.Await(t.Context(), AwaitRequest{Port: port, Off: true}); err != nil || a.Ports == nil || len(a.Ports) != 0 {
		t.Errorf("taken back: got %+v, %v, want none", a, err)
	}
	if got := store.Open(dirs).LoadAwaited(); len(got) != 0 {
		t.Errorf("taken back: got %v saved, want none", got)
	}
}

func TestOnlyARunningPortreeveCanWait(t *testing.T) {
	r, _ := newReeve(t, nil)
	var e *Error
	if _, err := r.Await(t.Context(), AwaitRequest{Port: 62893}); !errors.As(err, &e) || e.Code != CodeNoResident {
		t.Errorf("got %v, want %s", err, CodeNoResident)
	}
	r, _ = newReeve(t, func(o *Options) { o.Resident = true })
	if _, err := r.Await(t.Context(), AwaitRequest{}); !errors.As(err, &e) || e.Code != CodeUsage {
		t.Errorf("port 0: got %v, want %s", err, CodeUsage)
	}
}

func TestAViewTellsWhoArrivedOnAnAwaitedPort(t *testing.T) {
	v := View{Status: Status{Awaited: []uint16{3000}}, Listeners: []Listener{
		{ID: "a", Protocol: "udp", Port: 3000}, {ID: "b", Protocol: "tcp", Port: 3000}, {ID: "c", Protocol: "tcp", Port: 3001},
	}}
	if got := v.Arrived(); len(got) != 1 || got[0].ID != "b" {
		t.Errorf("got %+v, want b alone", got)
	}
}
