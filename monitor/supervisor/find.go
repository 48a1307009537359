package supervisor

// The search: from the listener's process upwards, to whoever waits for its
// end.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

// search is one look for a supervisor.
type search struct {
	// uid and pid are this program's.
	uid    uint32
	pid    int32
	getenv func(string) string
	// describe is process.Describe.
	describe func(ctx context.Context, pid int32) (process.Info, error)
	// engines are the Unix sockets of container engines, in order.
	engines []string
}

func (s *search) find(ctx context.Context, holds socket.Socket, owner process.Info) (*Supervisor, error) {
	found, err := s.look(ctx, holds, owner)
	if err != nil {
		err = fmt.Errorf("find the supervisor of %s: %w", quoted(owner.Name), err)
	}
	return found, err
}

func (s *search) look(ctx context.Context, holds socket.Socket, owner process.Info) (*Supervisor, error) {
	if owner.Container != "" && !s.inside(ctx, owner.Container) {
		return s.byContainer(ctx, owner.Container)
	}
	kind := publisher(owner)
	if kind != "" || owner.PID == 0 {
		found, err := s.byPort(ctx, holds, kind)
		// A name proves nothing: without an engine that knows the port it is a
		// program like any other.
		if found != nil || err != nil {
			return found, err
		}
	}
	if owner.PID == 0 {
		return s.byHiddenUnit(ctx, holds, owner.Unit)
	}
	chain := s.chain(ctx, owner)
	inner, last, done, err := s.byAncestor(chain, holds)
	if done {
		return inner, err
	}
	unit, err := s.byUnit(ctx, holds, chain, last)
	if unit != nil {
		return unit, err
	}
	return inner, err
}

// inside reports whether this program runs in the same container. Seen from
// within, the container is the machine.
func (s *search) inside(ctx context.Context, container string) bool {
	self, err := s.describe(ctx, s.pid)
	return err == nil && self.Container == container
}

// chain gives the owner and those that started it, nearest first. It ends
// early at one that is gone or can't be described.
func (s *search) chain(ctx context.Context, owner process.Info) []process.Info {
	chain := []process.Info{owner}
	for _, a := range owner.Parents {
		p, err := s.describe(ctx, a.PID)
		if err != nil || p.ID != a.ID {
			break
		}
		chain = append(chain, p)
	}
	return chain
}

// byAncestor looks for a daemon, a watcher or a loop above the owner. last is
// the index of the outermost process whose end would be noticed; done tells
// that nobody above it matters.
func (s *search) byAncestor(chain []process.Info, holds socket.Socket) (found *Supervisor, last int, done bool, err error) {
	if home, ok := pm2Home(chain[0]); ok {
		found, err = s.pm2Cluster(chain[0], home)
		return found, 0, true, err
	}
	var enders []process.Info // from the outermost inwards
	for i := 1; i < len(chain) && linked(chain, last, i); i++ {
		p := chain[i]
		if home, ok := pm2Home(p); ok {
			found, err = s.pm2(p, home, chain[i-1])
			return found, i, true, err
		}
		if isSupervisord(p) {
			found, err = s.supervisord(p, chain[i-1])
			return found, i, true, err
		}
		w, ok := watcherOf(p)
		if !ok {
			w, ok = loopOf(p, carried(chain, i), readScript)
		}
		if !ok {
			continue
		}
		enders = slices.Insert(enders, 0, p)
		found, last = s.byProcess(w, enders, holds, chain[0]), i
	}
	return found, last, false, nil
}

// linked reports whether all processes between chain[from] and chain[to] merely
// carry what they started, so that chain[to] notices the end of chain[from].
func linked(chain []process.Info, from, to int) bool {
	for i := from + 1; i < to; i++ {
		if !carries(chain[i], chain[i-1]) {
			return false
		}
	}
	return true
}

// carried gives the process that chain[i] started: the nearest below it that is
// not a copy of itself, as a subshell is.
func carried(chain []process.Info, i int) process.Info {
	j := i - 1
	for j > 0 && sameProgram(chain[j], chain[i]) {
		j--
	}
	return chain[j]
}

// restarter is what a command line says about a process that starts others.
type restarter struct {
	kind     Kind
	name     string
	restarts bool
	policy   string
}

// byProcess makes the supervisor that is ended as a process. enders are all
// that would start the listener again, the outermost first.
func (s *search) byProcess(w restarter, enders []process.Info, holds socket.Socket, owner process.Info) *Supervisor {
	enders = slices.Clone(enders)
	top := enders[0]
	sup := &Supervisor{
		Kind: w.kind, Name: w.name, Restarts: w.restarts, Policy: w.policy,
		Command: s.asRoot(top.UID, "kill"),
		key:     top.Target().String(),
		stop: func(ctx context.Context) error {
			return s.endAll(ctx, enders, w.kind, holds, owner)
		},
	}
	for i := range enders {
		// Outermost first, as Stop does it.
		sup.Command = append(sup.Command, strconv.Itoa(int(enders[i].PID)))
	}
	sup.Allowed, sup.Why = s.may(top)
	return sup
}

// may reports whether this program may end a process of that user.
func (s *search) may(p process.Info) (bool, string) {
	if s.uid == 0 || p.UID == s.uid {
		return true, ""
	}
	return false, "it belongs to " + p.User
}

// asRoot begins a command that acts on what belongs to uid.
func (s *search) asRoot(uid uint32, words ...string) []string {
	if s.uid != 0 && uid != s.uid {
		return append([]string{"sudo"}, words...)
	}
	return words
}

const (
	// patience is what a watcher gets to end, and the listener after it.
	patience = 5 * time.Second
	// aftermath is what a watcher gets to end what it started.
	aftermath = time.Second
)

// endAll ends the processes in their order, and the owner of the socket if it
// outlives them. kind is what the outermost is.
func (s *search) endAll(ctx context.Context, enders []process.Info, kind Kind, holds socket.Socket, owner process.Info) error {
	for _, p := range enders {
		out, err := process.End(ctx, p.Target(), process.Terminate, patience)
		switch {
		case errors.Is(err, process.ErrGone):
		case err != nil:
			return err
		case out == process.Running:
			return ErrRunning
		}
	}
	// A shell that ends leaves its program alone.
	if kind == Watcher && s.ends(ctx, owner) {
		return nil
	}
	out, err := process.Stop(ctx, owner.Target(), holds, process.Terminate, patience)
	switch {
	case errors.Is(err, process.ErrGone):
		return nil
	case err != nil:
		return err
	case out == process.Running:
		return ErrRunning
	}
	return nil
}

// ends waits a moment for the end of a process: a watcher that was asked to
// end asks its program, which may take a second request for impatience.
func (s *search) ends(ctx context.Context, p process.Info) bool {
	limit := time.NewTimer(aftermath)
	defer limit.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		now, err := s.describe(ctx, p.PID)
		if errors.Is(err, process.ErrGone) || err == nil && now.ID != p.ID {
			return true
		}
		select {
		case <-look.C:
		case <-limit.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}
