package process

// What is known of one process, read from /proc. gopsutil gives the paths; the
// other facts are read here:
//   - the name: gopsutil's is comm, which a program sets as it likes;
//   - the arguments: gopsutil's have no bound;
//   - the user: gopsutil's is the real one, and looked up anew each time;
//   - the start: gopsutil's is cut to the second, and the boot time that it
//     adds to it is rounded to one;
//   - the parents: by gopsutil one file of 50 lines each, and no birth.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v3/common"
	gops "github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"
)

const (
	maxParents = 32
	// clockTicks is USER_HZ: 100 on every architecture that Go runs on.
	clockTicks = 100
)

// facts reads and remembers what is known of processes. One goroutine at a
// time.
type facts struct {
	proc  *procfs
	birth birthKind
	// boot is the time of day at which the boot clock stood at zero.
	boot  time.Time
	users map[uint32]string

	byID  map[ID]*Info
	names map[ID]kin // of ancestors
	// origins are remembered for as long as their processes are: the chain of a
	// process is lost with its parents.
	origins map[ID]Origin
	// scripts are remembered as long: a link that is set anew later says nothing
	// of what runs already.
	scripts map[ID]scriptLink
	// checked are what origins last for, those whose births were compared since
	// the facts were last read anew.
	checked map[ID]bool
	// container is the one that this program is in itself.
	container string

	// What was read within one look; begin empties them.
	now       map[int32]*Info // nil for a process that is gone
	ancestors map[int32]ancestor
	sealed    map[string]bool // folders, see sealedFolder
	leaders   map[int32]ID    // of sessions
	files     map[string]File // by path, see fileAt
	players   []player        // nil before they are asked for
	unsteady  []string        // folders, see parseUnsteadyMounts; nil before
	space     File            // this program's mount namespace; zero before it is asked for
	root      File            // and the root that it has there
}

// kin is what is remembered of an ancestor.
type kin struct {
	name string
	role role
}

// ancestor is one link of a parent chain.
type ancestor struct {
	Ancestor
	ppid, session int32
	start         uint64
	role          role
}

func newFacts(p *procfs) *facts {
	f := &facts{
		proc:      p,
		birth:     birthKindHere(),
		boot:      bootTime(),
		users:     make(map[uint32]string),
		byID:      make(map[ID]*Info),
		names:     make(map[ID]kin),
		origins:   make(map[ID]Origin),
		scripts:   make(map[ID]scriptLink),
		checked:   make(map[ID]bool),
		now:       make(map[int32]*Info),
		ancestors: make(map[int32]ancestor),
		sealed:    make(map[string]bool),
		leaders:   make(map[int32]ID),
		files:     make(map[string]File),
	}
	p.at(int32(os.Getpid()), "cgroup")
	if b, err := p.read(); err == nil {
		_, f.container = parseCgroup(b)
	}
	return f
}

// bootTime takes the boot clock, which start times count in, from the time of
// day. /proc/stat has it in whole seconds only.
func bootTime() time.Time {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return time.Time{}
	}
	return time.Now().Round(0).Add(-time.Duration(ts.Nano()))
}

// begin starts a look: processes are looked at anew, once each.
func (f *facts) begin() {
	clear(f.now)
	clear(f.ancestors)
	clear(f.sealed)
	clear(f.leaders)
	clear(f.files)
	f.players, f.unsteady = nil, nil
	f.space, f.root = File{}, File{}
}

// refresh forgets what it knows, and follows a clock that was set.
func (f *facts) refresh() {
	clear(f.byID)
	clear(f.names)
	clear(f.checked)
	if b := bootTime(); b.Sub(f.boot).Abs() > time.Second {
		f.boot = b
	}
}

// keep forgets all processes but these.
func (f *facts) keep(used map[ID]bool) {
	for id := range f.byID {
		if !used[id] {
			delete(f.byID, id)
		}
	}
	for id := range f.names {
		if !used[id] {
			delete(f.names, id)
		}
	}
	for id := range f.origins {
		if !used[id] {
			delete(f.origins, id)
		}
	}
	for id := range f.scripts {
		if !used[id] {
			delete(f.scripts, id)
		}
	}
}

