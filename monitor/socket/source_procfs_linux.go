package socket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// procfsSource reads /proc/net, for where sock_diag is missing or forbidden.
// Bad but portable among kernels: the kernel walks all connections for the few
// listeners (2,000 times the work of netlink at 50,000 connections), and the
// rows tell less; procnet.go says what. It tells of the network namespace of
// the process's main thread.
type procfsSource struct {
	dir string // "/proc/net", another in tests
}

func openProcfs() (source, error) {
	p := &procfsSource{dir: "/proc/net"}
	if _, err := p.read(context.Background(), nil, WantTCP); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *procfsSource) name() string { return "procfs" }

func (p *procfsSource) read(ctx context.Context, dst []Socket, want Protos) ([]Socket, error) {
	keep := len(dst)
	for _, f := range []struct {
		name  string
		proto Proto
		ipv6  bool
	}{
		{"tcp", TCP, false},
		{"tcp6", TCP, true}, // absent from kernels without IPv6
		{"udp", UDP, false},
		{"udp6", UDP, true},
	} {
		if !want.Has(f.proto) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return dst[:keep], err
		}
		var err error
		dst, err = p.readFile(dst, f.name, f.proto)
		if f.ipv6 && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return dst[:keep], err
		}
	}
	return dst, nil
}

// readFile opens the file anew each time: a seek to its start is broken in
// kernels of the lines 6.6, 6.12 and 6.14.
func (p *procfsSource) readFile(dst []Socket, name string, proto Proto) ([]Socket, error) {
	f, err := os.Open(p.dir + "/" + name)
	if err != nil {
		return dst, fmt.Errorf("read procfs: %w", err)
	}
	defer f.Close()
	dst, err = parseProcNet(dst, f, proto)
	if err != nil {
		return dst, fmt.Errorf("parse %s: %w", f.Name(), err)
	}
	return dst, nil
}

// alive goes by endpoint and inode, so that it also finds a socket that
// netlink told before this source took over. A zone is netlink's alone.
func (p *procfsSource) alive(ctx context.Context, s Socket) (bool, error) {
	return look(ctx, looks, protos(s.Proto), func(o Socket) bool {
		if s.Inode == 0 {
			return o.Cookie == s.Cookie
		}
		return o.Inode == s.Inode && o.Proto == s.Proto && o.Local.Port() == s.Local.Port()
	}, p.read)
}

func (p *procfsSource) close() error { return nil }
