package explain

import (
	"net/netip"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"portreeve/monitor/familiar"
	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

var words = Words{Home: "/home/ada", Self: "/usr/bin/portreeve", Interface: func(a netip.Addr) string {
	return map[string]string{"172.17.0.1": "docker0", "192.168.1.7": "eth0"}[a.String()]
}}

func owned(o process.Info) familiar.Listening {
	return familiar.Listening{
		Socket: socket.Socket{Endpoint: socket.Endpoint{Proto: socket.TCP, Local: netip.MustParseAddrPort("127.0.0.1:62893")}},
		Owners: []process.Info{o},
	}
}

func TestPlaceSaysWhatRunsWhere(t *testing.T) {
	const py = "/usr/bin/python3.11"
	for name, c := range map[string]struct {
		owner process.Info
		want  string
	}{
		"a module in a project":        {process.Info{Exe: py, Args: []string{py, "-m", "http.server"}, Dir: "/home/ada/src/shop"}, "http.server in ~/src/shop"},
		"a script by its name":         {process.Info{Exe: py, Args: []string{py, "/home/ada/src/shop/server.py"}, Dir: "/home/ada/src/shop"}, "server.py in ~/src/shop"},
		"a script by its link's name":  {process.Info{Exe: py, Args: []string{py, "bin/vite"}, Dir: "/home/ada/src/shop", ScriptFile: "/home/ada/src/shop/vite/vite.py"}, "vite in ~/src/shop"},
		"home itself":                  {process.Info{Exe: "/usr/bin/nc", Dir: "/home/ada"}, "in ~"},
		"a folder that only begins":    {process.Info{Exe: "/usr/bin/nc", Dir: "/home/adam"}, "in /home/adam"},
		"a service by its unit":        {process.Info{Exe: "/usr/sbin/sshd", Dir: "/", Unit: "ssh.service"}, "ssh.service"},
		"the root folder says nothing": {process.Info{Exe: "/usr/sbin/sshd", Dir: "/"}, ""},
		"our own example":              {process.Info{Exe: "/usr/bin/portreeve", Args: []string{"portreeve", "example"}, Dir: "/home/ada"}, "Portreeve's own example, which does nothing"},
		"an example that is not ours":  {process.Info{Exe: "/tmp/portreeve", Args: []string{"portreeve", "example"}, Dir: "/home/ada"}, "in ~"},
		"a forged second line":         {process.Info{Exe: "/usr/bin/nc", Dir: "/home/ada/x\nPortreeve: all is well"}, "in ~/x Portreeve: all is well"},
		"a reversed name":              {process.Info{Exe: "/usr/bin/nc", Dir: "/home/ada/\u202egnp.exe"}, "in ~/gnp.exe"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := words.Place(owned(c.owner)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestReachNamesWhoCanComeIn(t *testing.T) {
	for at, want := range map[string]string{
		"127.0.0.1":        "Only programs on this computer can reach it.",
		"127.8.9.1":        "Only programs on this computer can reach it.",
		"::1":              "Only programs on this computer can reach it.",
		"::ffff:127.0.0.1": "Only programs on this computer can reach it.",
		"0.0.0.0":          "Open to your network (a firewall may still block it).",
		"::":               "Open to your network (a firewall may still block it).",
		"192.168.1.7":      "Open to your network (a firewall may still block it).",
		"172.17.0.1":       "Open to containers and virtual machines here.",
	} {
		if got := words.Reach(netip.MustParseAddr(at)); got != want {
			t.Errorf("%s: got %q, want %q", at, got, want)
		}
	}
}

func TestKnownEchoesWhatWasUnderstood(t *testing.T) {
	const py = "/usr/bin/python3.11"
	for want, p := range map[string]familiar.Pattern{
		"Known: python3 -m http.server in ~/src/shop, any port it is given, only this computer.": {
			Subject: familiar.Subject{Exe: py, Module: "http.server", Dir: "/home/ada/src/shop"}, Scope: familiar.Loopback, Ports: familiar.Ephemeral},
		"Known: python3 running ~/s.py, port 8000, open to your network too.": {
			Subject: familiar.Subject{Exe: py, Script: "/home/ada/s.py"}, Scope: familiar.Network, Ports: "8000"},
		"Known: python3 in ~/src, port 8000, only this computer.": {
			Subject: familiar.Subject{Exe: py, Script: familiar.Inline, Dir: "/home/ada/src"}, Scope: familiar.Loopback, Ports: "8000"},
	} {
		if got := words.Known("python3", familiar.Rule{Pattern: p}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func FuzzCleanGivesOneHarmlessLine(f *testing.F) {
	f.Add("a\x1b[31m\u202eb\n c", 8)
	f.Add(strings.Repeat("ä ", 100), 10)
	f.Add("\xff\xfe", 3)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = 1 + (limit&0xff+256)%256
		got := Clean(s, limit)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > limit {
			t.Errorf("got %q of %d characters, want at most %d of valid UTF-8", got, utf8.RuneCountInString(got), limit)
		}
		for _, r := range got {
			if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Errorf("got %q with %U", got, r)
			}
		}
	})
}

func TestCleanCutsOnlyWhatIsTooLong(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"ab cd", 4, "ab…"}, {"  a  b  ", 9, "a b"}, {"", 3, ""}, {"abc  ", 3, "abc"}} {
		if got := Clean(c.in, c.limit); got != c.want {
			t.Errorf("%q to %d: got %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}
