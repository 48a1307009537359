package supervisor

// A Docker engine that speaks the real interface on a Unix socket, in front of
// a program that is called docker-proxy and holds the published port.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

// fakeEngine has one container, shown as Docker 28 and Podman 4 show them.
type fakeEngine struct {
	path string
	id   string

	mu       sync.Mutex
	stopped  []string // the ids that were stopped
	onStop   func()
	requests []string
}

func startEngine(t testing.TB, server, name, policy string, at netip.AddrPort) *fakeEngine {
	t.Helper()
	e := &fakeEngine{path: filepath.Join(folder(t), "docker.sock"), id: strings.Repeat("ab12", 16)}
	l, err := net.Listen("unix", e.path)
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string]string{"com.docker.compose.project": "shop", "com.docker.compose.service": "web"}
	answer := func(w http.ResponseWriter, code int, body any) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Server", server)
		w.WriteHeader(code)
		if body != nil {
			json.NewEncoder(w).Encode(body)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /containers/json", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, []any{
			map[string]any{"Id": strings.Repeat("c", 64), "Names": []string{"/other"}, "State": "running", "Labels": map[string]string{},
				"Ports": []any{map[string]any{"PrivatePort": 80, "Type": "tcp"}}},
			map[string]any{"Id": e.id, "Names": []string{name}, "State": "running", "Labels": labels,
				"Ports": []any{map[string]any{"IP": at.Addr().String(), "PrivatePort": 80, "PublicPort": at.Port(), "Type": "tcp"}}},
		})
	})
	mux.HandleFunc("GET /containers/{id}/json", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") != e.id {
			answer(w, http.StatusNotFound, map[string]string{"message": "No such container: " + r.PathValue("id")})
			return
		}
		answer(w, http.StatusOK, map[string]any{
			"Id": e.id, "Name": name, "State": map[string]any{"Status": "running"},
			"HostConfig": map[string]any{"RestartPolicy": map[string]any{"Name": policy, "MaximumRetryCount": 0}},
			"Config":     map[string]any{"Labels": labels, "Image": "nginx:1.27"},
		})
	})
	mux.HandleFunc("POST /containers/{id}/stop", func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.stopped = append(e.stopped, r.PathValue("id"))
		if e.onStop != nil {
			e.onStop()
		}
		answer(w, http.StatusNoContent, nil)
	})
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		e.requests = append(e.requests, r.Method+" "+r.URL.Path)
		e.mu.Unlock()
		mux.ServeHTTP(w, r)
	})}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return e
}

// startProxy starts this binary under the name docker-proxy.
func startProxy(t testing.TB, at string) (held, *exec.Cmd) {
	t.Helper()
	proxy := filepath.Join(folder(t), "docker-proxy")
	// Not copied by ourselves: what another test forks meanwhile would have the
	// file open for writing, and then it can't be executed.
	if out, err := exec.Command(need(t, "cp"), self(t), proxy).CombinedOutput(); err != nil {
		t.Fatalf("copy the test binary: %v: %s", err, out)
	}
	host, port, _ := net.SplitHostPort(at)
	cmd := exec.Command(proxy, "-proto", "tcp", "-host-ip", host, "-host-port", port, "-container-ip", "172.18.0.2", "-container-port", "80")
	cmd.Env = append(os.Environ(), roleVar+"=serve:"+at)
	start(t, cmd)
	l := listenerAt(t, at, process.ID{})
	if l.owner.Name != "docker-proxy" {
		t.Fatalf("holder: got %s, want docker-proxy", l.owner.Name)
	}
	return l, cmd
}

