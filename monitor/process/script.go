package process

// Where the path of a script really leads. Programs choose these paths, so they
// are followed link by link, and no further than on file systems that answer.

import (
	"bytes"
	"path"
	"slices"
	"strings"
)

// maxLinks bounds a chain of links, as the kernel's MAXSYMLINKS does
// (include/linux/namei.h).
const maxLinks = 40

// maxSteps bounds the names on the way, since links may say anything.
const maxSteps = 512

// scriptLink is what is remembered of the script that a process runs.
type scriptLink struct {
	File
	named, file string
}

// follow gives the path without links that an absolute one leads to. read gives
// what a link says, "" for a file that is none, and ok false for one that isn't
// there or may not be looked at. Nothing below an avoided folder is asked for;
// then, as for a path that leads nowhere, ok is false.
func follow(from string, avoided []string, read func(path string) (to string, ok bool)) (file string, ok bool) {
	if !path.IsAbs(from) {
		return "", false
	}
	at, rest := "/", strings.Split(from, "/")
	for steps, links := 0, 0; len(rest) > 0; steps++ {
		if steps == maxSteps {
			return "", false
		}
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			at = path.Dir(at)
			continue
		}
		next := path.Join(at, name)
		if within(next, avoided) {
			return "", false
		}
		to, ok := read(next)
		if !ok {
			return "", false
		}
		if to == "" {
			at = next
			continue
		}
		if links++; links > maxLinks {
			return "", false
		}
		if path.IsAbs(to) {
			at = "/"
		}
		rest = append(strings.Split(to, "/"), rest...)
	}
	return at, true
}

// within reports a path that is one of the folders or below one.
func within(at string, folders []string) bool {
	return slices.ContainsFunc(folders, func(dir string) bool { return at == dir || strings.HasPrefix(at, dir+"/") })
}

// parseUnsteadyMounts gives the folders of /proc/PID/mountinfo (see
// proc_pid_mountinfo(5)) whose file systems another program or machine answers
// for, which may take for ever, and those that say something else to each who
// asks (/proc/self, and /dev/fd through it). A root of that kind is left out:
// there everything waits for it.
func parseUnsteadyMounts(b []byte) []string {
	var all []string
	for line := range bytes.Lines(b) {
		mount, file, ok := strings.Cut(string(line), " - ")
		fields, kind := strings.Fields(mount), strings.Fields(file)
		if !ok || len(fields) < 5 || len(kind) == 0 || !unsteady(kind[0]) {
			continue
		}
		if at := unescapeMount(fields[4]); at != "/" {
			all = append(all, at)
		}
	}
	return all
}

// unsteady reports a file system by its type: "fuse" has its kind behind a dot,
// "nfs" its version.
func unsteady(kind string) bool {
	switch kind {
	case "proc", "autofs", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "coda", "lustre", "orangefs", "vboxsf":
		return true
	}
	return strings.HasPrefix(kind, "fuse") || strings.HasPrefix(kind, "nfs")
}

// unescapeMount undoes mangle_path of fs/seq_file.c, which the kernel applies to
// blank, tab, newline and backslash.
func unescapeMount(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}
