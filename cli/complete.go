package cli

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// completeWithin bounds how long a shell may hang at a press of the tab key.
const completeWithin = time.Second

// completePorts offers the ports that listen now, with who listens. A failure
// offers nothing: the shell has no place for an error.
func (a *app) completePorts(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	const nothingElse = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	if len(args) > 0 {
		return nil, nothingElse
	}
	ctx := c.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, completeWithin)
	defer cancel()
	v, err := a.Open(ctx)
	if err != nil {
		return nil, nothingElse
	}
	all, err := v.List(ctx)
	if err != nil {
		return nil, nothingElse
	}
	udp, _ := c.Flags().GetBool("udp") // false for commands without the flag
	var ports []cobra.Completion
	var last string
	for _, l := range all.Listeners {
		port := strconv.Itoa(int(l.Port))
		if (l.Protocol == "udp") != udp || port == last || !strings.HasPrefix(port, typed) {
			continue
		}
		last = port
		ports = append(ports, cobra.CompletionWithDesc(port, program(l)))
	}
	return ports, nothingElse
}
