package supervisor

// The parts that only read text, on every platform.

import (
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"
	"testing"

	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

// ran makes a process from a command line.
func ran(exe string, args ...string) process.Info {
	return process.Info{ID: process.ID{PID: 7, Birth: 7}, Name: path.Base(exe), Exe: exe, Args: args, Dir: "/home/ada/shop"}
}

func TestWatchersAreKnownByTheirCommandLine(t *testing.T) {
	for _, c := range []struct {
		p    process.Info
		want string // name and whether it restarts; empty for none
	}{
		{ran("/usr/bin/node", "node", "/home/ada/shop/node_modules/.bin/nodemon", "app.js"), "nodemon true"},
		{ran("/usr/bin/node", "/usr/bin/node", "/usr/lib/node_modules/nodemon/bin/nodemon.js", "app.js"), "nodemon true"},
		{ran("/usr/bin/node", "node", "--require", "x", "node_modules/tsx/dist/cli.mjs", "watch", "a.ts"), "tsx true"},
		{ran("/usr/bin/node", "node", "node_modules/tsx/dist/cli.mjs", "a.ts"), ""},
		{ran("/usr/bin/node", "node", "node_modules/vite/bin/vite.js"), "vite true"},
		{ran("/usr/bin/node", "node", "node_modules/vite/bin/vite.js", "build", "--watch"), ""},
		{ran("/usr/bin/node", "node", "node_modules/.bin/webpack", "serve"), "webpack true"},
		{ran("/usr/bin/node", "node", "node_modules/.bin/webpack", "--watch"), ""},
		{ran("/usr/bin/node", "node", "--watch", "app.js"), "node --watch true"},
		{ran("/usr/bin/node", "node", "--watch-path=src", "app.js"), "node --watch true"},
		{ran("/usr/bin/node", "node", "app.js", "--watch"), ""},
		{ran("/usr/bin/node", "node", "app.js", "nodemon"), ""},
		{ran("/usr/bin/node", "npm run dev"), ""},
		{ran("/home/ada/go/bin/air", "air", "-c", ".air.toml"), "air true"},
		{ran("/home/ada/.cargo/bin/cargo-watch", "cargo-watch", "watch", "-x", "run"), "cargo-watch true"},
		{ran("/usr/bin/entr", "entr", "-r", "./server"), "entr true"},
		{ran("/usr/bin/python3.11", "python3", "/usr/bin/uvicorn", "app:app", "--reload"), "uvicorn true"},
		{ran("/usr/bin/python3.11", "python3", "-m", "uvicorn", "app:app", "--reload"), "uvicorn true"},
		{ran("/usr/bin/python3.11", "python3", "-m", "uvicorn", "app:app"), ""},
		{ran("/usr/bin/python3.11", "python3", "-W", "ignore", "manage.py", "runserver"), "manage false"},
		{ran("/usr/bin/python3.11", "python3", "manage.py", "runserver", "--noreload"), ""},
		{ran("/usr/bin/python3.11", "python3", "-c", "nodemon"), ""},
		{ran("/usr/bin/python3.11", "python3"), ""},
		{ran("/usr/bin/vim", "vim", "air"), ""},
		{process.Info{Name: "air"}, "air true"},
		{process.Info{}, ""},
	} {
		got := ""
		if w, ok := watcherOf(c.p); ok {
			got = fmt.Sprint(w.name, " ", w.restarts)
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.p.Args, got, c.want)
		}
	}
}

func TestShellsAndRunnersCarryAndProgramsDoNot(t *testing.T) {
	server := ran("/usr/bin/node", "node", "app.js")
	worker := ran("/usr/sbin/nginx", "nginx: master process nginx")
	for _, c := range []struct {
		p, below process.Info
		want     bool
	}{
		{ran("/usr/bin/dash", "sh", "-c", "node app.js"), server, true},
		{ran("/usr/bin/node", "npm run dev"), server, true},
		{ran("/usr/bin/node", "node", "/usr/bin/npx", "x"), server, true},
		{ran("/usr/local/go/bin/go", "go", "run", "."), server, true},
		{ran("/usr/bin/sudo", "sudo", "node", "app.js"), server, true},
		{worker, worker, true},
		{ran("/usr/bin/node", "node", "/usr/lib/code-server/out"), server, false},
		{ran("/usr/bin/tmux", "tmux"), server, false},
		{ran("/usr/bin/python3.11", "python3", "npm"), server, true}, // bad but harmless: it is called so
		{ran("/usr/bin/vim", "vim", "npm"), server, false},
		{process.Info{}, process.Info{}, false},
	} {
		if got := carries(c.p, c.below); got != c.want {
			t.Errorf("%q above %q: got %t, want %t", c.p.Args, c.below.Args, got, c.want)
		}
	}
}

