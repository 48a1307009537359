package supervisor

// Real loops and watchers.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"portreeve/monitor/process"
)

func TestALoopEndsBeforeItsProgram(t *testing.T) {
	t.Parallel()
	bash := need(t, "bash")
	for name, text := range map[string]string{
		"-c":           "while true; do SERVER; sleep 0.02; done",
		"until":        "until SERVER; do sleep 0.02; done",
		"of lines":     "# SERVER\nwhile :; do\n  SERVER # again\n  sleep 0.02\ndone",
		"in the back":  "(while :; do SERVER; sleep 0.02; done) & wait",
		"of subshells": "while :; do (SERVER; true); sleep 0.02; done; true",
		"a variable":   "p=SERVER; for ((;;)); do $p; sleep 0.02; done",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := freePort(t)
			text := strings.ReplaceAll(text, "SERVER", self(t))
			cmd := exec.Command(bash, "-c", text)
			cmd.Env = append(os.Environ(), roleVar+"=serve:"+at)
			start(t, cmd)
			l := comesBack(t, listenerAt(t, at, process.ID{}), at)
			t.Cleanup(func() { endAt(at) })
			got := find(t, l)
			facts(t, got, Supervisor{
				Kind: Loop, Name: "bash", Restarts: true, Policy: "loop", Command: got.Command, Allowed: true,
			})
			if want := strconv.Itoa(cmd.Process.Pid); len(got.Command) < 2 || got.Command[0] != "kill" || got.Command[1] != want {
				t.Errorf("command: got %q, want kill %s first", got.Command, want)
			}
			stop(t, got)
			staysFree(t, at)
		})
	}
}

// endAt ends whoever is left at an address.
func endAt(at string) {
	var t testing.T // lookAt fails no test here
	if l, ok := lookAt(&t, at); ok {
		reap(int(l.owner.PID))
	}
}

func TestAScriptThatLoopsIsReadFromItsFile(t *testing.T) {
	t.Parallel()
	sh := need(t, "sh")
	dir, at := folder(t), freePort(t)
	write(t, filepath.Join(dir, "forever.sh"), fmt.Sprintf("#!/bin/sh\nset -u\nwhile true\ndo\n  %s\n  sleep 0.02\ndone\n", self(t)), 0o755)
	cmd := exec.Command(sh, "-e", "forever.sh")
	cmd.Args = []string{"sh", "-u", "forever.sh"}
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), roleVar+"=serve:"+at)
	start(t, cmd)
	l := listenerAt(t, at, process.ID{})
	t.Cleanup(func() { endAt(at) })
	got := find(t, l)
	facts(t, got, Supervisor{
		Kind: Loop, Name: "forever.sh", Restarts: true, Policy: "loop",
		Command: []string{"kill", strconv.Itoa(cmd.Process.Pid)}, Allowed: true,
	})
	stop(t, got)
	staysFree(t, at)
}

func TestAShellThatDoesNotLoopIsNobody(t *testing.T) {
	t.Parallel()
	sh := need(t, "sh")
	for _, text := range []string{
		"SERVER; true",
		"for i in 1 2 3; do true; done; SERVER; true",
		"while false; do sleep 1; done; SERVER; true",
		"echo 'while true; do SERVER; done' >/dev/null; SERVER; true",
		"# while true; do SERVER; done\nSERVER\ntrue",
	} {
		at := freePort(t)
		cmd := exec.Command(sh, "-c", strings.ReplaceAll(text, "SERVER", self(t)))
		cmd.Env = append(os.Environ(), roleVar+"=serve:"+at)
		start(t, cmd)
		l := listenerAt(t, at, process.ID{})
		if got := find(t, l); got != nil {
			t.Errorf("%s: got %+v, want nobody", text, got)
		}
		reap(int(l.owner.PID))
	}
}

