package explain

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"portreeve/monitor"
	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

// What the situations are made with: processes that listen and never accept,
// servers of the test's own, and the question itself.

const (
	roleVar  = "EXPLAIN_TEST_ROLE"
	childVar = "EXPLAIN_TEST_CHILD"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVar); role != "" {
		os.Exit(play(role))
	}
	os.Exit(m.Run())
}

// play listens in a process of its own until standard input ends, and never
// accepts. It prints its address.
func play(role string) int {
	kind, address, _ := strings.Cut(role, " ")
	l, err := net.Listen("tcp4", address)
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	if kind == "headless" {
		go func() {
			for !process.MainEnded(context.Background(), self()) {
				time.Sleep(time.Millisecond)
			}
			fmt.Println(l.Addr())
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(0)
		}()
		// exit(2), unlike exit_group(2), ends one thread: the main one, which
		// runs this before anything else has started.
		_, _, _ = unix.Syscall(unix.SYS_EXIT, 0, 0, 0)
	}
	fmt.Println(l.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// actor is a process that a test started.
type actor struct {
	*exec.Cmd
	at string // what it printed: its address
}

// start starts cmd, which prints its address, and ends it with the test.
func start(t *testing.T, cmd *exec.Cmd) actor {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", cmd, err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill() // not yet waited for, its number is its own
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || strings.HasPrefix(line, "error") {
		t.Fatalf("start %s: got %q, %v, want an address", cmd, line, err)
	}
	return actor{cmd, strings.TrimSpace(line)}
}

func startRole(t *testing.T, role string, attr *syscall.SysProcAttr) actor {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), roleVar+"="+role)
	cmd.SysProcAttr = attr
	return start(t, cmd)
}

// ask looks at this machine as it is and explains what the text names.
func ask(t *testing.T, text string, probe bool) Answer {
	t.Helper()
	table, err := socket.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	finder := process.NewFinder()
	defer finder.Close()
	u, err := monitor.New(table, finder, monitor.Options{}).Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	target, err := ParseTarget(text)
	if err != nil {
		t.Fatal(err)
	}
	w := Words{Home: "/home/ada"}
	return w.Address(target, w.Gather(t.Context(), target, u.Listeners, probe))
}

// serve listens here and gives each connection to handle.
func serve(t *testing.T, address string, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Skipf("%s can't be listened on here: %v", address, err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go handle(c)
		}
	}()
	return l.Addr().String()
}

// hold keeps a connection open until the other side ends it.
func hold(c net.Conn) { _, _ = io.Copy(io.Discard, c); _ = c.Close() }

func portOf(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return port
}
