package explain

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"portreeve/monitor"
	"portreeve/monitor/familiar"
	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

// noon is when these answers are given.
var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.Local)

// linux is what a fresh Linux says of ports.
var linux = PortTable{Ephemeral: Range{32768, 60999}, Unprivileged: 1024, Services: ParseServices("ssh\t22/tcp\n# x\nhttp 80/tcp www\n")}

func heard(at string, o process.Info) *monitor.Listener {
	return &monitor.Listener{Listening: familiar.Listening{
		Socket: socket.Socket{Endpoint: socket.Endpoint{Proto: socket.TCP, Local: netip.MustParseAddrPort(at)}, Cookie: 7},
		Owners: []process.Info{o},
	}}
}

func target(t *testing.T, text string) Target {
	t.Helper()
	got, err := ParseTarget(text)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAPortMeansWhatThisSystemDoesWithIt(t *testing.T) {
	for _, c := range []struct {
		port, code string
		table      PortTable
		words      []string
	}{
		{"22", "port_system", linux, []string{"is a system port", "It's registered for ssh.", "here only root, or who was allowed to, may listen below 1024"}},
		{"3000", "port_registered", linux, []string{"is an ordinary port", "registered as hbci, and often used by development servers"}},
		{"5173", "port_registered", linux, []string{"often used by Vite's development server, though registered for nobody"}},
		{"40123", "port_ephemeral", linux, []string{"It will differ next time", "handed out here: 32768 to 60999", "IANA counts ports up to 49151 as registered"}},
		{"55555", "port_ephemeral", linux, []string{"handed out here: 32768 to 60999"}},
		{"62893", "port_dynamic", linux, []string{"this computer doesn't hand it out by itself", "handed out here: 32768 to 60999", "macOS and Windows do hand those out"}},
		{"62893", "port_ephemeral", PortTable{}, []string{"handed out here: 49152 to 65535 (the default of this system"}},
		{"40123", "port_registered", PortTable{}, []string{"is an ordinary port"}},
		{"8080", "port_registered", PortTable{Reserved: ParseRanges("8080,9000-9100\n")}, []string{"set up to never hand it out"}},
		{"9050", "port_registered", PortTable{Reserved: ParseRanges("8080,9000-9100\n")}, []string{"ip_local_reserved_ports"}},
	} {
		a := words.Address(target(t, c.port), Evidence{Now: noon, Ports: c.table})
		if i := slices.IndexFunc(a.Findings, func(f Finding) bool { return f.Part == PartPort }); a.Findings[i].Code != c.code {
			t.Errorf("port %s: got %s, want %s", c.port, a.Findings[i].Code, c.code)
		}
		for _, w := range c.words {
			if !strings.Contains(written(a), w) {
				t.Errorf("port %s: got no %q in:\n%s", c.port, w, written(a))
			}
		}
	}
}

func TestAnAddressMeansWhoCanReachIt(t *testing.T) {
	faces := []Interface{
		{"lo", []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")}},
		{"eth0", []netip.Addr{netip.MustParseAddr("192.168.1.7"), netip.MustParseAddr("fe80::1"), netip.MustParseAddr("8.8.8.8")}},
		{"docker0", []netip.Addr{netip.MustParseAddr("172.17.0.1")}},
	}
	for at, want := range map[string][]string{
		"127.0.0.1:80":      {"address_loopback", "127.0.0.1 is this computer itself. Only programs on this computer can reach it."},
		"127.8.9.1:80":      {"address_loopback", "every address that begins with 127 is this computer"},
		"[::1]:80":          {"address_loopback", "::1 is this computer itself."},
		"0.0.0.0:80":        {"address_wildcard", "every address of this computer", "eth0: 192.168.1.7", "docker0: 172.17.0.1 (containers and virtual machines here)"},
		"192.168.1.7:80":    {"address_own", "on the network interface eth0. Open to your network (a firewall may still block it).", "a private address"},
		"8.8.8.8:80":        {"address_own", "a public address"},
		"[fe80::1%eth0]:80": {"address_link_local", "link-local"},
		"172.17.0.1:80":     {"address_bridge", "Open to containers and virtual machines here."},
		"192.168.1.8:80":    {"address_not_here", "It's a private one"},
		"1.1.1.1:80":        {"address_not_here", "It's a public one: some computer on the internet has it."},
		"224.0.0.1:80":      {"address_multicast", "a group address"},
		"localhost:80":      {"address_localhost", "Here it means 127.0.0.1 and ::1, and programs try 127.0.0.1 first."},
		"80":                {"address_none", "No address was given"},
	} {
		a := words.Address(target(t, at), Evidence{Now: noon, Ports: linux, Interfaces: faces})
		for _, w := range want {
			if !strings.Contains(written(a), w) {
				t.Errorf("%s: got no %q in:\n%s", at, w, written(a))
			}
		}
	}
}

func TestHalfOfLocalhostIsNamed(t *testing.T) {
	six, four := netip.IPv6Loopback(), netip.MustParseAddr("127.0.0.1")
	a := words.Address(target(t, "localhost:8000"), Evidence{Now: noon, Ports: linux, Localhost: []netip.Addr{six, four},
		Listeners: []*monitor.Listener{heard("127.0.0.1:8000", process.Info{Name: "python3"})}})
	come(t, a, Listens, "Nobody listens on [::1]:8000. Programs that try only the first meaning of localhost don't get through.")
}

func TestAWildcardTakesWhatItsFamilySays(t *testing.T) {
	for _, c := range []struct {
		at   string
		only bool
		ask  string
		want Verdict
	}{
		{"0.0.0.0:8000", false, "127.0.0.1:8000", Listens},
		{"0.0.0.0:8000", false, "[::1]:8000", OtherAddress},
		{"[::]:8000", false, "127.0.0.1:8000", Listens},
		{"[::]:8000", false, "[::1]:8000", Listens},
		{"[::]:8000", true, "127.0.0.1:8000", OtherAddress},
		{"[::]:8000", true, "[::1]:8000", Listens},
		{"[::]:8000", true, "8000", Listens},
		{"[::ffff:127.0.0.1]:8000", false, "127.0.0.1:8000", Listens},
		{"127.0.0.1:8000", false, "127.0.0.2:8000", OtherAddress},
		{"127.0.0.1:8000", false, "0.0.0.0:8000", Listens},
	} {
		l := heard(c.at, process.Info{Name: "node"})
		l.OnlyV6 = c.only
		a := words.Address(target(t, c.ask), Evidence{Now: noon, Ports: linux, Listeners: []*monitor.Listener{l}})
		if a.Verdict != c.want {
			t.Errorf("%s (IPv6 only: %v), asked for %s: got %s, want %s", c.at, c.only, c.ask, a.Verdict, c.want)
		}
	}
}

func TestTheMostExactListenerIsMeant(t *testing.T) {
	ls := []*monitor.Listener{heard("0.0.0.0:8000", process.Info{ID: process.ID{PID: 1, Birth: 1}, Name: "wide"}),
		heard("127.0.0.1:8000", process.Info{ID: process.ID{PID: 2, Birth: 2}, Name: "exact"})}
	a := words.Address(target(t, "127.0.0.1:8000"), Evidence{Now: noon, Ports: linux, Listeners: ls})
	come(t, a, Listens, "exact listens on 127.0.0.1:8000.", "wide listens on port 8000 of all IPv4 addresses too.")
}

func TestTheRecordSaysWhoWasThere(t *testing.T) {
	vite := process.Info{Name: "node", Exe: "/usr/bin/node", Args: []string{"node", "/home/ada/src/shop/vite.js"}, Dir: "/home/ada/src/shop"}
	was := Earlier{Program: "node", Place: "vite.js in ~/src/shop", Exe: "/usr/bin/node", At: netip.MustParseAddrPort("127.0.0.1:5173"),
		Opened: noon.Add(-26 * time.Hour), Closed: noon.Add(-time.Hour)}
	ev := Evidence{Now: noon, Ports: linux, Before: []Earlier{was}, Recorded: noon.AddDate(0, 0, -3), Resident: true}
	a := words.Address(target(t, "5173"), ev)
	come(t, a, Nobody, "Nobody listens on port 5173 now; node listened on port 5173 until 11:00.",
		"node on 127.0.0.1:5173, 25 Nov, 10:00 to 11:00: vite.js in ~/src/shop", "Start node again")
	if !a.CanAwait {
		t.Error("got no offer to wait for the port, want one")
	}
	lost := was
	lost.Lost = true
	ev.Before = []Earlier{lost}
	come(t, words.Address(target(t, "5173"), ev), Nobody, "node was last seen on port 5173 at 11:00.")

	ev.Before, ev.Listeners = []Earlier{was}, []*monitor.Listener{heard("127.0.0.1:5174", vite)}
	come(t, words.Address(target(t, "5173"), ev), OtherPort, "Nobody listens on port 5173 any more: node, which did, listens on port 5174 now.", "portreeve explain 5174")
	ev.Listeners[0].Owners[0].Dir = "/home/ada/src/other"
	ev.Listeners[0].Owners[0].Args = []string{"node", "/home/ada/src/other/vite.js"}
	come(t, words.Address(target(t, "5173"), ev), Nobody)

	ev.Before = nil
	come(t, words.Address(target(t, "62893"), ev), Nobody, "Nobody has listened there since 23 Nov, 12:00, when Portreeve began to keep a record.", "caller's temporary port")
	ev.Recorded, ev.Resident = time.Time{}, false
	come(t, words.Address(target(t, "62893"), ev), Nobody, "Portreeve was not running then.", "start portreeve, then portreeve explain 62893 --await")
}

func TestAnOwnerThatCannotBeSeenIsNamedByItsUser(t *testing.T) {
	l := heard("127.0.0.1:631", process.Info{})
	l.Owners, l.Hidden, l.User, l.Unit = nil, "belongs to root (cups.service); sudo shows it", "root", "cups.service"
	a := words.Address(target(t, "631"), Evidence{Now: noon, Ports: linux, Listeners: []*monitor.Listener{l}})
	come(t, a, OtherUser, "cups listens on port 631; more can't be seen from here.", "Owner hidden: belongs to root (cups.service); sudo shows it.", "sudo portreeve explain 631")
}

func TestWhatStartedTheProgramIsSaidInTheWordsOfTheNotices(t *testing.T) {
	for want, o := range map[string]process.Info{
		"It was started from VS Code.":                {Origin: process.Origin{Kind: process.OriginIDE, Name: "VS Code"}},
		"It was left by an ended session of VS Code.": {Origin: process.Origin{Kind: process.OriginIDE, Name: "VS Code", Ended: true}},
		"It was started by shop.service.":             {Origin: process.Origin{Kind: process.OriginService, Name: "shop.service"}},
		"It's running in the container web.":          {Origin: process.Origin{Kind: process.OriginContainer, Name: "web"}},
		"It's running in the container 0123456789ab.": {Container: "0123456789abcdef"},
		"It was started by bash.":                     {Parents: []process.Ancestor{{Name: "bash"}, {Name: "tmux"}}},
	} {
		o.Name = "node"
		ev := Evidence{Now: noon, Ports: linux, Listeners: []*monitor.Listener{heard("127.0.0.1:3000", o)}}
		come(t, words.Address(target(t, "3000"), ev), Listens, want)
	}
}

func TestTheCallOfAnotherComputerIsKnownByTheServersEnd(t *testing.T) {
	c := Connection{Connection: socket.Connection{State: socket.Established, Remote: netip.MustParseAddrPort("10.0.0.9:51234")}}
	c.Local = netip.MustParseAddrPort("192.168.1.7:8000")
	ev := Evidence{Now: noon, Ports: linux, Connections: []Connection{c}, Listeners: []*monitor.Listener{heard("0.0.0.0:8000", process.Info{Name: "python3"})}}
	come(t, words.Address(target(t, "10.0.0.9:51234"), ev), ClientEnd, "Not a listener: another computer's end of a connection to python3 on port 8000.")
}

func TestFullIsSaidOnlyWhereTheBacklogIsKnown(t *testing.T) {
	for name, c := range map[string]struct {
		s    socket.Socket
		full bool
	}{
		"one more than the backlog": {socket.Socket{Cookie: 7, Queue: 6, Backlog: 5}, true},
		"the backlog":               {socket.Socket{Cookie: 7, Queue: 5, Backlog: 5}, false},
		"none may wait":             {socket.Socket{Cookie: 7, Queue: 1}, true},
		"a made up cookie":          {socket.Socket{Cookie: 1<<63 | 7, Queue: 1}, false},
		"no cookie":                 {socket.Socket{Queue: 1}, false},
	} {
		c.s.Proto = socket.TCP
		if got := c.s.Full(); got != c.full {
			t.Errorf("%s: got %v, want %v", name, got, c.full)
		}
	}
}

// Names, arguments, paths and answers are others' words: whatever they hold, each
// text is one clean line.
func TestNoTextOfOthersGetsThroughUncleaned(t *testing.T) {
	const bad = "a\x1b[2J\n\u202eb\xff\x00"
	o := process.Info{ID: process.ID{PID: 4, Birth: 2}, Name: bad, Exe: "/" + bad, Args: []string{bad, bad}, Dir: "/" + bad, User: bad, Unit: bad + ".service",
		Container: bad + bad, Parents: []process.Ancestor{{Name: bad}, {Name: bad}}}
	plain := o
	plain.Container = ""
	conn := Connection{Connection: socket.Connection{State: socket.Established, Remote: netip.MustParseAddrPort("127.0.0.1:8000")}, Owners: []process.Info{o}}
	conn.Local, conn.Inode = netip.MustParseAddrPort("127.0.0.1:50000"), 9
	foreign := Elsewhere{Owner: o}
	foreign.Local = netip.MustParseAddrPort("127.0.0.1:7000")
	probe := Probe{At: netip.MustParseAddrPort("127.0.0.1:8000"), Reach: Connected, Speaks: "http", Greeting: bad, Status: 999, Title: bad, Server: bad}
	secure := Probe{At: probe.At, Reach: Connected, Speaks: "tls", Certificate: true, Names: []string{bad, bad}, Issuer: bad, TLSVersion: bad, TLSError: bad}
	strange := Probe{At: probe.At, Reach: Connected, Greeting: bad, Spoken: true}
	broken := Probe{At: probe.At, Reach: Unreachable, Error: bad}
	before := []Earlier{{Program: Clean(bad, 40), Place: Clean(bad, 40), At: probe.At, Closed: noon}}
	for _, text := range []string{"127.0.0.1:8000", "50000", "7000", "http://localhost:8000", "10.9.8.7:1"} {
		for _, p := range []*Probe{nil, &probe, &secure, &strange, &broken} {
			for _, owner := range []process.Info{o, plain} {
				ev := Evidence{Now: noon, Ports: PortTable{Services: map[Service]string{{8000, socket.TCP}: bad}}, Probe: p, Before: before,
					Listeners: []*monitor.Listener{heard("127.0.0.1:8000", owner)}, Connections: []Connection{conn}, Elsewhere: []Elsewhere{foreign},
					Interfaces: []Interface{{bad, []netip.Addr{netip.MustParseAddr("10.0.0.1")}}}, Project: Project{"/" + bad, bad},
					Firewall: []FirewallRule{{Where: bad}}, Conditions: map[process.ID]Condition{o.ID: {State: process.Stopped}}}
				ev.Listeners[0].Hidden = bad
				a := words.Address(target(t, text), ev)
				all := append([]string{a.Address, a.Summary}, a.Try...)
				for _, f := range a.Findings {
					all = append(append(all, f.Text), f.Facts...)
				}
				for _, c := range a.Clients {
					all = append(all, c.Program)
				}
				for _, s := range all {
					if Clean(s, 1000) != s {
						t.Errorf("%s: got %q, which is not clean", text, s)
					}
				}
			}
		}
	}
}

func TestAProjectIsTheNearestFolderUnderGit(t *testing.T) {
	files := map[string]string{
		"/home/ada/shop/.git/HEAD":                    "ref: refs/heads/feature/cart\n",
		"/home/ada/tree/.git":                         "gitdir: /home/ada/shop/.git/worktrees/tree\n",
		"/home/ada/shop/.git/worktrees/tree":          "",
		"/home/ada/shop/.git/worktrees/tree/HEAD":     "ref: refs/heads/fix\n",
		"/home/ada/at/.git/HEAD":                      "0123456789abcdef0123456789abcdef01234567\n",
		"/home/ada/sub/.git":                          "gitdir: ../shop/.git/modules/sub\n",
		"/home/ada/sub/../shop/.git/modules/sub/HEAD": "ref: refs/heads/main\n",
	}
	read := func(path string) ([]byte, error) {
		if text, ok := files[path]; ok {
			return []byte(text), nil
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	for dir, want := range map[string]Project{
		"/home/ada/shop":         {"/home/ada/shop", "feature/cart"},
		"/home/ada/shop/web/src": {"/home/ada/shop", "feature/cart"},
		"/home/ada/tree":         {"/home/ada/tree", "fix"},
		"/home/ada/sub/x":        {"/home/ada/sub", "main"},
		"/home/ada/at":           {"/home/ada/at", "none, at commit 0123456789ab"},
		"/home/ada":              {},
		"/":                      {},
		"":                       {},
	} {
		if got := projectOf(read, dir); got != want {
			t.Errorf("%s: got %+v, want %+v", dir, got, want)
		}
	}
}

func TestRulesThatKeepAPortAwayAreFoundInARuleset(t *testing.T) {
	const frame = `{"nftables":[{"metainfo":{"version":"1.0.6"}},
	{"chain":{"family":"inet","table":"f","name":"in","hook":"input","prio":0,"policy":"accept"}},
	{"chain":{"family":"inet","table":"f","name":"mine"}},
	{"rule":{"family":"inet","table":"f","chain":%q,"handle":5,"expr":[%s]}}]}`
	match := func(left, op, right string) string {
		return fmt.Sprintf(`{"match":{"op":%q,"left":%s,"right":%s}},`, op, left, right)
	}
	const dport, iif, sport = `{"payload":{"protocol":"tcp","field":"dport"}}`, `{"meta":{"key":"iifname"}}`, `{"payload":{"protocol":"tcp","field":"sport"}}`
	for name, c := range map[string]struct {
		chain, expr string
		found       bool
	}{
		"this port":              {"in", match(dport, "==", "5000") + `{"drop":null}`, true},
		"rejected":               {"in", match(dport, "==", "5000") + `{"reject":{"type":"tcp reset"}}`, true},
		"another port":           {"in", match(dport, "==", "5001") + `{"drop":null}`, false},
		"all but this port":      {"in", match(dport, "!=", "5000") + `{"drop":null}`, false},
		"all but another port":   {"in", match(dport, "!=", "80") + `{"drop":null}`, true},
		"a range with it":        {"in", match(dport, "==", `{"range":[4000,6000]}`) + `{"drop":null}`, true},
		"a set with it":          {"in", match(dport, "==", `{"set":[80,{"range":[5000,5010]}]}`) + `{"drop":null}`, true},
		"a set without it":       {"in", match(dport, "==", `{"set":[80,443]}`) + `{"drop":null}`, false},
		"all ports":              {"in", `{"drop":null}`, true},
		"loopback":               {"in", match(iif, "==", `"lo"`) + `{"drop":null}`, true},
		"another interface":      {"in", match(iif, "==", `"eth0"`) + `{"drop":null}`, false},
		"all but loopback":       {"in", match(iif, "!=", `"lo"`) + `{"drop":null}`, false},
		"what lets in":           {"in", match(dport, "==", "5000") + `{"accept":null}`, false},
		"by where it comes from": {"in", match(sport, "==", "5000") + `{"drop":null}`, false},
		"a chain on no hook":     {"mine", `{"drop":null}`, false},
	} {
		got, err := parseRuleset(fmt.Appendf(nil, frame, c.chain, c.expr), 5000)
		if err != nil || (len(got) == 1) != c.found {
			t.Errorf("%s: got %+v, %v, want a rule found: %v", name, got, err, c.found)
		}
	}
	if _, err := parseRuleset([]byte("no JSON"), 1); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v for what is no ruleset, want an error", err)
	}
}
