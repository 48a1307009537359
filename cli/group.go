package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"portreeve/monitor/reeve"
)

// groups are the flags that mean more than one process.
type groups struct{ group, session, project bool }

// one gives what is meant, as reeve.GroupRequest.Of; empty for nothing and for
// more than one.
func (g groups) one() string {
	switch g {
	case groups{group: true}:
		return reeve.OfGroup
	case groups{session: true}:
		return reeve.OfSession
	case groups{project: true}:
		return reeve.OfProject
	}
	return ""
}

// stopGroup lists what belongs together with the holder of a port, and ends
// exactly the members of that list once they are confirmed.
func (a *app) stopGroup(ctx context.Context, v Verbs, s stop, of string) error {
	req, listed, err := a.findGroup(ctx, v, s, of)
	if err != nil {
		return err
	}
	switch {
	case s.dryRun && s.json:
		return a.printJSON(listed)
	case s.dryRun:
		return a.print(groupText(listed))
	case len(listed.Members) == 0:
		return &choice{fail(reeve.CodeProtected, "nothing of "+clean(listed.Title, maxPlace)+" may be ended", ""), memberRows(listed.Spared)}
	case !s.yes && a.tty.asks && !s.json:
		question := groupText(listed) + "End " + programs(len(listed.Members))
		if s.force {
			question += " at once, without a chance to save"
		}
		said, err := a.ask(ctx, question+"? [y/N] ")
		if err != nil {
			return err
		}
		if !yes(said) {
			return fail(reeve.CodeUnsure, "nothing was stopped", "")
		}
	case !s.yes:
		return &choice{
			fail(reeve.CodeConfirm, programs(len(listed.Members))+" would end: "+clean(listed.Title, maxPlace), "--yes ends them; --dry-run lists them with what is left alone"),
			memberRows(listed.Members),
		}
	}
	for _, m := range listed.Members {
		req.Confirmed = append(req.Confirmed, m.Owner)
	}
	done, err := v.StopGroup(ctx, req)
	if err != nil {
		return fmt.Errorf("stop %s: %w", clean(listed.Title, maxPlace), err)
	}
	return a.groupStopped(ctx, v, s, done)
}

// groupStopped tells how it went. The port is looked at again, whatever the
// members were said to do.
func (a *app) groupStopped(ctx context.Context, v Verbs, s stop, done *reeve.Group) error {
	var output error
	if s.json {
		output = a.printJSON(done)
	} else {
		output = a.print(clean(done.Text, maxSentence) + "\n")
	}
	var problems []error
	for _, m := range done.Members {
		if !m.Ended {
			problems = append(problems, fail(reeve.CodeFailed, fmt.Sprintf("%s (%d): %s", clean(m.Program, maxName), m.PID, clean(m.Why, maxPlace)), ""))
		}
	}
	left, err := waitFree(ctx, v, s.target, len(problems) == 0)
	switch {
	case err != nil:
		problems = append(problems, err)
	case len(left) > 0:
		problems = append(problems, stillTaken(s.target, left, ""))
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	return output
}

// findGroup gives the group that the holders of a port are in, and the request
// that it was listed by. Several holders have to be in the same one.
func (a *app) findGroup(ctx context.Context, v Verbs, s stop, of string) (reeve.GroupRequest, *reeve.Group, error) {
	var req reeve.GroupRequest
	var found *reeve.Group
	holders, err := seek(ctx, v, s.target, "stop", target.takes)
	if err != nil {
		return req, nil, err
	}
	for _, h := range holders {
		if h.hidden() {
			return req, nil, a.cannotSee(s, h)
		}
		r := reeve.GroupRequest{ID: h.listeners[0].ID, Owner: h.owner.ID, Of: of, Force: s.force, Confirmed: []string{}}
		g, err := v.StopGroup(ctx, r)
		if err != nil {
			return req, nil, named(err, h, len(holders) > 1)
		}
		if found == nil {
			req, found = r, g
		} else if !sameGroup(found, g) {
			return req, nil, several(s.target, holders, "they belong to different groups; give the address of one")
		}
	}
	return req, found, nil
}

func sameGroup(a, b *reeve.Group) bool {
	same := func(x, y reeve.Member) bool { return x.Owner == y.Owner }
	return a.Title == b.Title && slices.EqualFunc(a.Members, b.Members, same)
}

// groupText lists a group for people.
func groupText(g *reeve.Group) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s:\n", clean(g.Title, maxPlace), programs(len(g.Members)))
	for _, r := range memberRows(g.Members) {
		fmt.Fprintf(&b, "  %s\n", r)
	}
	if len(g.Spared) > 0 {
		b.WriteString("left alone:\n")
		for _, r := range memberRows(g.Spared) {
			fmt.Fprintf(&b, "  %s\n", r)
		}
	}
	return b.String()
}

// memberRows gives a line for each: who, what it runs, where it listens, and why
// it is left alone.
func memberRows(members []reeve.Member) []string {
	if len(members) == 0 {
		return nil
	}
	var rows []row
	for _, m := range members {
		listens := make([]string, len(m.Listens))
		for i, at := range m.Listens {
			listens[i] = clean(at, 2*maxName)
		}
		name := clean(m.Program, maxName)
		if name == "" {
			name = "unnamed program"
		}
		rows = append(rows, row{
			{text: fmt.Sprintf("%s (%d)", name, m.PID)},
			{text: clean(m.Place, maxPlace)},
			{text: strings.Join(listens, ", ")},
			{text: clean(m.Why, maxPlace)},
		})
	}
	return strings.Split(strings.TrimSuffix(table(rows, 0, false), "\n"), "\n")
}

func programs(n int) string {
	if n == 1 {
		return "1 program"
	}
	return fmt.Sprintf("%d programs", n)
}
