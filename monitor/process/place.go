package process

// Where a program's file lies, and what that says of it.

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
)

// projectFiles are what a project's folder has at its top, by the tools that
// look for them there.
var projectFiles = [...]string{
	".git", "go.mod", "package.json", "pyproject.toml", "requirements.txt", "Cargo.toml", "pom.xml", "build.gradle", "build.gradle.kts",
	"composer.json", "Gemfile", "mix.exs", "deno.json", "manage.py", "docker-compose.yml", "compose.yaml", ".hg",
}

// ProjectOf gives the folder of the project that a folder is in: the nearest one
// that has what projects have; empty where there is none. What package managers
// have put below it (node_modules) is a part of the project, and the user's home
// with what is above it is none; an empty home is no limit. It asks the file
// system, which may take as long as that likes.
func ProjectOf(dir, home string) string {
	if !filepath.IsAbs(dir) {
		return ""
	}
	dir = filepath.Clean(dir)
	slashed := filepath.ToSlash(dir) + "/"
	if i := strings.Index(slashed, "/node_modules/"); i > 0 {
		dir = filepath.FromSlash(slashed[:i])
	}
	for {
		up := filepath.Dir(dir)
		if up == dir || home != "" && (dir == home || strings.HasPrefix(home, dir+string(filepath.Separator))) {
			return ""
		}
		for _, name := range projectFiles {
			if exists(filepath.Join(dir, name)) {
				return dir
			}
		}
		dir = up
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// looksBuilt reports a path at which the tools of developers put what they build
// anew each time. It only decides whether the project is looked for.
func looksBuilt(exe string) bool {
	exe = filepath.ToSlash(exe)
	return strings.Contains(exe, "/go-build") || strings.Contains(exe, "-d/") ||
		strings.Contains(exe, "/target/") || strings.Contains(exe, "/__debug_bin")
}

// mountedAppImage reports a path below the folder that an AppImage's runtime
// mounts its image at (AppImageKit, runtime.c: ".mount_" and six letters of the
// name before random ones, in $TMPDIR).
func mountedAppImage(exe string) bool { return strings.Contains(exe, "/.mount_") }

// environment gives a variable of /proc/PID/environ; empty where it is not set.
func environment(b []byte, name string) string {
	for _, line := range bytes.Split(b, []byte{0}) {
		if v, ok := bytes.CutPrefix(line, []byte(name+"=")); ok {
			return string(v)
		}
	}
	return ""
}
