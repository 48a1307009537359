//go:build e2e && linux

package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// strangers are the eight that nobody may miss. All listen where programs of
// the day do, too: among the temporary ports of loopback.
var strangers = []part{
	// It comes right after the one that it takes the place of: what was told of
	// that says nothing of this one.
	{name: "another program under a known path", stranger: true, play: func(p *performance) {
		p.install("2")
		p.shell(p.home, p.ownProgram()+" "+listenArgument+" plainly 127.0.0.1:7070")
		p.listens(1)
		p.told()
	}},
	{name: "nc on 127.0.0.1:62893", stranger: true, needs: wants("nc"), play: func(p *performance) {
		p.shell(p.home, "nc -l "+stranger.Addr().String()+" "+portText(stranger))
		p.listens(1)
		p.told()
	}},
	{name: "a copy of python3 under /tmp", stranger: true, play: func(p *performance) {
		python, err := filepath.EvalSymlinks(p.find("python3"))
		if err != nil {
			p.t.Fatal(err)
		}
		copied := filepath.Join(p.temp, "python3")
		p.copyFile(p.t, python, copied, 0o755)
		p.shell(p.folder(p.t, "home/src/site"), copied+" -m http.server --bind 127.0.0.1 0")
		p.listens(1)
		p.told()
	}},
	{name: "a deleted program", stranger: true, play: func(p *performance) { p.strange("home/.cache/worker", "deleted", "127.0.0.1:0") }},
	{name: "a program in memory only", stranger: true, play: func(p *performance) { p.strange("home/.cache/loader", "memfd", "127.0.0.1:0") }},
	{name: "the familiar server on 0.0.0.0", stranger: true, play: func(p *performance) {
		p.shell(p.folder(p.t, "home/src/site"), "python3 -m http.server --bind 0.0.0.0 8000")
		p.listens(1)
		p.told()
	}},
	{name: "a program that calls itself node", stranger: true, play: func(p *performance) { p.strange("home/.cache/updater", "node", "127.0.0.1:0") }},
	{name: "a listener without visible owner", stranger: true, play: func(p *performance) {
		how := "plainly"
		program := filepath.Join(p.folder(p.t, "bin"), "hidden")
		p.copyFile(p.t, self(p.t), program, 0o755)
		command := p.command("/", program, listenArgument, how, "127.0.0.1:54321")
		if p.who != nil {
			// Another user's.
			command.SysProcAttr.Credential = &syscall.Credential{Uid: otherUID, Gid: otherUID}
		} else {
			command.Args[2] = "undumpable"
		}
		p.start(command)
		p.listens(1)
		p.told()
	}},
}

// otherUID is nobody's: neither the day's user nor anybody in /etc/passwd.
const otherUID = 61_184

// ownProgram is where the user has a program that is not the system's.
func (p *performance) ownProgram() string {
	return filepath.Join(p.folder(p.t, "home/bin"), "metrics")
}

// install puts one version of that program in place. All are of the same size,
// so the file has to be read to tell them apart: what follows the last section of
// a program is not loaded.
func (p *performance) install(version string) {
	p.t.Helper()
	text, err := os.ReadFile(self(p.t))
	if err != nil {
		p.t.Fatal(err)
	}
	p.remove(p.t, p.ownProgram())
	p.write(p.t, p.ownProgram(), string(text)+version, 0o755)
}

// self is this very test binary, which can listen in strange ways.
func self(t testing.TB) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// strange starts a copy of this binary under a path of the account that listens
// in some strange way.
func (p *performance) strange(path, how, address string) {
	p.t.Helper()
	program := filepath.Join(p.folder(p.t, filepath.Dir(path)), filepath.Base(path))
	p.copyFile(p.t, self(p.t), program, 0o755)
	p.shell(p.home, program+" "+listenArgument+" "+how+" "+address)
	p.listens(1)
	p.told()
}

// listenArgument makes the test binary a program that listens until it is ended.
const listenArgument = "listen"

// listenAs is that program. How is "plainly"; "deleted" for one that removes its
// file first; "memfd" for one that goes on as a copy without a file; "undumpable"
// for one whose descriptors are root's to see (PR_SET_DUMPABLE, proc(5)); else
// the name that it gives itself.
func listenAs(how, address string) {
	if err := prepare(how, address); err != nil {
		fmt.Fprintln(os.Stderr, "listen", how+":", err)
		os.Exit(1)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for {
		if conn, err := listener.Accept(); err == nil {
			_ = conn.Close()
		}
	}
}

func prepare(how, address string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	switch how {
	case "plainly":
		return nil
	case "deleted":
		return os.Remove(self)
	case "memfd":
		text, err := os.ReadFile(self)
		if err != nil {
			return err
		}
		fd, err := unix.MemfdCreate("loader", 0)
		if err != nil {
			return err
		}
		file := os.NewFile(uintptr(fd), "loader")
		if _, err := file.Write(text); err != nil {
			return err
		}
		return syscall.Exec(fmt.Sprintf("/proc/self/fd/%d", fd), []string{"loader", listenArgument, "plainly", address}, os.Environ())
	case "undumpable":
		return unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	}
	// The kernel's name for the process is that of its first thread.
	return os.WriteFile("/proc/self/task/"+fmt.Sprint(os.Getpid())+"/comm", []byte(how), 0o644)
}
