package explain

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"portreeve/monitor"
	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

// lookTime bounds the look at what is not the probe: a name service or a process
// table that hangs must not keep anybody from an answer.
const lookTime = 3 * time.Second

// Bounds on what is looked up for one question.
const (
	mostEnds   = 200 // connections whose programs are named
	mostOwners = 8   // processes whose condition is asked for
)

// Gather collects what is to be known of a target on this computer; listeners are
// all that there are now. With probe it makes one try at a connection, and only
// to an address of this computer. What the caller alone knows (Before, Recorded,
// Resident) is left to it. It does not fail: what can't be seen is missing.
func (w Words) Gather(ctx context.Context, t Target, listeners []*monitor.Listener, probe bool) Evidence {
	ctx, cancel := context.WithTimeout(ctx, lookTime+probeTime)
	defer cancel()
	ev := Evidence{Now: time.Now(), System: runtime.GOOS, Ports: portTable(), Listeners: listeners, Interfaces: interfaces()}
	ev.Localhost = localhost(ctx)
	if t.Proto == socket.TCP {
		ev.Connections = connections(ctx, t.Port)
	}
	q := newInquiry(w, t, ev)
	if q.about == nil {
		if t.Proto == socket.TCP && q.call == nil && (!t.Addr.IsValid() || q.own(t.Addr)) {
			lookElsewhere(ctx, t.Port, &ev)
		}
	} else {
		ev.Conditions = conditions(ctx, q.about.Owners)
		if len(q.about.Owners) > 0 && q.about.Owners[0].Container == "" {
			ev.Project = projectOf(os.ReadFile, q.about.Owners[0].Dir)
		}
	}
	q = newInquiry(w, t, ev)
	at, ok := q.door()
	if !probe || !ok {
		return ev
	}
	hint := Hint{Scheme: t.Scheme}
	if q.about != nil && len(q.about.Owners) > 0 {
		hint.Program = q.about.Owners[0].Name
	}
	p := Connect(ctx, at, hint)
	ev.Probe = &p
	if q.about != nil && p.Reach == Connected && p.Spoken && p.Speaks == "" && p.Greeting == "" && !p.Closed {
		ev.Waiting = waiting(ctx, q.about.Socket)
	}
	if q.about != nil && p.Reach != Connected && q.ailment(true) == "" {
		rules, gap := firewall(ctx, t.Port)
		ev.Firewall = rules
		if gap != "" {
			ev.Gaps = append(ev.Gaps, gap)
		}
	}
	return ev
}

// waiting counts the connections that a listener has not accepted; 0 where that
// can't be told. One that was closed meanwhile counts until it is accepted.
func waiting(ctx context.Context, of socket.Socket) uint32 {
	table, err := socket.Open()
	if err != nil {
		return 0
	}
	defer func() { _ = table.Close() }() // it was read from only
	all, err := table.Read(ctx, nil, socket.WantTCP)
	if err != nil {
		return 0
	}
	for _, s := range all {
		if s.Cookie == of.Cookie {
			return s.Queue
		}
	}
	return 0
}

// door gives the address to try, one of this computer's own; ok is false where
// there is nothing to try.
func (q *inquiry) door() (netip.AddrPort, bool) {
	t := q.t
	if t.Proto != socket.TCP || q.call != nil {
		return netip.AddrPort{}, false
	}
	a := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	switch {
	case t.Local:
		a = q.ev.Localhost[0]
		for _, l := range q.ev.Localhost {
			if q.about != nil && takes(q.about.Socket, l) {
				a = l
				break
			}
		}
	case t.Addr.IsValid() && !t.Addr.IsUnspecified():
		a = t.Addr
	case q.about == nil:
	case !q.about.Local.Addr().IsUnspecified():
		a = q.about.Local.Addr().Unmap()
	case q.about.OnlyV6:
		a = netip.IPv6Loopback()
	}
	return netip.AddrPortFrom(a, t.Port), q.own(a) && !a.IsUnspecified() && !a.IsMulticast()
}

