//go:build e2e && linux

package e2e

import (
	"bufio"
	"image"
	"image/color"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// screen is the size of every desktop here.
var screen = image.Rect(0, 0, 1280, 800)

// systemPath finds what the system has installed, and no tools of a developer.
const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Desktop is a private X screen with a session bus, window manager, tray host
// and notification daemon. All of it ends with the test that started it.
type Desktop struct {
	t        testing.TB
	kind     string     // "xfce", "lxqt", "gnome": the pictures' names begin with it
	root     string     // holds the home, XDG and runtime folders
	logs     string     // the logs of everything started
	mark     string     // the value of markVariable
	display  string     // ":7"
	address  string     // the session bus
	env      []string   // for everything that runs on this desktop
	services []string   // D-Bus service files of the session bus
	session  *child     // the session bus
	panel    *child     // the program that has the tray, nil where none is known
	bus      *dbus.Conn // the test's own connection to the session bus
	reader   *dbus.Conn // the same to the accessibility bus, nil until used

	// elements answers what is on the screen and where; each kind of desktop
	// has its own source.
	elements func() ([]element, error)
	// trayPlace finds the icon among what is shown.
	trayPlace func(shown []element) image.Rectangle
	notices   *noticeLog
}

// element is something that a person sees: words or a button, and its place on
// the screen in pixels.
type element struct {
	Role, Name string
	X, Y, W, H int
	Owner      string // the program that shows it, "" where the source can't tell
	Showing    bool   // it is drawn now
	Enabled    bool   // it takes clicks; false for greyed rows
}

// rect is where the element is.
func (e element) rect() image.Rectangle { return image.Rect(e.X, e.Y, e.X+e.W, e.Y+e.H) }

// startBare starts what every desktop has: folders, X server, session bus.
// services are paths of D-Bus service files, all that may be started there
// by name: what the system has installed stays out.
func startBare(t testing.TB, kind string, env []string, services ...string) *Desktop {
	t.Helper()
	root, err := os.MkdirTemp("", runMark()+"-")
	if err != nil {
		t.Fatal(err)
	}
	d := &Desktop{t: t, kind: kind, root: root, services: services, mark: runMark() + "/" + filepath.Base(root)}
	d.logs = d.folder("logs")
	t.Cleanup(func() {
		// What a bus started by name ends with its bus, but not at once.
		tryFor(3*time.Second, func() bool { return len(marked(d.mark)) == 0 })
		if strays := killMarked(d.mark); len(strays) > 0 {
			t.Errorf("got strays %q after the desktop's end, want none", strays)
		}
		_ = os.RemoveAll(root)
	})

	runtime := d.folder("run")
	d.address = "unix:path=" + filepath.Join(runtime, "bus")
	d.env = append([]string{
		"PATH=" + systemPath,
		"LANG=C.UTF-8",
		"HOME=" + d.folder("home"),
		"USER=tester",
		"XDG_RUNTIME_DIR=" + runtime,
		"XDG_CONFIG_HOME=" + d.folder("config"),
		"XDG_CONFIG_DIRS=" + d.folder("etc"),
		"XDG_CACHE_HOME=" + d.folder("cache"),
		"XDG_DATA_HOME=" + d.folder("data"),
		"XDG_STATE_HOME=" + d.folder("state"),
		"XDG_SESSION_TYPE=x11",
		"TMPDIR=" + d.folder("tmp"),
		"DBUS_SESSION_BUS_ADDRESS=" + d.address,
		"LIBGL_ALWAYS_SOFTWARE=1",
		"GSETTINGS_BACKEND=memory",
		markVariable + "=" + d.mark,
	}, env...)

	d.startX()
	d.startSession()
	return d
}

// startSession starts the session bus and the record of the notices on it. It
// may be called again after that bus has ended; nothing of the old one is kept.
func (d *Desktop) startSession() {
	d.t.Helper()
	d.session = d.startBus("session", d.address, d.services...)
	bus, err := dbus.Connect(d.address)
	if err != nil {
		d.t.Fatalf("connect to the session bus: %v", err)
	}
	d.t.Cleanup(func() { _ = bus.Close() })
	d.bus, d.reader = bus, nil
	d.recordNotices()
}

// in is the same desktop for a subtest: failures are the subtest's, and what it
// starts ends with it.
func (d *Desktop) in(t testing.TB) *Desktop {
	same := *d
	same.t = t
	return &same
}

// paintBackground gives the screen a colour for the pictures' sake, where no
// desktop does.
func (d *Desktop) paintBackground() {
	d.t.Helper()
	// It answers 1 even when it has painted.
	_ = d.command("display", "-size", "1280x800", "-window", "root", "gradient:#3f6f8f-#1d3548").Run()
	if near(d.picture().At(0, 0), color.Black, 0) {
		d.t.Error("got a black screen after painting it, want colours")
	}
}

// folder makes a folder of the desktop's own and returns its path.
func (d *Desktop) folder(name string) string {
	d.t.Helper()
	path := filepath.Join(d.root, name)
	if err := os.MkdirAll(path, 0o700); err != nil {
		d.t.Fatal(err)
	}
	return path
}

// write puts a file of the desktop's own in place, its folder too.
func (d *Desktop) write(name, text string) string {
	d.t.Helper()
	path := filepath.Join(d.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
	return path
}

// command prepares a program that runs on this desktop.
func (d *Desktop) command(name string, args ...string) *exec.Cmd {
	command := exec.Command(name, args...)
	command.Env = d.env
	command.Dir = filepath.Join(d.root, "home")
	return command
}

// start starts a program on this desktop; it ends with the desktop.
func (d *Desktop) start(name string, args ...string) *child {
	d.t.Helper()
	return startChild(d.t, d.logs, d.command(name, args...))
}

// startX starts the X server and learns the display number that it chose.
func (d *Desktop) startX() {
	d.t.Helper()
	answer, number, err := os.Pipe()
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = answer.Close() }()
	size := "1280x800x24"
	if slices.Contains(d.env, "FYNE_SCALE=2") {
		size = "2560x1600x24" // the same on a screen of twice the density
	}
	server := d.command("Xvfb", "-displayfd", "3", "-screen", "0", size, "-nolisten", "tcp",
		"-noreset", "+extension", "GLX", "+extension", "RANDR", "+extension", "COMPOSITE")
	server.ExtraFiles = []*os.File{number}
	startChild(d.t, d.logs, server)
	_ = number.Close()
	line, err := bufio.NewReader(answer).ReadString('\n')
	if err != nil {
		d.t.Fatalf("read the display number of Xvfb: %v", err)
	}
	d.display = ":" + strings.TrimSpace(line)
	d.env = append(d.env, "DISPLAY="+d.display)
}

// startBus starts a message bus at address that can start services by name and
// nothing else, and waits until it takes connections. Everybody may listen in,
// as on a usual session bus.
func (d *Desktop) startBus(name, address string, services ...string) *child {
	d.t.Helper()
	folder := d.folder(name + "-services")
	for _, service := range services {
		text, err := os.ReadFile(service)
		if err != nil {
			d.t.Fatalf("copy D-Bus service: %v", err)
		}
		d.write(name+"-services/"+filepath.Base(service), string(text))
	}
	config := d.write(name+"-bus.conf", `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>`+address+`</listen>
  <auth>EXTERNAL</auth>
  <servicedir>`+folder+`</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`)
	bus := d.start("dbus-daemon", "--nofork", "--nopidfile", "--config-file="+config)
	waitFor(d.t, 20*time.Second, "the "+name+" bus", func() bool {
		conn, err := net.Dial("unix", strings.TrimPrefix(address, "unix:path="))
		if err != nil {
			return false
		}
		_ = conn.Close()
		return true
	})
	return bus
}

// waitName waits until a program on the session bus owns name.
func (d *Desktop) waitName(name string, limit time.Duration) {
	d.t.Helper()
	waitFor(d.t, limit, "bus name "+name, func() bool { return d.owner(name) != "" })
}

// owner is the unique name of the connection that owns name, "" for nobody.
func (d *Desktop) owner(name string) string {
	var owner string
	if d.bus.BusObject().Call("org.freedesktop.DBus.GetNameOwner", 0, name).Store(&owner) != nil {
		return ""
	}
	return owner
}

// run runs a program on this desktop to its end and returns its output.
func (d *Desktop) run(name string, args ...string) string {
	d.t.Helper()
	out, err := d.command(name, args...).CombinedOutput()
	if err != nil {
		d.t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}
