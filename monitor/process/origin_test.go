package process

import (
	"strings"
	"testing"
)

// is makes an ancestor; one that leads its session has the same number for it.
func is(pid, session int32, name string, args ...string) relative {
	return relative{ID{pid, uint64(pid)}, session, roleOf(name, args)}
}

// a server of pid 90 in group 90 of session 80, unless changed.
func server(change func(*lineage), parents ...relative) lineage {
	l := lineage{
		procStat: procStat{group: 90, session: 80}, pid: 90, parents: parents, leader: ID{80, 80},
		environ: func() []byte { return nil }, alive: func(role) ID { return ID{} },
	}
	if change != nil {
		change(&l)
	}
	return l
}

func environ(entries ...string) func() []byte {
	return func() []byte { return []byte(strings.Join(entries, "\x00") + "\x00") }
}

func TestTheOriginIsWhatPeopleStartProgramsFrom(t *testing.T) {
	shell := is(80, 80, "bash")
	user := is(5, 5, "systemd")
	gone := func(l *lineage) { l.leader = ID{} }
	for name, c := range map[string]struct {
		of   lineage
		want Origin
	}{
		"a terminal, for as long as it and its shell last": {server(nil, shell, is(70, 70, "gnome-terminal-server"), user),
			Origin{Kind: OriginTerminal, Name: "Terminal", session: 80, starter: ID{70, 70}, until: [2]ID{{70, 70}, {80, 80}}}},
		"a terminal that started the server itself": {server(func(l *lineage) { l.session = 90 }, is(70, 60, "xterm")),
			Origin{Kind: OriginTerminal, Name: "xterm", session: 90, starter: ID{70, 70}, until: [2]ID{{70, 70}}}},
		"a server that left the shell's session still lasts with the shell": {server(func(l *lineage) { l.session, l.leader = 90, ID{90, 90} }, shell, is(70, 70, "kitty")),
			Origin{Kind: OriginTerminal, Name: "kitty", session: 80, starter: ID{70, 70}, until: [2]ID{{70, 70}, {80, 80}}}},
		"the innermost of several terminals": {server(nil, shell, is(60, 60, "tmux: server"), is(50, 50, "xterm")),
			Origin{Kind: OriginTerminal, Name: "tmux", session: 80, starter: ID{60, 60}, until: [2]ID{{60, 60}, {80, 80}}}},
		"an SSH session": {server(nil, shell, is(70, 70, "sshd"), is(2, 2, "sshd")),
			Origin{Kind: OriginTerminal, Name: "SSH", session: 80, starter: ID{70, 70}, until: [2]ID{{70, 70}, {80, 80}}}},
		"an editor's terminal": {server(nil, shell, is(70, 60, "code"), is(60, 60, "code")),
			Origin{Kind: OriginIDE, Name: "VS Code", session: 80, starter: ID{70, 70}, until: [2]ID{{70, 70}, {80, 80}}}},
		"an editor without a terminal": {server(nil, is(85, 60, "node", "node", "/x/tsserver.js"), is(70, 60, "code")),
			Origin{Kind: OriginIDE, Name: "VS Code", starter: ID{70, 70}, until: [2]ID{{70, 70}}}},
		"an editor's server on a remote machine": {server(nil, shell, is(70, 60, "node", "/home/ada/.vscode-server/bin/node", "out/server-main.js")),
			Origin{Kind: OriginIDE, Name: "VS Code", session: 80, starter: ID{70, 70}, until: [2]ID{{70, 70}, {80, 80}}}},
		"an agent outlives the shells of its commands": {server(nil, shell, is(70, 60, "node", "claude"), is(60, 60, "bash"), is(50, 50, "kitty")),
			Origin{Kind: OriginAgent, Name: "Claude Code", starter: ID{70, 70}, until: [2]ID{{70, 70}}}},
		"an agent known by its script": {server(nil, is(70, 60, "python3", "python3", "-u", "/home/ada/.local/bin/aider", "x")),
			Origin{Kind: OriginAgent, Name: "Aider", starter: ID{70, 70}, until: [2]ID{{70, 70}}}},
		"cron":                       {server(nil, is(85, 80, "sh"), is(80, 80, "cron")), Origin{Kind: OriginCron, Name: "cron", starter: ID{80, 80}}},
		"a unit of systemd":          {server(func(l *lineage) { l.unit = "shop.service" }, user), Origin{Kind: OriginService, Name: "shop.service"}},
		"a container before all":     {server(func(l *lineage) { l.container = strings.Repeat("ab", 32) }, shell, is(70, 70, "kitty")), Origin{Kind: OriginContainer, Name: "abababababab"}},
		"a desktop's application":    {server(func(l *lineage) { l.unit = "app-gnome-org.gimp.GIMP-77.scope" }, user), Origin{Kind: OriginDesktop, Name: "GIMP"}},
		"an autostarted application": {server(func(l *lineage) { l.unit = "app-syncthing@autostart.service" }, user), Origin{Kind: OriginAutostart, Name: "syncthing"}},
		"a terminal that is only a tty": {server(func(l *lineage) { l.tty = true }, shell),
			Origin{Kind: OriginTerminal, session: 80, until: [2]ID{{80, 80}}}},
		"a daemon of the system": {server(func(l *lineage) { l.root = true }), Origin{Kind: OriginSystem}},
		"nothing that is known":  {server(nil), Origin{}},

		"a job that its terminal has left behind": {server(func(l *lineage) { gone(l); l.environ = environ("HOME=/", "TERM=xterm", "KONSOLE_VERSION=2") }, user),
			Origin{Kind: OriginTerminal, Name: "Konsole", session: 80, Ended: true}},
		"a daemon is not left behind": {server(func(l *lineage) { gone(l); l.group = 80; l.environ = environ("TERM=xterm") }),
			Origin{Kind: OriginTerminal, session: 80}},
		"a tab's scope tells of a terminal": {server(func(l *lineage) { gone(l); l.unit = "vte-spawn-1-2.scope" }, user),
			Origin{Kind: OriginTerminal, session: 80, Ended: true}},
		"a terminal's scope tells which": {server(func(l *lineage) { gone(l); l.unit = "app-org.kde.konsole-1.scope" }, user),
			Origin{Kind: OriginTerminal, Name: "Konsole", session: 80, Ended: true}},
		"an agent that is gone, though its command made the group": {server(func(l *lineage) { gone(l); l.group = 80; l.environ = environ("TERM=xterm", "CLAUDECODE=1") }),
			Origin{Kind: OriginAgent, Name: "Claude Code", session: 80, Ended: true}},
		"an agent that still runs": {server(func(l *lineage) {
			gone(l)
			l.environ = environ("CLAUDECODE=1")
			l.alive = func(r role) ID {
				if r != (role{OriginAgent, "Claude Code"}) {
					t.Errorf("got a search for %v, want Claude Code", r)
				}
				return ID{44, 44}
			}
		}), Origin{Kind: OriginAgent, Name: "Claude Code", starter: ID{44, 44}, until: [2]ID{{44, 44}}}},
		"a session that can't be seen has not ended": {server(func(l *lineage) { gone(l); l.session, l.group = 0, 0; l.environ = environ("TERM=xterm") }),
			Origin{Kind: OriginTerminal}},
		"a service is none's leftover": {server(func(l *lineage) { gone(l); l.unit = "shop.service"; l.environ = environ("TERM=xterm") }),
			Origin{Kind: OriginService, Name: "shop.service"}},
		"an empty mark says nothing": {server(func(l *lineage) { gone(l); l.environ = environ("CLAUDECODE=", "TERM=dumb", "XTERM=1") }), Origin{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.of.origin(); got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestOriginsOfOneKeyAreOneGroup(t *testing.T) {
	a := server(nil, is(80, 80, "bash"), is(70, 70, "kitty")).origin()
	b := server(func(l *lineage) { l.pid = 91 }, is(80, 80, "bash"), is(70, 70, "kitty")).origin()
	other := server(nil, is(81, 81, "bash"), is(70, 70, "kitty")).origin()
	if a.Key() == "" || a.Key() != b.Key() || a.Key() == other.Key() {
		t.Errorf("got %q and %q in one shell, %q in another; want the first two alike", a.Key(), b.Key(), other.Key())
	}
	tab := server(nil, is(80, 80, "bash"), is(70, 60, "code")).origin()
	debugger := server(nil, is(85, 60, "node"), is(70, 60, "code")).origin()
	if tab.Key() != debugger.Key() {
		t.Errorf("got %q and %q in one editor, want one key", tab.Key(), debugger.Key())
	}
	if tab.Ended = true; tab.Key() == debugger.Key() {
		t.Errorf("got %q for a tab that is closed and its editor, want another key", tab.Key())
	}
	if got := (Origin{}).Key(); got != "" {
		t.Errorf("got the key %q for nothing known, want none", got)
	}
	after := Origin{Kind: OriginTerminal, Ended: true, session: 80}
	if a.Ended = true; a.Key() != after.Key() {
		t.Errorf("got %q as remembered and %q as inferred, want one key", a.Key(), after.Key())
	}
}

func TestArgumentsOfAScriptMakeNoAgentOfIt(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"node", []string{"node", "server.js", "claude"}, ""},
		{"node", []string{"node", "/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js"}, "Claude Code"},
		{"node", []string{"node", "--max-old-space-size=8192", "/usr/local/bin/codex"}, "Codex"},
		{"python3", []string{"python3", "-m", "aider"}, "Aider"},
		{"python3", []string{"python3", "-m", "http.server", "aider"}, ""},
		{"python3", []string{"python3", "screen.py"}, ""},
		{"java", []string{"/opt/idea/jbr/bin/java", "-Xmx2g", "-Didea.paths.selector=IdeaIC", "x"}, "a JetBrains IDE"},
		{"bash", []string{"bash", "claude"}, ""},
		{"claude", nil, "Claude Code"},
		{"node", nil, ""},
	} {
		if got := roleOf(c.name, c.args).name; got != c.want {
			t.Errorf("%s %q: got %q, want %q", c.name, c.args, got, c.want)
		}
	}
}

func FuzzOriginSurvivesAnyEnvironment(f *testing.F) {
	f.Add("TERM=xterm\x00CLAUDECODE=1", "app-gnome-code-1.scope", "node")
	f.Fuzz(func(t *testing.T, env, unit, name string) {
		l := server(func(l *lineage) { l.unit, l.environ = unit, func() []byte { return []byte(env) } }, is(80, 80, name, name, env))
		if o := l.origin(); o.Ended && o.Kind == OriginUnknown {
			t.Errorf("got %+v, want a kind for what has ended", o)
		}
	})
}
