package reeve

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"portreeve/monitor"
	"portreeve/monitor/explain"
	"portreeve/monitor/familiar"
	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

// flattener makes wire listeners. It remembers the last ones: a listener is
// immutable, so its words are made once.
type flattener struct {
	words explain.Words
	boot  string
	book  *familiar.Book // for this machine's ephemeral range only

	projects projects

	mu    sync.Mutex
	cache map[*monitor.Listener]Listener
}

// all flattens a state; what is not in it is forgotten.
func (f *flattener) all(ls []*monitor.Listener) []Listener {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := make(map[*monitor.Listener]Listener, len(ls))
	out := make([]Listener, len(ls))
	for i, l := range ls {
		w, ok := f.cache[l]
		if !ok {
			w = f.make(l)
		}
		next[l], out[i] = w, w
	}
	f.cache = next
	return out
}

// one flattens a single listener.
func (f *flattener) one(l *monitor.Listener) *Listener {
	f.mu.Lock()
	w, ok := f.cache[l]
	f.mu.Unlock()
	if !ok {
		w = f.make(l)
	}
	return &w
}

func (f *flattener) id(l *monitor.Listener) string {
	return f.boot + "-" + strconv.FormatUint(l.Cookie, 16)
}

func (f *flattener) make(l *monitor.Listener) Listener {
	w := Listener{
		ID:       f.id(l),
		Protocol: l.Proto.String(),
		Address:  l.Local.Addr().String(),
		Port:     l.Local.Port(),
		Scope:    string(familiar.ScopeOf(l.Local.Addr())),
		IPv6Only: l.OnlyV6,
		Verdict:  string(l.Verdict),
		Since:    stamp(l.Since),
		Queue:    l.Queue,
		Backlog:  l.Backlog,
		Owners:   make([]Owner, len(l.Owners)),
		Hidden:   l.Hidden,
		User:     l.User,
		Program:  f.words.Program(l.Listening),
		Place:    f.words.Place(l.Listening),
		Reach:    f.words.Reach(l.Local.Addr()),
		Look:     f.words.Look(l.Listening),
		Reason:   string(l.Why.Reason),
		WhyNew:   f.words.WhyNew(l.Listening, l.Why),
		Subject:  subjectKey(familiar.SubjectOf(l.Listening)),
		Folded:   l.Proto == socket.UDP && f.book.IsEphemeral(l.Local.Port()),
	}
	for i, o := range l.Owners {
		w.Owners[i] = flatOwner(o)
	}
	switch {
	case len(l.Owners) > 0:
		w.Origin = flatOrigin(l.Owners[0].Origin)
		w.Project = explain.Clean(f.words.Short(f.projects.of(l.Owners[0].Dir)), 120)
	case strings.HasSuffix(l.Unit, ".service"):
		w.Origin = flatOrigin(process.Origin{Kind: process.OriginService, Name: l.Unit})
	}
	return w
}

// subjectKey makes a short key of all that a subject says. Paths in it are chosen
// by programs, which must not be able to make two of them meet.
func subjectKey(s familiar.Subject) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%#v", s))
	return hex.EncodeToString(sum[:12])
}

func flatOrigin(o process.Origin) Origin {
	return Origin{Key: o.Key(), Kind: string(o.Kind), Label: explain.Origin(o), Ended: o.Ended}
}

func flatOwner(o process.Info) Owner {
	w := Owner{
		ID: o.Target().String(), PID: o.PID, Name: o.Name, Exe: o.Exe, Cmdline: o.Args, Dir: o.Dir,
		User: o.User, Started: stamp(o.Started), Unit: o.Unit, Container: o.Container, Parents: []string{},
	}
	if w.Cmdline == nil {
		w.Cmdline = []string{}
	}
	for _, p := range o.Parents {
		w.Parents = append(w.Parents, p.Name)
	}
	return w
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// newID gives a rule's id: short enough to type, long enough not to meet
// another, with a letter in front so that it never reads as a port.
func newID() string {
	b := make([]byte, 4)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return "r" + hex.EncodeToString(b)
}
