package process

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// fakeProc makes a folder that looks like /proc to what is read of it.
func fakeProc(t *testing.T, files map[string]string) *procfs {
	t.Helper()
	dir, err := os.MkdirTemp("", "pr")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &procfs{dir: fd, list: make([]byte, 4<<10), file: make([]byte, 4<<10)}
	t.Cleanup(p.close)
	return p
}

func TestOnlyTheFirstOfAUnitLeadsIt(t *testing.T) {
	const editor = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-code-30.scope\n"
	files := map[string]string{
		"1/cgroup":  "0::/init.scope\n",
		"20/cgroup": "0::/user.slice/user-1000.slice/user@1000.service/init.scope\n",
		// The editor, its workers, the second of the same clock tick as its
		// parent, a server whose shell has ended, and one that
		// another terminal's shell started.
		"30/cgroup": editor,
		"31/cgroup": editor,
		"32/cgroup": editor,
		"40/cgroup": editor,
		"50/cgroup": "0::/user.slice/user-1000.slice/user@1000.service/app.slice/vte-spawn-1.scope\n",
		"60/cgroup": "0::/\n",
		"7x/cgroup": editor, // no process
	}
	start := map[int32]uint64{1: 1, 20: 100, 30: 300, 31: 310, 32: 300, 40: 400, 50: 200, 60: 500}
	for pid, tick := range start {
		files[fmt.Sprintf("%d/stat", pid)] = fmt.Sprintf("%d (a) S 20 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0\n", pid, tick)
	}
	p := fakeProc(t, files)
	for _, c := range []struct {
		what      string
		pid, ppid int32
		want      bool
	}{
		{"the editor", 30, 20, true},
		{"the editor of a parent that has ended", 30, 99, true},
		{"the editor of a parent that is not seen", 30, 0, true},
		{"its worker", 31, 30, false},
		{"a worker started at once", 32, 30, false},
		{"an orphan in its terminal", 40, 20, false},
		{"a shell in a unit of its own", 50, 20, true},
		{"a process without a unit", 60, 20, false},
	} {
		unit, _ := parseCgroup([]byte(files[fmt.Sprintf("%d/cgroup", c.pid)]))
		got, err := p.leads(context.Background(), c.pid, unit, procStat{ppid: c.ppid, start: start[c.pid]})
		if got != c.want || err != nil {
			t.Errorf("%s: got %t, %v, want %t", c.what, got, err, c.want)
		}
	}
}

func TestAProcessWithoutAUnitLeadsNone(t *testing.T) {
	c := start(t, "idle")
	info := describe(t, c.pid())
	info.Unit = ""
	if got, err := LeadsUnit(context.Background(), info); got || err != nil {
		t.Errorf("got %t, %v, want false", got, err)
	}
	c.Process.Kill()
	c.Wait()
	if got, err := LeadsUnit(context.Background(), info); got || err == nil {
		t.Errorf("after its end: got %t, %v, want an error", got, err)
	}
}
