package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"portreeve/monitor/reeve"
)

// option is one setting as the terminal names it.
type option struct {
	key, about string
	at         func(*reeve.Settings) any // *string, *bool or *int
	may        []string                  // the words that it takes; nil for free ones
}

var onOff = []string{"on", "off"}

func options() []option {
	return []option{
		{"notices.tell", "What is told: all listeners, or only those that are open to your network", func(s *reeve.Settings) any { return &s.Notices.Tell }, []string{"all", "open"}},
		{"notices.settle_ms", "How long a listener that only this computer reaches has to live before it is told, in milliseconds", func(s *reeve.Settings) any { return &s.Notices.SettleMS }, nil},
		{"notices.quiet_from", "When quiet hours begin, such as 22:00; empty for none", func(s *reeve.Settings) any { return &s.Notices.QuietFrom }, nil},
		{"notices.quiet_until", "When quiet hours end; what was held back comes as one notice then", func(s *reeve.Settings) any { return &s.Notices.QuietUntil }, nil},
		{"notices.sound", "Play a sound with a notice", func(s *reeve.Settings) any { return &s.Notices.Sound }, onOff},
		{"notices.udp", "Tell of UDP too", func(s *reeve.Settings) any { return &s.Notices.UDP }, onOff},
		{"notices.quiet_terminal", "Be quiet about what you start from a terminal", func(s *reeve.Settings) any { return &s.Notices.QuietTerminal }, onOff},
		{"polling", "How often Portreeve looks: fast is ten times a second, saving twice; automatic is saving on battery", func(s *reeve.Settings) any { return &s.Polling }, []string{reeve.PollAutomatic, reeve.PollFast, reeve.PollSaving}},
		{"history.on", "Record who listened where and when", func(s *reeve.Settings) any { return &s.History.On }, onOff},
		{"history.days", "For how many days it is kept", func(s *reeve.Settings) any { return &s.History.Days }, nil},
		{"history.mib", "How big its file may become, in MiB", func(s *reeve.Settings) any { return &s.History.MiB }, nil},
		{"theme", "How the window looks", func(s *reeve.Settings) any { return &s.Theme }, []string{"system", "light", "dark"}},
		{"language", "The window's language; empty for the system's", func(s *reeve.Settings) any { return &s.Language }, []string{"", "en", "de"}},
		{"start_at_login", "Start Portreeve when you log in", func(s *reeve.Settings) any { return &s.StartAtLogin }, onOff},
	}
}

func (a *app) settingsCommand() *cobra.Command {
	var asJSON bool
	var long strings.Builder
	long.WriteString(`Show the settings, or one of them, or change one. A change counts at once, also
one that you make in the file: settings.toml, whose path is shown.

`)
	for _, o := range options() {
		fmt.Fprintf(&long, "  %-22s  %s", o.key, o.about)
		if o.may != nil && !slices.Equal(o.may, onOff) {
			fmt.Fprintf(&long, " (%s)", strings.Join(slices.DeleteFunc(slices.Clone(o.may), func(s string) bool { return s == "" }), ", "))
		}
		long.WriteString("\n")
	}
	c := &cobra.Command{
		Use:   "settings [KEY [VALUE]]",
		Short: "Show the settings, or change one",
		Long:  strings.TrimSpace(long.String()),
		Example: `  portreeve settings
  portreeve settings notices.settle_ms 2000
  portreeve settings notices.tell open
  portreeve settings history.on off`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 2 {
				return usage("settings takes a key and a value, "+quote(args[2])+" is too much", "see portreeve help settings")
			}
			return nil
		},
		ValidArgsFunction: completeSettings,
		RunE: func(c *cobra.Command, args []string) error {
			var o option
			if len(args) > 0 {
				i := slices.IndexFunc(options(), func(o option) bool { return o.key == args[0] })
				if i < 0 {
					return usage("there is no setting "+quote(args[0]), "portreeve settings lists them")
				}
				o = options()[i]
			}
			v, err := a.Open(c.Context())
			if err != nil {
				return err
			}
			answer, err := v.Settings(c.Context())
			if err != nil {
				return fmt.Errorf("read the settings: %w", err)
			}
			if len(args) == 2 {
				to := answer.Settings
				if err := o.set(&to, args[1]); err != nil {
					return err
				}
				if answer, err = v.ChangeSettings(c.Context(), to); err != nil {
					return fmt.Errorf("change the settings: %w", err)
				}
			}
			switch {
			case asJSON && len(args) == 1:
				return a.printJSON(o.at(&answer.Settings))
			case asJSON:
				return a.printJSON(answer)
			case len(args) > 0:
				return a.print(o.show(&answer.Settings) + "\n")
			}
			return a.print(settingsText(answer))
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, everything in one line")
	return c
}

// settingsText lists all settings for people.
func settingsText(s *reeve.SettingsAnswer) string {
	var rows []row
	for _, o := range options() {
		r := row{{text: o.key}, {text: o.show(&s.Settings)}}
		if r[1].text == "" {
			r[1] = cell{text: "-", style: faint}
		}
		rows = append(rows, r)
	}
	text := table(rows, 0, false) + "\nThey stand in " + clean(s.File, maxSentence) + "\n"
	if s.Problem != "" {
		text += clean(s.Problem, maxSentence) + "\n"
	}
	return text
}

// show gives the value as set takes it.
func (o option) show(s *reeve.Settings) string {
	switch v := o.at(s).(type) {
	case *bool:
		if *v {
			return "on"
		}
		return "off"
	case *int:
		return strconv.Itoa(*v)
	case *string:
		return clean(*v, maxName)
	}
	return ""
}

func (o option) set(s *reeve.Settings, text string) error {
	if o.may != nil && !slices.Contains(o.may, text) && !(slices.Equal(o.may, onOff) && (text == "true" || text == "false")) {
		may := slices.Clone(o.may)
		for i, m := range may {
			if m == "" {
				may[i] = `""`
			}
		}
		return usage(quote(text)+" is no value of "+o.key, "write "+strings.Join(may[:len(may)-1], ", ")+" or "+may[len(may)-1])
	}
	switch v := o.at(s).(type) {
	case *bool:
		*v = text == "on" || text == "true"
	case *int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return usage(quote(text)+" is no value of "+o.key, "write a whole number")
		}
		*v = n
	case *string:
		*v = text
		// Quiet hours are set in two commands, and none of them is wrong.
		n := &s.Notices
		switch {
		case o.key == "notices.quiet_from" && text != "" && n.QuietUntil == "":
			n.QuietUntil = "07:00"
		case o.key == "notices.quiet_until" && text != "" && n.QuietFrom == "":
			n.QuietFrom = "22:00"
		case (o.key == "notices.quiet_from" || o.key == "notices.quiet_until") && text == "":
			n.QuietFrom, n.QuietUntil = "", ""
		}
	}
	return nil
}

func completeSettings(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var all []cobra.Completion
	for _, o := range options() {
		switch {
		case len(args) == 0:
			all = append(all, cobra.CompletionWithDesc(o.key, o.about))
		case len(args) == 1 && o.key == args[0]:
			all = append(all, o.may...)
		}
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}
