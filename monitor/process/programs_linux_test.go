package process

// Stops of real servers: who holds the port, who is the topmost of them, and
// what is left when that one has ended.

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"portreeve/monitor/socket"
)

// shortDir makes a folder whose name leaves room for a socket's.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pr")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// startProgram starts a program that is no role of this one. It ends with the
// test.
func startProgram(t *testing.T, cmd *exec.Cmd) (pid int32) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", cmd.Path, err)
	}
	t.Cleanup(func() {
		// Not yet waited for, its number is still its own.
		cmd.Process.Kill()
		cmd.Wait()
	})
	return int32(cmd.Process.Pid)
}

// listeners gives the TCP listeners on an address, from the kernel's table.
func listeners(t *testing.T, at netip.AddrPort) []socket.Socket {
	t.Helper()
	table, err := socket.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	all, err := table.Read(context.Background(), nil, socket.WantTCP)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(s socket.Socket) bool { return s.Proto != socket.TCP || s.Local != at })
}

// heldBy waits until the only listener on an address has that many holders, and
// gives it and them.
func heldBy(t *testing.T, at netip.AddrPort, holders int) (socket.Socket, []Info) {
	t.Helper()
	var s socket.Socket
	var found Found
	until(t, fmt.Sprintf("listener on %v with %d holders", at, holders), func() bool {
		all := listeners(t, at)
		if len(all) != 1 {
			return false
		}
		s = all[0]
		f := NewFinder()
		defer f.Close()
		found = f.Find(context.Background(), all)[0]
		return len(found.Owners) == holders
	})
	return s, found.Owners
}

func stops(t *testing.T, i Info, s socket.Socket) {
	t.Helper()
	if got, err := Stop(context.Background(), i.Target(), s, Terminate, patience); got != Ended || err != nil {
		t.Fatalf("stop of pid %d: got %d, %v, want Ended", i.PID, got, err)
	}
}

// unusedPort gives a port on loopback that was free a moment ago.
func unusedPort(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// program finds a server that may lie where only root's PATH leads.
func program(t *testing.T, name string) string {
	t.Helper()
	for _, p := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(p); err == nil {
			return path
		}
	}
	t.Skipf("there is no %s (Debian's package has its name)", name)
	return ""
}

func TestTheMasterOfNginxIsTheTopmostAndItsEndFreesThePort(t *testing.T) {
	nginx := program(t, "nginx")
	dir, at := shortDir(t), unusedPort(t)
	conf := fmt.Sprintf(`
daemon off;
worker_processes 2;
pid nginx.pid;
error_log stderr crit;
events { worker_connections 16; }
http {
	access_log off;
	client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
	server { listen %v; return 204; }
}
`, at)
	if err := os.WriteFile(filepath.Join(dir, "n.conf"), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(nginx, "-p", dir, "-e", "stderr", "-c", filepath.Join(dir, "n.conf"))
	master := startProgram(t, cmd)
	s, owners := heldBy(t, at, 3)
	if owners[0].PID != master || owners[0].Name != "nginx" {
		t.Fatalf("topmost: got %s, pid %d, want nginx, pid %d", owners[0].Name, owners[0].PID, master)
	}
	// The end of a worker frees nothing, since the master starts another.
	worker := owners[2].ID
	stops(t, owners[2], s)
	until(t, "new worker of nginx", func() bool {
		_, now := heldBy(t, at, 3)
		return !slices.ContainsFunc(now, func(i Info) bool { return i.ID == worker })
	})
	stops(t, owners[0], s)
	if left := listeners(t, at); len(left) != 0 {
		t.Errorf("after the end of the master: got %+v, want a free port", left)
	}
}

func TestAPreforkServersWorkersHoldThePortUntilTheyEndToo(t *testing.T) {
	python := program(t, "python3")
	const server = `
import os, socket, sys
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
for _ in range(2):
    if os.fork() == 0:
        break
else:
    print(s.getsockname()[1], flush=True)
sys.stdin.read()
`
	cmd := exec.Command(python, "-c", server)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	parent := startProgram(t, cmd)
	// The workers, which outlive their parent, end with the standard input.
	t.Cleanup(func() { in.Close() })
	var port uint16
	if _, err := fmt.Fscan(bufio.NewReader(out), &port); err != nil {
		t.Fatal("the port of the server:", err)
	}
	at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
	s, owners := heldBy(t, at, 3)
	if owners[0].PID != parent {
		t.Fatalf("topmost: got pid %d, want %d", owners[0].PID, parent)
	}
	for n, i := range owners {
		stops(t, i, s)
		if n < 2 {
			if _, left := heldBy(t, at, 2-n); slices.ContainsFunc(left, func(l Info) bool { return l.ID == i.ID }) {
				t.Errorf("after the end of pid %d: got %v, want the others", i.PID, left)
			}
		}
	}
	if left := listeners(t, at); len(left) != 0 {
		t.Errorf("after the end of all: got %+v, want a free port", left)
	}
}

func TestOnlyTheNamedTwinOnAPortIsStopped(t *testing.T) {
	cfg := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		cerr := c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
		if cerr != nil {
			return cerr
		}
		return err
	}}
	addr := "127.0.0.1:0"
	var twins []*child
	var sockets []socket.Socket
	for range 2 {
		l, err := cfg.Listen(context.Background(), "tcp4", addr)
		if err != nil {
			t.Fatal(err)
		}
		addr = l.Addr().String()
		file, err := l.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		sockets = append(sockets, socketOf(t, file))
		twins = append(twins, start(t, "idle", file))
		file.Close()
		l.Close()
	}
	// Each holds the same address, but not the other's socket.
	first, second := describe(t, twins[0].pid()), describe(t, twins[1].pid())
	got, err := Stop(context.Background(), first.Target(), sockets[1], Terminate, patience)
	refused(t, twins[0], got, err, ErrNotHolder)
	stops(t, second, sockets[1])
	lives(t, twins[0])
	left := listeners(t, netip.MustParseAddrPort(addr))
	if len(left) != 1 || left[0].Inode != sockets[0].Inode {
		t.Errorf("got %+v left, want the first twin's, inode %d", left, sockets[0].Inode)
	}
}

func TestARealServerInSigstopEndsByTerminate(t *testing.T) {
	python := program(t, "python3")
	at := unusedPort(t)
	cmd := exec.Command(python, "-m", "http.server", "--bind", "127.0.0.1", fmt.Sprint(at.Port()))
	cmd.Dir, cmd.Stdout, cmd.Stderr = shortDir(t), io.Discard, io.Discard
	startProgram(t, cmd)
	s, owners := heldBy(t, at, 1)
	if err := cmd.Process.Signal(unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	comesTo(t, owners[0].ID, Stopped)
	stops(t, owners[0], s)
	if left := listeners(t, at); len(left) != 0 {
		t.Errorf("got %+v, want a free port", left)
	}
}
