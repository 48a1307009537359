package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"portreeve/monitor/reeve"
)

func (a *app) explainCommand() *cobra.Command {
	var asJSON, noProbe, await bool
	c := &cobra.Command{
		Use:   "explain ADDRESS|TEXT",
		Short: "Say what an address is, who is there, and why it does or doesn't answer",
		Long: `Say what an address such as 127.0.0.1:62893 means, which program is there, and
why it answers or does not, with what you can do.

ADDRESS is a port, an address with a port, a link, or a whole line of a log that
has one; "-" reads it from the input. In a line with several addresses the first
of this computer's own is meant.

One try at a connection shows whether it answers: only to this computer's own
addresses, within 2 s, and with nothing that changes anything. --no-probe looks
without touching.

The exit code is 0 where something answers, 3 where nothing listens, and 5 where
something listens and does not answer. Without a probe whatever listens counts as
answering unless it is known not to.

--await asks the running Portreeve to tell you as soon as a program listens on the
port, where none does now.`,
		Example: `  portreeve explain 127.0.0.1:62893
  portreeve explain http://localhost:5173/
  portreeve explain 'connect ECONNREFUSED ::1:5432'
  portreeve explain 3000 --json | jq -r .verdict
  portreeve explain 3000 --await`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("explain needs an address", "see portreeve help explain")
			}
			return nil
		},
		ValidArgsFunction: a.completePorts,
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.pasted(args)
			if err != nil {
				return err
			}
			v, err := a.Open(c.Context())
			if err != nil {
				return err
			}
			e, err := v.Explain(c.Context(), reeve.ExplainRequest{Text: text, Probe: !noProbe})
			if err != nil {
				return fmt.Errorf("explain: %w", err)
			}
			if asJSON {
				err = a.printJSON(e)
			} else {
				err = a.print(a.explanation(e))
			}
			switch {
			case err != nil:
				return err
			case await && !e.Listens:
				return a.await(c.Context(), v, e, asJSON)
			}
			return exitExplained(e)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object")
	c.Flags().BoolVar(&noProbe, "no-probe", false, "look without making a connection")
	c.Flags().BoolVar(&await, "await", false, "where nothing listens, be told once something does")
	return c
}

// pasted is what is to be explained: the arguments as one line, or the input.
func (a *app) pasted(args []string) (string, error) {
	text := strings.Join(args, " ")
	if text == "-" {
		b, err := io.ReadAll(io.LimitReader(a.In, reeve.LongestText+1))
		if err != nil {
			return "", fmt.Errorf("read the input: %w", err)
		}
		text = string(b)
	}
	if len(text) > reeve.LongestText {
		return "", usage("that is too much text to find an address in", "paste the one line that has the address")
	}
	if strings.TrimSpace(text) == "" {
		return "", usage("there is nothing to explain", "write 62893, 127.0.0.1:62893, [::1]:80 or localhost:3000, or paste the line that has it")
	}
	return text, nil
}

// exitExplained gives the exit code of an explanation. It was printed already:
// there is no error to tell.
func exitExplained(e *reeve.Explanation) error {
	switch {
	case !e.Listens:
		return silently(exitNotListening)
	case !e.Answers:
		return silently(exitMute)
	}
	return nil
}

// await makes the wish to be told of the port. What was explained is about that
// very port, whatever was pasted.
func (a *app) await(ctx context.Context, v Verbs, e *reeve.Explanation, asJSON bool) error {
	address := strings.TrimSuffix(e.Address, "/udp")
	digits := address[strings.LastIndexAny(address, ": ")+1:]
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return fmt.Errorf("read the port of %q: %w", e.Address, err)
	}
	w, err := v.Await(ctx, reeve.AwaitRequest{Port: uint16(port)})
	if err != nil {
		return fmt.Errorf("await the port: %w", err)
	}
	if asJSON {
		return a.printJSON(w)
	}
	return a.print("\n" + clean(w.Text, maxSentence) + "\n")
}

// headings are what the parts of an explanation are called.
var headings = []struct{ part, text string }{
	{reeve.PartAddress, "What the address means"},
	{reeve.PartPort, "What the port means"},
	{reeve.PartWho, "Who is there"},
	{reeve.PartAnswer, "Does it answer?"},
	{reeve.PartWhy, "Why"},
}

// maxText is the most cells of one sentence of an explanation.
const maxText = 1000

// explanation writes it for people: the one sentence, then the parts, then what
// can be done.
func (a *app) explanation(e *reeve.Explanation) string {
	var b strings.Builder
	width := min(a.tty.width, 100)
	line := func(text, first, rest, style string) {
		for i, l := range wrap(text, width-len(rest)) {
			indent := rest
			if i == 0 {
				indent = first
			}
			b.WriteString(indent + paint(l, style, a.tty.colour) + "\n")
		}
	}
	line(clean(e.Summary, maxText), "", "", bold)
	for _, h := range headings {
		first := true
		for _, f := range e.Findings {
			if f.Part != h.part {
				continue
			}
			if first {
				b.WriteString("\n" + h.text + "\n")
				first = false
			}
			line(clean(f.Text, maxText), "  ", "  ", "")
			for _, fact := range f.Facts {
				line(clean(fact, maxText), "    ", "      ", faint)
			}
		}
	}
	if len(e.Try) > 0 {
		b.WriteString("\nWhat you can do\n")
		for _, t := range e.Try {
			line(clean(t, maxText), "  ", "    ", "")
		}
	}
	return b.String()
}

// wrap breaks clean text into lines of at most width cells, at spaces; 0 or less
// for no bound.
func wrap(text string, width int) []string {
	if width <= 20 {
		return []string{text}
	}
	var lines []string
	now, taken := "", 0
	for word := range strings.SplitSeq(text, " ") {
		n := cells(word)
		if now != "" && taken+1+n > width {
			lines = append(lines, now)
			now, taken = "", 0
		}
		if now != "" {
			now, taken = now+" ", taken+1
		}
		now, taken = now+word, taken+n
	}
	return append(lines, now)
}
