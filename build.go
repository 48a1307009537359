package main

import (
	"runtime"
	"runtime/debug"

	"portreeve/monitor/reeve"
)

// These are set by the linker (-X main.version=...; see packaging/version.sh).
// Where they are empty the build's own word counts.
var version, commit, date string

// build says what this program was made of: by the linker's word, else by that
// of the go command, which knows the commit of a plain "go build".
func build() reeve.Build {
	b := reeve.Build{Version: version, Commit: commit, Date: date,
		Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, Window: hasWindow}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && b.Commit == "":
			b.Commit = s.Value
		case s.Key == "vcs.time" && b.Date == "":
			b.Date = s.Value
		}
	}
	if b.Version == "" {
		b.Version = "development"
		if v := info.Main.Version; v != "" && v != "(devel)" {
			b.Version = v
		}
	}
	return b
}

func versionText() string { return build().Version }
