package process

// Forced reuse of a process id at every point of a stop. A process is shown and
// then stopped; meanwhile it dies, its parent collects it, and its number goes
// to another one. Every interleaving of these three events with the steps of
// the stop is played, since at each step the number may belong to the living, to
// a zombie, to nobody or to the successor.
//
// The successor runs the same program and holds the same socket: nothing but
// the birth tells the two apart. Whatever signal it gets is a wrong one. The
// same harness runs a naive order, which makes the same checks but signals by
// number, and must hit the successor.
//
// PORTREEVE_REUSES is the number of reuses that must truly take place within a
// stop, 2000 where it isn't set. In most interleavings a step in between sees the
// dead process, and the stop is over before its number is reused: these are
// played in every tenth round only.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"portreeve/monitor/socket"
)

const reusesVar = "PORTREEVE_REUSES"

// interleaving says before which steps, by their place among the points, the
// process dies, is collected, and has its number given to another.
type interleaving struct{ die, bury, reuse int }

// direct: no step in between sees that the process is dead.
func (i interleaving) direct() bool { return i.die == i.reuse }

func interleavings(points int) []interleaving {
	var all []interleaving
	for die := range points {
		for bury := die; bury < points; bury++ {
			for reuse := bury; reuse < points; reuse++ {
				all = append(all, interleaving{die, bury, reuse})
			}
		}
	}
	return all
}

// manner is how a process is stopped.
type manner struct {
	how Method
	// halted: the process and its successor were stopped by a signal before.
	halted bool
}

func manners() []manner {
	return []manner{{how: Terminate}, {how: Kill}, {how: Terminate, halted: true}}
}

// points are the steps of such a stop before which something may happen to the
// process.
func (m manner) points() []string {
	first := []string{"open", "birth", "guard", "exe", "holds"}
	switch {
	case m.how == Kill:
		return append(first, "signal")
	case m.halted:
		return append(first, "stopped", "signal", "continue")
	}
	return append(first, "stopped", "signal")
}

// tally counts what happened.
type tally struct {
	// Trials are the stops; in Reused of them the number truly went to another
	// process before the stop was over.
	Trials, Reused int
	// Direct are those whose number was reused at once at a step after the
	// first, and DirectHit those of them in which the successor was signalled.
	Direct, DirectHit int
	// Hit counts successors that got a signal.
	Hit int
	// Refused counts the refusals by their sentinel; Sent the stops that sent
	// their signal, rightly or wrongly.
	Refused map[string]int
	Sent    int
}

// String gives the counts for people.
func (c tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d stops, %d reuses took place, %d signals sent, %d wrong", c.Trials, c.Reused, c.Sent, c.Hit)
	for _, why := range slices.Sorted(maps.Keys(c.Refused)) {
		fmt.Fprintf(&b, "; %d refused: %s", c.Refused[why], why)
	}
	return b.String()
}

// verdict is what the processes in the pid namespace report.
type verdict struct {
	Safe, Naive tally
	Skip        string
}

// reuse plays rounds of all interleavings, in a pid namespace of its own, until
// the number was reused often enough.
func reuse(arg string) int {
	wanted, err := strconv.Atoi(arg)
	if err != nil {
		return fail(err)
	}
	var v verdict
	say := func() int {
		b, err := json.Marshal(v)
		if err != nil {
			return fail(err)
		}
		fmt.Printf("ready %s\n", b)
		return 0
	}
	if err := privateProc(""); err != nil {
		v.Skip = err.Error()
		return say()
	}
	l, s, err := rawListener()
	if err != nil {
		return fail(err)
	}
	defer unix.Close(l)
	v.Safe.Refused, v.Naive.Refused = map[string]int{}, map[string]int{}
	type play struct {
		manner
		interleaving
	}
	late := map[play]bool{}
	for round := 0; v.Safe.Reused < wanted; round++ {
		for _, m := range manners() {
			for _, i := range interleavings(len(m.points())) {
				if late[play{m, i}] && round%10 != 0 {
					continue
				}
				before := v.Safe.Reused
				if err := v.Safe.trial(i, m, s, false); err != nil {
					return fail(fmt.Errorf("%+v, %+v: %w", i, m, err))
				}
				late[play{m, i}] = v.Safe.Reused == before
				// It only has to show that the harness can fail.
				if round > 0 {
					continue
				}
				if err := v.Naive.trial(i, m, s, true); err != nil {
					return fail(fmt.Errorf("naive, %+v, %+v: %w", i, m, err))
				}
			}
		}
		if v.Safe.Reused == 0 {
			return fail(errors.New("no reuse took place in a whole round"))
		}
	}
	return say()
}

