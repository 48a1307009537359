package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"portreeve/monitor/reeve"
)

// wouldStop is the answer of stop --dry-run --json.
type wouldStop struct {
	// WouldStop has an entry for each program; never null.
	WouldStop []wouldProgram `json:"would_stop"`
}

type wouldProgram struct {
	PID     int32  `json:"pid"`
	Program string `json:"program"`
	// Listeners are the ids of what it listens with there.
	Listeners []string `json:"listeners"`
	// Unit and Container are what it belongs to; empty for none.
	Unit      string `json:"unit"`
	Container string `json:"container"`
	// Others are the pids of those that hold it too, and would be left; never null.
	Others []int32 `json:"others"`
}

// dryRun says whom a stop would be about. It tells what the list knows: who is
// connected, and who would start a program again, is found out by the stop
// itself, which asks then.
func (a *app) dryRun(ctx context.Context, v Verbs, s stop) error {
	holders, err := seek(ctx, v, s.target, "stop", target.takes)
	if err != nil {
		return err
	}
	if len(holders) > 1 && !s.yes {
		return several(s.target, holders, chooseHint(holders, "end"))
	}
	answer := wouldStop{WouldStop: []wouldProgram{}}
	var problems []error
	var b strings.Builder
	for _, h := range holders {
		if h.hidden() {
			problems = append(problems, a.cannotSee(s, h))
			continue
		}
		others := othersOf(h)
		answer.WouldStop = append(answer.WouldStop, would(h, others))
		b.WriteString(wouldText(s, h, others))
	}
	var output error
	if s.json {
		output = a.printJSON(answer)
	} else if b.Len() > 0 {
		output = a.print(b.String() + "nothing was stopped; the stop itself asks before it costs more than that\n")
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	return output
}

func would(h holder, others []reeve.Owner) wouldProgram {
	w := wouldProgram{
		PID: h.owner.PID, Program: program(h.listeners[0]), Listeners: ids(h),
		Unit: h.owner.Unit, Container: h.owner.Container, Others: []int32{},
	}
	for _, o := range others {
		w.Others = append(w.Others, o.PID)
	}
	return w
}

func wouldText(s stop, h holder, others []reeve.Owner) string {
	text := fmt.Sprintf("would end %s on %s", h.name(), h.endpoints())
	if s.force {
		text += " at once"
	}
	text += "\n"
	switch {
	case h.owner.Container != "":
		text += "  it runs in the container " + clean(h.owner.Container, maxName) + ", which may start it again\n"
	case strings.HasSuffix(h.owner.Unit, ".service"):
		text += "  it belongs to " + clean(h.owner.Unit, maxName) + ", which may start it again\n"
	}
	if len(others) > 0 {
		var names []string
		for _, o := range others {
			names = append(names, fmt.Sprintf("%s (%d)", clean(o.Name, maxName), o.PID))
		}
		text += "  also held by " + cut(strings.Join(names, ", "), maxSentence) + ", which may be left\n"
	}
	return text
}

// othersOf gives who else holds the listeners of a holder.
func othersOf(h holder) []reeve.Owner {
	var all []reeve.Owner
	seen := map[string]bool{h.owner.ID: true}
	for _, l := range h.listeners {
		for _, o := range l.Owners {
			if !seen[o.ID] {
				seen[o.ID] = true
				all = append(all, o)
			}
		}
	}
	return all
}
