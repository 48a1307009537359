package explain

import (
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"

	"portreeve/monitor/familiar"
)

// Known echoes what a rule was understood to cover: "Known: python3 -m
// http.server in ~/src/shop, any port it is given, only this computer."
func (w Words) Known(program string, r familiar.Rule) string {
	reach := "only this computer"
	if r.Scope == familiar.Network {
		reach = "open to your network too"
	}
	text := "Known: " + w.subject(program, r.Subject) + ", " + ports(r.Pattern) + ", " + reach
	if l := lasts(r.Lasting); l != "" {
		text += ", " + l
	}
	return Clean(text, 240) + "."
}

// Rule says what a rule allows, without a full stop: "python3 running server.py
// in ~/src/shop may use any port it is given, only on this computer".
func (w Words) Rule(r familiar.Rule) string {
	reach := "only on this computer"
	if r.Scope == familiar.Network {
		reach = "open to your network too"
	}
	text := w.subject(w.RuleProgram(r.Pattern), r.Subject) + " may use " + ports(r.Pattern) + ", " + reach
	if l := lasts(r.Lasting); l != "" {
		text += ", " + l
	}
	return Clean(text, 240)
}

// RuleProgram names whom a rule is for: "python3.11", "anything under ~/src".
func (w Words) RuleProgram(p familiar.Pattern) string {
	s := p.Subject
	name := ""
	switch {
	case s.Exe != "":
		name = filepath.Base(s.Exe)
	case s.AppImage != "":
		name = filepath.Base(s.AppImage)
	case s.Folder != "":
		name = "anything under " + w.Short(s.Folder)
	case s.Build != "":
		name = "test builds of " + w.Short(s.Build)
	case s.Unit != "":
		name = s.Unit
	case s.Image != "":
		name = s.Image
	case s.Container != "":
		name = "container " + s.Container[:min(12, len(s.Container))]
	case strings.HasPrefix(s.Hidden, "name "):
		name = strings.TrimPrefix(s.Hidden, "name ")
	default:
		name = "a hidden program of " + p.User
	}
	return Clean(name, 60)
}

// subject names a rule's subject. program is what the program is called.
func (w Words) subject(program string, s familiar.Subject) string {
	switch {
	case s.Folder != "":
		return "anything under " + w.Short(s.Folder)
	case s.Build != "":
		return "test builds of " + w.Short(s.Build)
	case s.Unit != "":
		return "whatever runs as " + s.Unit
	}
	who := program
	switch {
	case s.Module != "" && strings.HasPrefix(filepath.Base(s.Exe), "py"):
		who += " -m " + s.Module
	case s.Module != "":
		who += " running " + s.Module
	case s.Script == familiar.Inline, s.Script == "":
	case s.Dir != "":
		who += " running " + filepath.Base(s.Script)
	default:
		who += " running " + w.Short(s.Script)
	}
	if s.Dir != "" {
		who += " in " + w.Short(s.Dir)
	}
	switch {
	case s.Image != "":
		who += " in containers of " + s.Image
	case s.Container != "":
		who += " in the container " + s.Container[:min(12, len(s.Container))]
	}
	return who
}

func ports(p familiar.Pattern) string {
	switch p.Ports {
	case familiar.Ephemeral:
		return "any port it is given"
	case familiar.AnyPort:
		return "any port"
	}
	if low, high, ok := p.Ports.Bounds(); ok && low != high {
		return "ports " + strconv.Itoa(int(low)) + " to " + strconv.Itoa(int(high))
	}
	return "port " + string(p.Ports)
}

func lasts(l familiar.Lasting) string {
	switch l {
	case familiar.UntilRestart:
		return "until this computer restarts"
	case familiar.ThisProcess:
		return "as long as this process runs"
	}
	return ""
}

// Choice labels one of the rules that a listener could get, as a radio button
// would: "this port", "any port it is given", "anything under ~/src/shop".
func (w Words) Choice(c familiar.Choice) string {
	switch c.Key {
	case familiar.ThisPort:
		return "this port"
	case familiar.UnderFolder:
		return Clean("anything under "+w.Short(c.Subject.Folder), 100)
	}
	return ports(c.Pattern)
}

// WhyNew says why a listener is new though something like it is known, as one or
// two sentences; empty where nothing like it is.
func (w Words) WhyNew(l familiar.Listening, why familiar.Why) string {
	known := func(ruled, before string) string {
		if why.Ruled {
			return ruled
		}
		return before
	}
	like := why.Like.Subject
	where := w.Short(like.Exe)
	switch why.Reason {
	case familiar.NowOpen:
		return known("You know it as reachable from this computer only", "At the first start it could be reached from this computer only") +
			"; now it is " + openTo(l.Local.Addr(), w.Interface) + "."
	case familiar.NowMemfd:
		return Clean(known("You know ", "Already here was ")+where, 120) + "; this one runs from memory, without a file."
	case familiar.NowDeleted:
		return Clean(known("You know ", "Already here was ")+where, 120) + "; the file of this one has been deleted or replaced."
	case familiar.NowElsewhere:
		return Clean(known("You know ", "Already here was ")+where, 120) + "; this one runs another file, which is not at that path here."
	case familiar.Updated:
		return "Its program was updated since " + known("you said that you know it", "the first start") + ": the file is another one now."
	case familiar.OtherPort:
		return known("You know it on ", "At the first start it was on ") + strings.Replace(ports(why.Like), "any port it is given", "the ports that it is given", 1) +
			"; this is port " + strconv.Itoa(int(l.Local.Port())) + "."
	case familiar.OtherFile:
		here := ""
		if len(l.Owners) > 0 {
			here = w.Short(l.Owners[0].Exe)
		}
		return Clean(known("You know the program at ", "Already here was the program at ")+where, 120) + Clean("; this one of the same name is "+here, 120) + "."
	case familiar.OtherScript:
		return Clean(known("You know ", "Already here was ")+w.subject(filepath.Base(like.Exe), like), 160) + "; this one runs something else, or in another folder."
	}
	return ""
}

// openTo says to whom a listener that is not for this computer only is open.
func openTo(a netip.Addr, interfaceOf func(netip.Addr) string) string {
	if interfaceOf != nil && bridge(interfaceOf(a)) {
		return "open to containers and virtual machines here"
	}
	return "open to your network"
}

// Silenced says what a rule would have done: "It would have silenced 14 of your
// last 20 notices."
func Silenced(n, of int) string {
	switch {
	case of == 0:
		return "Nothing is recorded yet to try it on."
	case of == 1 && n == 1:
		return "It would have silenced your only notice."
	case of == 1:
		return "It would not have silenced your only notice."
	case n == 0:
		return "It would have silenced none of your last " + strconv.Itoa(of) + " notices."
	case n == of:
		return "It would have silenced all of your last " + strconv.Itoa(of) + " notices."
	}
	return "It would have silenced " + strconv.Itoa(n) + " of your last " + strconv.Itoa(of) + " notices."
}
