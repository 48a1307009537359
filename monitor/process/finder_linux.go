package process

// The finder names the holders of sockets from /proc/PID/fd. What order it
// looks in is in search_linux.go.

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"portreeve/monitor/socket"
)

const (
	// firstRetry and lastRetry bound the back-off for a socket whose holder
	// can't be seen; it doubles each time.
	firstRetry = time.Second
	lastRetry  = 64 * time.Second
	// scanShare bounds what completing scans cost: one percent of a core.
	scanShare = 100
	// scanRest is the least time between two of them.
	scanRest = time.Second
)

// Finder finds the owners of sockets and remembers them. It is used by one
// goroutine at a time. It only reads; what it says of a process was true a
// moment ago, and Stop looks again.
//
// What is complete when:
//   - Find names at least one holder of each socket that has one which this
//     user may look into; all holders among the processes that are new since
//     the look before, the ancestors that hold it too, and their descendants.
//     The very first Find of a Finder goes over all processes.
//   - The Recheck after it goes over all processes once more, unless the last
//     such scan is too short ago: never more than one a second, and never more
//     than a hundredth of the time. On a desktop it is the next Recheck.
//   - After Recheck with full set, all holders that this user may look into are
//     listed, threads with a descriptor table of their own included.
//
// A socket in flight between two processes (SCM_RIGHTS) is in no table.
type Finder struct {
	proc  *procfs
	facts *facts
	cg    cgroups
	me    viewer
	clock func() time.Time
	// broken says why nothing can be looked at.
	broken string

	held map[uint64]*held // by cookie
	// sorted are the processes of the last listing, ascending; byAge the same
	// in the order in which they were first seen; fresh those that the last
	// listing was the first to show.
	sorted, spare, byAge, fresh []int32
	listed                      bool
	lastScan                    time.Time
	scanCost                    time.Duration

	search search
	owners []Info // scratch
}

// held is what is remembered of one socket.
type held struct {
	socket.Socket
	holders []holder
	// owners and hidden are as they were last returned.
	owners []Info
	hidden string
	// sure is how many of the holders, from the first, were seen to hold it in
	// the current look.
	sure int
	// complete: a scan of all processes has looked for it.
	complete bool
	// searched marks a socket that the current look looks for everywhere.
	searched bool
	tries    int
	next     time.Time
}

// NewFinder makes a finder for the /proc of the caller's mount namespace. Where
// there is none, each Found says so in Hidden.
func NewFinder() *Finder {
	f := &Finder{clock: time.Now, held: make(map[uint64]*held)}
	p, err := openProc()
	if err != nil {
		slog.Error("owners can't be found", "err", err)
		f.broken = "processes can't be seen here (no /proc)"
		return f
	}
	f.proc = p
	f.facts = newFacts(p)
	f.cg.root = cgroupRoot()
	f.me = f.facts.viewerHere()
	f.search.init(p)
	return f
}

// Close gives back what the finder holds. The finder must not be used after it.
func (f *Finder) Close() {
	if f.proc != nil {
		f.proc.close()
		f.proc = nil
		f.broken = "the finder is closed"
	}
}

// Forget drops what is remembered of a socket that was closed.
func (f *Finder) Forget(cookie uint64) { delete(f.held, cookie) }

// Find names the owners of sockets that are new, one Found each in the order of
// want. A socket that it knows already is answered from memory, but looked for
// again when nobody was found and its time has come. When ctx ends early the
// answers are what was found until then.
func (f *Finder) Find(ctx context.Context, want []socket.Socket) []Found {
	found := make([]Found, 0, len(want))
	if f.proc == nil {
		for _, s := range want {
			found = append(found, Found{Cookie: s.Cookie, Hidden: f.broken})
		}
		return found
	}
	now := f.clock()
	f.facts.begin()
	f.search.begin()
	var look []*held
	for _, s := range want {
		h := f.held[s.Cookie]
		if h == nil || h.Inode != s.Inode {
			h = &held{Socket: s}
			f.held[s.Cookie] = h
		}
		if len(h.holders) == 0 && !now.Before(h.next) {
			f.want(h, true)
			look = append(look, h)
		}
	}
	if len(look) > 0 {
		whole := !f.listed
		if f.list() {
			f.look(ctx, whole, now)
		}
	}
	for _, h := range look {
		f.conclude(ctx, h, now)
	}
	for _, s := range want {
		found = append(found, f.found(f.held[s.Cookie], now))
	}
	return found
}

