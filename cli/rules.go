package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"portreeve/monitor/reeve"
)

func (a *app) rulesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "rules",
		Short: "Show and change what you told Portreeve to know",
		Long: `Show the rules: what you told Portreeve to know, so that it is not told as new
again. Each is for one user and one program, or for anything under a folder; it
says how far such a listener may be reached, on which ports, and how long the
rule lasts. The newest stands first.

The rules stand in a file that you may edit; "portreeve rules" names it. A change
there counts at once.`,
		Example: `  portreeve rules
  portreeve rules add 3000 --ports 3000-3999
  portreeve rules add --folder ~/src/shop
  portreeve rules test --exe /usr/bin/python3.11 --ports ephemeral
  portreeve rules remove r1a2b3c4`,
		Args: noSuchRulesCommand,
	}
	list := a.rulesListCommand()
	c.RunE = list.RunE
	c.Flags().AddFlagSet(list.Flags())
	c.AddCommand(list, a.rulesAddCommand(), a.rulesRemoveCommand(), a.rulesTestCommand())
	return c
}

// noSuchRulesCommand refuses what is neither of the commands below.
func noSuchRulesCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usage("unknown command "+quote("rules "+args[0]), "portreeve rules knows list, add, remove and test")
}

func (a *app) rulesListCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:               "list",
		Short:             "Show every rule",
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := a.Open(c.Context())
			if err != nil {
				return err
			}
			all, err := v.Rules(c.Context())
			if err != nil {
				return fmt.Errorf("list the rules: %w", err)
			}
			if asJSON {
				return a.printJSON(all)
			}
			return a.print(a.rulesText(*all, time.Now()))
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, everything in one line")
	return c
}

// rulesText is the rules for people.
func (a *app) rulesText(all reeve.RuleList, now time.Time) string {
	var b strings.Builder
	if all.Problem != "" {
		b.WriteString(clean(all.Problem, maxSentence) + "\n")
	}
	if len(all.Rules) == 0 {
		b.WriteString("There are no rules yet: \"portreeve know\" makes one.\n")
	} else {
		rows := []row{{{text: "ID"}, {text: "NOW"}, {text: "MATCHED"}, {text: "LAST"}, {text: "USER"}, {text: "RULE"}}}
		for _, r := range all.Rules {
			last := ""
			if r.LastMatch != "" {
				last = until(r.LastMatch, now)
			}
			rows = append(rows, row{
				{text: clean(r.ID, maxName)}, {text: strconv.Itoa(len(r.Now))}, {text: strconv.Itoa(r.Matched)}, {text: last},
				{text: clean(r.User, maxName)}, {text: clean(r.Text, maxSentence)},
			})
		}
		b.WriteString(table(rows, a.tty.width, a.tty.colour))
	}
	fmt.Fprintf(&b, "The rules are kept in %s\n", clean(all.File, maxSentence))
	return b.String()
}

// ruleFlags are what a rule may be told to be.
type ruleFlags struct {
	exe, script, folder, user, scope, ports, lasting string
	udp, asJSON                                      bool
}

func (f *ruleFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.exe, "exe", "", "the program's file, whatever lies there")
	c.Flags().StringVar(&f.script, "script", "", "the script that the program runs")
	c.Flags().StringVar(&f.folder, "folder", "", "anything under this folder, only on this computer")
	c.Flags().StringVar(&f.user, "user", "", "whose program it is; you, if left out")
	c.Flags().StringVar(&f.scope, "scope", "", "loopback (only this computer) or network")
	c.Flags().StringVar(&f.ports, "ports", "", "8080, 3000-3999, ephemeral (any it is given) or any")
	c.Flags().StringVar(&f.lasting, "lasting", "", "good, restart (until this computer restarts) or process")
	c.Flags().BoolVar(&f.udp, "udp", false, "UDP, not TCP")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print JSON, one object")
	for name, words := range map[string][]cobra.Completion{
		"scope": {"loopback", "network"}, "ports": {"ephemeral", "any"}, "lasting": {"good", "restart", "process"},
	} {
		// It fails only for a flag that is not there.
		_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	}
}

// request makes a request of the flags and of what stands before them: a port,
// an address with a port, nothing, or the id of a rule where that is allowed.
func (f *ruleFlags) request(ctx context.Context, v Verbs, args []string, verb string, byID bool) (reeve.RuleRequest, error) {
	req := reeve.RuleRequest{User: f.user, Scope: f.scope, Ports: f.ports, Lasting: f.lasting}
	if f.udp && len(args) == 0 {
		req.Protocol = "udp"
	}
	for _, p := range []struct{ from, to *string }{{&f.exe, &req.Exe}, {&f.script, &req.Script}, {&f.folder, &req.Folder}} {
		if *p.from == "" {
			continue
		}
		whole, err := filepath.Abs(*p.from)
		if err != nil {
			return req, fmt.Errorf("find the folder that you are in: %w", err)
		}
		*p.to = whole
	}
	if len(args) == 0 {
		if f.exe == "" && f.folder == "" {
			return req, usage("rules "+verb+" needs a port, an address with a port, --exe or --folder", "see portreeve help rules "+verb)
		}
		return req, nil
	}
	t, err := parseTarget(args[0], f.udp)
	if err != nil && byID && ruleID(args[0]) {
		req.ID = args[0]
		return req, nil
	}
	if err != nil {
		return req, err
	}
	holders, err := seek(ctx, v, t, "rules "+verb, target.names)
	if err != nil {
		return req, err
	}
	if len(holders) > 1 {
		return req, several(t, holders, "give the address of the one that is meant")
	}
	req.Listener = holders[0].listeners[0].ID
	return req, nil
}

