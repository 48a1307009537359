package process

// Processes that are never ended, because the desktop, or Portreeve itself,
// ends with them. Further refusals (supervisors, groups) belong beside this
// one: they answer with a sentinel of their own in the same step of a stop.

import (
	"path"
	"slices"
	"strings"
)

// suspect is what the decision needs to know of a process.
type suspect struct {
	pid, ppid int32
	kernel    bool
	// exe is the path of the executable, empty where it can't be read.
	exe string
	// system tells that the executable belongs to the system: no ordinary user
	// can write it. A name protects only such a file, else any program could
	// make itself unstoppable by calling itself after a compositor. The kernel's
	// comm protects nothing for the same reason.
	system bool
	args   []string
}

// protectedBecause says why a process must not be ended, in words that follow
// "this process is protected:"; empty when it may be. self is this program,
// ancestors those that started it, nearest first.
//
// The session bus, the compositor and the user's systemd are known by their
// file's name, whoever runs them: for an ordinary user the others' are out of
// reach anyway, and root should not end them by a click either. That a
// dbus-daemon serves this very session isn't asked for.
func protectedBecause(s suspect, self int32, ancestors []int32) string {
	switch {
	case s.pid == self:
		return "it is Portreeve itself"
	case slices.Contains(ancestors, s.pid):
		return "it started Portreeve"
	case s.pid == 1:
		return "it is the first process of the system"
	case s.kernel:
		return "it is a part of the kernel"
	case !s.system:
		return ""
	}
	name := strings.TrimSuffix(strings.ToLower(path.Base(strings.ReplaceAll(s.exe, `\`, "/"))), ".exe")
	switch name {
	case "dbus-daemon", "dbus-broker", "dbus-broker-launch":
		return "it carries the messages of the desktop (D-Bus)"
	case "systemd":
		if s.ppid == 1 || slices.Contains(s.args, "--user") {
			return "it manages the services of the user (systemd)"
		}
	case "launchd", "services", "csrss", "wininit", "lsass", "smss":
		return "it manages the programs of the system"
	}
	if slices.Contains(sessionPrograms(), name) {
		return "it draws the desktop"
	}
	return ""
}

// sessionPrograms are the X servers, compositors and window managers whose end
// ends a session or leaves it without windows.
func sessionPrograms() []string {
	return []string{
		"xorg", "xwayland", "x", "xvfb", "xephyr", "xvnc", "xtigervnc",
		"gnome-shell", "gnome-session-binary", "mutter", "muffin", "cinnamon", "marco", "metacity",
		"kwin_x11", "kwin_wayland", "kwin_wayland_wrapper", "ksmserver", "plasmashell",
		"xfwm4", "xfce4-session", "openbox", "i3", "awesome", "bspwm", "fluxbox", "icewm", "lxqt-session",
		"sway", "weston", "hyprland", "labwc", "wayfire", "river", "niri", "gala", "budgie-wm", "phoc",
		"cosmic-comp", "cosmic-session", "enlightenment",
		"windowserver", "loginwindow", "dock", "finder",
		"dwm", "explorer", "winlogon",
	}
}
