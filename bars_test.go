package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// buildStatic builds the program as its users get it, without cgo.
func buildStatic(t testing.TB) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "portreeve")
	cmd := exec.Command("go", "build", "-o", binary, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return binary
}

// privately gives an environment whose user data is the test's own and which
// has no desktop.
func privately(t testing.TB) []string {
	t.Helper()
	home, err := os.MkdirTemp("", "pr") // a socket's path may have 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	if err := os.Mkdir(filepath.Join(home, "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	return []string{"HOME=" + home, "XDG_RUNTIME_DIR=" + filepath.Join(home, "run"), "PATH=" + os.Getenv("PATH")}
}

// start runs cmd and ends it with the test, by its process.
func start(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // how it ends is not what is tested here
	})
}

func TestAWatchTellsEveryListenerThatLives400Milliseconds(t *testing.T) {
	if raceDetector {
		t.Skip("it runs the program as it is built, which the race detector doesn't watch: the pass without it does this")
	}
	const (
		count = 200
		life  = 400 * time.Millisecond
		most  = 100 * time.Millisecond // the bar for the median
	)
	cmd := exec.Command(buildStatic(t), "watch", "--json")
	cmd.Env = privately(t)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, cmd)

	type telling struct {
		at   time.Time
		mine bool // this test was named as the only owner
	}
	told := make(chan map[int]telling, 1)
	opened := make(chan int, count) // the ports that were told, to know that the watch has begun
	go func() {
		at := map[int]telling{}
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var e struct {
				Event    string
				Listener struct {
					Port   int
					Owners []struct{ PID int }
				}
			}
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				t.Errorf("read %q: %v", lines.Text(), err)
			}
			if e.Event != "opened" {
				continue
			}
			if _, twice := at[e.Listener.Port]; !twice {
				at[e.Listener.Port] = telling{time.Now(), len(e.Listener.Owners) == 1 && e.Listener.Owners[0].PID == os.Getpid()}
			}
			select {
			case opened <- e.Listener.Port:
			default:
			}
		}
		told <- at
	}()

	listen := func(life time.Duration) int {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(life, func() { _ = l.Close() })
		return l.Addr().(*net.TCPAddr).Port
	}
	// The watch has begun when it tells one.
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for begun := false; !begun; {
		listen(50 * time.Millisecond)
		select {
		case <-opened:
			begun = true
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal("the watch told nothing within 10 s")
		}
	}

	began := map[int]time.Time{}
	pace := time.NewTicker(23 * time.Millisecond) // no divisor of the watch's own pace
	defer pace.Stop()
	for len(began) < count {
		<-pace.C
		at := time.Now()
		began[listen(life)] = at
	}
	<-time.After(life + time.Second) // the last is told or never
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	at := <-told
	var delays []time.Duration
	for port, from := range began {
		if to, ok := at[port]; ok {
			delays = append(delays, to.at.Sub(from))
			if !to.mine {
				t.Errorf("port %d was told without this test as its owner", port)
			}
		}
	}
	slices.Sort(delays)
	if len(delays) != count {
		t.Errorf("told %d of %d listeners", len(delays), count)
	}
	median := delays[len(delays)/2]
	t.Logf("told %d of %d, median %v, slowest %v", len(delays), count, median.Round(time.Millisecond), delays[len(delays)-1].Round(time.Millisecond))
	if median > most {
		t.Errorf("median %v, want at most %v", median, most)
	}
}

func TestEveryListenerOfSSIsInTheList(t *testing.T) {
	if raceDetector {
		t.Skip("it runs the program as it is built, which the race detector doesn't watch: the pass without it does this")
	}
	if _, err := exec.LookPath("ss"); err != nil {
		t.Skipf("ss is not installed (iproute2): %v", err)
	}
	for _, at := range []string{"127.0.0.1:0", "[::1]:0", "0.0.0.0:0", "[::]:0"} {
		l, err := net.Listen("tcp", at)
		if err != nil {
			t.Logf("no listener on %s here: %v", at, err)
			continue
		}
		defer l.Close()
	}
	binary, env := buildStatic(t), privately(t)
	run := func(name string, args ...string) string {
		cmd := exec.Command(name, args...)
		cmd.Env = env
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return string(out)
	}
	// Other tests may listen meanwhile: what ss shows before and after counts.
	before := run("ss", "-Hltn")
	var list struct {
		Listeners []struct {
			Protocol, Address string
			Port              int
		}
	}
	if err := json.Unmarshal([]byte(run(binary, "list", "--json")), &list); err != nil {
		t.Fatal(err)
	}
	after := run("ss", "-Hltn")
	have := map[string]int{}
	for _, l := range list.Listeners {
		if l.Protocol == "tcp" {
			have[fmt.Sprintf("%s:%d", l.Address, l.Port)]++
		}
	}
	compared := 0
	for line := range strings.Lines(before) {
		f := strings.Fields(line)
		if len(f) < 4 || !strings.Contains(after, " "+f[3]+" ") {
			continue
		}
		at := strings.NewReplacer("[", "", "]", "").Replace(f[3])
		if host, port, ok := strings.Cut(at, "*:"); ok && host == "" {
			at = ":::" + port
		}
		if i := strings.LastIndex(at, ":"); i > 0 {
			if host, _, ok := strings.Cut(at[:i], "%"); ok && !strings.HasPrefix(host, "fe80") {
				at = host + at[i:] // bound to a device, which is no part of the address
			}
		}
		compared++
		if have[at] == 0 {
			t.Errorf("ss shows %s and the list does not", f[3])
		}
	}
	if compared < 3 {
		t.Errorf("compared %d listeners, want at least our own", compared)
	}
}
