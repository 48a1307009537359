package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"portreeve/monitor/reeve"
)

func (a *app) listCommand() *cobra.Command {
	var asJSON, all bool
	c := &cobra.Command{
		Use:   "list [FILTER]",
		Short: "Show what listens now",
		Long: `Show the programs that listen on ports of this computer, one listener a line.

FILTER keeps some of them: a port (3000), an address with a port
(127.0.0.1:3000, as the list writes it), or a word that is looked for in the
program, its arguments and folder, the user, the address and the state. Nothing
found is an empty list, and no failure.

Temporary UDP sockets (a program that waits for an answer) are folded away
unless --all is given. With --json nothing is folded and nothing shortened: one
object in one line, as documented for GET /v1/listeners.`,
		Example: `  portreeve list
  portreeve list 3000
  portreeve list python
  portreeve list --json | jq -r '.listeners[] | select(.scope == "network") | .port'`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return oneArg("a filter")(c, args)
		},
		ValidArgsFunction: a.completePorts,
		RunE: func(c *cobra.Command, args []string) error {
			v, err := a.Open(c.Context())
			if err != nil {
				return err
			}
			listing, err := v.List(c.Context())
			if err != nil {
				return fmt.Errorf("list what listens: %w", err)
			}
			shown := *listing // the answer may be shared with others
			if len(args) > 0 {
				shown.Listeners = filter(shown.Listeners, wanted(args[0]))
			}
			if asJSON {
				return a.printJSON(shown)
			}
			return a.print(a.listText(shown, all, len(args) > 0))
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, everything in one line")
	c.Flags().BoolVar(&all, "all", false, "show temporary UDP sockets too")
	return c
}

// listText is the list for people: a table, then what it leaves out and why.
func (a *app) listText(listing reeve.Listing, all, filtered bool) string {
	rows := []row{{{text: "STATE"}, {text: "ADDRESS"}, {text: "PROGRAM"}, {text: "PID"}, {text: "USER"}, {text: "WHERE"}}}
	folded, hidden := 0, 0
	for _, l := range listing.Listeners {
		if l.Folded && !all {
			folded++
			continue
		}
		if len(l.Owners) == 0 {
			hidden++
		}
		rows = append(rows, listRow(l))
	}
	var b strings.Builder
	switch {
	case len(rows) > 1:
		b.WriteString(table(rows, a.tty.width, a.tty.colour))
	case filtered && folded == 0:
		b.WriteString("nothing that listens matches\n")
	case folded == 0:
		b.WriteString("nothing listens\n")
	}
	var notes []string
	switch {
	case folded == 1:
		notes = append(notes, "1 temporary UDP socket is folded away (--all shows it)")
	case folded > 1:
		notes = append(notes, fmt.Sprintf("%d temporary UDP sockets are folded away (--all shows them)", folded))
	}
	if hidden > 0 {
		notes = append(notes, a.hiddenOwners(hidden))
	}
	if listing.Partial != "" {
		notes = append(notes, "this may be incomplete: "+clean(listing.Partial, maxSentence))
	}
	if len(notes) > 0 {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.Join(notes, "\n") + "\n")
	}
	return b.String()
}

// hiddenOwners counts them and says what would show them, if anything would.
func (a *app) hiddenOwners(n int) string {
	text, them := fmt.Sprintf("%d owners hidden", n), "them"
	if n == 1 {
		text, them = "1 owner hidden", "it"
	}
	if !a.root && sudo {
		text += " (sudo shows " + them + ")"
	}
	return text
}

func listRow(l reeve.Listener) row {
	r := row{
		{text: state(l)},
		{text: endpoint(l)},
		{text: program(l)},
		{}, {},
		{text: where(l)},
	}
	if l.Verdict == "unfamiliar" {
		r[0].style = bold
	}
	if l.Scope == "network" {
		r[1].style = yellow
	}
	if len(l.Owners) == 0 {
		r[2].style, r[5].style = faint, faint
		r[4].text = clean(l.User, maxName)
		return r
	}
	r[3].text = strconv.Itoa(int(l.Owners[0].PID))
	if others := len(l.Owners) - 1; others > 0 {
		r[3].text += " +" + strconv.Itoa(others)
	}
	r[4].text = clean(l.Owners[0].User, maxName)
	return r
}

// state gives the verdict in the words of the screen; empty where there is
// nothing to judge by yet.
func state(l reeve.Listener) string {
	switch l.Verdict {
	case "unfamiliar":
		return "New"
	case "familiar":
		return "Known"
	case "baseline":
		return "Already here"
	}
	return ""
}

// where says what a program runs and where, and why it is worth a look; of a
// hidden one, why it is hidden.
func where(l reeve.Listener) string {
	place := clean(l.Place, maxPlace)
	if len(l.Owners) == 0 {
		if l.Hidden == "" {
			return "owner hidden"
		}
		return "owner hidden: " + clean(l.Hidden, maxPlace)
	}
	switch look := clean(l.Look, maxPlace); {
	case look == "":
		return place
	case place == "":
		return look
	default:
		return place + " (" + look + ")"
	}
}

// wanted gives the test of a FILTER.
func wanted(text string) func(reeve.Listener) bool {
	if t, err := parseTarget(text, false); err == nil {
		explicit := strings.HasSuffix(text, "/udp") || strings.HasSuffix(text, "/tcp")
		return func(l reeve.Listener) bool {
			if !explicit {
				t.proto = l.Protocol
			}
			return t.names(l)
		}
	}
	word := strings.ToLower(text)
	return func(l reeve.Listener) bool {
		texts := []string{endpoint(l), l.Protocol, l.Program, l.Place, l.Hidden, state(l)}
		for _, o := range l.Owners {
			texts = append(texts, o.Name, o.Exe, strings.Join(o.Cmdline, " "), o.Dir, o.User, o.Unit, o.Container)
		}
		for _, t := range texts {
			if strings.Contains(strings.ToLower(t), word) {
				return true
			}
		}
		return false
	}
}
