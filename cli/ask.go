package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"portreeve/monitor/reeve"
)

// A stop of one holder as a conversation: the verb refuses or tells what came of
// it, together with the requests that lead on; the user, or a flag in their
// place, chooses one, and it is sent as it stands.

// mostRequests bounds a conversation: a program that comes back each time must
// not keep anybody in it for ever.
const mostRequests = 5

// quiet is how long an answer may take before a person is told to wait.
const quiet = time.Second

// conversation is one with the verb Stop. It is used once.
type conversation struct {
	*app
	stop
	holder
	several bool // others are stopped by the same command
	// output is what went wrong with telling the results.
	output error
}

// hold sends requests until nothing leads on. It gives the last result, nil
// where nothing was stopped, and why the last request was refused.
func (c *conversation) hold(ctx context.Context, v Verbs) (*reeve.Stopped, error) {
	req := reeve.StopRequest{
		ID: c.listeners[0].ID, Owner: c.owner.ID, Force: c.force, Anyway: c.anyway,
		// A script that says --force knows what it does; a person is asked.
		Confirmed: c.yes || c.force && !c.tty.asks,
	}
	var last *reeve.Stopped
	for range mostRequests {
		res, err := c.send(ctx, v, req)
		var refusal *reeve.Error
		var next *reeve.StopRequest
		var asked error
		switch {
		case err == nil:
			last = res
			if !c.json {
				c.output = errors.Join(c.output, c.print(clean(res.Text, maxSentence)+"\n"))
			}
			next, asked = c.choose(ctx, "", res.Hint, res.Offers)
		case !errors.As(err, &refusal):
			return last, err
		case c.hidden() && refusal.Code == reeve.CodeDenied && len(refusal.Offers) == 0:
			return last, c.cannotSee(c.stop, c.holder)
		default:
			next, asked = c.choose(ctx, refusal.Message, refusal.Hint, refusal.Offers)
		}
		switch {
		case asked != nil:
			return last, asked
		case next != nil:
			req = *next
		case err == nil:
			return last, nil
		case c.asks() && len(refusal.Offers) > 0 && last == nil:
			return nil, fail(reeve.CodeUnsure, "nothing was stopped", "")
		case c.asks() && len(refusal.Offers) > 0:
			return last, nil // what was stopped before is told, and the port decides
		default:
			return last, fail(refusal.Code, refusal.Message, flagHint(refusal))
		}
	}
	return last, fail(reeve.CodeUnsure, c.name()+" has been asked about often enough", "look again: portreeve list")
}

// asks reports that a person is there to be asked, and wants to be.
func (c *conversation) asks() bool { return c.tty.asks && !c.json && !c.yes }

// choose gives the request that leads on, nil for none. What --lasting means is
// chosen without a question, once.
func (c *conversation) choose(ctx context.Context, message, hint string, offers []reeve.Offer) (*reeve.StopRequest, error) {
	if c.lasting {
		for _, o := range offers {
			if o.Request.Supervisor != "" {
				c.lasting = false
				return &o.Request, nil
			}
		}
	}
	if len(offers) == 0 || !c.asks() {
		return nil, nil
	}
	var b strings.Builder
	if message != "" {
		if c.several {
			message = c.name() + ": " + message
		}
		fmt.Fprintf(&b, "%s\n", clean(message, maxSentence))
	}
	shown := func(o reeve.Offer) bool { return o.Command != "" && strings.Contains(hint, o.Command) }
	if hint != "" && !slices.ContainsFunc(offers, shown) {
		fmt.Fprintf(&b, "%s\n", clean(hint, maxSentence))
	}
	var rows []row
	for i, o := range offers {
		r := row{{text: strconv.Itoa(i + 1)}, {text: clean(o.Label, maxPlace)}}
		if o.Command != "" {
			r = append(r, cell{text: "(" + clean(o.Command, maxSentence) + ")"})
		}
		rows = append(rows, r)
	}
	rows = append(rows, row{{text: "0"}, {text: "leave it"}})
	b.WriteString(table(rows, 0, false) + "Which? [0] ")
	said, err := c.ask(ctx, b.String())
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(said)
	switch {
	case len(offers) == 1 && yes(said):
		return &offers[0].Request, nil
	case err != nil || n < 1 || n > len(offers):
		return nil, nil
	}
	return &offers[n-1].Request, nil
}

// send sends a request, and tells a person who waits that it is under way.
func (c *conversation) send(ctx context.Context, v Verbs, req reeve.StopRequest) (*reeve.Stopped, error) {
	if !c.tty.asks || c.json {
		return v.Stop(ctx, req)
	}
	done, told := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(told)
		select {
		case <-done:
		case <-time.After(quiet):
			// Where this can't be told the result can't either.
			_, _ = io.WriteString(c.Err, "waiting for "+c.name()+"...\n")
		}
	}()
	defer func() { close(done); <-told }()
	return v.Stop(ctx, req)
}

// flagHint says by which flags a script goes on after a refusal.
func flagHint(e *reeve.Error) string {
	ways, lasting := []string{}, false
	for _, o := range e.Offers {
		switch {
		case o.Request.Elevate: // the system asks a person
		case o.Request.Supervisor != "":
			lasting = true
			what := o.Command
			if what == "" {
				what = o.Label
			}
			ways = append(ways, "--lasting takes the lasting way ("+clean(what, maxPlace)+")")
		case e.Code == reeve.CodeSupervised && o.Request.Anyway:
			ways = append(ways, "--anyway ends only the process")
		case e.Code == reeve.CodeConfirm && o.Request.Confirmed:
			ways = append(ways, "--yes ends it all the same")
		}
	}
	if e.Hint != "" && !lasting { // it names the lasting command
		ways = append([]string{e.Hint}, ways...)
	}
	return strings.Join(ways, "; ")
}

// ask shows a question and gives the line that is typed, in small letters and
// without space around it; empty at the end of the input.
func (a *app) ask(ctx context.Context, question string) (string, error) {
	if _, err := io.WriteString(a.Err, question); err != nil {
		return "", fmt.Errorf("ask before a stop: %w", err)
	}
	if a.lines == nil {
		a.lines = bufio.NewReader(a.In)
	}
	// A read from a terminal can't be called off. When ctx ends first the
	// goroutine stays with its read until the process ends, which is at once.
	answer := make(chan string, 1)
	go func() {
		line, _ := a.lines.ReadString('\n')
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case said := <-answer:
		return said, nil
	}
}

func yes(said string) bool { return said == "y" || said == "yes" }
