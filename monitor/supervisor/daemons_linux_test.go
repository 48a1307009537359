package supervisor

// Real process managers: supervisord and pm2.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"portreeve/monitor/process"
)

func TestSupervisordStopsItsProgram(t *testing.T) {
	t.Parallel()
	dir, at := folder(t), freePort(t)
	conf := supervisordIn(t, dir, at, self(t))
	l := comesBack(t, listenerAt(t, at, process.ID{}), at)
	got := find(t, l, "PATH="+os.Getenv("PATH"))
	facts(t, got, Supervisor{
		Kind: Supervisord, Name: "shop:shop", Restarts: true,
		Command: []string{"supervisorctl", "-c", conf, "stop", "shop:shop"}, Allowed: true,
	})
	stop(t, got)
	staysFree(t, at)
	if err := got.Stop(t.Context()); err == nil {
		t.Error("a second stop, of a process that is gone: got no error, want one")
	}
}

// supervisordIn starts a supervisord whose program shop listens; command runs
// it. It gives the configuration file too.
func supervisordIn(t testing.TB, dir, at, command string) string {
	t.Helper()
	daemon := need(t, "supervisord")
	need(t, "supervisorctl")
	conf := filepath.Join(dir, "s.conf")
	write(t, conf, fmt.Sprintf(`[supervisord]
nodaemon=true
logfile=%[1]s/log
pidfile=%[1]s/pid
childlogdir=%[1]s
[unix_http_server]
file=%[1]s/sock
username=ada
password=secret
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://%[1]s/sock
username=ada
password=secret
[program:shop]
command=%[2]s
environment=%[3]s="serve:%[4]s"
autorestart=true
startsecs=0
[program:till]
command=sleep 1000
`, dir, command, roleVar, at), 0o600)
	cmd := exec.Command(daemon, "-c", "s.conf")
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	start(t, cmd)
	t.Cleanup(func() {
		// A supervisord that is asked ends its programs.
		cmd.Process.Signal(syscall.SIGTERM)
		until(t, "end of supervisord", func() bool { return ended(cmd.Process.Pid) })
	})
	return conf
}

func TestSupervisordIsBelievedOverItsProgram(t *testing.T) {
	t.Parallel()
	dir, at := folder(t), freePort(t)
	env := need(t, "env")
	supervisordIn(t, dir, at, env+" SUPERVISOR_PROCESS_NAME=till SUPERVISOR_GROUP_NAME=till "+self(t))
	l := listenerAt(t, at, process.ID{})
	got := find(t, l, "PATH="+os.Getenv("PATH"))
	if got == nil || got.Name != "till:till" {
		t.Fatalf("got %+v, want the program that it says it is", got)
	}
	if err := got.Stop(t.Context()); !errors.Is(err, process.ErrReplaced) {
		t.Errorf("stop: got %v, want %v", err, process.ErrReplaced)
	}
	if _, ok := lookAt(t, at); !ok {
		t.Error("the program: got ended, want it untouched")
	}
	// Not even root runs what another user's files name.
	s := searchIn("PATH=" + os.Getenv("PATH"))
	s.uid++
	other, err := s.find(t.Context(), l.Socket, l.owner)
	if err != nil {
		t.Fatal(err)
	}
	facts(t, other, Supervisor{Kind: Supervisord, Name: l.owner.Name, Restarts: true, Why: "it belongs to " + l.owner.User})
}

func TestPM2IsBelievedOverItsApplication(t *testing.T) {
	t.Parallel()
	dir, at := folder(t), freePort(t)
	if err := os.Mkdir(filepath.Join(dir, "pids"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "pids", "shop-3.pid"), strconv.Itoa(os.Getpid()), 0o600)
	cmd := exec.Command(self(t))
	cmd.Args = []string{"PM2 v5.4.3: God Daemon (" + dir + ")", self(t)}
	cmd.Env = []string{roleVar + "=parent:3/" + at}
	start(t, cmd)
	l := listenerAt(t, at, process.ID{})
	l.owner.Parents = l.owner.Parents[:1]
	s := searchIn()
	describe := s.describe
	s.describe = func(ctx context.Context, pid int32) (process.Info, error) {
		p, err := describe(ctx, pid)
		if pid == int32(cmd.Process.Pid) {
			p.Args = p.Args[:1] // a title is all that Node leaves
		}
		return p, err
	}
	if got, err := s.find(t.Context(), l.Socket, l.owner); got != nil || err == nil {
		t.Fatalf("under another's number: got %+v, %v, want an error", got, err)
	}
	write(t, filepath.Join(dir, "pids", "shop-3.pid"), fmt.Sprintln(l.owner.PID), 0o600)
	got, err := s.find(t.Context(), l.Socket, l.owner)
	if err != nil {
		t.Fatal(err)
	}
	facts(t, got, Supervisor{
		Kind: PM2, Name: "shop", Restarts: true, Policy: "autorestart", Command: []string{"pm2", "stop", "shop"},
		Why: "the program pm2 was not found",
	})
}

func TestPM2StopsItsApplication(t *testing.T) {
	t.Parallel()
	bin := npm(t, "pm2@5.4.3")
	for _, mode := range []string{"fork", "cluster"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			dir, at := folder(t), freePort(t)
			write(t, filepath.Join(dir, "app.js"), nodeServer, 0o644)
			env := []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + dir, "PM2_HOME=" + dir + "/.pm2", "SERVE_AT=" + at}
			args := []string{"start", "app.js", "--name", "shop", "--namespace", "mall", "--silent"}
			if mode == "cluster" {
				args = append(args, "-i", "2")
			}
			pm2 := exec.Command(filepath.Join(bin, "pm2"), args...)
			pm2.Dir, pm2.Env = dir, env
			t.Cleanup(func() {
				reap(pidIn(t, dir+"/.pm2/pm2.pid"))
				endAt(at)
			})
			if out, err := pm2.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			l := listenerAt(t, at, process.ID{})
			if mode == "fork" {
				l = comesBack(t, l, at)
			}
			// The daemon's own PATH has pm2; ours need not.
			got := find(t, l, "HOME="+dir)
			facts(t, got, Supervisor{
				Kind: PM2, Name: "shop", Restarts: true, Policy: "autorestart", Project: "mall",
				Command: []string{"pm2", "stop", "shop"}, Allowed: true,
			})
			stop(t, got)
			staysFree(t, at)
		})
	}
}
