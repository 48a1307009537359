package supervisor

// What a process runs, from its name and arguments, and whether it only carries
// another program. Arguments are whatever a program put there; all that is
// decided by them is which ancestor of a listener is offered to be ended.

import (
	"path"
	"slices"
	"strings"

	"portreeve/monitor/process"
)

// command is what a process runs: the script of an interpreter, else the
// program itself.
type command struct {
	// name is the script's or program's own name: nodemon, vite, manage.
	name string
	// options are the interpreter's, args the program's.
	options, args []string
}

// commandOf reads a command line. A process that has written a title over its
// arguments ("npm run dev") has one argument with blanks.
func commandOf(p process.Info) command {
	args := p.Args
	if len(args) == 1 && strings.Contains(args[0], " ") {
		args = strings.Fields(args[0])
		if len(args) == 0 {
			return command{name: p.Name}
		}
		args[0] = path.Base(args[0])
		if interpreter(p.Name) != "" && interpreter(args[0]) == "" {
			return command{name: args[0], args: args[1:]}
		}
	}
	if len(args) == 0 {
		return command{name: p.Name}
	}
	kind := interpreter(p.Name)
	if kind == "" {
		kind = interpreter(path.Base(args[0]))
	}
	if kind == "" {
		return command{name: p.Name, args: args[1:]}
	}
	return scriptOf(kind, args[1:])
}

// interpreter gives the family of an interpreter's name, empty for another
// program.
func interpreter(name string) string {
	base := strings.TrimRight(name, "0123456789.")
	switch base {
	case "python", "pypy":
		return "python"
	case "node", "nodejs", "bun":
		return "node"
	case "ruby", "perl":
		return base
	case "sh", "bash", "dash", "zsh", "ksh", "mksh", "ash":
		return "sh"
	}
	return ""
}

// scriptOf skips the interpreter's options. Without a script the name is the
// interpreter's.
func scriptOf(kind string, args []string) command {
	// Options that take the next word with them.
	var valued []string
	switch kind {
	case "python":
		valued = []string{"-W", "-X", "--check-hash-based-pycs"}
	case "node":
		valued = []string{"-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions", "--env-file", "--watch-path"}
	case "sh":
		valued = []string{"-o", "+o", "-O", "+O", "--rcfile", "--init-file"}
	case "ruby", "perl":
		valued = []string{"-I", "-r"}
	}
	i := 0
	for i < len(args) && len(args[i]) > 1 && (args[i][0] == '-' || kind == "sh" && args[i][0] == '+') {
		word := args[i]
		switch {
		case word == "--":
			i++
			return afterOptions(kind, args, i)
		case kind == "python" && word == "-m" && i+1 < len(args):
			// python -m uvicorn, python -m flask.
			return command{name: args[i+1], options: args[:i], args: args[i+2:]}
		case kind == "python" && word == "-c", kind == "node" && (word == "-e" || word == "-p" || word == "--eval" || word == "--print"):
			return command{name: kind, options: args[:i]}
		case slices.Contains(valued, word):
			i++
		}
		i++
	}
	return afterOptions(kind, args, min(i, len(args)))
}

func afterOptions(kind string, args []string, i int) command {
	if i >= len(args) {
		return command{name: kind, options: args}
	}
	return command{name: scriptName(args[i]), options: args[:i], args: args[i+1:]}
}

// scriptName names a script by its npm package where it lies in one, else by
// its file without the ending.
func scriptName(file string) string {
	const modules = "node_modules/"
	if i := strings.LastIndex(file, modules); i >= 0 {
		rest := strings.Split(file[i+len(modules):], "/")
		switch {
		case rest[0] == ".bin":
		case strings.HasPrefix(rest[0], "@") && len(rest) > 1:
			return rest[0] + "/" + rest[1]
		case len(rest) > 1:
			return rest[0]
		}
	}
	base := path.Base(file)
	for _, end := range []string{".js", ".cjs", ".mjs", ".ts", ".py", ".rb", ".sh"} {
		if name, ok := strings.CutSuffix(base, end); ok && name != "" {
			return name
		}
	}
	return base
}

// carries reports whether p does no more than run the program below it and end
// with it: shells, package runners and wrappers, and a copy of that program
// itself, which is how a server's workers come to be.
func carries(p, below process.Info) bool {
	if sameProgram(p, below) {
		return true
	}
	if interpreter(p.Name) == "sh" {
		return true
	}
	switch commandOf(p).name {
	case "npm", "npx", "npm-cli", "npx-cli", "pnpm", "pnpx", "yarn", "yarnpkg", "corepack", "bunx", "turbo", "concurrently", "cross-env", "dotenv",
		"uv", "uvx", "poetry", "pipenv", "pdm", "hatch", "rye", "bundle", "bundler", "rake", "foreman",
		"make", "gmake", "just", "task", "go", "cargo", "rustup", "mvn", "gradle", "gradlew", "dotnet",
		"env", "nice", "ionice", "nohup", "setsid", "stdbuf", "timeout", "time", "unbuffer", "script", "unshare", "setpriv", "firejail", "bwrap",
		"sudo", "su", "doas", "runuser", "pkexec", "gosu", "su-exec", "tini", "dumb-init", "catatonit":
		return true
	}
	return false
}

// sameProgram reports whether two processes were started as the same program
// with the same arguments; a fork without exec gives two such.
func sameProgram(a, b process.Info) bool {
	return a.File == b.File && a.Exe == b.Exe && a.Name == b.Name && len(a.Args) > 0 && slices.Equal(a.Args, b.Args)
}
