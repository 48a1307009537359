package store

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestOnAFullDiskWhatHappensWaitsUntilThereIsRoom runs the recorder on a disk of
// 400 KiB: a tmpfs in a mount namespace of its own.
func TestOnAFullDiskWhatHappensWaitsUntilThereIsRoom(t *testing.T) {
	if dir := os.Getenv("STORE_TEST_SMALL"); dir != "" {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=400k"); err != nil {
			fmt.Println("NOMOUNT", err)
			return
		}
		s := Open(Dirs{Config: dir, State: dir, Runtime: dir})
		f := newMachine(t)
		recording(t, s, f, whole)
		f.look()
		f.flood(s, 1, 4000, "flood")
		again(t, s)
		if p := s.Problems(); len(p) != 1 || !strings.Contains(p[0].Text, "can't be written") {
			t.Errorf("on the full disk: got %q, want the problem", p)
		}
		f.listen(9001, "127.0.0.1:80", "meanwhile")
		f.look()
		again(t, s)
		if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=8m"); err != nil {
			t.Fatal(err)
		}
		again(t, s)
		if p := s.Problems(); len(p) > 0 {
			t.Errorf("with room: got %q, want no problem", p)
		}
		if got := count(t, s, "flood"); got != 4000 {
			t.Errorf("with room: got %d spells of the flood, want all 4000", got)
		}
		if got := count(t, s, "meanwhile"); got != 1 {
			t.Errorf("with room: got %d spells of what came meanwhile, want 1", got)
		}
		sound(t, Dirs{State: dir})
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestOnAFullDiskWhatHappensWaitsUntilThereIsRoom$")
	cmd.Env = append(os.Environ(), "STORE_TEST_SMALL="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	switch {
	case strings.Contains(string(out), "NOMOUNT"), err != nil && len(out) == 0:
		t.Skipf("this kernel gives no mount namespace to us: %v %s", err, out)
	case err != nil:
		t.Errorf("on the small disk: %v\n%s", err, out)
	}
}
