package supervisor

// supervisord: it tells its programs who they are in their environment
// (supervisord.org, "Subprocess Environment").

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"portreeve/monitor/process"
)

func isSupervisord(p process.Info) bool { return commandOf(p).name == "supervisord" }

// supervisord makes the supervisor of the program whose process is a child of
// the daemon.
func (s *search) supervisord(daemon, program process.Info) (*Supervisor, error) {
	sup := &Supervisor{Kind: Supervisord, Name: program.Name, Restarts: true}
	if !s.sameUser(sup, daemon) {
		sup.key = program.Target().String()
		return sup, nil
	}
	env, err := environOf(program)
	if err != nil {
		return nil, err
	}
	name := env["SUPERVISOR_GROUP_NAME"] + ":" + env["SUPERVISOR_PROCESS_NAME"]
	if env["SUPERVISOR_PROCESS_NAME"] == "" || env["SUPERVISOR_GROUP_NAME"] == "" {
		return nil, fmt.Errorf("program of supervisord: process %d doesn't say its name", program.PID)
	}
	sup.Name = name
	sup.key = fmt.Sprintf("%s:%s", daemon.Target(), name)
	// supervisorctl puts its arguments together again and splits them at blanks,
	// and takes * for all of a group.
	if !plain(name, "_.:-") {
		sup.Why = "supervisorctl can't be given that name"
		return sup, nil
	}
	where, ok := controlArgs(daemon, env["SUPERVISOR_SERVER_URL"])
	if !ok {
		sup.Why = "its configuration was not found"
		return sup, nil
	}
	sup.Command = slices.Concat([]string{"supervisorctl"}, where, []string{"stop", name})
	dirs := s.getenv("PATH")
	if dir := scriptDir(daemon); dir != "" {
		dirs = dir + string(filepath.ListSeparator) + dirs
	}
	tool, ok := lookIn(dirs, "supervisorctl")
	if !ok {
		sup.Why = "the program supervisorctl was not found"
		return sup, nil
	}
	sup.Allowed = true
	sup.stop = func(ctx context.Context) error {
		// An environment is what the program makes of it: the daemon must know
		// this process under that name.
		out, err := tool.output(ctx, slices.Concat(where, []string{"pid", name}), "PATH="+dirs)
		if err != nil {
			return err
		}
		if strings.TrimSpace(out) != fmt.Sprint(program.PID) {
			return fmt.Errorf("supervisord: %w", process.ErrReplaced)
		}
		return tool.run(ctx, slices.Concat(where, []string{"stop", name}), "PATH="+dirs)
	}
	return sup, nil
}

// controlArgs tells supervisorctl where the daemon is: by the configuration
// that it was started with or that it finds by itself (supervisord.org,
// "Configuration File"), else by its address.
func controlArgs(daemon process.Info, url string) ([]string, bool) {
	args := commandOf(daemon).args
	for i, a := range args {
		file, ok := strings.CutPrefix(a, "--configuration=")
		switch {
		case ok:
		case (a == "-c" || a == "--configuration") && i+1 < len(args):
			file = args[i+1]
		case strings.HasPrefix(a, "-c") && len(a) > 2:
			file = a[2:]
		default:
			continue
		}
		if !filepath.IsAbs(file) {
			file = filepath.Join(daemon.Dir, file)
		}
		return []string{"-c", file}, filepath.IsAbs(file)
	}
	files := []string{"/etc/supervisord.conf", "/etc/supervisor/supervisord.conf"}
	if daemon.Dir != "" {
		files = append([]string{filepath.Join(daemon.Dir, "supervisord.conf"), filepath.Join(daemon.Dir, "etc/supervisord.conf")}, files...)
	}
	for _, f := range files {
		if st, err := os.Stat(f); err == nil && st.Mode().IsRegular() {
			return []string{"-c", f}, true
		}
	}
	if strings.HasPrefix(url, "unix:///") || strings.HasPrefix(url, "http://") {
		return []string{"-s", url}, true
	}
	return nil, false
}

// scriptDir is the folder of the daemon's script, empty where its arguments
// don't tell.
func scriptDir(daemon process.Info) string {
	for _, a := range daemon.Args {
		if filepath.IsAbs(a) && scriptName(a) == "supervisord" {
			return filepath.Dir(a)
		}
	}
	return ""
}
