package process

// Processes that belong together: a process group (one pipeline or job of a
// shell) and a session (all that was started from one terminal), see
// credentials(7).

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// Bond is what makes processes belong together: one process group, or one
// session.
type Bond struct {
	Session bool
	// Number is the kernel's for the group or session: the pid of the process
	// that leads or led it. The kernel gives it to no new process while a member
	// is left.
	Number int32
}

// Members are the processes of a group or session, as they were at one look. A
// process that one of them starts meanwhile may be missing: whoever ends them
// all looks again afterwards.
type Members struct {
	Bond
	// Led tells that the process which made the group or session still runs. The
	// members of a session that isn't led any more are its leftovers.
	Led bool
	// Infos are the members, newest last, without those of Spared. Other users'
	// are among them, whose end may be denied.
	Infos []Info
	// Spared are the members that a stop would refuse to end: this program, who
	// started it, and whatever else is protected. Newest last.
	Spared []Spared
}

// Spared is a process that is left alone, and why, in words that follow "this
// process is protected:".
type Spared struct {
	Info
	Why string
}

// Group gives the members of the process group that a process is in, itself
// among them. The error wraps ErrGone or ErrReused when the process isn't there
// any more, ErrUnsure when its group can't be told, and errors.ErrUnsupported
// off Linux. It fails rather than give some of the members.
func Group(ctx context.Context, id ID) (Members, error) { return members(ctx, id, false) }

// Session gives the members of the session that a process is in, as Group does.
func Session(ctx context.Context, id ID) (Members, error) { return members(ctx, id, true) }

// StopMember ends a process as Stop does, but because it belongs to a group or
// session: that is looked at in the place of the socket, and ErrNotMember is the
// refusal when it isn't so any more. Off Linux it refuses with ErrUnsure.
func StopMember(ctx context.Context, t Target, of Bond, how Method, patience time.Duration) (Outcome, error) {
	switch {
	case t.PID <= 0:
		return 0, refusal("", t.PID, ErrUnsure, "not a process id")
	case t.Birth == 0:
		return 0, refusal("", t.PID, ErrUnsure, "it is not known when it was born")
	case how != Terminate && how != Kill:
		return 0, refusal("", t.PID, ErrUnsure, "no such way of ending it")
	case of.Number <= 0:
		return 0, refusal("", t.PID, ErrUnsure, "no group is named that it should belong to")
	}
	if err := ctx.Err(); err != nil {
		return 0, refusal("", t.PID, ErrUnsure, err.Error())
	}
	return stopMember(ctx, t, of, how, patience)
}

// of reports whether a process is a member.
func (b Bond) of(st procStat) bool {
	if st.kernelThread() || b.Number <= 0 {
		return false
	}
	if b.Session {
		return st.session == b.Number
	}
	return st.group == b.Number
}

// bondOf is the group or session of a process. It fails for what can't be seen
// from here: it would have all such processes in common.
func bondOf(st procStat, session bool) (Bond, error) {
	b := Bond{Session: session, Number: st.group}
	what := "process group"
	if session {
		b.Number, what = st.session, "session"
	}
	if !b.of(st) {
		return Bond{}, fmt.Errorf("%w: its %s can't be seen from here", ErrUnsure, what)
	}
	return b, nil
}

func byAge(a, b Info) int {
	return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.PID, b.PID))
}

func (m *Members) sort() {
	slices.SortFunc(m.Infos, byAge)
	slices.SortFunc(m.Spared, func(a, b Spared) int { return byAge(a.Info, b.Info) })
}
