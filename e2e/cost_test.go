//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What the program may cost with its icon up and nothing to do.
const (
	memoryBar = 16 << 10 // kB resident
	cpuBar    = 15       // CPU-seconds an hour
)

// idleArgument makes the test binary a loop that wakes ten times a second, as
// the program does, and does nothing.
const idleArgument = "idle-loop"

// idleBar is what that loop costs at most on a computer that is quiet enough to
// judge by, in CPU-seconds an hour. It took 7 on the one where the bars were
// set. Where others are at work each wake-up finds cold caches and costs more.
const idleBar = 10

// idleFor is how long the cost is watched.
const idleFor = 20 * time.Second

func idleLoop() {
	for range time.Tick(100 * time.Millisecond) {
	}
}

// idleCost watches what the program takes while nothing happens.
func idleCost(t *testing.T, d *Desktop) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	loop := d.start(self, idleArgument)
	r := d.startResident()
	d.waitIcon(r.item)
	// What a start leaves to do is done in three seconds.
	time.Sleep(3 * time.Second)
	ours, empty := cpuTime(t, r.pid), cpuTime(t, loop.pid)
	began := time.Now()
	time.Sleep(idleFor)
	hours := time.Since(began).Hours()
	perHour := (cpuTime(t, r.pid) - ours).Seconds() / hours
	emptyPerHour := (cpuTime(t, loop.pid) - empty).Seconds() / hours
	memory := residentMemory(t, r.pid)

	t.Logf("got %.1f CPU-seconds an hour (an empty loop beside it %.1f) and %.1f MB", perHour, emptyPerHour, float64(memory)/1024)
	if memory > memoryBar {
		t.Errorf("got %d kB of memory, want at most %d", memory, memoryBar)
	}
	switch {
	case perHour <= cpuBar:
	case emptyPerHour > idleBar:
		t.Logf("the CPU time is not judged: an empty loop alone takes %.1f CPU-seconds an hour here, more than %d", emptyPerHour, idleBar)
	default:
		t.Errorf("got %.1f CPU-seconds an hour, want at most %d", perHour, cpuBar)
	}
}

// cpuTime is the time that a process's threads have run: the first number of
// schedstat, in nanoseconds (Documentation/scheduler/sched-stats.rst). It is
// finer than the ticks of /proc/PID/stat.
func cpuTime(t testing.TB, pid int) time.Duration {
	t.Helper()
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	var total time.Duration
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		if err != nil {
			continue
		}
		ran, _, _ := strings.Cut(string(text), " ")
		n, _ := strconv.ParseInt(ran, 10, 64)
		total += time.Duration(n)
	}
	if total == 0 {
		t.Fatalf("got no CPU time of process %d, want some", pid)
	}
	return total
}

// residentMemory is VmRSS of a process, in kB.
func residentMemory(t testing.TB, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	line, _, _ := strings.Cut(rest, "kB")
	memory, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("read VmRSS: %v", err)
	}
	return memory
}
