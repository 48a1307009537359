package monitor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"portreeve/monitor/familiar"
	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

// The scripts in testdata are behaviours to read: commands, one a line, and
// under "---" what a consumer must have been told by then, one update a line.
//
//	listen tcp 127.0.0.1:8080 node/10   a socket appears, held by node, pid 10
//	listen tcp 127.0.0.1:8080 -         ... whose owner nobody sees
//	close 127.0.0.1:8080                all sockets there are gone
//	hide 127.0.0.1:8080                 the next dump misses it, though it lives
//	queue 127.0.0.1:8080 5              its accept queue grows
//	own 127.0.0.1:8080 node/10 node/11  its holders, seen at the next recheck
//	know 127.0.0.1:8080                 a rule for it
//	fail                                the next reading fails
//	fall                                the table falls to a source with other cookies
//	wait 1s                             time goes by
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("find the scripts: %v, %d files", err, len(files))
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			commands, want, ok := strings.Cut(string(text), "\n---\n")
			if !ok {
				t.Fatal("the script has no line ---")
			}
			synctest.Test(t, func(t *testing.T) {
				got := play(t, commands)
				if got != want {
					t.Errorf("got:\n%s\nwant:\n%s", got, want)
				}
			})
		})
	}
}

// play runs a monitor under a script and gives what one consumer was told.
func play(t *testing.T, commands string) string {
	ctx, cancel := context.WithCancel(t.Context())
	w := newFakeWorld()
	m := New(w, w, Options{MakeBaseline: true})
	box := m.Subscribe(0)
	defer box.Close()
	ended := make(chan error)
	ran := false
	var out strings.Builder
	start := time.Now()
	lines := bufio.NewScanner(strings.NewReader(commands))
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		switch {
		case len(f) == 0 || f[0] == "#":
		case f[0] == "wait":
			if !ran {
				ran = true
				go func() { ended <- m.run(ctx, newTimerWaiter()) }()
			}
			d, err := time.ParseDuration(f[1])
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(d)
			synctest.Wait()
			drain(&out, box, start)
		case f[0] == "know":
			book, err := m.Book(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range w.at(netip.MustParseAddrPort(f[1])) {
				book = book.WithRule(familiar.Rule{ID: "r", Pattern: book.PatternOf(l)})
			}
			if err := m.SetBook(ctx, book); err != nil {
				t.Fatal(err)
			}
		default:
			if err := w.obey(f); err != nil {
				t.Fatalf("%s: %v", lines.Text(), err)
			}
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("run: got %v, want nil", err)
	}
	return out.String()
}

func drain(out *strings.Builder, box *Mailbox, start time.Time) {
	u, ok := box.Take()
	if !ok {
		return
	}
	fmt.Fprintf(out, "update %d: %d listeners", u.Seq, len(u.Listeners))
	if u.First {
		out.WriteString(", first")
	}
	if u.NewBaseline {
		out.WriteString(", new baseline")
	}
	if u.Partial != nil {
		fmt.Fprintf(out, ", partial: %v", u.Partial)
	}
	out.WriteByte('\n')
	names := map[Kind]string{Opened: "opened", Closed: "closed", Rebound: "rebound", OwnerChanged: "owner", Judged: "judged"}
	for _, c := range u.Changes {
		fmt.Fprintf(out, "  %d %dms %s %s %s %s", c.Seq, c.At.Sub(start).Milliseconds(), names[c.Kind], c.Listener.Proto, c.Listener.Local, c.Listener.Verdict)
		for _, o := range c.Listener.Owners {
			fmt.Fprintf(out, " %s/%d", o.Name, o.PID)
		}
		out.WriteByte('\n')
	}
}

// fakeWorld is a table and a finder whose contents a script decides. The script
// changes it only while the monitor sleeps.
type fakeWorld struct {
	mu      sync.Mutex // the race detector can't know that the monitor sleeps
	sockets []socket.Socket
	owners  map[uint64][]process.Info
	changed map[uint64]bool // what the next recheck tells
	hidden  map[uint64]bool // what the next dump misses
	failing bool
	source  string
	cookie  uint64
	reads   int
	finds   int
}

func newFakeWorld() *fakeWorld {
	return &fakeWorld{source: "fake", owners: map[uint64][]process.Info{}, changed: map[uint64]bool{}, hidden: map[uint64]bool{}}
}

func (w *fakeWorld) obey(f []string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch f[0] {
	case "listen":
		at, err := netip.ParseAddrPort(f[2])
		if err != nil {
			return err
		}
		p := socket.TCP
		if f[1] == "udp" {
			p = socket.UDP
		}
		w.cookie++
		w.sockets = append(w.sockets, socket.Socket{Endpoint: socket.Endpoint{Proto: p, Local: at}, Cookie: w.cookie, UID: 1000})
		if f[3] != "-" {
			w.owners[w.cookie] = infos(f[3:])
		}
		return nil
	case "fail":
		w.failing = true
		return nil
	case "fall":
		w.source = "other"
		for i := range w.sockets {
			old := w.sockets[i].Cookie
			w.sockets[i].Cookie += 1 << 63
			w.owners[w.sockets[i].Cookie] = w.owners[old]
		}
		return nil
	}
	at, err := netip.ParseAddrPort(f[1])
	if err != nil {
		return err
	}
	for i := range w.sockets {
		k := &w.sockets[i]
		if k.Local != at {
			continue
		}
		switch f[0] {
		case "hide":
			w.hidden[k.Cookie] = true
		case "queue":
			n, err := strconv.ParseUint(f[2], 10, 32)
			if err != nil {
				return err
			}
			k.Queue = uint32(n)
		case "own":
			w.owners[k.Cookie], w.changed[k.Cookie] = infos(f[2:]), true
		case "close":
		default:
			return fmt.Errorf("no such command")
		}
	}
	if f[0] == "close" {
		w.sockets = slices.DeleteFunc(w.sockets, func(k socket.Socket) bool { return k.Local == at })
	}
	return nil
}

// at gives what listens somewhere.
func (w *fakeWorld) at(a netip.AddrPort) []familiar.Listening {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []familiar.Listening
	for _, k := range w.sockets {
		if k.Local == a {
			all = append(all, familiar.Listening{Socket: k, Owners: w.owners[k.Cookie]})
		}
	}
	return all
}

func infos(words []string) []process.Info {
	var all []process.Info
	for _, word := range words {
		name, pid, _ := strings.Cut(word, "/")
		n, _ := strconv.Atoi(pid)
		all = append(all, process.Info{ID: process.ID{PID: int32(n), Birth: uint64(n)}, Name: name, Exe: "/usr/bin/" + name, User: "ada"})
	}
	return all
}

func (w *fakeWorld) Read(_ context.Context, dst []socket.Socket, want socket.Protos) ([]socket.Socket, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reads++
	if w.failing {
		w.failing = false
		return dst, errors.New("the kernel said no")
	}
	for _, k := range w.sockets {
		if want.Has(k.Proto) && !w.hidden[k.Cookie] {
			dst = append(dst, k)
		}
	}
	clear(w.hidden)
	return dst, nil
}

func (w *fakeWorld) readings() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reads
}

func (w *fakeWorld) Alive(_ context.Context, s socket.Socket) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.sockets, func(k socket.Socket) bool { return k.Cookie == s.Cookie }), nil
}

func (w *fakeWorld) Source() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.source
}

func (w *fakeWorld) Find(_ context.Context, want []socket.Socket) []process.Found {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finds++
	var found []process.Found
	for _, k := range want {
		f := process.Found{Cookie: k.Cookie, Owners: w.owners[k.Cookie]}
		if len(f.Owners) == 0 {
			f.Hidden = "belongs to root; sudo shows it"
		}
		found = append(found, f)
	}
	return found
}

func (w *fakeWorld) Recheck(_ context.Context, known []socket.Socket, _ bool) []process.Found {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []process.Found
	for _, k := range known {
		if w.changed[k.Cookie] {
			delete(w.changed, k.Cookie)
			found = append(found, process.Found{Cookie: k.Cookie, Owners: w.owners[k.Cookie]})
		}
	}
	return found
}

func (w *fakeWorld) Forget(cookie uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.changed, cookie)
}