func TestTheContainerBehindAProxyIsStopped(t *testing.T) {
	t.Parallel()
	at := freePort(t)
	e := startEngine(t, "Docker/28.2.2 (linux)", "/shop-web-1", "unless-stopped", netip.MustParseAddrPort(at))
	l, proxy := startProxy(t, at)
	e.onStop = func() { // as dockerd ends its proxy, before it answers
		proxy.Process.Kill()
		for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
			c, err := net.Dial("tcp", at)
			if err != nil {
				return
			}
			c.Close()
		}
	}
	s := searchIn()
	s.engines = []string{filepath.Join(folder(t), "none.sock"), e.path}
	got, err := s.find(t.Context(), l.Socket, l.owner)
	if err != nil {
		t.Fatal(err)
	}
	want := Supervisor{
		Kind: Docker, Name: "shop-web-1", Project: "shop", Restarts: true, Policy: "unless-stopped",
		Command: []string{"docker", "stop", "shop-web-1"}, Allowed: true,
	}
	facts(t, got, want)

	// Without an engine that knows the port nobody is blamed, and least of all
	// Docker as a whole.
	if got, err := searchIn().find(t.Context(), l.Socket, process.Info{Unit: "docker.service"}); got != nil || err != nil {
		t.Errorf("without an engine: got %+v, %v, want nobody", got, err)
	}
	// Of a proxy that only root may see nothing is known but the unit.
	hidden, err := s.find(t.Context(), l.Socket, process.Info{Unit: "docker.service"})
	if err != nil {
		t.Fatal(err)
	}
	facts(t, hidden, want)
	if got.Key() != hidden.Key() {
		t.Errorf("key: got %s and %s, want the same", got.Key(), hidden.Key())
	}

	stop(t, got)
	if len(e.stopped) != 1 || e.stopped[0] != e.id {
		t.Errorf("stopped: got %q, want %q once", e.stopped, e.id)
	}
	staysFree(t, at)
	want2 := []string{"GET /containers/json", "GET /containers/" + e.id + "/json", "GET /containers/json", "GET /containers/" + e.id + "/json", "POST /containers/" + e.id + "/stop"}
	if fmt.Sprint(e.requests) != fmt.Sprint(want2) {
		t.Errorf("requests: got %q, want %q", e.requests, want2)
	}
}

func TestAContainerIsFoundByItsID(t *testing.T) {
	t.Parallel()
	e := startEngine(t, "Libpod/4.3.1 (linux)", "-; rm -rf ~\x1b[2J", "no", netip.MustParseAddrPort("0.0.0.0:1"))
	s := searchIn()
	s.engines = []string{e.path}
	got, err := s.find(t.Context(), socket.Socket{}, process.Info{ID: process.ID{PID: 9}, Container: e.id})
	if err != nil {
		t.Fatal(err)
	}
	// A name that is none is not shown as part of a command.
	facts(t, got, Supervisor{
		Kind: Podman, Name: e.id[:12], Project: "shop", Policy: "no",
		Command: []string{"podman", "stop", e.id[:12]}, Allowed: true,
	})
	stop(t, got)
	if len(e.stopped) != 1 || e.stopped[0] != e.id {
		t.Errorf("stopped: got %q, want %q once", e.stopped, e.id)
	}
	for _, id := range []string{strings.Repeat("0", 64), "../../images/x", "-x", "a b"} {
		got, err := s.find(t.Context(), socket.Socket{}, process.Info{ID: process.ID{PID: 9}, Container: id})
		if got != nil || err == nil {
			t.Errorf("container %q: got %v, %v, want an error", id, got, err)
		}
	}
	for _, r := range e.requests {
		if strings.Contains(r, "images") {
			t.Errorf("request: got %s, want none outside /containers", r)
		}
	}
}

func TestAContainersImageIsTold(t *testing.T) {
	e := startEngine(t, "Docker/28.0.1 (linux)", "/shop-web-1", "", netip.MustParseAddrPort("127.0.0.1:8080"))
	nobody := filepath.Join(folder(t), "none.sock")
	if got, err := imageOf(t.Context(), []string{nobody, e.path}, e.id); err != nil || got != "nginx:1.27" {
		t.Errorf("got %q, %v, want nginx:1.27", got, err)
	}
	for name, c := range map[string]struct {
		engines []string
		id      string
	}{
		"another container":    {[]string{e.path}, strings.Repeat("0", 64)},
		"no engine":            {[]string{nobody}, e.id},
		"an id that is a path": {[]string{e.path}, "../" + e.id},
	} {
		if got, err := imageOf(t.Context(), c.engines, c.id); !errors.Is(err, ErrNoImage) {
			t.Errorf("%s: got %q, %v, want ErrNoImage", name, got, err)
		}
	}
}

