// Package monitor is the one goroutine that watches: it reads the sockets,
// compares them with what it knew, names the owners of new ones, judges them,
// and hands each consumer the state and what led to it.
//
//	socket.Table -> Monitor.Run -> Update -> a Mailbox for each consumer
//
// Events only wake the loop; the table is the truth.
package monitor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"portreeve/monitor/familiar"
	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

// Table is where sockets are read; *socket.Table is one.
type Table interface {
	Read(ctx context.Context, dst []socket.Socket, want socket.Protos) ([]socket.Socket, error)
	Alive(ctx context.Context, s socket.Socket) (bool, error)
	Source() string
}

// Finder names the owners of sockets; *process.Finder is one.
type Finder interface {
	Find(ctx context.Context, want []socket.Socket) []process.Found
	Recheck(ctx context.Context, known []socket.Socket, full bool) []process.Found
	Forget(cookie uint64)
}

// Options are the pace of the loop and what it judges by. Zero durations mean
// the defaults.
type Options struct {
	// TCPEvery (100 ms), UDPEvery (1 s), RecheckEvery (1 s) and FullEvery (1
	// minute) are the intervals of reading listeners, reading UDP, looking for
	// new holders among new processes, and among all.
	TCPEvery, UDPEvery, RecheckEvery, FullEvery time.Duration
	// Book is what listeners are judged by; nil for an empty one.
	Book *familiar.Book
	// MakeBaseline lets the first reading become the baseline where the book
	// has none. Only the resident does that.
	MakeBaseline bool
	// Hasher tells changed programs; nil leaves them untold.
	Hasher Hasher
}

// Monitor watches. Make it with New; run it at most once with Run, or ask it for
// single readings with Now.
type Monitor struct {
	table  Table
	finder Finder
	opt    Options

	commands chan func(context.Context)
	ended    chan struct{} // closed when Run returns

	mu    sync.Mutex // guards what stands below
	wait  waiter     // nil before Run
	boxes map[*Mailbox]bool
	last  *Update // nil before the first reading; written by the state's owner only
	// recent are the newest changes, for consumers that come back.
	recent []Change

	// work are the goroutines that hash, beside the loop.
	work sync.WaitGroup

	// state belongs to the goroutine of Run or, where that has not been
	// started, to the holder of direct.
	direct sync.Mutex
	state  state
}

// mostRecent bounds the changes that are remembered.
const mostRecent = 1000

// ErrEnded is returned by verbs that reach the monitor after its end.
var ErrEnded = errors.New("the watch has ended")

// New makes a monitor that has not read anything yet.
func New(t Table, f Finder, opt Options) *Monitor {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&opt.TCPEvery, 100*time.Millisecond)
	def(&opt.UDPEvery, time.Second)
	def(&opt.RecheckEvery, time.Second)
	def(&opt.FullEvery, time.Minute)
	if opt.Book == nil {
		opt.Book = &familiar.Book{}
	}
	return &Monitor{
		table: t, finder: f, opt: opt,
		commands: make(chan func(context.Context), 16),
		ended:    make(chan struct{}),
		boxes:    map[*Mailbox]bool{},
		state:    newState(opt.Book, opt.Hasher),
	}
}

// Run reads until ctx ends and returns nil then. The error is non-nil only when
// the loop can't start.
func (m *Monitor) Run(ctx context.Context) error {
	w, err := newWaiter()
	if err != nil {
		return fmt.Errorf("start the watch: %w", err)
	}
	return m.run(ctx, w)
}

func (m *Monitor) run(ctx context.Context, w waiter) error {
	m.direct.Lock() // Now leaves the state to this goroutine from here on
	m.mu.Lock()
	m.wait = w
	m.mu.Unlock()
	m.direct.Unlock()
	defer close(m.ended)
	defer w.close()
	defer m.work.Wait() // each of them ends with ctx
	stop := context.AfterFunc(ctx, w.wake)
	defer stop()

	var due schedule
	for due.tcp = time.Now(); ctx.Err() == nil; {
		if now := time.Now(); !now.Before(due.tcp) {
			m.tick(ctx, &due, now)
		}
		w.wait(ctx, time.Until(due.tcp))
		m.obey(ctx)
	}
	return nil
}

// schedule is when what is due next. All else is due at a reading of TCP too, so
// that one wake-up serves all.
type schedule struct{ tcp, udp, recheck, full time.Time }

func (m *Monitor) tick(ctx context.Context, due *schedule, now time.Time) {
	want := socket.WantTCP
	if !now.Before(due.udp) {
		want |= socket.WantUDP
		due.udp = now.Add(m.opt.UDPEvery)
	}
	m.read(ctx, want, now)
	if !now.Before(due.recheck) {
		all := !now.Before(due.full)
		if all {
			due.full = now.Add(m.opt.FullEvery)
		}
		due.recheck = now.Add(m.opt.RecheckEvery)
		m.recheck(ctx, all, now)
	}
	// Keep to a grid, but do not run after readings that were missed (suspend,
	// a stopped process).
	if due.tcp = due.tcp.Add(m.opt.TCPEvery); due.tcp.Before(now) {
		due.tcp = now.Add(m.opt.TCPEvery)
	}
}

// obey runs the commands that wait.
func (m *Monitor) obey(ctx context.Context) {
	for {
		select {
		case c := <-m.commands:
			c(ctx)
		default:
			return
		}
	}
}

