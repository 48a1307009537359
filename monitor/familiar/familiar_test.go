package familiar

import (
	"net/netip"
	"slices"
	"testing"

	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

func listening(at string, owner process.Info) Listening {
	return Listening{
		Socket: socket.Socket{Endpoint: socket.Endpoint{Proto: socket.TCP, Local: netip.MustParseAddrPort(at)}, UID: 1000},
		Owners: []process.Info{owner},
	}
}

func program(exe, dir string, args ...string) process.Info {
	return process.Info{ID: process.ID{PID: 10, Birth: 1}, Name: "p", Exe: exe, Dir: dir, Args: append([]string{exe}, args...), User: "ada", UID: 1000}
}

func TestSubjects(t *testing.T) {
	const py, node, java = "/usr/bin/python3.11", "/usr/bin/node", "/usr/lib/jvm/bin/java"
	for name, c := range map[string]struct {
		owner process.Info
		want  Subject
	}{
		"a plain program is its path":                  {program("/usr/sbin/nginx", "/"), Subject{Exe: "/usr/sbin/nginx"}},
		"a module counts with its folder":              {program(py, "/home/ada/shop", "-m", "http.server", "62893"), Subject{Exe: py, Module: "http.server", Dir: "/home/ada/shop"}},
		"a module glued to its flag counts too":        {program(py, "/w", "-mhttp.server"), Subject{Exe: py, Module: "http.server", Dir: "/w"}},
		"a script is resolved against the folder":      {program(py, "/home/ada/shop", "-u", "server.py"), Subject{Exe: py, Script: "/home/ada/shop/server.py"}},
		"an absolute script needs no folder":           {program(py, "/", "/srv/app.py", "-m"), Subject{Exe: py, Script: "/srv/app.py"}},
		"a flag's value is not the script":             {program(py, "/w", "-W", "ignore", "a.py"), Subject{Exe: py, Script: "/w/a.py"}},
		"inline code counts with its folder":           {program(py, "/w", "-c", "import socket"), Subject{Exe: py, Script: Inline, Dir: "/w"}},
		"a shell without a script is inline":           {program("/usr/bin/bash", "/w"), Subject{Exe: "/usr/bin/bash", Script: Inline, Dir: "/w"}},
		"node's required module is not its script":     {program(node, "/w", "-r", "ts-node", "--inspect=0", "main.ts"), Subject{Exe: node, Script: "/w/main.ts"}},
		"a jar is java's script":                       {program(java, "/srv", "-Xmx1g", "-cp", "x", "-jar", "app.jar"), Subject{Exe: java, Script: "/srv/app.jar"}},
		"a main class is java's module":                {program(java, "/srv", "-cp", "lib/*", "com.shop.Main"), Subject{Exe: java, Module: "com.shop.Main", Dir: "/srv"}},
		"deno's run is not the script":                 {program("/home/ada/.deno/bin/deno", "/w", "run", "--allow-net", "s.ts"), Subject{Exe: "/home/ada/.deno/bin/deno", Script: "/w/s.ts"}},
		"a deleted program is not the one at its path": {process.Info{Exe: "/usr/sbin/nginx", Deleted: true}, Subject{Exe: "/usr/sbin/nginx", State: "deleted"}},
		"an unreadable program has only its name":      {process.Info{Name: "x"}, Subject{Hidden: "name x"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := SubjectOf(listening("127.0.0.1:1", c.owner)); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestVerdicts(t *testing.T) {
	server := program("/usr/bin/python3.11", "/home/ada/shop", "-m", "http.server")
	other := program("/usr/bin/python3.11", "/home/ada/blog", "-m", "http.server")
	known := &Book{HasBaseline: true, EphemeralLow: 32768, EphemeralHigh: 60999}
	rule := func(at string, o process.Info) *Book {
		return known.WithRule(Rule{ID: "r", Pattern: known.PatternOf(listening(at, o))})
	}
	root := server
	root.User = "root"
	for name, c := range map[string]struct {
		book *Book
		at   string
		who  process.Info
		want Verdict
	}{
		"nothing stored is unknown":                                  {&Book{}, "127.0.0.1:62893", server, Unknown},
		"what no rule and no baseline covers is new":                 {known, "127.0.0.1:62893", server, Unfamiliar},
		"a rule covers the same port":                                {rule("127.0.0.1:8000", server), "127.0.0.1:8000", server, Familiar},
		"a fixed port is exact":                                      {rule("127.0.0.1:8000", server), "127.0.0.1:8001", server, Unfamiliar},
		"an ephemeral port covers this machine's range":              {rule("127.0.0.1:62893", server), "127.0.0.1:40000", server, Familiar},
		"this machine's range covers IANA's dynamic one":             {rule("127.0.0.1:40000", server), "127.0.0.1:62893", server, Familiar},
		"an ephemeral rule does not cover a fixed port":              {rule("127.0.0.1:62893", server), "127.0.0.1:8000", server, Unfamiliar},
		"another folder is another subject":                          {rule("127.0.0.1:62893", server), "127.0.0.1:62893", other, Unfamiliar},
		"another user is another listener":                           {rule("127.0.0.1:62893", server), "127.0.0.1:62893", root, Unfamiliar},
		"loopback trust covers ::1":                                  {rule("127.0.0.1:62893", server), "[::1]:62893", server, Familiar},
		"loopback trust never covers every interface":                {rule("127.0.0.1:62893", server), "0.0.0.0:62893", server, Unfamiliar},
		"loopback trust never covers every interface in IPv6 either": {rule("127.0.0.1:62893", server), "[::]:62893", server, Unfamiliar},
		"trust in every interface covers loopback":                   {rule("0.0.0.0:62893", server), "127.0.0.1:62893", server, Familiar},
		"a mapped loopback address is loopback":                      {rule("127.0.0.1:62893", server), "[::ffff:127.0.0.1]:62893", server, Familiar},
		"the baseline covers what was here":                          {known.WithBaseline([]Listening{listening("0.0.0.0:22", server)}), "0.0.0.0:22", server, Baseline},
		"a rule stands before the baseline":                          {rule("0.0.0.0:22", server).WithBaseline([]Listening{listening("0.0.0.0:22", server)}), "0.0.0.0:22", server, Familiar},
		"an empty baseline still makes all else new":                 {(&Book{}).WithBaseline(nil), "127.0.0.1:8000", server, Unfamiliar},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.book.Judge(listening(c.at, c.who)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestForgettingLeavesTheOldBookAsItWas(t *testing.T) {
	l := listening("127.0.0.1:8000", program("/usr/bin/x", "/"))
	book := (&Book{}).WithBaseline([]Listening{l})
	book = book.WithRule(Rule{ID: "a", Pattern: book.PatternOf(l)})
	if got := book.Covering(l); !slices.Equal(got, []string{"a"}) {
		t.Fatalf("covering: got %v, want [a]", got)
	}
	forgot := book.WithoutRules([]string{"a"}).WithoutBaseline(l)
	if got := forgot.Judge(l); got != Unfamiliar {
		t.Errorf("after forgetting: got %s, want unfamiliar", got)
	}
	if got := book.Judge(l); got != Familiar {
		t.Errorf("the book before: got %s, want familiar", got)
	}
}

func TestConcerns(t *testing.T) {
	open := program("/home/ada/bin/server", "/home/ada")
	service := program("/usr/sbin/sshd", "/")
	service.UID, service.Unit = 0, "ssh.service"
	for name, c := range map[string]struct {
		l    Listening
		want Concern
	}{
		"a user's program on loopback is nothing to look at": {listening("127.0.0.1:1", open), NoConcern},
		"a user's program open to the network is":            {listening("0.0.0.0:1", open), OpenToOthers},
		"a system service open to the network is not":        {listening("0.0.0.0:22", service), NoConcern},
		"a program under /tmp is":                            {listening("127.0.0.1:1", program("/tmp/x", "/")), InTemp},
		"a script under /tmp is":                             {listening("127.0.0.1:1", program("/usr/bin/python3", "/tmp", "x.py")), InTemp},
		"a go run build is the user's own":                   {listening("127.0.0.1:1", program("/tmp/go-build12/b001/exe/main", "/home/ada")), NoConcern},
		"a deleted program is":                               {listening("127.0.0.1:1", process.Info{Exe: "/x", Deleted: true}), DeletedExe},
		"a program without a file is":                        {listening("127.0.0.1:1", process.Info{Exe: "/memfd:x", Memfd: true, Deleted: true}), MemfdExe},
		"a hidden owner is":                                  {Listening{Socket: socket.Socket{Endpoint: socket.Endpoint{Proto: socket.TCP, Local: netip.MustParseAddrPort("0.0.0.0:1")}}}, HiddenOwner},
		"a hidden owner whose unit is known is not":          {Listening{Unit: "ssh.service", Socket: socket.Socket{Endpoint: socket.Endpoint{Proto: socket.TCP, Local: netip.MustParseAddrPort("0.0.0.0:1")}}}, NoConcern},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ConcernOf(c.l); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestRulesThatAPersonWroteAreChecked(t *testing.T) {
	good := Rule{ID: "r", Pattern: Pattern{User: "ada", Subject: Subject{Exe: "/x"}, Proto: "tcp", Scope: Loopback, Ports: "8000"}}
	if err := good.Check(); err != nil {
		t.Fatalf("a good rule: got %v, want nil", err)
	}
	for name, spoil := range map[string]func(*Rule){
		"no id":                 func(r *Rule) { r.ID = "" },
		"no user":               func(r *Rule) { r.User = "" },
		"no subject":            func(r *Rule) { r.Subject = Subject{} },
		"an unknown protocol":   func(r *Rule) { r.Proto = "sctp" },
		"an unknown scope":      func(r *Rule) { r.Scope = "world" },
		"port 0":                func(r *Rule) { r.Ports = "0" },
		"port 70000":            func(r *Rule) { r.Ports = "70000" },
		"a port that is a word": func(r *Rule) { r.Ports = "http" },
		"no port":               func(r *Rule) { r.Ports = "" },
	} {
		t.Run(name, func(t *testing.T) {
			r := good
			spoil(&r)
			if r.Check() == nil {
				t.Errorf("got no error for %+v", r)
			}
		})
	}
}

// FuzzSubjectOf: whatever a program calls itself and is told to run, its subject
// is somebody, its own rule covers it and can be stored, and no rule for it
// covers a program of another name.
func FuzzSubjectOf(f *testing.F) {
	f.Add("/usr/bin/python3", "/w", "-m", "x")
	f.Add("/usr/bin/python3.11", "/w", "-Im", "")
	f.Add("/usr/bin/java", "", "-jar", "")
	f.Add("/usr/bin/node", "/w", "--", "node_modules/.bin/vite")
	f.Add("/usr/bin/ruby", "/w", "-ne", "x")
	f.Add("/usr/bin/php8.2", "/", "-S", "127.0.0.1:80")
	f.Add("/usr/bin/bash", "relative", "+o", "x")
	f.Add("/usr/bin/deno", "/w", "run", "https://example.org/x.ts")
	f.Add("/tmp/go-build1/b001/exe/x", "/home/ada", "a", "b")
	f.Add("/home/ada/x/target/debug/x", "/home/ada/x", "a", "b")
	f.Add("/memfd:x", "/\x00", "\xff", "../..")
	f.Fuzz(func(t *testing.T, exe, dir, a, b string) {
		l := listening("127.0.0.1:1", program(exe, dir, a, b))
		s := SubjectOf(l)
		if s == (Subject{}) {
			t.Errorf("got an empty subject, which would cover everybody, for %q %q %q", exe, a, b)
		}
		ConcernOf(l)
		other := listening("127.0.0.1:1", program("/opt/other/program", "/opt/other"))
		for _, c := range book().Choices(l, []Listening{other}, "") {
			with := book().WithRule(c.Rule(l, book(), c.Lasting[0]))
			if got := with.Judge(l); got != Familiar {
				t.Errorf("its own rule %+v: got %s, want familiar", with.Rules[0], got)
			}
			if got := with.Judge(other); exe != other.Owners[0].Exe && got != Unfamiliar {
				t.Errorf("another program by the rule %+v: got %s, want unfamiliar", with.Rules[0], got)
			}
		}
	})
}
