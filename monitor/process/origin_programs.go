package process

// The programs that people start others from, by the names of their files.

import (
	"path"
	"regexp"
	"strings"
)

// roleOf tells what a program is to those that it starts, by its name and
// arguments; the zero role for most. An editor or agent in an interpreter is
// known by its script, or by the title that it gave itself.
func roleOf(name string, args []string) role {
	if r := roleOfName(name); r.kind != "" {
		return r
	}
	if !hostOfScripts(name) {
		return role{}
	}
	for i, a := range args {
		if i > 0 && strings.HasPrefix(a, "-") && a != "-m" {
			if strings.HasPrefix(a, "-Didea.") {
				return role{OriginIDE, "a JetBrains IDE"}
			}
			continue
		}
		if r := roleOfPath(a); r.kind != "" {
			return r
		}
		title, _, _ := strings.Cut(path.Base(a), " ")
		for _, end := range []string{".js", ".mjs", ".cjs", ".py"} {
			title = strings.TrimSuffix(title, end)
		}
		// Terminals are no scripts, and a folder called screen is none either.
		if r := roleOfName(title); r.kind == OriginAgent || r.kind == OriginIDE {
			return r
		}
		if i > 0 && a != "-m" {
			break // what follows is the script's own
		}
	}
	return role{}
}

// scriptHosts are the interpreters that agents and editors are written for.
var scriptHosts = regexp.MustCompile(`^(node|nodejs|bun|deno|electron[0-9]*|python[0-9.]*|java)$`)

func hostOfScripts(name string) bool { return scriptHosts.MatchString(name) }

// roleOfPath knows programs by the folder that they are installed in.
func roleOfPath(file string) role {
	for _, known := range []struct {
		part string
		role
	}{
		{"/.vscode-server", role{OriginIDE, "VS Code"}}, {"/.cursor-server", role{OriginIDE, "Cursor"}},
		{"/.windsurf-server", role{OriginIDE, "Windsurf"}}, {"/code-server/", role{OriginIDE, "VS Code"}},
		{"/@anthropic-ai/claude-code", role{OriginAgent, "Claude Code"}}, {"/@openai/codex", role{OriginAgent, "Codex"}},
		{"/@google/gemini-cli", role{OriginAgent, "Gemini CLI"}}, {"/cursor-agent/", role{OriginAgent, "Cursor Agent"}},
		{"/@github/copilot", role{OriginAgent, "Copilot CLI"}}, {"com.intellij.idea.", role{OriginIDE, "a JetBrains IDE"}},
	} {
		if strings.Contains(file, known.part) {
			return known.role
		}
	}
	return role{}
}

