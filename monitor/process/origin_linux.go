package process

import (
	"slices"

	"golang.org/x/sys/unix"
)

// player is a running process that others are started from.
type player struct {
	ID
	role
	uid   uint32
	start uint64
}

// origin gives what started a process, from memory where it was asked before.
func (f *facts) origin(info *Info, st procStat, parents []ancestor) Origin {
	if o, ok := f.origins[info.ID]; ok && info.Birth != 0 {
		return o
	}
	l := lineage{
		procStat: st, pid: info.PID, leader: f.leader(st.session), unit: info.Unit, root: info.UID == 0,
		environ: func() []byte { return f.environ(info.PID) },
		alive:   func(r role) ID { return f.playing(r, info.UID, st.start) },
	}
	if info.Container != f.container {
		l.container = info.Container
	}
	for _, a := range parents {
		l.parents = append(l.parents, relative{a.ID, a.session, a.role})
	}
	o := l.origin()
	f.origins[info.ID] = o
	return o
}

// environ reads /proc/PID/environ, up to the size of the file buffer; nil where
// it may not be read. The answer is good until the next reading.
func (f *facts) environ(pid int32) []byte {
	f.proc.at(pid, "environ")
	b, err := f.proc.read()
	if err != nil {
		return nil
	}
	return b
}

// leader gives the process that leads a session, read once in a look; the zero
// ID where that has ended. While members are left the number belongs to no other
// process.
func (f *facts) leader(session int32) ID {
	if session <= 0 {
		return ID{}
	}
	id, known := f.leaders[session]
	if !known {
		id = f.findLeader(session)
		f.leaders[session] = id
	}
	return id
}

func (f *facts) findLeader(session int32) ID {
	if st, err := f.proc.statOf(session); err != nil || st.session != session || stateOfLetter(st.state) == Zombie {
		return ID{}
	}
	return ID{PID: session, Birth: f.birthNow(session)}
}

// birthNow gives the birth of whoever has the number now; 0 where it can't be
// told.
func (f *facts) birthNow(pid int32) uint64 {
	pidfd, err := unix.PidfdOpen(int(pid), 0)
	if err != nil {
		return 0
	}
	defer unix.Close(pidfd)
	birth, err := f.proc.birthOf(pidfd, pid, f.birth)
	if err != nil {
		return 0
	}
	return birth
}

// playing finds the youngest process of a user that plays a role and was there
// before start. Where several run it may be another one than the starter, which
// nothing tells any more.
func (f *facts) playing(r role, uid uint32, start uint64) ID {
	if f.players == nil {
		f.players = f.listPlayers()
	}
	var found player
	for _, p := range f.players {
		if p.role == r && p.uid == uid && p.start <= start && p.start >= found.start {
			found = p
		}
	}
	return found.ID
}

// listPlayers goes over all processes, once in a look at most and only when a
// new owner has lost its chain.
func (f *facts) listPlayers() []player {
	all := []player{}
	pids, err := f.proc.pids(nil)
	if err != nil {
		return all
	}
	for _, pid := range pids {
		a, ok := f.ancestor(pid)
		if !ok || a.role.kind == "" {
			continue
		}
		if uid, err := f.proc.folderUID(pid); err == nil {
			all = append(all, player{a.ID, a.role, uid, a.start})
		}
	}
	return slices.Clip(all)
}

// aged gives a process as it is now that what it came from may have ended. runs
// says whether any process has a number; a successor in the place of the one
// that ended is found once the facts are read anew.
func (f *facts) aged(info *Info, runs func(pid int32) bool) *Info {
	if !info.Origin.Live() {
		return info
	}
	over := slices.ContainsFunc(info.Origin.until[:], func(id ID) bool { return id != (ID{}) && !f.stands(id, runs) })
	if !over {
		return info
	}
	n := *info
	n.Origin.Ended = true
	f.origins[n.ID], f.byID[n.ID], f.now[n.PID] = n.Origin, &n, &n
	return &n
}

// stands reports whether exactly that process is there still. Its birth is
// compared once in each full look.
func (f *facts) stands(id ID, runs func(int32) bool) bool {
	if !runs(id.PID) {
		return false
	}
	if f.checked[id] {
		return true
	}
	if birth := f.birthNow(id.PID); birth != 0 && birth != id.Birth {
		return false
	}
	f.checked[id] = true
	return true
}