// atMostOne allows one argument, called what in the error.
func atMostOne(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return oneArg(what)(c, args)
	}
}

func (a *app) rulesAddCommand() *cobra.Command {
	var f ruleFlags
	c := &cobra.Command{
		Use:   "add [PORT|ADDRESS:PORT]",
		Short: "Make a rule, from what listens on a port or by hand",
		Long: `Make a rule: from what listens on a port, as narrow as "portreeve know" would make
it unless the flags say otherwise, or by hand from --exe or --folder. By hand a
rule is for your own programs, any port and only this computer unless the flags
say otherwise.

A rule for only this computer never covers the same program open to your network.`,
		Example: `  portreeve rules add 3000 --ports 3000-3999
  portreeve rules add --folder ~/src/shop
  portreeve rules add --exe ~/bin/shop --ports 8080 --scope network`,
		Args:              atMostOne("a port, or an address with a port"),
		ValidArgsFunction: a.completePorts,
		RunE: func(c *cobra.Command, args []string) error {
			v, err := a.Open(c.Context())
			if err != nil {
				return err
			}
			req, err := f.request(c.Context(), v, args, "add", false)
			if err != nil {
				return err
			}
			r, err := v.ChangeRule(c.Context(), req)
			if err != nil {
				return fmt.Errorf("add the rule: %w", err)
			}
			if f.asJSON {
				return a.printJSON(r)
			}
			return a.print(fmt.Sprintf("Rule %s: %s.\nTo undo it: portreeve rules remove %s\n",
				clean(r.ID, maxName), clean(r.Text, maxSentence), clean(r.ID, maxName)))
		},
	}
	f.add(c)
	return c
}

func (a *app) rulesRemoveCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:               "remove RULE-ID...",
		Aliases:           []string{"rm"},
		Short:             "Take rules back",
		Example:           "  portreeve rules remove r1a2b3c4",
		ValidArgsFunction: a.completeRules,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("rules remove needs the id of a rule", "portreeve rules shows the ids")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			v, err := a.Open(c.Context())
			if err != nil {
				return err
			}
			for _, id := range args {
				gone, err := v.Forget(c.Context(), reeve.ForgetRequest{Rule: id})
				if err != nil {
					return fmt.Errorf("remove the rule %s: %w", clean(id, maxName), err)
				}
				if asJSON {
					err = a.printJSON(gone)
				} else {
					err = a.print("Removed: rule " + clean(id, maxName) + "\n")
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a rule")
	return c
}

func (a *app) rulesTestCommand() *cobra.Command {
	var f ruleFlags
	c := &cobra.Command{
		Use:   "test [PORT|ADDRESS:PORT|RULE-ID]",
		Short: "Say what a rule would have silenced",
		Long: `Say how many of your last notices a rule would have silenced, by the recorded
history: a rule that there is, or one as "portreeve rules add" would make it of
the same words. Nothing is stored.`,
		Example: `  portreeve rules test 3000 --ports any
  portreeve rules test --folder ~/src/shop
  portreeve rules test r1a2b3c4`,
		Args:              atMostOne("a port, an address with a port, or the id of a rule"),
		ValidArgsFunction: a.completePorts,
		RunE: func(c *cobra.Command, args []string) error {
			v, err := a.Open(c.Context())
			if err != nil {
				return err
			}
			req, err := f.request(c.Context(), v, args, "test", true)
			if err != nil {
				return err
			}
			t, err := v.TestRule(c.Context(), req)
			if err != nil {
				return fmt.Errorf("test the rule: %w", err)
			}
			if f.asJSON {
				return a.printJSON(t)
			}
			return a.print(a.testText(*t, time.Now()))
		},
	}
	f.add(c)
	return c
}

// testText is the outcome of a test for people.
func (a *app) testText(t reeve.RuleTest, now time.Time) string {
	text := clean(t.Text, maxSentence) + "\n"
	var rows []row
	for _, s := range t.Examples {
		rows = append(rows, row{
			{text: until(s.Opened, now)}, {text: clean(s.Program, maxName)},
			{text: endpoint(reeve.Listener{Protocol: s.Protocol, Address: s.Address, Port: s.Port})}, {text: clean(s.Place, maxPlace)},
		})
	}
	return text + table(rows, a.tty.width, a.tty.colour)
}

// completeRules offers the ids of the rules.
func (a *app) completeRules(c *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	ctx := c.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, completeWithin)
	defer cancel()
	v, err := a.Open(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	all, err := v.Rules(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var ids []cobra.Completion
	for _, r := range all.Rules {
		if strings.HasPrefix(r.ID, typed) {
			ids = append(ids, cobra.CompletionWithDesc(r.ID, clean(r.Text, maxPlace)))
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
