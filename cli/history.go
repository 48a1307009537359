package cli

import (
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"portreeve/monitor/reeve"
)

func (a *app) historyCommand() *cobra.Command {
	var req reeve.HistoryRequest
	var port, since, until string
	var asJSON, asCSV bool
	c := &cobra.Command{
		Use:   "history",
		Short: "Show who listened where and when",
		Long: `Show who listened on which port and when, the newest last, as far as a running
Portreeve has seen it. Times are local ones.

--since and --until take how long ago (30m, 2h, 7d) or a day or time (2026-11-26,
"2026-11-26 14:00"); what listened in between is shown, whenever it began.

A ~ before a time says that it is no later than that: it listened already when
Portreeve looked first, or ended while no Portreeve was running.`,
		Example: `  portreeve history --since 2h
  portreeve history --port 62893
  portreeve history --program python --csv > python.csv
  portreeve history --json | jq -r '.spells[] | select(.told) | .program'`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			if asJSON && asCSV {
				return usage("history prints JSON or CSV, not both", "leave one of --json and --csv")
			}
			if port != "" {
				n, err := strconv.ParseUint(port, 10, 16)
				if err != nil || n == 0 {
					return badPort(port)
				}
				req.Port = uint16(n)
			}
			now := time.Now()
			var err error
			if req.Since, err = when("--since", since, now); err != nil {
				return err
			}
			if req.Until, err = when("--until", until, now); err != nil {
				return err
			}
			v, err := a.Open(c.Context())
			if err != nil {
				return err
			}
			h, err := v.History(c.Context(), req)
			if err != nil {
				return fmt.Errorf("read the history: %w", err)
			}
			switch {
			case asJSON:
				return a.printJSON(h)
			case asCSV:
				text, err := historyCSV(h)
				if err != nil {
					return fmt.Errorf("write the history as CSV: %w", err)
				}
				if err := a.print(text); err != nil {
					return err
				}
				a.remark(historyNotes(h))
				return nil
			}
			text := a.historyText(h, now)
			if notes := historyNotes(h); len(notes) > 0 {
				text += "\n" + strings.Join(notes, "\n") + "\n"
			}
			return a.print(text)
		},
	}
	c.Flags().StringVar(&port, "port", "", "only this port")
	c.Flags().StringVar(&req.Program, "program", "", "only programs with this in their name")
	c.Flags().StringVar(&since, "since", "", "only what listened since then: 2h, 7d, 2026-11-26")
	c.Flags().StringVar(&until, "until", "", "only what listened until then")
	c.Flags().IntVar(&req.Limit, "limit", 0, "at most so many, the newest; 0 means 1000")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, everything in one line")
	c.Flags().BoolVar(&asCSV, "csv", false, "print CSV, for a spreadsheet")
	return c
}

// remark writes what a person should know beside an answer for a program.
func (a *app) remark(notes []string) {
	for _, n := range notes {
		_, _ = fmt.Fprintln(a.Err, n) // the answer is out; nobody is left to tell
	}
}

// when reads a time that somebody typed and gives it as the wire has it.
func when(flag, text string, now time.Time) (string, error) {
	if text == "" {
		return "", nil
	}
	at := func(t time.Time) (string, error) { return t.Format(time.RFC3339), nil }
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n < 100_000 {
			return at(now.AddDate(0, 0, -n))
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return at(now.Add(-d))
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", time.DateTime, "2006-01-02T15:04", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return at(t)
		}
	}
	return "", usage(flag+" "+quote(text)+" is no time", `write how long ago, as 30m, 2h or 7d, or a time, as 2026-11-26 or "2026-11-26 14:00"`)
}

// historyText is the history for people, the newest last: nearest to where they
// look.
func (a *app) historyText(h *reeve.History, now time.Time) string {
	if len(h.Spells) == 0 {
		return "nothing is recorded of that\n"
	}
	rows := []row{{{text: "FROM"}, {text: "UNTIL"}, {text: "STATE"}, {text: "ADDRESS"}, {text: "PROGRAM"}, {text: "PID"}, {text: "USER"}, {text: "WHERE"}}}
	for i := len(h.Spells) - 1; i >= 0; i-- {
		s := h.Spells[i]
		l := reeve.Listener{Verdict: s.Verdict, Address: s.Address, Port: s.Port, Protocol: s.Protocol, Program: s.Program}
		r := row{{text: moment(s.Opened, s.Before, now)}, {text: "now"}, {text: state(l)}, {text: endpoint(l)}, {text: program(l)}, {},
			{text: clean(s.User, maxName)}, {text: clean(s.Place, maxPlace)}}
		if s.Closed != "" {
			r[1].text = moment(s.Closed, s.Lost, now)
		}
		if s.Verdict == "unfamiliar" {
			r[2].style = bold
		}
		if s.Scope == "network" {
			r[3].style = yellow
		}
		if s.PID != 0 {
			r[5].text = strconv.Itoa(int(s.PID))
		}
		rows = append(rows, r)
	}
	return table(rows, a.tty.width, a.tty.colour)
}

// moment writes an RFC 3339 time for people, in local time to the second.
func moment(s string, about bool, now time.Time) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return clean(s, maxName)
	}
	layout := "2 Jan 15:04:05"
	if t = t.Local(); t.Year() != now.Local().Year() {
		layout = "2 Jan 2006 15:04:05"
	}
	text := t.Format(layout)
	if about {
		text = "~" + text
	}
	return text
}

// historyNotes say what the answer leaves out and why.
func historyNotes(h *reeve.History) []string {
	var notes []string
	if h.Cut {
		notes = append(notes, fmt.Sprintf("there are more than these %d; --since, --until or --limit chooses others", len(h.Spells)))
	}
	if h.Off {
		notes = append(notes, "nothing is recorded at the moment (portreeve settings history.on on)")
	}
	if h.Problem != "" {
		notes = append(notes, clean(h.Problem, maxSentence))
	}
	return notes
}

// historyCSV gives RFC 4180's format. What a program chose is cleaned of
// controls, and where a spreadsheet would take it for a formula an apostrophe
// stands before it, which spreadsheets show as text.
func historyCSV(h *reeve.History) (string, error) {
	var b strings.Builder
	w := csv.NewWriter(&b)
	rows := [][]string{{"opened", "before", "closed", "lost", "protocol", "address", "port", "scope", "verdict", "told", "program", "pid", "user", "place", "exe", "origin", "id"}}
	for _, s := range h.Spells {
		rows = append(rows, []string{s.Opened, strconv.FormatBool(s.Before), s.Closed, strconv.FormatBool(s.Lost), s.Protocol, s.Address,
			strconv.Itoa(int(s.Port)), s.Scope, s.Verdict, strconv.FormatBool(s.Told), inert(s.Program), strconv.Itoa(int(s.PID)), inert(s.User),
			inert(s.Place), inert(s.Exe), inert(s.Origin), s.ID})
	}
	for _, r := range rows {
		if err := w.Write(r); err != nil {
			return "", err
		}
	}
	w.Flush()
	return b.String(), w.Error()
}

// longestCell is what spreadsheets take at most, by far.
const longestCell = 4096

func inert(s string) string {
	s = clean(s, longestCell)
	// Spreadsheets skip spaces and quotes before they look for a formula.
	if t := strings.TrimLeft(s, " '\""); t != "" && strings.ContainsRune("=+-@|%", rune(t[0])) {
		return "'" + s
	}
	return s
}
