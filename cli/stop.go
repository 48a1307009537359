package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"portreeve/monitor/reeve"
)

// How long and how often a stop looks whether the port has become free, after
// it was told that it has: what is listed may be a UDP round of 1 s old.
const (
	freeWithin = 2 * time.Second
	freeEvery  = 50 * time.Millisecond
)

func (a *app) stopCommand() *cobra.Command {
	var s stop
	var of groups
	var exact bool
	ports := oneArg("a port, or an address with a port")
	c := &cobra.Command{
		Use:   "stop PORT|ADDRESS:PORT",
		Short: "End the program that listens on a port",
		Long: `End the program that listens on a port. It is asked to end (SIGTERM), or with
--force made to (SIGKILL), in which case it can't save its work.

The exit code is 0 only when the port is free afterwards, so that

  portreeve stop 3000 && npm run dev

starts the server only where it can listen. It is 3 when nothing listens there,
4 when the stop is refused, and 1 when the port is still taken afterwards.

A PORT alone is that port on every address. An address includes the wildcard
listeners that take it. A program that listens on IPv4 and IPv6 is one program.
Where several programs listen, they are listed and none is ended, unless --yes
says that all are meant.

A program that would be started again at once, by a service manager, a container
engine, a watcher or a loop, is not ended before you have said what you mean:
--lasting stops whoever would start it, --anyway ends only the program. A stop
that costs more than the program itself (others are connected to it, it is a
desktop application, it is forced) wants --yes. On a terminal you are asked, by
numbers; with --yes or --json you are not, and --json wants --yes to force there.
A script is never asked, and needs no --yes for --force.

--group means all processes of one job of a shell, --session all that were
started from one terminal, --project all that listen and run in the same project
(the nearest folder with a .git). They are listed first, and ended once you say
so, or with --yes.

--dry-run says what would be ended, and ends nothing.`,
		Example: `  portreeve stop 3000
  portreeve stop 127.0.0.1:62893
  portreeve stop 3000 --lasting
  portreeve stop 3000 --force --yes
  portreeve stop 3000 --project --dry-run
  portreeve stop 5353 --udp`,
		Args: func(c *cobra.Command, args []string) error {
			if exact {
				return twoIDs(c, args)
			}
			return ports(c, args)
		},
		ValidArgsFunction: a.completePorts,
		RunE: func(c *cobra.Command, args []string) error {
			err := s.check(of, exact)
			if err == nil && !exact {
				s.target, err = parseTarget(args[0], s.udp)
			}
			if err != nil {
				return err
			}
			v, err := a.Open(c.Context())
			if err != nil {
				return err
			}
			switch {
			case exact:
				return a.stopExact(c.Context(), v, s, args[0], args[1])
			case of.one() != "":
				return a.stopGroup(c.Context(), v, s, of.one())
			case s.dryRun:
				return a.dryRun(c.Context(), v, s)
			}
			return a.stop(c.Context(), v, s)
		},
	}
	c.Flags().BoolVar(&s.force, "force", false, "end it at once, without a chance to save (SIGKILL)")
	c.Flags().BoolVar(&s.lasting, "lasting", false, "stop whoever would start it again, too")
	c.Flags().BoolVar(&s.anyway, "anyway", false, "end it though it would be started again")
	c.Flags().BoolVar(&of.group, "group", false, "end all processes of its process group")
	c.Flags().BoolVar(&of.session, "session", false, "end all processes of its session")
	c.Flags().BoolVar(&of.project, "project", false, "end all that listen and run in its project")
	c.Flags().BoolVar(&s.dryRun, "dry-run", false, "say what would be ended, and end nothing")
	c.Flags().BoolVar(&s.yes, "yes", false, "end all programs that listen there, whatever is lost, and don't ask")
	c.Flags().BoolVar(&s.udp, "udp", false, "the UDP port, not the TCP port")
	c.Flags().BoolVar(&s.json, "json", false, "print JSON, one object")
	c.Flags().BoolVar(&exact, "exact", false, "end exactly the owner OWNER-ID of the listener LISTENER-ID")
	// It is how the program calls itself with another user's permission. The
	// flag exists, so hiding it can't fail.
	_ = c.Flags().MarkHidden("exact")
	return c
}

// stop is what the user asked for.
type stop struct {
	target
	force, lasting, anyway, dryRun, yes, udp, json bool
}

// check refuses flags that contradict each other.
func (s stop) check(of groups, exact bool) error {
	const see = "see portreeve help stop"
	switch {
	case exact && (s.lasting || s.anyway || s.dryRun || s.yes || s.udp || of != groups{}):
		return usage("--exact goes with --force and --json only", see)
	case s.lasting && s.anyway:
		return usage("--lasting and --anyway contradict each other", see)
	case of != groups{} && of.one() == "":
		return usage("--group, --session and --project contradict each other", see)
	case of != groups{} && (s.lasting || s.anyway):
		return usage("a group is ended process by process, without --lasting or --anyway", see)
	}
	return nil
}

