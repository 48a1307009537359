package process

// What a look-up costs beside others, in a machine with many processes.

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	gopsnet "github.com/shirou/gopsutil/v3/net"
	gops "github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"

	"portreeve/monitor/socket"
)

// crowd starts n idle copies of this process, each with about 50 descriptors.
func crowd(b *testing.B, n int) {
	b.Helper()
	var extra []int
	for range 42 {
		fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			b.Fatal(err)
		}
		extra = append(extra, fd)
	}
	for range n {
		pid := idleCopy(b)
		b.Cleanup(func() { endCopy(int(pid)) })
	}
	for _, fd := range extra {
		unix.Close(fd)
	}
}

func idleCopy(b *testing.B) int32 {
	b.Helper()
	pid, err := spawn(0)
	if err != nil {
		b.Skip("no copy of a process can be made here:", err)
	}
	return pid
}

// newListener starts a process that alone holds a new listener.
func newListener(b *testing.B) (pid int32, s socket.Socket) {
	b.Helper()
	fd, s, err := rawListener()
	if err != nil {
		b.Fatal(err)
	}
	pid = idleCopy(b)
	unix.Close(fd)
	return pid, s
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// naiveOwner is the look-up by gopsutil alone.
func naiveOwner(b *testing.B, s socket.Socket) int32 {
	conns, err := gopsnet.Connections("tcp")
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range conns {
		if c.Status == "LISTEN" && c.Laddr.Port == uint32(s.Local.Port()) {
			p, err := gops.NewProcess(c.Pid)
			if err != nil {
				b.Fatal(err)
			}
			p.Name()
			p.Exe()
			p.CmdlineSlice()
			p.Cwd()
			p.Username()
			return c.Pid
		}
	}
	return 0
}

// BenchmarkOneNewListener is what a poll pays that has found a new listener,
// with 300 other processes around: of a process that is new since the last
// look, of an old one, and by gopsutil, interleaved in each round.
func BenchmarkOneNewListener(b *testing.B) {
	crowd(b, 300)
	f := finder(b)
	warm(b, f)
	ctx := context.Background()
	var fresh, old, naive []time.Duration
	for b.Loop() {
		pid, s := newListener(b)
		begun := time.Now()
		got := f.Find(ctx, []socket.Socket{s})
		fresh = append(fresh, time.Since(begun))
		if p := ownerPids(got[0]); !slices.Equal(p, []int32{pid}) {
			b.Fatalf("got %v, want %d", p, pid)
		}
		// The same again, as if the process had been seen before.
		f.Forget(s.Cookie)
		clear(f.facts.byID)
		begun = time.Now()
		got = f.Find(ctx, []socket.Socket{s})
		old = append(old, time.Since(begun))
		if p := ownerPids(got[0]); !slices.Equal(p, []int32{pid}) {
			b.Fatalf("got %v, want %d", p, pid)
		}
		f.Forget(s.Cookie)
		begun = time.Now()
		if got := naiveOwner(b, s); got != pid {
			b.Fatalf("gopsutil: got %d, want %d", got, pid)
		}
		naive = append(naive, time.Since(begun))
		endCopy(int(pid))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(micros(median(fresh)), "µs/new")
	b.ReportMetric(micros(median(old)), "µs/old")
	b.ReportMetric(micros(median(naive)), "µs/gopsutil")
	b.ReportMetric(float64(median(naive))/float64(median(fresh)), "gopsutil/new")
}

// BenchmarkAllListenersAtOnce is the first Find of a process that lists 50
// listeners and ends, beside the whole of ss -ltnp.
func BenchmarkAllListenersAtOnce(b *testing.B) {
	crowd(b, 300)
	var want []socket.Socket
	for range 50 {
		pid, s := newListener(b)
		b.Cleanup(func() { endCopy(int(pid)) })
		want = append(want, s)
	}
	ss, err := exec.LookPath("ss")
	if err != nil {
		b.Skip("there is no ss to compare with:", err)
	}
	var ours, theirs, facts []time.Duration
	for b.Loop() {
		begun := time.Now()
		f := NewFinder()
		got := f.Find(context.Background(), want)
		ours = append(ours, time.Since(begun))
		for i, g := range got {
			if len(g.Owners) != 1 {
				b.Fatalf("listener %d: got owners %v, want one", i, ownerPids(g))
			}
		}
		f.facts.refresh()
		begun = time.Now()
		f.facts.begin()
		for _, g := range got {
			f.facts.of(context.Background(), g.Owners[0].PID)
		}
		facts = append(facts, time.Since(begun)/time.Duration(len(got)))
		f.Close()
		begun = time.Now()
		if err := exec.Command(ss, "-ltnp").Run(); err != nil {
			b.Fatal(err)
		}
		theirs = append(theirs, time.Since(begun))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(micros(median(ours)), "µs/find")
	b.ReportMetric(micros(median(facts)), "µs/facts")
	b.ReportMetric(micros(median(theirs)), "µs/ss")
	b.ReportMetric(float64(median(theirs))/float64(median(ours)), "ss/find")
}

// BenchmarkRecheck is what every second costs with 50 listeners and nothing
// new.
func BenchmarkRecheck(b *testing.B) {
	var want []socket.Socket
	for range 50 {
		pid, s := newListener(b)
		b.Cleanup(func() { endCopy(int(pid)) })
		want = append(want, s)
	}
	crowd(b, 300)
	f := finder(b)
	f.Find(context.Background(), want)
	for name, full := range map[string]bool{"quick": false, "full": true} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got := f.Recheck(context.Background(), want, full); len(got) != 0 && os.Getuid() == 0 {
					b.Fatalf("got %d changes, want none", len(got))
				}
			}
		})
	}
}