func TestFromWithinAContainerItIsTheMachine(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("a", 64)
	s := searchIn()
	for own, wantErr := range map[string]bool{id: false, "": true} {
		s.describe = func(context.Context, int32) (process.Info, error) { return process.Info{Container: own}, nil }
		got, err := s.find(t.Context(), socket.Socket{}, process.Info{ID: process.ID{PID: 9}, Container: id})
		if got != nil || (err != nil) != wantErr {
			t.Errorf("from %q: got %v, %v, want an error: %t", own, got, err, wantErr)
		}
	}
}

func TestAProgramThatOnlyCallsItselfAProxyIsNobodys(t *testing.T) {
	t.Parallel()
	at := freePort(t)
	l, _ := startProxy(t, at)
	e := startEngine(t, "Docker/28.2.2 (linux)", "/shop", "always", netip.MustParseAddrPort("127.0.0.1:1"))
	s := searchIn()
	s.engines = []string{e.path}
	if got, err := s.find(t.Context(), l.Socket, l.owner); got != nil || err != nil {
		t.Errorf("got %v, %v, want nobody", got, err)
	}
}

func TestAnEngineThatRefusesThisUserIsNamed(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can make a socket that a user may not open, and try it as that user")
	}
	dir := folder(t)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	e := startEngine(t, "Docker/28.2.2 (linux)", "/shop", "always", netip.MustParseAddrPort("127.0.0.1:1"))
	if err := os.Chmod(filepath.Dir(e.path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(e.path, 0o660); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer exe.Close()
	cmd := exec.Command("/proc/self/fd/3")
	cmd.ExtraFiles = []*os.File{exe}
	cmd.Dir = "/"
	cmd.Env = []string{roleVar + "=denied:" + e.path + "," + e.id}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	id := e.id[:12]
	want := fmt.Sprintf("docker %q allowed=false why=%q command=%q denied=true\n", id, "not permitted to speak to "+e.path, []string{"sudo", "docker", "stop", id})
	want += fmt.Sprintf("docker %q allowed=false why=%q command=%q denied=true\n", "", "not permitted to speak to "+e.path, []string(nil))
	if string(out) != want {
		t.Errorf("got\n%swant\n%s", out, want)
	}
}

// denied is the role that looks for a container as a user whom the engine
// doesn't let in.
func denied(arg string) error {
	path, id, _ := strings.Cut(arg, ",")
	s := searchIn()
	s.engines = []string{path}
	for _, owner := range []process.Info{{ID: process.ID{PID: 9}, Container: id}, {Unit: "docker.service"}} {
		got, err := s.find(context.Background(), socket.Socket{}, owner)
		if err != nil || got == nil {
			return fmt.Errorf("got %v, %v", got, err)
		}
		fmt.Printf("%s %q allowed=%t why=%q command=%q denied=%t\n", got.Kind, got.Name, got.Allowed, got.Why, got.Command,
			errors.Is(got.Stop(context.Background()), process.ErrDenied))
	}
	return nil
}

func TestAnEngineThatHangsIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	path := filepath.Join(folder(t), "docker.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := searchIn()
	s.engines = []string{path}
	begun := time.Now()
	got, err := s.find(t.Context(), socket.Socket{}, process.Info{ID: process.ID{PID: 9}, Container: strings.Repeat("a", 64)})
	if got != nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, %v, want %v", got, err, context.DeadlineExceeded)
	}
	if took := time.Since(begun); took > 2*callTime {
		t.Errorf("got an answer after %v, want one after about %v", took, callTime)
	}
}

func TestAnEnginesNonsenseIsAnError(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "[", "{}", `{"Id":"../x","Name":"a"}`, "null", strings.Repeat("[", 1<<20)} {
		path := filepath.Join(folder(t), "docker.sock")
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })}
		go srv.Serve(l)
		s := searchIn()
		s.engines = []string{path}
		if got, err := s.byContainer(t.Context(), strings.Repeat("a", 64)); got != nil || err == nil {
			t.Errorf("%.20q: got %v, %v, want an error", body, got, err)
		}
		srv.Close()
	}
}
