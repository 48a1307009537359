package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"portreeve/monitor/reeve"
)

func (a *app) knowCommand() *cobra.Command {
	var yes, udp, anyPort, folder bool
	var lasting string
	c := &cobra.Command{
		Use:   "know PORT|ADDRESS:PORT",
		Short: "Say that you know a listener, so that it is not told again",
		Long: `Say that you know the program that listens on a port. Portreeve answers what it
understood: which program, which ports, and who may reach it. Such a listener is
not told as new again, not after a restart either.

An address is taken literally: to know a listener on one address does not mean
to know one that is open to your network. Where several programs listen, they are
listed and nothing is stored, unless --yes says that all are meant.

What is known is as narrow as makes sense: this port, or any port that programs are
given where it was given one. --any-port and --folder widen it.`,
		Example: `  portreeve know 3000
  portreeve know 3000 --any-port --lasting restart
  portreeve know 127.0.0.1:62893`,
		Args:              oneArg("a port, or an address with a port"),
		ValidArgsFunction: a.completePorts,
		RunE: func(c *cobra.Command, args []string) error {
			if anyPort && folder {
				return usage("--any-port and --folder are two choices", "leave one of them out")
			}
			t, err := parseTarget(args[0], udp)
			if err != nil {
				return err
			}
			v, err := a.Open(c.Context())
			if err != nil {
				return err
			}
			holders, err := seek(c.Context(), v, t, "know", target.names)
			if err != nil {
				return err
			}
			if len(holders) > 1 && !yes {
				return several(t, holders, chooseHint(holders, "know"))
			}
			return a.eachListener(holders, func(l reeve.Listener) (string, error) {
				req := reeve.KnowRequest{ID: l.ID, Lasting: lasting}
				switch {
				case anyPort:
					req.Choice = "any_port"
				case folder:
					req.Choice = "folder"
				}
				known, err := v.Know(c.Context(), req)
				if err != nil {
					return "", fmt.Errorf("know %s: %w", who(l), err)
				}
				text := clean(known.Text, maxSentence) + "\n"
				if known.Rule != "" {
					text += "To undo it: portreeve forget " + clean(known.Rule, maxName) + "\n"
				}
				return text, nil
			})
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "know all programs that listen there")
	c.Flags().BoolVar(&anyPort, "any-port", false, "on any port, not only on this one")
	c.Flags().BoolVar(&folder, "folder", false, "anything under its project's folder, where a second program is known there")
	c.Flags().StringVar(&lasting, "lasting", "", "good, restart (until this computer restarts) or process")
	c.Flags().BoolVar(&udp, "udp", false, "the UDP port, not the TCP port")
	return c
}

func (a *app) forgetCommand() *cobra.Command {
	var yes, udp bool
	c := &cobra.Command{
		Use:   "forget PORT|ADDRESS:PORT|RULE-ID",
		Short: "Take back that you know a listener",
		Long: `Take back that you know what listens on a port, or the one rule of that id, which
"know" has printed. What is forgotten is told as new from then on.`,
		Example: `  portreeve forget 3000
  portreeve forget 127.0.0.1:62893`,
		Args:              oneArg("a port, an address with a port, or the id of a rule"),
		ValidArgsFunction: a.completePorts,
		RunE: func(c *cobra.Command, args []string) error {
			t, err := parseTarget(args[0], udp)
			rule := err != nil && ruleID(args[0])
			if err != nil && !rule {
				return err
			}
			v, err := a.Open(c.Context())
			if err != nil {
				return err
			}
			forget := func(r reeve.ForgetRequest) (string, error) {
				gone, err := v.Forget(c.Context(), r)
				if err != nil {
					return "", fmt.Errorf("forget %s: %w", clean(args[0], maxName), err)
				}
				return clean(gone.Text, maxSentence) + "\n", nil
			}
			if rule {
				text, err := forget(reeve.ForgetRequest{Rule: args[0]})
				if err != nil {
					return err
				}
				return a.print(text)
			}
			holders, err := seek(c.Context(), v, t, "forget", target.names)
			if err != nil {
				return err
			}
			if len(holders) > 1 && !yes {
				return several(t, holders, chooseHint(holders, "forget"))
			}
			return a.eachListener(holders, func(l reeve.Listener) (string, error) {
				return forget(reeve.ForgetRequest{Listener: l.ID})
			})
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "forget all programs that listen there")
	c.Flags().BoolVar(&udp, "udp", false, "the UDP port, not the TCP port")
	return c
}

// eachListener calls do for every listener of the holders and prints what it
// says. It says the same for the IPv4 and IPv6 twins of a server: that is
// printed once.
func (a *app) eachListener(holders []holder, do func(reeve.Listener) (string, error)) error {
	told := map[string]bool{}
	for _, h := range holders {
		for _, l := range h.listeners {
			text, err := do(l)
			if err != nil {
				return err
			}
			if told[text] {
				continue
			}
			told[text] = true
			if err := a.print(text); err != nil {
				return err
			}
		}
	}
	return nil
}

// ruleID reports what may be the id of a rule: a word of letters, digits and
// dashes that is no port. What is behind it is the verb's matter; one of eight
// hexadecimal digits may happen to have no letter.
func ruleID(s string) bool {
	letters := strings.Trim(s, "0123456789")
	for _, r := range letters {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	if strings.Trim(letters, "-_") == "" {
		return letters == "" && len(s) > len("65535")
	}
	return len(s) <= 128
}
