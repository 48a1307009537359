package process

// What an interpreter runs, as its arguments say. It is pure: files are asked
// for in script_linux.go alone.

import (
	"path/filepath"
	"regexp"
	"strings"
)

// Inline stands as Script for a program given on the command line or typed in.
const Inline = "-"

// interpreters are the base names of programs whose script matters more than
// their own file, without version suffixes: python3.11 counts as python. Where
// they lie does not matter: /usr/bin, a virtual environment, ~/.nvm, ~/.pyenv.
var interpreters = regexp.MustCompile(`^(python|pypy|node|nodejs|deno|bun|ruby|perl|php|php-cgi|bash|dash|sh|zsh|java|lua|luajit|tclsh|Rscript)[0-9.]*$`)

// IsInterpreter reports a program that is known by what it runs.
func IsInterpreter(exe string) bool {
	return interpreters.MatchString(strings.TrimSuffix(filepath.Base(exe), ".exe"))
}

// language is what an interpreter's flags look like.
type language int

const (
	other language = iota
	python
	node
	deno
	bun
	java
	rubyOrPerl
	php
	shell
)

func languageOf(exe string) language {
	base := strings.TrimSuffix(filepath.Base(exe), ".exe")
	for prefix, l := range map[string]language{
		"python": python, "pypy": python, "node": node, "deno": deno, "bun": bun, "java": java,
		"ruby": rubyOrPerl, "perl": rubyOrPerl, "php": php,
		"bash": shell, "dash": shell, "sh": shell, "zsh": shell,
	} {
		if strings.HasPrefix(base, prefix) {
			return l
		}
	}
	return other
}

// takesValue are the flags whose value is the next argument and is not the
// script, by the manual of each interpreter.
var takesValue = map[language]map[string]bool{
	python: {"-W": true, "-X": true, "--check-hash-based-pycs": true},
	node: {"-r": true, "--require": true, "--import": true, "--loader": true, "--experimental-loader": true,
		"-C": true, "--conditions": true, "--env-file": true, "--title": true, "--watch-path": true},
	deno: {"-c": true, "--config": true, "--import-map": true, "--lock": true, "--port": true, "--host": true},
	bun:  {"-r": true, "--preload": true, "-c": true, "--config": true, "--cwd": true, "--port": true, "--env-file": true},
	java: {"-cp": true, "-classpath": true, "--class-path": true, "-p": true, "--module-path": true, "--add-opens": true,
		"--add-modules": true, "--add-exports": true, "--add-reads": true, "--limit-modules": true, "--upgrade-module-path": true},
	rubyOrPerl: {"-I": true, "-r": true, "-C": true, "-E": true},
	php:        {"-d": true, "-c": true, "-t": true, "-z": true, "-S": true, "--define": true, "--php-ini": true, "--docroot": true, "--server": true},
	shell:      {"-o": true, "+o": true, "-O": true, "+O": true, "--rcfile": true, "--init-file": true},
	other:      {"-e": true, "-l": true},
}

// subcommands stand in front of the script and are none.
var subcommands = map[language]map[string]bool{
	deno: {"run": true, "serve": true, "test": true, "bench": true},
	bun:  {"run": true, "test": true},
}

// ScriptOf tells what an interpreter runs: the absolute path of a script or jar
// as it was named, or the name of a module. Inline is the script of code on the
// command line, of standard input and of a prompt. Only Exe, Args and Dir count.
func ScriptOf(o Info) (path, module string) {
	l := languageOf(o.Exe)
	if len(o.Args) == 0 {
		return Inline, ""
	}
	args := o.Args[1:]
	served := false // php's own server
	for i := 0; i < len(args); i++ {
		a, next := args[i], ""
		if i+1 < len(args) {
			next = args[i+1]
		}
		switch {
		case a == "":
		case a == "-":
			return Inline, ""
		case a == "--":
			return absolute(o.Dir, next), ""
		case takesValue[l][a]:
			served = served || l == php && (a == "-S" || a == "--server")
			i++
		case inline(l, a):
			return Inline, ""
		case l == java && a == "-jar":
			return absolute(o.Dir, next), ""
		case l == java && (a == "-m" || a == "--module"):
			return named(next)
		case l == java && strings.HasPrefix(a, "--module="):
			return named(strings.TrimPrefix(a, "--module="))
		case l == php && (a == "-f" || a == "--file"):
			return absolute(o.Dir, next), ""
		case l == python && strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--"):
			flag, value := pythonCluster(a[1:], next)
			switch flag {
			case 'c':
				return Inline, ""
			case 'm':
				return named(value)
			case 'W', 'X':
				if !glued(a) {
					i++
				}
			}
		case strings.HasPrefix(a, "-") || l == shell && strings.HasPrefix(a, "+"):
		case i == 0 && subcommands[l][a]:
		case l == deno && i == 0:
			return "", "deno " + a // deno task dev, deno lsp
		case l == java:
			return named(a) // the main class, or a source file
		default:
			return absolute(o.Dir, a), ""
		}
	}
	if served {
		return "", "its built-in server"
	}
	return Inline, ""
}

// named gives a module; a java source file (JEP 330) reads as one too.
func named(module string) (string, string) {
	if module == "" {
		return Inline, ""
	}
	return "", module
}

// inline reports a flag that brings the code with it or asks for a prompt.
func inline(l language, a string) bool {
	short := len(a) > 1 && a[0] == '-' && a[1] != '-'
	switch l {
	case node, bun:
		return a == "-e" || a == "-p" || a == "-pe" || a == "-i" || strings.HasPrefix(a, "--eval") || strings.HasPrefix(a, "--print") || a == "--interactive"
	case deno:
		return a == "eval" || a == "repl"
	case rubyOrPerl:
		// One letter after the other, until one that takes the rest.
		return short && strings.ContainsAny(upTo(a[1:], "IrMmxCFTdDKWX0il"), "eE")
	case php:
		return a == "-r" || a == "-a" || a == "--run" || a == "--interactive"
	case shell:
		return short && strings.ContainsAny(a[1:], "cs")
	case other:
		return a == "-e" || a == "-i"
	}
	return false
}

// upTo cuts a cluster of flags before the first of stops.
func upTo(cluster, stops string) string {
	if i := strings.IndexAny(cluster, stops); i >= 0 {
		return cluster[:i]
	}
	return cluster
}

// pythonCluster reads "-Im" and the like: the first of the letters that takes a
// value, and the value, which is glued to it or the next argument.
func pythonCluster(cluster, next string) (flag byte, value string) {
	i := strings.IndexAny(cluster, "cmWX")
	if i < 0 {
		return 0, ""
	}
	if rest := cluster[i+1:]; rest != "" {
		return cluster[i], rest
	}
	return cluster[i], next
}

// glued reports whether the value of a cluster's last flag is in the cluster.
func glued(a string) bool {
	i := strings.IndexAny(a, "cmWX")
	return i >= 0 && i+1 < len(a)
}

func absolute(dir, path string) string {
	if path == "" {
		return Inline
	}
	if filepath.IsAbs(path) || strings.HasPrefix(path, "/") || dir == "" || strings.Contains(path, "://") {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}
