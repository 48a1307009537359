package process

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A program chooses its arguments, its folder and the links beside its file. Here
// they lead to a file system whose keeper never answers, as a mount of the user's
// own may: who asks it anything waits for ever.
func TestNoProcessCanHoldTheWatchUpByAPath(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	if err := exec.Command("unshare", "-Urm", "true").Run(); err != nil {
		t.Skipf("no namespaces of one's own can be made here (unshare -Urm): %v", err)
	}
	c := startAs(t, cmd, "silentfs:"+dir)
	for lines := bufio.NewScanner(c.out); lines.Scan(); {
		switch what, said, _ := strings.Cut(lines.Text(), ": "); what {
		case "end":
			return
		case "skip":
			t.Skip(said)
		default:
			t.Error(lines.Text())
		}
	}
	t.Error("the helper ended before it had looked at everything")
}

// silentFS mounts a file system that never answers at dir/dead, and looks at
// processes whose names lead there.
func silentFS(dir string) int {
	fmt.Println("ready")
	dead := filepath.Join(dir, "dead")
	if err := os.Mkdir(dead, 0o755); err != nil {
		return fail(err)
	}
	dev, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		fmt.Println("skip: no FUSE here:", err)
		return 0
	}
	defer dev.Close()
	err = unix.Mount("dead", dead, "fuse", unix.MS_NOSUID|unix.MS_NODEV, fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", dev.Fd()))
	if err != nil {
		fmt.Println("skip: FUSE can't be mounted here:", err)
		return 0
	}
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		return fail(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dead, "x"), link); err != nil {
		return fail(err)
	}
	for what, argv0 := range map[string]string{"an argument": filepath.Join(dead, "x"), "a link": link} {
		c := &exec.Cmd{Path: sleep, Args: []string{argv0, "60"}}
		if err := c.Start(); err != nil {
			return fail(err)
		}
		if err := inTime(int32(c.Process.Pid)); err != nil {
			fmt.Printf("%s that leads to a silent file system: got %v, want a look that goes on\n", what, err)
		}
		_ = c.Process.Kill() // it has not been waited for: the number is its own
		_ = c.Wait()
	}
	fmt.Println("end: all were looked at")
	return 0
}

// inTime looks at a process, and gives up after a while.
func inTime(pid int32) error {
	looked := make(chan error, 1)
	go func() {
		p, err := openProc()
		if err != nil {
			looked <- err
			return
		}
		defer p.close()
		info, err := newFacts(p).look(context.Background(), pid)
		if err == nil && info.Name != "sleep" {
			err = fmt.Errorf("the name %q", info.Name)
		}
		looked <- err
	}()
	select {
	case err := <-looked:
		return err
	case <-time.After(5 * time.Second):
		return fmt.Errorf("no answer in 5 s")
	}
}
