package window

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"portreeve/monitor/reeve"
)

// csvHead names the columns of an export. Scripts read them: they stay, and new
// ones go to the end.
var csvHead = []string{"opened", "closed", "program", "runs", "protocol", "address", "port", "scope", "verdict",
	"started_by", "user", "pid", "file", "told", "opened_before", "closed_unseen"}

// writeCSV writes spells as RFC 4180 says, with UTF-8 and times as RFC 3339. Every
// text is cleaned, and none can be a formula: spreadsheets run what begins with
// one of =, +, - and @, which is an attacker's way from a program's name into the
// computer of whoever opens the file.
func writeCSV(to io.Writer, spells []reeve.Spell) error {
	w := csv.NewWriter(to)
	w.UseCRLF = true
	if err := w.Write(csvHead); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	yes := func(b bool) string { return strconv.FormatBool(b) }
	for i := range spells {
		s := &spells[i]
		if err := w.Write([]string{
			cell(s.Opened), cell(s.Closed), cell(s.Program), cell(s.Place), cell(s.Protocol), cell(s.Address),
			strconv.Itoa(int(s.Port)), cell(s.Scope), cell(s.Verdict), cell(s.Origin), cell(s.User), decimal(s.PID),
			cell(s.Exe), yes(s.Told), yes(s.Before), yes(s.Lost),
		}); err != nil {
			return fmt.Errorf("write csv: %w", err)
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	return nil
}

// cell makes a text of others harmless in a table. What a spreadsheet would take
// for a formula, also after blanks or in the wide characters of East Asian
// keyboards, gets an apostrophe before it, which spreadsheets read as "text".
func cell(s string) string {
	s = clean(s, allText)
	if first := strings.TrimLeft(s, " \u00a0\u3000"); first != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(first)[0]) {
		return "'" + s
	}
	return s
}
