package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"portreeve/monitor/socket"
)

// patience is what a process gets that should end.
const patience = 10 * time.Second

// victim starts a process that holds a listener, and describes it.
func victim(t *testing.T, role string) (*child, Info, socket.Socket) {
	t.Helper()
	f, s := listenFile(t)
	c := start(t, role, f)
	f.Close()
	info, err := Describe(context.Background(), c.pid())
	if err != nil {
		t.Fatal(err)
	}
	return c, info, s
}

// lives fails the test when the child has ended.
func lives(t *testing.T, c *child) {
	t.Helper()
	fd, err := unix.PidfdOpen(c.Process.Pid, 0)
	if err != nil {
		t.Fatalf("the process: got %v, want it to live", err)
	}
	defer unix.Close(fd)
	// A signal that was sent takes a moment to do its work.
	if exited(fd, 20) {
		t.Fatal("the process: got ended, want it to live")
	}
}

func refused(t *testing.T, c *child, got Outcome, err, want error) {
	t.Helper()
	if got != 0 || !errors.Is(err, want) {
		t.Fatalf("got outcome %d, error %v; want 0 and %v", got, err, want)
	}
	lives(t, c)
}

func TestStopEndsTheHolderOfTheSocket(t *testing.T) {
	for _, how := range []Method{Terminate, Kill} {
		_, info, s := victim(t, "idle")
		got, err := Stop(context.Background(), info.Target(), s, how, patience)
		if got != Ended || err != nil {
			t.Errorf("method %d: got %d, %v, want Ended", how, got, err)
		}
	}
}

func TestStopRefusesAWrongBirth(t *testing.T) {
	c, info, s := victim(t, "idle")
	target := info.Target()
	target.Birth++
	got, err := Stop(context.Background(), target, s, Kill, patience)
	refused(t, c, got, err, ErrReused)
}

func TestStopRefusesAProcessThatHasEnded(t *testing.T) {
	c, info, s := victim(t, "idle")
	c.Process.Kill()
	c.Wait()
	got, err := Stop(context.Background(), info.Target(), s, Kill, patience)
	if got != 0 || !errors.Is(err, ErrGone) {
		t.Errorf("got %d, %v, want ErrGone", got, err)
	}
}

func TestStopCallsAZombieGone(t *testing.T) {
	c, info, s := victim(t, "idle")
	c.Process.Signal(syscall.SIGKILL)
	fd, err := unix.PidfdOpen(c.Process.Pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	until(t, "end of the process", func() bool { return exited(fd, 0) })
	got, err := Stop(context.Background(), info.Target(), s, Kill, patience)
	if got != 0 || !errors.Is(err, ErrGone) {
		t.Errorf("got %d, %v, want ErrGone", got, err)
	}
}

func TestStopRefusesAProcessThatRunsAnotherProgram(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip("there is no program sleep to execute:", err)
	}
	c, info, s := victim(t, "exec:"+sleep)
	fmt.Fprintln(c.in)
	until(t, "other program", func() bool {
		now, err := Describe(context.Background(), c.pid())
		return err == nil && now.File != info.File
	})
	now, err := Describe(context.Background(), c.pid())
	if err != nil {
		t.Fatal(err)
	}
	if now.ID != info.ID {
		t.Fatalf("identity after exec: got %v, want the same, %v", now.ID, info.ID)
	}
	got, err := Stop(context.Background(), info.Target(), s, Kill, patience)
	refused(t, c, got, err, ErrReplaced)
}

func TestStopRefusesAProcessThatHasClosedTheSocket(t *testing.T) {
	c, info, s := victim(t, "close")
	fmt.Fprintln(c.in)
	if line, err := c.out.ReadString('\n'); line != "closed\n" {
		t.Fatalf("got %q, %v, want closed", line, err)
	}
	got, err := Stop(context.Background(), info.Target(), s, Kill, patience)
	refused(t, c, got, err, ErrNotHolder)
}

func TestAProcessThatIgnoresTermRunsOnUntilKilled(t *testing.T) {
	c, info, s := victim(t, "deaf")
	got, err := Stop(context.Background(), info.Target(), s, Terminate, 100*time.Millisecond)
	if got != Running || err != nil {
		t.Fatalf("Terminate: got %d, %v, want Running", got, err)
	}
	lives(t, c)
	got, err = Stop(context.Background(), info.Target(), s, Kill, patience)
	if got != Ended || err != nil {
		t.Errorf("Kill: got %d, %v, want Ended", got, err)
	}
}