// Recheck looks whether the known sockets still have the owners that were last
// returned, and gives those that have not, in the order of known: other
// holders, a holder that runs another program now, or one whose origin has
// ended. With full unset it costs
// a few system calls for each owner and is meant for every second; with full
// set it goes over all processes and reads all facts anew, for about every
// minute. When ctx ends early it returns what it is sure of.
func (f *Finder) Recheck(ctx context.Context, known []socket.Socket, full bool) []Found {
	if f.proc == nil {
		return nil
	}
	now := f.clock()
	f.facts.begin()
	f.search.begin()
	if full {
		f.facts.refresh()
	}
	if !f.list() {
		return nil
	}
	whole := full
	for _, s := range known {
		h := f.held[s.Cookie]
		if h == nil || h.Inode != s.Inode {
			h = &held{Socket: s}
			f.held[s.Cookie] = h
		}
		before := len(h.holders)
		h.holders = slices.DeleteFunc(h.holders, func(o holder) bool { return !f.proc.holds(o, h.Inode) })
		h.sure = len(h.holders)
		if h.sure < before {
			// It may be in another place of the same tables now.
			h.complete = false
		}
		if !h.complete && len(h.holders) > 0 && f.mayScan(now) {
			whole = true
		}
	}
	urgent := false
	for _, s := range known {
		h := f.held[s.Cookie]
		due := len(h.holders) == 0 && !now.Before(h.next)
		if due || whole || len(f.fresh) > 0 {
			f.want(h, due || whole)
		}
		urgent = urgent || due
	}
	switch {
	case full:
		f.look(ctx, true, now)
		f.search.ownTables(ctx, f.byAge)
	case whole || urgent:
		f.look(ctx, whole, now)
	default:
		f.search.scanAll(ctx, f.fresh)
	}
	if ctx.Err() != nil {
		return nil
	}
	var changed []Found
	for _, s := range known {
		h := f.held[s.Cookie]
		if f.conclude(ctx, h, now) {
			changed = append(changed, f.found(h, now))
		}
	}
	if full || len(changed) > 0 {
		f.prune()
	}
	return changed
}

// mayScan tells whether a scan of all processes is due by what the last one
// cost.
func (f *Finder) mayScan(now time.Time) bool {
	return now.Sub(f.lastScan) >= max(scanRest, scanShare*f.scanCost)
}

// list brings the lists of processes up to date. It reports false when they
// can't be listed.
func (f *Finder) list() bool {
	pids, err := f.proc.pids(f.spare[:0])
	f.spare = pids
	if err != nil {
		slog.Error("owners can't be found", "err", err)
		return false
	}
	slices.Sort(pids)
	f.fresh = f.fresh[:0]
	for _, pid := range pids {
		if _, ok := slices.BinarySearch(f.sorted, pid); !ok {
			f.fresh = append(f.fresh, pid)
		}
	}
	if len(f.fresh) > 0 || len(pids) != len(f.sorted) {
		f.byAge = slices.DeleteFunc(f.byAge, func(pid int32) bool {
			_, ok := slices.BinarySearch(pids, pid)
			return !ok
		})
		f.byAge = append(f.byAge, f.fresh...)
	}
	f.sorted, f.spare = pids, f.sorted
	f.listed = true
	return true
}

// conclude brings the owners of h up to date after a look, and reports whether
// they differ from those last returned.
func (f *Finder) conclude(ctx context.Context, h *held, now time.Time) bool {
	owners := f.owners[:0]
	i := -1
	h.holders = slices.DeleteFunc(h.holders, func(o holder) bool {
		i++
		info, ok := f.facts.of(ctx, o.pid)
		if !ok {
			return true
		}
		// The number may have gone to another process since the scan; now that
		// the identity is taken, it must still be a holder.
		known := i < h.sure && slices.ContainsFunc(h.owners, func(k Info) bool { return k.ID == info.ID })
		if !known && !f.proc.holds(o, h.Inode) {
			return true
		}
		if !slices.ContainsFunc(owners, func(i Info) bool { return i.PID == info.PID }) {
			owners = append(owners, *f.facts.aged(info, f.runs))
		}
		return false
	})
	if h.Inode == 0 && h.PID > 0 {
		if info, ok := f.facts.of(ctx, h.PID); ok {
			info = f.facts.aged(info, f.runs)
			owners = append(owners, *info)
		}
	}
	f.owners = owners
	sortOwners(owners)
	switch {
	case len(owners) > 0:
		h.tries, h.next = 0, time.Time{}
	case h.searched:
		h.next = now.Add(min(firstRetry<<min(h.tries, 10), lastRetry))
		h.tries++
	}
	h.searched, h.sure = false, 0
	hidden := f.me.hidden(h.Socket, owners, f.unit(h, len(owners) > 0, now))
	if h.Inode == 0 && len(owners) == 0 {
		hidden = "the system does not tell which process holds it"
	}
	if hidden == h.hidden && slices.EqualFunc(owners, h.owners, sameInfo) {
		return false
	}
	h.hidden = hidden
	h.owners = slices.Clone(owners)
	return true
}

// runs reports whether the last listing showed a process of that number.
func (f *Finder) runs(pid int32) bool {
	_, ok := slices.BinarySearch(f.sorted, pid)
	return ok
}

// unit infers what a socket that nobody visible holds belongs to.
func (f *Finder) unit(h *held, visible bool, now time.Time) string {
	if visible {
		return ""
	}
	return f.cg.unit(h.Cgroup, now)
}

func (f *Finder) found(h *held, now time.Time) Found {
	return Found{
		Cookie: h.Cookie,
		Owners: h.owners,
		Hidden: h.hidden,
		User:   f.me.nameOf(h.UID),
		Unit:   f.unit(h, len(h.owners) > 0, now),
	}
}

// prune forgets the facts of processes that own nothing any more.
func (f *Finder) prune() {
	used := make(map[ID]bool, len(f.facts.byID)+len(f.facts.names))
	for _, h := range f.held {
		for _, o := range h.owners {
			used[o.ID] = true
			for _, a := range o.Parents {
				used[a.ID] = true
			}
		}
	}
	f.facts.keep(used)
}
