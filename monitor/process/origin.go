package process

// What started a program: the terminal, editor, coding agent, desktop, unit or
// container that it comes from, and whether that is gone. It is worked out once
// for a new owner and remembered, since a process whose parent ends is handed to
// another one (the first process, or the user's systemd) and its chain is lost.
//
// All of it is for display and for lists that the user confirms. Names,
// arguments and the environment are a program's own word.

import (
	"bytes"
	"strconv"
	"strings"
)

// OriginKind is what kind of thing started a program. The values are those of
// the wire.
type OriginKind string

// The kinds of origins.
const (
	OriginUnknown   OriginKind = ""
	OriginTerminal  OriginKind = "terminal"
	OriginIDE       OriginKind = "ide"
	OriginAgent     OriginKind = "agent" // a coding agent
	OriginDesktop   OriginKind = "desktop"
	OriginAutostart OriginKind = "autostart"
	OriginCron      OriginKind = "cron"
	OriginService   OriginKind = "service"
	OriginContainer OriginKind = "container"
	OriginSystem    OriginKind = "system"
)

// Origin is what started a program. It is comparable; the zero value says that
// nothing is known.
type Origin struct {
	Kind OriginKind
	// Name is the product, unit, application or container: "VS Code",
	// "shop.service"; empty for a terminal that can't be named.
	Name string
	// Ended tells that the terminal session, editor or agent is gone and has left
	// the program behind. It never becomes false again.
	Ended bool

	// session is the number of the terminal session, 0 for none. The kernel gives
	// it to nobody else while a process of the session is left.
	session int32
	// starter is the process of that name; until are those of which the first to
	// end ends the origin. The zero ID stands for none.
	starter ID
	until   [2]ID
}

// Key is the same for programs that the same thing started, and different
// otherwise until the machine restarts. It is empty where nothing is known.
func (o Origin) Key() string {
	switch {
	case o.Kind == OriginUnknown:
		return ""
	case o.session != 0 && (o.Kind == OriginTerminal || o.Ended):
		return "session:" + strconv.Itoa(int(o.session))
	case o.starter != ID{}:
		return string(o.Kind) + ":" + strconv.Itoa(int(o.starter.PID)) + "." + strconv.FormatUint(o.starter.Birth, 16)
	}
	return string(o.Kind) + ":" + o.Name
}

// Live reports that it is one of the origins that can end, and has not.
func (o Origin) Live() bool { return !o.Ended && o.until != [2]ID{} }

// lineage is what an origin is worked out from.
type lineage struct {
	procStat
	pid int32
	// parents are nearest first, as Info.Parents.
	parents []relative
	// leader leads the session of the process; the zero ID where it has ended or
	// can't be seen.
	leader ID
	// unit and container are as in Info; the container is empty where this
	// program is in it, too.
	unit, container string
	// environ gives the environment as /proc/PID/environ has it; nil where it
	// may not be read. It is asked for only where the parents don't tell.
	environ func() []byte
	// alive finds a running process of the same user that plays a role and is
	// older than the process; the zero ID where there is none.
	alive func(role) ID
	root  bool
}

// relative is an ancestor with what it plays.
type relative struct {
	ID
	session int32
	role
}

func (r relative) leads() bool { return r.session == r.PID }

// role is what a program is to those that it starts.
type role struct {
	kind OriginKind
	name string
}

// origin works it out. The nearest ancestor that people start programs from
// counts: an agent in an editor's terminal is the agent. Where the chain is
// lost the unit and then the environment tell.
func (l lineage) origin() Origin {
	if l.container != "" {
		return Origin{Kind: OriginContainer, Name: shortContainer(l.container)}
	}
	for i, p := range l.parents {
		if p.kind != "" {
			return l.startedBy(i)
		}
	}
	if strings.HasSuffix(l.unit, ".service") && !strings.HasPrefix(l.unit, "app-") && !strings.HasPrefix(l.unit, "user@") {
		return Origin{Kind: OriginService, Name: l.unit}
	}
	return l.inferred()
}

