//go:build e2e && linux

package e2e

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What users of the program live through, on each desktop in the same order.
// A desktop starts once; each scenario has a life of the program of its own, so
// that the limit of five notices a minute never holds one of its notices back.

// newServer and its like are the words that the scenarios wait for.
const (
	newServer     = "python3 is listening on 127.0.0.1:62893"
	serverStopped = "python3 has ended. Port 62893 is free."
	knownServer   = "Known: python3 -m http.server in ~/src/shop"
	serverRow     = "python3 · 127.0.0.1:62893 · new"
	stopRow       = "Stop python3 on 62893"
)

// earlier is what listens before the program's first start.
var earlier = netip.MustParseAddrPort("0.0.0.0:8080")

func TestStrangersOnXFCE(t *testing.T) {
	d := startXFCE(t)
	liveThrough(t, d)
	t.Run("left click", func(t *testing.T) { leftClick(t, d.in(t)) })
	t.Run("idle cost", func(t *testing.T) { idleCost(t, d.in(t)) })
	// What libdbusmenu writes when it leaves a submenu empty for good, since it
	// was told of the rows in it too early.
	if naughty := strings.Count(d.panel.said(), "someone's been naughty"); naughty > 0 {
		t.Errorf("got %d complaints of the panel about submenus, want none", naughty)
	}
}

func TestStrangersOnGNOME(t *testing.T) {
	d := startGNOME(t)
	liveThrough(t, d)
	t.Run("plain notice", func(t *testing.T) { plainNotice(t, d.in(t)) })
}

// TestIconAndMenuOnLXQt has dunst for the notices, which draws no buttons.
func TestIconAndMenuOnLXQt(t *testing.T) {
	d := startLXQt(t)
	t.Run("stop by menu", func(t *testing.T) { stopByMenu(t, d.in(t)) })
	t.Run("stop among many", func(t *testing.T) { stopAmongMany(t, d.in(t)) })
	t.Run("left click", func(t *testing.T) { leftClick(t, d.in(t)) })
}

// liveThrough runs the scenarios on a desktop. The first one makes the baseline
// that the others start from.
func liveThrough(t *testing.T, d *Desktop) {
	t.Helper()
	startWebServer(t, d, d.folder("home/src/blog"), earlier)
	run := func(name string, scenario func(t *testing.T, d *Desktop)) {
		t.Run(name, func(t *testing.T) { scenario(t, d.in(t)) })
	}
	run("first start", firstStart)
	run("stop by notice", stopByNotice)
	run("stop by menu", stopByMenu)
	run("I know this", knowThis)
	run("restart", restart)
	run("left behind", leftBehind)
	run("submenu stays", submenuStays)
	run("stop among many", stopAmongMany)
	run("stop by window", stopByWindow)
	run("second start", secondStart)
	run("end by signal", endBySignal)
	run("end by menu", endByMenu)
}

// forgetAtEnd removes what a scenario made known after the program's end, so that
// one that fails half-way takes no other with it.
func (d *Desktop) forgetAtEnd() {
	d.t.Cleanup(func() { _ = os.Remove(filepath.Join(d.root, "config/portreeve/rules.toml")) })
}

// shop starts the server of the issue in ~/src/shop.
func (d *Desktop) shop() *child {
	d.t.Helper()
	return startWebServer(d.t, d, d.folder("home/src/shop"), stranger)
}

// waitFree waits until nobody listens on the stranger's port.
func (d *Desktop) waitFree() {
	d.t.Helper()
	waitFor(d.t, 20*time.Second, "port "+portText(stranger)+" to be free", func() bool { return !answers(stranger) })
}

func firstStart(t *testing.T, d *Desktop) {
	r := d.startResident()
	welcome := d.waitNotice(r.began, "already listens on this computer")
	checkActions(t, welcome, "Review", "Show an example", "Start at login")
	t.Logf("it said %q: %q", welcome.Title, welcome.Body)
	d.clickNoticeButton(welcome.Title, "Show an example", "first-start")
	example := d.waitNotice(r.began, " is listening on 127.0.0.1:62893")
	if want := "portreeve is listening on 127.0.0.1:62893"; example.Title != want {
		t.Errorf("got title %q, want %q", example.Title, want)
	}
	d.clickNoticeButton(example.Title, "Stop", "example")
	d.waitNotice(r.began, "portreeve has ended. Port 62893 is free.")
	d.waitFree()
}

