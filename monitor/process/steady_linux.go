package process

// Looking at files that may be answered for by a process or a machine that does
// not answer (FUSE, network file systems): a program of the user's names its own
// path, arguments and links, and must not be able to stop the watch with them.

import (
	"os"

	"golang.org/x/sys/unix"
)

// attributes are what is asked of a file.
type attributes struct {
	File
	links         uint64
	uid, mode     uint32
	size, changed int64 // in bytes; st_ctim in nanoseconds
}

// onlyRootWrites reports what belongs to root and nobody else may write to.
func (a attributes) onlyRootWrites() bool { return a.uid == 0 && a.mode&0o022 == 0 }

// attributesAt asks for what the kernel has of a file, without asking whoever
// keeps it (AT_STATX_DONT_SYNC of statx(2)). That keeps from waiting behind the
// links of /proc, which lead to an inode; a path may still have to be looked up
// on the way.
func attributesAt(dir int, path string, flags int) (attributes, error) {
	var x unix.Statx_t
	err := unix.Statx(dir, path, flags|unix.AT_STATX_DONT_SYNC, unix.STATX_BASIC_STATS, &x)
	if err == unix.ENOSYS || err == unix.EPERM { // Linux before 4.11, or a filter of system calls
		var st unix.Stat_t
		if err := unix.Fstatat(dir, path, &st, flags); err != nil {
			return attributes{}, err
		}
		return attributes{File{uint64(st.Dev), st.Ino}, uint64(st.Nlink), st.Uid, st.Mode, st.Size, st.Ctim.Nano()}, nil
	}
	if err != nil {
		return attributes{}, err
	}
	return attributes{
		File{unix.Mkdev(x.Dev_major, x.Dev_minor), x.Ino}, uint64(x.Nlink), x.Uid, uint32(x.Mode), int64(x.Size),
		x.Ctime.Sec*1e9 + int64(x.Ctime.Nsec),
	}, nil
}

// steady reports a path without links that no unsteady file system lies on.
func (f *facts) steady(path string) bool {
	return f.mountsRead() && !within(path, f.unsteady)
}

// sameFile makes a test whether a path, as this program sees it, leads to file
// without a way over an unsteady file system.
func (f *facts) sameFile(file File) func(string) bool {
	return func(path string) bool { return f.fileAt(path) == file }
}

// fileAt gives the file that a path leads to, read once in a look; the zero File
// where it leads nowhere, or over an unsteady file system.
func (f *facts) fileAt(path string) File {
	file, known := f.files[path]
	if known {
		return file
	}
	if f.mountsRead() {
		if to, ok := follow(path, f.unsteady, readScriptLink); ok {
			if a, err := attributesAt(unix.AT_FDCWD, to, unix.AT_SYMLINK_NOFOLLOW); err == nil {
				file = a.File
			}
		}
	}
	f.files[path] = file
	return file
}

// mountsRead reads, once in a look, where paths are not followed. It reports
// false where that can't be told.
func (f *facts) mountsRead() bool {
	if f.unsteady == nil {
		b, err := os.ReadFile("/proc/self/mountinfo")
		if err != nil {
			return false
		}
		f.unsteady = append([]string{}, parseUnsteadyMounts(b)...)
	}
	return true
}