// do runs f where the state is owned: in the loop, or here while there is none.
func (m *Monitor) do(ctx context.Context, f func(context.Context)) error {
	m.direct.Lock()
	m.mu.Lock()
	w := m.wait
	m.mu.Unlock()
	if w == nil {
		defer m.direct.Unlock()
		f(ctx)
		return nil
	}
	m.direct.Unlock()
	done := make(chan struct{})
	select {
	case m.commands <- func(ctx context.Context) { defer close(done); f(ctx) }:
	case <-m.ended:
		return ErrEnded
	case <-ctx.Done():
		return ctx.Err()
	}
	w.wake()
	select {
	case <-done:
		return nil
	case <-m.ended:
		return ErrEnded
	}
}

// Now reads at once and gives the state, its listeners with the queues as they
// are at this moment.
func (m *Monitor) Now(ctx context.Context) (Update, error) {
	var u Update
	err := m.do(ctx, func(ctx context.Context) {
		m.read(ctx, socket.WantTCP|socket.WantUDP, time.Now())
		u = m.state.withQueues(*m.last)
	})
	return u, err
}

// SetBook judges all listeners by another book from now on.
func (m *Monitor) SetBook(ctx context.Context, b *familiar.Book) error {
	return m.ChangeBook(ctx, func(*familiar.Book) *familiar.Book { return b })
}

// ChangeBook is SetBook with what change makes of the book in use; between its
// reading and its setting nothing else changes it.
func (m *Monitor) ChangeBook(ctx context.Context, change func(*familiar.Book) *familiar.Book) error {
	return m.do(ctx, func(ctx context.Context) {
		if changes := m.state.judgeBy(change(m.state.book), time.Now()); len(changes) > 0 {
			m.publish(Update{Changes: changes})
		}
		m.hashNext(ctx)
	})
}

// SetPace looks for TCP listeners in another interval from the next look on.
// What is due between looks waits for them.
func (m *Monitor) SetPace(ctx context.Context, every time.Duration) error {
	return m.do(ctx, func(context.Context) { m.opt.TCPEvery = every })
}

// Book gives what listeners are judged by now.
func (m *Monitor) Book(ctx context.Context) (*familiar.Book, error) {
	var b *familiar.Book
	err := m.do(ctx, func(context.Context) { b = m.state.book })
	return b, err
}

// Subscribe gives a mailbox of one's own. Where something has been read
// already, its first update is the state as it is, with the changes after number
// since (0 for none); Missed tells that some of those are forgotten. It is marked
// First if no other reading came before.
func (m *Monitor) Subscribe(since uint64) *Mailbox {
	b := &Mailbox{wake: make(chan struct{}, 1)}
	b.leave = func(b *Mailbox) {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.boxes, b)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.boxes[b] = true
	if m.last != nil {
		u := *m.last
		u.Changes, u.Missed = m.after(since)
		b.put(u)
	}
	return b
}

// after gives the remembered changes after a number; 0 stands for the newest.
func (m *Monitor) after(since uint64) (changes []Change, missed bool) {
	if since == 0 || len(m.recent) == 0 || since >= m.last.Seq {
		return nil, false
	}
	oldest := m.recent[0].Seq
	if since+1 < oldest {
		return slices.Clone(m.recent), true
	}
	return slices.Clone(m.recent[since+1-oldest:]), false
}

// read takes one reading of the wanted protocols and publishes what changed.
func (m *Monitor) read(ctx context.Context, want socket.Protos, now time.Time) {
	s := &m.state
	var err error
	if s.buf, err = m.table.Read(ctx, s.buf[:0], want); err != nil {
		if ctx.Err() == nil {
			m.fail(fmt.Errorf("read the sockets: %w", err))
		}
		return
	}
	first := m.last == nil
	changes, changed := s.compare(ctx, m, want, first, now)
	if !first && !changed && m.last.Partial == nil && m.last.Source == s.source {
		return
	}
	u := Update{Changes: changes, First: first}
	if first && m.opt.MakeBaseline && !s.book.HasBaseline {
		u.NewBaseline = true
		s.judgeBy(s.book.WithBaseline(s.listening()), now)
	}
	m.publish(u)
	m.hashNext(ctx)
}

// recheck looks for owners that changed.
func (m *Monitor) recheck(ctx context.Context, full bool, now time.Time) {
	found := m.finder.Recheck(ctx, m.state.sockets(), full)
	if changes := m.state.own(ctx, m, found, now); len(changes) > 0 {
		m.publish(Update{Changes: changes})
		m.hashNext(ctx)
	}
}

// fail keeps the last listeners and says that they may be old; once.
func (m *Monitor) fail(err error) {
	u := Update{Partial: err}
	if m.last != nil {
		if m.last.Partial != nil && m.last.Partial.Error() == err.Error() {
			return
		}
		u.First = false
	}
	m.publish(u)
}

// publish numbers the changes and hands the state to every mailbox.
func (m *Monitor) publish(u Update) {
	u.Listeners = m.state.ordered()
	u.Source = m.table.Source()
	for i := range u.Changes {
		m.state.seq++
		u.Changes[i].Seq = m.state.seq
	}
	u.Seq = m.state.seq
	m.mu.Lock()
	defer m.mu.Unlock()
	last := u
	last.Changes = nil // recent has those that are kept; a burst's would stay as long as it is quiet
	m.last = &last
	if m.recent = append(m.recent, u.Changes...); len(m.recent) > mostRecent {
		m.recent = slices.Clone(m.recent[len(m.recent)-mostRecent:])
	}
	for b := range m.boxes {
		b.put(u)
	}
}