// of gives what is known of a process that runs now; ok is false when it has
// ended. It answers from memory when the process and its program are the same.
func (f *facts) of(ctx context.Context, pid int32) (*Info, bool) {
	if i, ok := f.now[pid]; ok {
		return i, i != nil
	}
	i, err := f.look(ctx, pid)
	if err != nil {
		i = nil
	}
	f.now[pid] = i
	return i, i != nil
}

// look fails with ErrGone for a process that isn't there, or with the kernel's
// error.
func (f *facts) look(ctx context.Context, pid int32) (*Info, error) {
	id := ID{PID: pid}
	pidfd, err := unix.PidfdOpen(int(pid), 0)
	switch {
	case err == nil:
		defer unix.Close(pidfd)
		id.Birth, err = f.proc.birthOf(pidfd, pid, f.birth)
		if err != nil {
			return nil, gone(pid, err)
		}
	case errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EINVAL):
		// EINVAL: the number of a thread.
		return nil, gone(pid, unix.ESRCH)
	case f.birth == birthTick:
		s, err := f.proc.statOf(pid)
		if err != nil {
			return nil, gone(pid, err)
		}
		id.Birth = s.start
	default:
		// Out of descriptors: it is shown without an identity, and a stop of it
		// refused.
	}
	file, links, face, ferr := f.proc.exeFile(pid)
	if known, ok := f.byID[id]; ok && id.Birth != 0 && known.File == file {
		return known, nil
	}
	info, err := f.read(ctx, id, face, file, links, ferr)
	if err != nil {
		return nil, gone(pid, err)
	}
	if pidfd >= 0 && exited(pidfd, 0) {
		return nil, gone(pid, unix.ESRCH)
	}
	f.byID[id] = info
	return info, nil
}

// gone turns the kernel's ways of saying that there is no such process into
// ErrGone.
func gone(pid int32, err error) error {
	if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.ENOENT) {
		err = ErrGone
	}
	return fmt.Errorf("read process %d: %w", pid, err)
}

