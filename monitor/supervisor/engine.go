package supervisor

// Docker and Podman: the container that a listener belongs to, asked of the
// engine over its Unix socket. Podman serves the same calls (its compatible
// interface); the Server header of an answer tells the two apart.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

var (
	errNoContainer = errors.New("no such container")
	// errNoEngine: nothing answers on any of the sockets.
	errNoEngine = errors.New("no container engine answers")
)

// enginePaths gives the sockets where engines listen, those that the
// environment names first. Engines on other machines hold no port here.
func enginePaths(getenv func(string) string) []string {
	var paths []string
	add := func(path string) {
		if filepath.IsAbs(path) && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	for _, name := range []string{"DOCKER_HOST", "CONTAINER_HOST"} {
		if path, ok := strings.CutPrefix(getenv(name), "unix://"); ok {
			add(path)
		}
	}
	add("/var/run/docker.sock")
	if dir := getenv("XDG_RUNTIME_DIR"); dir != "" {
		add(dir + "/docker.sock")
		add(dir + "/podman/podman.sock")
	}
	if home := getenv("HOME"); home != "" {
		add(home + "/.docker/run/docker.sock")
		add(home + "/.docker/desktop/docker.sock")
	}
	add("/run/podman/podman.sock")
	return paths
}

// publisher reports whether a process is one that holds ports for containers,
// by its name, and whose: Docker, Podman or nobody's (""). Of a hidden owner
// only the unit is known.
func publisher(p process.Info) Kind {
	switch strings.TrimSuffix(p.Name, ".avx2") {
	case "docker-proxy", "rootlesskit-docker-proxy", "rootlesskit", "dockerd", "com.docker.backend", "vpnkit", "vpnkit-bridge":
		return Docker
	case "rootlessport", "rootlessport-child", "conmon", "slirp4netns", "pasta", "passt", "gvproxy":
		return Podman
	}
	if p.PID == 0 && p.Unit == "docker.service" {
		return Docker
	}
	return ""
}

// container is what GET /containers/json and GET /containers/{id}/json say of
// one (Docker Engine API 1.24 and later).
type container struct {
	ID    string `json:"Id"`
	Name  string // of the second call: "/shop"
	Ports []struct {
		IP         string
		PublicPort uint16
		Type       string
	} // of the first call
	HostConfig struct {
		RestartPolicy struct{ Name string }
	}
	Config struct{ Labels map[string]string }
}

// publishes reports how well a published port of the container fits the
// socket: 2 the very address, 1 any address, 0 not at all. An engine may call
// 0.0.0.0 what its proxy holds as ::.
func (c container) publishes(s socket.Socket) int {
	best := 0
	for _, p := range c.Ports {
		if p.PublicPort == 0 || p.PublicPort != s.Local.Port() || p.Type != s.Proto.String() {
			continue
		}
		ip, err := netip.ParseAddr(p.IP)
		held := s.Local.Addr().Unmap().WithZone("")
		switch {
		case err == nil && ip.Unmap() == held:
			best = 2
		case held.IsUnspecified() && (p.IP == "" || err == nil && ip.IsUnspecified()):
			best = max(best, 1)
		}
	}
	return best
}

// byContainer asks the engines for a container by its id.
func (s *search) byContainer(ctx context.Context, id string) (*Supervisor, error) {
	if !plain(id, "_.-") {
		return nil, fmt.Errorf("container %s: not a container's id", quoted(id))
	}
	var denied *Supervisor
	failed := errNoEngine
	for _, path := range s.engines {
		e := newEngine(path)
		found, err := s.inspect(ctx, e, id)
		switch {
		case err == nil:
			return found, nil
		case errors.Is(err, os.ErrPermission) && denied == nil:
			denied = s.deniedEngine(path, id)
		case !errors.Is(err, errNoContainer) && !absent(err):
			failed = err
		}
	}
	if denied != nil {
		return denied, nil
	}
	return nil, fmt.Errorf("container %s: %w", short(id), failed)
}

// byPort asks the engines which container has published the port. kind is
// whose program holds it, empty where it can't be seen; nobody knowing it is no
// error.
func (s *search) byPort(ctx context.Context, holds socket.Socket, kind Kind) (*Supervisor, error) {
	var denied *Supervisor
	var failed error
	for _, path := range s.engines {
		e := newEngine(path)
		var all []container
		_, err := e.do(ctx, http.MethodGet, "/containers/json", &all)
		switch {
		case errors.Is(err, os.ErrPermission):
			if kind == kindOfPath(path) && denied == nil {
				denied = s.deniedEngine(path, "")
			}
			continue
		case err != nil:
			if !absent(err) {
				failed = err
			}
			continue
		}
		best, found := 0, ""
		for _, c := range all {
			if fit := c.publishes(holds); fit > best {
				best, found = fit, c.ID
			}
		}
		if found != "" {
			return s.inspect(ctx, e, found)
		}
	}
	if denied != nil {
		return denied, nil
	}
	if kind == "" {
		failed = nil
	}
	return nil, failed
}

// inspect makes the supervisor of a container.
func (s *search) inspect(ctx context.Context, e engine, id string) (*Supervisor, error) {
	if !plain(id, "_.-") {
		return nil, fmt.Errorf("container %s: not a container's id", quoted(id))
	}
	var c container
	kind, err := e.do(ctx, http.MethodGet, "/containers/"+id+"/json", &c)
	if err != nil {
		return nil, err
	}
	if !plain(c.ID, "") {
		return nil, fmt.Errorf("container %s: the engine gives no id", short(id))
	}
	name := strings.TrimPrefix(c.Name, "/")
	if !plain(name, "_.-") {
		name = short(c.ID)
	}
	policy := c.HostConfig.RestartPolicy.Name
	project := c.Config.Labels["com.docker.compose.project"]
	if project == "" {
		project = c.Config.Labels["io.podman.compose.project"]
	}
	return &Supervisor{
		Kind: kind, Name: name, Project: project,
		Restarts: policy != "" && policy != "no", Policy: policy,
		Command: []string{string(kind), "stop", name}, Allowed: true,
		key: c.ID,
		stop: func(ctx context.Context) error {
			_, err := e.do(ctx, http.MethodPost, "/containers/"+c.ID+"/stop", nil)
			if errors.Is(err, errNoContainer) {
				return nil // removed meanwhile
			}
			return err
		},
	}, nil
}

// deniedEngine is the answer where an engine is there and doesn't let this user
// in. id is empty where the container isn't known.
func (s *search) deniedEngine(path, id string) *Supervisor {
	kind := kindOfPath(path)
	sup := &Supervisor{Kind: kind, Name: short(id), Why: "not permitted to speak to " + path, key: path + ":" + id}
	if id != "" {
		sup.Command = []string{"sudo", string(kind), "stop", short(id)}
	}
	return sup
}

func kindOfPath(path string) Kind {
	if strings.Contains(filepath.Base(path), "podman") {
		return Podman
	}
	return Docker
}

// short is a container's id as the engines' own tools shorten it.
func short(id string) string {
	if len(id) == 64 {
		return id[:12]
	}
	return id
}

// absent reports whether nobody serves a socket: it isn't there, or is left
// over.
func absent(err error) bool {
	return errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED)
}

