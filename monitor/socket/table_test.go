package socket

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"testing"

	psnet "github.com/shirou/gopsutil/v3/net"
)

// fakeSource tells its sockets until its error is set.
type fakeSource struct {
	called  string
	sockets []Socket
	err     error
	onRead  func() // nil, or called in each read
	closed  bool
}

func (f *fakeSource) name() string { return f.called }

func (f *fakeSource) read(_ context.Context, dst []Socket, want Protos) ([]Socket, error) {
	if f.onRead != nil {
		f.onRead()
	}
	for _, s := range f.sockets {
		if want.Has(s.Proto) {
			dst = append(dst, s)
		}
	}
	return dst, f.err // the sockets of a failed read must not be believed
}

func (f *fakeSource) alive(_ context.Context, s Socket) (bool, error) {
	return slices.Contains(f.sockets, s), f.err
}

func (f *fakeSource) close() error {
	f.closed = true
	return nil
}

func (f *fakeSource) opener() opener {
	return opener{f.called, func() (source, error) {
		f.closed = false
		return f, nil
	}}
}

var errForbidden = errors.New("forbidden")

func forbidden(name string) opener {
	return opener{name, func() (source, error) { return nil, errForbidden }}
}

func TestTableOpensTheFirstSourceThatIsAllowed(t *testing.T) {
	second := &fakeSource{called: "second"}
	table, err := openTable([]opener{forbidden("first"), second.opener()})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := table.Source(), "second"; got != want {
		t.Errorf("source: got %q, want %q", got, want)
	}
	if err := table.Fallen(); !errors.Is(err, errForbidden) {
		t.Errorf("why fallen: got %v, want %v", err, errForbidden)
	}
}

func TestTableFallsToTheNextSourceWithinTheReadThatFailed(t *testing.T) {
	old := Socket{Cookie: 1, Endpoint: Endpoint{TCP, netip.MustParseAddrPort("127.0.0.1:1")}}
	now := Socket{Cookie: 2, Endpoint: old.Endpoint}
	first := &fakeSource{called: "first", sockets: []Socket{old}}
	third := &fakeSource{called: "third", sockets: []Socket{now}}
	table, err := openTable([]opener{first.opener(), forbidden("second"), third.opener()})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := table.Read(t.Context(), nil, WantTCP); err != nil || !slices.Equal(got, []Socket{old}) || table.Fallen() != nil {
		t.Fatalf("first read: got %+v, error %v, fallen %v; want %+v, nil, nil", got, err, table.Fallen(), old)
	}
	first.err = errors.New("broken")
	mark := Socket{Cookie: 99}
	got, err := table.Read(t.Context(), []Socket{mark}, WantTCP)
	if want := []Socket{mark, now}; err != nil || !slices.Equal(got, want) {
		t.Errorf("read after the fall: got %+v, error %v; want %+v", got, err, want)
	}
	if got, want := table.Source(), "third"; got != want {
		t.Errorf("source: got %q, want %q", got, want)
	}
	if !first.closed {
		t.Error("left source: got open, want closed")
	}
	if err := table.Fallen(); !errors.Is(err, first.err) || !errors.Is(err, errForbidden) {
		t.Errorf("why fallen: got %v, want both failures", err)
	}
	if err := table.Close(); err != nil || !third.closed {
		t.Errorf("close: got error %v, closed %v; want nil, true", err, third.closed)
	}
}

func TestTableWithoutAnySourceFailsAndBeginsAnew(t *testing.T) {
	only := &fakeSource{called: "only", sockets: []Socket{{Cookie: 1, Endpoint: Endpoint{Proto: TCP}}}}
	table, err := openTable([]opener{only.opener()})
	if err != nil {
		t.Fatal(err)
	}
	only.err = errForbidden
	mark := Socket{Cookie: 99}
	got, err := table.Read(t.Context(), []Socket{mark}, WantTCP)
	if !errors.Is(err, errForbidden) || !slices.Equal(got, []Socket{mark}) {
		t.Errorf("read: got %+v, error %v; want the caller's alone, %v", got, err, errForbidden)
	}
	only.err = nil
	if got, err := table.Read(t.Context(), nil, WantTCP); err != nil || len(got) != 1 || table.Source() != "only" {
		t.Errorf("next read: got %+v by %q, error %v; want one by %q", got, table.Source(), err, "only")
	}
	if _, err := openTable([]opener{forbidden("first"), forbidden("second")}); !errors.Is(err, errForbidden) {
		t.Errorf("open: got error %v, want %v", err, errForbidden)
	}
}

