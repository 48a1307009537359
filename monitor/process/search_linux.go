package process

// The search for holders. Its order decides what it costs: whoever has just
// begun to listen is young, so new processes come first, and most searches end
// with them.

import (
	"context"
	"maps"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// maxFamily bounds how many descendants of a holder are looked at at once; the
// next scan of everything finds the rest.
const maxFamily = 256

const (
	// scanners is how many goroutines go over all processes. 350 processes of
	// 50 descriptors took one of them 54 ms and two 35 ms, on two idle cores.
	scanners = 2
	// manyProcesses is from when on the second is worth its start.
	manyProcesses = 64
)

// search is one look through descriptor tables. Its maps and buffers are used
// again by the next.
type search struct {
	proc *procfs
	// main is the search that a second scanner works for, itself for itself.
	// mu guards what both write: open and the holders of what is wanted.
	main *search
	mu   sync.Mutex
	// wanted are the sockets looked for, by inode; open counts those of them
	// that are searched for everywhere and have no holder yet.
	wanted  map[uint64]*held
	open    int
	visited map[int32]bool
	// denied are the processes that this user may not look into.
	denied   map[int32]bool
	pid, tid int32
	note     func(fd int32, inode uint64)
	tids     []int32
}

func (s *search) init(p *procfs) {
	s.proc = p
	s.main = s
	s.wanted = make(map[uint64]*held)
	s.visited = make(map[int32]bool)
	s.denied = make(map[int32]bool)
	s.note = s.noteSocket
}

func (s *search) begin() {
	clear(s.wanted)
	clear(s.visited)
	clear(s.denied)
	s.open = 0
}

// want has the search look for a socket; everywhere asks to go on until it has
// a holder.
func (f *Finder) want(h *held, everywhere bool) {
	if h.Inode == 0 {
		return
	}
	h.searched = everywhere
	f.search.wanted[h.Inode] = h
	if everywhere && len(h.holders) == 0 {
		f.search.open++
	}
}

func (s *search) noteSocket(fd int32, inode uint64) {
	h := s.wanted[inode]
	if h == nil {
		return
	}
	s.main.mu.Lock()
	defer s.main.mu.Unlock()
	for _, o := range h.holders {
		if o.pid == s.pid {
			return
		}
	}
	if len(h.holders) == 0 && h.searched {
		s.main.open--
	}
	h.holders = append(h.holders, holder{pid: s.pid, tid: s.tid, fd: fd})
}

// scan looks through one process, once.
func (s *search) scan(pid int32) {
	if s.visited[pid] {
		return
	}
	s.visited[pid] = true
	s.pid, s.tid = pid, 0
	n, err := s.proc.sockets(pid, 0, s.note)
	if err != nil && (err != unix.EACCES || n > 0 || !s.proc.mine(pid)) {
		s.denied[pid] = true
		return
	}
	// A main thread that has ended has no table any more, while the others of
	// its process go on. Its folder is root's then (task_dump_owner in
	// fs/proc/base.c), but theirs are not.
	if n == 0 && s.proc.threads(pid) > 1 {
		s.scanTasks(pid)
	}
}

// scanTasks looks through the tables of the threads that don't share the main
// thread's.
func (s *search) scanTasks(pid int32) {
	tids, err := s.proc.tasks(pid, s.tids[:0])
	s.tids = tids
	if err != nil {
		return
	}
	scanned := pid
	for _, tid := range tids {
		if tid == pid || sharesFiles(tid, pid) || scanned != pid && sharesFiles(tid, scanned) {
			continue
		}
		s.pid, s.tid = pid, tid
		if _, err := s.proc.sockets(pid, tid, s.note); err == nil {
			scanned = tid
		}
	}
	s.tid = 0
}

// scanAll looks through these processes, the last first.
func (s *search) scanAll(ctx context.Context, pids []int32) {
	for i := len(pids) - 1; i >= 0 && ctx.Err() == nil; i-- {
		s.scan(pids[i])
	}
}

// scanWhole looks through all processes, by more than one goroutine where there
// are many. Each of them has ended when it returns.
func (s *search) scanWhole(ctx context.Context, pids []int32) {
	if len(pids) < manyProcesses || runtime.GOMAXPROCS(0) < scanners {
		s.scanAll(ctx, pids)
		return
	}
	// Nothing of this is shared but next and what mu guards.
	var next atomic.Int64
	work := func(s *search) {
		for ctx.Err() == nil {
			i := int(next.Add(1)) - 1
			if i >= len(pids) {
				return
			}
			s.scan(pids[len(pids)-1-i])
		}
	}
	p, err := openProc()
	if err != nil {
		work(s)
		return
	}
	defer p.close()
	second := &search{}
	second.init(p)
	second.main, second.wanted = s, s.wanted
	var wg sync.WaitGroup
	wg.Go(func() { work(second) })
	work(s)
	wg.Wait()
	maps.Copy(s.visited, second.visited)
	maps.Copy(s.denied, second.denied)
}

// scanUntil is scanAll until every socket has a holder.
func (s *search) scanUntil(ctx context.Context, pids []int32, fits func(int32) bool) {
	for i := len(pids) - 1; i >= 0 && s.open > 0 && ctx.Err() == nil; i-- {
		if !s.visited[pids[i]] && (fits == nil || fits(pids[i])) {
			s.scan(pids[i])
		}
	}
}

// ownTables looks through the threads, of all processes, that have a descriptor
// table of their own.
func (s *search) ownTables(ctx context.Context, pids []int32) {
	for i := len(pids) - 1; i >= 0 && ctx.Err() == nil; i-- {
		if pid := pids[i]; !s.denied[pid] && s.proc.threads(pid) > 1 {
			s.scanTasks(pid)
		}
	}
}

// look searches for what is wanted; whole goes over all processes in any case.
func (f *Finder) look(ctx context.Context, whole bool, now time.Time) {
	s := &f.search
	begun := time.Now()
	if whole {
		s.scanWhole(ctx, f.byAge)
	} else {
		s.scanAll(ctx, f.fresh)
		f.searchOn(ctx, now)
		f.family(ctx)
	}
	if s.open > 0 {
		f.searchTables(ctx)
	}
	if ctx.Err() != nil {
		return
	}
	if whole {
		// Of its own clock: cost is counted in time that passed.
		f.lastScan, f.scanCost = now, time.Since(begun)
	}
	if whole || len(s.visited) >= len(f.sorted) {
		for _, h := range s.wanted {
			h.complete = true
		}
	}
}

// searchOn goes on after the new processes, from likely to unlikely.
func (f *Finder) searchOn(ctx context.Context, now time.Time) {
	s := &f.search
	if s.open == 0 {
		return
	}
	var likely []int32
	for _, h := range f.held {
		for _, o := range h.holders {
			likely = append(likely, o.pid)
		}
	}
	s.scanUntil(ctx, likely, nil)
	if s.open == 0 {
		return
	}
	likely = likely[:0]
	uids := make(map[uint32]bool)
	for _, h := range s.wanted {
		if h.searched && len(h.holders) == 0 {
			likely = append(likely, f.cg.procs(h.Cgroup, now)...)
			uids[h.UID] = true
		}
	}
	s.scanUntil(ctx, likely, nil)
	s.scanUntil(ctx, f.byAge, func(pid int32) bool {
		uid, err := f.proc.folderUID(pid)
		return err == nil && uids[uid]
	})
	s.scanUntil(ctx, f.byAge, nil)
}

// searchTables looks for the sockets that nobody holds in a main thread's
// table.
func (f *Finder) searchTables(ctx context.Context) {
	s := &f.search
	for i := len(f.byAge) - 1; i >= 0 && s.open > 0 && ctx.Err() == nil; i-- {
		if pid := f.byAge[i]; !s.denied[pid] && s.proc.threads(pid) > 1 {
			s.scanTasks(pid)
		}
	}
}

// family completes what a search that stopped early has found: a socket is most
// often shared with whom it was inherited from, and with whom it was handed
// down to.
func (f *Finder) family(ctx context.Context) {
	s := &f.search
	seen := make(map[int32]bool)
	for _, h := range s.wanted {
		if !h.searched {
			continue
		}
		for i := 0; i < len(h.holders); i++ { // grows while parents are found
			top := h.holders[i].pid
			if seen[top] {
				continue // of another socket of its own
			}
			// Pid 1 too: it holds what it hands to services (socket activation).
			if st, err := f.proc.statOf(top); err == nil && st.ppid > 0 {
				s.scan(st.ppid)
			}
			seen[top] = true
		}
	}
	var queue []int32
	for pid := range seen {
		// All processes of the system descend from it.
		if pid != 1 {
			queue = append(queue, pid)
		}
	}
	for n := 0; n < len(queue) && n < maxFamily && ctx.Err() == nil; n++ {
		s.scan(queue[n])
		queue = f.proc.children(queue[n], queue)
	}
}
