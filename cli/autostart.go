package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"portreeve/monitor/reeve"
)

func (a *app) autostartCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "autostart on|off|status",
		Short: "Start Portreeve when you log in, or not",
		Long: `Start Portreeve when you log in to your desktop, or not, or say which it is.
It concerns nobody but you and needs no special rights. Your desktop's own
settings for programs that start at login show and change the same.

On a computer without a desktop there is a service in place of it:
systemctl enable --now portreeve-watch.`,
		Example: `  portreeve autostart on
  portreeve autostart status --json`,
		Args: oneArg("on, off or status"),
		ValidArgsFunction: cobra.FixedCompletions(
			[]cobra.Completion{"on", "off", "status"}, cobra.ShellCompDirectiveNoFileComp),
		RunE: func(c *cobra.Command, args []string) error {
			want := args[0]
			switch want {
			case "status":
				want = ""
			case reeve.AutostartOn, reeve.AutostartOff:
			default:
				return usage(quote(want)+" is neither on, off nor status", "see portreeve help autostart")
			}
			v, err := a.Open(c.Context())
			if err != nil {
				return err
			}
			s, err := v.Autostart(c.Context(), reeve.AutostartRequest{Want: want})
			if err != nil {
				return fmt.Errorf("autostart: %w", err)
			}
			if asJSON {
				return a.printJSON(s)
			}
			return a.print(clean(s.Text, maxSentence) + "\n")
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object")
	return c
}
