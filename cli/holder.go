package cli

import (
	"context"
	"fmt"
	"strings"

	"portreeve/monitor/reeve"
)

// holder is one process with the listeners among the wanted ones that it holds
// as their topmost owner, in the order of the list; there is at least one. One
// process on IPv4 and IPv6 of a port is one holder.
type holder struct {
	owner     reeve.Owner // its ID is empty where the owner is hidden
	listeners []reeve.Listener
}

func (h holder) hidden() bool { return h.owner.ID == "" }

// name says who it is: "node (4711)".
func (h holder) name() string { return who(h.listeners[0]) }

// endpoints lists where it listens.
func (h holder) endpoints() string {
	var all []string
	for _, l := range h.listeners {
		all = append(all, endpoint(l))
	}
	return strings.Join(all, ", ")
}

// holdersOf groups listeners by their topmost owner, in the order of the list.
// Hidden ones are together where the same is known of them.
func holdersOf(listeners []reeve.Listener) []holder {
	var all []holder
	index := map[string]int{}
	for _, l := range listeners {
		var owner reeve.Owner
		key := "hidden\x00" + l.Program + "\x00" + l.Hidden
		if len(l.Owners) > 0 {
			owner = l.Owners[0]
			key = owner.ID
		}
		i, ok := index[key]
		if !ok {
			i = len(all)
			index[key] = i
			all = append(all, holder{owner: owner})
		}
		all[i].listeners = append(all[i].listeners, l)
	}
	return all
}

// who names the topmost owner of a listener: "node (4711)".
func who(l reeve.Listener) string {
	if len(l.Owners) == 0 {
		return program(l)
	}
	return fmt.Sprintf("%s (%d)", program(l), l.Owners[0].PID)
}

// program names it without the pid; never empty. The name as the program chose it
// goes before Listener.Program, which leaves out what here is shown escaped.
func program(l reeve.Listener) string {
	switch {
	case len(l.Owners) > 0 && l.Owners[0].Name != "":
		return clean(l.Owners[0].Name, maxName)
	case l.Program != "":
		return clean(l.Program, maxName)
	case len(l.Owners) > 0:
		return "unnamed program"
	}
	return "hidden program"
}

// seek lists the holders of the listeners on t that fit, or says why there are
// none. verb is the command, for hints.
func seek(ctx context.Context, v Verbs, t target, verb string, fits func(target, reeve.Listener) bool) ([]holder, error) {
	all, err := v.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("list what listens: %w", err)
	}
	found := filter(all.Listeners, func(l reeve.Listener) bool { return fits(t, l) })
	if len(found) == 0 {
		return nil, nothingThere(t, verb, all.Listeners)
	}
	return holdersOf(found), nil
}

// nothingThere says that nothing listens on t, and what may have been meant.
func nothingThere(t target, verb string, all []reeve.Listener) error {
	hint := "portreeve list shows what does"
	for _, l := range all {
		if l.Port != t.port {
			continue
		}
		// The same protocol on another address is nearer than the other one.
		hint = fmt.Sprintf("%s listens on %s: portreeve %s %s", who(l), endpoint(l), verb, endpoint(l))
		if l.Protocol == t.proto {
			break
		}
	}
	what := "nothing listens on "
	if t.proto == "udp" {
		what = "no UDP socket is bound to "
	}
	return fail(reeve.CodeNotListening, what+strings.TrimSuffix(t.place(), "/udp"), hint)
}

// several refuses to choose among holders.
func several(t target, holders []holder, hint string) error {
	rows := make([]row, len(holders))
	for i, h := range holders {
		rows[i] = row{{text: h.name()}, {text: h.endpoints()}, {text: where(h.listeners[0])}}
	}
	text := strings.TrimSuffix(table(rows, 0, false), "\n")
	return &choice{
		error: fail(reeve.CodeAmbiguous, fmt.Sprintf("%d programs listen on %s", len(holders), t.place()), hint),
		rows:  strings.Split(text, "\n"),
	}
}

func filter(all []reeve.Listener, keep func(reeve.Listener) bool) []reeve.Listener {
	kept := []reeve.Listener{} // never nil: it may become JSON
	for _, l := range all {
		if keep(l) {
			kept = append(kept, l)
		}
	}
	return kept
}
