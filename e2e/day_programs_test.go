//go:build e2e && linux

package e2e

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// familiarServer is what people start most: python's own server, for this
// computer only. One of the strangers is the same, open to the network.
const familiarServer = "python3 -m http.server --bind 127.0.0.1 8000"

// shortPrograms are the programs of the short day.
var shortPrograms = []part{
	{name: "python http.server", play: func(p *performance) {
		p.shell(p.folder(p.t, "home/src/site"), familiarServer)
		p.listens(1)
		p.told()
	}},
	{name: "node --inspect=0", needs: wants("node"), play: func(p *performance) {
		folder := p.folder(p.t, "home/src/app")
		p.copyFile(p.t, source("app.js"), filepath.Join(folder, "app.js"), 0o644)
		p.shell(folder, "node --inspect=0 app.js")
		p.listens(1)
		p.told()
	}},
	{name: "go test of 50 servers", needs: wantsGo, play: func(p *performance) {
		done := filepath.Join(p.home, "done")
		p.remove(p.t, done)
		test := p.shell(p.project(p.t, "shop"), "go test -count=1 .", "DONE="+done)
		p.listens(50)
		p.told()
		// The servers are known while they are there; then the test may end.
		p.know()
		p.write(p.t, done, "", 0o644)
		waitFor(p.t, noticeSpan, "the Go test to end", test.ended)
		if code := test.code(); code != 0 {
			p.t.Errorf("got exit code %d of the Go test, want 0:\n%s", code, tail(test.log, 20))
		}
	}},
	{name: "nginx, 4 workers", needs: wantsUnpacked("nginx"), play: func(p *performance) {
		folder := p.folder(p.t, "home/nginx")
		nginx, setting := p.unpacked("nginx")
		p.write(p.t, filepath.Join(folder, "nginx.conf"), `
worker_processes 4;
daemon off;
pid nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server { listen 127.0.0.1:8081; }
}
`, 0o644)
		// What lies below /tmp is known for this process only, and so might the build.
		own := filepath.Join(folder, "nginx")
		if _, err := os.Stat(own); err != nil {
			p.copyFile(p.t, nginx, own, 0o755)
		}
		p.shell(folder, own+" -p . -c nginx.conf -e stderr", setting)
		p.listens(1)
		p.told()
	}},
	// The program that one of the strangers takes the place of.
	{name: "a program in ~/bin", play: func(p *performance) {
		p.install("1")
		p.shell(p.home, p.ownProgram()+" "+listenArgument+" plainly 127.0.0.1:7070")
		p.listens(1)
		p.told()
	}},
}

