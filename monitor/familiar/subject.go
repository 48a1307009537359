package familiar

import (
	"path/filepath"
	"regexp"
	"strings"

	"portreeve/monitor/process"
)

// interpreters are the base names of programs whose script matters more than
// their own file, without version suffixes: python3.11 counts as python.
var interpreters = regexp.MustCompile(`^(python|pypy|node|nodejs|deno|bun|ruby|perl|php|bash|dash|sh|zsh|java|lua|tclsh|Rscript)[0-9.]*$`)

// takesValue are the interpreter flags whose value is the next argument and is
// not the script.
var takesValue = map[string]bool{
	"-W": true, "-X": true, // python
	"-r": true, "--require": true, "--import": true, "--loader": true, "-C": true, "--conditions": true, // node
	"-cp": true, "-classpath": true, "--class-path": true, "-p": true, "--module-path": true, "--add-opens": true, "--add-modules": true, // java
	"-I": true, // ruby, perl
	"-d": true, // php
}

// SubjectOf names who listens. With several holders it is the topmost one.
func SubjectOf(l Listening) Subject {
	if len(l.Owners) == 0 {
		if l.Unit != "" {
			return Subject{Hidden: "unit " + l.Unit}
		}
		return Subject{Hidden: "owner"}
	}
	o := l.Owners[0]
	s := Subject{Exe: o.Exe}
	switch {
	case o.Memfd:
		s.State = "memfd"
	case o.Deleted:
		s.State = "deleted"
	}
	if s.Exe == "" {
		// Without a readable executable the name is all there is; it is the
		// program's own word, so it never equals a subject with a path.
		s.Hidden = "name " + o.Name
		return s
	}
	if interpreters.MatchString(filepath.Base(o.Exe)) {
		s.Script, s.Module = script(o)
		if s.Script == "" || s.Module != "" || s.Script == Inline {
			s.Dir = o.Dir
		}
	}
	return s
}

// Inline stands as Script for a program given on the command line or typed in.
const Inline = "-"

// script finds what an interpreter runs: the absolute path of a script or jar,
// or the name of a module.
func script(o process.Info) (path, module string) {
	base := filepath.Base(o.Exe)
	isPython := strings.HasPrefix(base, "python") || strings.HasPrefix(base, "pypy")
	isJava := strings.HasPrefix(base, "java")
	if len(o.Args) == 0 {
		return Inline, ""
	}
	args := o.Args[1:]
	for i := 0; i < len(args); i++ {
		a := args[i]
		next := ""
		if i+1 < len(args) {
			next = args[i+1]
		}
		switch {
		case isPython && a == "-m", isJava && (a == "-m" || a == "--module"):
			return "", next
		case isPython && strings.HasPrefix(a, "-m") && len(a) > 2 && a[1] == 'm':
			return "", a[2:]
		case isJava && a == "-jar":
			return absolute(o.Dir, next), ""
		case a == "-c" && !isJava, a == "-e" || a == "--eval" || a == "-p" && !isJava, a == "-":
			return Inline, ""
		case a == "run" && (base == "deno" || base == "bun"):
		case takesValue[a]:
			i++
		case a == "--":
			return absolute(o.Dir, next), ""
		case strings.HasPrefix(a, "-") || a == "":
		case isJava:
			return "", a // the main class
		default:
			return absolute(o.Dir, a), ""
		}
	}
	return Inline, ""
}

func absolute(dir, path string) string {
	if path == "" {
		return Inline
	}
	if filepath.IsAbs(path) || dir == "" {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}
