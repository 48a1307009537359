//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"portreeve/monitor"
	"portreeve/monitor/process"
	"portreeve/monitor/reeve"
	"portreeve/monitor/socket"
	"portreeve/monitor/store"
	"portreeve/tray"
	"portreeve/tray/notify"
)

// floodSize is how many sockets the flood opens where the limit of descriptors
// lets it.
const floodSize = 5000

// flood opens as many listeners as its argument says, each on an address of its
// own, says so and holds them until standard input ends.
func flood() {
	n, err := strconv.Atoi(os.Args[1])
	must(err)
	time.AfterFunc(6*within, func() { os.Exit(1) })
	var all []net.Listener
	for i := range n {
		l, err := net.Listen("tcp4", fmt.Sprintf("127.%d.%d.77:0", 10+i/250, i%250))
		must(err)
		all = append(all, l)
	}
	fmt.Println("ready", len(all))
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // its end is what is waited for
	runtime.KeepAlive(all)
}

// countedTable counts the readings, and notes the first one that has the whole
// flood in it.
type countedTable struct {
	*socket.Table
	size         int
	begun, whole atomic.Int64
}

func (c *countedTable) Read(ctx context.Context, dst []socket.Socket, want socket.Protos) ([]socket.Socket, error) {
	number := c.begun.Add(1)
	all, err := c.Table.Read(ctx, dst, want)
	n := 0
	for _, s := range all {
		if a := s.Local.Addr(); a.Is4() && a.As4()[0] == 127 && a.As4()[3] == 77 {
			n++
		}
	}
	if n == c.size {
		c.whole.CompareAndSwap(0, number)
	}
	return all, err
}

// board keeps the notices that are shown, in the place of a desktop.
type board struct {
	mu    sync.Mutex
	shown []notify.Notice
	at    []time.Time
}

func (b *board) Show(n notify.Notice) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shown, b.at = append(b.shown, n), append(b.at, time.Now())
}
func (*board) Withdraw(string)              {}
func (*board) Presses() <-chan notify.Press { return nil }

// told gives the titles of new notices and their times, and the newest title of
// all, corrections included.
func (b *board) told() (titles []string, at []time.Time, newest string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, n := range b.shown {
		if !n.Update {
			titles, at = append(titles, n.Title), append(at, b.at[i])
		}
		newest = n.Title
	}
	return titles, at, newest
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// One program opens thousands of listeners at once: all of them are in the list
// by the second reading after, one notice tells of them, and the memory that they
// took is free again once they have gone.
func TestAFloodIsInTheListAtOnceAndInOneNotice(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector multiplies what is measured: the pass without it does this")
	}
	size := floodSize
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if most := int(min(limit.Max, 1<<20)) - 100; most < size {
		t.Logf("%d listeners in the place of %d: more files may not be open here", most, size)
		size = most
	}
	table, err := socket.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = table.Close() })
	counted := &countedTable{Table: table, size: size}
	finder := process.NewFinder()
	t.Cleanup(finder.Close)
	m := monitor.New(counted, finder, monitor.Options{MakeBaseline: true})
	dir := t.TempDir()
	s := store.Open(store.Dirs{Config: dir + "/config", State: dir + "/state", Runtime: dir})
	r := reeve.New(reeve.Options{Version: "test", Monitor: m, Store: s, Words: words(), Resident: true})
	screen := &board{}
	teller := tray.NewTeller(screen, r, tray.TellerOptions{})

	ctx, cancel := context.WithCancel(t.Context())
	var rooms sync.WaitGroup
	defer rooms.Wait()
	defer cancel()
	feed, box := r.Feed(), m.Subscribe(0)
	defer box.Close()
	rooms.Go(func() { _ = teller.Run(ctx, feed) }) // both end with ctx, without an error
	rooms.Go(func() { _ = m.Run(ctx) })
	wait := func(what string, met func(monitor.Update) bool) monitor.Update {
		t.Helper()
		late := time.After(2 * time.Minute)
		for {
			select {
			case <-box.Ready():
				if u, ok := box.Take(); ok && met(u) {
					return u
				}
			case <-late:
				t.Fatalf("got no %s in two minutes, want it", what)
			}
		}
	}
	wait("first reading", func(u monitor.Update) bool { return u.First })
	before := heap()

	cmd := exec.CommandContext(ctx, "flood", strconv.Itoa(size))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop := func() {
		if !stopped {
			stopped = true
			_ = in.Close()
			_ = cmd.Wait() // it ends with its input
		}
	}
	defer stop()
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != fmt.Sprintf("ready %d\n", size) {
		t.Fatalf("flood: got %q, %v, want it ready", line, err)
	}
	opened := time.Since(began)
	readings := counted.begun.Load()
	pid := int32(cmd.Process.Pid)
	of := func(u monitor.Update) (n int) {
		for _, l := range u.Listeners {
			if len(l.Owners) > 0 && l.Owners[0].PID == pid {
				n++
			}
		}
		return n
	}
	wait("flood in the list", func(u monitor.Update) bool { return of(u) == size })
	listed := time.Since(began)
	needed := counted.whole.Load() - readings
	if needed > 2 {
		t.Errorf("the list was whole after %d readings, want at most 2", needed)
	}
	grown := heap() - before
	if most := uint64(size) * 16 << 10; grown > most {
		t.Errorf("got %d bytes more in use with %d listeners, want at most %d", grown, size, most)
	}

	// One notice, whose number is corrected. The kernel gives some ports twice, on
	// two addresses.
	name := "flood is listening on "
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, _, newest := screen.told(); ports(newest) > size/2 {
			break
		}
		if time.Now().After(end) {
			_, _, newest := screen.told()
			t.Fatalf("got %q as the newest notice, want one of thousands of ports", newest)
		}
	}
	titles, at, newest := screen.told()
	var ours int
	for _, title := range titles {
		if strings.HasPrefix(title, name) {
			ours++
		}
	}
	if ours != 1 {
		t.Errorf("got %d notices of the flood among %q, want 1", ours, titles)
	}
	for i := 1; i < len(at); i++ {
		if gap := at[i].Sub(at[i-1]); gap < 2*time.Second {
			t.Errorf("notice %d came %v after the one before, want at least 2s", i, gap)
		}
	}

	stop()
	wait("end of the flood", func(u monitor.Update) bool { return of(u) == 0 })
	var left uint64
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		// The feed of the notices may still be at it.
		if left = heap(); left < before+8<<20 {
			break
		}
		if time.Now().After(end) {
			t.Errorf("got %d bytes in use after the flood, %d before it, want no more than 8 MiB kept", left, before)
			break
		}
	}
	t.Logf("%d listeners opened in %v, listed after %v and %d readings; %q; %d KiB each while they were there, %d KiB kept in all",
		size, opened.Round(time.Millisecond), listed.Round(time.Millisecond), needed, newest, grown/uint64(size)>>10, (int64(left)-int64(before))>>10)
}

// ports is the number of ports that a notice's title counts; 0 for none.
func ports(title string) int {
	var n int
	if _, err := fmt.Sscanf(title, "flood is listening on %d ports", &n); err != nil {
		return 0
	}
	return n
}
