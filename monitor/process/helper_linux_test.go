package process

// Test processes: the test binary started again, told by an environment
// variable what to be.

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"portreeve/monitor/socket"
)

const helperVar = "PROCESS_TEST_HELPER"

func TestMain(m *testing.M) {
	if role := os.Getenv(helperVar); role != "" {
		os.Exit(helper(role))
	}
	os.Exit(m.Run())
}

// helper plays a role until standard input ends. It says "ready" when it does.
func helper(role string) int {
	name, arg, _ := strings.Cut(role, ":")
	switch name {
	case "idle":
	case "stay":
		// Outlives who started it, but no test.
		fmt.Println("ready")
		time.Sleep(time.Minute)
		return 0
	case "listen":
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return fail(err)
		}
		defer l.Close()
	case "listenat":
		l, err := net.Listen("tcp4", arg)
		if err != nil {
			return fail(err)
		}
		defer l.Close()
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
	case "close":
		// Descriptor 3 is the socket; a line on standard input closes it.
		fmt.Println("ready")
		in := bufio.NewReader(os.Stdin)
		if _, err := in.ReadString('\n'); err != nil {
			return 0
		}
		if err := unix.Close(3); err != nil {
			return fail(err)
		}
		fmt.Println("closed")
		io.Copy(io.Discard, in)
		return 0
	case "exec":
		// A line on standard input has it run another program, its sockets
		// kept.
		fmt.Println("ready")
		b := make([]byte, 1)
		if _, err := os.Stdin.Read(b); err != nil {
			return 0
		}
		return fail(syscall.Exec(arg, []string{arg, "60"}, []string{}))
	case "again":
		// The same for its own program, with other arguments.
		fmt.Println("ready")
		b := make([]byte, 1)
		if _, err := os.Stdin.Read(b); err != nil {
			return 0
		}
		env := append(os.Environ(), helperVar+"=idle")
		return fail(syscall.Exec("/proc/self/exe", []string{"other", "arguments"}, env))
	case "fork", "job":
		// Hands its descriptor 3 down to a child of its own; a job has a process
		// group of its own, as a shell gives it.
		f := os.NewFile(3, "socket")
		c := exec.Command("/proc/self/exe")
		c.Env = append(os.Environ(), helperVar+"="+arg)
		c.ExtraFiles = []*os.File{f}
		c.SysProcAttr = &syscall.SysProcAttr{Setpgid: name == "job"}
		in, err := c.StdinPipe()
		if err != nil {
			return fail(err)
		}
		out, err := c.StdoutPipe()
		if err != nil {
			return fail(err)
		}
		if err := c.Start(); err != nil {
			return fail(err)
		}
		defer c.Wait()
		defer in.Close()
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
			return fail(fmt.Errorf("child: %q, %v", line, err))
		}
		fmt.Println("ready", c.Process.Pid)
		io.Copy(io.Discard, os.Stdin)
		return 0
	case "zombie":
		return zombie()
	case "leader":
		return leader()
	case "stuck":
		return stuck()
	case "crowded":
		return crowded(arg)
	case "owntable":
		return ownTable()
	case "receive":
		return receive()
	case "exhausted":
		return exhausted(arg)
	case "denied":
		return denied(arg)
	case "reuse":
		return reuse(arg)
	case "silentfs":
		return silentFS(arg)
	case "sees":
		return sees(arg)
	default:
		return fail(fmt.Errorf("no role %q", role))
	}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
	return 0
}

func fail(err error) int {
	fmt.Println("error:", err)
	return 1
}

// child is a started test process. It ends with the test.
type child struct {
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	// said is what followed "ready" on its line.
	said string
}

func (c *child) pid() int32 { return int32(c.Process.Pid) }

// start starts the test binary in a role, with files as its descriptors from 3.
func start(t testing.TB, role string, files ...*os.File) *child {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return startAs(t, exec.Command(exe), role, files...)
}

func startAs(t testing.TB, cmd *exec.Cmd, role string, files ...*os.File) *child {
	t.Helper()
	cmd.Env = append(os.Environ(), helperVar+"="+role)
	cmd.ExtraFiles = files
	cmd.Stderr = os.Stderr
	c := &child{Cmd: cmd}
	var err error
	if c.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.out = bufio.NewReader(out)
	if err := cmd.Start(); err != nil {
		t.Fatalf("start a test process as %q: %v", role, err)
	}
	t.Cleanup(func() {
		c.in.Close()
		// Not yet waited for, its number is still its own.
		cmd.Process.Kill()
		cmd.Wait()
	})
	line, err := c.out.ReadString('\n')
	if err != nil {
		t.Fatalf("test process %q: got %q, %v, want ready", role, line, err)
	}
	said, ok := strings.CutPrefix(strings.TrimSpace(line), "ready")
	if !ok {
		t.Fatalf("test process %q: got %q, want ready", role, line)
	}
	c.said = strings.TrimSpace(said)
	return c
}

// listenFile gives a listener on loopback, as a file and as a Socket. The file
// stays open until the test ends.
func listenFile(t testing.TB) (*os.File, socket.Socket) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, socketOf(t, f)
}

// socketOf asks the kernel about a socket of this process.
func socketOf(t testing.TB, f *os.File) socket.Socket {
	t.Helper()
	s, err := readSocket(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func readSocket(fd int) (socket.Socket, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return socket.Socket{}, err
	}
	cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE)
	if err != nil {
		return socket.Socket{}, err
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return socket.Socket{}, err
	}
	s := socket.Socket{Cookie: cookie, Inode: st.Ino, UID: st.Uid}
	s.Proto = socket.TCP
	if a, ok := name.(*unix.SockaddrInet4); ok {
		s.Local = netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	}
	return s, nil
}

func ownerPids(f Found) []int32 {
	var pids []int32
	for _, o := range f.Owners {
		pids = append(pids, o.PID)
	}
	return pids
}

func pidOf(t testing.TB, text string) int32 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return int32(n)
}

// until waits for a condition.
func until(t testing.TB, what string, met func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !met(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("got no %s within 10 s, want it", what)
		}
	}
}
