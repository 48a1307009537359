package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
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

On a terminal --force asks first, unless --yes is given. A script is not asked.`,
		Example: `  portreeve stop 3000
  portreeve stop 127.0.0.1:62893
  portreeve stop 3000 --force --yes
  portreeve stop 5353 --udp`,
		Args:              oneArg("a port, or an address with a port"),
		ValidArgsFunction: a.completePorts,
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if s.target, err = parseTarget(args[0], s.udp); err != nil {
				return err
			}
			v, err := a.Open(c.Context())
			if err != nil {
				return err
			}
			return a.stop(c.Context(), v, s)
		},
	}
	c.Flags().BoolVar(&s.force, "force", false, "end it at once, without a chance to save (SIGKILL)")
	c.Flags().BoolVar(&s.yes, "yes", false, "end all programs that listen there, and don't ask")
	c.Flags().BoolVar(&s.udp, "udp", false, "the UDP port, not the TCP port")
	c.Flags().BoolVar(&s.json, "json", false, "print JSON, one object")
	return c
}

// stop is what the user asked for.
type stop struct {
	target
	force, yes, udp, json bool
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
	if s.force && !s.yes && a.tty.asks {
		if err := a.confirm(ctx, holders); err != nil {
			return err
		}
	}
	answer := stopped{Stopped: []stoppedProgram{}}
	var problems []error
	var hint string
	var output error // told last: a closed pipe must not hide a port that is taken
	for i, h := range holders {
		if i > 0 && gone(ctx, v, h) {
			continue // it ended with one that was stopped before
		}
		if h.hidden() {
			problems = append(problems, a.cannotSee(s, h))
			continue
		}
		res, err := v.Stop(ctx, reeve.StopRequest{ID: h.listeners[0].ID, Owner: h.owner.ID, Force: s.force})
		if err != nil {
			problems = append(problems, named(err, h, len(holders) > 1))
			continue
		}
		answer.Stopped = append(answer.Stopped, stoppedProgram{h.owner.PID, program(h.listeners[0]), ids(h), *res})
		hint = stopHint(s, *res)
		if !s.json {
			output = errors.Join(output, a.print(clean(res.Text, maxSentence)+"\n"))
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
	return res.Hint
}

// named says whom an error is about where there are several.
func named(err error, h holder, several bool) error {
	var answer *reeve.Error
	if !errors.As(err, &answer) {
		return fmt.Errorf("stop %s: %w", h.name(), err)
	}
	if !several {
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

// confirm asks once whether the holders are to be killed.
func (a *app) confirm(ctx context.Context, holders []holder) error {
	var b strings.Builder
	for _, h := range holders {
		fmt.Fprintf(&b, "%s on %s will be ended at once and can't save its work.\n", h.name(), h.endpoints())
	}
	b.WriteString("Force stop? [y/N] ")
	if _, err := io.WriteString(a.Err, b.String()); err != nil {
		return fmt.Errorf("ask before a forced stop: %w", err)
	}
	// A read from a terminal can't be called off. When ctx ends first the
	// goroutine stays with its read until the process ends, which is at once.
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(a.In).ReadString('\n')
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case said := <-answer:
		if said == "y" || said == "yes" {
			return nil
		}
	}
	return fail(reeve.CodeUnsure, "nothing was stopped", "answer y to end it at once, or leave --force out")
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
