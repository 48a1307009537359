package explain

import (
	"testing"

	"portreeve/monitor/supervisor"
)

func TestSupervisorsAreNamedInWords(t *testing.T) {
	for _, c := range []struct {
		s            supervisor.Supervisor
		again, label string
	}{
		{supervisor.Supervisor{Kind: supervisor.SystemdUser, Name: "shop.service", Policy: "Restart=always"},
			"shop.service would start python3 again (Restart=always)", "Stop shop.service"},
		{supervisor.Supervisor{Kind: supervisor.Docker, Name: "web", Project: "shop", Policy: "unless-stopped"},
			"the container web of shop would start python3 again (unless-stopped)", "Stop the container web of shop"},
		{supervisor.Supervisor{Kind: supervisor.Podman},
			"a container would start python3 again", "Stop a container"},
		{supervisor.Supervisor{Kind: supervisor.PM2, Name: "shop"},
			"pm2 (shop) would start python3 again", "Stop pm2 (shop)"},
		{supervisor.Supervisor{Kind: supervisor.Watcher, Name: "nodemon", Policy: "on change"},
			"nodemon would start python3 again", "Stop nodemon"},
		{supervisor.Supervisor{Kind: supervisor.Loop, Name: "bash", Policy: "loop"},
			"a loop in bash would start python3 again", "Stop the loop in bash"},
		{supervisor.Supervisor{Kind: supervisor.Watcher, Name: "x\x1b[2J\n\u202e"},
			"x[2J would start python3 again", "Stop x[2J"},
	} {
		if got := Supervised("python3", &c.s); got != c.again {
			t.Errorf("got %q, want %q", got, c.again)
		}
		if got := LastingStop(&c.s); got != c.label {
			t.Errorf("got %q, want %q", got, c.label)
		}
	}
}
