// Package cli is Portreeve in a terminal: the verbs as text for people or as
// JSON for scripts. Output, exit codes and JSON fields are a contract that
// scripts rely on; see Run for the codes.
//
// Nothing here knows how the verbs are carried out: it asks whatever Config.Open
// gives, the monitor in this process or a client of the resident.
package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"portreeve/monitor/reeve"
)

// Verbs is what the terminal asks of Portreeve. Each call is made from one
// goroutine at a time. An error that is a *reeve.Error decides the exit code.
type Verbs interface {
	List(ctx context.Context) (*reeve.Listing, error)
	// Watch yields a snapshot first, then what happens after since, and ends
	// with ctx. An error is the last thing that it yields.
	Watch(ctx context.Context, since uint64) iter.Seq2[reeve.Event, error]
	Stop(ctx context.Context, r reeve.StopRequest) (*reeve.Stopped, error)
	StopGroup(ctx context.Context, r reeve.GroupRequest) (*reeve.Group, error)
	Know(ctx context.Context, r reeve.KnowRequest) (*reeve.Known, error)
	Forget(ctx context.Context, r reeve.ForgetRequest) (*reeve.Forgotten, error)
	Pause(ctx context.Context, r reeve.PauseRequest) (*reeve.Status, error)
	History(ctx context.Context, r reeve.HistoryRequest) (*reeve.History, error)
	Settings(ctx context.Context) (*reeve.SettingsAnswer, error)
	ChangeSettings(ctx context.Context, s reeve.Settings) (*reeve.SettingsAnswer, error)
	Rules(ctx context.Context) (*reeve.RuleList, error)
	ChangeRule(ctx context.Context, r reeve.RuleRequest) (*reeve.Rule, error)
	TestRule(ctx context.Context, r reeve.RuleRequest) (*reeve.RuleTest, error)
	Status(ctx context.Context) (*reeve.Status, error)
	Explain(ctx context.Context, r reeve.ExplainRequest) (*reeve.Explanation, error)
	Await(ctx context.Context, r reeve.AwaitRequest) (*reeve.Awaited, error)
	Autostart(ctx context.Context, r reeve.AutostartRequest) (*reeve.Autostart, error)
}

// Config is what the program gives to its terminal.
type Config struct {
	// Version is printed by "version" and "--version".
	Version string
	// Build is the whole of it, for "version --json".
	Build reeve.Build
	// Open gives the verbs. It is called at most once, by the commands that need
	// them; its context ends when the command does.
	Open func(context.Context) (Verbs, error)
	// Bare is what the program does without arguments; nil shows the help.
	Bare func(context.Context) error
	// Extra are further commands, shown in the help among the others. Their
	// errors end as those of our own do: a *reeve.Error decides the exit code.
	Extra []*cobra.Command
}

// Streams are the three standard streams. Colours, the width and questions
// depend on which of them are terminals: files that know their descriptor.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// app is one run of the terminal.
type app struct {
	Config
	Streams
	tty terminal
	// lines reads the answers to questions; nil before the first.
	lines *bufio.Reader
	// root tells that sudo would show no more than what is seen already.
	root bool
}

// Run carries out one command line, without the program's name, and gives its
// exit code:
//
//	0 done    1 failed    2 wrong use    3 nothing listens there
//	4 refused: denied, protected, not sure, changed meanwhile, or not before
//	  you have said what you mean
//	5 something listens there and does not answer (explain)
//
// What went wrong is on the error stream, as "error: ..." and then "hint: ...".
// A reader that closed the pipe is no error.
func Run(ctx context.Context, args []string, s Streams, c Config) int {
	// Without this a write to a closed pipe kills the process in midst of its
	// work; with it the write returns EPIPE. Notify, unlike Ignore, is not
	// inherited by the programs that an extra command starts.
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE)
	defer signal.Stop(pipe)

	a := newApp(s, c)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return a.run(ctx, args)
}

