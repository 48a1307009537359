package explain

import (
	"fmt"
	"slices"
	"strings"

	"portreeve/monitor/process"
)

// mostNamed is how many programs a sentence names.
const mostNamed = 3

// whoFindings say who is there and why.
func (q *inquiry) whoFindings(clients []Client) []Finding {
	if q.about == nil {
		return q.earlier()
	}
	var all []Finding
	l := q.about.Listening
	program := q.Program(l)
	f := Finding{Code: "who", Part: PartWho, Text: begin(program + " listens " + on(l.Socket))}
	if q.t.Proto.String() == "udp" {
		f.Text = begin(program) + " receives what is sent by UDP " + on(l.Socket)
	}
	if place := q.Place(l); place != "" {
		f.Text += ": " + place
	}
	f.Text += "."
	if len(l.Owners) > 0 {
		f.Facts = q.ownerFacts(l.Owners[0])
	}
	if !q.about.Since.IsZero() {
		f.Facts = append(f.Facts, "listens since "+clock(q.about.Since, q.ev.Now))
	}
	all = append(all, f)
	if l.Hidden != "" {
		all = append(all, Finding{Code: "other_user", Part: PartWho, Text: "Owner hidden: " + Clean(l.Hidden, 160) + "."})
	}
	if look := q.Look(l); look != "" {
		all = append(all, Finding{Code: "look", Part: PartWho, Text: "Worth a look: " + look + "."})
	}
	if f, ok := q.startedBy(); ok {
		all = append(all, f)
	}
	if p := q.ev.Project; p.Dir != "" {
		f := Finding{Code: "project", Part: PartWho, Text: "It runs in the project " + Clean(q.Short(p.Dir), 80) + "."}
		if p.Branch != "" {
			f.Facts = []string{"git branch " + Clean(p.Branch, 60)}
		}
		all = append(all, f)
	}
	if n := len(l.Owners); n > 1 {
		f := Finding{Code: "several", Part: PartWho, Text: fmt.Sprintf("%d processes hold it together, %s being the first.", n, program)}
		for _, o := range l.Owners[:min(n, 8)] {
			f.Facts = append(f.Facts, fmt.Sprintf("%s, process %d", Clean(o.Name, 40), o.PID))
		}
		all = append(all, f)
	}
	for _, other := range q.here[1:] {
		if !slices.EqualFunc(other.Owners, l.Owners, func(a, b process.Info) bool { return a.ID == b.ID }) {
			all = append(all, Finding{Code: "twin", Part: PartWho, Text: begin(q.Program(other.Listening)) + " listens " + on(other.Socket) + " too."})
			break
		}
	}
	if f, ok := q.connected(program, clients); ok {
		all = append(all, f)
	}
	return append(all, q.earlier()...)
}

func (q *inquiry) ownerFacts(o process.Info) []string {
	facts := []string{fmt.Sprintf("process %d of %s", o.PID, Clean(o.User, 28))}
	if len(o.Args) > 0 {
		facts = append(facts, "command: "+Clean(strings.Join(o.Args, " "), 160))
	}
	if o.Exe != "" {
		facts = append(facts, "program file: "+Clean(q.Short(o.Exe), 120))
	}
	if o.Dir != "" {
		facts = append(facts, "folder: "+Clean(q.Short(o.Dir), 120))
	}
	if !o.Started.IsZero() {
		facts = append(facts, "started: "+clock(o.Started, q.ev.Now))
	}
	return facts
}

// startedBy says what started the program, as far as the kernel tells.
func (q *inquiry) startedBy() (Finding, bool) {
	l := q.about.Listening
	if len(l.Owners) == 0 {
		return Finding{}, false
	}
	o := l.Owners[0]
	f := Finding{Code: "started_by", Part: PartWho}
	if len(o.Parents) > 0 {
		chain := Clean(o.Name, 40)
		for i, p := range o.Parents {
			if i == 6 {
				chain += " ← …"
				break
			}
			chain += " ← " + Clean(p.Name, 40)
		}
		f.Facts = append(f.Facts, chain)
	}
	from := StartedBy(string(o.Origin.Kind), Origin(o.Origin), o.Origin.Ended)
	switch {
	case strings.HasPrefix(from, "running"):
		f.Text = "It's " + from + "."
	case from != "":
		f.Text = "It was " + from + "."
	case o.Container != "":
		f.Text = "It's running in the container " + Clean(o.Container[:min(12, len(o.Container))], 20) + "."
	case len(o.Parents) > 0:
		f.Text = "It was started by " + Clean(o.Parents[0].Name, 40) + "."
	default:
		return Finding{}, false
	}
	if o.Container != "" {
		f.Facts = append(f.Facts, "container "+Clean(o.Container, 64))
	}
	if o.Unit != "" {
		f.Facts = append(f.Facts, "unit "+Clean(o.Unit, 60))
	}
	return f, true
}

// connected names the programs that use it now.
func (q *inquiry) connected(program string, clients []Client) (Finding, bool) {
	var names []string
	f := Finding{Code: "clients", Part: PartWho}
	for _, c := range clients {
		if !slices.Contains(names, c.Program) {
			names = append(names, c.Program)
		}
		if len(f.Facts) < 8 {
			who := c.Program
			if c.PID != 0 {
				who += fmt.Sprintf(", process %d,", c.PID)
			}
			f.Facts = append(f.Facts, fmt.Sprintf("%s from %s (%s)", who, c.At, c.State))
		}
	}
	if len(names) == 0 {
		return Finding{}, false
	}
	if more := len(names) - mostNamed; more > 0 {
		names = append(names[:mostNamed], fmt.Sprintf("%d more", more))
	}
	f.Text = begin(WhoIsConnected(program, names)) + " now."
	return f, true
}

// earlier says who held the port before.
func (q *inquiry) earlier() []Finding {
	if len(q.ev.Before) == 0 {
		return nil
	}
	f := Finding{Code: "before", Part: PartWho, Text: q.lastHeld(q.ev.Before[0]) + "."}
	for _, b := range q.ev.Before[:min(5, len(q.ev.Before))] {
		line := fmt.Sprintf("%s on %s, %s to %s", b.Program, b.At, clock(b.Opened, q.ev.Now), clock(b.Closed, q.ev.Now))
		if b.Place != "" {
			line += ": " + b.Place
		}
		f.Facts = append(f.Facts, line)
	}
	return []Finding{f}
}

// lastHeld says until when somebody was there, without a full stop.
func (q *inquiry) lastHeld(b Earlier) string {
	if b.Lost {
		return fmt.Sprintf("%s was last seen on port %d at %s", b.Program, b.At.Port(), clock(b.Closed, q.ev.Now))
	}
	return fmt.Sprintf("%s listened on port %d until %s", b.Program, b.At.Port(), clock(b.Closed, q.ev.Now))
}
