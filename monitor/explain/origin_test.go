package explain

import (
	"testing"

	"portreeve/monitor/process"
)

func TestAnOriginReadsAsPeopleSayIt(t *testing.T) {
	for _, c := range []struct {
		of                   process.Origin
		label, started, left string
	}{
		{process.Origin{}, "", "", ""},
		{process.Origin{Kind: process.OriginTerminal}, "Terminal", "started from Terminal", "left by an ended session of Terminal"},
		{process.Origin{Kind: process.OriginTerminal, Name: "SSH"}, "SSH session", "started from an SSH session", "left by an ended SSH session"},
		{process.Origin{Kind: process.OriginIDE, Name: "VS Code"}, "VS Code", "started from VS Code", "left by an ended session of VS Code"},
		{process.Origin{Kind: process.OriginAgent, Name: "Codex"}, "Codex", "started by Codex", "left by Codex, which has ended"},
		{process.Origin{Kind: process.OriginDesktop, Name: "org.gimp.GIMP"}, "GIMP", "started by GIMP", "started by GIMP"},
		{process.Origin{Kind: process.OriginAutostart, Name: "syncthing"}, "syncthing", "started at login", "started at login"},
		{process.Origin{Kind: process.OriginCron, Name: "cron"}, "cron", "started by cron", "started by cron"},
		{process.Origin{Kind: process.OriginService, Name: "shop.service"}, "shop.service", "started by shop.service", "started by shop.service"},
		{process.Origin{Kind: process.OriginContainer, Name: "3f2a"}, "container 3f2a", "running in the container 3f2a", "running in the container 3f2a"},
		{process.Origin{Kind: process.OriginSystem}, "the system", "started by the system", "started by the system"},
		{process.Origin{Kind: process.OriginService, Name: "a\x1b[2J\u202eb"}, "a[2Jb", "started by a[2Jb", "started by a[2Jb"},
	} {
		label := Origin(c.of)
		if label != c.label {
			t.Errorf("%+v: got the label %q, want %q", c.of, label, c.label)
		}
		for ended, want := range map[bool]string{false: c.started, true: c.left} {
			if got := StartedBy(string(c.of.Kind), label, ended); got != want {
				t.Errorf("%+v, ended %t: got %q, want %q", c.of, ended, got, want)
			}
		}
	}
}

func TestWhatIsLeftBehindIsCounted(t *testing.T) {
	for _, c := range []struct {
		programs, sessions int
		want               string
	}{
		{6, 1, "6 dev servers left by an ended session"},
		{1, 1, "1 dev server left by an ended session"},
		{6, 2, "6 dev servers left by ended sessions"},
	} {
		if got := LeftBehind(c.programs, c.sessions); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
