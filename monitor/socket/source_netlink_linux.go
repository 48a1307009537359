package socket

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// netlinkSource asks sock_diag over one socket that it keeps. A steady read of
// TCP costs three system calls (the request, the sockets, the end of the dump)
// and no allocation, which is why it speaks netlink by read and write itself:
// mdlayher/netlink allocates for each message that it hands out.
type netlinkSource struct {
	v2   bool // ask per family; slower, for kernels without the legacy dump
	dial func() (conn, error)

	c     conn // nil until dialled, and again after a question went wrong
	seq   uint32
	req   []byte
	buf   []byte
	zones zoneNames
}

// conn is the netlink socket as far as this source needs it: here tests put
// their own kernel.
type conn interface {
	write(b []byte) error
	read(b []byte) (int, error)
	close() error
}

const (
	// diagBuffer holds any datagram of a dump: the kernel makes none of 32 KiB
	// or more, and larger ones the larger the reader's buffer
	// (SKB_WITH_OVERHEAD(32768) in net/netlink/af_netlink.c).
	diagBuffer = 32 << 10
	// diagTries bounds the repeats of a question whose answer was lost, and of
	// one interrupted system call.
	diagTries = 3
	// diagTimeout bounds the wait for one datagram. The kernel answers while
	// it takes the request, so that only a broken one makes anybody wait.
	diagTimeout = 500 * time.Millisecond
)

// openNetlink opens the source and asks for the listeners once, so that a
// kernel or sandbox that refuses does it now.
func openNetlink(v2 bool) (source, error) {
	n := newNetlink(v2, dialSockDiag)
	if _, err := n.read(context.Background(), nil, WantTCP); err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

func newNetlink(v2 bool, dial func() (conn, error)) *netlinkSource {
	return &netlinkSource{
		v2:    v2,
		dial:  dial,
		req:   make([]byte, 0, diagRequest),
		buf:   make([]byte, diagBuffer),
		zones: zoneNames{},
	}
}

func (n *netlinkSource) name() string {
	if n.v2 {
		return "netlink-v2"
	}
	return "netlink"
}

func (n *netlinkSource) read(ctx context.Context, dst []Socket, want Protos) ([]Socket, error) {
	keep := len(dst)
	var err error
	if want.Has(TCP) && !n.v2 {
		dst, err = n.ask(ctx, dst, diagQuery{proto: TCP, family: afInet, compat: true})
	} else if want.Has(TCP) {
		dst, err = n.askFamilies(ctx, dst, TCP)
	}
	if err == nil && want.Has(UDP) {
		dst, err = n.askFamilies(ctx, dst, UDP)
	}
	if err != nil {
		return dst[:keep], err
	}
	return dst, nil
}

func (n *netlinkSource) askFamilies(ctx context.Context, dst []Socket, p Proto) ([]Socket, error) {
	dst, err := n.ask(ctx, dst, diagQuery{proto: p, family: afInet})
	if err != nil {
		return dst, err
	}
	return n.ask(ctx, dst, diagQuery{proto: p, family: afInet6})
}

// alive asks who is at the socket's place. The place of several sockets
// (SO_REUSEPORT) answers with any one of them, and so another cookie proves
// nothing: then dumps must miss the socket several times. Nobody there proves
// much; one dump guards against rules that steer the kernel's look-up.
func (n *netlinkSource) alive(ctx context.Context, s Socket) (bool, error) {
	family := uint8(afInet6)
	if s.Local.Addr().Is4() {
		family = afInet
	}
	times := looks
	found, err := n.ask(ctx, nil, diagQuery{proto: s.Proto, family: family, at: &s})
	switch {
	case errors.Is(err, unix.ENOENT):
		times = 1
	case err == nil && len(found) == 1 && found[0].Cookie == s.Cookie:
		return true, nil
	}
	// Any other error is the look-up's alone until a dump fails too.
	return look(ctx, times, protos(s.Proto), func(o Socket) bool { return o.Cookie == s.Cookie }, n.read)
}

// ask puts q to the kernel and appends the answer to dst. An answer that was
// lost on the way (ENOBUFS, or cut) is asked for again on a new socket.
func (n *netlinkSource) ask(ctx context.Context, dst []Socket, q diagQuery) ([]Socket, error) {
	keep := len(dst)
	for try := 1; ; try++ {
		out, err := n.exchange(ctx, dst[:keep], &q)
		if err == nil {
			return out, nil
		}
		dst = out[:keep]
		if !lost(err) || try == diagTries {
			return dst, fmt.Errorf("ask sock_diag for %s: %w", q.proto, err)
		}
	}
}

// lost tells errors that speak of one answer from those that speak of the
// kernel.
func lost(err error) bool {
	return errors.Is(err, unix.ENOBUFS) || errors.Is(err, unix.EINTR) ||
		errors.Is(err, errTruncated) || errors.Is(err, errOverrun)
}

// exchange writes one request and reads its answer. When that breaks off, the
// rest of the answer would come before the next one and the kernel would
// refuse a second dump beside the first: it hangs up, and the next exchange
// dials anew.
func (n *netlinkSource) exchange(ctx context.Context, dst []Socket, q *diagQuery) (out []Socket, err error) {
	if n.c == nil {
		if n.c, err = n.dial(); err != nil {
			n.c = nil
			return dst, err
		}
	}
	ended := false
	defer func() {
		if !ended {
			n.hangUp()
		}
	}()
	n.seq++
	n.req = q.appendTo(n.req[:0], n.seq)
	if err := uninterrupted(func() error { return n.c.write(n.req) }); err != nil {
		return dst, err
	}
	for {
		if err := ctx.Err(); err != nil {
			return dst, err
		}
		var size int
		err := uninterrupted(func() (err error) {
			size, err = n.c.read(n.buf)
			return err
		})
		if err != nil {
			return dst, err
		}
		if size == 0 || size == len(n.buf) {
			return dst, errTruncated // a full buffer may have cut the rest off
		}
		dst, ended, err = parseDiag(dst, n.buf[:size], q, n.seq, n.zones)
		if e, ok := err.(kernelErrno); ok {
			err = unix.Errno(e)
		}
		if ended || err != nil {
			return dst, err
		}
	}
}

// uninterrupted repeats a call that a signal interrupted. SO_RCVTIMEO makes
// every signal show, SA_RESTART or not (signal(7)).
func uninterrupted(call func() error) error {
	for try := 1; ; try++ {
		err := call()
		if !errors.Is(err, unix.EINTR) || try == diagTries {
			return err
		}
	}
}

func (n *netlinkSource) hangUp() error {
	if n.c == nil {
		return nil
	}
	c := n.c
	n.c = nil
	return c.close()
}

func (n *netlinkSource) close() error { return n.hangUp() }

// sockDiag is a file descriptor of a NETLINK_SOCK_DIAG socket. It is never
// connected nor bound: an unconnected one writes to the kernel, and only a
// process with CAP_NET_ADMIN but the kernel can write to it.
type sockDiag int

func dialSockDiag() (conn, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, fmt.Errorf("open sock_diag: %w", err)
	}
	timeout := unix.NsecToTimeval(int64(diagTimeout))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("bound the wait for sock_diag: %w", err)
	}
	return sockDiag(fd), nil
}

func (fd sockDiag) write(b []byte) error {
	_, err := unix.Write(int(fd), b) // a datagram goes whole or not at all
	return err
}

func (fd sockDiag) read(b []byte) (int, error) { return unix.Read(int(fd), b) }

func (fd sockDiag) close() error { return unix.Close(int(fd)) }
