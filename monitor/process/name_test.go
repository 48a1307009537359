package process

import (
	"slices"
	"strings"
	"testing"
)

func TestAProgramIsCalledAsPeopleCallIt(t *testing.T) {
	for _, c := range []struct {
		exe, argv0, comm string
		links            []string // other names of the file
		want             string
	}{
		{"/usr/bin/python3.11", "python3", "python3", []string{"/usr/bin/python3"}, "python3"},
		{"/usr/bin/python3.11", "/usr/bin/python3", "python3", []string{"/usr/bin/python3"}, "python3"},
		{"/usr/bin/python3.11", "/home/a/venv/bin/python", "python", []string{"/home/a/venv/bin/python"}, "python"},
		// Found by a PATH that isn't ours.
		{"/usr/bin/python3.11", "python", "python", nil, "python"},
		{"/usr/bin/python3.11", "gunicorn: master", "gunicorn: maste", nil, "python3.11"},
		{"/usr/bin/busybox", "httpd", "httpd", []string{"/usr/bin/httpd"}, "httpd"},
		{"/usr/sbin/nginx", "nginx: master process", "nginx", nil, "nginx"},
		{"/usr/bin/node", "node", "MainThread", []string{"/usr/bin/node"}, "node"},
		{"/usr/bin/node", "npm run dev", "npm run dev", nil, "node"},
		{"/usr/bin/redis-check-rdb", "/usr/bin/redis-server 127.0.0.1:6379", "redis-server", []string{"/usr/bin/redis-server"}, "redis-server"},
		{"/usr/bin/redis-check-rdb", "a title", "redis-server", []string{"/usr/bin/redis-server"}, "redis-server"},
		{"/usr/bin/redis-check-rdb", "redis-server *:1", "io_thd_1", []string{"/usr/bin/redis-server"}, "redis-server"},
		{"/usr/bin/redis-check-rdb", "/opt/redis-server *:1", "redis-server", []string{"/opt/redis-server"}, "redis-check-rdb"},
		{"/usr/bin/busybox", "nc -l", "nc", []string{"/usr/bin/nc"}, "nc"},
		{"/tmp/d/x", "a title", "../sshd", []string{"/tmp/sshd"}, "x"},
		{"/tmp/d/x", "a title", "..", []string{"/tmp"}, "x"},
		// A title that names another program is not believed.
		{"/tmp/x", "/usr/sbin/sshd", "sshd", nil, "x"},
		{"/tmp/x", "sshd", "sshd", nil, "x"},
		{"/tmp/x", "../../usr/sbin/sshd", "sshd", nil, "x"},
		{"/tmp/x", "", "sshd", nil, "x"},
		{"/tmp/x", "/", "x", []string{"/"}, "x"},
		// Another user's: no exe.
		{"", "/lib/systemd/systemd-resolved", "systemd-resolve", nil, "systemd-resolved"},
		{"", "sshd", "cron", nil, "cron"},
		{"", "", "kworker/0:1", nil, "kworker/0:1"},
	} {
		same := func(p string) bool { return p == c.exe || slices.Contains(c.links, p) }
		if got := programName(c.exe, c.argv0, c.comm, same); got != c.want {
			t.Errorf("%q %q %q: got %q, want %q", c.exe, c.argv0, c.comm, got, c.want)
		}
	}
}

func TestDeletedIsDecidedByTheLinkCount(t *testing.T) {
	for _, c := range []struct {
		link           string
		links          uint64
		real           bool // the path leads to the file
		exe            string
		deleted, memfd bool
	}{
		{"/usr/bin/a", 1, true, "/usr/bin/a", false, false},
		{"/tmp/a (deleted)", 0, false, "/tmp/a", true, false},
		{"/tmp/x (deleted)", 1, true, "/tmp/x (deleted)", false, false},
		{"/tmp/x (deleted) (deleted)", 0, false, "/tmp/x (deleted)", true, false},
		// This name was removed, another one remains.
		{"/tmp/x (deleted)", 1, false, "/tmp/x", false, false},
		{"/memfd:evil (deleted)", 0, false, "/memfd:evil", true, true},
		{"/memfd:evil", 1, true, "/memfd:evil", false, false},
		{"", 0, false, "", true, false},
	} {
		exe, deleted, memfd := exePath(c.link, c.links, func(string) bool { return c.real })
		if exe != c.exe || deleted != c.deleted || memfd != c.memfd {
			t.Errorf("%q, %d links: got %q, %t, %t, want %q, %t, %t", c.link, c.links, exe, deleted, memfd, c.exe, c.deleted, c.memfd)
		}
	}
}

func FuzzProgramName(f *testing.F) {
	f.Add("/usr/bin/python3.11", "python3", "python3")
	f.Fuzz(func(t *testing.T, exe, argv0, comm string) {
		if got := programName(exe, argv0, comm, func(string) bool { return true }); exe != "" && strings.Contains(got, "/") && got != "/" {
			t.Errorf("got %q, want one path element", got)
		}
	})
}
