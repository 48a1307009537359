package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// trimAfter is when the start is over, and trimEvery how often is trimmed then.
const (
	trimAfter = 2 * time.Second
	trimEvery = time.Minute
)

// trim gives the pages of the program's own file back to the system that only
// the start, or something rare, has touched: they stay mapped, and come from the
// page cache when they are needed again.
func trim(ctx context.Context) error {
	for next := time.NewTimer(trimAfter); ; next.Reset(trimEvery) {
		select {
		case <-next.C:
		case <-ctx.Done():
			next.Stop()
			return nil
		}
		releaseHeap()
		self, err := os.Executable()
		if err != nil {
			return err
		}
		maps, err := os.ReadFile("/proc/self/smaps")
		if errors.Is(err, os.ErrNotExist) {
			<-ctx.Done() // a kernel without it: the program is as big as it is
			return nil
		}
		if err != nil {
			return err
		}
		for _, m := range fileParts(maps, self) {
			if _, _, e := unix.Syscall(unix.SYS_MADVISE, m.from, m.size, unix.MADV_DONTNEED); e != 0 {
				return fmt.Errorf("give memory back: %w", e)
			}
		}
	}
}

// enoughHeap is what the heap may hold of the system's memory before it is
// collected out of turn: an idle program allocates so little that the collector
// comes only every second minute, and what a burst of listeners left stays.
const enoughHeap = 12 << 20

// releaseHeap gives back what a burst has left behind.
func releaseHeap() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapSys-m.HeapReleased > enoughHeap {
		debug.FreeOSMemory()
	}
}

type part struct{ from, size uintptr }

// fileParts gives the mappings of a file that can't be written and never were,
// from /proc/PID/smaps (proc_pid_smaps(5)). MADV_DONTNEED (madvise(2)) loses
// nothing of them. Those of a position independent program that were relocated
// have anonymous pages, and are not among them.
func fileParts(smaps []byte, file string) []part {
	var parts []part
	var now part
	for lines := bufio.NewScanner(bytes.NewReader(smaps)); lines.Scan(); {
		// 00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/dbus-daemon
		// Anonymous:             0 kB
		f := strings.Fields(lines.Text())
		switch {
		case len(f) >= 5 && strings.Contains(f[0], "-"):
			now = part{}
			if len(f) < 6 || strings.Join(f[5:], " ") != file || strings.Contains(f[1], "w") {
				continue
			}
			a, b, _ := strings.Cut(f[0], "-")
			from, err := strconv.ParseUint(a, 16, 64)
			to, err2 := strconv.ParseUint(b, 16, 64)
			if err == nil && err2 == nil {
				now = part{uintptr(from), uintptr(to - from)}
			}
		case len(f) == 3 && f[0] == "Anonymous:" && f[1] == "0" && now.size > 0:
			parts = append(parts, now)
		}
	}
	return parts
}
