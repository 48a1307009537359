//go:build e2e && linux

package e2e

import (
	"slices"
	"testing"
	"time"
)

const (
	watcherName = "org.kde.StatusNotifierWatcher"
	noticesName = "org.freedesktop.Notifications"
	servicesDir = "/usr/share/dbus-1/services/"
	xfceNotifyd = "/usr/lib/x86_64-linux-gnu/xfce4/notifyd/xfce4-notifyd"
)

// xfcePanel is a panel at the upper edge of the screen: window buttons, free
// space, the tray.
const xfcePanel = `<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="30"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
        <value type="int" value="2"/>
        <value type="int" value="3"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="tasklist"/>
    <property name="plugin-2" type="string" value="separator">
      <property name="expand" type="bool" value="true"/>
      <property name="style" type="uint" value="0"/>
    </property>
    <property name="plugin-3" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/>
    </property>
  </property>
</channel>
`

// xfceNotices puts notices at the upper left, where no menu of the tray is.
const xfceNotices = `<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-notifyd" version="1.0">
  <property name="notify-location" type="uint" value="0"/>
</channel>
`

// xfceOption changes an XFCE desktop.
type xfceOption int

// withDunst has dunst show the notices, which claims buttons and draws none.
const withDunst xfceOption = iota

// startXFCE starts openbox, XFCE's panel and its notification daemon.
func startXFCE(t testing.TB, options ...xfceOption) *Desktop {
	t.Helper()
	kind, daemon := "xfce", xfceNotifyd
	if slices.Contains(options, withDunst) {
		kind, daemon = "dunst", "dunst"
	}
	d := startBare(t, kind, []string{"XDG_CURRENT_DESKTOP=XFCE"},
		servicesDir+"org.xfce.Xfconf.service", servicesDir+"org.a11y.Bus.service")
	d.write("config/xfce4/xfconf/xfce-perchannel-xml/xfce4-panel.xml", xfcePanel)
	d.write("config/xfce4/xfconf/xfce-perchannel-xml/xfce4-notifyd.xml", xfceNotices)
	d.elements, d.trayPlace = d.accessible, xfceTray
	d.startAccessibility()
	d.paintBackground()
	d.start("openbox")
	d.startPanel()
	d.start(daemon)
	d.waitName(noticesName, 20*time.Second)
	return d
}

// startPanel starts XFCE's panel and waits for its tray.
func (d *Desktop) startPanel() {
	d.t.Helper()
	d.panel = d.start("xfce4-panel", "--disable-wm-check")
	d.waitName(watcherName, 20*time.Second)
}
