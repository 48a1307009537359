//go:build e2e && linux

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// day is a developer's account with a home, a session bus, the resident and a
// notification daemon. As root it is the account of an ordinary user: root sees
// every owner, and a browser or a database would not start.
type day struct {
	root    string // holds all that follows
	home    string
	logs    string
	temp    string // a folder under /tmp, for whom that is a matter
	account *user.User
	who     *syscall.Credential // nil where the tests run as the user
	env     []string
	hasty   bool // log in anew rather than wait for room for a notice

	top      testing.TB // the test that the account lives as long as
	notices  *counter
	lookout  *lookout
	resident *child
	sessions int
	room     int // how many notices fit into this session
	since    int // the notices before this session
	astray   []string
}

// dayPlaces are where the account may be made, the best first: not among
// temporary files, where every program is worth a look.
func dayPlaces() []string {
	var places []string
	if os.Getuid() == 0 {
		places = append(places, "/home", "/srv")
	} else if cache, err := os.UserCacheDir(); err == nil {
		places = append(places, cache)
	}
	if build, err := filepath.Abs("../build"); err == nil {
		places = append(places, build)
	}
	return slices.DeleteFunc(places, func(place string) bool {
		return strings.HasPrefix(place, "/tmp/") || strings.HasPrefix(place, "/var/tmp/") || strings.HasPrefix(place, "/dev/shm/")
	})
}

