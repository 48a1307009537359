package familiar

import (
	"testing"

	"portreeve/monitor/process"
)

func TestInterpretersAreKnownByWhatTheyRun(t *testing.T) {
	const (
		py, venv = "/usr/bin/python3.11", "/home/ada/shop/.venv/bin/python3"
		nvm      = "/home/ada/.nvm/versions/node/v22.1.0/bin/node"
		shop     = "/home/ada/shop"
	)
	for name, c := range map[string]struct {
		owner process.Info
		want  Subject
	}{
		"a virtual environment's own python is one":           {program(venv, shop, "app.py"), Subject{Exe: venv, Script: shop + "/app.py"}},
		"a script of a virtual environment serves any folder": {program(py, shop, "/home/ada/shop/.venv/bin/gunicorn", "app:app"), Subject{Exe: py, Script: "/home/ada/shop/.venv/bin/gunicorn", Dir: shop}},
		"flags in one word end with the module":               {program(py, shop, "-Im", "http.server"), Subject{Exe: py, Module: "http.server", Dir: shop}},
		"code in one word with other flags is inline":         {program(py, shop, "-uc", "x"), Subject{Exe: py, Script: Inline, Dir: shop}},
		"a value that is glued to its flag is no argument":    {program(py, shop, "-Wignore", "a.py"), Subject{Exe: py, Script: shop + "/a.py"}},
		"a debugger counts as the module that it is":          {program(py, shop, "-m", "debugpy", "--listen", "5678", "a.py"), Subject{Exe: py, Module: "debugpy", Dir: shop}},
		"node of nvm runs a script":                           {program(nvm, shop, "--inspect=0", "main.js"), Subject{Exe: nvm, Script: shop + "/main.js"}},
		"vite of the project's own modules":                   {program(nvm, shop, shop+"/node_modules/.bin/vite"), Subject{Exe: nvm, Script: shop + "/node_modules/.bin/vite", Dir: shop}},
		"vite of npx is known by its folder":                  {program(nvm, shop, "/home/ada/.npm/_npx/1f/node_modules/.bin/vite"), Subject{Exe: nvm, Script: "/home/ada/.npm/_npx/1f/node_modules/.bin/vite", Dir: shop}},
		"a prompt is inline":                                  {program(nvm, shop, "--inspect=0"), Subject{Exe: nvm, Script: Inline, Dir: shop}},
		"node's code is inline":                               {program(nvm, shop, "-e", "x"), Subject{Exe: nvm, Script: Inline, Dir: shop}},
		"deno serve runs a script":                            {program("/usr/bin/deno", shop, "serve", "-A", "--port", "80", "s.ts"), Subject{Exe: "/usr/bin/deno", Script: shop + "/s.ts"}},
		"deno task is named by itself":                        {program("/usr/bin/deno", shop, "task", "dev"), Subject{Exe: "/usr/bin/deno", Module: "deno task", Dir: shop}},
		"bun runs a script":                                   {program("/usr/bin/bun", shop, "run", "--watch", "i.ts"), Subject{Exe: "/usr/bin/bun", Script: shop + "/i.ts"}},
		"java's debugger flag is not its jar":                 {program("/usr/bin/java", shop, "-agentlib:jdwp=transport=dt_socket,server=y", "-jar", "a.jar"), Subject{Exe: "/usr/bin/java", Script: shop + "/a.jar"}},
		"java's module by the long flag":                      {program("/usr/bin/java", shop, "--module=com.shop/com.shop.Main"), Subject{Exe: "/usr/bin/java", Module: "com.shop/com.shop.Main", Dir: shop}},
		"ruby's library folder is not its script":             {program("/usr/bin/ruby3.1", shop, "-I", "lib", "a.rb"), Subject{Exe: "/usr/bin/ruby3.1", Script: shop + "/a.rb"}},
		"ruby's one-line web server is inline":                {program("/usr/bin/ruby3.1", shop, "-run", "-e", "httpd", "."), Subject{Exe: "/usr/bin/ruby3.1", Script: Inline, Dir: shop}},
		"perl's code behind a module flag is inline":          {program("/usr/bin/perl", shop, "-MIO::Socket", "-ne", "x"), Subject{Exe: "/usr/bin/perl", Script: Inline, Dir: shop}},
		"perl's script":                                       {program("/usr/bin/perl", shop, "-w", "a.pl"), Subject{Exe: "/usr/bin/perl", Script: shop + "/a.pl"}},
		"php's own server is told by its folder":              {program("/usr/bin/php8.2", shop, "-S", "127.0.0.1:8000", "-t", "public"), Subject{Exe: "/usr/bin/php8.2", Module: "its built-in server", Dir: shop}},
		"php's router script":                                 {program("/usr/bin/php8.2", shop, "-S", "127.0.0.1:8000", "router.php"), Subject{Exe: "/usr/bin/php8.2", Script: shop + "/router.php"}},
		"bash's script":                                       {program("/usr/bin/bash", shop, "-e", "./serve.sh"), Subject{Exe: "/usr/bin/bash", Script: shop + "/serve.sh"}},
		"bash's code":                                         {program("/usr/bin/bash", shop, "-ec", "nc -l"), Subject{Exe: "/usr/bin/bash", Script: Inline, Dir: shop}},
		"standard input is inline":                            {program("/usr/bin/bash", shop, "-s", "x"), Subject{Exe: "/usr/bin/bash", Script: Inline, Dir: shop}},
		"a program that only begins like one is none":         {program("/usr/bin/nodemon", shop, "a.js"), Subject{Exe: "/usr/bin/nodemon"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := SubjectOf(listening("127.0.0.1:1", c.owner)); got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestTestBuildsAreKnownByTheirProject(t *testing.T) {
	const shop = "/home/ada/src/shop"
	const cached = "/home/ada/.cache/go-build/3f/3f00000000000000000000000000000000000000000000000000000000000000-d/shop"
	built := func(exe, dir, project string) process.Info {
		o := program(exe, dir)
		o.Project = project
		return o
	}
	gone := built("/tmp/go-build1/b001/exe/shop", shop, shop)
	gone.Deleted = true
	for name, c := range map[string]struct {
		owner process.Info
		want  Subject
	}{
		"go run":                                    {built("/tmp/go-build1/b001/exe/shop", shop, shop), Subject{Build: shop}},
		"go test in a folder of the project":        {built("/tmp/go-build22/b042/api.test", shop+"/api", shop), Subject{Build: shop}},
		"go run from the build cache":               {built(cached, shop, shop), Subject{Build: shop}},
		"go run after it was built anew":            {gone, Subject{Build: shop}},
		"cargo run":                                 {built(shop+"/target/debug/shop", shop, shop), Subject{Build: shop}},
		"cargo test for another target":             {built(shop+"/target/x86_64-unknown-linux-musl/debug/deps/shop-0a1b", shop, shop), Subject{Build: shop}},
		"delve":                                     {built(shop+"/api/__debug_bin123", shop+"/api", shop), Subject{Build: shop}},
		"a project in a folder for temporary files": {built("/tmp/go-build1/b001/exe/shop", "/tmp/x", "/tmp/x"), Subject{Build: "/tmp/x"}},
		"a folder of that name is not enough":       {built("/tmp/go-build-evil/x", shop, shop), Subject{Exe: "/tmp/go-build-evil/x"}},
		"nor is the build folder itself":            {built("/tmp/go-build1/x", shop, shop), Subject{Exe: "/tmp/go-build1/x"}},
		"a build that runs from nowhere is none":    {built("/tmp/go-build1/b001/exe/x", "/tmp", ""), Subject{Exe: "/tmp/go-build1/b001/exe/x"}},
		"nor one that runs from the root":           {built("/tmp/go-build1/b001/exe/x", "/", ""), Subject{Exe: "/tmp/go-build1/b001/exe/x"}},
		"a cached build whose folder does not fit":  {built("/home/ada/.cache/go-build/40/3f00000000000000000000000000000000000000000000000000000000000000-d/shop", shop, shop), Subject{Exe: "/home/ada/.cache/go-build/40/3f00000000000000000000000000000000000000000000000000000000000000-d/shop"}},
		"another project's target":                  {built("/home/ada/src/blog/target/debug/blog", shop, shop), Subject{Exe: "/home/ada/src/blog/target/debug/blog"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := SubjectOf(listening("127.0.0.1:1", c.owner))
			if got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
			if fear := ConcernOf(listening("127.0.0.1:1", c.owner)); got.Build != "" && fear != NoConcern {
				t.Errorf("concern: got %q, want none for a test build", fear)
			}
		})
	}
}

func TestSubjectsOfOtherKinds(t *testing.T) {
	const nginx = "/usr/sbin/nginx"
	with := func(change func(*process.Info)) Listening {
		o := program(nginx, "/")
		change(&o)
		return listening("127.0.0.1:1", o)
	}
	image := with(func(o *process.Info) { o.Container, o.Elsewhere = "0123456789abcdef", true })
	image.Image = "nginx:1.27"
	outlived := with(func(o *process.Info) { o.Deleted = true })
	outlived.Outlived = true
	for name, c := range map[string]struct {
		l    Listening
		want Subject
	}{
		"a container is itself alone":                   {with(func(o *process.Info) { o.Container, o.Elsewhere = "0123456789abcdef", true }), Subject{Exe: nginx, Container: "0123456789abcdef"}},
		"a container whose image is known is its image": {image, Subject{Exe: nginx, Image: "nginx:1.27"}},
		"an AppImage is its image": {with(func(o *process.Info) {
			o.Exe, o.AppImage = "/tmp/.mount_Shop1a/usr/bin/shop", "/home/ada/Shop.AppImage"
		}), Subject{AppImage: "/home/ada/Shop.AppImage"}},
		"a file that is elsewhere for us":                {with(func(o *process.Info) { o.Elsewhere = true }), Subject{Exe: nginx, State: Elsewhere}},
		"a file that was deleted":                        {with(func(o *process.Info) { o.Deleted = true }), Subject{Exe: nginx, State: Deleted}},
		"a packaged file that was updated is its path":   {with(func(o *process.Info) { o.Deleted, o.Updated = true, true }), Subject{Exe: nginx}},
		"a file that was deleted later is as it was":     {outlived, Subject{Exe: nginx}},
		"a hidden owner's unit":                          {Listening{Unit: "ssh.service"}, Subject{Unit: "ssh.service"}},
		"a hidden owner without a unit":                  {Listening{}, Subject{Hidden: "owner"}},
		"a name that is chosen to look like a unit's is": {with(func(o *process.Info) { o.Exe, o.Name = "", "unit ssh.service" }), Subject{Hidden: "name unit ssh.service"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := SubjectOf(c.l); got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}
