package explain

import (
	"context"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"portreeve/monitor/process"
)

// What only a network of one's own can show: rules of a firewall that nobody else
// feels.

func discard() *log.Logger { return log.New(io.Discard, "", 0) }

func lockThread() { runtime.LockOSThread() }

// self identifies this process.
func self() process.ID {
	info, err := process.Describe(context.Background(), int32(os.Getpid()))
	if err != nil {
		return process.ID{}
	}
	return info.ID
}

// inOwnNetwork runs the test anew in a child that has a network of its own with
// loopback up, and reports whether this is that child.
func inOwnNetwork(t *testing.T) bool {
	t.Helper()
	if os.Getenv(childVar) == t.Name() {
		loopbackUp(t)
		return true
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), childVar+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Skipf("no network namespace to be had here: %v", err)
	}
	err = cmd.Wait()
	switch {
	case err != nil:
		t.Errorf("got %v, want the test to pass in its own network:\n%s", err, out.String())
	case strings.Contains(out.String(), "--- SKIP: "+t.Name()):
		t.Skip(out.String())
	case !strings.Contains(out.String(), "--- PASS: "+t.Name()):
		t.Errorf("got no result, want one:\n%s", out.String())
	}
	return false
}

func loopbackUp(t *testing.T) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	lo.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		t.Fatalf("bring loopback up: %v", err)
	}
}

// rules sets the firewall of the test's own network.
func rules(t *testing.T, text string) {
	t.Helper()
	if os.Getenv(childVar) != t.Name() {
		t.Fatal("these rules would be the machine's own")
	}
	nft, err := exec.LookPath("nft")
	if err != nil {
		nft = "/usr/sbin/nft" // which is not in every user's path
	}
	cmd := exec.Command(nft, "-f", "-")
	cmd.Stdin = strings.NewReader("flush ruleset\n" + text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("no nftables to be had here: %v %s", err, out)
	}
}

func TestAFirewallRuleOnLoopbackIsShown(t *testing.T) {
	t.Parallel()
	if !inOwnNetwork(t) {
		return
	}
	at := serve(t, "127.0.0.1:0", hold)
	port := portOf(t, at)
	for want, verb := range map[string]string{"got no answer within 2.0 s": "drop", "is refused": "reject with tcp reset"} {
		rules(t, "table inet filter { chain input { type filter hook input priority 0; tcp dport "+port+" "+verb+"; }; }")
		come(t, ask(t, at, true), Firewalled, "table inet filter, chain input, rule", want)
	}
}

func TestWhereTheRulesCannotBeReadItIsSaidSo(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can make rules and then become somebody who can't read them")
	}
	if !inOwnNetwork(t) {
		return
	}
	at := serve(t, "127.0.0.1:0", hold)
	rejected := serve(t, "127.0.0.1:0", hold)
	rules(t, "table inet filter { chain input { type filter hook input priority 0; tcp dport "+portOf(t, at)+" drop; tcp dport "+portOf(t, rejected)+" reject with tcp reset; }; }")
	if err := syscall.Setuid(65534); err != nil {
		t.Fatal(err)
	}
	come(t, ask(t, at, true), Hangs, "connections get no answer", "can't be read from here")
	come(t, ask(t, rejected, true), Refuses, "refused though somebody listens")
}

func TestAForwardedPortAnswersThoughNobodyListens(t *testing.T) {
	if !inOwnNetwork(t) {
		return
	}
	at := serve(t, "127.0.0.1:0", func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-x\r\n"); _ = c.Close() })
	rules(t, "table ip nat { chain output { type nat hook output priority -100; tcp dport 7000 redirect to :"+portOf(t, at)+"; }; }")
	come(t, ask(t, "127.0.0.1:7000", true), Forwarded, "though no program here listens")
}
