package socket

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// fakeKernel stands at the edge of netlinkSource in place of sock_diag. Each
// request takes the next of its answers, whose steps the reads then give out;
// the last answer serves all requests from then on.
type fakeKernel struct {
	answers [][]fakeStep
	onRead  func() // nil, or called before each read

	steps                        []fakeStep
	seq                          uint32
	dials, closes, writes, reads int
	writeErrs                    []error // given out first, one a write
}

// fakeStep is what one read gives: an error, or the datagram that fill makes
// for the sequence number of the request.
type fakeStep struct {
	fill func(seq uint32) diagWriter
	err  error
}

func tells(s ...Socket) fakeStep {
	return fakeStep{fill: func(seq uint32) diagWriter { return diagWriter{}.sockets(seq, s...) }}
}

func ends(errno int32) fakeStep {
	return fakeStep{fill: func(seq uint32) diagWriter { return diagWriter{}.done(seq, errno) }}
}

func refuses(errno int32) fakeStep {
	return fakeStep{fill: func(seq uint32) diagWriter { return diagWriter{}.failed(seq, errno) }}
}

func fails(err error) fakeStep { return fakeStep{err: err} }

func (k *fakeKernel) source(t *testing.T) *netlinkSource {
	n := newNetlink(false, func() (conn, error) {
		k.dials++
		k.steps = nil
		return k, nil
	})
	n.zones = sampleZones()
	t.Cleanup(func() {
		n.close()
		if k.dials != k.closes {
			t.Errorf("connections: got %d dialled, %d closed; want as many", k.dials, k.closes)
		}
	})
	return n
}

func (k *fakeKernel) write(b []byte) error {
	k.writes++
	if len(k.writeErrs) > 0 {
		err := k.writeErrs[0]
		k.writeErrs = k.writeErrs[1:]
		if err != nil {
			return err
		}
	}
	if len(k.steps) > 0 { // as the kernel does while a dump runs
		return unix.EBUSY
	}
	k.seq = binary.NativeEndian.Uint32(b[8:])
	k.steps = k.answers[0]
	if len(k.answers) > 1 {
		k.answers = k.answers[1:]
	}
	return nil
}

func (k *fakeKernel) read(b []byte) (int, error) {
	k.reads++
	if k.onRead != nil {
		k.onRead()
	}
	if len(k.steps) == 0 {
		return 0, io.ErrUnexpectedEOF // a real one would wait for its time limit
	}
	step := k.steps[0]
	k.steps = k.steps[1:]
	if step.err != nil {
		return 0, step.err
	}
	return copy(b, step.fill(k.seq)), nil
}

func (k *fakeKernel) close() error {
	k.closes++
	return nil
}

func TestSteadyReadOfTCPTakesThreeSystemCalls(t *testing.T) {
	want := diagSamples()
	k := &fakeKernel{answers: [][]fakeStep{{tells(want...), ends(0)}}}
	n := k.source(t)
	for range 5 {
		got, err := n.read(t.Context(), nil, WantTCP)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("read: got %+v, error %v; want %+v", got, err, want)
		}
	}
	if got, want := [3]int{k.dials, k.writes, k.reads}, [3]int{1, 5, 10}; got != want {
		t.Errorf("dials, writes, reads of five reads: got %v, want %v", got, want)
	}
}

