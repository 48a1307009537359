package monitor

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"portreeve/monitor/familiar"
	"portreeve/monitor/process"
)

// Hasher finds out what takes long: the hashes of the files that programs run,
// and the images of containers. It is used by several goroutines.
type Hasher interface {
	// Known answers at once, from memory.
	Known(process.Info) (sum string, ok bool)
	Hash(context.Context, process.Info) (sum string, size int64, err error)
	// Image gives the image of a container.
	Image(ctx context.Context, container string) (string, error)
}

// unreadable stands for the hash of a file that can't be read: like no other.
const unreadable = "unreadable"

// form gives a listener the verdict of the book. Where that hangs on a hash that
// is not known the rule counts as if nothing had changed, and the hash is looked
// for beside the watch: a program that was updated is told as soon as it is
// read, and one that was not is never told for a moment.
func (s *state) form(l *Listener) {
	op := s.judge.Of(l.Listening)
	if op.Unsure && s.hasher != nil {
		o := l.Owners[0]
		if imageless(l.Listening) {
			s.unhashed = append(s.unhashed, o)
		} else if sum, ok := s.hasher.Known(o); ok {
			l.SHA256 = sum
			op = s.judge.Of(l.Listening)
		} else {
			s.unhashed = append(s.unhashed, o)
		}
	}
	l.Verdict, l.Why = op.Verdict, op.Why
}

// hashNext reads the next file whose hash a verdict hangs on, one at a time. In
// the loop that is a goroutine's work, which ends with ctx; without a loop the
// caller waits.
func (m *Monitor) hashNext(ctx context.Context) {
	s := &m.state
	m.mu.Lock()
	w := m.wait
	m.mu.Unlock()
	for len(s.unhashed) > 0 && !s.hashing {
		o := s.unhashed[0]
		s.unhashed = s.unhashed[1:]
		if w == nil {
			sum, err := m.hash(ctx, o)
			m.hashed(o, sum, err)
			continue
		}
		s.hashing = true
		m.work.Go(func() {
			sum, err := m.hash(ctx, o)
			select {
			case m.commands <- func(ctx context.Context) {
				m.state.hashing = false
				m.hashed(o, sum, err)
				m.hashNext(ctx)
			}:
				w.wake()
			case <-ctx.Done():
			}
		})
	}
}

// imageless reports a container whose image is to be asked for.
func imageless(l familiar.Listening) bool {
	return len(l.Owners) > 0 && familiar.ContainerOf(l.Owners[0]) != "" && l.Image == "" && !l.NoImage
}

// hash gives the hash of a program's file; of one in a container the image.
func (m *Monitor) hash(ctx context.Context, o process.Info) (string, error) {
	if c := familiar.ContainerOf(o); c != "" {
		return m.opt.Hasher.Image(ctx, c)
	}
	if sum, ok := m.opt.Hasher.Known(o); ok {
		return sum, nil // of the listener before it in the queue
	}
	sum, _, err := m.opt.Hasher.Hash(ctx, o)
	return sum, err
}

// hashed judges the listeners of a process anew, now that the hash of its file
// or the image of its container is known.
func (m *Monitor) hashed(o process.Info, sum string, err error) {
	inside := familiar.ContainerOf(o) != ""
	switch {
	case errors.Is(err, process.ErrGone), errors.Is(err, process.ErrReplaced), errors.Is(err, context.Canceled):
		return // its listeners are about to close, or to get another owner
	case err != nil && !inside:
		slog.Warn("whether a known program has changed can't be told", "error", err)
		sum = unreadable
	}
	s, now := &m.state, time.Now()
	var changes []Change
	for _, l := range s.ordered() {
		if len(l.Owners) == 0 || l.Owners[0].ID != o.ID || l.Owners[0].File != o.File {
			continue
		}
		n := *l
		if inside {
			n.Image, n.NoImage = sum, err != nil
		} else {
			n.SHA256 = sum
		}
		if n.Image == l.Image && n.NoImage == l.NoImage && n.SHA256 == l.SHA256 {
			continue
		}
		s.form(&n)
		s.known[l.Cookie].Listener = &n
		if n.Verdict != l.Verdict {
			changes = append(changes, Change{At: now, Kind: Judged, Listener: &n, Before: l})
		}
	}
	s.list = nil
	if len(changes) > 0 {
		m.publish(Update{Changes: changes})
	}
}

// after carries what is known of one look at a listener's owners to the next:
// the process that was seen whole stays so when its file is deleted under it,
// and a hash is good for as long as the file is the same.
func after(old familiar.Listening, l *familiar.Listening) {
	same := len(old.Owners) > 0 && len(l.Owners) > 0 && old.Owners[0].ID == l.Owners[0].ID && old.Owners[0].File == l.Owners[0].File
	if !same {
		l.Outlived, l.SHA256, l.Image, l.NoImage = false, "", "", false
		return
	}
	was, is := old.Owners[0], l.Owners[0]
	l.Outlived = is.Deleted && (old.Outlived || !was.Deleted)
}
