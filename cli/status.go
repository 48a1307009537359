package cli

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"portreeve/monitor/reeve"
)

func (a *app) pauseCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "pause 15m|1h|tomorrow|off",
		Short: "Hold notices back for a while",
		Long: `Hold notices back for a while: minutes and hours such as 15m, 1h or 2h30m, or
until tomorrow. "off" ends the pause. Portreeve goes on watching meanwhile, and
the tray icon goes on marking what is new.`,
		Example: `  portreeve pause 1h
  portreeve pause off`,
		Args: oneArg("a duration"),
		ValidArgsFunction: cobra.FixedCompletions(
			[]cobra.Completion{"15m", "1h", "tomorrow", "off"}, cobra.ShellCompDirectiveNoFileComp),
		RunE: func(c *cobra.Command, args []string) error {
			if !pauseFor(args[0]) {
				return usage(quote(args[0])+" is not a time to pause for", "write 15m, 1h, 2h30m, tomorrow or off")
			}
			v, err := a.Open(c.Context())
			if err != nil {
				return err
			}
			s, err := v.Pause(c.Context(), reeve.PauseRequest{For: args[0]})
			if err != nil {
				return fmt.Errorf("pause: %w", err)
			}
			if s.PausedUntil == "" {
				return a.print("Notices are on.\n")
			}
			return a.print("Notices are paused until " + until(s.PausedUntil, time.Now()) + ".\n")
		},
	}
}

// pauseFor reports what Pause takes.
func pauseFor(s string) bool {
	if s == "tomorrow" || s == "off" {
		return true
	}
	d, err := time.ParseDuration(s)
	return err == nil && d > 0
}

// until writes an RFC 3339 time for people, in local time; with its day where
// that is not today.
func until(s string, now time.Time) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return clean(s, maxName)
	}
	t = t.Local()
	y, m, d := t.Date()
	if ny, nm, nd := now.Local().Date(); y == ny && m == nm && d == nd {
		return t.Format("15:04")
	}
	return t.Format("Mon 2 Jan 15:04")
}

func (a *app) statusCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:               "status",
		Short:             "Say how Portreeve is doing",
		Example:           "  portreeve status --json | jq .new",
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := a.Open(c.Context())
			if err != nil {
				return err
			}
			s, err := v.Status(c.Context())
			if err != nil {
				return fmt.Errorf("ask how it is: %w", err)
			}
			if asJSON {
				return a.printJSON(s)
			}
			return a.print(a.statusText(*s, time.Now()))
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object")
	return c
}

func (a *app) statusText(s reeve.Status, now time.Time) string {
	var rows []row
	add := func(name, text string) {
		if text != "" {
			rows = append(rows, row{{text: name}, {text: text}})
		}
	}
	if s.Resident {
		add("running", "in the background, as process "+strconv.Itoa(s.PID))
	} else {
		add("running", "only in this terminal: no Portreeve watches in the background")
	}
	add("version", clean(s.Version, maxName))
	listeners := fmt.Sprintf("%d, %d new, %d open to your network", s.Listeners, s.New, s.Open)
	if s.Hidden > 0 {
		listeners += ", " + a.hiddenOwners(s.Hidden)
	}
	add("listeners", listeners)
	add("read by", clean(s.Source, maxName))
	add("tray", clean(s.Tray, maxPlace))
	notices := clean(s.Notices, maxPlace)
	if s.PausedUntil != "" {
		if notices != "" {
			notices += ", "
		}
		notices += "paused until " + until(s.PausedUntil, now)
	}
	add("notices", notices)
	for _, p := range s.Problems {
		add("problem", clean(p.Text, maxSentence))
	}
	return table(rows, 0, false)
}
