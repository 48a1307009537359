package process

// From the number of a cgroup, which the kernel tells of a socket, to its path
// and its processes.

import (
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// smallCgroup is the most processes that a cgroup may have to be worth
	// looking at before the rest.
	smallCgroup = 64
	// cgroupRest is the least time between two walks of the tree.
	cgroupRest = 5 * time.Second
)

// cgroups knows the cgroups of version 2 by the inode of their folder. The zero
// value with a root is ready.
type cgroups struct {
	root   string // empty where version 2 isn't mounted
	byID   map[uint64]string
	walked time.Time
	buf    []byte
}

// cgroupRoot finds the unified hierarchy where systemd mounts it
// (systemd: docs/CGROUP_DELEGATION.md).
func cgroupRoot() string {
	for _, root := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		var fs unix.Statfs_t
		if err := unix.Statfs(root, &fs); err == nil && uint32(fs.Type) == unix.CGROUP2_SUPER_MAGIC {
			return root
		}
	}
	return ""
}

// path gives the path below the root of the cgroup with this inode.
func (c *cgroups) path(id uint64, now time.Time) (string, bool) {
	if c.root == "" || id == 0 {
		return "", false
	}
	if p, ok := c.byID[id]; ok {
		// A folder that is gone must not lend its name to anything.
		var st unix.Stat_t
		if unix.Stat(filepath.Join(c.root, p), &st) == nil && st.Ino == id {
			return p, true
		}
		delete(c.byID, id)
	}
	if !c.walked.IsZero() && now.Sub(c.walked) < cgroupRest {
		return "", false
	}
	p, ok := c.find(id)
	// Only a walk that was in vain went over everything.
	if !ok {
		c.walked = now
	}
	return p, ok
}

// find walks the tree in breadth, since the services of a system lie in its
// first few folders, and stops at the id.
func (c *cgroups) find(id uint64) (string, bool) {
	if c.byID == nil {
		c.byID = make(map[uint64]string)
		c.buf = make([]byte, 32<<10)
	}
	clear(c.byID)
	var st unix.Stat_t
	if err := unix.Stat(c.root, &st); err != nil {
		return "", false
	}
	c.byID[st.Ino] = "/"
	queue := []string{"/"}
	for len(queue) > 0 {
		if p, ok := c.byID[id]; ok {
			return p, true
		}
		dir := queue[0]
		queue = append(queue[1:], c.folders(dir)...)
	}
	p, ok := c.byID[id]
	return p, ok
}

func (c *cgroups) folders(dir string) []string {
	fd, err := unix.Open(filepath.Join(c.root, dir), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	var found []string
	for {
		n, err := unix.Getdents(fd, c.buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return found
		}
		for b := c.buf[:n]; ; {
			d, rest, ok := nextDirent(b)
			if !ok {
				break
			}
			b = rest
			name := string(d.name[:len(d.name)-1])
			if d.kind != unix.DT_DIR || name == "." || name == ".." {
				continue
			}
			p := filepath.Join(dir, name)
			c.byID[d.ino] = p
			found = append(found, p)
		}
	}
}

// procs gives the processes of a cgroup that is small, nil of another.
func (c *cgroups) procs(id uint64, now time.Time) []int32 {
	p, ok := c.path(id, now)
	if !ok || p == "/" {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(c.root, p, "cgroup.procs"))
	if err != nil {
		return nil
	}
	pids := appendPids(nil, b)
	if len(pids) > smallCgroup {
		return nil
	}
	slices.Reverse(pids)
	return pids
}

// unit names the systemd unit or the container of the cgroup; empty where it
// can't be told.
func (c *cgroups) unit(id uint64, now time.Time) string {
	p, ok := c.path(id, now)
	if !ok {
		return ""
	}
	if id := containerOf(p); id != "" {
		if len(id) == 64 {
			id = id[:12] // as the runtimes' own tools shorten it
		}
		return "container " + id
	}
	return unitOf(p)
}
