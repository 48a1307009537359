package familiar

import (
	"path/filepath"
	"regexp"
	"strings"

	"portreeve/monitor/process"
)

// Where the tools of developers put what they build anew each time:
//
//	go run, go test  $TMPDIR/go-build123/b001/exe/main, .../b001/shop.test
//	go run (cached)  $GOCACHE/3f/3f...64 digits...-d/main  (cmd/go since 1.24)
//	cargo            target/debug/shop, target/debug/deps/shop-0123456789abcdef
//	delve            __debug_bin123 in the package's folder
var (
	goBuild = regexp.MustCompile(`/go-build[0-9]+/b[0-9]+/(exe/[^/]+|[^/]+\.test(\.exe)?)$`)
	goCache = regexp.MustCompile(`/([0-9a-f]{2})/([0-9a-f]{64})-d/[^/]+$`)
	cargo   = regexp.MustCompile(`^(.+)/target/([^/]+/)?(debug|release)/((deps|examples)/)?[^/]+$`)
	delve   = regexp.MustCompile(`/__debug_bin[0-9]*(\.exe)?$`)
)

// buildOf gives the folder of the project that a test build is of. It is one
// only where both speak for it: the place where the file lies, and a working
// folder that is a project's or at least not for temporary files. Those who write to the user's own
// folders can pass for one, as they can for anything else there.
func buildOf(o process.Info) (project string, ok bool) {
	exe := filepath.ToSlash(o.Exe)
	if !mayBeBuilt(exe) {
		return "", false
	}
	home := o.Project
	if home == "" && !inTemp(o.Dir) {
		home = o.Dir
	}
	if home == "" || home == "/" {
		return "", false
	}
	switch {
	case goBuild.MatchString(exe):
		return home, true
	case goCache.MatchString(exe):
		m := goCache.FindStringSubmatch(exe)
		return home, strings.HasPrefix(m[2], m[1])
	case delve.MatchString(exe) && o.Project != "" && within(o.Project, exe):
		return o.Project, true
	}
	m := cargo.FindStringSubmatch(exe)
	if m == nil {
		return "", false
	}
	// The working folder has to be in the project whose target this is.
	if at := filepath.FromSlash(m[1]); o.Project != "" && (within(at, o.Project) || within(o.Project, at)) {
		return o.Project, true
	}
	return "", false
}

// mayBeBuilt leaves the expressions to the few paths that may fit one.
func mayBeBuilt(exe string) bool {
	return strings.Contains(exe, "/go-build") || strings.Contains(exe, "-d/") || strings.Contains(exe, "/target/") || strings.Contains(exe, "/__debug_bin")
}

// within reports whether a path is a folder or below it.
func within(folder, path string) bool {
	folder, path = filepath.ToSlash(folder), filepath.ToSlash(path)
	return path == folder || strings.HasPrefix(path, strings.TrimSuffix(folder, "/")+"/")
}
