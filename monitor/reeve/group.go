package reeve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"portreeve/monitor"
	"portreeve/monitor/explain"
	"portreeve/monitor/familiar"
	"portreeve/monitor/process"
)

// memberPatience is how long each of many is given to end.
const memberPatience = 2 * time.Second

// member is one process that belongs to a group, and how to end it: because of
// the group or of a socket that it holds.
type member struct {
	process.Info
	holds *monitor.Listener // nil where the bond says it
}

// StopGroup lists what belongs together with a holder, and ends those of the
// list that were confirmed, newest first. Whoever has joined since is not ended.
func (r *Reeve) StopGroup(ctx context.Context, req GroupRequest) (*Group, error) {
	if req.Of == OfEnded {
		return r.stopListening(ctx, req, "what ended sessions left behind", func(o process.Origin) bool { return o.Ended })
	}
	l, _, err := r.find(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(l.Owners, func(o process.Info) bool { return o.Target().String() == req.Owner })
	if i < 0 {
		return nil, &Error{Code: CodeChanged, Message: fmt.Sprintf("%s is held by another process now", explain.Endpoint(l.Local)), Hint: "look again: portreeve list"}
	}
	owner := l.Owners[i]
	u, err := r.Monitor.Now(ctx)
	if err != nil {
		return nil, failed("read the listeners", err)
	}
	switch req.Of {
	case OfProject:
		folder := r.flat.projects.of(owner.Dir)
		if folder == "" {
			return nil, &Error{Code: CodeUnsure, Message: fmt.Sprintf("%s runs in no project", explain.Clean(owner.Name, 40)), Hint: "no folder above it has a .git, go.mod, package.json or the like"}
		}
		g := r.group(u, "the project "+explain.Clean(r.Words.Short(folder), 80), r.inProject(u, folder), nil)
		return r.endMembers(ctx, req, g, r.inProject(u, folder), process.Bond{})
	case OfOrigin:
		key := owner.Origin.Key()
		if key == "" {
			return nil, &Error{Code: CodeUnsure, Message: fmt.Sprintf("it is not known what started %s", explain.Clean(owner.Name, 40)), Hint: "stop it by itself"}
		}
		return r.stopListening(ctx, req, "what "+explain.Origin(owner.Origin)+" started", func(o process.Origin) bool { return o.Key() == key })
	case OfGroup, OfSession:
		look, what := process.Group, "the process group %d"
		if req.Of == OfSession {
			look, what = process.Session, "the session %d"
		}
		m, err := look(ctx, owner.ID)
		if err != nil {
			return nil, refused(err, owner)
		}
		if req.Of == OfSession && !m.Led {
			what = "the ended session %d"
		}
		var all []member
		for _, info := range m.Infos {
			all = append(all, member{Info: info})
		}
		return r.endMembers(ctx, req, r.group(u, fmt.Sprintf(what, m.Number), all, m.Spared), all, m.Bond)
	}
	return nil, &Error{Code: CodeUsage, Message: fmt.Sprintf("nothing belongs together by %q", req.Of), Hint: "say group, session or project"}
}

// stopListening lists and ends the programs that listen and come from an origin.
// Others of the same session are left alone: they hold no port, and may be work
// that was meant to go on.
func (r *Reeve) stopListening(ctx context.Context, req GroupRequest, title string, from func(process.Origin) bool) (*Group, error) {
	u, err := r.Monitor.Now(ctx)
	if err != nil {
		return nil, failed("read the listeners", err)
	}
	all := listening(u, func(o process.Info) bool { return from(o.Origin) })
	return r.endMembers(ctx, req, r.group(u, title, all, nil), all, process.Bond{})
}

func (r *Reeve) inProject(u monitor.Update, folder string) []member {
	return listening(u, func(o process.Info) bool { return r.flat.projects.of(o.Dir) == folder })
}

// listening gives the programs that listen and are wanted, oldest first.
func listening(u monitor.Update, wanted func(process.Info) bool) []member {
	var all []member
	for _, l := range u.Listeners {
		for _, o := range l.Owners {
			if wanted(o) && !slices.ContainsFunc(all, func(m member) bool { return m.ID == o.ID }) {
				all = append(all, member{o, l})
			}
		}
	}
	// A clock tick is 10 ms: within one the pids tell who came first.
	slices.SortFunc(all, func(a, b member) int { return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.PID, b.PID)) })
	return all
}

func (r *Reeve) group(u monitor.Update, title string, all []member, spared []process.Spared) *Group {
	g := &Group{Title: title, Members: []Member{}, Spared: []Member{}}
	for _, m := range all {
		g.Members = append(g.Members, r.memberOf(u, m.Info))
	}
	for _, s := range spared {
		m := r.memberOf(u, s.Info)
		m.Why = explain.Clean(s.Why, 120)
		g.Spared = append(g.Spared, m)
	}
	return g
}

func (r *Reeve) memberOf(u monitor.Update, o process.Info) Member {
	l := familiar.Listening{Owners: []process.Info{o}}
	m := Member{Owner: o.Target().String(), PID: o.PID, Program: r.Words.Program(l), Place: r.Words.Place(l), Listens: []string{}}
	for _, x := range u.Listeners {
		if slices.ContainsFunc(x.Owners, func(h process.Info) bool { return h.ID == o.ID }) {
			m.Listens = append(m.Listens, x.Local.String())
		}
	}
	return m
}

// endMembers ends the confirmed members, the newest first: a parent that sees
// its children end may start others, so it is asked last but not spared.
func (r *Reeve) endMembers(ctx context.Context, req GroupRequest, g *Group, all []member, of process.Bond) (*Group, error) {
	if len(req.Confirmed) == 0 {
		return g, nil
	}
	how := process.Terminate
	if req.Force {
		how = process.Kill
	}
	ended, left := 0, []string{}
	for i := len(all) - 1; i >= 0; i-- {
		m := &g.Members[i]
		if !slices.Contains(req.Confirmed, m.Owner) {
			m.Why = "it was not in the list that was confirmed"
			continue
		}
		outcome, err := all[i].end(ctx, of, how)
		switch {
		case outcome == process.Ended || errors.Is(err, process.ErrGone):
			m.Ended = true
			ended++
			continue
		case err != nil:
			m.Why = refused(err, all[i].Info).Message
		default:
			m.Why = "it was asked to end and still runs"
		}
		left = append(left, m.Program)
	}
	switch {
	case len(left) == 0 && ended == 1:
		g.Text = "1 program has ended."
	case len(left) == 0:
		g.Text = fmt.Sprintf("%d programs have ended.", ended)
	default:
		g.Text = fmt.Sprintf("%d of %d programs have ended; still there: %s.", ended, ended+len(left), strings.Join(left, ", "))
	}
	return g, nil
}

func (m member) end(ctx context.Context, of process.Bond, how process.Method) (process.Outcome, error) {
	if m.holds != nil {
		return process.Stop(ctx, m.Target(), m.holds.Socket, how, memberPatience)
	}
	return process.StopMember(ctx, m.Target(), of, how, memberPatience)
}