// fate is what is done to the process of one trial.
type fate struct {
	interleaving
	manner
	pid    int
	victim *Info
	facts  *facts

	dead, buried, born bool
	reused             bool // truly: by another process
	err                error
}

// slip does what is to happen before a step.
func (f *fate) slip(step string) {
	at := slices.Index(f.points(), step)
	if f.err == nil && !f.dead && at == f.die {
		f.dead, f.err = true, f.kill()
	}
	if f.err == nil && !f.buried && at == f.bury {
		f.buried, f.err = true, collect(f.pid)
	}
	if f.err == nil && !f.born && at == f.reuse {
		f.born, f.err = true, f.bear()
	}
}

// kill ends the process and leaves it a zombie.
func (f *fate) kill() error {
	if err := unix.Kill(f.pid, unix.SIGKILL); err != nil {
		return err
	}
	for {
		err := unix.Waitid(unix.P_PID, f.pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return err
		}
	}
}

// bear starts the successor.
func (f *fate) bear() error {
	if err := idleAs(f.pid, f.halted); err != nil {
		return err
	}
	now, err := f.facts.look(context.Background(), int32(f.pid))
	f.reused = err == nil && now.Birth != f.victim.Birth && now.File == f.victim.File
	return err
}

// idleAs starts a copy of this process under a number, stopped by a signal where
// halted is set.
func idleAs(pid int, halted bool) error {
	if _, err := spawn(int32(pid)); err != nil || !halted {
		return err
	}
	if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
		return err
	}
	st, err := waitFor(pid, unix.WUNTRACED)
	if err == nil && !st.Stopped() {
		err = errors.New("SIGSTOP did not stop it")
	}
	return err
}

// hit ends the successor and tells whether anybody had signalled it before.
func (f *fate) hit() (bool, error) {
	if f.halted {
		// A wrong SIGCONT leaves no other trace.
		st, err := f.facts.proc.statOf(int32(f.pid))
		if err != nil {
			return false, err
		}
		if st.state != 'T' {
			f.halted = false
			_, err := f.hit()
			return true, err
		}
	}
	// The first fatal signal decides how a running process ends, at the time
	// when it is sent (complete_signal in kernel/signal.c); a stopped one takes
	// the lowest number first when it goes on. SIGIO comes after, and is higher
	// than, whatever the stop has sent.
	if err := unix.Kill(f.pid, unix.SIGIO); err != nil {
		return false, err
	}
	if f.halted {
		if err := unix.Kill(f.pid, unix.SIGCONT); err != nil {
			return false, err
		}
	}
	st, err := waitFor(f.pid, 0)
	return !st.Signaled() || st.Signal() != unix.SIGIO, err
}

// clear ends what the trial has left, and tells whether a wrong one was
// signalled.
func (f *fate) clear() (hit bool, err error) {
	if f.born {
		return f.hit()
	}
	if !f.dead {
		if err := unix.Kill(f.pid, unix.SIGKILL); err != nil {
			return false, err
		}
	}
	if !f.buried {
		return false, collect(f.pid)
	}
	return false, nil
}

// trial shows a process, stops it, and has its fate befall it meanwhile.
func (c *tally) trial(i interleaving, m manner, s socket.Socket, naive bool) error {
	const pid = 4711
	if err := idleAs(pid, m.halted); err != nil {
		return fmt.Errorf("start the first: %w", err)
	}
	p, err := openProc()
	if err != nil {
		return err
	}
	defer p.close()
	f := &fate{interleaving: i, manner: m, pid: pid, facts: newFacts(p)}
	if f.victim, err = f.facts.look(context.Background(), pid); err != nil {
		return err
	}
	stopper := newFacts(p)
	_, stopErr := stopper.stop(context.Background(), slipped(stopper.steps(), f.slip, naive), f.victim.Target(), s, m.how, 0)
	if f.err != nil {
		return fmt.Errorf("replace the process: %w", f.err)
	}
	hit, err := f.clear()
	if err != nil {
		return fmt.Errorf("clear up: %w", err)
	}
	c.Trials++
	if f.reused {
		c.Reused++
	}
	if hit {
		c.Hit++
	}
	if i.direct() && i.die > 0 {
		c.Direct++
		if hit {
			c.DirectHit++
		}
	}
	if why := sentinelOf(stopErr); why != "" {
		c.Refused[why]++
	} else {
		c.Sent++
	}
	return nil
}

