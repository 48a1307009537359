package process

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"portreeve/monitor/socket"
)

// mostSpaces bounds the namespaces that are looked into.
const mostSpaces = 256

func elsewhere(ctx context.Context, port uint16) (found []Foreign, hidden int, err error) {
	p, err := openProc()
	if err != nil {
		return nil, 0, fmt.Errorf("look into other network namespaces: %w", err)
	}
	defer p.close()
	own, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return nil, 0, fmt.Errorf("look into other network namespaces: %w", err)
	}
	pids, err := p.pids(nil)
	if err != nil {
		return nil, 0, fmt.Errorf("look into other network namespaces: %w", err)
	}
	spaces := map[string][]int32{}
	var order []string
	for _, pid := range pids {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		p.at(pid, "ns/net")
		link, err := p.readlink(p.dir, &p.path[0])
		switch {
		case err == unix.EACCES || err == unix.EPERM:
			hidden++
			continue
		case err != nil || string(link) == own:
			continue // ended, a kernel thread, or here
		}
		space := string(link)
		if spaces[space] == nil {
			if len(order) == mostSpaces {
				continue
			}
			order = append(order, space)
		}
		spaces[space] = append(spaces[space], pid)
	}
	facts := newFacts(p)
	for _, space := range order {
		for _, s := range p.listenersOf(spaces[space][0], port) {
			f := Foreign{Socket: s, Owner: Info{ID: ID{PID: spaces[space][0]}}}
			if holder, ok := p.holderAmong(spaces[space], s.Inode); ok {
				if info, err := facts.look(ctx, holder); err == nil {
					f.Owner = *info
				}
			}
			found = append(found, f)
		}
	}
	return found, hidden, nil
}

// listenersOf reads the listeners of a process's network namespace. A namespace
// that ends meanwhile has none.
func (p *procfs) listenersOf(pid int32, port uint16) []socket.Socket {
	var all []socket.Socket
	for _, name := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(int(pid)) + "/net/" + name)
		if err != nil {
			continue
		}
		some, err := socket.ParseListeners(bytes.NewReader(text))
		if err != nil {
			continue
		}
		all = append(all, slices.DeleteFunc(some, func(s socket.Socket) bool { return s.Local.Port() != port })...)
	}
	return all
}

// holderAmong finds who of the processes holds a socket.
func (p *procfs) holderAmong(pids []int32, inode uint64) (int32, bool) {
	for _, pid := range pids {
		held := false
		// A table that can't be read holds nothing that could be shown.
		_, _ = p.sockets(pid, 0, func(_ int32, i uint64) { held = held || i == inode })
		if held {
			return pid, true
		}
	}
	return 0, false
}

func mainEnded(_ context.Context, id ID) bool {
	p, err := openProc()
	if err != nil {
		return false
	}
	defer p.close()
	pidfd, err := newFacts(p).pin(id)
	if err != nil {
		return false
	}
	defer unix.Close(pidfd)
	st, err := p.statOf(id.PID)
	return err == nil && stateOfLetter(st.state) == Zombie && !exited(pidfd, 0)
}
