package monitor

import (
	"cmp"
	"context"
	"slices"
	"time"

	"portreeve/monitor/familiar"
	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

// entry is what is known of one socket.
type entry struct {
	*Listener
	seen uint32 // the reading that saw it last
}

// state is all that the loop remembers. It is used by one goroutine at a time.
type state struct {
	book    *familiar.Book
	judge   *familiar.Judge   // of book
	hasher  Hasher            // nil for none
	known   map[uint64]*entry // by cookie
	buf     []socket.Socket   // the last reading, reused
	all     []socket.Socket   // for recheck, reused
	list    []*Listener       // ordered; nil when it has to be made anew
	reading uint32
	seq     uint64
	source  string // the table's, at the last reading
	// unhashed are the programs whose hash a verdict hangs on; hashing tells that
	// one of them is being read.
	unhashed []process.Info
	hashing  bool
	// count of known sockets by protocol, so that a reading in which nothing
	// is new and nothing is missing ends after one pass.
	tcp, udp int
}

func newState(b *familiar.Book, h Hasher) state {
	return state{book: b, judge: familiar.NewJudge(b), hasher: h, known: map[uint64]*entry{}}
}

// compare brings what is known in line with the reading in buf. On the first
// reading nothing counts as a change. changed tells whether the listeners did.
func (s *state) compare(ctx context.Context, m *Monitor, want socket.Protos, first bool, now time.Time) (changes []Change, changed bool) {
	s.reading++
	s.rekey(m)
	seen := 0
	var fresh []socket.Socket
	for i := range s.buf {
		e := s.known[s.buf[i].Cookie]
		switch {
		case e == nil:
			fresh = append(fresh, s.buf[i])
			// A dump can tell a socket twice; the place holder drops the second.
			s.known[s.buf[i].Cookie] = &entry{seen: s.reading}
		case e.seen != s.reading:
			e.seen = s.reading
			if e.Listener != nil {
				seen++
			}
		}
	}
	expected := 0
	if want.Has(socket.TCP) {
		expected += s.tcp
	}
	if want.Has(socket.UDP) {
		expected += s.udp
	}
	if len(fresh) == 0 && seen == expected {
		return nil, false
	}
	var gone []*Listener
	if seen != expected {
		gone = s.gone(ctx, m, want)
	}
	opened := s.open(ctx, m, fresh, first, now)
	if !first {
		changes = pair(gone, opened, now)
	}
	return changes, len(gone) > 0 || len(opened) > 0
}

// rekey follows a table that fell to another source, whose cookies mean nothing
// to the one before: what sits on the same endpoint (and inode, where both tell
// it) is the same listener. The finder meets it anew under its new cookie.
func (s *state) rekey(m *Monitor) {
	source := m.table.Source()
	if source == s.source {
		return
	}
	fell := s.source != ""
	if s.source = source; !fell {
		return
	}
	waiting := map[socket.Endpoint][]*entry{}
	for cookie, e := range s.known {
		if !slices.ContainsFunc(s.buf, func(k socket.Socket) bool { return k.Cookie == cookie }) {
			waiting[e.Endpoint] = append(waiting[e.Endpoint], e)
		}
	}
	for _, k := range s.buf {
		if s.known[k.Cookie] != nil {
			continue
		}
		i := slices.IndexFunc(waiting[k.Endpoint], func(e *entry) bool { return e.Inode == 0 || k.Inode == 0 || e.Inode == k.Inode })
		if i < 0 {
			continue
		}
		e := waiting[k.Endpoint][i]
		waiting[k.Endpoint] = slices.Delete(waiting[k.Endpoint], i, i+1)
		delete(s.known, e.Cookie)
		m.finder.Forget(e.Cookie)
		l := *e.Listener
		l.Socket = k
		s.known[k.Cookie] = &entry{Listener: &l}
		s.list = nil
	}
}

// gone takes out the sockets that the reading did not show and that an exact
// look does not find either: a dump under churn can miss a live one.
func (s *state) gone(ctx context.Context, m *Monitor, want socket.Protos) []*Listener {
	var gone []*Listener
	for cookie, e := range s.known {
		if e.Listener == nil || e.seen == s.reading || !want.Has(e.Proto) {
			continue
		}
		if alive, err := m.table.Alive(ctx, e.Socket); err != nil || alive {
			continue // asked again at the next reading
		}
		gone = append(gone, e.Listener)
		delete(s.known, cookie)
		m.finder.Forget(cookie)
		s.add(e.Proto, -1)
		s.list = nil
	}
	slices.SortFunc(gone, order)
	return gone
}

// open names and judges the sockets that are new.
func (s *state) open(ctx context.Context, m *Monitor, fresh []socket.Socket, first bool, now time.Time) []*Listener {
	if len(fresh) == 0 {
		return nil
	}
	owners := make(map[uint64]process.Found, len(fresh))
	for _, f := range m.finder.Find(ctx, fresh) {
		owners[f.Cookie] = f
	}
	opened := make([]*Listener, 0, len(fresh))
	for _, k := range fresh {
		f := owners[k.Cookie]
		l := &Listener{Listening: familiar.Listening{Socket: k, Owners: f.Owners, Hidden: f.Hidden, Unit: f.Unit, User: f.User}}
		if !first {
			l.Since = now
		}
		s.form(l)
		s.known[k.Cookie].Listener = l
		s.add(k.Proto, 1)
		opened = append(opened, l)
	}
	s.list = nil
	slices.SortFunc(opened, order)
	return opened
}

// pair tells a socket that closed and one that opened on the same endpoint in
// the same reading as one Rebound.
func pair(gone, opened []*Listener, now time.Time) []Change {
	closed := make(map[socket.Endpoint]*Listener, len(gone))
	for _, l := range gone {
		closed[l.Endpoint] = l
	}
	var news []Change
	rebound := make(map[*Listener]bool)
	for _, l := range opened {
		if old := closed[l.Endpoint]; old != nil && !rebound[old] {
			rebound[old] = true
			news = append(news, Change{At: now, Kind: Rebound, Listener: l, Before: old})
		} else {
			news = append(news, Change{At: now, Kind: Opened, Listener: l})
		}
	}
	var changes []Change
	for _, l := range gone {
		if !rebound[l] {
			changes = append(changes, Change{At: now, Kind: Closed, Listener: l})
		}
	}
	return append(changes, news...)
}

// own takes in what a recheck found. That nobody holds a socket any more is
// believed only while it lives: one that is just closing keeps its last owners,
// who are what people want to read beside its end.
func (s *state) own(ctx context.Context, m *Monitor, found []process.Found, now time.Time) []Change {
	var changes []Change
	for _, f := range found {
		e := s.known[f.Cookie]
		if e == nil || e.Listener == nil {
			continue
		}
		if len(f.Owners) == 0 && len(e.Owners) > 0 {
			if alive, err := m.table.Alive(ctx, e.Socket); err != nil || !alive {
				continue
			}
		}
		l := *e.Listener
		l.Owners, l.Hidden = f.Owners, f.Hidden
		if f.Unit != "" {
			l.Unit = f.Unit
		}
		after(e.Listening, &l.Listening)
		s.form(&l)
		changes = append(changes, Change{At: now, Kind: OwnerChanged, Listener: &l, Before: e.Listener})
		e.Listener = &l
		s.list = nil
	}
	return changes
}

// judgeBy takes another book and tells whose verdict, or whose reason for it, that
// changed.
func (s *state) judgeBy(b *familiar.Book, now time.Time) []Change {
	s.book, s.judge = b, familiar.NewJudge(b)
	var changes []Change
	for _, l := range s.ordered() {
		n := *l
		s.form(&n)
		if n.Verdict == l.Verdict && n.Why == l.Why {
			continue
		}
		s.known[l.Cookie].Listener = &n
		changes = append(changes, Change{At: now, Kind: Judged, Listener: &n, Before: l})
	}
	if len(changes) > 0 {
		s.list = nil
	}
	return changes
}

// ordered gives the listeners by port, address, protocol and cookie. The slice
// is handed out and never changed.
func (s *state) ordered() []*Listener {
	if s.list == nil {
		s.list = make([]*Listener, 0, len(s.known))
		for _, e := range s.known {
			if e.Listener != nil {
				s.list = append(s.list, e.Listener)
			}
		}
		slices.SortFunc(s.list, order)
	}
	return s.list
}

func order(a, b *Listener) int {
	return cmp.Or(
		cmp.Compare(a.Local.Port(), b.Local.Port()),
		a.Local.Addr().Compare(b.Local.Addr()),
		cmp.Compare(a.Proto, b.Proto),
		cmp.Compare(a.Cookie, b.Cookie),
	)
}

// sockets gives all known sockets; the slice is good until the next call.
func (s *state) sockets() []socket.Socket {
	s.all = s.all[:0]
	for _, l := range s.ordered() {
		s.all = append(s.all, l.Socket)
	}
	return s.all
}

func (s *state) listening() []familiar.Listening {
	var ls []familiar.Listening
	for _, l := range s.ordered() {
		ls = append(ls, l.Listening)
	}
	return ls
}

// withQueues gives u with the queues of the reading that was just taken, which
// are no news and therefore in no Update.
func (s *state) withQueues(u Update) Update {
	now := make(map[uint64]*socket.Socket, len(s.buf))
	for i := range s.buf {
		now[s.buf[i].Cookie] = &s.buf[i]
	}
	u.Listeners = slices.Clone(u.Listeners)
	for i, l := range u.Listeners {
		if k := now[l.Cookie]; k != nil && (k.Queue != l.Queue || k.Backlog != l.Backlog) {
			n := *l
			n.Queue, n.Backlog = k.Queue, k.Backlog
			u.Listeners[i] = &n
		}
	}
	return u
}

func (s *state) add(p socket.Proto, n int) {
	switch p {
	case socket.TCP:
		s.tcp += n
	case socket.UDP:
		s.udp += n
	}
}
