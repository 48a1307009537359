package process

import (
	"strings"

	"golang.org/x/sys/unix"
)

// scriptFile follows the path of the script that an interpreter runs, once for a
// process. It opens nothing on the way. A process that sees other folders than
// this program (a container, a chroot), or that may not be looked into, is left
// alone.
func (f *facts) scriptFile(info *Info, face int32) string {
	if !IsInterpreter(info.Exe) {
		return ""
	}
	named, _ := ScriptOf(*info)
	if !strings.HasPrefix(named, "/") {
		return "" // inline, of unknown folder, or an address
	}
	// exec keeps the ID, and gives another file or other arguments.
	if known, ok := f.scripts[info.ID]; ok && info.Birth != 0 && known.File == info.File && known.named == named {
		return known.file
	}
	s := scriptLink{File: info.File, named: named}
	if f.seesOurFolders(face) && f.mountsRead() {
		if file, ok := follow(named, f.unsteady, readScriptLink); ok && file != named {
			s.file = file
		}
	}
	f.scripts[info.ID] = s
	return s.file
}

// readScriptLink reads a link; of a file that is none the kernel says EINVAL
// (readlink(2)).
func readScriptLink(path string) (to string, ok bool) {
	var b [unix.PathMax]byte
	n, err := unix.Readlink(path, b[:])
	if err == unix.EINVAL {
		return "", true
	}
	return string(b[:max(n, 0)]), err == nil && n > 0
}

// seesOurFolders reports a process in this program's mount namespace that has
// its root, too.
func (f *facts) seesOurFolders(pid int32) bool {
	f.proc.at(pid, "ns/mnt")
	space, err := f.proc.stat()
	if err != nil {
		return false
	}
	f.proc.at(pid, "root")
	root, err := f.proc.stat()
	if err != nil {
		return false
	}
	return f.ourFolders() && space.File == f.space && root.File == f.root
}

// ourFolders reads, once in a look, this program's own mount namespace and root.
// It reports false where they can't be told.
func (f *facts) ourFolders() bool {
	if f.space != (File{}) {
		return true
	}
	space, err := attributesAt(unix.AT_FDCWD, "/proc/self/ns/mnt", 0)
	if err != nil {
		return false
	}
	root, err := attributesAt(unix.AT_FDCWD, "/", 0)
	if err != nil {
		return false
	}
	f.space, f.root = space.File, root.File
	return true
}