func TestALoopIsKnownByWhatItRuns(t *testing.T) {
	python := ran("/usr/bin/python3.11", "python3", "-m", "http.server")
	script := ran("/usr/bin/python3.11", "python3", "./serve.py", "--port", "1")
	program := ran("/home/ada/shop/bin/shop", "./bin/shop")
	for _, c := range []struct {
		text  string
		child process.Info
		want  bool
	}{
		{"while true; do python3 -m http.server; done", python, true},
		{"while :\ndo\n\texec nice python3 -m http.server 8000 2>&1 | tee log\ndone < /dev/null", python, true},
		{"until python3 -m http.server; do sleep 1; done", python, true},
		{"for ((;;)); do python3 -m http.server; done", python, true},
		{"for (( ; ; )); do python3 -m http.server; done", python, true},
		{"while true; do ./serve.py; done", script, true},
		{"while true; do \"$@\"; done", script, true},
		{"while true; do $CMD; done", program, true},
		{"while true; do PORT=1 ./bin/shop; done", program, true},
		{"if true; then while true; do if x; then shop; fi; done; fi", program, true},
		{"while true; do while read x; do :; done < f; shop; done", program, true},
		{"while true; do echo a#b; shop; done", program, true},
		{"", program, false},
		{"shop", program, false},
		{"for f in a b; do shop; done", program, false},
		{"while read -r l; do echo \"$l\"; done < f; shop", program, false},
		{"until nc -z localhost 80; do sleep 1; done; exec shop", program, false},
		{"while ! python3 -c 'import x'; do sleep 1; done; python3 ./serve.py", script, false},
		{"echo 'while true; do shop; done'; shop", program, false},
		{"echo while true; echo do shop; echo done; shop", program, false},
		{"# while true; do shop; done\nshop", program, false},
		{"while true; do shop", program, false},
		{"done; done; while", program, false},
	} {
		_, got := loopOf(ran("/usr/bin/bash", "bash", "-c", c.text), c.child, func(string) string { return "" })
		if got != c.want {
			t.Errorf("%q: got %t, want %t", c.text, got, c.want)
		}
	}
}

func TestOnlyAShellLoops(t *testing.T) {
	p := ran("/usr/bin/ssh", "ssh", "-c", "while true; do shop; done")
	if got, ok := loopOf(p, ran("/bin/shop", "shop"), func(string) string { return "" }); ok {
		t.Errorf("got %+v, want none", got)
	}
}

func TestAScriptOfNestedLoopsTakesNoLongerThanItIs(t *testing.T) {
	words := 0
	for _, l := range loops(strings.Repeat("while :; do ", 5000) + strings.Repeat("done; ", 5000)) {
		words += len(l)
	}
	if words == 0 || words > 20000 {
		t.Errorf("words of all loops: got %d, want each once, 20000 at most", words)
	}
}

func TestAShellsTextIsWhereItsOptionsSay(t *testing.T) {
	read := func(file string) string { return "read " + file }
	for _, c := range []struct{ args, want string }{
		{"sh -c|a b", "a b"},
		{"bash -euo|pipefail|-c|a", "a"},
		{"bash -ec|a|x", "a"},
		{"bash --norc|run.sh|x", "read /home/ada/shop/run.sh"},
		{"bash -o|pipefail|/x/run.sh", "read /x/run.sh"},
		{"bash --|-c", "read /home/ada/shop/-c"},
		{"bash", ""}, {"-bash", ""}, {"bash -i", ""}, {"bash -c", ""}, {"bash --", ""},
	} {
		first, rest, _ := strings.Cut(c.args, " ")
		args := []string{first}
		if rest != "" {
			args = append(args, strings.Split(rest, "|")...)
		}
		if got, _ := shellText(ran("/usr/bin/bash", args...), read); got != c.want {
			t.Errorf("%q: got %q, want %q", args, got, c.want)
		}
	}
}