func TestReadSurvivesWhatANetlinkSocketDelivers(t *testing.T) {
	s := diagSamples()
	stale := fakeStep{fill: func(seq uint32) diagWriter {
		return diagWriter{}.sockets(seq-1, s[3]).done(seq-1, 0)
	}}
	whole := []fakeStep{tells(s[0], s[1]), ends(0)}
	for _, c := range []struct {
		name    string
		answers [][]fakeStep
		want    []Socket
		dials   int
	}{
		{"a dump in one datagram", [][]fakeStep{{{fill: func(seq uint32) diagWriter {
			return diagWriter{}.sockets(seq, s[0], s[1]).done(seq, 0)
		}}}}, s[:2], 1},
		{"a dump in many datagrams", [][]fakeStep{{tells(s[0]), tells(s[1], s[2]), tells(s[3]), ends(0)}}, s[:4], 1},
		{"an empty dump", [][]fakeStep{{ends(0)}}, nil, 1},
		{"leftovers under another number", [][]fakeStep{{stale, tells(s[0], s[1]), stale, ends(0)}}, s[:2], 1},
		{"two interrupted reads", [][]fakeStep{{fails(unix.EINTR), tells(s[0], s[1]), fails(unix.EINTR), fails(unix.EINTR), ends(0)}}, s[:2], 1},
		{"interrupted without end, once", [][]fakeStep{{tells(s[2]), fails(unix.EINTR), fails(unix.EINTR), fails(unix.EINTR)}, whole}, s[:2], 2},
		{"lost data, twice", [][]fakeStep{{tells(s[2]), fails(unix.ENOBUFS)}, {fails(unix.ENOBUFS)}, whole}, s[:2], 3},
		{"a truncated message, once", [][]fakeStep{{{fill: func(seq uint32) diagWriter {
			w := diagWriter{}.sockets(seq, s[2], s[3])
			return w[:len(w)-8]
		}}, ends(0)}, whole}, s[:2], 2},
		{"a datagram that fills the buffer, once", [][]fakeStep{{{fill: func(seq uint32) diagWriter {
			return diagWriter{}.message(nlmsgNoop, 0, seq, make([]byte, diagBuffer-nlmsghdrLen))
		}}, ends(0)}, whole}, s[:2], 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := &fakeKernel{answers: c.answers}
			mark := Socket{Cookie: 99}
			got, err := k.source(t).read(t.Context(), []Socket{mark}, WantTCP)
			if want := append([]Socket{mark}, c.want...); err != nil || !slices.Equal(got, want) {
				t.Errorf("read: got %+v, error %v; want %+v", got, err, want)
			}
			if k.dials != c.dials {
				t.Errorf("dials: got %d, want %d", k.dials, c.dials)
			}
		})
	}
}

func TestReadFailsWithTheKernelsErrno(t *testing.T) {
	s := diagSamples()
	cut := fakeStep{fill: func(seq uint32) diagWriter { return diagWriter{}.sockets(seq, s[0])[:40] }}
	for _, c := range []struct {
		name   string
		answer []fakeStep
		want   error
		dials  int
	}{
		{"NLMSG_ERROR", []fakeStep{refuses(int32(unix.EPERM))}, unix.EPERM, 1},
		{"errno in NLMSG_DONE", []fakeStep{tells(s[0]), ends(int32(unix.EOPNOTSUPP))}, unix.EOPNOTSUPP, 1},
		{"no module", []fakeStep{refuses(int32(unix.ENOENT))}, unix.ENOENT, 1},
		{"time is up", []fakeStep{tells(s[0]), fails(unix.EAGAIN)}, unix.EAGAIN, 1},
		{"lost data for ever", []fakeStep{fails(unix.ENOBUFS)}, unix.ENOBUFS, diagTries},
		{"ENOBUFS in NLMSG_DONE for ever", []fakeStep{ends(int32(unix.ENOBUFS))}, unix.ENOBUFS, 1},
		{"truncated for ever", []fakeStep{cut}, errTruncated, diagTries},
		{"interrupted for ever", []fakeStep{fails(unix.EINTR), fails(unix.EINTR), fails(unix.EINTR)}, unix.EINTR, diagTries},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := &fakeKernel{answers: [][]fakeStep{c.answer}}
			mark := Socket{Cookie: 99}
			got, err := k.source(t).read(t.Context(), []Socket{mark}, WantTCP)
			if !errors.Is(err, c.want) {
				t.Errorf("error: got %v, want %v", err, c.want)
			}
			if !slices.Equal(got, []Socket{mark}) {
				t.Errorf("sockets: got %+v, want the caller's alone", got)
			}
			if k.dials != c.dials {
				t.Errorf("dials: got %d, want %d", k.dials, c.dials)
			}
		})
	}
}

