package tray

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"portreeve/monitor/explain"
	"portreeve/monitor/familiar"
	"portreeve/monitor/reeve"
	"portreeve/tray/notify"
)

// This file makes the sentences of notices. It is pure. Names and places come
// cleaned with the listeners; the names of parents are cleaned here.

// nameAndPort names a listener in a few words: "python3 on 62893".
func nameAndPort(l reeve.Listener) string {
	return l.Program + " on " + strconv.Itoa(int(l.Port))
}

// newcomer words the notice of one program that listens on one port or several,
// on one or more addresses: all of ls are of the same program and reach.
func newcomer(ls []reeve.Listener) (title, body string) {
	l := ls[0]
	rest := " is listening on " + spots(ls)
	// The address must be read whatever the program calls itself.
	title = explain.Clean(asSubject(l), notify.MaxTitle-utf8.RuneCountInString(rest)) + rest

	var why string
	switch {
	case len(l.Owners) == 0 && l.Hidden != "":
		why = sentence("it " + l.Hidden)
	case l.WhyNew != "" && drifted(l):
		why = l.WhyNew // which says what a look would, too
	case !repeats(l.Reach, l.Look):
		why = sentence(l.Look)
		fallthrough
	default:
		// That the interpreter is known with another script says little, at length.
		if familiar.Reason(l.Reason) != familiar.OtherScript {
			why = paragraph(l.WhyNew, why)
		}
	}
	ports := ""
	if all := portsOf(ls); len(all) > 1 {
		ports = "Ports " + enumerate(all, notify.MaxBody) + "."
	}
	left := notify.MaxBody - utf8.RuneCountInString(l.Reach+ports+why) - 3
	return title, paragraph(l.Reach, origin(l, left), why, ports)
}

// drifted tells that something that is known has become something else: another
// reach, another file.
func drifted(l reeve.Listener) bool {
	switch familiar.Reason(l.Reason) {
	case familiar.NoReason, familiar.OtherPort, familiar.OtherScript:
		return false
	}
	return true
}

// asSubject is a program's name at the beginning of a sentence.
func asSubject(l reeve.Listener) string {
	switch name := l.Program; {
	case len(l.Owners) > 0:
	case name == "hidden program":
		return "A hidden program"
	case strings.HasPrefix(name, "a program of "):
		return "A" + name[1:]
	}
	return l.Program
}

// asAsked words the notice of a listener on a port that the user waits for.
func asAsked(l reeve.Listener) (title, body string) {
	rest := fmt.Sprintf(" listens on %d now, as you asked", l.Port)
	_, body = newcomer([]reeve.Listener{l})
	return explain.Clean(asSubject(l), notify.MaxTitle-utf8.RuneCountInString(rest)) + rest, body
}

// spots names the addresses: both of a pair, the port alone where there are
// more, or where all addresses are meant, and the number of ports where there are
// several.
func spots(ls []reeve.Listener) string {
	if n := len(portsOf(ls)); n > 1 {
		return strconv.Itoa(n) + " ports"
	}
	port := "port " + strconv.Itoa(int(ls[0].Port))
	if len(ls) > 2 {
		return port
	}
	var at []netip.Addr
	for _, l := range ls {
		a, err := netip.ParseAddr(l.Address)
		if err != nil || a.IsUnspecified() {
			return port
		}
		at = append(at, a)
	}
	slices.SortFunc(at, netip.Addr.Compare)
	var text []string
	for _, a := range slices.Compact(at) {
		text = append(text, explain.Endpoint(netip.AddrPortFrom(a, ls[0].Port)))
	}
	return strings.Join(text, " and ")
}

// origin says what a program runs and what started it, in at most limit
// characters: "http.server in ~/src/shop, started from Terminal."
func origin(l reeve.Listener, limit int) string {
	if len(l.Owners) == 0 {
		return ""
	}
	text := l.Place
	if strings.HasPrefix(text, "in ") {
		text = "Running " + text
	} else if rest, ok := strings.CutPrefix(text, "a "); ok {
		text = "A " + rest // a test build: other places begin with a name, which stays as it is
	}
	if by := starter(l); by != "" {
		if text == "" {
			text = strings.ToUpper(by[:1]) + by[1:]
		} else {
			text += ", " + by
		}
	}
	if limit < 20 {
		return "" // too little to say anything
	}
	return fullStop(explain.Clean(text, limit-1))
}

