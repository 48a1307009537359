package process

// The roles of test processes that need more than a few lines.

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"portreeve/monitor/socket"
)

// init keeps the main goroutine on the main thread where a role needs to know
// which thread it is, or one that lasts.
func init() {
	switch os.Getenv(helperVar) {
	case "zombie", "owntable", "stuck":
		runtime.LockOSThread()
	}
}

// zombie ends the main thread; the process goes on in the others.
func zombie() int {
	go func() {
		for {
			b, err := os.ReadFile("/proc/self/stat")
			if err != nil {
				os.Exit(fail(err))
			}
			if st, err := parseStat(b); err == nil && st.state == 'Z' {
				break
			}
			time.Sleep(time.Millisecond)
		}
		fmt.Println("ready")
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	// exit(2), unlike exit_group(2), ends one thread. To the runtime it is a
	// system call that takes long.
	unix.Syscall(unix.SYS_EXIT, 0, 0, 0)
	return 1
}

// ownTable has one thread keep descriptor 3 in a table of its own, while all
// others close it.
func ownTable() int {
	got := make(chan error)
	go func() {
		runtime.LockOSThread()
		got <- unix.Unshare(unix.CLONE_FILES)
		select {}
	}()
	if err := <-got; err != nil {
		return fail(err)
	}
	if err := unix.Close(3); err != nil {
		return fail(err)
	}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
	return 0
}

// receive takes a descriptor that comes over the Unix socket 3 and keeps it.
func receive() int {
	fmt.Println("ready")
	oob := make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := unix.Recvmsg(3, make([]byte, 1), oob, 0)
	if err != nil {
		return fail(err)
	}
	msgs, err := unix.ParseSocketControlMessage(oob[:n])
	if err != nil {
		return fail(err)
	}
	if _, err := unix.ParseUnixRights(&msgs[0]); err != nil {
		return fail(err)
	}
	fmt.Println("received")
	io.Copy(io.Discard, os.Stdin)
	return 0
}

// order is what a role that stops a process is told: whom, and what it holds.
func order(t Target, s socket.Socket) string {
	return fmt.Sprintf("%s/%d/%s", t, s.Inode, s.Local)
}

func parseOrder(text string) (Target, socket.Socket, error) {
	parts := strings.Split(text, "/")
	if len(parts) != 3 {
		return Target{}, socket.Socket{}, fmt.Errorf("order %q", text)
	}
	t, err := ParseTarget(parts[0])
	if err != nil {
		return t, socket.Socket{}, err
	}
	inode, err := strconv.ParseUint(parts[1], 10, 64)
	return t, socket.Socket{Cookie: 1, Inode: inode}, err
}

// denied tries a stop as another user and says what came of it.
func denied(arg string) int {
	t, s, err := parseOrder(arg)
	if err != nil {
		return fail(err)
	}
	out, err := Stop(context.Background(), t, s, Kill, time.Second)
	fmt.Printf("ready uid=%d outcome=%d denied=%t: %v\n", os.Getuid(), out, errors.Is(err, ErrDenied), err)
	return 0
}

// exhausted tries stops while descriptors are missing, more and more of them,
// and says how often it was refused before one succeeded.
func exhausted(arg string) int {
	t, s, err := parseOrder(arg)
	if err != nil {
		return fail(err)
	}
	// All numbers below the limit are taken, but for those left over.
	first, err := unix.Open("/dev/null", unix.O_RDONLY, 0)
	if err != nil {
		return fail(err)
	}
	const most = 64
	limit := unix.Rlimit{Cur: most, Max: most}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fail(err)
	}
	for {
		if _, err := unix.Dup(first); err != nil {
			break
		}
	}
	for left := range most {
		out, err := Stop(context.Background(), t, s, Kill, 5*time.Second)
		switch {
		case err == nil:
			fmt.Printf("ready refused=%d outcome=%d\n", left, out)
			return 0
		case !errors.Is(err, ErrUnsure) || !strings.Contains(err.Error(), unix.EMFILE.Error()):
			return fail(fmt.Errorf("with %d descriptors left: got %w, want ErrUnsure for want of descriptors", left, err))
		}
		if err := unix.Kill(int(t.PID), 0); err != nil {
			return fail(fmt.Errorf("with %d descriptors left the process is gone: %w", left, err))
		}
		unix.Close(most - 1 - left)
	}
	return fail(errors.New("never succeeded"))
}

// sees looks for a socket that another user's process holds and says what it
// is told. "hidepid" before it hides the other users' processes first.
func sees(arg string) int {
	arg, hide := strings.CutPrefix(arg, "hidepid/")
	if hide {
		if err := privateProc("hidepid=2"); err != nil {
			return fail(err)
		}
		if err := errors.Join(syscall.Setgroups(nil), syscall.Setgid(65534), syscall.Setuid(65534)); err != nil {
			return fail(err)
		}
	}
	inode, err := strconv.ParseUint(arg, 10, 64)
	if err != nil {
		return fail(err)
	}
	f := NewFinder()
	defer f.Close()
	found := f.Find(context.Background(), []socket.Socket{{Cookie: 1, Inode: inode}})
	fmt.Printf("ready uid=%d owners=%d hidden=%q\n", os.Getuid(), len(found[0].Owners), found[0].Hidden)
	return 0
}

// privateProc mounts a fresh /proc in the mount namespace that this process
// was started in.
func privateProc(options string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, options); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	return nil
}

// leader starts a child in its own session and process group that outlives it:
// both read the same standard input.
func leader() int {
	c := exec.Command("/proc/self/exe")
	c.Env = append(os.Environ(), helperVar+"=idle")
	c.Stdin = os.Stdin
	out, err := c.StdoutPipe()
	if err != nil {
		return fail(err)
	}
	if err := c.Start(); err != nil {
		return fail(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		return fail(fmt.Errorf("child: %q, %v", line, err))
	}
	fmt.Println("ready", c.Process.Pid)
	io.Copy(io.Discard, os.Stdin)
	c.Wait()
	return 0
}

// stuck starts a copy of itself that is asleep in the kernel, as the parent in
// vfork(2), with all signals blocked, as posix_spawn of glibc has them then.
func stuck() int {
	pid, err := spawnStuck()
	if err != nil {
		return fail(err)
	}
	fmt.Println("ready", pid)
	io.Copy(io.Discard, os.Stdin)
	// Not yet waited for, its number is still its own. The child that it waits
	// for sees that it is gone.
	endCopy(int(pid))
	return 0
}

// crowded may have 64 descriptors, most of which are taken, and stops what it is
// told to.
func crowded(arg string) int {
	t, s, err := parseOrder(arg)
	if err != nil {
		return fail(err)
	}
	limit := unix.Rlimit{Cur: 64, Max: 64}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fail(err)
	}
	for {
		fd, err := unix.Open("/dev/null", unix.O_RDONLY, 0)
		if err != nil {
			return fail(err)
		}
		if fd == 64-8 {
			break
		}
	}
	out, err := Stop(context.Background(), t, s, Kill, 5*time.Second)
	fmt.Printf("ready outcome=%d: %v\n", out, err)
	return 0
}
