package supervisor

// pm2: a daemon that calls itself "PM2 v5.4.3: God Daemon (/home/ada/.pm2)" is
// the parent of the applications and gives them their names in the environment
// (pm2: lib/God/ForkMode.js, lib/ProcessUtils.js).

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"portreeve/monitor/process"
)

// pm2Home reads the title of pm2's daemon and gives its folder.
func pm2Home(p process.Info) (home string, ok bool) {
	// The title may have been split at its blanks by whoever read it.
	title := strings.Join(p.Args, " ")
	rest, ok := strings.CutPrefix(title, "PM2 v")
	if !ok {
		return "", false
	}
	_, rest, ok = strings.Cut(rest, ": God Daemon (")
	home, closed := strings.CutSuffix(rest, ")")
	return home, ok && closed && filepath.IsAbs(home)
}

// pm2 makes the supervisor of the application whose process is app, a child of
// the daemon.
func (s *search) pm2(daemon process.Info, home string, app process.Info) (*Supervisor, error) {
	sup := &Supervisor{Kind: PM2, Name: app.Name, Restarts: true, Policy: "autorestart"}
	if !s.sameUser(sup, daemon) {
		sup.key = home + ":" + app.Target().String()
		return sup, nil
	}
	env, err := environOf(app)
	if err != nil {
		return nil, err
	}
	env = pm2Env(env)
	id := env["pm_id"]
	if !digits(id) || !pm2Runs(home, id, app.PID) {
		// Its environment is what the application makes of it; the daemon's own
		// note of the process decides.
		return nil, fmt.Errorf("application of pm2: %s has no process %d under that number", quoted(home), app.PID)
	}
	if env["autorestart"] == "false" {
		sup.Restarts, sup.Policy = false, ""
	}
	sup.Project = project(env)
	s.pm2Stop(sup, daemon, home, env["name"], id)
	return sup, nil
}

// pm2Cluster makes the supervisor where the daemon itself holds the socket, as
// it does for applications in cluster mode: of the application that is the only
// one in that mode, for the socket doesn't tell.
func (s *search) pm2Cluster(daemon process.Info, home string) (*Supervisor, error) {
	sup := &Supervisor{Kind: PM2, Restarts: true, Policy: "autorestart", key: home}
	if !s.sameUser(sup, daemon) {
		return sup, nil
	}
	children, err := childrenOf(daemon)
	if err != nil {
		return nil, err
	}
	type application struct{ name, project string }
	seen := make(map[application]string) // and the number of one of its processes
	for _, pid := range children {
		env, err := environOf(process.Info{ID: process.ID{PID: pid}})
		env = pm2Env(env)
		if err != nil || env["exec_mode"] != "cluster_mode" || !digits(env["pm_id"]) || !pm2Runs(home, env["pm_id"], pid) {
			continue
		}
		seen[application{env["name"], project(env)}] = env["pm_id"]
	}
	if len(seen) != 1 {
		sup.Why = "pm2 holds the port itself, and which application it is for can't be seen"
		return sup, nil
	}
	for app, id := range seen {
		sup.Project = app.project
		s.pm2Stop(sup, daemon, home, app.name, id)
	}
	return sup, nil
}

// pm2Env gives what pm2 told an application of itself: a variable each in fork
// mode, one variable of JSON in cluster mode (lib/God/ClusterMode.js).
func pm2Env(env map[string]string) map[string]string {
	packed, ok := env["pm2_env"]
	if !ok {
		return env
	}
	var all map[string]any
	if json.Unmarshal([]byte(packed), &all) != nil {
		return nil
	}
	told := make(map[string]string)
	for _, name := range []string{"name", "pm_id", "namespace", "exec_mode", "autorestart"} {
		switch v := all[name].(type) {
		case string:
			told[name] = v
		case float64:
			told[name] = strconv.FormatFloat(v, 'f', -1, 64)
		case bool:
			told[name] = strconv.FormatBool(v)
		}
	}
	return told
}

// project is the namespace of an application, empty for the one that all are
// in by default.
func project(env map[string]string) string {
	if ns := env["namespace"]; ns != "default" {
		return ns
	}
	return ""
}

// pm2Stop fills in how the application is stopped: by its name, which stops all
// its processes, or by its number where pm2 would read the name as something
// else.
func (s *search) pm2Stop(sup *Supervisor, daemon process.Info, home, name, id string) {
	sup.Name = name
	which := name
	if !plain(name, "_.@/:-") || digits(name) || name == "all" {
		which = id
	}
	sup.Command = []string{"pm2", "stop", which}
	sup.key = home + ":" + id
	search, err := environOf(daemon)
	if err != nil {
		sup.Why = "pm2 can't be looked for"
		return
	}
	// A program of the desktop has another PATH than the terminal that
	// installed node and pm2; the daemon has that.
	dirs := s.getenv("PATH") + string(filepath.ListSeparator) + search["PATH"]
	tool, ok := lookIn(dirs, "pm2")
	if !ok {
		sup.Why = "the program pm2 was not found"
		return
	}
	sup.Allowed = true
	sup.stop = func(ctx context.Context) error {
		// Without its daemon pm2 would start a new one.
		if now, err := s.describe(ctx, daemon.PID); err != nil || now.ID != daemon.ID {
			return process.ErrGone
		}
		return tool.run(ctx, []string{"stop", which}, "PATH="+dirs, "PM2_HOME="+home, "HOME="+s.getenv("HOME"))
	}
}

// pm2Runs reports whether pm2 has noted this process under this number, in
// pids/NAME-NUMBER.pid of its folder.
func pm2Runs(home, id string, pid int32) bool {
	dir, err := os.ReadDir(filepath.Join(home, "pids"))
	if err != nil {
		return false
	}
	for _, e := range dir {
		if !strings.HasSuffix(e.Name(), "-"+id+".pid") {
			continue
		}
		if strings.TrimSpace(readScript(filepath.Join(home, "pids", e.Name()))) == fmt.Sprint(pid) {
			return true
		}
	}
	return false
}

// sameUser reports whether a daemon belongs to this program's user, and notes
// in sup if not. Root may not either: it would run what that user names.
func (s *search) sameUser(sup *Supervisor, daemon process.Info) bool {
	if daemon.UID == s.uid {
		return true
	}
	sup.Allowed, sup.Why = false, "it belongs to "+daemon.User
	return false
}
