package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"portreeve/monitor/reeve"
)

func snapshot(l reeve.Listing) reeve.Event {
	return reeve.Event{Seq: l.Seq, Event: reeve.EventSnapshot, Snapshot: &l}
}

// at gives an event at so many seconds past two o'clock local time.
func at(second int, kind string, l reeve.Listener) reeve.Event {
	when := time.Date(2026, 11, 23, 14, 2, second, 5000, time.Local)
	return reeve.Event{Time: when.Format(time.RFC3339Nano), Event: kind, Listener: &l}
}

// watch runs a watch over events until all are told.
func (f *fake) watch(t *testing.T, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.after = cancel
	var out, errs bytes.Buffer
	code := terminalFor(f, "", &out, &errs).run(ctx, append([]string{"watch"}, args...))
	return result{code, out.String(), errs.String()}
}

func TestWatchTellsWhatStartsAndStopsListening(t *testing.T) {
	stranger := tcp("127.0.0.1", 62893, "python3", 4711)
	again, odd := stranger, tcp("127.0.0.1", 8000, "a.out", 4715)
	again.Owners = []reeve.Owner{{ID: "other", PID: 4720, Name: "python3"}}
	odd.Look = "its program file has been deleted or replaced"
	temporary := udp("0.0.0.0", 40000, "firefox", 8)
	temporary.Folded = true
	visible := unseen("127.0.0.1", 631)
	visible.Owners = []reeve.Owner{{ID: "c", PID: 3, Name: "cupsd"}}
	ending := again
	ending.Owners, ending.Program, ending.Look = []reeve.Owner{}, "hidden program", "its program can't be seen"
	worker := stranger
	worker.Owners = append([]reeve.Owner{}, stranger.Owners...)
	worker.Owners = append(worker.Owners, reeve.Owner{ID: "w", PID: 4712, Name: "python3"})
	f := &fake{events: []reeve.Event{
		snapshot(listing(tcp("0.0.0.0", 5173, "node", 1), unseen("127.0.0.1", 631), temporary)),
		at(5, reeve.EventOpened, stranger),
		at(6, reeve.EventOpened, temporary),
		at(6, reeve.EventOwner, visible),
		at(7, reeve.EventOwner, worker),
		at(8, reeve.EventOwner, again),
		{Event: reeve.EventStatus, Status: &reeve.Status{}},
		at(9, reeve.EventJudged, again),
		at(10, reeve.EventRebound, again),
		at(10, reeve.EventOwner, ending),
		at(11, reeve.EventClosed, ending),
		at(12, reeve.EventOpened, odd),
	}}
	got := f.watch(t)
	equal(t, "code", got.code, 0)
	equal(t, "error stream", got.errs, "")
	equal(t, "watch", got.out, ""+
		"watching 2 listeners, 1 owner hidden (sudo shows it)\n"+
		"14:02:05  + python3 (4711) listens on 127.0.0.1:62893  Only programs on this computer can reach it.\n"+
		"14:02:08  ~ 127.0.0.1:62893 has passed from python3 (4711) to python3 (4720)  Only programs on this computer can reach it.\n"+
		"14:02:10  ~ python3 (4720) listens again on 127.0.0.1:62893  Only programs on this computer can reach it.\n"+
		"14:02:11  - python3 (4720) no longer listens on 127.0.0.1:62893\n"+
		"14:02:12  + a.out (4715) listens on 127.0.0.1:8000  Only programs on this computer can reach it. Worth a look: its program file has been deleted or replaced.\n")
}

func TestWatchCountsAtItsBeginning(t *testing.T) {
	many := listing()
	for range 28 {
		many.Listeners = append(many.Listeners, tcp("127.0.0.1", 1, "a", 1))
	}
	for range 3 {
		many.Listeners = append(many.Listeners, unseen("127.0.0.1", 2))
	}
	for _, c := range []struct {
		l    reeve.Listing
		want string
	}{
		{many, "watching 31 listeners, 3 owners hidden (sudo shows them)\n"},
		{listing(tcp("127.0.0.1", 1, "a", 1)), "watching 1 listener\n"},
		{listing(), "watching 0 listeners\n"},
	} {
		f := &fake{events: []reeve.Event{snapshot(c.l)}}
		equal(t, "first line", f.watch(t).out, c.want)
	}
}

func TestWatchAllTellsTemporaryUDP(t *testing.T) {
	temporary := udp("0.0.0.0", 40000, "firefox", 8)
	temporary.Folded = true
	f := &fake{events: []reeve.Event{snapshot(listing()), at(1, reeve.EventOpened, temporary)}}
	contains(t, "watch", f.watch(t, "--all").out, "+ firefox (8) listens on 0.0.0.0:40000/udp")
}

