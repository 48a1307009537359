package store

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"portreeve/monitor"
	"portreeve/monitor/familiar"
	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

// machine is a table and a finder that a test scripts, under a real monitor
// that reads when it is told to.
type machine struct {
	t  testing.TB
	mu sync.Mutex
	on map[uint64]listenerOf
	by string // the table's source
	m  *monitor.Monitor
}

// listenerOf is a socket and who holds it.
type listenerOf struct {
	at  string
	udp bool
	who process.Info
}

func newMachine(t testing.TB) *machine {
	f := &machine{t: t, on: map[uint64]listenerOf{}, by: "test"}
	f.m = monitor.New(f, f, monitor.Options{})
	return f
}

func (f *machine) socket(cookie uint64) socket.Socket {
	l := f.on[cookie]
	s := socket.Socket{Endpoint: socket.Endpoint{Proto: socket.TCP, Local: netip.MustParseAddrPort(l.at)}, Cookie: cookie}
	if l.udp {
		s.Proto = socket.UDP
	}
	return s
}

func (f *machine) Read(_ context.Context, dst []socket.Socket, want socket.Protos) ([]socket.Socket, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.on {
		if s := f.socket(c); want.Has(s.Proto) {
			dst = append(dst, s)
		}
	}
	return dst, nil
}

func (f *machine) Alive(_ context.Context, s socket.Socket) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, ok := f.on[s.Cookie]
	return ok, nil
}

func (f *machine) Source() string { return f.by }

func (f *machine) Find(_ context.Context, want []socket.Socket) []process.Found {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []process.Found
	for _, s := range want {
		if l := f.on[s.Cookie]; l.who.PID != 0 {
			all = append(all, process.Found{Cookie: s.Cookie, Owners: []process.Info{l.who}})
		}
	}
	return all
}

func (f *machine) Recheck(context.Context, []socket.Socket, bool) []process.Found { return nil }
func (f *machine) Forget(uint64)                                                  {}

// listen opens a listener, or gives one another owner at the next reading of a
// later run.
func (f *machine) listen(cookie uint64, at, program string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on[cookie] = listenerOf{at: at, who: process.Info{ID: process.ID{PID: int32(cookie)}, Name: program, Exe: "/usr/bin/" + program, User: "ada"}}
}

func (f *machine) end(cookies ...uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range cookies {
		delete(f.on, c)
	}
}

func (f *machine) look() {
	f.t.Helper()
	if _, err := f.m.Now(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
}

// spellOf is what reeve gives, with ids of one run of the machine.
func spellOf(l *monitor.Listener) Spell {
	s := Spell{ID: fmt.Sprintf("boot-%x", l.Cookie), Proto: l.Proto.String(), At: l.Local,
		Temporary: l.Proto == socket.UDP && l.Local.Port() >= 32768,
		Who:       Who{User: "ada", Pattern: (&familiar.Book{}).PatternOf(l.Listening)}}
	if len(l.Owners) > 0 {
		s.PID, s.Program, s.Exe = l.Owners[0].PID, l.Owners[0].Name, l.Owners[0].Exe
	}
	return s
}

var whole = Bounds{On: true, Days: 90, MiB: 64}

// recording runs Record until the test ends or stop is called.
func recording(t testing.TB, s *Store, f *machine, b Bounds) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s.History().SetBounds(b)
	box, ended := f.m.Subscribe(0), make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.History().Record(ctx, box, spellOf, func() {}); err != nil {
			t.Errorf("record: %v", err)
		}
	}()
	for running := false; !running; { // or the first question would find nobody who writes
		s.History().mu.Lock()
		running = s.History().rec != nil
		s.History().mu.Unlock()
	}
	stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(stop)
	return stop
}

// all gives every spell as a line, the oldest first.
func all(t testing.TB, s *Store, q Query) []string {
	t.Helper()
	var lines []string
	for x, err := range s.History().Spells(t.Context(), q) {
		if err != nil {
			t.Fatalf("spells: %v", err)
		}
		line := fmt.Sprintf("%s %s %s", x.Program, x.Proto, x.At)
		for word, is := range map[string]bool{"before": x.Before} {
			if is {
				line += " " + word
			}
		}
		switch {
		case x.Closed.IsZero():
			line += " open"
		case x.Lost:
			line += " lost"
		default:
			line += " closed"
		}
		if x.Told {
			line += " told"
		}
		lines = append(lines, line)
	}
	slices.Reverse(lines)
	return lines
}