func TestOnlyAUnitsNameIsOne(t *testing.T) {
	for name, want := range map[string]bool{
		"shop.service": true, "a@b.service": true, `dev-x\x2dy.device`: true, "-.mount": true, "org.gnome.Shell@x11.service": true,
		"": false, "shop": false, ".service": false, "shop.": false, "a b.service": false, "a;b.service": false, "../x.service": false,
		"a\n.service": false, "$(x).service": false, "--now.service": false, strings.Repeat("a", 300) + ".service": false, "a*.service": false,
	} {
		if got := validUnit(name); got != want {
			t.Errorf("%q: got %t, want %t", name, got, want)
		}
	}
}

func tcp(at string) socket.Socket {
	return socket.Socket{Endpoint: socket.Endpoint{Proto: socket.TCP, Local: netip.MustParseAddrPort(at)}}
}

func TestASocketUnitListensWhereItSays(t *testing.T) {
	u := socketUnit{listen: [][2]string{{"FIFO", "/run/x"}, {"Stream", "/run/x.sock"}, {"Datagram", "127.0.0.1:53"}, {"Stream", "[::]:80"}, {"Stream", "[fe80::1%lo]:81"}}}
	for at, want := range map[string]string{
		"[::]:80": "ListenStream=[::]:80", "[fe80::1]:81": "ListenStream=[fe80::1%lo]:81",
		"127.0.0.1:53": "", "0.0.0.0:80": "", "[::]:81": "", "[::1]:80": "",
	} {
		if got, _ := u.listensAt(tcp(at)); got != want {
			t.Errorf("%s: got %q, want %q", at, got, want)
		}
	}
}

func TestTheMainProcessMayBeCarried(t *testing.T) {
	at := func(pid int32, p process.Info) process.Info { p.PID = pid; return p }
	chain := []process.Info{
		at(10, ran("/usr/bin/node", "node", "app.js")),
		at(9, ran("/usr/bin/dash", "sh", "-c", "node app.js")),
		at(8, ran("/usr/bin/node", "npm start")),
		at(7, ran("/usr/bin/tmux", "tmux")),
	}
	for _, c := range []struct {
		subject int
		main    int32
		want    bool
	}{{0, 10, true}, {0, 9, true}, {0, 8, true}, {0, 7, false}, {2, 8, true}, {2, 9, false}, {3, 7, true}, {0, 0, false}, {0, 99, false}, {0, -1, false}} {
		if got := isMain(chain, c.subject, c.main); got != c.want {
			t.Errorf("main process %d from %d: got %t, want %t", c.main, c.subject, got, c.want)
		}
	}
}

func TestASupervisedDesktopIsNotStopped(t *testing.T) {
	s := search{uid: 1000}
	for unit, want := range map[string]bool{
		"shop.service": true, "org.gnome.Shell@wayland.service": false, "dbus.service": false, "dbus.socket": false, "user@1000.service": false,
		"gdm.service": false,
	} {
		sup := s.unitSupervisor(managerID{user: true, uid: 1000}, "ada", unit)
		if sup.Allowed != want || want == (sup.Why != "") {
			t.Errorf("%s: got allowed %t, why %q; want %t", unit, sup.Allowed, sup.Why, want)
		}
	}
}

func TestACommandSaysWhoseManagerItMeans(t *testing.T) {
	for _, c := range []struct {
		uid     uint32
		of      managerID
		want    string
		allowed bool
	}{
		{1000, managerID{user: true, uid: 1000}, "systemctl --user stop a.socket a.service", true},
		{0, managerID{user: true, uid: 1000}, "systemctl --user --machine=ada@.host stop a.socket a.service", true},
		{1001, managerID{user: true, uid: 1000}, "sudo systemctl --user --machine=ada@.host stop a.socket a.service", false},
		{0, managerID{}, "systemctl stop a.socket a.service", true},
		{1000, managerID{}, "sudo systemctl stop a.socket a.service", false},
	} {
		s := search{uid: c.uid}
		got := s.unitSupervisor(c.of, "ada", "a.socket", "a.service")
		if strings.Join(got.Command, " ") != c.want || got.Allowed != c.allowed {
			t.Errorf("got %q, allowed %t; want %q, %t", got.Command, got.Allowed, c.want, c.allowed)
		}
	}
	s := search{}
	if got := s.unitSupervisor(managerID{}, "root", "-x.service").Command; !slices.Equal(got, []string{"systemctl", "stop", "--", "-x.service"}) {
		t.Errorf("got %q, want the name behind --", got)
	}
}

