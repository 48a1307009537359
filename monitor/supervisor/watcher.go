package supervisor

// Watchers: programs that run another one and start it anew when its files
// change.

import (
	"slices"
	"strings"

	"portreeve/monitor/process"
)

// watcherOf reports whether a process is a watcher by its command line. What
// watches but never starts anything (a build that writes files) is none.
func watcherOf(p process.Info) (restarter, bool) {
	c := commandOf(p)
	has := func(words ...string) bool {
		return slices.ContainsFunc(c.args, func(a string) bool {
			name, _, _ := strings.Cut(a, "=")
			return slices.Contains(words, name)
		})
	}
	watcher := restarter{kind: Watcher, name: c.name, restarts: true, policy: "on change"}
	switch c.name {
	case "nodemon", "node-dev", "ts-node-dev", "tsnd", "supervisor", "air", "cargo-watch", "bacon", "watchexec", "entr", "reflex",
		"modd", "CompileDaemon", "gow", "fresh", "wgo", "watchfiles", "hupper", "rerun", "chokidar-cli":
		return watcher, true
	case "watchmedo":
		return watcher, has("auto-restart")
	case "tsx":
		return watcher, has("watch")
	case "vite":
		// Without a word it serves; with one it may build or preview.
		return watcher, !has("build", "preview", "optimize")
	case "webpack", "webpack-cli":
		return watcher, has("serve", "server", "s")
	case "webpack-dev-server":
		return watcher, true
	case "uvicorn", "hypercorn", "daphne", "granian", "sanic":
		return watcher, has("--reload", "-r")
	case "fastapi":
		return watcher, has("dev") || has("--reload")
	case "flask":
		// Its reloader, and Django's, end with the program unless that ends with
		// the code 3 (restart_with_reloader in werkzeug/_reloader.py and
		// django/utils/autoreload.py).
		watcher.restarts, watcher.policy = false, ""
		return watcher, has("--debug", "--reload")
	case "manage", "django-admin", "django":
		watcher.restarts, watcher.policy = false, ""
		return watcher, has("runserver", "runserver_plus") && !has("--noreload", "--nothreading")
	}
	if nodeWatches(c) && interpreter(p.Name) == "node" {
		watcher.name = "node --watch"
		return watcher, true
	}
	return restarter{}, false
}

// nodeWatches reports whether Node's own watch mode is on: it runs the script
// in a child and waits for changes when that ends.
func nodeWatches(c command) bool {
	return slices.ContainsFunc(c.options, func(o string) bool {
		return o == "--watch" || o == "--watch-path" || strings.HasPrefix(o, "--watch-path=")
	})
}