// sentinelOf gives the words of the refusal that an error is, empty for none.
func sentinelOf(err error) string {
	for _, e := range []error{ErrGone, ErrReused, ErrReplaced, ErrNotHolder, ErrNotMember, ErrDenied, ErrProtected, ErrSupervised, ErrUnsure} {
		if errors.Is(err, e) {
			return e.Error()
		}
	}
	return ""
}

// slipped calls slip with the name of each step before it.
func slipped(do steps, slip func(string), naive bool) steps {
	real := do
	do.open = func(pid int32) (int, error) { slip("open"); return real.open(pid) }
	do.birth = func(fd int, pid int32) (uint64, error) { slip("birth"); return real.birth(fd, pid) }
	do.guard = func(pid int32) (string, error) { slip("guard"); return real.guard(pid) }
	do.exe = func(pid int32) (File, error) { slip("exe"); return real.exe(pid) }
	do.holds = func(ctx context.Context, pid int32, s socket.Socket) (bool, error) {
		slip("holds")
		return real.holds(ctx, pid, s)
	}
	do.stopped = func(pid int32) bool { slip("stopped"); return real.stopped(pid) }
	do.signal = func(fd int, pid int32, sig unix.Signal) error {
		switch sig {
		case 0: // a question, not a step
		case unix.SIGCONT:
			slip("continue")
		default:
			slip("signal")
		}
		if naive {
			return unix.Kill(int(pid), sig)
		}
		return real.signal(fd, pid, sig)
	}
	return do
}

func rawListener() (int, socket.Socket, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return 0, socket.Socket{}, err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, socket.Socket{}, err
	}
	if err := unix.Listen(fd, 1); err != nil {
		return 0, socket.Socket{}, err
	}
	s, err := readSocket(fd)
	return fd, s, err
}

func TestAReusedPidIsNeverSignalled(t *testing.T) {
	wanted, asked := 2000, false
	if text := os.Getenv(reusesVar); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n <= 0 {
			t.Fatalf("%s: got %q, want a number of reuses", reusesVar, text)
		}
		wanted, asked = n, true
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	begun := time.Now()
	c := startAs(t, cmd, fmt.Sprintf("reuse:%d", wanted))
	var v verdict
	if err := json.Unmarshal([]byte(c.said), &v); err != nil {
		t.Fatalf("got %q: %v", c.said, err)
	}
	if v.Skip != "" {
		if asked {
			t.Fatalf("no private /proc can be mounted here: %s; %d reuses were asked for", v.Skip, wanted)
		}
		t.Skip("no private /proc can be mounted here:", v.Skip)
	}
	t.Logf("%d interleavings, %v", interleavingsInAll(), time.Since(begun).Round(time.Millisecond))
	t.Logf("the pidfd order: %v", v.Safe)
	t.Logf("the naive order: %v", v.Naive)
	if v.Safe.Hit != 0 {
		t.Errorf("wrong signals: got %d, want none", v.Safe.Hit)
	}
	if v.Safe.Reused < wanted || v.Naive.Reused == 0 {
		t.Errorf("reuses that took place: got %d, naive %d; want at least %d, and some", v.Safe.Reused, v.Naive.Reused, wanted)
	}
	// But for a reuse before the pidfd is opened, nothing but the pidfd saves the
	// successor that comes at once.
	if v.Naive.Direct == 0 || v.Naive.DirectHit != v.Naive.Direct {
		t.Errorf("the naive order signalled %d successors, want %d: the harness must be able to fail", v.Naive.DirectHit, v.Naive.Direct)
	}
}

func interleavingsInAll() int {
	n := 0
	for _, m := range manners() {
		n += len(interleavings(len(m.points())))
	}
	return n
}