func stopByNotice(t *testing.T, d *Desktop) {
	r := d.startResident()
	d.waitIcon(r.item)
	server := d.shop()
	n := d.waitNotice(r.began, newServer)
	if n.Title != newServer {
		t.Errorf("got title %q, want %q", n.Title, newServer)
	}
	if want := "Only programs on this computer can reach it. http.server in ~/src/shop"; !strings.HasPrefix(n.Body, want) {
		t.Errorf("got body %q, want it to begin with %q", n.Body, want)
	}
	checkActions(t, n, "I know this", "Stop", "Details")
	d.clickNoticeButton(n.Title, "Stop", "notice")
	d.waitNotice(r.began, serverStopped)
	d.waitFree()
	waitFor(t, 20*time.Second, "the server to end", server.ended)
	d.waitShown(serverStopped)
	d.Screenshot("notice-stopped")
}

func stopByMenu(t *testing.T, d *Desktop) {
	r := d.startResident()
	d.shop()
	d.waitNotice(r.began, newServer)
	d.waitMenuRow(r.item, stopRow)
	d.openMenu(r.item)
	d.Screenshot("menu")
	menu, err := r.item.menu()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range menu.shown() {
		if len(row.Rows) > 0 {
			d.openSubmenu(r.item, row.Label)
		}
	}
	d.clickRow(r.item, stopRow)
	d.waitNotice(r.began, serverStopped)
	d.waitFree()
}

// leftClick opens the window by the icon. GNOME opens the menu by it, as for all
// icons.
func leftClick(t *testing.T, d *Desktop) {
	needWindow(t)
	r := d.startResident()
	d.click(leftButton, middle(d.waitIcon(r.item)))
	d.waitWindow()
	d.Screenshot("left-click")
}

func knowThis(t *testing.T, d *Desktop) {
	d.forgetAtEnd()
	r := d.startResident()
	first := d.shop()
	d.clickNoticeButton(d.waitNotice(r.began, newServer).Title, "I know this", "know")
	known := d.waitNotice(r.began, knownServer)
	checkActions(t, known, "Undo")
	d.waitMenuRow(r.item, "Already here and known")
	first.end()
	d.waitFree()

	// Something else that is told later proves that the silence before it was meant.
	after := len(d.notices.list())
	second := d.shop()
	startWebServer(t, d, d.folder("home/src/other"), netip.MustParseAddrPort("127.0.0.1:62894"))
	d.waitNotice(after, "python3 is listening on 127.0.0.1:62894")
	for _, n := range d.notices.list()[after:] {
		if strings.Contains(n.Title+n.Body, portText(stranger)) {
			t.Errorf("got notice %q about what is known, want none", n.Title)
		}
	}

	d.clickNoticeButton(known.Title, "Undo", "known")
	d.waitNotice(after, "Forgotten: ")
	d.waitMenuRow(r.item, serverRow)
	second.end()
	d.waitFree()
	after = len(d.notices.list())
	d.shop()
	d.waitNotice(after, newServer)
}

// restart has a server come again on its port: that is no news.
func restart(t *testing.T, d *Desktop) {
	r := d.startResident()
	first := d.shop()
	n := d.waitNotice(r.began, newServer)
	d.waitShown(n.Title)
	first.end()
	d.waitFree()
	waitFor(t, 20*time.Second, "the notice to go with its listener", func() bool {
		return !slices.ContainsFunc(d.notices.list()[r.began:], func(n notice) bool { return n.Title == newServer && !n.Closed })
	})
	after := len(d.notices.list())
	d.shop()
	d.waitMenuRow(r.item, serverRow)
	// Something else that is told later proves that the silence was meant.
	startWebServer(t, d, d.folder("home/src/other"), netip.MustParseAddrPort("127.0.0.1:62894"))
	d.waitNotice(after, "python3 is listening on 127.0.0.1:62894")
	for _, n := range d.notices.list()[after:] {
		if strings.Contains(n.Title+n.Body, portText(stranger)) {
			t.Errorf("got notice %q of a server that was only started again, want none", n.Title)
		}
	}
	d.Screenshot("restart")
}

