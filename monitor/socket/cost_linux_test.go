package socket

import (
	"context"
	"slices"
	"testing"

	psnet "github.com/shirou/gopsutil/v3/net"
)

// countedConn counts the system calls of a real connection.
type countedConn struct {
	conn
	calls *int
}

func (c countedConn) write(b []byte) error {
	*c.calls++
	return c.conn.write(b)
}

func (c countedConn) read(b []byte) (int, error) {
	*c.calls++
	return c.conn.read(b)
}

func TestSteadyReadOfTheRealKernelTakesThreeSystemCalls(t *testing.T) {
	open(t, "netlink")
	bindTo(t, TCP, "127.0.0.1:0")
	calls := 0
	n := newNetlink(false, func() (conn, error) {
		c, err := dialSockDiag()
		return countedConn{c, &calls}, err
	})
	defer n.close()
	var dst []Socket
	for range 3 { // the kernel learns the size of the buffer
		var err error
		if dst, err = n.read(t.Context(), dst[:0], WantTCP); err != nil {
			t.Fatal(err)
		}
	}
	if len(dst) > 200 {
		t.Skipf("%d listeners do not fit into one datagram", len(dst))
	}
	calls = 0
	if _, err := n.read(t.Context(), dst[:0], WantTCP); err != nil || calls > 3 {
		t.Errorf("system calls: got %d, error %v; want at most 3", calls, err)
	}
}

func TestSteadyReadAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for _, name := range []string{"netlink", "netlink-v2"} {
		table := open(t, name)
		for want, p := range map[Protos]string{WantTCP: "tcp", WantUDP: "udp", WantTCP | WantUDP: "both"} {
			// Room for what other programs may open meanwhile.
			dst, err := table.Read(t.Context(), nil, want)
			if err != nil {
				t.Fatal(err)
			}
			dst = slices.Grow(dst, 10_000)
			ctx := t.Context()
			got := testing.AllocsPerRun(100, func() {
				if dst, err = table.Read(ctx, dst[:0], want); err != nil {
					t.Fatal(err)
				}
			})
			if got != 0 {
				t.Errorf("%s, %s: got %v allocations a read, want 0", name, p, got)
			}
		}
	}
}

func TestZonesAreReadWithoutAllocation(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	b := diagWriter{}.sockets(1, diagSamples()...)
	q, zones, dst := diagQuery{proto: TCP}, sampleZones(), make([]Socket, 0, 100)
	got := testing.AllocsPerRun(100, func() {
		var err error
		if dst, _, err = parseDiag(dst[:0], b, &q, 1, zones); err != nil {
			t.Fatal(err)
		}
	})
	if got != 0 {
		t.Errorf("parser: got %v allocations a datagram, want 0", got)
	}
}

// BenchmarkReadTCP and BenchmarkGopsutilConnections ask for the same thing,
// all TCP listeners of the machine, so that one run shows the ratio.
func BenchmarkReadTCP(b *testing.B) {
	table := open(b, "netlink")
	ctx := context.Background()
	dst := make([]Socket, 0, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if dst, err = table.Read(ctx, dst[:0], WantTCP); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(dst)), "listeners")
}

func BenchmarkGopsutilConnections(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := psnet.Connections("tcp"); err != nil {
			b.Fatal(err)
		}
	}
}