func same(t testing.TB, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\ngot  %q\nwant %q", what, got, want)
	}
}

func TestWhoListenedWhereAndWhenIsRecorded(t *testing.T) {
	s, d := newStore(t)
	f := newMachine(t)
	f.listen(1, "0.0.0.0:22", "sshd")
	stop := recording(t, s, f, whole)
	f.look()
	f.listen(2, "127.0.0.1:62893", "python3")
	f.look()
	same(t, "while it listens", all(t, s, Query{}), "sshd tcp 0.0.0.0:22 before open", "python3 tcp 127.0.0.1:62893 open")
	s.History().Told("boot-2")
	f.end(2)
	f.listen(3, "127.0.0.1:62893", "node") // on the same endpoint in the same reading: rebound
	f.look()
	f.end(3)
	f.look()
	want := []string{"sshd tcp 0.0.0.0:22 before open", "python3 tcp 127.0.0.1:62893 closed told", "node tcp 127.0.0.1:62893 closed"}
	same(t, "at the end", all(t, s, Query{}), want...)
	stop()
	same(t, "read by another process", all(t, Open(d), Query{}), want...)
	same(t, "by port", all(t, Open(d), Query{Port: 22}), want[0])
	same(t, "by part of the program", all(t, Open(d), Query{Program: "YTHON"}), want[1])
	same(t, "a wildcard is a letter like others", all(t, Open(d), Query{Program: "%"}))
	same(t, "only the newest", all(t, Open(d), Query{Limit: 1}), want[2])
	same(t, "what a notice told", all(t, Open(d), Query{Told: true}), want[1])
	same(t, "later on only what still listens", all(t, Open(d), Query{Since: time.Now().Add(time.Minute)}), want[0])
	same(t, "before it began nothing", all(t, Open(d), Query{Until: time.Now().Add(-time.Minute)}))
	if p := s.Problems(); len(p) > 0 {
		t.Errorf("problems: got %q, want none", p)
	}
	notices, err := Open(d).History().LastNotices(t.Context(), 20)
	if err != nil || len(notices) != 1 || notices[0].Pattern.Subject.Exe != "/usr/bin/python3" || notices[0].Pattern.Ports == "" {
		t.Errorf("the last notices: got %+v, %v, want python3's with its pattern", notices, err)
	}
}

func TestASpellGoesOnAfterARestartAndWhatEndedMeanwhileIsLost(t *testing.T) {
	s, d := newStore(t)
	f := newMachine(t)
	stop := recording(t, s, f, whole)
	f.look()
	f.listen(1, "127.0.0.1:3000", "node")
	f.listen(2, "127.0.0.1:4000", "ruby")
	f.listen(3, "127.0.0.1:5000", "php")
	f.look()
	s.History().Told("boot-1")
	stop()
	seen := time.Now()

	for time.Since(seen) < 2*time.Millisecond { // so that "last seen" and "now" differ in what is stored
	}
	next := newMachine(t)
	next.listen(1, "127.0.0.1:3000", "node")
	next.listen(3, "127.0.0.1:5001", "php") // the cookie of another run of the machine on another endpoint
	s = Open(d)
	recording(t, s, next, whole)
	next.look()
	got := all(t, s, Query{})
	slices.Sort(got)
	same(t, "after the restart", got, "node tcp 127.0.0.1:3000 open told", "php tcp 127.0.0.1:5000 lost",
		"php tcp 127.0.0.1:5001 before open", "ruby tcp 127.0.0.1:4000 lost")
	for x, err := range s.History().Spells(t.Context(), Query{Port: 4000}) {
		if err != nil || x.Closed.After(seen) {
			t.Errorf("ruby's end: got %v, %v, want when it was last seen, not after %v", x.Closed, err, seen)
		}
	}
}