func TestUDPFallsWithoutTCP(t *testing.T) {
	good := &fakeSource{called: "fast", sockets: []Socket{{Cookie: 1, Endpoint: Endpoint{Proto: TCP}}}}
	slow := &fakeSource{called: "slow", sockets: []Socket{{Cookie: 2, Endpoint: Endpoint{Proto: UDP}}}}
	opened := 0
	fast := opener{"fast", func() (source, error) {
		if opened++; opened > 1 { // the second opening is UDP's
			return nil, errForbidden
		}
		return good, nil
	}}
	table, err := openTable([]opener{fast, slow.opener()})
	if err != nil {
		t.Fatal(err)
	}
	got, err := table.Read(t.Context(), nil, WantTCP|WantUDP)
	if want := append(slices.Clone(good.sockets), slow.sockets...); err != nil || !slices.Equal(got, want) {
		t.Errorf("read: got %+v, error %v; want %+v", got, err, want)
	}
	if got, want := table.Source(), "fast, udp by slow"; got != want {
		t.Errorf("source: got %q, want %q", got, want)
	}
	if alive, err := table.Alive(t.Context(), slow.sockets[0]); !alive || err != nil {
		t.Errorf("alive: got %v, error %v; want true", alive, err)
	}
}

func TestCancelledReadBlamesNoSource(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	first := &fakeSource{called: "first"}
	table, err := openTable([]opener{first.opener(), forbidden("second")})
	if err != nil {
		t.Fatal(err)
	}
	first.onRead, first.err = cancel, context.Canceled
	for _, when := range []string{"during", "before"} {
		if _, err := table.Read(ctx, nil, WantTCP); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled %s the read: got error %v, want %v", when, err, context.Canceled)
		}
		if got, want := table.Source(), "first"; got != want {
			t.Errorf("cancelled %s the read: got source %q, want %q", when, got, want)
		}
	}
	first.err = nil
	if _, err := table.Read(t.Context(), nil, WantTCP); err != nil || table.Source() != "first" {
		t.Errorf("next read: got source %q, error %v; want %q", table.Source(), err, "first")
	}
}

func TestUnknownSourceIsUnsupported(t *testing.T) {
	if _, err := OpenSource("lsof"); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("open: got error %v, want %v", err, errors.ErrUnsupported)
	}
}

// The one test of real sockets that needs nothing of the platform.
func TestOpenReadsAListenerAndAUDPSocketOnThisPlatform(t *testing.T) {
	table, err := Open()
	if err != nil {
		t.Skipf("nothing to read sockets with: %v", err)
	}
	defer table.Close()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	at := Endpoint{TCP, l.Addr().(*net.TCPAddr).AddrPort()}
	got, err := table.Read(t.Context(), nil, WantTCP)
	if err != nil {
		t.Skipf("no source works here: %v", err)
	}
	i := slices.IndexFunc(got, func(s Socket) bool { return s.Endpoint == at })
	if i < 0 {
		t.Fatalf("read by %s: got %d sockets without %v", table.Source(), len(got), at)
	}
	if alive, err := table.Alive(t.Context(), got[i]); !alive || err != nil {
		t.Errorf("alive by %s: got %v, error %v; want true", table.Source(), alive, err)
	}
	runtime.KeepAlive(l)
}

func TestGopsutilRowsOfEachPlatformAreUnderstood(t *testing.T) {
	for _, c := range []struct {
		kind  string
		proto Proto
		ipv6  bool
		row   psnet.ConnectionStat
		want  string // empty: not a bound socket
	}{
		{"listener", TCP, false, psnet.ConnectionStat{Status: "LISTEN", Laddr: psnet.Addr{IP: "127.0.0.1", Port: 80}}, "127.0.0.1:80"},
		{"lsof's wildcard", TCP, false, psnet.ConnectionStat{Status: "LISTEN", Laddr: psnet.Addr{IP: "*", Port: 80}}, "0.0.0.0:80"},
		{"lsof's IPv6 wildcard", TCP, true, psnet.ConnectionStat{Status: "LISTEN", Laddr: psnet.Addr{IP: "*", Port: 80}}, "[::]:80"},
		{"mapped address", TCP, true, psnet.ConnectionStat{Status: "LISTEN", Laddr: psnet.Addr{IP: "127.0.0.1", Port: 80}}, "[::ffff:127.0.0.1]:80"},
		{"connection", TCP, false, psnet.ConnectionStat{Status: "ESTABLISHED", Laddr: psnet.Addr{IP: "127.0.0.1", Port: 80}}, ""},
		{"bound UDP", UDP, true, psnet.ConnectionStat{Status: "NONE", Laddr: psnet.Addr{IP: "::1", Port: 53}, Raddr: psnet.Addr{IP: "::"}}, "[::1]:53"},
		{"connected UDP", UDP, false, psnet.ConnectionStat{Laddr: psnet.Addr{IP: "127.0.0.1", Port: 53}, Raddr: psnet.Addr{IP: "127.0.0.1", Port: 9}}, ""},
		{"port out of range", UDP, false, psnet.ConnectionStat{Laddr: psnet.Addr{IP: "127.0.0.1", Port: 65536}}, ""},
		{"no address", UDP, false, psnet.ConnectionStat{Laddr: psnet.Addr{IP: "localhost", Port: 53}}, ""},
	} {
		s, ok := gopsutilSocket(c.row, c.proto, c.ipv6)
		if ok != (c.want != "") || ok && s.Local.String() != c.want {
			t.Errorf("%s: got %v, %v; want %q", c.kind, s.Local, ok, c.want)
		}
		if ok && s.UID != NoUID {
			t.Errorf("%s: got uid %d, want unknown", c.kind, s.UID)
		}
	}
}

