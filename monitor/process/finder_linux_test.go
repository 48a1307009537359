package process

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"portreeve/monitor/socket"
)

func finder(t testing.TB) *Finder {
	t.Helper()
	f := NewFinder()
	t.Cleanup(f.Close)
	return f
}

// warm makes the finder know the processes that run now.
func warm(t testing.TB, f *Finder) {
	t.Helper()
	l, s := listenFile(t)
	f.Find(context.Background(), []socket.Socket{s})
	f.Forget(s.Cookie)
	l.Close()
}

func wantOwners(t *testing.T, what string, got Found, want ...int32) {
	t.Helper()
	pids := ownerPids(got)
	if !slices.Equal(pids, want) {
		t.Errorf("%s: got owners %v, hidden %q, want %v", what, pids, got.Hidden, want)
	}
}

// later gives the finder a clock that is ahead.
func later(f *Finder, d time.Duration) {
	f.clock = func() time.Time { return time.Now().Add(d) }
}

func TestTheFirstFindNamesAllHolders(t *testing.T) {
	l, s := listenFile(t)
	c := start(t, "fork:idle", l)
	l.Close()
	got := finder(t).Find(context.Background(), []socket.Socket{s})
	wantOwners(t, "parent first, then its child", got[0], c.pid(), pidOf(t, c.said))
	if got[0].Cookie != s.Cookie || got[0].Hidden != "" {
		t.Errorf("got cookie %d, hidden %q, want %d and nothing hidden", got[0].Cookie, got[0].Hidden, s.Cookie)
	}
}

func TestALaterFindNamesANewProcessAndItsWorkers(t *testing.T) {
	f := finder(t)
	warm(t, f)
	l, s := listenFile(t)
	c := start(t, "fork:idle", l)
	l.Close()
	got := f.Find(context.Background(), []socket.Socket{s})
	wantOwners(t, "new processes", got[0], c.pid(), pidOf(t, c.said))
}

func TestALaterFindNamesTheFamilyOfAnOldProcess(t *testing.T) {
	l, s := listenFile(t)
	c := start(t, "fork:idle", l)
	l.Close()
	f := finder(t)
	warm(t, f)
	// Neither is new now; the child is the younger and so found first.
	got := f.Find(context.Background(), []socket.Socket{s})
	wantOwners(t, "old processes", got[0], c.pid(), pidOf(t, c.said))
}

func TestAForkedWorkerIsToldByTheNextRecheck(t *testing.T) {
	l, s := listenFile(t)
	f := finder(t)
	known := []socket.Socket{s}
	me := int32(os.Getpid())
	wantOwners(t, "before", f.Find(context.Background(), known)[0], me)
	c := start(t, "idle", l)
	got := f.Recheck(context.Background(), known, false)
	if len(got) != 1 {
		t.Fatalf("got %d changes, want 1", len(got))
	}
	wantOwners(t, "after", got[0], me, c.pid())
	if again := f.Recheck(context.Background(), known, false); len(again) != 0 {
		t.Errorf("nothing has changed since: got %+v, want none", again)
	}
	c.in.Close()
	c.Wait()
	got = f.Recheck(context.Background(), known, false)
	if len(got) != 1 {
		t.Fatalf("after its end: got %d changes, want 1", len(got))
	}
	wantOwners(t, "after its end", got[0], me)
}

func TestASocketThatWasPassedOnChangesItsOwner(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "ours"), os.NewFile(uintptr(pair[1]), "theirs")
	defer ours.Close()
	c := start(t, "receive", theirs)
	theirs.Close()

	l, s := listenFile(t)
	f := finder(t)
	known := []socket.Socket{s}
	me := int32(os.Getpid())
	wantOwners(t, "before", f.Find(context.Background(), known)[0], me)
	if err := unix.Sendmsg(pair[0], []byte{0}, unix.UnixRights(int(l.Fd())), nil, 0); err != nil {
		t.Fatal(err)
	}
	if line, err := c.out.ReadString('\n'); line != "received\n" {
		t.Fatalf("got %q, %v, want received", line, err)
	}
	got := f.Recheck(context.Background(), known, true)
	if len(got) != 1 {
		t.Fatalf("both: got %d changes, want 1", len(got))
	}
	wantOwners(t, "both", got[0], me, c.pid())

	l.Close()
	got = f.Recheck(context.Background(), known, false)
	if len(got) != 1 {
		t.Fatalf("handed over: got %d changes, want 1", len(got))
	}
	wantOwners(t, "handed over", got[0], c.pid())
}

func TestAnUnrelatedHolderIsToldSoonAfterAnEarlyEnd(t *testing.T) {
	// Two old processes that hold one socket: a child of the first is no
	// relative of the second but through this test.
	l, s := listenFile(t)
	other := start(t, "fork:idle", l)
	c := start(t, "idle", l)
	l.Close()
	f := finder(t)
	warm(t, f)
	known := []socket.Socket{s}
	all := []int32{other.pid(), pidOf(t, other.said), c.pid()}
	got := f.Find(context.Background(), known)[0]
	if len(got.Owners) == 0 {
		t.Fatalf("got no owner, hidden %q, want one at least", got.Hidden)
	}
	later(f, scanRest+scanShare*time.Second)
	if changed := f.Recheck(context.Background(), known, false); len(changed) == 1 {
		got = changed[0]
	}
	pids := ownerPids(got)
	slices.Sort(pids)
	slices.Sort(all)
	if !slices.Equal(pids, all) {
		t.Errorf("got owners %v, want %v", pids, all)
	}
}

