package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"portreeve/monitor/reeve"
)

func (a *app) watchCommand() *cobra.Command {
	var asJSON, all bool
	c := &cobra.Command{
		Use:   "watch",
		Short: "Tell what starts and stops listening, as it happens",
		Long: `Tell what starts and stops listening, one line each, until it is interrupted.
What listened before is not told: portreeve list shows it.

Temporary UDP sockets are left out unless --all is given. With --json nothing is
left out: one object a line, written at once,

  {"time":"...","event":"opened|closed|rebound|owner","listener":{...}}

where the listener is as in list --json: after the event, for closed as it last
was. Ctrl-C ends it with exit code 0, and so does a reader that goes away.`,
		Example: `  portreeve watch
  portreeve watch --json | jq -r 'select(.event == "opened") | .listener.port'`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			// An interrupt is how a watch is meant to end.
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			v, err := a.Open(ctx)
			if err == nil {
				if asJSON {
					err = a.watchJSON(ctx, v)
				} else {
					err = a.watchText(ctx, v, all)
				}
			}
			if ctx.Err() != nil {
				return nil // whatever broke off, that is why
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	c.Flags().BoolVar(&all, "all", false, "tell temporary UDP sockets too")
	return c
}

// happened is one line of watch --json.
type happened struct {
	Time     string          `json:"time"`
	Event    string          `json:"event"`
	Listener *reeve.Listener `json:"listener"`
}

func (a *app) watchJSON(ctx context.Context, v Verbs) error {
	return each(ctx, v, func(e reeve.Event) error {
		if !told(e) {
			return nil
		}
		return a.printJSON(happened{e.Time, e.Event, e.Listener})
	})
}

func (a *app) watchText(ctx context.Context, v Verbs, all bool) error {
	last := map[string]reeve.Listener{} // by id, to know what an event changed
	return each(ctx, v, func(e reeve.Event) error {
		if e.Snapshot != nil {
			for _, l := range e.Snapshot.Listeners {
				last[l.ID] = l
			}
			return a.print(a.watching(*e.Snapshot, all))
		}
		if !told(e) {
			return nil
		}
		before := last[e.Listener.ID]
		e.Listener = remember(*e.Listener, before)
		if e.Event == reeve.EventClosed {
			delete(last, e.Listener.ID)
		} else {
			last[e.Listener.ID] = *e.Listener
		}
		if e.Listener.Folded && !all {
			return nil
		}
		if line := a.eventText(e, before); line != "" {
			return a.print(line + "\n")
		}
		return nil
	})
}

// remember gives l with the owners that it had before where nobody can be seen
// any more: a process that is ending loses its descriptors before its sockets go.
func remember(l, before reeve.Listener) *reeve.Listener {
	if len(l.Owners) == 0 && len(before.Owners) > 0 {
		l.Owners, l.Program, l.Place, l.Look = before.Owners, before.Program, before.Place, before.Look
	}
	return &l
}

// each hands on all events until handle fails, the watch fails or ctx ends.
func each(ctx context.Context, v Verbs, handle func(reeve.Event) error) error {
	for e, err := range v.Watch(ctx, 0) {
		if err != nil {
			return fmt.Errorf("watch: %w", err)
		}
		if err := handle(e); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return fail(reeve.CodeFailed, "the watch has ended: Portreeve was quit", "start it again with portreeve watch")
}

// told reports the events that a terminal tells: those of listeners.
func told(e reeve.Event) bool {
	switch e.Event {
	case reeve.EventOpened, reeve.EventClosed, reeve.EventRebound, reeve.EventOwner:
		return e.Listener != nil
	}
	return false
}

// watching is the first line: how much is watched, and what can't be seen.
func (a *app) watching(s reeve.Listing, all bool) string {
	n, hidden := 0, 0
	for _, l := range s.Listeners {
		if l.Folded && !all {
			continue
		}
		n++
		if len(l.Owners) == 0 {
			hidden++
		}
	}
	text := fmt.Sprintf("watching %d listeners", n)
	if n == 1 {
		text = "watching 1 listener"
	}
	if hidden > 0 {
		text += ", " + a.hiddenOwners(hidden)
	}
	if s.Partial != "" {
		text += "\nthis may be incomplete: " + clean(s.Partial, maxSentence)
	}
	return text + "\n"
}

// eventText says what happened in one line, without its end; empty for what is
// no news: workers that come and go beneath the same program, an owner that has
// only become visible. The owners of e are those that were last seen.
func (a *app) eventText(e reeve.Event, before reeve.Listener) string {
	l := *e.Listener
	sign, style, reach := "~", yellow, true
	var what string
	switch e.Event {
	case reeve.EventOpened:
		sign, style = "+", green
		what = who(l) + " listens on " + endpoint(l)
	case reeve.EventClosed:
		sign, style, reach = "-", red, false
		what = who(l) + " no longer listens on " + endpoint(l)
	case reeve.EventRebound:
		what = who(l) + " listens again on " + endpoint(l)
	case reeve.EventOwner:
		if len(before.Owners) == 0 || l.Owners[0].ID == before.Owners[0].ID {
			return ""
		}
		what = endpoint(l) + " has passed from " + who(before) + " to " + who(l)
	}
	parts := []string{clock(e.Time), paint(sign+" "+what, style, a.tty.colour)}
	text := strings.Join(parts, gap)
	if reach && l.Reach != "" {
		text += gap + clean(l.Reach, maxPlace)
	}
	if reach && l.Look != "" && l.Scope != "network" {
		text += " Worth a look: " + clean(l.Look, maxPlace) + "."
	}
	return text
}

// clock gives the local time of day of an RFC 3339 time.
func clock(s string) string {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return "--:--:--"
	}
	return t.Local().Format(time.TimeOnly)
}
