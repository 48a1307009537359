package explain

import (
	"fmt"

	"portreeve/monitor/process"
)

// Origin names what started a program, in a word or two: "Terminal", "VS Code",
// "shop.service"; empty where nothing is known.
func Origin(o process.Origin) string {
	name := Clean(o.Name, 60)
	switch o.Kind {
	case process.OriginUnknown:
		return ""
	case process.OriginTerminal:
		if name == "SSH" {
			return "SSH session"
		}
		if name == "" {
			return "Terminal"
		}
	case process.OriginDesktop, process.OriginAutostart:
		return Application(o.Name)
	case process.OriginContainer:
		return "container " + name
	case process.OriginSystem:
		return "the system"
	}
	return name
}

// StartedBy says what started a program as it follows a comma or its name:
// "started from Terminal", "left by an ended session of VS Code". kind and label
// are those of the wire; it is empty where nothing is known.
func StartedBy(kind, label string, ended bool) string {
	label = Clean(label, 60)
	if label == "" {
		return ""
	}
	from := label
	if label == "SSH session" {
		from = "an SSH session"
	}
	switch process.OriginKind(kind) {
	case process.OriginTerminal, process.OriginIDE:
		switch {
		case ended && label == "SSH session":
			return "left by an ended SSH session"
		case ended:
			return "left by an ended session of " + from
		}
		return "started from " + from
	case process.OriginAgent:
		if ended {
			return "left by " + from + ", which has ended"
		}
		return "started by " + from
	case process.OriginAutostart:
		return "started at login"
	case process.OriginContainer:
		return "running in the " + from
	case process.OriginUnknown:
		return ""
	}
	return "started by " + from
}

// LeftBehind counts what ended sessions have left, for a row of a menu:
// "6 dev servers left by an ended session".
func LeftBehind(programs, sessions int) string {
	text := fmt.Sprintf("%d dev servers left by ", programs)
	if programs == 1 {
		text = "1 dev server left by "
	}
	if sessions == 1 {
		return text + "an ended session"
	}
	return text + "ended sessions"
}
