package explain

import (
	"fmt"
	"strings"

	"portreeve/monitor/supervisor"
)

// Supervised says who would start a program again: "shop.service would start
// python3 again (Restart=always)".
func Supervised(program string, s *supervisor.Supervisor) string {
	policy := ""
	// A loop and a watcher are their own policy.
	if s.Policy != "" && s.Kind != supervisor.Loop && s.Kind != supervisor.Watcher {
		policy = " (" + Clean(s.Policy, 40) + ")"
	}
	return fmt.Sprintf("%s would start %s again%s", Supervisor(s), program, policy)
}

// Supervisor names a supervisor in a sentence: "shop.service", "the container
// web of shop", "nodemon".
func Supervisor(s *supervisor.Supervisor) string {
	name := Clean(s.Name, 60)
	switch s.Kind {
	case supervisor.Docker, supervisor.Podman:
		if name == "" {
			return "a container"
		}
		text := "the container " + name
		if s.Project != "" {
			text += " of " + Clean(s.Project, 40)
		}
		return text
	case supervisor.PM2:
		return "pm2 (" + name + ")"
	case supervisor.Supervisord:
		return "supervisord (" + name + ")"
	case supervisor.Loop:
		return "a loop in " + name
	}
	return name
}

// LastingStop is the words of a button that stops a supervisor.
func LastingStop(s *supervisor.Supervisor) string {
	who := Supervisor(s)
	if s.Kind == supervisor.Loop {
		who = "the" + strings.TrimPrefix(who, "a")
	}
	return "Stop " + who
}

// WhatForceLoses says what a forced stop costs.
func WhatForceLoses(program string) string {
	return program + " will end at once and can't save anything"
}

// WhatClosingLoses says what ending a desktop application costs.
func WhatClosingLoses(app string) string {
	return "this closes " + app + ", with all that is open in it"
}

// WhoIsConnected says which other programs would lose their connection.
func WhoIsConnected(program string, clients []string) string {
	if len(clients) == 1 {
		return clients[0] + " is connected to " + program
	}
	return fmt.Sprintf("%s and %s are connected to %s", strings.Join(clients[:len(clients)-1], ", "), clients[len(clients)-1], program)
}

// Application names a desktop application by its id: the last part of
// "org.gnome.Terminal".
func Application(id string) string {
	if i := strings.LastIndexByte(id, '.'); i >= 0 && i+1 < len(id) {
		id = id[i+1:]
	}
	return Clean(id, 40)
}