// localhost asks what localhost means here, in the order in which programs try
// it.
func localhost(ctx context.Context) []netip.Addr {
	ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", "localhost")
	if err != nil {
		return nil // its usual meaning is taken then
	}
	var all []netip.Addr
	for _, a := range found {
		// Whatever a hosts file says, localhost that is another computer is no
		// address to try.
		if a = a.Unmap(); a.IsLoopback() && !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all
}

func interfaces() []Interface {
	found, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var all []Interface
	for _, i := range found {
		addresses, err := i.Addrs()
		if err != nil || i.Flags&net.FlagUp == 0 {
			continue
		}
		one := Interface{Name: i.Name}
		for _, a := range addresses {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				one.Addresses = append(one.Addresses, p.Addr().Unmap().WithZone(""))
			}
		}
		all = append(all, one)
	}
	return all
}

// connections gives those of a port with who holds them. None is known where
// that fails; the listeners are what counts.
func connections(ctx context.Context, port uint16) []Connection {
	found, err := socket.ConnectionsOn(ctx, port)
	if err != nil {
		return nil
	}
	var all []Connection
	var held []socket.Socket
	at := map[uint64]int{}
	for i, c := range found {
		all = append(all, Connection{Connection: c})
		if (c.Inode != 0 || c.PID > 0) && len(held) < mostEnds {
			// Sources without cookies need one each for the search.
			if c.Socket.Cookie == 0 {
				c.Socket.Cookie = uint64(i) + 1
			}
			at[c.Socket.Cookie] = i
			held = append(held, c.Socket)
		}
	}
	if len(held) == 0 {
		return all
	}
	finder := process.NewFinder()
	defer finder.Close()
	for _, f := range finder.Find(ctx, held) {
		if i, ok := at[f.Cookie]; ok {
			all[i].Owners, all[i].Hidden, all[i].User = f.Owners, f.Hidden, f.User
		}
	}
	return all
}

// conditions asks what the processes behind a listener are doing. Where one
// can't be told it is missing.
func conditions(ctx context.Context, owners []process.Info) map[process.ID]Condition {
	all := map[process.ID]Condition{}
	for _, o := range owners[:min(len(owners), mostOwners)] {
		state, err := process.StateOf(ctx, o.ID)
		if err != nil {
			continue
		}
		all[o.ID] = Condition{State: state, MainEnded: process.MainEnded(ctx, o.ID)}
	}
	return all
}

func lookElsewhere(ctx context.Context, port uint16, ev *Evidence) {
	found, hidden, err := process.Elsewhere(ctx, port)
	for _, f := range found {
		ev.Elsewhere = append(ev.Elsewhere, Elsewhere{Socket: f.Socket, Owner: f.Owner})
	}
	switch {
	case err != nil:
		ev.Gaps = append(ev.Gaps, fmt.Sprintf("Containers could not be looked into: %v.", err))
	case hidden > 0 && len(found) == 0 && hiddenSpaces():
		ev.Gaps = append(ev.Gaps, "Containers and other users' networks can't be looked into from here; sudo shows them.")
	}
}

// projectOf finds the nearest folder under git above a folder, and the branch.
// It reads .git/HEAD itself: git would run the folder's own hooks and settings.
func projectOf(read func(string) ([]byte, error), dir string) Project {
	// A folder so deep is nobody's project.
	for range 40 {
		if dir == "" || dir == "/" {
			break
		}
		git := join(dir, ".git")
		head, err := read(join(git, "HEAD"))
		if err != nil {
			// A worktree or submodule: .git is a file that says where (gitrepository-layout(5)).
			link, lerr := read(git)
			where, ok := strings.CutPrefix(strings.TrimSpace(string(link)), "gitdir: ")
			if lerr == nil && ok {
				if !strings.HasPrefix(where, "/") && !strings.Contains(where, ":") {
					where = join(dir, where)
				}
				head, err = read(join(where, "HEAD"))
			}
		}
		if err == nil {
			p := Project{Dir: dir}
			text := strings.TrimSpace(string(head))
			if branch, ok := strings.CutPrefix(text, "ref: refs/heads/"); ok {
				p.Branch = branch
			} else if len(text) >= 12 {
				p.Branch = "none, at commit " + text[:12]
			}
			return p
		}
		i := strings.LastIndexAny(dir, `/\`)
		if i < 0 {
			break
		}
		dir = dir[:i]
	}
	return Project{}
}

func join(dir, name string) string { return dir + string(os.PathSeparator) + name }