func TestAStoppedProcessEndsByTerminate(t *testing.T) {
	c, info, s := victim(t, "idle")
	if err := c.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	until(t, "stop of the process", func() bool {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.pid()))
		st, perr := parseStat(b)
		return err == nil && perr == nil && st.state == 'T'
	})
	got, err := Stop(context.Background(), info.Target(), s, Terminate, patience)
	if got != Ended || err != nil {
		t.Errorf("got %d, %v, want Ended", got, err)
	}
}

func TestAZombieLeaderEndsByKill(t *testing.T) {
	_, info, s := victim(t, "zombie")
	got, err := Stop(context.Background(), info.Target(), s, Kill, patience)
	if info.File == (File{}) || info.Exe == "" || len(info.Args) == 0 {
		t.Errorf("got file %v, exe %q, args %q, want those of the program", info.File, info.Exe, info.Args)
	}
	if got != Ended || err != nil {
		t.Errorf("got %d, %v, want Ended", got, err)
	}
}

// as prepares a role of another user, or of this one where that is the user.
func as(t *testing.T, uid int) (*exec.Cmd, *os.File) {
	t.Helper()
	cmd, self := asNobody(t)
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}
	return cmd, self
}

func TestAZombieLeaderIsFoundAndEndsForRootAndForItsUser(t *testing.T) {
	for _, who := range []int{0, 65534} {
		f, s := listenFile(t)
		cmd, self := as(t, 65534)
		z := startAs(t, cmd, "zombie", self, f)
		f.Close()
		info := describe(t, z.pid())
		cmd, self = as(t, who)
		// Its folder in /proc is root's, but its user finds it all the same.
		sees := startAs(t, cmd, fmt.Sprintf("sees:%d", s.Inode), self)
		if want := fmt.Sprintf("uid=%d owners=1 ", who); !strings.HasPrefix(sees.said, want) {
			t.Errorf("got %q, want %q", sees.said, want)
		}
		cmd, self = as(t, who)
		n := startAs(t, cmd, "denied:"+order(info.Target(), s), self)
		if want := fmt.Sprintf("uid=%d outcome=%d denied=false: <nil>", who, Ended); n.said != want {
			t.Errorf("got %q, want %q", n.said, want)
		}
	}
}

func TestTheUserOfADeniedProcessIsNamedWhoeverItIs(t *testing.T) {
	f, s := listenFile(t)
	cmd, self := as(t, 65534)
	c := startAs(t, cmd, "idle", self, f)
	f.Close()
	nobody := describe(t, c.pid())
	cmd, self = as(t, 54321)
	n := startAs(t, cmd, "denied:"+order(Target{ID: nobody.ID}, s), self)
	const want = "uid=54321 outcome=0 denied=true: "
	if !strings.HasPrefix(n.said, want) || !strings.HasSuffix(n.said, "it belongs to "+nobody.User) || nobody.User == "" {
		t.Errorf("got %q, want %q and that it belongs to %q", n.said, want, nobody.User)
	}
	lives(t, c)
}

func TestSixtyFourDescriptorsAreEnoughWhileAFewAreFree(t *testing.T) {
	_, info, s := victim(t, "idle")
	c := start(t, "crowded:"+order(info.Target(), s))
	if want := fmt.Sprintf("outcome=%d: <nil>", Ended); c.said != want {
		t.Errorf("got %q, want %q", c.said, want)
	}
}

func TestStopWithoutDescriptorsIsUnsureAndSignalsNobody(t *testing.T) {
	_, info, s := victim(t, "idle")
	e := start(t, "exhausted:"+order(info.Target(), s))
	var n int
	var out Outcome
	if _, err := fmt.Sscanf(e.said, "refused=%d outcome=%d", &n, &out); err != nil {
		t.Fatalf("got %q: %v", e.said, err)
	}
	// /proc, the pidfd and one file at a time.
	if n < 3 || out != Ended {
		t.Errorf("got %d refusals, then outcome %d; want at least 3, then Ended", n, out)
	}
}