// stopped is the answer of stop --json.
type stopped struct {
	// Free tells that nothing listens there any more.
	Free bool `json:"free"`
	// Stopped has an entry for each program that was told to end; never null.
	Stopped []stoppedProgram `json:"stopped"`
}

type stoppedProgram struct {
	PID     int32  `json:"pid"`
	Program string `json:"program"`
	// Listeners are the ids of what it listened with there.
	Listeners []string `json:"listeners"`
	reeve.Stopped
}

func (a *app) stop(ctx context.Context, v Verbs, s stop) error {
	holders, err := seek(ctx, v, s.target, "stop", target.takes)
	if err != nil {
		return err
	}
	if len(holders) > 1 && !s.yes {
		return several(s.target, holders, chooseHint(holders, "end"))
	}
	answer := stopped{Stopped: []stoppedProgram{}}
	var problems []error
	var hint string
	var output error // told last: a closed pipe must not hide a port that is taken
	for i, h := range holders {
		if i > 0 && gone(ctx, v, h) {
			continue // it ended with one that was stopped before
		}
		c := conversation{app: a, stop: s, holder: h, several: len(holders) > 1}
		res, err := c.hold(ctx, v)
		output = errors.Join(output, c.output)
		if err != nil {
			problems = append(problems, named(err, h, c.several))
		}
		if res != nil {
			answer.Stopped = append(answer.Stopped, stoppedProgram{h.owner.PID, program(h.listeners[0]), ids(h), *res})
			hint = stopHint(s, *res)
		}
		if ctx.Err() != nil {
			return errors.Join(problems...)
		}
	}
	n := len(answer.Stopped)
	left, err := waitFree(ctx, v, s.target, len(problems) == 0 && n > 0 && answer.Stopped[n-1].Free)
	if err != nil {
		return errors.Join(append(problems, err)...)
	}
	answer.Free = len(left) == 0
	if s.json {
		output = a.printJSON(answer)
	}
	if !answer.Free && len(problems) == 0 {
		problems = append(problems, stillTaken(s.target, left, hint))
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	return output
}

// stopHint says what else can be done, as a command where there is one.
func stopHint(s stop, res reeve.Stopped) string {
	if res.CanForce && !s.force {
		return "portreeve stop " + s.target.String() + " --force ends it at once"
	}
	for _, o := range res.Offers {
		if o.Request.Supervisor != "" {
			return "portreeve stop " + s.target.String() + " --lasting stops what starts it again"
		}
	}
	return res.Hint
}

// named says whom an error is about where there are several.
func named(err error, h holder, several bool) error {
	var answer *reeve.Error
	if !errors.As(err, &answer) {
		return fmt.Errorf("stop %s: %w", h.name(), err)
	}
	if !several || h.hidden() { // what is said of a hidden one names its address
		return err
	}
	return fail(answer.Code, h.name()+": "+answer.Message, answer.Hint)
}

// chooseHint says how to choose among holders. Twins on one endpoint can't be
// told apart by their address.
func chooseHint(holders []holder, verb string) string {
	all := "--yes means all of them"
	seen := map[string]bool{}
	for _, h := range holders {
		for _, l := range h.listeners {
			if seen[endpoint(l)] {
				return all
			}
			seen[endpoint(l)] = true
		}
	}
	return "give the address of the one to " + verb + "; " + all
}

func (a *app) cannotSee(s stop, h holder) error {
	reason := ""
	if h.listeners[0].Hidden != "" {
		reason = ": " + h.listeners[0].Hidden
	}
	hint := ""
	if !a.root && sudo {
		hint = "sudo portreeve stop " + s.target.String()
	}
	return fail(reeve.CodeDenied, "the program on "+h.endpoints()+" can't be seen"+reason, hint)
}

// gone reports that a holder listens nowhere any more. Where that can't be seen
// it is taken for alive: Stop looks again.
func gone(ctx context.Context, v Verbs, h holder) bool {
	all, err := v.List(ctx)
	if err != nil {
		return false
	}
	for _, l := range all.Listeners {
		for _, o := range l.Owners {
			if o.ID == h.owner.ID {
				return false
			}
		}
	}
	return !h.hidden()
}

// waitFree gives what listens on t after a stop. Only with patience it waits for
// that to be nothing: where the stop has said so, and the list may be behind.
func waitFree(ctx context.Context, v Verbs, t target, patience bool) ([]reeve.Listener, error) {
	deadline := time.Now().Add(freeWithin)
	for {
		all, err := v.List(ctx)
		if err != nil {
			return nil, fmt.Errorf("look whether the port is free: %w", err)
		}
		left := filter(all.Listeners, t.takes)
		if len(left) == 0 || !patience || time.Now().After(deadline) {
			return left, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(freeEvery):
		}
	}
}

func stillTaken(t target, left []reeve.Listener, hint string) error {
	var names []string
	for _, h := range holdersOf(left) {
		names = append(names, h.name())
	}
	return fail(reeve.CodeFailed, t.place()+" is still taken by "+strings.Join(names, ", "), hint)
}

func ids(h holder) []string {
	all := make([]string, len(h.listeners))
	for i, l := range h.listeners {
		all[i] = l.ID
	}
	return all
}