// leftBehind ends a coding agent, whose server stays, and stops that by the menu.
func leftBehind(t *testing.T, d *Desktop) {
	const left = "1 dev server left by an ended session"
	r := d.startResident()
	folder := d.folder("home/src/shop")
	agent := filepath.Join(d.folder("home/bin"), "codex")
	shell, err := os.ReadFile("/bin/bash")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(agent, shell, 0o700); err != nil {
		t.Fatal(err)
	}
	session := d.start(agent, "-c", fmt.Sprintf("cd %s; python3 -m http.server --bind %s %d & wait", folder, stranger.Addr(), stranger.Port()))
	told := d.waitNotice(r.began, newServer)
	if !strings.Contains(told.Body, "started by Codex") {
		t.Errorf("got body %q, want it to say that Codex started the server", told.Body)
	}
	d.waitShown(told.Title)
	d.Screenshot("notice-agent")
	// Only the agent: its server goes on in the same process group.
	if err := syscall.Kill(session.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	d.waitMenuRow(r.item, left)
	d.openMenu(r.item)
	d.openSubmenu(r.item, left)
	d.Screenshot("menu-left")
	d.clickRow(r.item, left, "Stop it…")
	question := d.waitNotice(r.began, "Stop python3 on 62893?")
	checkActions(t, question, "Stop", "Cancel")
	d.waitShown(question.Title)
	d.Screenshot("notice-left")
	d.clickNoticeButton(question.Title, "Stop", "left")
	d.waitNotice(r.began, "1 program has ended.")
	d.waitFree()
}

// submenuStays holds a submenu open while listeners come and go.
func submenuStays(t *testing.T, d *Desktop) {
	d.forgetAtEnd()
	r := d.startResident()
	d.shop()
	d.waitNotice(r.began, newServer)
	d.waitMenuRow(r.item, serverRow)
	d.openMenu(r.item)
	d.openSubmenu(r.item, serverRow)
	d.Screenshot("submenu")
	before := d.menuRows(r.item, serverRow)

	comers := d.servers(5)
	waitFor(t, 20*time.Second, "the icon to show that there are others", func() bool { return d.told(r.item, 6) })
	for _, comer := range comers {
		comer.end()
	}
	waitFor(t, 20*time.Second, "the icon to show that they have gone", func() bool { return d.told(r.item, 1) })
	if now := d.menuRows(r.item, serverRow); !slices.Equal(now, before) {
		d.Screenshot("failed-submenu")
		t.Fatalf("got rows %q after listeners came and went, want %q still", now, before)
	}
	d.Screenshot("submenu-later")
	d.clickRow(r.item, serverRow, "I know this")
	checkActions(t, d.waitNotice(r.began, knownServer), "Undo")
	waitFor(t, 20*time.Second, "the icon to show that nothing is new", func() bool { return !d.told(r.item, 1) })
}

// stopAmongMany has twenty listeners appear between the opening of the menu and
// the click.
func stopAmongMany(t *testing.T, d *Desktop) {
	r := d.startResident()
	server := d.shop()
	d.waitNotice(r.began, newServer)
	d.waitMenuRow(r.item, stopRow)
	d.openMenu(r.item)
	others := d.servers(20)
	waitFor(t, 20*time.Second, "the icon to show that there are others", func() bool { return d.told(r.item, 21) })
	d.Screenshot("menu-among-many")
	d.clickRow(r.item, stopRow)
	d.waitNotice(r.began, serverStopped)
	d.waitFree()
	waitFor(t, 20*time.Second, "the server to end", server.ended)
	for _, other := range others {
		if other.ended() {
			t.Errorf("got another listener stopped (%s), want 62893 alone to stop", other.log)
		}
	}
	d.openMenu(r.item)
	d.Screenshot("menu-many")
	d.closeMenu()
}

// endBySignal ends the program with something to remember and something on the
// screen.
func endBySignal(t *testing.T, d *Desktop) {
	r := d.startResident()
	d.shop()
	d.clickNoticeButton(d.waitNotice(r.began, newServer).Title, "I know this", "know")
	d.waitNotice(r.began, knownServer)
	r.quit(t)
	d.waitGone(r)
	saved := map[string]string{
		"config/portreeve/rules.toml":   "http.server",
		"state/portreeve/baseline.toml": portText(earlier),
	}
	for file, want := range saved {
		text, err := os.ReadFile(filepath.Join(d.root, file))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("got %s with %q (%v), want %q in it", file, text, err, want)
		}
	}
}