func TestTwinsOnOnePortHaveTheirOwnOwners(t *testing.T) {
	cfg := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		cerr := c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
		if cerr != nil {
			return cerr
		}
		return err
	}}
	addr := "127.0.0.1:0"
	var want []socket.Socket
	var pids []int32
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
		want = append(want, socketOf(t, file))
		pids = append(pids, start(t, "idle", file).pid())
		file.Close()
		l.Close()
	}
	got := finder(t).Find(context.Background(), want)
	for i := range got {
		wantOwners(t, fmt.Sprintf("twin %d", i), got[i], pids[i])
	}
}

func TestAListenerOfAZombieLeaderIsFound(t *testing.T) {
	c, info, s := victim(t, "zombie")
	f := finder(t)
	wantOwners(t, "first", f.Find(context.Background(), []socket.Socket{s})[0], c.pid())
	g := finder(t)
	warm(t, g)
	wantOwners(t, "later", g.Find(context.Background(), []socket.Socket{s})[0], c.pid())
	if got := g.Recheck(context.Background(), []socket.Socket{s}, false); len(got) != 0 {
		t.Errorf("got %+v, want no change", got)
	}
	if exe, _ := os.Executable(); info.Exe != exe || info.Name != filepath.Base(exe) {
		t.Errorf("got exe %q, name %q, want those of %q", info.Exe, info.Name, exe)
	}
}

func TestAZombieLeaderBesideAnotherHolderIsFoundAtOnce(t *testing.T) {
	l, s := listenFile(t)
	a, z := start(t, "idle", l), start(t, "zombie", l)
	l.Close()
	got := finder(t).Find(context.Background(), []socket.Socket{s})
	pids := ownerPids(got[0])
	slices.Sort(pids)
	want := []int32{a.pid(), z.pid()}
	slices.Sort(want)
	if !slices.Equal(pids, want) {
		t.Errorf("got owners %v, want %v", pids, want)
	}
}

func TestAThreadsOwnTableIsFound(t *testing.T) {
	l, s := listenFile(t)
	c := start(t, "owntable", l)
	b := start(t, "idle", l)
	known := []socket.Socket{s}
	f := finder(t)
	f.Find(context.Background(), known)
	l.Close()
	f.Recheck(context.Background(), known, true)
	got := f.Find(context.Background(), known)[0]
	wantOwners(t, "beside another holder", got, c.pid(), b.pid())

	b.in.Close()
	b.Wait()
	wantOwners(t, "the only holder", finder(t).Find(context.Background(), known)[0], c.pid())
	info := got.Owners[0]
	if out, err := Stop(context.Background(), info.Target(), s, Kill, patience); out != Ended || err != nil {
		t.Errorf("stop: got %d, %v, want Ended", out, err)
	}
}

func TestAnotherProgramInTheSameProcessIsAChange(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip("there is no program sleep to execute:", err)
	}
	c, info, s := victim(t, "exec:"+sleep)
	known := []socket.Socket{s}
	f := finder(t)
	wantOwners(t, "before", f.Find(context.Background(), known)[0], c.pid())
	fmt.Fprintln(c.in)
	until(t, "other program", func() bool {
		now, err := Describe(context.Background(), c.pid())
		return err == nil && now.File != info.File
	})
	got := f.Recheck(context.Background(), known, false)
	if len(got) != 1 || len(got[0].Owners) != 1 {
		t.Fatalf("got %+v, want one change with one owner", got)
	}
	o := got[0].Owners[0]
	if o.ID != info.ID || o.File == info.File || o.Name != "sleep" {
		t.Errorf("got %s %v, want sleep in the process %v", o.Name, o.Target(), info.ID)
	}
}

func TestOtherArgumentsOfTheSameProgramAreAChangeInAFullRecheck(t *testing.T) {
	c, info, s := victim(t, "again")
	known := []socket.Socket{s}
	f := finder(t)
	wantOwners(t, "before", f.Find(context.Background(), known)[0], c.pid())
	fmt.Fprintln(c.in)
	if line, err := c.out.ReadString('\n'); line != "ready\n" {
		t.Fatalf("got %q, %v, want ready", line, err)
	}
	got := f.Recheck(context.Background(), known, true)
	if len(got) != 1 || len(got[0].Owners) != 1 {
		t.Fatalf("got %+v, want one change with one owner", got)
	}
	o := got[0].Owners[0]
	if want := []string{"other", "arguments"}; o.Target() != info.Target() || !slices.Equal(o.Args, want) {
		t.Errorf("got %v with %q, want %v with %q", o.Target(), o.Args, info.Target(), want)
	}
}

