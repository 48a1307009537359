package process

import (
	"net/netip"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

func TestAListenerInAnotherNetworkNamespaceIsFoundWithItsOwner(t *testing.T) {
	if out, err := exec.Command("unshare", "--user", "--net", "true").CombinedOutput(); err != nil {
		t.Skipf("no network namespace to be had here: %v: %s", err, out)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET}
	c := startAs(t, cmd, "listenat:0.0.0.0:62893") // loopback is down there
	found, _, err := Elsewhere(t.Context(), 62893)
	if err != nil {
		t.Fatal(err)
	}
	want := netip.MustParseAddrPort("0.0.0.0:62893")
	for _, f := range found {
		if f.Owner.PID == c.pid() && f.Local == want && f.Owner.Name != "" {
			return
		}
	}
	t.Errorf("got %+v, want %s of process %d", found, want, c.pid())
}

func TestAMainThreadThatHasEndedIsTold(t *testing.T) {
	_, zombie, _ := victim(t, "zombie")
	_, idle, _ := victim(t, "idle")
	if z, i := MainEnded(t.Context(), zombie.ID), MainEnded(t.Context(), idle.ID); !z || i {
		t.Errorf("got %v of the process whose main thread has ended and %v of the other, want true and false", z, i)
	}
}
