// Package process tells who holds a socket and who that program is, and ends a
// program safely. What it reports of a program (name, arguments, folder) is
// text that the program chose: whoever shows it cleans it.
package process

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ID identifies one process until the machine restarts. A pid alone does not:
// the kernel hands it out again.
type ID struct {
	PID int32
	// Birth is the pidfd's inode in pidfs (Linux 6.9 and later), else the start
	// time in clock ticks since boot (Linux) or in milliseconds since 1970.
	Birth uint64
}

// File identifies an executable file on its device. exec keeps a process's ID,
// so a stop compares the file too. The zero value means "could not be read".
type File struct{ Dev, Ino uint64 }

// Ancestor is a process that started another.
type Ancestor struct {
	ID
	Name string
}

// Info is what is known of a process. It is never changed after it was handed
// out; its slices are shared and must not be written to.
type Info struct {
	ID
	File
	// Name is the program's short name: a name of its executable where that can
	// be read, else the kernel's comm. Of several names of one file (redis-server
	// is a link to redis-check-rdb) it is the one that it was started by.
	Name string
	// Exe is the path of the executable, without the kernel's " (deleted)".
	Exe string
	// Deleted tells that the executable's file has no name any more
	// (st_nlink == 0); Memfd that it never had one (memfd_create).
	Deleted, Memfd bool
	// Elsewhere tells that Exe leads us to another file, or to none: the program
	// sees other folders than we do. Sealed, that nobody but root can change the
	// file or put another in its place; Updated, that the file was deleted but
	// that this holds for it and for the one that stands in its place now.
	Elsewhere, Sealed, Updated bool
	// SameContainer tells that Container is the one that this program is in, too.
	SameContainer bool
	// Size is the executable's in bytes, Changed its st_ctim in nanoseconds since
	// 1970, which no program can set as it likes.
	Size, Changed int64
	// AppImage is the image that the executable is mounted from.
	AppImage string
	// Project is the project that Dir is in, looked for only where the executable lies where
	// the tools of developers put their builds; empty for all others.
	Project string
	Args    []string
	Dir     string
	// ScriptFile is the file that ScriptOf's path leads to over symbolic links, as
	// it was when the process was first looked at; empty where the path holds none
	// or can't be followed. Only Linux tells it.
	ScriptFile string
	User       string
	UID        uint32
	// Started is the start time to the clock tick.
	Started time.Time
	// Parents are the processes that started this one, nearest first, up to but
	// without pid 1.
	Parents []Ancestor
	// Unit is the systemd unit, Container the container's id, both from the
	// cgroup; empty where there is none.
	Unit, Container string
	// Origin is what started it, as it was when the process was first looked at;
	// a Finder's Recheck tells when that has ended.
	Origin Origin
}

// Found is what a look-up says of one socket.
type Found struct {
	Cookie uint64
	// Owners are all the processes that hold the socket. The first is the
	// topmost: the ancestor of the others where there is one, else the oldest.
	Owners []Info
	// Hidden says, in words for people, why Owners may lack somebody; empty when
	// all is known. Example: "belongs to root (ssh.service); sudo shows it".
	Hidden string
	// User is who made the socket, by name where there is one; empty where the
	// platform does not tell. It is known of hidden owners, too.
	User string
	// Unit is the systemd unit or container that the socket was made in, asked
	// for only where Owners is empty. It is inferred from the socket's cgroup;
	// empty where that tells nothing.
	Unit string
}

// Method is how to end a process.
type Method int

// The ways of ending a process.
const (
	// Terminate asks (SIGTERM, followed by SIGCONT for a stopped process).
	Terminate Method = iota
	// Kill forces (SIGKILL, TerminateProcess).
	Kill
)

// Outcome is what a stop saw happen to the process; whether the port is free is
// another question, for whoever reads the sockets.
type Outcome int

// The outcomes of a stop.
const (
	// Ended: the process is gone.
	Ended Outcome = iota + 1
	// Running: the signal was delivered and the process is still there. StateOf
	// tells why: it goes on, it is stopped, or it is stuck in the kernel.
	Running
)

// Why a stop is refused. Every refusal wraps one of these and nothing has been
// signalled then.
var (
	ErrGone       = errors.New("the process has ended already")
	ErrReused     = errors.New("the process id now belongs to another process")
	ErrReplaced   = errors.New("the process runs another program now")
	ErrNotHolder  = errors.New("the process no longer holds that socket")
	ErrNotMember  = errors.New("the process no longer belongs to that group")
	ErrDenied     = errors.New("not permitted to end this process")
	ErrProtected  = errors.New("this process is protected")
	ErrSupervised = errors.New("a supervisor would start the process again")
	ErrUnsure     = errors.New("the process could not be identified for sure")
)

// Target is a process as it was shown to whoever decided to stop it.
type Target struct {
	ID
	File
}

// Target gives what identifies the process to a stop.
func (i Info) Target() Target { return Target{ID: i.ID, File: i.File} }

// String gives the target's form on the wire: four numbers joined by dots, pid
// first. It is opaque to everybody but ParseTarget.
func (t Target) String() string {
	return fmt.Sprintf("%d.%x.%x.%x", t.PID, t.Birth, t.Dev, t.Ino)
}

// ParseTarget reads what Target.String wrote.
func ParseTarget(s string) (Target, error) {
	fail := func() (Target, error) {
		return Target{}, fmt.Errorf("parse owner id %q: not of the form pid.birth.dev.ino", s)
	}
	parts := strings.Split(s, ".")
	if len(parts) != 4 {
		return fail()
	}
	pid, err := strconv.ParseInt(parts[0], 10, 32)
	if err != nil || pid <= 0 {
		return fail()
	}
	var n [3]uint64
	for i, p := range parts[1:] {
		if n[i], err = strconv.ParseUint(p, 16, 64); err != nil {
			return fail()
		}
	}
	return Target{ID: ID{PID: int32(pid), Birth: n[0]}, File: File{Dev: n[1], Ino: n[2]}}, nil
}
