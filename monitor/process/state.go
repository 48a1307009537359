package process

// Why a process is still there after it was told to end.

import "context"

// State is what a process is doing, as far as it matters to somebody who waits
// for its end. The zero value says that it isn't known.
type State int

// The states of a process.
const (
	// Alive: it runs, or waits for something that a signal ends. A process that
	// was sent SIGTERM and stays so ignores the signal, or takes its time.
	Alive State = iota + 1
	// Stopped: a signal has stopped it (SIGSTOP, Ctrl-Z). It takes no signal but
	// SIGKILL and SIGCONT.
	Stopped
	// Traced: a debugger holds it. SIGKILL ends it, SIGCONT does not wake it.
	Traced
	// Stuck: at least one of its threads is in the uninterruptible sleep of the
	// kernel, such as for a disk or a file server that does not answer. No
	// handler runs meanwhile. SIGKILL ends some of these sleeps (TASK_KILLABLE,
	// as that of a parent in vfork) and not the others; no figure of /proc tells
	// them apart, so only a Kill that was of no use tells.
	Stuck
	// Zombie: it has ended, and the parent has not taken notice. It holds no
	// socket any more.
	Zombie
)

// String gives the field's word for the state, not one for people.
func (s State) String() string {
	switch s {
	case Alive:
		return "alive"
	case Stopped:
		return "stopped"
	case Traced:
		return "traced"
	case Stuck:
		return "stuck"
	case Zombie:
		return "zombie"
	}
	return "unknown"
}

// StateOf tells the state of a process at this moment. It is for after a stop
// that came back with Running; a stop itself needs none of it. On Linux it takes
// a tenth of a second where a thread sleeps uninterruptibly, since a busy disk
// puts programs to such a sleep all the time: only one that lasts that long
// counts.
//
// The error wraps ErrGone when the process isn't there any more, ErrReused when
// its number belongs to another one, ErrUnsure when it can't be told which of
// the two, and errors.ErrUnsupported on platforms that don't tell (Windows).
func StateOf(ctx context.Context, id ID) (State, error) { return stateOf(ctx, id) }

// stateOfThreads sums up the letters of a process's threads, see state in
// proc_pid_stat(5): a process is as far from its end as its slowest thread. It
// has ended when all of them have.
func stateOfThreads(letters []byte) State {
	var s State
	// Zombie is no rank among the others: a main thread that has ended says
	// nothing where another one goes on.
	rank := map[State]int{Alive: 1, Traced: 2, Stopped: 3, Stuck: 4}
	for _, l := range letters {
		t := stateOfLetter(l)
		switch {
		case t == Zombie && s == 0, rank[t] > rank[s]:
			s = t
		}
	}
	return s
}

// stateOfLetter reads a letter of task_state_array in fs/proc/array.c.
func stateOfLetter(l byte) State {
	switch l {
	case 'D':
		return Stuck
	case 'T':
		return Stopped
	case 't':
		return Traced
	case 'Z', 'X', 'x':
		return Zombie
	case 'R', 'S', 'I', 'P', 'K', 'W':
		return Alive
	}
	return 0
}
