package process

// What the files of /proc say. The parsers take bytes and run on every
// platform; comm, arguments and paths in them are chosen by the program they
// describe and may hold any byte.

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strconv"
)

const (
	// maxArgBytes and maxArgs bound what is kept of a command line; lines of
	// 100,000 characters exist.
	maxArgBytes = 64 << 10
	maxArgs     = 4096
	// pfKthread is PF_KTHREAD of include/linux/sched.h.
	pfKthread = 0x00200000
)

var errFormat = errors.New("not in the kernel's format")

// procStat is what is used of /proc/PID/stat, see proc_pid_stat(5).
type procStat struct {
	comm  string
	state byte
	ppid  int32
	// group and session are the numbers of the process group and the session:
	// the pids of those who lead or led them. 0 stands for one that can't be
	// seen from this pid namespace, and for a kernel thread's.
	group, session int32
	// tty tells that it has a controlling terminal.
	tty   bool
	flags uint64
	// start is in clock ticks since boot.
	start uint64
}

func (s procStat) kernelThread() bool { return s.flags&pfKthread != 0 }

// parseStat reads /proc/PID/stat. The kernel does not escape comm, so the
// fields are those after the last closing parenthesis.
func parseStat(b []byte) (procStat, error) {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return procStat{}, errFormat
	}
	s := procStat{comm: string(b[open+1 : end])}
	// The number of the first field after comm in proc_pid_stat(5).
	field := 3
	for rest := b[end+1:]; ; field++ {
		rest = bytes.TrimLeft(rest, " ")
		word := rest
		if i := bytes.IndexAny(rest, " \n"); i >= 0 {
			word, rest = rest[:i], rest[i:]
		} else {
			rest = nil
		}
		if len(word) == 0 {
			return procStat{}, errFormat
		}
		switch field {
		case 3:
			if len(word) != 1 {
				return procStat{}, errFormat
			}
			s.state = word[0]
		case 4, 5, 6:
			// The kernel writes -1 for the group and the session of a process that
			// it is just taking apart (do_task_stat in fs/proc/array.c).
			if field != 4 && string(word) == "-1" {
				continue
			}
			n, ok := decimal(word)
			if !ok || n > 1<<31-1 {
				return procStat{}, errFormat
			}
			switch field {
			case 4:
				s.ppid = int32(n)
			case 5:
				s.group = int32(n)
			case 6:
				s.session = int32(n)
			}
		case 7:
			s.tty = string(word) != "0"
		case 9, 22:
			n, ok := decimal(word)
			if !ok {
				return procStat{}, errFormat
			}
			switch field {
			case 9:
				s.flags = n
			case 22:
				s.start = n
				return s, nil
			}
		}
	}
}

// parseStatusUID reads the effective user id from /proc/PID/status. The first
// line holds the program's name and is passed over.
func parseStatusUID(b []byte) (uint32, error) {
	_, b, _ = bytes.Cut(b, []byte("\n"))
	for len(b) > 0 {
		var line []byte
		line, b, _ = bytes.Cut(b, []byte("\n"))
		ids, ok := bytes.CutPrefix(line, []byte("Uid:"))
		if !ok {
			continue
		}
		// Real, effective, saved, file system.
		f := bytes.Fields(ids)
		if len(f) < 2 {
			return 0, errFormat
		}
		n, ok := decimal(f[1])
		if !ok || n > 1<<32-1 {
			return 0, errFormat
		}
		return uint32(n), nil
	}
	return 0, errFormat
}

// parseCmdline splits /proc/PID/cmdline. Empty arguments at the end are lost:
// they can't be told from the padding that programs leave which write a title
// over their arguments.
func parseCmdline(b []byte) []string {
	if len(b) > maxArgBytes {
		b = b[:maxArgBytes]
	}
	b = bytes.TrimRight(b, "\x00")
	if len(b) == 0 {
		return nil
	}
	parts := bytes.SplitN(b, []byte{0}, maxArgs+1)
	if len(parts) > maxArgs {
		parts = parts[:maxArgs]
	}
	args := make([]string, len(parts))
	for i, p := range parts {
		args[i] = string(p)
	}
	return args
}

// parseSocketLink reads what a descriptor of a socket links to: socket:[123].
func parseSocketLink(b []byte) (inode uint64, ok bool) {
	const head = "socket:["
	if len(b) <= len(head) || b[len(b)-1] != ']' || string(b[:len(head)]) != head {
		return 0, false
	}
	return decimal(b[len(head) : len(b)-1])
}

// decimal reads a whole run of digits. It allocates nothing, which
// strconv.ParseUint(string(b)) would for each descriptor of a scan.
func decimal(b []byte) (uint64, bool) {
	if len(b) == 0 || len(b) > 20 {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		d := uint64(c - '0')
		if n > (1<<64-1-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, true
}

// appendPids adds the decimal words of a cgroup.procs or children file.
func appendPids(dst []int32, b []byte) []int32 {
	for _, w := range bytes.Fields(b) {
		if n, err := strconv.ParseInt(string(w), 10, 32); err == nil && n > 0 {
			dst = append(dst, int32(n))
		}
	}
	return dst
}

// dirent is one entry of a directory as getdents64(2) gives it. name includes
// the terminating NUL, so that it can be handed back to the kernel as it is.
type dirent struct {
	ino  uint64
	kind byte
	name []byte
}

// nextDirent takes the first linux_dirent64 off b; ok is false at the end and
// where b is cut short.
func nextDirent(b []byte) (d dirent, rest []byte, ok bool) {
	const nameOff = 19 // d_ino 8, d_off 8, d_reclen 2, d_type 1
	if len(b) < nameOff+1 {
		return dirent{}, nil, false
	}
	n := int(binary.NativeEndian.Uint16(b[16:]))
	if n < nameOff+1 || n > len(b) {
		return dirent{}, nil, false
	}
	end := bytes.IndexByte(b[nameOff:n], 0)
	if end < 0 {
		return dirent{}, nil, false
	}
	return dirent{
		ino:  binary.NativeEndian.Uint64(b),
		kind: b[18],
		name: b[nameOff : nameOff+end+1],
	}, b[n:], true
}