// startedBy is the origin that the i-th ancestor is.
func (l lineage) startedBy(i int) Origin {
	p := l.parents[i]
	o := Origin{Kind: p.kind, Name: p.name, starter: p.ID}
	switch p.kind {
	case OriginTerminal, OriginIDE:
		o.until[0] = p.ID
		// A shell that the terminal or editor started leads a session. Its end ends
		// that, although the terminal goes on with others.
		if i > 0 && l.parents[i-1].leads() {
			o.until[1], o.session = l.parents[i-1].ID, l.parents[i-1].PID
		} else if i == 0 && l.session == l.pid {
			o.session = l.session
		}
	case OriginAgent:
		// An agent gives every command a session, which ends with the command.
		o.until[0] = p.ID
	}
	return o
}

// inferred tells what started a program whose chain says nothing: its unit, its
// session, or what its environment still has of it.
func (l lineage) inferred() Origin {
	app := l.application()
	if app.Kind == OriginDesktop || app.Kind == OriginAutostart {
		return app
	}
	mark := l.mark()
	if mark.kind == "" && app.Kind != "" {
		mark = role{app.Kind, app.Name}
	}
	gone := l.session != 0 && l.leader == ID{}
	o := Origin{Kind: mark.kind, Name: mark.name}
	switch {
	case l.tty && l.leader != ID{}:
		// A terminal that is known by nothing but its being one.
		if o.Kind == "" {
			o.Kind = OriginTerminal
		}
		o.session, o.until[0] = l.session, l.leader
		if l.leader.PID == l.pid {
			o.until[0] = ID{} // its own end is no news
		}
	case mark.kind == OriginTerminal:
		// A daemon has left its session on purpose, and is in the process group that
		// it made then; a job of a shell has one of its own (setpgid(2)).
		if o.session = l.session; gone && l.group != l.session {
			o.Ended = true
		}
	case mark.kind != "":
		if by := l.alive(mark); by != (ID{}) {
			o.starter, o.until[0] = by, by
		} else if l.session != 0 {
			o.session, o.Ended = l.session, true
		}
	case l.root && len(l.parents) == 0 && !l.tty:
		o.Kind = OriginSystem
	}
	return o
}

// application is the origin that a unit of the desktop names; a terminal or an
// editor is none that the desktop started, but what its programs come from.
func (l lineage) application() Origin {
	if strings.HasPrefix(l.unit, "vte-spawn-") {
		return Origin{Kind: OriginTerminal} // vte gives every tab a scope
	}
	id, ok := appOf(l.unit)
	if !ok {
		return Origin{}
	}
	if strings.HasSuffix(l.unit, "@autostart.service") {
		return Origin{Kind: OriginAutostart, Name: id}
	}
	name := id[strings.LastIndexByte(id, '.')+1:]
	if r := roleOfName(name); r.kind != "" {
		return Origin{Kind: r.kind, Name: r.name}
	}
	return Origin{Kind: OriginDesktop, Name: name}
}

// mark reads the environment for what terminals, editors and agents leave there.
func (l lineage) mark() role {
	marks := environmentMarks()
	best, terminal := len(marks), false
	for entry := range bytes.SplitSeq(l.environ(), []byte{0}) {
		name, value, _ := bytes.Cut(entry, []byte{'='})
		if len(value) == 0 {
			continue
		}
		for i, m := range marks[:best] {
			if string(name) == m.variable && (m.value == "" || string(value) == m.value) {
				best = i
				break
			}
		}
		terminal = terminal || string(name) == "TERM" && string(value) != "dumb"
	}
	switch {
	case best < len(marks):
		return marks[best].role
	case terminal:
		return role{kind: OriginTerminal}
	}
	return role{}
}

// shortContainer is a container's id as its engine shows it.
func shortContainer(id string) string {
	if len(id) == 64 && isHex(id) {
		return id[:12]
	}
	return id
}