func TestGopsutilIsAskedTwiceBeforeEverythingIsGone(t *testing.T) {
	row := psnet.ConnectionStat{Status: "LISTEN", Laddr: psnet.Addr{IP: "127.0.0.1", Port: 80}, Pid: 7}
	var answers [][]psnet.ConnectionStat
	src := &gopsutilSource{filled: map[string]bool{}}
	src.connections = func(_ context.Context, kind string) ([]psnet.ConnectionStat, error) {
		if kind != "tcp4" {
			return nil, nil
		}
		a := answers[0]
		answers = answers[1:]
		return a, nil
	}
	for i, c := range []struct {
		answers [][]psnet.ConnectionStat
		want    int
	}{
		{[][]psnet.ConnectionStat{{}}, 0},             // empty from the start: believed
		{[][]psnet.ConnectionStat{{row, row}}, 2},     // equals get cookies of their own
		{[][]psnet.ConnectionStat{{}, {row, row}}, 2}, // empty once: a failure
		{[][]psnet.ConnectionStat{{}, {}}, 0},         // empty twice: gone
		{[][]psnet.ConnectionStat{{}}, 0},
	} {
		answers = c.answers
		got, err := src.read(t.Context(), nil, WantTCP)
		if err != nil || len(got) != c.want || len(answers) != 0 {
			t.Errorf("read %d: got %d sockets, %d answers left, error %v; want %d, 0", i, len(got), len(answers), err, c.want)
		}
		if len(got) == 2 && (got[0].Cookie == got[1].Cookie || got[0].PID != 7) {
			t.Errorf("read %d: got cookies %x and %x of pid %d; want two of pid 7", i, got[0].Cookie, got[1].Cookie, got[0].PID)
		}
	}
}

func TestMadeUpCookiesAreStable(t *testing.T) {
	e := Endpoint{TCP, netip.MustParseAddrPort("127.0.0.1:62893")}
	if got, want := endpointCookie(e, 7, 0), endpointCookie(e, 7, 0); got != want {
		t.Errorf("cookie: got %x, want %x", got, want)
	}
	seen := map[uint64]string{}
	for name, c := range map[string]uint64{
		"itself":        endpointCookie(e, 7, 0),
		"its twin":      endpointCookie(e, 7, 1),
		"another pid":   endpointCookie(e, 8, 0),
		"UDP":           endpointCookie(Endpoint{UDP, e.Local}, 7, 0),
		"another port":  endpointCookie(Endpoint{TCP, netip.MustParseAddrPort("127.0.0.1:62894")}, 7, 0),
		"mapped":        endpointCookie(Endpoint{TCP, netip.MustParseAddrPort("[::ffff:127.0.0.1]:62893")}, 7, 0),
		"with a zone":   endpointCookie(Endpoint{TCP, netip.MustParseAddrPort("[fe80::1%a]:62893")}, 7, 0),
		"another zone":  endpointCookie(Endpoint{TCP, netip.MustParseAddrPort("[fe80::1%b]:62893")}, 7, 0),
		"another zone2": endpointCookie(Endpoint{TCP, netip.MustParseAddrPort("[fe80::1]:62893")}, 7, 0),
	} {
		if other, ok := seen[c]; ok || c&madeUp == 0 {
			t.Errorf("cookie of %s: got %x, want one of its own with the top bit (%s has it)", name, c, other)
		}
		seen[c] = name
	}
}