// starter says what started a program: its origin where that is known, else the
// nearest of its parents.
func starter(l reeve.Listener) string {
	if by := explain.StartedBy(l.Origin.Kind, l.Origin.Label, l.Origin.Ended); by != "" {
		if l.Origin.Kind == reeve.OriginService && strings.Contains(l.Place, l.Origin.Label) ||
			l.Origin.Kind == reeve.OriginDesktop && strings.EqualFold(l.Origin.Label, l.Program) {
			return "" // that has been said
		}
		return by
	}
	parents := l.Owners[0].Parents
	if len(parents) == 0 || parents[0] == "" {
		return ""
	}
	return "started by " + explain.Clean(parents[0], 30)
}

// repeats tells that the reason for a look says what the reach has said.
func repeats(reach, look string) bool {
	short := strings.TrimPrefix(look, "it is ")
	return look != "" && strings.Contains(strings.ToLower(reach), short)
}

// welcome words the notice of the very first start.
func welcome(ls []reeve.Listener) (title, body string) {
	programs := make(map[string]bool)
	looked := make(map[string]bool)
	var worth []string
	for _, l := range ls {
		if l.Folded {
			continue
		}
		who := programKey(l)
		programs[who] = true
		if l.Look != "" && !looked[who] {
			looked[who] = true
			name := l.Program
			if len(l.Owners) == 0 { // several are called the same then
				name += " on port " + strconv.Itoa(int(l.Port))
			}
			worth = append(worth, fmt.Sprintf("%s (%s)", name, l.Look))
		}
	}
	switch n := len(programs); n {
	case 0:
		title = "No program listens on this computer yet"
	case 1:
		title = "1 program already listens on this computer"
	default:
		title = fmt.Sprintf("%d programs already listen on this computer", n)
	}
	const coming = "You are told when a new one appears."
	switch n := len(worth); n {
	case 0:
		if len(programs) == 0 {
			return title, coming
		}
		return title, "Nothing about them stands out. " + coming
	case 1:
		return title, fullStop("1 is worth a look: " + enumerate(worth, notify.MaxBody-25))
	default:
		head := fmt.Sprintf("%d are worth a look: ", n)
		return title, fullStop(head + enumerate(worth, notify.MaxBody-len(head)-1))
	}
}

// programKey tells programs apart: by service, else by process; what can't be seen
// by its port.
func programKey(l reeve.Listener) string {
	if len(l.Owners) == 0 {
		return "port " + strconv.Itoa(int(l.Port))
	}
	o := l.Owners[0]
	if strings.HasSuffix(o.Unit, ".service") && !strings.HasPrefix(o.Unit, "user@") {
		return o.Unit
	}
	return strconv.Itoa(int(o.PID))
}

// digest words the notice of several newcomers, each with its listeners.
func digest(all [][]reeve.Listener, why occasion) (title, body string) {
	var order []string
	ports := make(map[string][]reeve.Listener)
	listeners, open := 0, 0
	for _, ls := range all {
		name := ls[0].Program
		if ports[name] == nil {
			order = append(order, name)
		}
		ports[name] = append(ports[name], ls...)
		n := len(portsOf(ls))
		listeners += n
		if ls[0].Scope == string(familiar.Network) {
			open += n
		}
	}
	switch {
	case why == sinceLastTime:
		title = fmt.Sprintf("%d new since last time", listeners)
	case why == sinceSleep:
		title = fmt.Sprintf("%d new since the computer woke up", listeners)
	case listeners == 1:
		title = "1 new listener from " + order[0]
	case len(order) == 1:
		title = fmt.Sprintf("%d new listeners from %s", listeners, order[0])
	default:
		title = fmt.Sprintf("%d new listeners from %d programs", listeners, len(order))
	}
	var names []string
	for i, name := range order {
		on := portsOf(ports[name])
		if i == 0 {
			name = asSubject(ports[name][0]) // which begins the sentence
		}
		switch {
		case len(on) == 1:
			names = append(names, name+" on "+on[0])
		case len(order) == 1 && len(on) <= 3:
			names = append(names, name+" on "+enumerated(on, len(on)))
		default:
			names = append(names, fmt.Sprintf("%s on %d ports", name, len(on)))
		}
	}
	reach := ""
	switch {
	case open == 1:
		reach = "1 is open to your network."
	case open > 1:
		reach = fmt.Sprintf("%d are open to your network.", open)
	}
	return title, paragraph(fullStop(enumerate(names, notify.MaxBody-len(reach)-2)), reach)
}

