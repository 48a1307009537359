package process

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// interpreterIn copies the test binary to a folder without links, as something
// that is taken for an interpreter.
func interpreterIn(t *testing.T) (exe, dir string) {
	t.Helper()
	exe, err := filepath.EvalSymlinks(binaryIn(t, "python3.11"))
	if err != nil {
		t.Fatal(err)
	}
	return exe, filepath.Dir(exe)
}

func linkTo(t *testing.T, target, link string) string {
	t.Helper()
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	return link
}

func fileIn(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAScriptsLinkIsFollowedOnceForAProcess(t *testing.T) {
	exe, dir := interpreterIn(t)
	file, other := fileIn(t, dir, "serve.py"), fileIn(t, dir, "other.py")
	link := linkTo(t, "serve.py", filepath.Join(dir, "serve"))
	cmd := exec.Command(exe, "serve")
	cmd.Dir = dir
	c := startAs(t, cmd, "idle")
	p, err := openProc()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	f := newFacts(p)
	look := func() *Info {
		t.Helper()
		f.begin()
		info, err := f.look(context.Background(), c.pid())
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	info := look()
	if info.ScriptFile != file {
		t.Errorf("got %q, want %q", info.ScriptFile, file)
	}
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	linkTo(t, "other.py", link)
	f.refresh()
	if got := look().ScriptFile; got != file {
		t.Errorf("after the link was set anew and all facts were read anew: got %q, want %q as before", got, file)
	}
	f.keep(map[ID]bool{info.ID: true})
	if len(f.scripts) != 1 {
		t.Errorf("while the process is used: got %d remembered, want 1", len(f.scripts))
	}
	f.keep(nil)
	if got := look(); len(f.scripts) != 1 || got.ScriptFile != other {
		t.Errorf("as a new owner: got %q, want %q", got.ScriptFile, other)
	}
}

func TestAScriptThatIsNotBehindALinkHasNoOtherFile(t *testing.T) {
	exe, dir := interpreterIn(t)
	fileIn(t, dir, "serve.py")
	pipe := filepath.Join(dir, "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"a file":             {[]string{"serve.py"}, ""},
		"what isn't there":   {[]string{"gone.py"}, ""},
		"a broken link":      {[]string{linkTo(t, "nowhere", filepath.Join(dir, "broken"))}, ""},
		"code":               {[]string{"-c", "serve.py"}, ""},
		"a module":           {[]string{"-m", "serve"}, ""},
		"the reader's own":   {[]string{"/proc/self/exe"}, ""},
		"a descriptor":       {[]string{"/dev/fd/0"}, ""},
		"a link to a reader": {[]string{linkTo(t, "/proc/self/exe", filepath.Join(dir, "self"))}, ""},
		// Nobody writes to it: who opened it would wait.
		"a link to a pipe": {[]string{linkTo(t, "pipe", filepath.Join(dir, "piped"))}, pipe},
	} {
		cmd := exec.Command(exe, c.args...)
		cmd.Dir = dir
		if got := describe(t, startAs(t, cmd, "idle").pid()).ScriptFile; got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	// What is no interpreter may have any arguments.
	plain := binaryIn(t, "server")
	link := linkTo(t, filepath.Join(dir, "serve.py"), filepath.Join(dir, "s"))
	if got := describe(t, startAs(t, exec.Command(plain, link), "idle").pid()).ScriptFile; got != "" {
		t.Errorf("no interpreter: got %q, want none", got)
	}
}

func TestWhoSeesOtherFoldersHasItsScriptLeftAlone(t *testing.T) {
	if out, err := exec.Command("unshare", "--user", "--mount", "true").CombinedOutput(); err != nil {
		t.Skipf("no mount namespace to be had here: %v: %s", err, out)
	}
	exe, dir := interpreterIn(t)
	fileIn(t, dir, "serve.py")
	cmd := exec.Command(exe, linkTo(t, "serve.py", filepath.Join(dir, "serve")))
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS}
	if got := describe(t, startAs(t, cmd, "idle").pid()).ScriptFile; got != "" {
		t.Errorf("got %q, want none", got)
	}
}

func TestAProgramOfManyNamesIsCalledByTheOneThatItWasStartedBy(t *testing.T) {
	exe := binaryIn(t, "redis-check-rdb")
	dir := filepath.Dir(exe)
	link := linkTo(t, "redis-check-rdb", filepath.Join(dir, "redis-server"))
	long := linkTo(t, "redis-check-rdb", filepath.Join(dir, "redis-sentinel-of-the-shop"))
	linkTo(t, "/bin/sh", filepath.Join(dir, "sshd"))
	for _, c := range []struct{ path, argv0, want string }{
		{link, link + " 127.0.0.1:6379", "redis-server"},
		{link, "my own title", "redis-server"},
		{long, long + " *:26379 [sentinel]", "redis-sentinel-of-the-shop"},
		// What is beside it, of another file.
		{exe, "sshd: ada", "redis-check-rdb"},
	} {
		cmd := exec.Command(c.path)
		cmd.Args = []string{c.argv0}
		got := describe(t, startAs(t, cmd, "idle").pid())
		if filepath.Base(got.Exe) != "redis-check-rdb" || got.Name != c.want {
			t.Errorf("%q as %q: got name %q of %s, want %q of redis-check-rdb", c.path, c.argv0, got.Name, got.Exe, c.want)
		}
	}
}
