package socket

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// until takes up to ten attempts, so that listeners that other programs open
// and close meanwhile disturb nobody; it gives the last failure.
func until(attempt func() error) (err error) {
	for range 10 {
		if err = attempt(); err == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

// realSockets opens one of each kind that Linux programs open.
func realSockets(t *testing.T) (all, twins []*bound) {
	t.Helper()
	all = []*bound{
		bindTo(t, TCP, "127.0.0.1:0"),
		bindTo(t, TCP, "0.0.0.0:0"),
		bindTo(t, TCP, "[::1]:0", v6Only),
		bindTo(t, TCP, "[::]:0"),
		bindTo(t, TCP, "[::]:0", v6Only),
		bindTo(t, TCP, "[::ffff:127.0.0.1]:0"),
		bindTo(t, UDP, "127.0.0.1:0"),
		bindTo(t, UDP, "[::1]:0"),
		bindTo(t, UDP, "[::]:0", v6Only),
	}
	first := bindTo(t, TCP, "127.0.0.1:0", reusePort)
	twins = []*bound{first, bindTo(t, TCP, first.Local.String(), reusePort)}
	firstUDP := bindTo(t, UDP, "127.0.0.1:0", reusePort)
	twins = append(twins, firstUDP, bindTo(t, UDP, firstUDP.Local.String(), reusePort))
	return append(all, twins...), twins
}

// flat says what a source tells of a socket, as far as all can.
func flat(e Endpoint, uid uint32) string {
	return fmt.Sprintf("%s %s of %d", e.Proto, e.Local, uid)
}

func TestEverySourceTellsTheSameRealSockets(t *testing.T) {
	all, _ := realSockets(t)
	uid := uint32(os.Getuid())
	var want []string
	for _, b := range all {
		want = append(want, flat(b.Endpoint, uid))
	}
	slices.Sort(want)
	for _, name := range Sources() {
		t.Run(name, func(t *testing.T) {
			table := open(t, name)
			if got := table.Source(); got != name {
				t.Fatalf("source: got %q, want %q", got, name)
			}
			want := want
			if name == "gopsutil" { // tells one socket of an address
				want = slices.Compact(slices.Clone(want))
			}
			err := until(func() error {
				read, err := table.Read(t.Context(), nil, WantTCP|WantUDP)
				if err != nil {
					return err
				}
				var got []string
				cookies := map[uint64]bool{}
				for _, s := range read {
					if !slices.ContainsFunc(all, func(b *bound) bool { return b.Endpoint == s.Endpoint }) {
						continue
					}
					got = append(got, flat(s.Endpoint, s.UID))
					cookies[s.Cookie] = true
					if name == "gopsutil" {
						if s.PID != int32(os.Getpid()) {
							return fmt.Errorf("%s: got pid %d, want %d", s.Local, s.PID, os.Getpid())
						}
						continue
					}
					if err := sameAsKernel(s, all, name); err != nil {
						return err
					}
				}
				slices.Sort(got)
				if !slices.Equal(got, want) {
					return fmt.Errorf("sockets: got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
				if len(cookies) != len(want) {
					return fmt.Errorf("cookies: got %d, want %d", len(cookies), len(want))
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// sameAsKernel holds what one source tells against what the socket itself
// says.
func sameAsKernel(s Socket, all []*bound, source string) error {
	i := slices.IndexFunc(all, func(b *bound) bool { return b.inode == s.Inode })
	if i < 0 {
		return fmt.Errorf("%s: got inode %d, want that of the socket", s.Local, s.Inode)
	}
	if all[i].Endpoint != s.Endpoint {
		return fmt.Errorf("inode %d: got %v, want %v", s.Inode, s.Endpoint, all[i].Endpoint)
	}
	if source == "procfs" {
		return nil
	}
	if s.OnlyV6 != all[i].onlyV6 {
		return fmt.Errorf("%s only for IPv6: got %v, want %v", s.Local, s.OnlyV6, all[i].onlyV6)
	}
	backlog := uint32(0)
	if s.Proto == TCP {
		backlog = testBacklog
	}
	if s.Backlog != backlog || s.Queue != 0 {
		return fmt.Errorf("%s: got queue %d, backlog %d; want 0, %d", s.Local, s.Queue, s.Backlog, backlog)
	}
	cookie, err := unix.GetsockoptUint64(all[i].fd, unix.SOL_SOCKET, unix.SO_COOKIE)
	if err != nil || s.Cookie != cookie {
		return fmt.Errorf("%s: got cookie %d, want %d (error %v)", s.Local, s.Cookie, cookie, err)
	}
	return nil
}

func TestReadTellsOnlyWhatWasAskedFor(t *testing.T) {
	bindTo(t, TCP, "127.0.0.1:0")
	bindTo(t, UDP, "127.0.0.1:0")
	for _, name := range Sources() {
		table := open(t, name)
		for want, p := range map[Protos]Proto{WantTCP: TCP, WantUDP: UDP} {
			got, err := table.Read(t.Context(), nil, want)
			if err != nil || len(got) == 0 {
				t.Errorf("%s: got %d sockets, error %v; want some %s", name, len(got), err, p)
			}
			for _, s := range got {
				if s.Proto != p {
					t.Errorf("%s: got %s %s, want %s only", name, s.Proto, s.Local, p)
				}
			}
		}
	}
}

// Go's own listeners are MPTCP sockets where the kernel has those.
func TestEverySourceTellsGosOwnListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var st unix.Stat_t
	if err := raw.Control(func(fd uintptr) { unix.Fstat(int(fd), &st) }); err != nil {
		t.Fatal(err)
	}
	at := Endpoint{TCP, l.Addr().(*net.TCPAddr).AddrPort()}
	for _, name := range Sources() {
		table := open(t, name)
		read, err := table.Read(t.Context(), nil, WantTCP)
		i := slices.IndexFunc(read, func(s Socket) bool { return s.Endpoint == at })
		if err != nil || i < 0 {
			t.Errorf("%s: got %d sockets without %v, error %v", name, len(read), at, err)
			continue
		}
		if got := read[i].Inode; got != st.Ino && name != "gopsutil" {
			t.Errorf("%s: got inode %d, want %d", name, got, st.Ino)
		}
		if got, want := read[i].UID, uint32(os.Getuid()); got != want {
			t.Errorf("%s: got uid %d, want %d", name, got, want)
		}
		if alive, err := table.Alive(t.Context(), read[i]); !alive || err != nil {
			t.Errorf("%s: got alive %v, error %v; want true", name, alive, err)
		}
	}
	runtime.KeepAlive(l)
}

func TestAliveIsTrueUntilTheSocketIsClosed(t *testing.T) {
	for _, name := range Sources() {
		t.Run(name, func(t *testing.T) {
			table := open(t, name)
			all, twins := realSockets(t)
			read, err := table.Read(t.Context(), nil, WantTCP|WantUDP)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range all {
				if name == "gopsutil" && slices.Contains(twins, b) {
					continue // it can't tell twins apart
				}
				i := slices.IndexFunc(read, func(s Socket) bool {
					return s.Endpoint == b.Endpoint && (s.Inode == b.inode || name == "gopsutil")
				})
				if i < 0 {
					t.Errorf("%v: not read", b.Endpoint)
					continue
				}
				if alive, err := table.Alive(t.Context(), read[i]); !alive || err != nil {
					t.Errorf("%v open: got alive %v, error %v; want true", b.Endpoint, alive, err)
				}
				b.close()
				if alive, err := table.Alive(t.Context(), read[i]); alive || err != nil {
					t.Errorf("%v closed: got alive %v, error %v; want false", b.Endpoint, alive, err)
				}
			}
		})
	}
}

// The kernel answers a single look-up only when it is put right for the
// protocol and family; dumps would hide a wrong one.
func TestNetlinkFindsEverySingleSocketWithoutADump(t *testing.T) {
	open(t, "netlink")
	all, twins := realSockets(t)
	n := newNetlink(false, dialSockDiag)
	defer n.close()
	read, err := n.read(t.Context(), nil, WantTCP|WantUDP)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		i := slices.IndexFunc(read, func(s Socket) bool { return s.Inode == b.inode })
		if i < 0 {
			t.Errorf("%v: not read", b.Endpoint)
			continue
		}
		family := uint8(afInet6)
		if b.Local.Addr().Is4() {
			family = afInet
		}
		got, err := n.ask(t.Context(), nil, diagQuery{proto: b.Proto, family: family, at: &read[i]})
		if err != nil || len(got) != 1 || got[0].Endpoint != b.Endpoint ||
			got[0].Cookie != read[i].Cookie && !slices.Contains(twins, b) {
			t.Errorf("%v: got %+v, error %v; want %+v", b.Endpoint, got, err, read[i])
		}
	}
}

func TestASocketOfNetlinksIsFoundAfterAFallToAnotherSource(t *testing.T) {
	b := bindTo(t, TCP, "127.0.0.1:0")
	read, err := open(t, "netlink").Read(t.Context(), nil, WantTCP)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(read, func(s Socket) bool { return s.Inode == b.inode })
	if i < 0 {
		t.Fatalf("%v: not read", b.Endpoint)
	}
	for _, want := range []bool{true, false} {
		for _, name := range Sources() {
			if got, err := open(t, name).Alive(t.Context(), read[i]); got != want || err != nil {
				t.Errorf("%s: got alive %v, error %v; want %v", name, got, err, want)
			}
		}
		b.close()
	}
}

func TestEveryListenerOfSSIsRead(t *testing.T) {
	ss, err := exec.LookPath("ss")
	if err != nil {
		t.Skipf("no ss to compare with: %v", err)
	}
	realSockets(t)
	table := open(t, "netlink")
	err = until(func() error {
		before, err := table.Read(t.Context(), nil, WantTCP)
		if err != nil {
			return err
		}
		out, err := exec.CommandContext(t.Context(), ss, "-Hltn").Output()
		if err != nil {
			return fmt.Errorf("run ss: %w", err)
		}
		rows := strings.Split(strings.TrimSpace(string(out)), "\n")
		if len(rows) < 8 {
			return fmt.Errorf("rows of ss: got %d, want at least the test's own 8", len(rows))
		}
		told := map[string]int{}
		for _, s := range before {
			told[ssAddress(s)]++
		}
		for _, row := range rows {
			at := strings.Fields(row)[3]
			if host, port, ok := cutLast(at, ":"); ok { // ss writes a zone after or in the brackets
				host, _, _ = strings.Cut(host, "%")
				if strings.HasPrefix(host, "[") && !strings.HasSuffix(host, "]") {
					host += "]"
				}
				at = host + ":" + port
			}
			if told[at]--; told[at] < 0 {
				return fmt.Errorf("listener of ss: got none at %q, want one (%s)", at, row)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// ssAddress spells the address as ss does, without a zone.
func ssAddress(s Socket) string {
	addr, port := s.Local.Addr().WithZone(""), s.Local.Port()
	if addr == netip.IPv6Unspecified() && !s.OnlyV6 {
		return fmt.Sprintf("*:%d", port)
	}
	return netip.AddrPortFrom(addr, port).String()
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
