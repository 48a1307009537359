//go:build e2e && linux

package e2e

import (
	"testing"
	"time"
)

// lxqtPanel is a panel at the lower edge of the screen with a tray alone.
const lxqtPanel = `[General]
panels=panel1

[panel1]
alignment=-1
desktop=0
hidable=false
iconSize=22
lineCount=1
lockPanel=false
panelSize=32
plugins=spacer, statusnotifier
position=Bottom
width=100
width-percent=true

[spacer]
alignment=Left
expandable=true
type=spacer

[statusnotifier]
alignment=Right
type=statusnotifier
`

// startLXQt starts openbox, LXQt's panel, and dunst for the notices.
func startLXQt(t testing.TB) *Desktop {
	t.Helper()
	d := startBare(t, "lxqt", []string{"XDG_CURRENT_DESKTOP=LXQt", "QT_LINUX_ACCESSIBILITY_ALWAYS_ON=1"},
		servicesDir+"org.a11y.Bus.service")
	d.write("config/lxqt/panel.conf", lxqtPanel)
	d.elements, d.trayPlace = d.accessible, lxqtTray
	d.startAccessibility()
	d.paintBackground()
	d.start("openbox")
	d.start("dunst")
	d.start("lxqt-panel")
	d.waitName(watcherName, 20*time.Second)
	d.waitName(noticesName, 20*time.Second)
	return d
}