func TestWatchJSONIsOneObjectALineOfFourKinds(t *testing.T) {
	l := tcp("127.0.0.1", 62893, "py\u202ethon3\n", 4711)
	temporary := udp("0.0.0.0", 40000, "firefox", 8)
	temporary.Folded = true
	f := &fake{events: []reeve.Event{
		snapshot(household()),
		at(1, reeve.EventOpened, l), at(2, reeve.EventOwner, l), at(3, reeve.EventRebound, l), at(4, reeve.EventClosed, l),
		at(5, reeve.EventJudged, l), {Event: reeve.EventStatus, Status: &reeve.Status{}}, {Event: reeve.EventShow},
		at(6, reeve.EventOpened, temporary),
	}}
	got := f.watch(t, "--json")
	equal(t, "code", got.code, 0)
	var kinds []string
	for line := range strings.Lines(got.out) {
		var object map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			t.Fatalf("got line %q: %v, want JSON", line, err)
		}
		fields(t, "an event", object, "time", "event", "listener")
		equal(t, "number of fields", len(object), 3)
		kinds = append(kinds, string(object["event"]))
	}
	equal(t, "events", strings.Join(kinds, " "), `"opened" "owner" "rebound" "closed" "opened"`)
}

// onWrite tells each write as it comes.
type onWrite func(p []byte) (int, error)

func (w onWrite) Write(p []byte) (int, error) { return w(p) }

func TestWatchWritesEachLineAtOnceAndWhole(t *testing.T) {
	var writes []string
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f := &fake{after: cancel, events: []reeve.Event{
		snapshot(listing()),
		at(1, reeve.EventOpened, tcp("127.0.0.1", 1, "a", 1)),
		at(2, reeve.EventClosed, tcp("127.0.0.1", 1, "a", 1)),
	}}
	a := terminalFor(f, "", nil, &bytes.Buffer{})
	a.Out = onWrite(func(p []byte) (int, error) {
		writes = append(writes, string(p))
		return len(p), nil
	})
	equal(t, "code", a.run(ctx, []string{"watch", "--json"}), 0)
	equal(t, "writes", len(writes), 2)
	for _, w := range writes {
		equal(t, "lines of a write", strings.Count(w, "\n"), 1)
	}
}

func TestWatchEndsQuietlyWhenItsReaderGoes(t *testing.T) {
	for name, gone := range map[string]error{
		"a closed pipe":      &os.PathError{Op: "write", Path: "|1", Err: brokenPipe()},
		"a pipe in a test":   io.ErrClosedPipe,
		"a full file system": syscall.ENOSPC,
	} {
		t.Run(name, func(t *testing.T) {
			var errs bytes.Buffer
			f := &fake{events: []reeve.Event{snapshot(listing()), at(1, reeve.EventOpened, tcp("127.0.0.1", 1, "a", 1))}}
			a := terminalFor(f, "", nil, &errs)
			a.Out = output{onWrite(func([]byte) (int, error) { return 0, gone })}
			code := a.run(t.Context(), []string{"watch", "--json"})
			if gone == syscall.ENOSPC {
				equal(t, "code", code, 1)
				contains(t, "error stream", errs.String(), "error: write the answer: ")
				return
			}
			equal(t, "code", code, 0)
			equal(t, "error stream", errs.String(), "")
		})
	}
}

func brokenPipe() error {
	if runtime.GOOS == "windows" {
		return syscall.Errno(232)
	}
	return syscall.EPIPE
}

func TestABrokenConnectionToTheResidentIsNoQuietEnd(t *testing.T) {
	f := &fake{events: []reeve.Event{snapshot(listing())}, watchErr: brokenPipe()}
	var out, errs bytes.Buffer
	equal(t, "code", terminalFor(f, "", &out, &errs).run(t.Context(), []string{"watch"}), 1)
	contains(t, "error stream", errs.String(), "error: watch: ")
}

func TestAWatchThatEndsByItselfIsAFailure(t *testing.T) {
	f := &fake{events: []reeve.Event{snapshot(listing())}, watchErr: errors.New("resident has quit")}
	var out, errs bytes.Buffer
	equal(t, "code", terminalFor(f, "", &out, &errs).run(t.Context(), []string{"watch"}), 1)
	equal(t, "error stream", errs.String(), "error: watch: resident has quit\n")
}

func TestWatchEndsOnASignalWithZero(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a Windows process can't send itself an interrupt")
	}
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		f := &fake{events: []reeve.Event{snapshot(listing())}, after: func() {
			self, err := os.FindProcess(os.Getpid())
			if err == nil {
				err = self.Signal(sig)
			}
			if err != nil {
				t.Error(err)
			}
		}}
		got := f.run(t, "watch")
		equal(t, sig.String(), got, result{0, "watching 0 listeners\n", ""})
	}
}
