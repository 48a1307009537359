package process

// Raw reading of /proc: a scan looks at ten thousands of descriptors, so it
// keeps its buffers and allocates nothing for each.

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// procfs reads the /proc of this mount namespace. One goroutine at a time.
type procfs struct {
	dir  int // of /proc itself
	path []byte
	list []byte // directory entries of /proc, task and fd
	fds  []byte
	file []byte
	link [unix.PathMax]byte
}

// holder is one process's hold on a socket: a descriptor in the table of its
// main thread (tid 0) or of another one.
type holder struct {
	pid, tid int32
	fd       int32
}

func openProc() (*procfs, error) {
	dir, err := unix.Open("/proc", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open /proc: %w", err)
	}
	var fs unix.Statfs_t
	if err := unix.Fstatfs(dir, &fs); err != nil || fs.Type != unix.PROC_SUPER_MAGIC {
		unix.Close(dir)
		return nil, errors.New("open /proc: no proc file system is mounted there")
	}
	return &procfs{
		dir:  dir,
		path: make([]byte, 0, 64),
		list: make([]byte, 16<<10),
		fds:  make([]byte, 16<<10),
		file: make([]byte, maxArgBytes+1),
	}, nil
}

func (p *procfs) close() { unix.Close(p.dir) }

// at puts together PID/rest, ended by NUL, in the path buffer.
func (p *procfs) at(pid int32, rest string) {
	p.path = strconv.AppendInt(p.path[:0], int64(pid), 10)
	if rest != "" {
		p.path = append(append(p.path, '/'), rest...)
	}
	p.path = append(p.path, 0)
}

// atTask puts together PID/task/TID/rest, or PID/rest for tid 0.
func (p *procfs) atTask(pid, tid int32, rest string) {
	if tid == 0 {
		p.at(pid, rest)
		return
	}
	p.path = append(strconv.AppendInt(p.path[:0], int64(pid), 10), "/task/"...)
	p.path = append(strconv.AppendInt(p.path, int64(tid), 10), '/')
	p.path = append(append(p.path, rest...), 0)
}

// open opens the path in the buffer for reading.
func (p *procfs) open(flags int) (int, error) {
	for {
		fd, _, errno := unix.Syscall6(unix.SYS_OPENAT, uintptr(p.dir), uintptr(unsafe.Pointer(&p.path[0])),
			uintptr(unix.O_RDONLY|unix.O_CLOEXEC|flags), 0, 0, 0)
		if errno == 0 {
			return int(fd), nil
		}
		if errno != unix.EINTR {
			return -1, errno
		}
	}
}

// readlink reads the link whose name is at name, NUL-terminated, below dir.
func (p *procfs) readlink(dir int, name *byte) ([]byte, error) {
	n, _, errno := unix.Syscall6(unix.SYS_READLINKAT, uintptr(dir), uintptr(unsafe.Pointer(name)),
		uintptr(unsafe.Pointer(&p.link[0])), uintptr(len(p.link)), 0, 0)
	if errno != 0 {
		return nil, errno
	}
	return p.link[:n], nil
}

// stat follows the path in the buffer.
func (p *procfs) stat() (attributes, error) {
	return attributesAt(p.dir, string(p.path[:len(p.path)-1]), 0)
}

// read reads the file in the path buffer up to the size of the file buffer,
// which the answer aliases until the next call.
func (p *procfs) read() ([]byte, error) {
	fd, err := p.open(0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	n := 0
	for n < len(p.file) {
		m, err := unix.Read(fd, p.file[n:])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, err
		}
		if m == 0 {
			break
		}
		n += m
	}
	return p.file[:n], nil
}

// pids adds all processes to dst, in ascending order as the kernel lists them.
func (p *procfs) pids(dst []int32) ([]int32, error) {
	if _, err := unix.Seek(p.dir, 0, unix.SEEK_SET); err != nil {
		return dst, fmt.Errorf("list processes: %w", err)
	}
	dst, err := p.numbers(p.dir, dst)
	if err != nil {
		return dst, fmt.Errorf("list processes: %w", err)
	}
	return dst, nil
}

// tasks adds the threads of a process to dst.
func (p *procfs) tasks(pid int32, dst []int32) ([]int32, error) {
	p.at(pid, "task")
	fd, err := p.open(unix.O_DIRECTORY)
	if err != nil {
		return dst, err
	}
	defer unix.Close(fd)
	return p.numbers(fd, dst)
}

func (p *procfs) numbers(dir int, dst []int32) ([]int32, error) {
	for {
		n, err := unix.Getdents(dir, p.list)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return dst, err
		}
		for b := p.list[:n]; ; {
			d, rest, ok := nextDirent(b)
			if !ok {
				break
			}
			b = rest
			if id, ok := decimal(d.name[:len(d.name)-1]); ok && id > 0 && id < 1<<31 {
				dst = append(dst, int32(id))
			}
		}
	}
}

// sockets calls visit for each descriptor that is a socket, and counts all
// descriptors. tid 0 is the table of the main thread.
func (p *procfs) sockets(pid, tid int32, visit func(fd int32, inode uint64)) (count int, err error) {
	p.atTask(pid, tid, "fd")
	dir, err := p.open(unix.O_DIRECTORY)
	if err != nil {
		return 0, err
	}
	defer unix.Close(dir)
	for {
		n, err := unix.Getdents(dir, p.fds)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return count, err
		}
		for b := p.fds[:n]; ; {
			d, rest, ok := nextDirent(b)
			if !ok {
				break
			}
			b = rest
			fd, ok := decimal(d.name[:len(d.name)-1])
			if !ok {
				continue // "." and ".."
			}
			count++
			link, err := p.readlink(dir, &d.name[0])
			if err == unix.EACCES {
				// Who may list a table may still not follow it (proc_fd_permission
				// against ptrace_may_access), and then none of its links.
				return count, err
			}
			if err != nil {
				continue // closed meanwhile
			}
			if inode, ok := parseSocketLink(link); ok {
				visit(int32(fd), inode)
			}
		}
	}
}