// engine speaks to the engine behind one Unix socket. It keeps no connection
// and no goroutine between calls.
type engine struct{ client *http.Client }

func newEngine(path string) engine {
	return engine{&http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			d := net.Dialer{Timeout: callTime}
			return d.DialContext(ctx, "unix", path)
		},
		DisableKeepAlives: true,
	}}}
}

// do makes one call and reads its JSON. A GET has callTime; a stop takes as
// long as the container and its StopTimeout do, and ends with ctx.
func (e engine) do(ctx context.Context, method, path string, into any) (Kind, error) {
	if method == http.MethodGet {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, callTime)
		defer cancel()
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://localhost"+path, nil)
	if err != nil {
		return "", err
	}
	res, err := e.client.Do(req)
	if err != nil {
		return "", fmt.Errorf("ask the container engine: %w", err)
	}
	defer res.Body.Close()
	kind := Docker
	if strings.HasPrefix(res.Header.Get("Server"), "Libpod") {
		kind = Podman
	}
	// A machine has some hundred containers, of some kilobytes each.
	body := io.LimitReader(res.Body, 16<<20)
	switch {
	case res.StatusCode == http.StatusNotFound:
		return kind, errNoContainer
	case res.StatusCode == http.StatusNotModified: // was stopped already
		return kind, nil
	case res.StatusCode == http.StatusForbidden || res.StatusCode == http.StatusUnauthorized:
		return kind, fmt.Errorf("ask the container engine: %w: %s", process.ErrDenied, res.Status)
	case res.StatusCode/100 != 2:
		var e struct{ Message string }
		_ = json.NewDecoder(body).Decode(&e)
		return kind, fmt.Errorf("ask the container engine: %s: %s", quoted(res.Status), quoted(e.Message))
	case into == nil:
		return kind, nil
	}
	if err := json.NewDecoder(body).Decode(into); err != nil {
		return kind, fmt.Errorf("read the container engine's answer: %w", err)
	}
	return kind, nil
}
