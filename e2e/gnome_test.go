//go:build e2e && linux

package e2e

import (
	"image"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// startGNOME starts GNOME Shell with the AppIndicator extension as Ubuntu ships
// it, on a session bus and a system bus of its own.
func startGNOME(t testing.TB) *Desktop {
	t.Helper()
	d := startBare(t, "gnome", []string{"XDG_CURRENT_DESKTOP=GNOME", "GNOME_SHELL_SESSION_MODE=user"},
		servicesDir+"ca.desrt.dconf.service",
		servicesDir+"org.a11y.Bus.service",
		servicesDir+"org.gnome.Shell.CalendarServer.service",
		servicesDir+"org.gnome.Shell.HotplugSniffer.service",
		servicesDir+"org.gnome.Shell.Notifications.service",
		servicesDir+"org.gnome.Shell.Extensions.service")
	system := "unix:path=" + filepath.Join(d.root, "run", "system")
	d.env = append(d.env, "GSETTINGS_BACKEND=dconf", "DBUS_SYSTEM_BUS_ADDRESS="+system)
	d.startBus("system", system)
	for _, setting := range [][3]string{
		{"org.gnome.shell", "enabled-extensions", "['ubuntu-appindicators@ubuntu.com']"},
		{"org.gnome.shell", "welcome-dialog-last-shown-version", "99"},
		{"org.gnome.desktop.interface", "enable-animations", "false"},
		{"org.gnome.desktop.interface", "toolkit-accessibility", "true"},
	} {
		d.run("gsettings", "set", setting[0], setting[1], setting[2])
	}
	d.elements, d.trayPlace = d.accessible, gnomeTray
	d.startAccessibility()
	d.start("gnome-shell", "--x11")
	d.waitName("org.gnome.Shell", 60*time.Second)
	d.waitName(watcherName, 60*time.Second)
	d.start("gjs", "/usr/share/gnome-shell/org.gnome.Shell.Notifications")
	d.waitName(noticesName, 30*time.Second)
	d.leaveOverview()
	d.dismissBanner("Screen Lock disabled")
	return d
}

// leaveOverview leaves the picture of all windows that GNOME begins with.
func (d *Desktop) leaveOverview() {
	d.t.Helper()
	overview := func() bool {
		return slices.ContainsFunc(d.shown(), func(e element) bool { return e.Name == "Overview" })
	}
	waitFor(d.t, 20*time.Second, "GNOME's overview", overview)
	waitFor(d.t, 20*time.Second, "GNOME to leave its overview", func() bool {
		if !overview() {
			return true
		}
		d.key("Escape")
		return false
	})
}

// dismissBanner waits for a banner and closes it by its own button.
func (d *Desktop) dismissBanner(title string) {
	d.t.Helper()
	banner := func() (close image.Rectangle, shown bool) {
		for _, e := range d.shown() {
			switch {
			case e.Name == title:
				shown = true
			case shown && e.Role == "push button":
				return e.rect(), true
			}
		}
		return close, false
	}
	var at image.Rectangle
	waitFor(d.t, 20*time.Second, "banner "+title, func() (shown bool) { at, shown = banner(); return shown })
	d.click(leftButton, middle(at))
	waitFor(d.t, 20*time.Second, "banner "+title+" to go", func() bool { _, shown := banner(); return !shown })
}