// holds reports whether the descriptor still is that socket.
func (p *procfs) holds(h holder, inode uint64) bool {
	p.atTask(h.pid, h.tid, "fd/")
	p.path = append(strconv.AppendInt(p.path[:len(p.path)-1], int64(h.fd), 10), 0)
	link, err := p.readlink(p.dir, &p.path[0])
	if err != nil {
		return false
	}
	got, ok := parseSocketLink(link)
	return ok && got == inode
}

// threads counts the threads of a process: the link count of its task folder
// is that plus two (proc_task_getattr in fs/proc/base.c).
func (p *procfs) threads(pid int32) int {
	p.at(pid, "task")
	st, err := p.stat()
	if err != nil {
		return 0
	}
	return int(st.links) - 2
}

// sharesFiles reports whether two threads have one descriptor table (kcmp(2)).
// Where the kernel can't tell, they count as having two.
func sharesFiles(a, b int32) bool {
	const kcmpFiles = 2 // include/uapi/linux/kcmp.h
	r, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(a), uintptr(b), kcmpFiles, 0, 0, 0)
	return errno == 0 && r == 0
}

// statOf reads /proc/PID/stat.
func (p *procfs) statOf(pid int32) (procStat, error) {
	p.at(pid, "stat")
	b, err := p.read()
	if err != nil {
		return procStat{}, err
	}
	return parseStat(b)
}

// folderUID gives the owner of a process's folder: its effective user, by one
// system call.
func (p *procfs) folderUID(pid int32) (uint32, error) {
	p.at(pid, "")
	st, err := p.stat()
	return st.uid, err
}

// mine reports whether a process runs as the user of this program.
func (p *procfs) mine(pid int32) bool {
	uid, err := p.folderUID(pid)
	return err == nil && uid == uint32(os.Geteuid())
}

// uidOf gives the effective user of a process.
func (p *procfs) uidOf(pid int32) (uint32, error) {
	p.at(pid, "status")
	b, err := p.read()
	if err != nil {
		return 0, err
	}
	return parseStatusUID(b)
}

// children adds the processes that a process started and that still run. It
// adds nothing where the kernel was built without CONFIG_PROC_CHILDREN.
func (p *procfs) children(pid int32, dst []int32) []int32 {
	tids := []int32{pid}
	if p.threads(pid) > 1 {
		if all, err := p.tasks(pid, nil); err == nil {
			tids = all
		}
	}
	for _, tid := range tids {
		p.atTask(pid, tid, "children")
		if b, err := p.read(); err == nil {
			dst = appendPids(dst, b)
		}
	}
	return dst
}

// exeFile gives the file that a process runs, and st_nlink of it. face is the
// thread whose folder in /proc tells of the program: the main thread, or
// another one where that has ended. The error is the kernel's: EACCES for a
// process that may not be looked into, ENOENT for a kernel thread.
func (p *procfs) exeFile(pid int32) (file File, links uint64, face int32, err error) {
	st, face, err := p.exeStat(pid)
	if err != nil {
		return File{}, 0, pid, err
	}
	return st.File, st.links, face, nil
}

func (p *procfs) exeStat(pid int32) (st attributes, face int32, err error) {
	p.at(pid, "exe")
	st, err = p.stat()
	if err != unix.ENOENT || p.threads(pid) < 2 {
		return st, pid, err
	}
	tids, terr := p.tasks(pid, nil)
	if terr != nil {
		return st, pid, err
	}
	for _, tid := range tids {
		p.at(tid, "exe")
		if st, err := p.stat(); err == nil {
			return st, tid, nil
		}
	}
	return st, pid, err
}

// birthKind is what the number in ID.Birth means on this machine.
type birthKind int

const (
	birthTick birthKind = iota
	birthInode
)

// birthKindHere asks the kernel with a pidfd of this process: since Linux 6.9
// pidfds live in a file system of their own, whose inode numbers are never
// given out twice before a restart.
func birthKindHere() birthKind {
	fd, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		return birthTick
	}
	defer unix.Close(fd)
	return birthKindOf(fd)
}

func birthKindOf(pidfd int) birthKind {
	var fs unix.Statfs_t
	// Statfs_t.Type is narrower on some machines.
	if err := unix.Fstatfs(pidfd, &fs); err == nil && uint32(fs.Type) == unix.PID_FS_MAGIC {
		return birthInode
	}
	return birthTick
}

// birthOf gives the birth of the process behind pidfd, whose number is pid.
func (p *procfs) birthOf(pidfd int, pid int32, kind birthKind) (uint64, error) {
	if kind == birthInode {
		var st unix.Stat_t
		if err := unix.Fstat(pidfd, &st); err != nil {
			return 0, err
		}
		return st.Ino, nil
	}
	s, err := p.statOf(pid)
	if err != nil {
		return 0, err
	}
	// Alive after the reading, it was this process and no successor that was
	// read.
	if exited(pidfd, 0) {
		return 0, unix.ESRCH
	}
	return s.start, nil
}

// exited waits up to ms milliseconds for the end of a process; a pidfd becomes
// readable then (pidfd_open(2)).
func exited(pidfd, ms int) bool {
	set := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	n, err := unix.Poll(set, ms)
	return err == nil && n == 1 && set[0].Revents&unix.POLLIN != 0
}