// longPrograms are what the full day has more.
var longPrograms = []part{
	{name: "Vite with its HMR port", needs: func(d *day) string {
		if why := wants("npm")(d); why != "" {
			return why
		}
		if _, err := os.Stat("../build/day/vite/node_modules/vite"); err != nil {
			return "Vite is not installed; packaging/needs.sh day does it"
		}
		return ""
	}, play: func(p *performance) {
		folder := p.project(p.t, "vite")
		modules := filepath.Join(folder, "node_modules")
		if _, err := os.Stat(modules); err != nil {
			if err := os.CopyFS(modules, os.DirFS("../build/day/vite/node_modules")); err != nil {
				p.t.Fatal(err)
			}
			p.giveAll(p.t, modules)
		}
		p.shell(folder, "npm run dev")
		p.listens(2)
		p.told()
	}},
	{name: "go run, rebuilt five times", needs: wantsGo, play: func(p *performance) {
		folder := p.project(p.t, "shop")
		file := filepath.Join(folder, "main.go")
		text, err := os.ReadFile(file)
		if err != nil {
			p.t.Fatal(err)
		}
		for build := range 6 {
			p.write(p.t, file, strings.ReplaceAll(string(text), "change 0", fmt.Sprintf("change %d", build)), 0o644)
			server := p.shell(folder, "go run .")
			p.listens(1)
			p.told()
			if build < 5 {
				p.interrupt(server)
				waitFor(p.t, noticeSpan, "port 8080 to be free", func() bool { return len(p.open()) == 0 })
			}
		}
	}},
	{name: "PostgreSQL", needs: wantsUnpacked("postgres", "usr/lib/postgresql/*/bin"), play: func(p *performance) {
		postgres, setting := p.unpacked("postgres", "usr/lib/postgresql/*/bin")
		folder := p.folder(p.t, "home/pg")
		data := filepath.Join(folder, "data")
		if _, err := os.Stat(data); err != nil {
			initialize := p.command(folder, filepath.Join(filepath.Dir(postgres), "initdb"), "-D", data, "--no-sync", "-A", "trust")
			initialize.Env = append(initialize.Env[:len(initialize.Env):len(initialize.Env)], setting)
			if out, err := initialize.CombinedOutput(); err != nil {
				p.t.Fatalf("make the database: %v: %s", err, out)
			}
		}
		p.shell(folder, postgres+" -D data -k "+folder, setting)
		p.listens(1)
		p.told()
	}},
	{name: "Redis", needs: wantsUnpacked("redis-server"), play: func(p *performance) {
		redis, setting := p.unpacked("redis-server")
		p.shell(p.folder(p.t, "home/redis"), redis+" --bind 127.0.0.1 -::1 --save ''", setting)
		p.listens(1)
		p.told()
	}},
	{name: "headless Chromium", needs: wantsUnpacked("chromium", "usr/lib/chromium"), play: func(p *performance) {
		chromium, setting := p.unpacked("chromium", "usr/lib/chromium")
		p.shell(p.home, chromium+" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run"+
			" --remote-debugging-port=0 --user-data-dir="+p.folder(p.t, "home/.config/chromium")+" about:blank", setting)
		p.listens(1)
		p.told()
	}},
	{name: "java with jdwp", needs: wants("java"), play: func(p *performance) {
		folder := p.folder(p.t, "home/src/shop-java")
		p.write(p.t, filepath.Join(folder, "shop.jar"), p.jar(), 0o644)
		// It waits for its debugger before it looks for the class.
		p.shell(folder, "java -agentlib:jdwp=transport=dt_socket,server=y,suspend=y,address=127.0.0.1:0 -jar shop.jar")
		p.listens(1)
		p.told()
	}},
	{name: "a prefork server in python", play: func(p *performance) {
		folder := p.folder(p.t, "home/src/api")
		p.copyFile(p.t, source("prefork.py"), filepath.Join(folder, "prefork.py"), 0o644)
		p.shell(folder, "python3 prefork.py")
		p.listens(1)
		p.told()
	}},
	{name: "sshd", needs: wantsUnpacked("sshd"), play: func(p *performance) {
		p.startSSHD()
		p.listens(1)
		p.told()
	}},
	{name: "ssh -L", needs: wantsUnpacked("sshd"), play: func(p *performance) {
		p.startSSHD()
		p.listens(1)
		p.leaveAside() // it has had its part
		folder := p.folder(p.t, "home/.ssh")
		p.shell(folder, "ssh -N -L 15432:127.0.0.1:5432 -F none -p 2222 -i id -o BatchMode=yes -o StrictHostKeyChecking=accept-new"+
			" -o UserKnownHostsFile="+filepath.Join(folder, "known_hosts")+" "+p.account.Username+"@127.0.0.1")
		p.listens(1)
		p.told()
	}},
}

// startSSHD starts a server for SSH that takes the account's own key.
func (p *performance) startSSHD() {
	sshd, setting := p.unpacked("sshd")
	folder := p.folder(p.t, "home/.ssh")
	for _, key := range []string{"host", "id"} {
		if _, err := os.Stat(filepath.Join(folder, key)); err == nil {
			continue
		}
		if _, err := p.output(folder, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(folder, key)); err != nil {
			p.t.Fatal(err)
		}
	}
	config := filepath.Join(folder, "sshd.conf")
	p.write(p.t, config, fmt.Sprintf(`Port 2222
ListenAddress 127.0.0.1
HostKey %[1]s/host
AuthorizedKeysFile %[1]s/id.pub
PidFile none
StrictModes no
UsePAM yes
PasswordAuthentication no
KbdInteractiveAuthentication no
`, folder), 0o600)
	p.shell(folder, sshd+" -D -e -f "+config, setting)
}

// wants says that a program of that name is needed.
func wants(name string) func(d *day) string {
	return func(d *day) string {
		if d.can(name) {
			return ""
		}
		return "there is no " + name + " that the day's user can run"
	}
}

// wantsUnpacked says the same of what packaging/needs.sh unpacks.
func wantsUnpacked(name string, places ...string) func(d *day) string {
	return func(d *day) string {
		if path, _ := d.unpacked(name, places...); path != "" {
			return ""
		}
		return "there is no " + name + " that the day's user can run; packaging/needs.sh fetches it"
	}
}

// wantsGo asks for the go command, and lets it build what every server needs
// first, so that the day does not wait for it.
func wantsGo(d *day) string {
	if why := wants("go")(d); why != "" {
		return why
	}
	if out, err := d.output(d.project(d.top, "shop"), "go", "vet", "."); err != nil {
		return fmt.Sprintf("go does not work for the day's user: %v %s", err, out)
	}
	return ""
}

// jar is a Java archive that names a class and has none.
func (p *performance) jar() string {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	manifest, err := w.Create("META-INF/MANIFEST.MF")
	if err == nil {
		_, err = manifest.Write([]byte("Manifest-Version: 1.0\nMain-Class: Shop\n"))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return archive.String()
}
