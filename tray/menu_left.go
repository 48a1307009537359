package tray

// This file makes the row of what ended sessions have left behind. It is pure.

import (
	"fmt"
	"hash/fnv"
	"strings"

	"portreeve/monitor/explain"
	"portreeve/monitor/reeve"
)

// leftBehind gives what ended sessions have left, one entry for each program:
// dev servers whose terminal, editor or agent is gone.
func leftBehind(entries []entry) []entry {
	var left []entry
	seen := map[string]bool{}
	for i := range entries {
		if e := &entries[i]; e.Origin.Ended && e.owner() != "" && !seen[e.owner()] {
			seen[e.owner()] = true
			left = append(left, *e)
		}
	}
	return left
}

// leftRow counts them and offers to stop them all. A click carries the owners
// that were counted, and a key means them for ever.
func leftRow(left []entry) Row {
	owners, sessions := make([]string, 0, len(left)), map[string]bool{}
	for _, e := range left {
		owners = append(owners, e.owner())
		sessions[e.Origin.Key] = true
	}
	all := strings.Join(owners, " ")
	h := fnv.New64a()
	_, _ = h.Write([]byte(all)) // a hash takes all
	label := "Stop all…"
	if len(left) == 1 {
		label = "Stop it…"
	}
	stop := Row{
		Key: fmt.Sprintf("left-stop/%x", h.Sum64()), Label: label,
		Do: Do{Act: ActStopLeft, Title: explain.LeftBehind(len(left), len(sessions)), Text: all},
	}
	rows := []Row{stop}
	shown := left
	if len(left) > maxSubmenu-1 {
		shown = left[:maxSubmenu-2]
	}
	for _, e := range shown {
		rows = append(rows, Row{Key: e.key("left"), Label: e.label(true), Do: e.do(ActDetails, "")})
	}
	if more := len(left) - len(shown); more > 0 {
		rows = append(rows, Row{Key: "more-left", Label: fmt.Sprintf("%d more in the window…", more), Do: Do{Act: ActOpen}})
	}
	return Row{Key: "left", Label: stop.Do.Title, Rows: rows}
}

// onlyShown leaves of a group those whose owners were on the screen.
func onlyShown(g *reeve.Group, shown string) []reeve.Member {
	was := map[string]bool{}
	for _, id := range strings.Fields(shown) {
		was[id] = true
	}
	var members []reeve.Member
	for _, m := range g.Members {
		if was[m.Owner] {
			members = append(members, m)
		}
	}
	return members
}
