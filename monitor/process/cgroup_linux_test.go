package process

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestACgroupIsFoundByItsInode(t *testing.T) {
	root, err := os.MkdirTemp("", "pr")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(root)
	dir := filepath.Join(root, "system.slice", "ssh.service")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte("12\n34\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	id := inodeOf(t, dir)
	c := cgroups{root: root}
	now := time.Now()
	if got := c.unit(id, now); got != "ssh.service" {
		t.Errorf("got unit %q, want ssh.service", got)
	}
	if got := c.procs(id, now); !slices.Equal(got, []int32{34, 12}) {
		t.Errorf("got processes %v, want 34 and 12", got)
	}
	if got := c.unit(1<<62, now); got != "" {
		t.Errorf("an unknown one: got %q, want nothing", got)
	}
	// A folder made since is found once the rest is over.
	made := filepath.Join(root, "user.slice", "docker-"+strings.Repeat("ab", 32)+".scope")
	if err := os.MkdirAll(made, 0o755); err != nil {
		t.Fatal(err)
	}
	id2 := inodeOf(t, made)
	if got := c.unit(id2, now); got != "" {
		t.Errorf("too soon: got %q, want nothing", got)
	}
	if got := c.unit(id2, now.Add(cgroupRest)); got != "container abababababab" {
		t.Errorf("got %q, want container abababababab", got)
	}
	// One that is gone names nothing, whoever has its number.
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(made, dir); err != nil {
		t.Fatal(err)
	}
	if got := c.unit(id, now.Add(2*cgroupRest)); got != "" {
		t.Errorf("removed: got %q, want nothing", got)
	}
}

func inodeOf(t *testing.T, path string) uint64 {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	return st.Ino
}
