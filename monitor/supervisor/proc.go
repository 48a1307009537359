package supervisor

// What the kernel tells of a process beyond package process: the service
// manager that its cgroup belongs to and the environment it was started with.

import (
	"bytes"
	"strconv"
	"strings"
)

// parseManager reads from /proc/PID/cgroup (cgroups(7)) whose manager a process
// belongs to: systemd puts a user's below user@UID.service
// (systemd: src/basic/cgroup-util.c).
func parseManager(b []byte) managerID {
	for line := range strings.Lines(string(b)) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(f) != 3 || f[0] != "0" && f[1] != "name=systemd" {
			continue
		}
		for part := range strings.SplitSeq(f[2], "/") {
			name, ok := strings.CutPrefix(part, "user@")
			if !ok {
				continue
			}
			name, ok = strings.CutSuffix(name, ".service")
			if uid, err := strconv.ParseUint(name, 10, 32); ok && err == nil {
				return managerID{user: true, uid: uint32(uid)}
			}
		}
	}
	return managerID{}
}

// maxEnviron is the most that is read of an environment; the kernel allows
// about a quarter of the stack's limit, 2 MB as a rule.
const maxEnviron = 4 << 20

// parseEnviron reads /proc/PID/environ: the first setting of a name counts, as
// getenv(3) has it.
func parseEnviron(b []byte) map[string]string {
	env := make(map[string]string)
	for pair := range bytes.SplitSeq(b, []byte{0}) {
		name, value, ok := bytes.Cut(pair, []byte("="))
		if !ok || len(name) == 0 {
			continue
		}
		if _, seen := env[string(name)]; !seen {
			env[string(name)] = string(value)
		}
	}
	return env
}
