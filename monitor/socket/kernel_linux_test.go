package socket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestQueueCountsConnectionsThatWaitToBeAccepted(t *testing.T) {
	b := bindTo(t, TCP, "127.0.0.1:0")
	var d net.Dialer
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := d.DialContext(ctx, "tcp", b.Local.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, name := range []string{"netlink", "netlink-v2", "procfs"} {
		table, backlog := open(t, name), uint32(testBacklog)
		if name == "procfs" {
			backlog = 0 // its file has no column for it
		}
		err := until(func() error {
			read, err := table.Read(ctx, nil, WantTCP)
			i := slices.IndexFunc(read, func(s Socket) bool { return s.Inode == b.inode })
			if err != nil || i < 0 {
				return fmt.Errorf("%v not read: %v", b.Endpoint, err)
			}
			if got := read[i]; got.Queue != 1 || got.Backlog != backlog {
				return fmt.Errorf("got queue %d, backlog %d; want 1, %d", got.Queue, got.Backlog, backlog)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNetlinkTellsTheCgroupOfTheSocket(t *testing.T) {
	dir, err := ownCgroup()
	if err != nil {
		t.Skipf("the cgroup of this process is not to be seen: %v", err)
	}
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		t.Skipf("cgroup %s is not to be seen: %v", dir, err)
	}
	b := bindTo(t, TCP, "127.0.0.1:0")
	read, err := open(t, "netlink").Read(t.Context(), nil, WantTCP)
	i := slices.IndexFunc(read, func(s Socket) bool { return s.Inode == b.inode })
	if err != nil || i < 0 {
		t.Fatalf("%v not read: %v", b.Endpoint, err)
	}
	if got, want := read[i].Cgroup, st.Ino; got != want {
		t.Errorf("cgroup: got %d, want %d", got, want)
	}
}

// ownCgroup gives the directory of this process's cgroup of version 2.
func ownCgroup() (string, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", err
	}
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	for row := range strings.Lines(string(mounts)) {
		f := strings.Fields(row) // proc_pid_mountinfo(5): 4 is the mount point
		if !strings.Contains(row, " - cgroup2 ") || f[3] != "/" {
			continue
		}
		for line := range strings.Lines(string(own)) {
			if path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
				return f[4] + path, nil
			}
		}
	}
	return "", errors.New("no cgroup of version 2 is mounted")
}

// inNewNetwork puts the test into a network namespace of its own, where only
// the test's own sockets are, and tells whether this is there. (A thread of
// this process would not do: /proc/net is that of the main thread, which
// outlives its goroutine.)
func inNewNetwork(t *testing.T) bool {
	t.Helper()
	attr := &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}
	if uid, gid := os.Getuid(), os.Getgid(); uid != 0 {
		attr.Cloneflags |= unix.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{HostID: uid, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{HostID: gid, Size: 1}}
	}
	if !inChild(t, attr) {
		return false
	}
	run(t, "ip", "link", "set", "lo", "up")
	return true
}

// inChild runs the test again in a child process made with attr, takes over
// its result, and tells whether this is the child.
func inChild(t *testing.T, attr *syscall.SysProcAttr) bool {
	t.Helper()
	const mark = "PORTREEVE_TEST_CHILD"
	if os.Getenv(mark) == t.Name() {
		return true
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.v")
	child.Env = append(os.Environ(), mark+"="+t.Name())
	child.SysProcAttr = attr
	var out strings.Builder
	child.Stdout, child.Stderr = &out, &out
	if err := child.Start(); err != nil {
		t.Skipf("no such child process here: %v", err)
	}
	err = child.Wait()
	switch {
	case err != nil:
		t.Errorf("child: got %v, want success\n%s", err, out.String())
	case strings.Contains(out.String(), "--- SKIP: "+t.Name()):
		t.Skipf("child: %s", out.String())
	case !strings.Contains(out.String(), "--- PASS: "+t.Name()):
		t.Errorf("child: got no result, want one\n%s", out.String())
	}
	return false
}

// run runs a command in this network namespace, or skips.
func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Skipf("%s %v does not work here: %v %s", name, args, err, out)
	}
}

func TestNetlinkTellsManyListenersAndNoOthers(t *testing.T) {
	if !inNewNetwork(t) {
		return
	}
	const many = 1000 // several datagrams
	var want []string
	for i := range many {
		at := "127.0.0.1:0"
		if i%2 == 1 {
			at = "[::1]:0"
		}
		want = append(want, bindTo(t, TCP, at).Local.String())
	}
	slices.Sort(want)
	for _, name := range []string{"netlink", "netlink-v2"} {
		read, err := open(t, name).Read(t.Context(), nil, WantTCP|WantUDP)
		var got []string
		for _, s := range read {
			got = append(got, s.Local.String())
		}
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %d sockets, error %v; want these %d:\n%v\n%v", name, len(got), err, many, got, want)
		}
	}
}

func TestLinkLocalAddressesCarryTheirInterface(t *testing.T) {
	if !inNewNetwork(t) {
		return
	}
	run(t, "ip", "addr", "add", "fe80::1/64", "dev", "lo", "nodad")
	table := open(t, "netlink")
	for _, p := range []Proto{TCP, UDP} {
		b := bindTo(t, p, "[fe80::1%lo]:0")
		got, err := table.Read(t.Context(), nil, protos(p))
		if err != nil || len(got) != 1 || got[0].Endpoint != b.Endpoint || got[0].Ifindex != 1 {
			t.Fatalf("%s: got %+v, error %v; want %v on interface 1", p, got, err, b.Endpoint)
		}
		for _, want := range []bool{true, false} {
			if alive, err := table.Alive(t.Context(), got[0]); alive != want || err != nil {
				t.Errorf("%s: got alive %v, error %v; want %v", p, alive, err, want)
			}
			b.close()
		}
	}
	if got, err := table.Read(t.Context(), nil, WantTCP|WantUDP); err != nil || len(got) != 0 {
		t.Errorf("empty namespace: got %+v, error %v; want none", got, err)
	}
}

func TestEveryFileDescriptorIsGivenBack(t *testing.T) {
	count := func() []string {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		var open []string
		for _, e := range entries {
			if target, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil {
				open = append(open, target)
			}
		}
		slices.SortFunc(open, cmp.Compare)
		return open
	}
	before := count()
	for range 20 {
		for _, name := range Sources()[:3] {
			table := open(t, name)
			ctx, cancel := context.WithCancel(t.Context())
			table.Read(ctx, nil, WantTCP|WantUDP)
			cancel()
			table.Read(ctx, nil, WantTCP|WantUDP)
			table.Close()
		}
	}
	if after := count(); len(after) > len(before) {
		t.Errorf("open files: got %v, want %v", after, before)
	}
}