// port is a listener's, as text.
func port(l reeve.Listener) string { return strconv.Itoa(int(l.Port)) }

// portsOf lists the ports of listeners, the smallest first, each once.
func portsOf(ls []reeve.Listener) []string {
	ports := make([]uint16, 0, len(ls))
	for _, l := range ls {
		ports = append(ports, l.Port)
	}
	slices.Sort(ports)
	ports = slices.Compact(ports)
	text := make([]string, 0, len(ports))
	for _, p := range ports {
		text = append(text, strconv.Itoa(int(p)))
	}
	return text
}

// enumerate names up to three, fewer where they don't fit into limit characters, and
// counts the rest: "a, b and 4 more".
func enumerate(names []string, limit int) string {
	for n := min(3, len(names)); n > 1; n-- {
		if text := enumerated(names, n); utf8.RuneCountInString(text) <= limit {
			return text
		}
	}
	if len(names) == 0 {
		return ""
	}
	rest := strings.TrimPrefix(enumerated(names, 1), names[0])
	return explain.Clean(names[0], limit-len(rest)) + rest
}

func enumerated(names []string, n int) string {
	shown := names[:n:n]
	if more := len(names) - n; more > 0 {
		shown = append(shown, strconv.Itoa(more)+" more")
	}
	last := len(shown) - 1
	if last == 0 {
		return shown[0]
	}
	return strings.Join(shown[:last], ", ") + " and " + shown[last]
}

// reason says for people why something was not done.
func reason(err error) string {
	var no *reeve.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "It took too long, and how it ended is not known."
	case errors.As(err, &no) && no.Code == reeve.CodeChanged:
		return paragraph("What listens there is not what this notice showed: "+fullStop(no.Message), sentence(no.Hint))
	case errors.As(err, &no):
		return paragraph(sentence(no.Message), sentence(no.Hint))
	}
	return sentence(err.Error())
}

// asTitle puts a text where it fits: into the title, else into the body under a
// shorter title.
func asTitle(text, short, more string) (title, body string) {
	if utf8.RuneCountInString(text) <= notify.MaxTitle {
		return text, more
	}
	return short, paragraph(text, more)
}

// sentence gives a text a capital and a full stop; nothing stays nothing. A
// command at its beginning is left as it has to be typed.
func sentence(s string) string {
	if s == "" || strings.HasPrefix(s, "portreeve ") || strings.HasPrefix(s, "sudo ") {
		return fullStop(s)
	}
	// shop.service and python3 are names, which stay as they are.
	if first, _, more := strings.Cut(s, " "); more && strings.ContainsAny(first, ".0123456789") {
		return fullStop(s)
	}
	r, n := utf8.DecodeRuneInString(s)
	return fullStop(string(unicode.ToUpper(r)) + s[n:])
}

// fullStop ends a text with a full stop, unless it has an end of its own.
func fullStop(s string) string {
	if s == "" || strings.HasSuffix(s, "…") || strings.ContainsAny(s[len(s)-1:], ".?:") {
		return s
	}
	return s + "."
}

// paragraph puts sentences after one another, those that say something.
func paragraph(all ...string) string {
	var said []string
	for _, s := range all {
		if s != "" {
			said = append(said, s)
		}
	}
	return strings.Join(said, " ")
}