func TestASharedSocketDoesNotEndTheSearchForAnother(t *testing.T) {
	l, old := listenFile(t)
	c := start(t, "idle", l)
	l.Close()
	f := finder(t)
	warm(t, f)
	l, shared := listenFile(t)
	a, b := start(t, "idle", l), start(t, "idle", l)
	l.Close()
	got := f.Find(context.Background(), []socket.Socket{shared, old})
	if n := len(got[0].Owners); n != 2 {
		t.Errorf("got owners %v, want %d and %d", ownerPids(got[0]), a.pid(), b.pid())
	}
	wantOwners(t, "the other", got[1], c.pid())
}

func TestAnOwnerThatNobodySeesIsNotSearchedForAtEachPoll(t *testing.T) {
	f := finder(t)
	warm(t, f)
	now := time.Now()
	f.clock = func() time.Time { return now }
	s := socket.Socket{Cookie: 77, Inode: 1<<63 - 1, UID: uint32(os.Getuid())}
	want := []socket.Socket{s}
	scanned := func(what string, look func()) int {
		look()
		return len(f.search.visited)
	}
	if n := scanned("first", func() { f.Find(context.Background(), want) }); n < len(f.sorted)-1 {
		t.Errorf("the first Find: got %d processes looked at, want all %d", n, len(f.sorted))
	}
	if got := f.held[s.Cookie]; len(got.owners) != 0 || got.hidden == "" {
		t.Errorf("got %+v, want no owner and a reason", got)
	}
	searches := 0
	for range 1000 { // 100 s of polls, 100 ms apart
		now = now.Add(100 * time.Millisecond)
		n := scanned("later", func() { f.Find(context.Background(), want) })
		n += scanned("recheck", func() { f.Recheck(context.Background(), want, false) })
		if n >= len(f.sorted)/2 {
			searches++
		}
	}
	// After 1, 2, 4, 8, 16, 32 and then every 64 seconds.
	if searches < 4 || searches > 7 {
		t.Errorf("got %d searches in 100 s, want about 6", searches)
	}
}

func TestForgetDropsASocket(t *testing.T) {
	_, s := listenFile(t)
	f := finder(t)
	f.Find(context.Background(), []socket.Socket{s})
	f.Forget(s.Cookie)
	if len(f.held) != 0 {
		t.Errorf("got %d sockets remembered, want 0", len(f.held))
	}
	f.Recheck(context.Background(), nil, true)
	if len(f.facts.byID) != 0 || len(f.facts.names) != 0 {
		t.Errorf("got %d processes and %d names remembered, want 0", len(f.facts.byID), len(f.facts.names))
	}
}

func TestAClosedFinderSaysSo(t *testing.T) {
	f := NewFinder()
	f.Close()
	f.Close()
	got := f.Find(context.Background(), []socket.Socket{{Cookie: 5, Inode: 5}})
	if len(got) != 1 || got[0].Cookie != 5 || got[0].Hidden == "" {
		t.Errorf("got %+v, want one with a reason", got)
	}
	if got := f.Recheck(context.Background(), nil, true); got != nil {
		t.Errorf("got %+v, want none", got)
	}
}

func TestAnEndedContextStopsTheSearch(t *testing.T) {
	_, s := listenFile(t)
	f := finder(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f.Find(ctx, []socket.Socket{s})
	if n := len(f.search.visited); n != 0 {
		t.Errorf("got %d processes looked at, want 0", n)
	}
	if got := f.Recheck(ctx, []socket.Socket{s}, true); got != nil {
		t.Errorf("got %+v, want nothing that isn't sure", got)
	}
	later(f, time.Hour)
	got := f.Recheck(context.Background(), []socket.Socket{s}, false)
	if len(got) != 1 {
		t.Fatalf("with time again: got %d changes, want 1", len(got))
	}
	wantOwners(t, "with time again", got[0], int32(os.Getpid()))
}

func TestASocketWithoutAnInodeTakesThePlatformsHint(t *testing.T) {
	f := finder(t)
	me := int32(os.Getpid())
	got := f.Find(context.Background(), []socket.Socket{{Cookie: 1, PID: me}, {Cookie: 2}})
	wantOwners(t, "with a hint", got[0], me)
	if len(got[1].Owners) != 0 || got[1].Hidden == "" {
		t.Errorf("without: got %+v, want no owner and a reason", got[1])
	}
}

func TestAnotherUsersListenerIsHiddenWithAReason(t *testing.T) {
	c, _, s := victim(t, "idle")
	for _, hide := range []string{"", "hidepid/"} {
		cmd, self := asNobody(t)
		if hide != "" {
			// It gives up root itself, once the others are hidden.
			cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
		}
		n := startAs(t, cmd, fmt.Sprintf("sees:%s%d", hide, s.Inode), self)
		if want := `uid=65534 owners=0 hidden="belongs to root; sudo shows it"`; n.said != want {
			t.Errorf("%s: got %q, want %q", hide, n.said, want)
		}
	}
	lives(t, c)
}
