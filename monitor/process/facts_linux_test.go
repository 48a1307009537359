package process

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gops "github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"
)

func describe(t *testing.T, pid int32) Info {
	t.Helper()
	info, err := Describe(context.Background(), pid)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestTheFactsAreThoseOfGopsutil(t *testing.T) {
	c := start(t, "idle")
	got := describe(t, c.pid())
	p, err := gops.NewProcess(c.pid())
	if err != nil {
		t.Fatal(err)
	}
	exe, _ := p.Exe()
	dir, _ := p.Cwd()
	args, _ := p.CmdlineSlice()
	user, _ := p.Username()
	ppid, _ := p.Ppid()
	born, _ := p.CreateTime()
	if got.Exe != exe || got.Dir != dir || !slices.Equal(got.Args, args) || got.User != user {
		t.Errorf("got %q in %q, %q by %q; want %q in %q, %q by %q", got.Exe, got.Dir, got.Args, got.User, exe, dir, args, user)
	}
	if len(got.Parents) == 0 && ppid != 1 || len(got.Parents) > 0 && got.Parents[0].PID != ppid {
		t.Errorf("got parents %v, want %d first", got.Parents, ppid)
	}
	// gopsutil's is cut to the second, and so is the boot time in it.
	if d := got.Started.Sub(time.UnixMilli(born)).Abs(); d > 2*time.Second {
		t.Errorf("got start %v, want about %v", got.Started, time.UnixMilli(born))
	}
	if d := time.Since(got.Started); d < -50*time.Millisecond || d > time.Minute {
		t.Errorf("got start %v ago, want just now", d)
	}
	if got.Birth == 0 || got.File == (File{}) || got.Deleted || got.Memfd {
		t.Errorf("got %+v, want a birth, a file, not deleted", got)
	}
}

func TestTheParentsLeadUpToThisTest(t *testing.T) {
	l, _ := listenFile(t)
	c := start(t, "fork:idle", l)
	got := describe(t, pidOf(t, c.said))
	if len(got.Parents) < 2 || got.Parents[0].PID != c.pid() || got.Parents[1].PID != int32(os.Getpid()) {
		t.Fatalf("got parents %v, want %d, %d first", got.Parents, c.pid(), os.Getpid())
	}
	if want := describe(t, c.pid()); got.Parents[0] != (Ancestor{want.ID, want.Name}) {
		t.Errorf("got parent %+v, want %v, %s", got.Parents[0], want.ID, want.Name)
	}
	for _, a := range got.Parents {
		if a.PID == 1 {
			t.Error("got pid 1 among the parents, want none")
		}
	}
}

func TestAProcessThatIsNotThereIsGone(t *testing.T) {
	c := start(t, "idle")
	c.in.Close()
	c.Wait()
	if got, err := Describe(context.Background(), c.pid()); !errors.Is(err, ErrGone) {
		t.Errorf("got %+v, %v, want ErrGone", got, err)
	}
}

func TestTheBirthIsThePidfdsInode(t *testing.T) {
	if birthKindHere() != birthInode {
		t.Skip("this kernel has no file system for pidfds (before 6.9)")
	}
	fd, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		t.Fatal(err)
	}
	if got := describe(t, int32(os.Getpid())); got.Birth != st.Ino {
		t.Errorf("got birth %d, want %d", got.Birth, st.Ino)
	}
}

func TestWithoutPidfsTheBirthIsTheStartTick(t *testing.T) {
	c := start(t, "idle")
	p, err := openProc()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	f := newFacts(p)
	f.birth = birthTick
	info, err := f.look(context.Background(), c.pid())
	if err != nil {
		t.Fatal(err)
	}
	st, err := p.statOf(c.pid())
	if err != nil || info.Birth != st.start {
		t.Errorf("got birth %d, %v, want %d", info.Birth, err, st.start)
	}
}

// binaryIn copies the test binary to a folder of its own under a name.
func binaryIn(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pr")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	b, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, b, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestADeletedProgramIsToldFromOneThatIsCalledSo(t *testing.T) {
	path := binaryIn(t, "server (deleted)")
	c := startAs(t, exec.Command(path), "idle")
	got := describe(t, c.pid())
	if got.Exe != path || got.Deleted || got.Name != "server (deleted)" {
		t.Errorf("called so: got %q, name %q, deleted %t, want %q, not deleted", got.Exe, got.Name, got.Deleted, path)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	got = describe(t, c.pid())
	if got.Exe != path || !got.Deleted {
		t.Errorf("removed: got %q, deleted %t, want %q, deleted", got.Exe, got.Deleted, path)
	}
}

func TestAProgramWithoutAFileIsSeen(t *testing.T) {
	fd, err := unix.MemfdCreate("ghost", 0)
	if err != nil {
		t.Fatal(err)
	}
	mem := os.NewFile(uintptr(fd), "ghost")
	defer mem.Close()
	b, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mem.Write(b); err != nil {
		t.Fatal(err)
	}
	// A file that is open for writing can't be executed.
	ro, err := os.Open(filepath.Join("/proc/self/fd", strconv.Itoa(fd)))
	if err != nil {
		t.Fatal(err)
	}
	defer ro.Close()
	mem.Close()
	c := startAs(t, exec.Command("/proc/self/fd/3"), "idle", ro)
	got := describe(t, c.pid())
	if !got.Memfd || !got.Deleted || got.Exe != "/memfd:ghost" || got.Name != "memfd:ghost" {
		t.Errorf("got %+v, want memfd:ghost without a file", got)
	}
}

func TestAVersionedProgramIsCalledByItsLink(t *testing.T) {
	path := binaryIn(t, "snake3.11")
	link := filepath.Join(filepath.Dir(path), "snake3")
	if err := os.Symlink("snake3.11", link); err != nil {
		t.Fatal(err)
	}
	for _, argv0 := range []string{"snake3", link} {
		cmd := exec.Command(link)
		cmd.Args = []string{argv0}
		if got := describe(t, startAs(t, cmd, "idle").pid()); got.Name != "snake3" || got.Exe != path {
			t.Errorf("as %q: got name %q, exe %q, want snake3, %q", argv0, got.Name, got.Exe, path)
		}
	}
}

func TestALongCommandLineIsCut(t *testing.T) {
	cmd := exec.Command("/proc/self/exe", strings.Repeat("x", 100_000))
	got := describe(t, startAs(t, cmd, "idle").pid())
	if n := len(strings.Join(got.Args, "")); n > maxArgBytes || n < maxArgBytes-100 {
		t.Errorf("got %d bytes of arguments, want about %d", n, maxArgBytes)
	}
}

func TestARemovedFolderKeepsItsName(t *testing.T) {
	dir, err := os.MkdirTemp("", "pr")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Dir = dir
	c := startAs(t, cmd, "idle")
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if got := describe(t, c.pid()); got.Dir != dir {
		t.Errorf("got folder %q, want %q", got.Dir, dir)
	}
}
