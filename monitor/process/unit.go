package process

// The systemd unit and the container that a cgroup path names. systemd's own
// reading is in src/basic/cgroup-util.c; runtimes put a container's id of 64
// hexadecimal digits into the last folders.

import (
	"strings"
)

// parseCgroup reads /proc/PID/cgroup (cgroups(7)), of version 1, 2 or both.
func parseCgroup(b []byte) (unit, container string) {
	var unified, named string
	for line := range strings.Lines(string(b)) {
		// hierarchy-ID:controller-list:cgroup-path; the path may hold colons.
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(f) != 3 {
			continue
		}
		switch {
		case f[0] == "0" && f[1] == "":
			unified = f[2]
		case f[1] == "name=systemd":
			named = f[2]
		}
		// On version 1 a runtime may have moved the process in some hierarchies
		// only.
		if container == "" {
			container = containerOf(f[2])
		}
	}
	unit = unitOf(unified)
	if unit == "" {
		unit = unitOf(named)
	}
	return unit, container
}

// unitOf gives the innermost unit that systemd itself manages: the user unit
// below user@1000.service, else the system unit. What a service makes below its
// own cgroup is not a unit.
func unitOf(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	unit, rest := firstUnit(parts)
	if strings.HasPrefix(unit, "user@") && strings.HasSuffix(unit, ".service") {
		if u, _ := firstUnit(rest); u != "" {
			return u
		}
	}
	return unit
}

// firstUnit skips slices and gives the next folder if it is a unit's.
func firstUnit(parts []string) (unit string, rest []string) {
	for i, p := range parts {
		// A name that would collide with a kernel file has a "_" before it.
		p = strings.TrimPrefix(p, "_")
		if p == ".." || strings.HasSuffix(p, ".slice") {
			continue
		}
		for _, kind := range []string{".service", ".scope", ".socket", ".mount", ".swap"} {
			if len(p) > len(kind) && strings.HasSuffix(p, kind) {
				return p, parts[i+1:]
			}
		}
		break
	}
	return "", nil
}

// containerOf finds a container's id. The innermost one counts: containers nest.
func containerOf(path string) string {
	var found string
	for part := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(part, "lxc.payload."); ok && name != "" {
			found = name
			continue
		}
		part = strings.TrimSuffix(part, ".scope")
		// docker-ID, libpod-ID, cri-containerd-ID, crio-ID, or the ID alone
		// below docker/ and kubepods/. conmon is podman's guard outside.
		id := part[strings.LastIndexByte(part, '-')+1:]
		if len(id) == 64 && isHex(id) && !strings.Contains(part, "conmon") {
			found = id
		}
	}
	return found
}

func isHex(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