func TestAPidfdThatCannotBeOpenedIsNoReasonToUseTheNumber(t *testing.T) {
	for _, errno := range []error{unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.ENOSYS, unix.EPERM, unix.EINVAL} {
		c, info, s := victim(t, "idle")
		p, err := openProc()
		if err != nil {
			t.Fatal(err)
		}
		f := newFacts(p)
		do := f.steps()
		do.open = func(int32) (int, error) { return -1, errno }
		got, err := f.stop(context.Background(), do, info.Target(), s, Kill, patience)
		p.close()
		refused(t, c, got, err, ErrUnsure)
	}
}

func TestStopRefusesWhatItCannotBeSureOf(t *testing.T) {
	c, info, s := victim(t, "idle")
	good := info.Target()
	for name, bad := range map[string]struct {
		t    Target
		s    socket.Socket
		how  Method
		want error
	}{
		"no birth":  {Target{ID{good.PID, 0}, good.File}, s, Kill, ErrUnsure},
		"no pid":    {Target{ID{0, good.Birth}, good.File}, s, Kill, ErrUnsure},
		"group":     {Target{ID{-good.PID, good.Birth}, good.File}, s, Kill, ErrUnsure},
		"no file":   {Target{good.ID, File{}}, s, Kill, ErrUnsure},
		"no socket": {good, socket.Socket{}, Kill, ErrUnsure},
		"no method": {good, s, Method(9), ErrUnsure},
		"other socket": {good, socket.Socket{Inode: s.Inode + 1, Endpoint: s.Endpoint}, Kill,
			ErrNotHolder},
		"other address": {good, socket.Socket{Endpoint: socket.Endpoint{Proto: socket.TCP,
			Local: netip.MustParseAddrPort("127.0.0.1:1")}}, Kill, ErrNotHolder},
	} {
		got, err := Stop(context.Background(), bad.t, bad.s, bad.how, patience)
		if got != 0 || !errors.Is(err, bad.want) {
			t.Errorf("%s: got %d, %v, want %v", name, got, err, bad.want)
		}
		lives(t, c)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	got, err := Stop(ctx, good, s, Kill, patience)
	refused(t, c, got, err, ErrUnsure)
}

func TestASocketWithoutAnInodeIsKnownByItsAddress(t *testing.T) {
	_, info, s := victim(t, "idle")
	s.Inode = 0
	got, err := Stop(context.Background(), info.Target(), s, Kill, patience)
	if got != Ended || err != nil {
		t.Errorf("got %d, %v, want Ended", got, err)
	}
}

func TestAnEndingContextCutsTheWaitShort(t *testing.T) {
	c, info, s := victim(t, "deaf")
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	begun := time.Now()
	got, err := Stop(ctx, info.Target(), s, Terminate, time.Minute)
	if got != Running || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %d, %v, want Running and the context's error", got, err)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("got back after %v, want soon after the context's end", took)
	}
	lives(t, c)
}

// asNobody prepares the test binary to run as another user, who may not enter
// the folder that it lies in.
func asNobody(t *testing.T) (*exec.Cmd, *os.File) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can start a process of another user")
	}
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { self.Close() })
	cmd := exec.Command("/proc/self/fd/3")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	return cmd, self
}

func TestAnotherUsersProcessIsDeniedAndItsUserNamed(t *testing.T) {
	c, info, s := victim(t, "idle")
	// To another user the file is unreadable; it was so when it was shown too,
	// or the target was made up.
	for _, file := range []File{{}, info.File} {
		cmd, self := asNobody(t)
		n := startAs(t, cmd, "denied:"+order(Target{info.ID, file}, s), self)
		const want = "uid=65534 outcome=0 denied=true: "
		if !strings.HasPrefix(n.said, want) || !strings.Contains(n.said, "it belongs to root") {
			t.Errorf("got %q, want %q and that it belongs to root", n.said, want)
		}
		lives(t, c)
	}
}

func TestARefusalWritesNoControlCharacters(t *testing.T) {
	for _, name := range []string{"a\x1b[2Jb", "a\nb", "a\u202eb", "a\xffb", strings.Repeat("x", 9999)} {
		got := refusal(name, 7, ErrGone, "").Error()
		if bytes.ContainsAny([]byte(got), "\x1b\n\u202e\xff") || len(got) > 200 {
			t.Errorf("got %q, want it escaped and short", got)
		}
	}
}
