package process

// What a program is called and where its file is, from what the kernel says of
// both.

import (
	"path"
	"strings"
)

// commLen is TASK_COMM_LEN without its NUL: longer names are cut there.
const commLen = 15

// programName gives the short name. exe is the executable's path, empty where
// it can't be read; same reports whether a path leads to the executable's file.
//
// /usr/bin/python3.11 is called as it was started, python3, if that is a name
// of the same file; so are programs that are many in one file (busybox, Debian's
// redis-server). Of a title that a program gave itself only a name is believed
// that leads to its file from the folder where that is: the kernel's comm is the
// name of the link that was executed, cut, and a title's first word has all of it.
func programName(exe, argv0, comm string, same func(path string) bool) string {
	if exe == "" {
		// The kernel cuts comm; argv[0] may have the rest of it.
		if base := path.Base(argv0); len(comm) == commLen && strings.HasPrefix(base, comm) {
			return base
		}
		return comm
	}
	base := path.Base(exe)
	if called := path.Base(argv0); argv0 != "" && called != base && called != "/" && called != "." {
		switch {
		case path.IsAbs(argv0) && same(argv0):
			return called
		case !strings.Contains(argv0, "/") && same(path.Join(path.Dir(exe), argv0)):
			return called
		}
	}
	word, _, _ := strings.Cut(argv0, " ")
	word = path.Base(word)
	for _, called := range [...]string{comm, word} {
		// No path: that could lead out of the folder.
		if called != "" && called != base && called != "." && called != ".." && !strings.Contains(called, "/") && same(path.Join(path.Dir(exe), called)) {
			return called
		}
	}
	// A virtual environment's python was found through a PATH that is not ours;
	// comm is then the name of the link that was executed.
	if versioned(base) && len(comm) > 1 && strings.HasPrefix(base, comm) {
		return comm
	}
	return base
}

// versioned reports whether a file name ends in a version: python3.11, ruby3.1.
func versioned(base string) bool {
	return base != "" && base[len(base)-1] >= '0' && base[len(base)-1] <= '9'
}

// exePath cleans what /proc/PID/exe links to. links is st_nlink of the file
// behind it; same reports whether a path leads to that file. The kernel adds
// " (deleted)" to the name of a removed file, and a file may really be called so.
func exePath(link string, links uint64, same func(path string) bool) (exe string, deleted, memfd bool) {
	deleted = links == 0
	clean, marked := strings.CutSuffix(link, " (deleted)")
	if !marked {
		return link, deleted, false
	}
	if deleted {
		// memfd_create(2) gives its files this prefix and never a real name.
		return clean, true, strings.HasPrefix(clean, "/memfd:")
	}
	// The file has a name still: this one, or another link to it remains.
	if same(link) {
		return link, false, false
	}
	return clean, false, false
}