// roleOfName knows programs by name. Process names are cut after 15 characters
// on Linux (TASK_COMM_LEN, include/linux/sched.h) where the file can't be read.
func roleOfName(name string) role {
	is := func(kind OriginKind, name string) role { return role{kind, name} }
	switch strings.TrimSuffix(strings.ToLower(name), ".exe") {
	case "gnome-terminal", "gnome-terminal-", "gnome-terminal-server", "terminal", "kgx", "gnome-console", "console", "ptyxis", "ptyxis-agent", "windowsterminal":
		return is(OriginTerminal, "Terminal")
	case "konsole", "yakuake":
		return is(OriginTerminal, "Konsole")
	case "xfce4-terminal":
		return is(OriginTerminal, "Xfce Terminal")
	case "mate-terminal":
		return is(OriginTerminal, "MATE Terminal")
	case "qterminal":
		return is(OriginTerminal, "QTerminal")
	case "lxterminal":
		return is(OriginTerminal, "LXTerminal")
	case "tilix":
		return is(OriginTerminal, "Tilix")
	case "terminator":
		return is(OriginTerminal, "Terminator")
	case "guake", "tilda", "terminology", "deepin-terminal", "cool-retro-term":
		return is(OriginTerminal, "Terminal")
	case "xterm", "uxterm":
		return is(OriginTerminal, "xterm")
	case "urxvt", "urxvtd", "rxvt":
		return is(OriginTerminal, "rxvt")
	case "kitty":
		return is(OriginTerminal, "kitty")
	case "alacritty":
		return is(OriginTerminal, "Alacritty")
	case "foot", "footclient":
		return is(OriginTerminal, "foot")
	case "ghostty":
		return is(OriginTerminal, "Ghostty")
	case "wezterm", "wezterm-gui", "wezterm-mux-server", "wezterm-mux-ser":
		return is(OriginTerminal, "WezTerm")
	case "iterm2":
		return is(OriginTerminal, "iTerm")
	case "tmux", "tmux: server":
		return is(OriginTerminal, "tmux")
	case "screen":
		return is(OriginTerminal, "screen")
	case "zellij":
		return is(OriginTerminal, "Zellij")
	case "sshd", "sshd-session", "dropbear", "mosh-server":
		return is(OriginTerminal, "SSH")
	case "code", "code-insiders", "codium", "vscodium", "code - oss", "code-oss":
		return is(OriginIDE, "VS Code")
	case "cursor":
		return is(OriginIDE, "Cursor")
	case "windsurf":
		return is(OriginIDE, "Windsurf")
	case "zed", "zed-editor", "zeditor":
		return is(OriginIDE, "Zed")
	case "idea", "idea64", "jetbrains-idea", "jetbrains-idea-ce":
		return is(OriginIDE, "IntelliJ IDEA")
	case "pycharm", "pycharm64", "jetbrains-pycharm":
		return is(OriginIDE, "PyCharm")
	case "goland", "goland64", "jetbrains-goland":
		return is(OriginIDE, "GoLand")
	case "webstorm", "webstorm64", "jetbrains-webstorm":
		return is(OriginIDE, "WebStorm")
	case "phpstorm", "phpstorm64", "jetbrains-phpstorm":
		return is(OriginIDE, "PhpStorm")
	case "rubymine", "rubymine64":
		return is(OriginIDE, "RubyMine")
	case "rustrover", "rustrover64":
		return is(OriginIDE, "RustRover")
	case "clion", "clion64":
		return is(OriginIDE, "CLion")
	case "rider", "rider64":
		return is(OriginIDE, "Rider")
	case "studio", "studio64", "jetbrains-studio":
		return is(OriginIDE, "Android Studio")
	case "eclipse":
		return is(OriginIDE, "Eclipse")
	case "emacs", "emacs-gtk", "emacs-nox", "emacs-x":
		return is(OriginIDE, "Emacs")
	case "vim", "nvim", "gvim", "vim.basic", "vim.gtk3", "vim.tiny":
		return is(OriginIDE, "Vim")
	case "hx", "helix":
		return is(OriginIDE, "Helix")
	case "kate":
		return is(OriginIDE, "Kate")
	case "kdevelop":
		return is(OriginIDE, "KDevelop")
	case "qtcreator":
		return is(OriginIDE, "Qt Creator")
	case "gnome-builder":
		return is(OriginIDE, "Builder")
	case "sublime_text":
		return is(OriginIDE, "Sublime Text")
	case "rstudio":
		return is(OriginIDE, "RStudio")
	case "jupyter", "jupyter-lab", "jupyter-notebook", "jupyter-server":
		return is(OriginIDE, "Jupyter")
	case "claude", "claude-code":
		return is(OriginAgent, "Claude Code")
	case "codex":
		return is(OriginAgent, "Codex")
	case "aider":
		return is(OriginAgent, "Aider")
	case "cursor-agent":
		return is(OriginAgent, "Cursor Agent")
	case "gemini", "gemini-cli":
		return is(OriginAgent, "Gemini CLI")
	case "opencode":
		return is(OriginAgent, "OpenCode")
	case "goose":
		return is(OriginAgent, "Goose")
	case "crush":
		return is(OriginAgent, "Crush")
	case "amp":
		return is(OriginAgent, "Amp")
	case "copilot":
		return is(OriginAgent, "Copilot CLI")
	case "qwen":
		return is(OriginAgent, "Qwen Code")
	case "openhands":
		return is(OriginAgent, "OpenHands")
	case "cron", "crond", "anacron", "atd", "fcron":
		return is(OriginCron, "cron")
	case "nautilus", "dolphin", "thunar", "nemo", "pcmanfm", "pcmanfm-qt":
		return is(OriginDesktop, "the file manager")
	}
	return role{}
}

// mark is a variable that tells where a program was started.
type mark struct {
	variable, value string // an empty value stands for any
	role
}

// environmentMarks are the variables, the innermost first: an agent runs in an
// editor's terminal, and tmux in any.
func environmentMarks() []mark {
	return []mark{
		{"CLAUDECODE", "", role{OriginAgent, "Claude Code"}},
		{"CODEX_SANDBOX", "", role{OriginAgent, "Codex"}},
		{"CURSOR_AGENT", "", role{OriginAgent, "Cursor Agent"}},
		{"GEMINI_CLI", "", role{OriginAgent, "Gemini CLI"}},
		{"OPENCODE", "", role{OriginAgent, "OpenCode"}},
		{"NVIM", "", role{OriginIDE, "Vim"}},
		{"VIM_TERMINAL", "", role{OriginIDE, "Vim"}},
		{"INSIDE_EMACS", "", role{OriginIDE, "Emacs"}},
		{"TMUX", "", role{OriginTerminal, "tmux"}},
		{"STY", "", role{OriginTerminal, "screen"}},
		{"ZELLIJ", "", role{OriginTerminal, "Zellij"}},
		{"CURSOR_TRACE_ID", "", role{OriginIDE, "Cursor"}},
		{"TERM_PROGRAM", "vscode", role{OriginIDE, "VS Code"}},
		{"TERM_PROGRAM", "zed", role{OriginIDE, "Zed"}},
		{"ZED_TERM", "", role{OriginIDE, "Zed"}},
		{"TERMINAL_EMULATOR", "JetBrains-JediTerm", role{OriginIDE, "a JetBrains IDE"}},
		{"SSH_TTY", "", role{OriginTerminal, "SSH"}},
		{"SSH_CONNECTION", "", role{OriginTerminal, "SSH"}},
		{"GNOME_TERMINAL_SCREEN", "", role{OriginTerminal, "Terminal"}},
		{"PTYXIS_VERSION", "", role{OriginTerminal, "Terminal"}},
		{"KONSOLE_VERSION", "", role{OriginTerminal, "Konsole"}},
		{"KITTY_WINDOW_ID", "", role{OriginTerminal, "kitty"}},
		{"ALACRITTY_WINDOW_ID", "", role{OriginTerminal, "Alacritty"}},
		{"WEZTERM_PANE", "", role{OriginTerminal, "WezTerm"}},
		{"GHOSTTY_RESOURCES_DIR", "", role{OriginTerminal, "Ghostty"}},
		{"XTERM_VERSION", "", role{OriginTerminal, "xterm"}},
	}
}
