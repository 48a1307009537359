package cli

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"portreeve/monitor/reeve"
)

func TestTheHistoryIsATableWithTheNewestLast(t *testing.T) {
	day := time.Now().Truncate(24 * time.Hour).Add(-24 * time.Hour)
	stamp := func(d time.Duration) string { return day.Add(d).Format(time.RFC3339) }
	local := func(d time.Duration) string { return day.Add(d).Local().Format("2 Jan 15:04:05") }
	f := &fake{history: reeve.History{Cut: true, Spells: []reeve.Spell{
		{Protocol: "tcp", Address: "127.0.0.1", Port: 62893, Scope: "loopback", Verdict: "unfamiliar", Opened: stamp(time.Hour), Closed: stamp(2 * time.Hour), Lost: true,
			Program: "py\x1b[31mthon3", PID: 7, User: "ada", Place: "~/src/shop"},
		{Protocol: "tcp", Address: "0.0.0.0", Port: 22, Scope: "network", Verdict: "baseline", Opened: stamp(0), Before: true, Program: "sshd", User: "root"},
	}}}
	got := f.run(t, "history", "--port", "22", "--program", "x", "--since", "2h")
	lines := strings.Split(got.out, "\n")
	for i, want := range []string{
		"FROM", "~" + local(0) + "  now", local(time.Hour) + "   ~" + local(2*time.Hour),
	} {
		if !strings.HasPrefix(strings.TrimSpace(lines[i]), want) {
			t.Errorf("line %d: got %q, want it to begin with %q", i, lines[i], want)
		}
	}
	if !strings.Contains(lines[2], `py\x1b[31mthon3`) || strings.Contains(got.out, "\x1b") {
		t.Errorf("got %q, want the escape shown and not sent", lines[2])
	}
	if !strings.Contains(got.out, "there are more than these 2") {
		t.Errorf("got %q, want it to say that there are more", got.out)
	}
	req := f.histories[0]
	since, err := time.Parse(time.RFC3339, req.Since)
	if ago := time.Since(since); err != nil || ago < 2*time.Hour || ago > 2*time.Hour+time.Minute || req.Port != 22 || req.Program != "x" {
		t.Errorf("asked for %+v, want port 22, x and two hours ago", req)
	}
}

func TestNoCellOfTheCSVIsAFormula(t *testing.T) {
	var spells []reeve.Spell
	names := []string{`=cmd|' /C calc'!A0`, "+1", "-1", "@SUM(1)", " =1", "\t=1", "'=1", "a,\"b\"\nc", "\x1b]0;x\a", "python3"}
	for _, n := range names {
		spells = append(spells, reeve.Spell{Program: n, Place: n, Exe: n, User: n, Origin: n, Address: "::1", Port: 1})
	}
	got := (&fake{history: reeve.History{Spells: spells, Off: true}}).run(t, "history", "--csv")
	rows, err := csv.NewReader(strings.NewReader(got.out)).ReadAll()
	if err != nil || len(rows) != len(names)+1 {
		t.Fatalf("got %d rows, %v, want %d", len(rows), err, len(names)+1)
	}
	for _, r := range rows[1:] {
		for _, cell := range r {
			if strings.ContainsAny(cell, "\x1b\a\n\t") || cell != "" && strings.ContainsRune("=+-@", rune(strings.TrimLeft(cell, " ")[0])) {
				t.Errorf("got the cell %q, want neither a control nor a formula", cell)
			}
		}
	}
	if last := rows[len(rows)-1]; last[10] != "python3" {
		t.Errorf("got %q, want a plain name as it is", last[10])
	}
	if !strings.Contains(got.errs, "nothing is recorded at the moment") {
		t.Errorf("the error stream: got %q, want the remark there", got.errs)
	}
}

func TestTimesAreReadAsPeopleTypeThem(t *testing.T) {
	now := time.Date(2026, 11, 26, 15, 4, 5, 0, time.UTC)
	for text, want := range map[string]string{
		"":                     "",
		"2h":                   "2026-11-26T13:04:05Z",
		"90m":                  "2026-11-26T13:34:05Z",
		"7d":                   "2026-11-19T15:04:05Z",
		"2026-11-20":           "2026-11-20T00:00:00Z",
		"2026-11-20 14:00":     "2026-11-20T14:00:00Z",
		"2026-11-20T14:00:00Z": "2026-11-20T14:00:00Z",
	} {
		if got, err := when("--since", text, now); got != want || err != nil {
			t.Errorf("%q: got %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"yesterday", "-2h", "-1d", "2026-13-01", "d", "2"} {
		if got, err := when("--since", text, now); err == nil {
			t.Errorf("%q: got %q, want an error", text, got)
		}
	}
}