// endByMenu ends a later life by Quit. It still knows what the one before it was
// told, until that is taken back.
func endByMenu(t *testing.T, d *Desktop) {
	d.forgetAtEnd()
	r := d.startResident()
	d.shop()
	startWebServer(t, d, d.folder("home/src/other"), netip.MustParseAddrPort("127.0.0.1:62894"))
	d.waitNotice(r.began, "python3 is listening on 127.0.0.1:62894")
	for _, n := range d.notices.list()[r.began:] {
		if strings.Contains(n.Title+n.Body, portText(stranger)) {
			t.Errorf("got notice %q about what is known, want none", n.Title)
		}
	}
	d.run(binary(residentBinary), "forget", portText(stranger))
	d.waitMenuRow(r.item, serverRow)
	d.openMenu(r.item)
	row := middle(d.rowPlace(r.item, "Quit"))
	d.moveTo(row)
	asked := time.Now()
	d.click(leftButton, row)
	r.waitEnd(t, asked)
	d.waitGone(r)
}

// waitGone waits until nothing of a life of the program is on the desktop that
// has ended: icon and notices.
func (d *Desktop) waitGone(r resident) {
	d.t.Helper()
	waitFor(d.t, 20*time.Second, "the icon to go", func() bool { return !slices.Contains(d.items(), r.item) })
	if !tryFor(20*time.Second, func() bool {
		return !slices.ContainsFunc(d.notices.list()[r.began:], func(n notice) bool { return !n.Closed })
	}) {
		d.t.Errorf("got notices left behind, want all withdrawn:\n%s", d.notices.outline())
	}
}

// servers starts n small servers on ports from 21001 on.
func (d *Desktop) servers(n int) []*child {
	d.t.Helper()
	const program = `import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(600)`
	script := filepath.Join(d.folder("home/src/many"), "serve.py")
	if err := os.WriteFile(script, []byte(program), 0o600); err != nil {
		d.t.Fatal(err)
	}
	var all []*child
	for i := range n {
		all = append(all, d.start("bash", "-c", fmt.Sprintf("exec python3 %s %d", script, 21001+i)))
	}
	for i := range n {
		at := netip.AddrPortFrom(stranger.Addr(), uint16(21001+i))
		waitFor(d.t, 20*time.Second, "a server at "+at.String(), func() bool { return answers(at) })
	}
	return all
}

// told reports whether the icon's own words count n new listeners. They change
// while the menu, which is held still, does not.
func (d *Desktop) told(item trayItem, n int) bool {
	d.t.Helper()
	var tip struct {
		Icon        string
		Pixmaps     []pixmap
		Title, Text string
	}
	if err := item.property("ToolTip", &tip); err != nil {
		return false
	}
	return strings.HasPrefix(tip.Text, fmt.Sprintf("%d new", n))
}

// menuRows are the labels of the rows of an open submenu, each with its place.
func (d *Desktop) menuRows(item trayItem, path ...string) []string {
	d.t.Helper()
	d.waitRows(item, path...)
	menu, err := item.menu()
	if err != nil {
		d.t.Fatal(err)
	}
	below, _ := menu.find(path[len(path)-1])
	var rows []string
	for _, row := range below.shown() {
		rows = append(rows, fmt.Sprint(row.Label, " at ", d.rowPlace(item, append(slices.Clip(path), row.Label)...)))
	}
	return rows
}

// checkActions compares the labels of a notice's buttons, the default action
// left out.
func checkActions(t testing.TB, n notice, want ...string) {
	t.Helper()
	var got []string
	for i := 0; i+1 < len(n.Actions); i += 2 {
		if n.Actions[i] != "default" {
			got = append(got, n.Actions[i+1])
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("notice %q: got buttons %q, want %q", n.Title, got, want)
	}
}
