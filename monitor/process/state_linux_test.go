package process

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// comesTo waits until the process is in a state.
func comesTo(t *testing.T, id ID, want State) {
	t.Helper()
	until(t, want.String()+" process", func() bool {
		got, err := StateOf(context.Background(), id)
		return err == nil && got == want
	})
}

func TestTheStateOfAProcessIsTold(t *testing.T) {
	c, info, _ := victim(t, "idle")
	comesTo(t, info.ID, Alive)
	c.Process.Signal(unix.SIGSTOP)
	comesTo(t, info.ID, Stopped)
	c.Process.Signal(unix.SIGCONT)
	comesTo(t, info.ID, Alive)
	c.Process.Signal(unix.SIGKILL)
	comesTo(t, info.ID, Zombie)
	c.Wait()
	if got, err := StateOf(context.Background(), info.ID); got != 0 || !errors.Is(err, ErrGone) {
		t.Errorf("after its end: got %v, %v, want ErrGone", got, err)
	}
}

func TestAZombieLeaderIsAlive(t *testing.T) {
	_, info, _ := victim(t, "zombie")
	if got, err := StateOf(context.Background(), info.ID); got != Alive || err != nil {
		t.Errorf("got %v, %v, want %v", got, err, Alive)
	}
}

func TestTheStateOfAReusedPidIsNotTold(t *testing.T) {
	_, info, _ := victim(t, "idle")
	for want, id := range map[error]ID{
		ErrReused: {info.PID, info.Birth + 1},
		ErrUnsure: {info.PID, 0},
	} {
		if got, err := StateOf(context.Background(), id); got != 0 || !errors.Is(err, want) {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
	}
}

func TestAParentInVforkIsStuckUntilKilled(t *testing.T) {
	f, s := listenFile(t)
	c := start(t, "stuck", f)
	f.Close()
	info := describe(t, pidOf(t, c.said))
	comesTo(t, info.ID, Stuck)
	got, err := Stop(context.Background(), info.Target(), s, Terminate, 50*time.Millisecond)
	if got != Running || err != nil {
		t.Fatalf("Terminate: got %d, %v, want Running", got, err)
	}
	if got, err := StateOf(context.Background(), info.ID); got != Stuck || err != nil {
		t.Errorf("after it: got %v, %v, want %v", got, err, Stuck)
	}
	// The kernel lets this sleep be ended by force (TASK_KILLABLE).
	got, err = Stop(context.Background(), info.Target(), s, Kill, patience)
	if got != Ended || err != nil {
		t.Errorf("Kill: got %d, %v, want Ended", got, err)
	}
}

func TestALookAtAStuckProcessEndsWithItsContext(t *testing.T) {
	c := start(t, "stuck")
	info := describe(t, pidOf(t, c.said))
	comesTo(t, info.ID, Stuck)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got, err := StateOf(ctx, info.ID); got != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v, want the context's error", got, err)
	}
}

func TestAProcessOfAnotherUserTellsItsState(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may look into every process")
	}
	info := describe(t, 1)
	if got, err := StateOf(context.Background(), info.ID); got == 0 || err != nil {
		t.Errorf("pid 1: got %v, %v, want a state", got, err)
	}
}