func TestALoopIsNobodyToWhatItsProgramStarts(t *testing.T) {
	t.Parallel()
	bash := need(t, "bash")
	at := freePort(t)
	// The program would be started again, but it is not what listens.
	cmd := exec.Command(bash, "-c", fmt.Sprintf("while true; do %[1]s %[1]s; sleep 0.02; done", self(t)))
	cmd.Env = append(os.Environ(), roleVar+"=parent:0/"+at)
	start(t, cmd)
	l := listenerAt(t, at, process.ID{})
	t.Cleanup(func() {
		cmd.Process.Kill()
		reap(int(l.owner.Parents[0].PID))
		endAt(at)
	})
	if got := find(t, l); got != nil {
		t.Errorf("got %+v, want nobody", got)
	}
}

func TestALoopThatWillNotEndLeavesItsProgramAlone(t *testing.T) {
	t.Parallel()
	bash := need(t, "bash")
	at := freePort(t)
	cmd := exec.Command(bash, "-c", "trap '' TERM; while true; do "+self(t)+"; sleep 0.02; done")
	cmd.Env = append(os.Environ(), roleVar+"=serve:"+at)
	start(t, cmd)
	l := listenerAt(t, at, process.ID{})
	t.Cleanup(func() { endAt(at) })
	got := find(t, l)
	if err := got.Stop(t.Context()); !errors.Is(err, ErrRunning) {
		t.Fatalf("got %v, want %v", err, ErrRunning)
	}
	if now, ok := lookAt(t, at); !ok || now.owner.ID != l.owner.ID {
		t.Errorf("the program: got %v, want it untouched", now.owner.ID)
	}
}

func TestAReusedWatcherIsNotEnded(t *testing.T) {
	t.Parallel()
	sh := need(t, "sh")
	at := freePort(t)
	cmd := exec.Command(sh, "-c", "while true; do "+self(t)+"; sleep 0.02; done")
	cmd.Env = append(os.Environ(), roleVar+"=serve:"+at)
	start(t, cmd)
	l := listenerAt(t, at, process.ID{})
	t.Cleanup(func() { endAt(at) })
	s := searchIn()
	chain := s.chain(t.Context(), l.owner)
	other := chain[1]
	other.Birth++
	sup := s.byProcess(restarter{kind: Loop, name: "sh"}, []process.Info{other}, l.Socket, l.owner)
	if err := sup.Stop(t.Context()); !errors.Is(err, process.ErrReused) {
		t.Errorf("got %v, want %v", err, process.ErrReused)
	}
	if now, ok := lookAt(t, at); !ok || now.owner.ID != l.owner.ID {
		t.Errorf("the program: got %v, want it untouched", now.owner.ID)
	}
	// A parent of another birth than the one that was noted starts nothing.
	l.owner.Parents = append([]process.Ancestor(nil), l.owner.Parents...)
	l.owner.Parents[0].Birth++
	if got := find(t, l); got != nil {
		t.Errorf("a successor of the parent's number: got %+v, want nobody", got)
	}
}

