package socket

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Table is the kernel's table of bound sockets, read through the fastest
// source that works here. Open makes one; the zero value is of no use.
//
// A Table may be used by one goroutine at a time, Close included. It starts no
// goroutine of its own.
type Table struct {
	order []opener
	// TCP and UDP fall back apart: kernels are found that have the
	// sock_diag module for the one and cannot load the other's.
	tcp, udp lane
}

// Open gives a Table that reads through the first of Sources that works here.
// A source that fails later is left for the next one, by the Read that it
// failed and for good; Source and Fallen tell. When the last one fails, the
// next Read begins again with the first.
func Open() (*Table, error) {
	return openTable(platformSources())
}

// OpenSource gives a Table that reads through the named source, one of
// Sources, and never falls back. The error of a name that this platform does
// not have is errors.ErrUnsupported.
func OpenSource(name string) (*Table, error) {
	for _, o := range platformSources() {
		if o.name == name {
			return openTable([]opener{o})
		}
	}
	return nil, fmt.Errorf("open socket source %q: %w", name, errors.ErrUnsupported)
}

// Sources names what this platform has, in the order in which Open tries them:
// the fastest first.
func Sources() []string {
	var names []string
	for _, o := range platformSources() {
		names = append(names, o.name)
	}
	return names
}

// Read appends the sockets that are bound now to dst, those of the protocols
// in want only, in no particular order, and gives the extended slice. Sockets
// share nothing with the Table, and a dst with room enough is not allocated
// anew, so that a caller that hands in last time's slice cut to [:0] reads
// without garbage.
//
// The kernel does not freeze its table for the reader. While sockets come and
// go a socket may be missed or told twice, above all where many share a port:
// ask Alive before calling one gone.
//
// Cookies compare only between reads by the same source, and between
// "netlink" and "netlink-v2", which share the kernel's. When Source changes
// otherwise, match the sockets by endpoint, and by inode where both have one.
//
// After an error, dst comes back at the length it had, and what earlier reads
// told still stands.
func (t *Table) Read(ctx context.Context, dst []Socket, want Protos) ([]Socket, error) {
	keep := len(dst)
	for _, l := range []struct {
		lane *lane
		want Protos
	}{{&t.tcp, WantTCP}, {&t.udp, WantUDP}} {
		if want&l.want == 0 {
			continue
		}
		var err error
		if dst, err = l.lane.read(ctx, t.order, dst, l.want); err != nil {
			return dst[:keep], fmt.Errorf("read sockets: %w", err)
		}
	}
	return dst, nil
}

// Alive takes an exact look for one socket that an earlier Read told and tells
// whether it is still bound. It is sure of a true; of a false it is as sure as
// the source can be: netlink asks the kernel for that very socket, the others
// look again in fresh reads. An error means that nobody knows.
func (t *Table) Alive(ctx context.Context, s Socket) (bool, error) {
	l := &t.tcp
	if s.Proto == UDP {
		l = &t.udp
	}
	alive, err := l.alive(ctx, t.order, s)
	if err != nil {
		return false, fmt.Errorf("look for %s %s: %w", s.Proto, s.Local, err)
	}
	return alive, nil
}

// Source names the source of the last Read, for people and for the status
// answer. Where UDP comes by another way than TCP it names both, as in
// "netlink, udp by procfs".
func (t *Table) Source() string {
	tcp, udp := t.tcp.name(), t.udp.name()
	switch {
	case tcp == "":
		return udp
	case udp == "" || udp == tcp:
		return tcp
	}
	return tcp + ", udp by " + udp
}

// Fallen tells why Source is not the first of Sources; nil while it is.
func (t *Table) Fallen() error {
	return errors.Join(slices.Concat(t.tcp.fallen, t.udp.fallen)...)
}

// Close gives back what the sources hold. A closed Table is not used again.
func (t *Table) Close() error {
	return errors.Join(t.tcp.close(), t.udp.close())
}

// opener opens one source. Opening asks the platform once where that is
// cheap, so that a source that is not allowed here fails at once.
type opener struct {
	name string
	open func() (source, error)
}

func openTable(order []opener) (*Table, error) {
	t := &Table{order: order}
	if err := t.tcp.ensure(order); err != nil {
		return nil, fmt.Errorf("open socket table: %w", err)
	}
	return t, nil
}

// lane is one protocol's way through the sources. Its zero value has opened
// nothing yet.
type lane struct {
	src    source
	next   int     // the place in the order that follows src
	fallen []error // why those before src were left
}

// ensure opens the first source, from next on, that opens. When none does, the
// lane is as new, for another attempt from the first.
func (l *lane) ensure(order []opener) error {
	for l.src == nil {
		if l.next == len(order) {
			err := errors.Join(l.fallen...)
			*l = lane{}
			return err
		}
		o := order[l.next]
		l.next++
		src, err := o.open()
		if err != nil {
			l.fallen = append(l.fallen, fmt.Errorf("%s: %w", o.name, err))
			continue
		}
		l.src = src
	}
	return nil
}

// leave gives the source up, because of err.
func (l *lane) leave(err error) {
	l.fallen = append(l.fallen, fmt.Errorf("%s: %w", l.src.name(), err))
	l.src.close() // err tells more than an error of this
	l.src = nil
}

func (l *lane) read(ctx context.Context, order []opener, dst []Socket, want Protos) ([]Socket, error) {
	keep := len(dst)
	for {
		if err := ctx.Err(); err != nil {
			return dst[:keep], err
		}
		if err := l.ensure(order); err != nil {
			return dst[:keep], err
		}
		out, err := l.src.read(ctx, dst[:keep], want)
		if err == nil {
			return out, nil
		}
		dst = out
		if ctx.Err() != nil {
			return dst[:keep], err // the caller stopped it: the source is not to blame
		}
		l.leave(err)
	}
}

// alive does not fall back: a source that cannot find one socket may still
// read, and the next read judges it.
func (l *lane) alive(ctx context.Context, order []opener, s Socket) (bool, error) {
	if err := l.ensure(order); err != nil {
		return false, err
	}
	return l.src.alive(ctx, s)
}

func (l *lane) name() string {
	if l.src == nil {
		return ""
	}
	return l.src.name()
}

func (l *lane) close() error {
	if l.src == nil {
		return nil
	}
	src := l.src
	l.src = nil
	return src.close()
}

// looks is how many reads must miss a socket before it counts as gone. Where
// many sockets share a port and churn, single reads miss live ones (measured:
// nearly every dump of 2,000 SO_REUSEPORT sockets on one port missed one).
const looks = 3

// look reads until one read has a socket that is, or looks of them have none.
func look(ctx context.Context, looks int, want Protos, is func(Socket) bool,
	read func(context.Context, []Socket, Protos) ([]Socket, error)) (bool, error) {
	var dst []Socket
	for range looks {
		var err error
		if dst, err = read(ctx, dst[:0], want); err != nil {
			return false, err
		}
		if slices.ContainsFunc(dst, is) {
			return true, nil
		}
	}
	return false, nil
}

// protos gives the set that holds p alone.
func protos(p Proto) Protos {
	if p == UDP {
		return WantUDP
	}
	return WantTCP
}