// New gives the whole command tree, for Run and for whoever generates manual
// pages from it. Its commands return errors and print none.
func New(s Streams, c Config) *cobra.Command { return newApp(s, c).command() }

func newApp(s Streams, c Config) *app {
	a := &app{Config: c, Streams: s, tty: terminalOf(s), root: os.Geteuid() == 0}
	a.Out = output{s.Out}
	return a
}

func (a *app) run(ctx context.Context, args []string) int {
	// Cobra shows a message box's worth of text and waits 5 s when a Windows
	// user starts the program by a double click, which is how a tray program
	// is started. The variable is cobra's only switch for it.
	cobra.MousetrapHelpText = ""

	root := a.command()
	started := false
	root.PersistentPreRun = func(*cobra.Command, []string) { started = true }
	if args == nil {
		args = []string{} // cobra takes nil for "read os.Args"
	}
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var answer *reeve.Error
	if err != nil && !started && !errors.As(err, &answer) {
		err = usage(err.Error(), "portreeve help lists the commands")
	}
	return a.report(err)
}

// command builds the tree anew: cobra's commands keep state between runs.
func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "portreeve",
		Short: "Know every program that listens on a port of your computer",
		Long: `Portreeve knows every program that listens on a port of your computer, and
speaks up when a stranger appears.

The commands work with and without a running Portreeve. With --json they print
JSON, one object a line, for scripts.

Exit codes: 0 done, 1 failed, 2 wrong use, 3 nothing listens there, 4 refused
(denied, protected, not sure, changed meanwhile, or not before you have said
what you mean), 5 listens and doesn't answer.`,
		Version:       a.Version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noSuchCommand,
		RunE: func(c *cobra.Command, _ []string) error {
			if a.Bare == nil {
				return c.Help()
			}
			return a.Bare(c.Context())
		},
		SuggestionsMinimumDistance: 2,
	}
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	root.SetVersionTemplate("portreeve {{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(helpCommand())
	root.AddCommand(
		a.listCommand(), a.watchCommand(), a.explainCommand(), a.stopCommand(),
		a.knowCommand(), a.forgetCommand(), a.rulesCommand(), a.historyCommand(),
		a.pauseCommand(), a.settingsCommand(), a.autostartCommand(), a.statusCommand(), a.versionCommand(),
	)
	root.AddCommand(a.Extra...)
	return root
}

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Say which version this is",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return a.printJSON(a.Build)
			}
			return a.print("portreeve " + clean(a.Version, 80) + "\n")
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object")
	return c
}

// helpCommand differs from cobra's own in that an unknown topic is an error.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Explain a command",
		RunE: func(c *cobra.Command, args []string) error {
			root := c.Root()
			topic, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 || (topic == root && len(args) > 0) {
				return noSuchCommand(root, args)
			}
			topic.InitDefaultHelpFlag()
			topic.InitDefaultVersionFlag()
			return topic.Help()
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var names []cobra.Completion
			if len(args) == 0 {
				for _, sub := range c.Root().Commands() {
					names = append(names, cobra.CompletionWithDesc(sub.Name(), sub.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// noSuchCommand accepts no argument at the root: whatever stands there is meant
// to be a command.
func noSuchCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "portreeve help lists the commands"
	if near := root.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ")
	}
	return usage("unknown command "+quote(args[0]), hint)
}

// noArgs refuses arguments.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(c.Name()+" takes no argument, got "+quote(args[0]), "see portreeve help "+c.Name())
	}
	return nil
}

// oneArg wants exactly one argument, called what in the error.
func oneArg(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		see := "see portreeve help " + c.Name()
		switch {
		case len(args) == 0:
			return usage(c.Name()+" needs "+what, see)
		case len(args) > 1:
			return usage(c.Name()+" takes one argument, "+quote(args[1])+" is too much", see)
		}
		return nil
	}
}