// npm installs packages of Node into a folder that is kept, and skips the test
// where that can't be done. It gives the folder of their programs.
func npm(t testing.TB, packages ...string) string {
	t.Helper()
	tool := need(t, "npm")
	need(t, "node")
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "portreeve-test", strings.Join(packages, "+"))
	bin := filepath.Join(dir, "node_modules", ".bin")
	if _, err := os.Stat(filepath.Join(dir, "complete")); err == nil {
		return bin
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Skipf("npm packages can't be kept: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	args := append([]string{"install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--fetch-retries=0", "--prefix", dir}, packages...)
	if out, err := exec.CommandContext(ctx, tool, args...).CombinedOutput(); err != nil {
		t.Skipf("npm can't install %q: %v: %s", packages, err, out)
	}
	write(t, filepath.Join(dir, "complete"), "", 0o644)
	return bin
}

// nodeServer is a server for Node.
const nodeServer = `const [host, port] = process.env.SERVE_AT.split(":")
require("http").createServer((q, r) => r.end("x")).listen(+port, host)
`

func TestNodemonEndsWithItsProgram(t *testing.T) {
	t.Parallel()
	bin := npm(t, "nodemon@3.1.7")
	dir, at := folder(t), freePort(t)
	write(t, filepath.Join(dir, "app.js"), nodeServer, 0o644)
	cmd := exec.Command(filepath.Join(bin, "nodemon"), "--quiet", "app.js")
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "SERVE_AT=" + at}
	start(t, cmd)
	t.Cleanup(func() { endAt(at) })
	l := listenerAt(t, at, process.ID{})
	// nodemon waits for a change once the program has ended.
	out, err := process.Stop(t.Context(), l.owner.Target(), l.Socket, process.Kill, 5*time.Second)
	if out != process.Ended || err != nil {
		t.Fatal(out, err)
	}
	until(t, "restart at a change", func() bool {
		write(t, filepath.Join(dir, "app.js"), nodeServer+"// changed "+time.Now().String()+"\n", 0o644)
		_, ok := lookAt(t, at)
		if !ok {
			time.Sleep(200 * time.Millisecond) // it waits for a rest among the changes
		}
		return ok
	})
	// It may be restarting still.
	var got *Supervisor
	until(t, "stop that meets the program", func() bool {
		l, ok := lookAt(t, at)
		if !ok {
			return false
		}
		got = find(t, l)
		if got == nil {
			return false
		}
		facts(t, got, Supervisor{
			Kind: Watcher, Name: "nodemon", Restarts: true, Policy: "on change",
			Command: []string{"kill", strconv.Itoa(cmd.Process.Pid)}, Allowed: true,
		})
		return got.Stop(t.Context()) == nil
	})
	staysFree(t, at)
	if !ended(cmd.Process.Pid) {
		t.Error("nodemon: got it running, want it ended")
	}
}

func TestNodesOwnWatchModeIsAWatcher(t *testing.T) {
	t.Parallel()
	node := need(t, "node")
	dir, at := folder(t), freePort(t)
	write(t, filepath.Join(dir, "app.js"), nodeServer, 0o644)
	cmd := exec.Command(node, "--watch", "app.js")
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "SERVE_AT=" + at}
	start(t, cmd)
	t.Cleanup(func() { endAt(at) })
	l := listenerAt(t, at, process.ID{})
	got := find(t, l)
	if out, err := exec.Command(node, "--version").Output(); err == nil && strings.HasPrefix(string(out), "v16") {
		t.Skip("this Node has no watch mode")
	}
	facts(t, got, Supervisor{
		Kind: Watcher, Name: "node --watch", Restarts: true, Policy: "on change",
		Command: []string{"kill", strconv.Itoa(cmd.Process.Pid)}, Allowed: true,
	})
	stop(t, got)
	staysFree(t, at)
}

func TestAnotherUsersWatcherIsNotOursToEnd(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can start a process of another user")
	}
	sh := need(t, "sh")
	at := freePort(t)
	exe, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer exe.Close()
	cmd := exec.Command(sh, "-c", "while true; do /proc/self/fd/3; sleep 0.02; done")
	cmd.ExtraFiles = []*os.File{exe}
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), roleVar+"=serve:"+at)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	start(t, cmd)
	l := listenerAt(t, at, process.ID{})
	t.Cleanup(func() { endAt(at) })
	s := searchIn()
	s.uid = 1000
	got, err := s.find(t.Context(), l.Socket, l.owner)
	if err != nil {
		t.Fatal(err)
	}
	facts(t, got, Supervisor{
		Kind: Loop, Name: "sh", Restarts: true, Policy: "loop",
		Command: []string{"sudo", "kill", strconv.Itoa(cmd.Process.Pid)}, Why: "it belongs to nobody",
	})
	if err := got.Stop(t.Context()); !errors.Is(err, process.ErrDenied) {
		t.Errorf("stop: got %v, want %v", err, process.ErrDenied)
	}
}

func BenchmarkFindOfAListenerThatNobodyRestarts(b *testing.B) {
	at := freePort(b)
	cmd := exec.Command(self(b))
	cmd.Env = append(os.Environ(), roleVar+"=serve:"+at)
	start(b, cmd)
	l := listenerAt(b, at, process.ID{})
	for b.Loop() {
		if got, err := Find(b.Context(), l.Socket, l.owner); got != nil || err != nil {
			b.Fatal(got, err)
		}
	}
}