func TestWriteThatFailsFailsTheRead(t *testing.T) {
	k := &fakeKernel{writeErrs: []error{unix.EINTR, nil, unix.ECONNREFUSED}, answers: [][]fakeStep{{ends(0)}}}
	n := k.source(t)
	if _, err := n.read(t.Context(), nil, WantTCP); err != nil {
		t.Errorf("interrupted write: got error %v, want nil", err)
	}
	if _, err := n.read(t.Context(), nil, WantTCP); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("refused write: got error %v, want %v", err, unix.ECONNREFUSED)
	}
	if _, err := n.read(t.Context(), nil, WantTCP); err != nil {
		t.Errorf("next read: got error %v, want nil", err)
	}
}

func TestReadEndsBetweenDatagramsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := diagSamples()
	k := &fakeKernel{answers: [][]fakeStep{{tells(s[0]), tells(s[1]), ends(0)}, {tells(s[2]), ends(0)}}, onRead: cancel}
	n := k.source(t)
	got, err := n.read(ctx, nil, WantTCP)
	if !errors.Is(err, context.Canceled) || len(got) != 0 || k.reads != 1 {
		t.Errorf("cancelled: got %+v, error %v, after %d reads; want none, %v, 1", got, err, k.reads, context.Canceled)
	}
	// What the broken-off dump left behind must not reach the next one.
	got, err = n.read(t.Context(), nil, WantTCP)
	if err != nil || !slices.Equal(got, s[2:3]) {
		t.Errorf("next read: got %+v, error %v; want %+v", got, err, s[2:3])
	}
}

func TestAliveAsksTheKernelBeforeItDoubts(t *testing.T) {
	s := diagSamples()
	twin := s[0]
	twin.Cookie = 1234
	one := func(s Socket) []fakeStep {
		return []fakeStep{{fill: func(seq uint32) diagWriter {
			return diagWriter{}.message(sockDiagByFamily, 0, seq, diagBody(s))
		}}}
	}
	nobody := []fakeStep{refuses(int32(unix.ENOENT))}
	missed := []fakeStep{tells(s[1]), ends(0)}
	dump := []fakeStep{tells(s[1], s[0]), ends(0)}
	for _, c := range []struct {
		name    string
		answers [][]fakeStep
		want    bool
		writes  int
	}{
		{"the socket answers", [][]fakeStep{one(s[0])}, true, 1},
		{"nobody is there", [][]fakeStep{nobody, missed}, false, 2},
		{"nobody is found, but a dump tells it", [][]fakeStep{nobody, dump}, true, 2},
		{"a twin answers and no dump tells the socket", [][]fakeStep{one(twin), missed}, false, 1 + looks},
		{"a twin answers and the third dump tells it", [][]fakeStep{one(twin), missed, missed, dump}, true, 4},
		{"single look-ups are forbidden", [][]fakeStep{{refuses(int32(unix.EPERM))}, dump}, true, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := &fakeKernel{answers: c.answers}
			got, err := k.source(t).alive(t.Context(), s[0])
			if err != nil || got != c.want {
				t.Errorf("alive: got %v, error %v; want %v", got, err, c.want)
			}
			if k.writes != c.writes {
				t.Errorf("questions: got %d, want %d", k.writes, c.writes)
			}
		})
	}
	k := &fakeKernel{answers: [][]fakeStep{{refuses(int32(unix.EPERM))}}}
	if got, err := k.source(t).alive(t.Context(), s[0]); got || !errors.Is(err, unix.EPERM) {
		t.Errorf("all forbidden: got %v, error %v; want false, %v", got, err, unix.EPERM)
	}
}

func TestSilentKernelIsGivenUp(t *testing.T) {
	c, err := dialSockDiag()
	if err != nil {
		t.Skipf("no sock_diag here: %v", err)
	}
	defer c.close()
	start := time.Now()
	_, err = c.read(make([]byte, diagBuffer)) // nothing was asked
	if waited := time.Since(start); !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) || waited > 20*diagTimeout {
		t.Errorf("read: got error %v after %v; want %v in about %v", err, waited, unix.EAGAIN, diagTimeout)
	}
}