// openDay makes the account and logs in.
func openDay(t *testing.T) *day {
	t.Helper()
	if os.Getenv(insideVariable) == "" {
		t.Skip("the day needs a network namespace of its own, which this computer refuses: other programs' ports would count")
	}
	d := &day{top: t}
	account, err := user.Current()
	if os.Getuid() == 0 {
		account, err = user.Lookup("nobody")
	}
	if err != nil {
		t.Fatalf("find the day's user: %v", err)
	}
	d.account = account
	if os.Getuid() == 0 {
		uid, _ := strconv.ParseUint(account.Uid, 10, 32)
		gid, _ := strconv.ParseUint(account.Gid, 10, 32)
		d.who = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	d.makeHome(t)
	d.startBus(t)
	d.notices = startCounter(t, d.busAddress())
	d.lookout = startLookout(t)
	d.logIn(t)
	return d
}

// makeHome makes the folders of the account, and the environment of its
// programs.
func (d *day) makeHome(t *testing.T) {
	t.Helper()
	why := errors.New("there is no folder outside of those for temporary files")
	for _, place := range dayPlaces() {
		if why = os.MkdirAll(place, 0o755); why != nil {
			continue
		}
		if d.root, why = os.MkdirTemp(place, runMark()+"-"); why == nil {
			break
		}
	}
	if why != nil {
		t.Skipf("the day has no place for a home: %v", why)
	}
	t.Cleanup(func() { _ = os.RemoveAll(d.root) })
	mark := runMark() + "/" + filepath.Base(d.root)
	t.Cleanup(func() {
		tryFor(3*time.Second, func() bool { return len(marked(mark)) == 0 })
		if strays := killMarked(mark); len(strays) > 0 {
			t.Errorf("got strays %q after the day's end, want none", strays)
		}
	})
	d.give(t, d.root, 0o755)
	temp, err := os.MkdirTemp("/tmp", runMark()+"-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(temp) })
	d.temp = temp
	d.give(t, temp, 0o755)
	d.home, d.logs = d.folder(t, "home"), d.folder(t, "logs")
	d.env = []string{
		"PATH=" + d.path(t),
		"LANG=C.UTF-8",
		"HOME=" + d.home,
		"USER=" + d.account.Username,
		"SHELL=/bin/bash",
		"XDG_RUNTIME_DIR=" + d.folder(t, "run"),
		"XDG_CONFIG_HOME=" + d.folder(t, "home/.config"),
		"XDG_CACHE_HOME=" + d.folder(t, "home/.cache"),
		"XDG_DATA_HOME=" + d.folder(t, "home/.local/share"),
		"XDG_STATE_HOME=" + d.folder(t, "home/.local/state"),
		"DBUS_SESSION_BUS_ADDRESS=" + d.busAddress(),
		"GOTOOLCHAIN=local", "GOPROXY=off", "GOFLAGS=-buildvcs=false", "GOTELEMETRY=off",
		markVariable + "=" + mark,
	}
	if cache := d.goCache(t); cache != "" {
		d.env = append(d.env, "GOCACHE="+cache)
	}
	d.copyFile(t, binary(residentBinary), filepath.Join(d.folder(t, "bin"), residentBinary), 0o755)
	if !d.can(d.program()) {
		t.Skipf("the day's user can't run %s", d.program())
	}
}

// path is where the account finds its programs: the system's, the Go tools that
// built this test, and what was unpacked beside the build.
func (d *day) path(t testing.TB) string {
	t.Helper()
	path := systemPath
	if tool, err := exec.LookPath("go"); err == nil {
		if real, err := filepath.EvalSymlinks(tool); err == nil {
			path += ":" + filepath.Dir(real)
		}
	}
	return path
}

// goCache is a build cache that outlives the account, so that only the first day
// compiles Go's library; empty where the user can't write beside the build.
func (d *day) goCache(t testing.TB) string {
	t.Helper()
	cache, err := filepath.Abs("../build/day/go-build-" + d.account.Uid)
	if err != nil || os.MkdirAll(cache, 0o755) != nil {
		return ""
	}
	d.give(t, cache, 0o755)
	if _, err := d.output("/", "test", "-w", cache); err != nil {
		return ""
	}
	return cache
}

func (d *day) busAddress() string { return "unix:path=" + filepath.Join(d.root, "run", "bus") }
func (d *day) program() string    { return filepath.Join(d.root, "bin", residentBinary) }

// give makes the user the owner of a file or folder.
func (d *day) give(t testing.TB, path string, mode fs.FileMode) {
	t.Helper()
	if d.who != nil {
		if err := os.Lchown(path, int(d.who.Uid), int(d.who.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// giveAll makes the user the owner of a folder and all below it.
func (d *day) giveAll(t testing.TB, folder string) {
	t.Helper()
	if d.who == nil {
		return
	}
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(d.who.Uid), int(d.who.Gid))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// remove removes a file that may not be there.
func (d *day) remove(t testing.TB, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}

// folder makes a folder of the account with those above it, and returns its path.
func (d *day) folder(t testing.TB, name string) string {
	t.Helper()
	path := d.root
	for _, part := range strings.Split(name, "/") {
		path = filepath.Join(path, part)
		if err := os.Mkdir(path, 0o755); err == nil {
			mode := fs.FileMode(0o755)
			if part == "run" {
				mode = 0o700
			}
			d.give(t, path, mode)
		} else if !errors.Is(err, fs.ErrExist) {
			t.Fatal(err)
		}
	}
	return path
}

// write puts a file of the user's in place.
func (d *day) write(t testing.TB, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	d.give(t, path, mode)
}

// copyFile replaces a file by a copy of another that is the user's. The old one
// may run: it is not written to.
func (d *day) copyFile(t testing.TB, from, to string, mode fs.FileMode) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	d.remove(t, to)
	d.write(t, to, string(text), mode)
}

// source is the path of something in testdata/day.
func source(name string) string { return filepath.Join("testdata", "day", name) }

// project copies a folder of testdata/day into ~/src and returns its path.
func (d *day) project(t testing.TB, name string) string {
	t.Helper()
	folder := d.folder(t, "home/src/"+name)
	entries, err := os.ReadDir(source(name))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		d.copyFile(t, filepath.Join(source(name), e.Name()), filepath.Join(folder, e.Name()), 0o644)
	}
	return folder
}

// command prepares a program of the user's in one of its folders.
func (d *day) command(dir, name string, args ...string) *exec.Cmd {
	command := exec.Command(d.find(name), args...)
	command.Env, command.Dir = d.env, dir
	command.SysProcAttr = &syscall.SysProcAttr{Credential: d.who}
	return command
}

// find finds a program by the account's PATH, which is not the test's.
func (d *day) find(name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	path := strings.TrimPrefix(d.env[0], "PATH=")
	for _, folder := range filepath.SplitList(path) {
		at := filepath.Join(folder, name)
		if info, err := os.Stat(at); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return at
		}
	}
	return name // starting it says that it is not there
}

// output runs a program of the user's to its end.
func (d *day) output(dir, name string, args ...string) (string, error) {
	command := d.command(dir, name, args...)
	var out, problem bytes.Buffer
	command.Stdout, command.Stderr = &out, &problem
	if err := command.Run(); err != nil {
		return out.String(), fmt.Errorf("%s %s: %w: %s%s", name, strings.Join(args, " "), err, out.String(), problem.String())
	}
	return out.String(), nil
}

// can reports whether the user may run a program, found by PATH or by its path.
func (d *day) can(name string) bool {
	command := exec.Command("/bin/sh", "-c", `command -v "$0" >/dev/null`, name)
	command.Env, command.SysProcAttr = d.env, &syscall.SysProcAttr{Credential: d.who}
	return command.Run() == nil
}

// unpacked finds a program that is installed, or was unpacked beside the build,
// and the setting that it needs to find its libraries. Empty where there is none.
func (d *day) unpacked(name string, places ...string) (path, setting string) {
	tools, err := filepath.Abs("../build/tools")
	if err != nil {
		return "", ""
	}
	for _, root := range []string{"/", tools} {
		for _, place := range append(places, "usr/sbin", "usr/bin") {
			found, _ := filepath.Glob(filepath.Join(root, place, name))
			for _, path := range found {
				if d.can(path) {
					libraries, _ := filepath.Glob(filepath.Join(tools, "usr/lib/*-linux-gnu*"))
					return path, "LD_LIBRARY_PATH=" + strings.Join(libraries, ":")
				}
			}
		}
	}
	return "", ""
}

// startBus starts the account's session bus, which takes the test, too.
func (d *day) startBus(t *testing.T) {
	t.Helper()
	config := filepath.Join(d.root, "bus.conf")
	d.write(t, config, `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>`+d.busAddress()+`</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`, 0o644)
	startChild(t, d.logs, d.command(d.home, "dbus-daemon", "--nofork", "--nopidfile", "--config-file="+config))
	waitFor(t, 10*time.Second, "the session bus", func() bool {
		conn, err := net.Dial("unix", strings.TrimPrefix(d.busAddress(), "unix:path="))
		if err != nil {
			return false
		}
		_ = conn.Close()
		return true
	})
}

// logIn starts the resident and waits until it watches. Its very first start
// says what was there before it.
func (d *day) logIn(t testing.TB) {
	t.Helper()
	d.since = d.notices.count()
	d.resident = startChild(d.top, d.logs, d.command(d.home, d.program()))
	d.room = mostNotices
	d.sessions++
	waitFor(t, 10*time.Second, "the resident to watch", func() bool {
		var status struct {
			Resident bool   `json:"resident"`
			Source   string `json:"source"`
			Notices  string `json:"notices"`
		}
		out, err := d.output(d.home, d.program(), "status", "--json")
		return err == nil && json.Unmarshal([]byte(out), &status) == nil &&
			status.Resident && status.Source != "" && status.Notices == "with buttons"
	})
	if d.sessions == 1 {
		waitFor(t, 10*time.Second, "the welcome", func() bool { return d.notices.count() > 0 })
	}
}

// logOut ends the resident as the end of a session does.
func (d *day) logOut(t testing.TB) {
	t.Helper()
	resident{child: d.resident}.quit(t)
}

// end logs out for good and collects what was told of nothing in particular.
func (d *day) end() {
	d.logOut(d.top)
	for i, n := range d.notices.all() {
		if !n.claimed && i > 0 { // the first is the welcome
			d.astray = append(d.astray, fmt.Sprintf("%q %q", n.title, n.body))
		}
	}
}

// The limits on notices that nobody asked for, as the README gives them.
const (
	mostNotices = 5
	noticeSpan  = time.Minute
)

// makeRoom waits until the limits leave room for one more notice; the hasty day
// logs in anew, which makes room as well.
func (d *day) makeRoom(t testing.TB) {
	t.Helper()
	if d.hasty {
		if d.notices.count()-d.since >= d.room {
			d.logOut(t)
			d.logIn(t)
		}
		return
	}
	waitFor(t, noticeSpan+5*time.Second, "room for a notice", func() bool {
		return d.notices.countSince(time.Now().Add(-noticeSpan-time.Second)) < mostNotices
	})
}

// listed is a listener as "portreeve list --json" has it, as far as the day asks.
type listed struct {
	Protocol string `json:"protocol"`
	Address  string `json:"address"`
	Port     uint16 `json:"port"`
	Verdict  string `json:"verdict"`
	Program  string `json:"program"`
	Look     string `json:"look"`
}

// list asks the resident for all listeners.
func (d *day) list() ([]listed, error) {
	out, err := d.output(d.home, d.program(), "list", "--json")
	if err != nil {
		return nil, err
	}
	var listing struct {
		Listeners []listed `json:"listeners"`
	}
	if err := json.Unmarshal([]byte(out), &listing); err != nil {
		return nil, fmt.Errorf("read the listing: %w", err)
	}
	return listing.Listeners, nil
}