// read reads everything. face, file, links and exeErr are as exeFile gave them.
func (f *facts) read(ctx context.Context, id ID, face int32, file File, links uint64, exeErr error) (*Info, error) {
	st, err := f.proc.statOf(id.PID)
	if err != nil {
		return nil, err
	}
	info := &Info{ID: id, File: file, Started: f.started(st.start)}
	info.UID, err = f.proc.uidOf(id.PID)
	if err != nil {
		return nil, err
	}
	info.User = f.user(info.UID)
	info.Args = f.args(face)
	parents := f.parents(st)
	for _, a := range parents {
		info.Parents = append(info.Parents, a.Ancestor)
	}
	f.proc.at(id.PID, "cgroup")
	if b, err := f.proc.read(); err == nil {
		info.Unit, info.Container = parseCgroup(b)
		info.SameContainer = info.Container != "" && info.Container == f.container
	}
	same := f.sameFile(file)
	// Not by NewProcess, which reads the mount table to see whether it exists.
	p := &gops.Process{Pid: face}
	// An environment variable must not lead gopsutil to another /proc.
	ctx = context.WithValue(ctx, common.EnvKey, common.EnvMap{common.HostProcEnvKey: "/proc"})
	if exeErr == nil {
		if link, err := p.ExeWithContext(ctx); err == nil {
			info.Exe, info.Deleted, info.Memfd = exePath(link, links, same)
		}
	}
	if dir, err := p.CwdWithContext(ctx); err == nil {
		info.Dir = f.dirPath(face, dir)
	}
	f.place(info, face)
	info.ScriptFile = f.scriptFile(info, face)
	info.Name = programName(info.Exe, first(info.Args), st.comm, same)
	info.Origin = f.origin(info, st, parents)
	return info, nil
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// dirPath takes the kernel's " (deleted)" off a folder that was removed.
func (f *facts) dirPath(pid int32, link string) string {
	clean, marked := strings.CutSuffix(link, " (deleted)")
	if !marked {
		return link
	}
	f.proc.at(pid, "cwd")
	if st, err := f.proc.stat(); err == nil && st.links == 0 {
		return clean
	}
	return link
}

func (f *facts) args(pid int32) []string {
	f.proc.at(pid, "cmdline")
	b, err := f.proc.read()
	if err != nil {
		return nil
	}
	return parseCmdline(b)
}

func (f *facts) started(ticks uint64) time.Time {
	const tick = time.Second / clockTicks
	return f.boot.Add(time.Duration(ticks) * tick)
}

func (f *facts) user(uid uint32) string {
	name, ok := f.users[uid]
	if !ok {
		name = strconv.FormatUint(uint64(uid), 10)
		if u, err := user.LookupId(name); err == nil {
			name = u.Username
		}
		f.users[uid] = name
	}
	return name
}

// parents follows the chain upwards from a process, nearest first, up to but
// without pid 1.
func (f *facts) parents(of procStat) []ancestor {
	var chain []ancestor
	for ppid, start := of.ppid, of.start; ppid > 1 && len(chain) < maxParents; {
		a, ok := f.ancestor(ppid)
		// One that is younger than its child has taken over a dead parent's
		// number between the two readings.
		if !ok || a.start > start {
			break
		}
		chain = append(chain, a)
		ppid, start = a.ppid, a.start
	}
	return chain
}

func (f *facts) ancestor(pid int32) (ancestor, bool) {
	if a, ok := f.ancestors[pid]; ok {
		return a, a.PID != 0
	}
	a := f.readAncestor(pid)
	f.ancestors[pid] = a
	return a, a.PID != 0
}

// readAncestor gives the zero value for a process that is gone.
func (f *facts) readAncestor(pid int32) ancestor {
	st, err := f.proc.statOf(pid)
	if err != nil {
		return ancestor{}
	}
	a := ancestor{ppid: st.ppid, session: st.session, start: st.start}
	a.ID = ID{PID: pid, Birth: st.start}
	if f.birth == birthInode {
		pidfd, err := unix.PidfdOpen(int(pid), 0)
		if err != nil {
			return ancestor{}
		}
		defer unix.Close(pidfd)
		if a.Birth, err = f.proc.birthOf(pidfd, pid, f.birth); err != nil {
			return ancestor{}
		}
	}
	k, ok := f.names[a.ID]
	if !ok {
		k = f.kin(pid, st.comm)
		f.names[a.ID] = k
	}
	a.Name, a.role = k.name, k.role
	return a
}

// kin gives the short name of a process and what it plays, without the rest.
func (f *facts) kin(pid int32, comm string) kin {
	file, links, face, err := f.proc.exeFile(pid)
	same, exe := f.sameFile(file), ""
	if err == nil {
		exe, _, _ = exePath(f.exeLink(face), links, same)
	}
	args := f.args(face)
	name := programName(exe, first(args), comm, same)
	return kin{name, roleOf(name, args)}
}

// exeLink is what the kernel calls the file that a process runs.
func (f *facts) exeLink(face int32) string {
	f.proc.at(face, "exe")
	link, err := f.proc.readlink(f.proc.dir, &f.proc.path[0])
	if err != nil {
		return ""
	}
	return string(link)
}

// Describe tells what is known of one process. The error wraps ErrGone when
// there is none of that number.
func Describe(ctx context.Context, pid int32) (Info, error) {
	p, err := openProc()
	if err != nil {
		return Info{}, fmt.Errorf("describe process %d: %w", pid, err)
	}
	defer p.close()
	info, err := newFacts(p).look(ctx, pid)
	if err != nil {
		return Info{}, fmt.Errorf("describe: %w", err)
	}
	return *info, nil
}

// viewerHere is this program as a viewer of others.
func (f *facts) viewerHere() viewer {
	return viewer{uid: uint32(os.Geteuid()), userName: f.user}
}