func TestTheCgroupTellsTheManager(t *testing.T) {
	for text, want := range map[string]managerID{
		"0::/user.slice/user-1000.slice/user@1000.service/app.slice/shop.service\n":              {true, 1000},
		"4:memory:/x\n1:name=systemd:/user.slice/user-7.slice/user@7.service/init.scope\n0::/\n": {true, 7},
		"0::/system.slice/shop.service\n":                                                        {},
		"4:memory:/user@7.service\n":                                                             {},
		"0::/user@x.service\n":                                                                   {},
		"0::/user@99999999999.service\n":                                                         {},
		"0::/a:b/user@8.service/x.service\n":                                                     {true, 8},
		"":                                                                                       {}, "0": {}, ":::": {},
	} {
		if got := parseManager([]byte(text)); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func TestOnlyUnixSocketsAreTakenFromABusAddress(t *testing.T) {
	for address, want := range map[string][]string{
		"unix:path=/run/user/1/bus,guid=ab":             {"/run/user/1/bus"},
		"autolaunch:;unix:abstract=/tmp/x;unix:path=/y": {"@/tmp/x", "/y"},
		"unix:path=/a%20b":                              {"/a b"},
		"unix:path=/a%2":                                nil,
		"tcp:host=127.0.0.1,port=1":                     nil,
		"unixexec:path=/bin/sh":                         nil,
		"":                                              nil,
	} {
		if got := unixPaths(address); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", address, got, want)
		}
	}
}

func TestAPublishedPortFitsItsAddress(t *testing.T) {
	var c container
	c.Ports = append(c.Ports, struct {
		IP         string
		PublicPort uint16
		Type       string
	}{"0.0.0.0", 80, "tcp"}, struct {
		IP         string
		PublicPort uint16
		Type       string
	}{"127.0.0.1", 81, "tcp"}, struct {
		IP         string
		PublicPort uint16
		Type       string
	}{"", 0, "tcp"}, struct {
		IP         string
		PublicPort uint16
		Type       string
	}{"nonsense", 82, "udp"})
	for at, want := range map[string]int{
		"0.0.0.0:80": 2, "[::]:80": 1, "127.0.0.1:80": 0, "127.0.0.1:81": 2, "[::ffff:127.0.0.1]:81": 2, "[::]:81": 0, "0.0.0.0:82": 0, "0.0.0.0:0": 0,
	} {
		if got := c.publishes(tcp(at)); got != want {
			t.Errorf("%s: got %d, want %d", at, got, want)
		}
	}
}

func TestEnginesOnOtherMachinesAreNotAsked(t *testing.T) {
	env := map[string]string{"DOCKER_HOST": "tcp://10.0.0.1:2375", "CONTAINER_HOST": "unix:///x/podman.sock", "HOME": "/home/ada", "XDG_RUNTIME_DIR": "relative"}
	got := enginePaths(func(name string) string { return env[name] })
	want := []string{"/x/podman.sock", "/var/run/docker.sock", "/home/ada/.docker/run/docker.sock", "/home/ada/.docker/desktop/docker.sock", "/run/podman/podman.sock"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheTitleOfPM2NamesItsFolder(t *testing.T) {
	for title, want := range map[string]string{
		"PM2 v5.4.3: God Daemon (/home/ada/.pm2)":     "/home/ada/.pm2",
		"PM2 v5.4.3: God Daemon (/home/a b (c)/.pm2)": "/home/a b (c)/.pm2",
		"PM2 v5.4.3: God Daemon (relative)":           "",
		"PM2 v5.4.3: God Daemon (/home/ada/.pm2":      "",
		"vim PM2 v5.4.3: God Daemon (/home/ada/.pm2)": "",
		"": "",
	} {
		for _, args := range [][]string{{title}, strings.Split(title, " ")} {
			got, ok := pm2Home(ran("/usr/bin/node", args...))
			if ok != (want != "") || ok && got != want {
				t.Errorf("%q: got %q, %t, want %q", args, got, ok, want)
			}
		}
	}
}

func TestPM2IsNotGivenANameThatItReadsOtherwise(t *testing.T) {
	for name, want := range map[string]string{
		"shop": "shop", "my-shop.2": "my-shop.2", "all": "3", "12": "3", "-x": "3", "a b": "3", "": "3", "a;b": "3", "/x.*/": "3",
	} {
		s := search{getenv: func(string) string { return "" }}
		var sup Supervisor
		s.pm2Stop(&sup, process.Info{}, "/h", name, "3")
		if got := sup.Command[2]; got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestTheConfigurationOfSupervisordIsFoundInItsArguments(t *testing.T) {
	for args, want := range map[string]string{
		"-c s.conf -n":                   "/home/ada/shop/s.conf",
		"-n --configuration /etc/s.conf": "/etc/s.conf",
		"--configuration=/etc/s.conf":    "/etc/s.conf",
		"-c/etc/s.conf":                  "/etc/s.conf",
	} {
		p := ran("/usr/bin/python3.11", append([]string{"/usr/bin/python3", "/usr/bin/supervisord"}, strings.Fields(args)...)...)
		if !isSupervisord(p) || scriptDir(p) != "/usr/bin" {
			t.Errorf("%q: got %t, %q, want supervisord in /usr/bin", p.Args, isSupervisord(p), scriptDir(p))
		}
		got, ok := controlArgs(p, "")
		if !ok || !slices.Equal(got, []string{"-c", want}) {
			t.Errorf("%q: got %q, %t, want -c %s", args, got, ok, want)
		}
	}
}

func TestErrorsHoldNoControlCharacters(t *testing.T) {
	for _, name := range []string{"a\x1b[2Jb", "a\nb", "a\u202eb", "a\xffb", strings.Repeat("x", 9999)} {
		s := Supervisor{Name: name}
		if got := s.Stop(t.Context()).Error(); strings.ContainsAny(got, "\x1b\n\u202e\xff") || len(got) > 300 {
			t.Errorf("got %q, want it escaped and short", got)
		}
	}
}

func FuzzCommandLines(f *testing.F) {
	for _, s := range []string{"node\x00--watch\x00a.js", "bash\x00-c\x00while true; do x; done", "PM2 v1: God Daemon (/x)", "python3\x00-m", "node\x00node_modules/@a", "\x00", " "} {
		f.Add("node", s)
		f.Add("bash", s)
	}
	f.Fuzz(func(t *testing.T, name, line string) {
		p := process.Info{Name: name, Args: strings.Split(line, "\x00"), Dir: "/"}
		commandOf(p)
		watcherOf(p)
		carries(p, p)
		pm2Home(p)
		isSupervisord(p)
		scriptDir(p)
		publisher(p)
		if w, ok := loopOf(p, p, func(string) string { return line }); ok && w.kind != Loop {
			t.Errorf("got kind %q, want %q", w.kind, Loop)
		}
	})
}

func FuzzLoops(f *testing.F) {
	f.Add("while true; do x; done")
	f.Add("for ((;;)); do \"$@\" 2>&1 & done # x")
	f.Add("'\\")
	f.Fuzz(func(t *testing.T, text string) {
		if found := loops(text); len(found) > 0 && !strings.Contains(text, "done") {
			t.Errorf("%q: got %d loops, want none without a done", text, len(found))
		}
	})
}

func FuzzKernelText(f *testing.F) {
	f.Add([]byte("0::/user@1.service/x\n"))
	f.Add([]byte("A=b\x00A=c\x00=\x00x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		parseManager(b)
		for name := range parseEnviron(b) {
			if name == "" || strings.ContainsAny(name, "=\x00") {
				t.Errorf("got the name %q, want none such", name)
			}
		}
		pm2Env(map[string]string{"pm2_env": string(b)})
		unixPaths(string(b))
		if validUnit(string(b)) && strings.ContainsAny(string(b), " \n/;$*'\"") {
			t.Errorf("%q: got a unit's name, want none", b)
		}
	})
}
