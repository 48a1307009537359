//go:build e2e && linux

package e2e

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gopsutil "github.com/shirou/gopsutil/v3/net"
)

// lookout looks at the kernel's own table every 50 ms and so knows what really
// listened, and since when. It is the plain watcher, too: whenever something has
// changed it has gopsutil list all sockets, and every pair of pid and port that
// it has not seen is a notice.
type lookout struct {
	mu    sync.Mutex
	seen  []*sighting
	plain []time.Time // the plain watcher's notices
	fault error
}

// sighting is one listener of TCP, from its first look to its last.
type sighting struct {
	inode string
	at    netip.AddrPort
	first time.Time
	gone  bool
}

// startLookout watches until the test ends.
func startLookout(t testing.TB) *lookout {
	t.Helper()
	l := new(lookout)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.watch(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		if l.fault != nil {
			t.Errorf("the plain watcher failed: %v", l.fault)
		}
	})
	return l
}

func (l *lookout) watch(ctx context.Context) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	pairs := make(map[string]bool)
	for ctx.Err() == nil {
		now := time.Now()
		table, err := listening()
		if err == nil && l.note(table, now) {
			err = l.lookPlainly(pairs, now)
		}
		if err != nil {
			l.mu.Lock()
			l.fault = err
			l.mu.Unlock()
			return
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// note takes in a table and reports whether it has something new.
func (l *lookout) note(table map[string]netip.AddrPort, now time.Time) (news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.seen {
		if s.gone {
			continue
		}
		if _, lives := table[s.inode]; !lives {
			s.gone = true
		}
		delete(table, s.inode)
	}
	for inode, at := range table {
		l.seen = append(l.seen, &sighting{inode: inode, at: at, first: now})
	}
	return len(table) > 0
}

// lookPlainly is one look of the plain watcher.
func (l *lookout) lookPlainly(pairs map[string]bool, now time.Time) error {
	all, err := gopsutil.Connections("tcp")
	if err != nil {
		return fmt.Errorf("list the sockets by gopsutil: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range all {
		pair := fmt.Sprint(c.Pid, " ", c.Laddr.Port)
		if c.Status == "LISTEN" && c.Pid != 0 && !pairs[pair] {
			pairs[pair] = true
			l.plain = append(l.plain, now)
		}
	}
	return nil
}

// since gives what began to listen from the n-th sighting on.
func (l *lookout) since(n int) []sighting {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []sighting
	for _, s := range l.seen[n:] {
		all = append(all, *s)
	}
	return all
}

// counts gives how many sightings and notices of the plain watcher there were.
func (l *lookout) counts() (sightings, plain int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.seen), len(l.plain)
}

// listening reads the listeners of TCP from /proc/net, by inode.
func listening() (map[string]netip.AddrPort, error) {
	all := make(map[string]netip.AddrPort)
	for _, path := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		lines := bufio.NewScanner(file)
		for lines.Scan() {
			// sl local rem st tx:rx tr:when retrnsmt uid timeout inode
			f := strings.Fields(lines.Text())
			if len(f) < 10 || f[3] != "0A" { // TCP_LISTEN, include/net/tcp_states.h
				continue
			}
			at, err := endpointOf(f[1])
			if err != nil {
				_ = file.Close()
				return nil, err
			}
			all[f[9]] = at
		}
		_ = file.Close()
		if err := lines.Err(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// endpointOf reads "0100007F:1F90": words of 32 bits in the byte order of the
// machine (little endian on all that these tests run on), and the port.
func endpointOf(text string) (netip.AddrPort, error) {
	words, portText, _ := strings.Cut(text, ":")
	raw, err := hex.DecodeString(words)
	port, portErr := hex.DecodeString(portText)
	if err != nil || portErr != nil || len(raw)%4 != 0 || len(port) != 2 {
		return netip.AddrPort{}, fmt.Errorf("read the endpoint %q: want words of 8 digits, a colon and 4 digits", text)
	}
	for i := 0; i < len(raw); i += 4 {
		slices.Reverse(raw[i : i+4])
	}
	addr, ok := netip.AddrFromSlice(raw)
	if !ok {
		return netip.AddrPort{}, fmt.Errorf("read the endpoint %q: got %d bytes of address, want 4 or 16", text, len(raw))
	}
	return netip.AddrPortFrom(addr, uint16(port[0])<<8|uint16(port[1])), nil
}
