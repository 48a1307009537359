//go:build e2e && linux

package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// markVariable is in the environment of everything that a desktop starts, and
// of all that those start in turn. It is how strays are recognised: children
// that leave their process group and their parent still carry it.
const markVariable = "PORTREEVE_E2E_RUN"

// sweepArgument makes the test binary a sweeper instead of a test run.
const sweepArgument = "sweep-after"

// TestMain builds the program, enters a network namespace and starts the sweeper
// before any desktop. A test's own Cleanup ends what it started; the sweeper is
// for the runs that have no Cleanup, which are panics, go test's time-out and
// kill -9.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == sweepArgument {
		_, _ = io.Copy(io.Discard, os.Stdin)
		killMarked(os.Args[2])
		for _, place := range append(dayPlaces(), os.TempDir(), "/tmp") {
			folders, _ := filepath.Glob(filepath.Join(place, os.Args[2]+"-*"))
			for _, folder := range folders {
				_ = os.RemoveAll(folder)
			}
		}
		return
	}
	if len(os.Args) == 4 && os.Args[1] == listenArgument {
		listenAs(os.Args[2], os.Args[3])
	}
	if len(os.Args) == 2 && os.Args[1] == idleArgument {
		idleLoop()
	}
	os.Exit(runTests(m))
}

// runTests runs the tests in a network namespace where that can be made, and
// returns the exit code.
func runTests(m *testing.M) int {
	outside := os.Getenv(insideVariable) == ""
	if !outside {
		if err := raiseLoopback(); err != nil {
			fmt.Fprintln(os.Stderr, "e2e:", err)
			return 1
		}
	}
	mark := runMark()
	alive, err := startSweeper(mark)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e: start sweeper:", err)
		return 1
	}
	defer func() { _ = alive.Close() }()
	if !outside {
		return m.Run()
	}
	// Go may want to fetch modules, so it builds where there is a network.
	folder, err := buildProgram(mark)
	if folder != "" {
		defer func() { _ = os.RemoveAll(folder) }()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	code, err := runInside()
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e: sharing the computer's ports with all others:", err)
		return m.Run()
	}
	return code
}

// runMark is this run's value of markVariable.
func runMark() string { return "e2e-" + strconv.Itoa(os.Getpid()) }

// startSweeper starts a process that waits for the returned pipe to close, as
// it does however this one ends, and then kills what carries mark. It leads a
// session of its own, so that an interrupt from the terminal spares it.
func startSweeper(mark string) (io.Closer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	sweeper := exec.Command(self, sweepArgument, mark)
	sweeper.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	alive, err := sweeper.StdinPipe()
	if err != nil {
		return nil, err
	}
	return alive, sweeper.Start()
}

// marked lists the processes whose environment says that the run, or the
// desktop, named mark started them. Those of other users are not seen.
func marked(mark string) []int {
	folders, _ := filepath.Glob("/proc/[0-9]*")
	var pids []int
	below := mark + "/"
	for _, folder := range folders {
		environ, err := os.ReadFile(filepath.Join(folder, "environ"))
		if err != nil {
			continue
		}
		for entry := range bytes.SplitSeq(environ, []byte{0}) {
			value, found := strings.CutPrefix(string(entry), markVariable+"=")
			if found && (value == mark || strings.HasPrefix(value, below)) {
				pid, _ := strconv.Atoi(filepath.Base(folder))
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// killMarked kills what marked lists until nothing is left, so that what was
// forked meanwhile goes as well. It returns what it killed, as "pid name".
func killMarked(mark string) []string {
	var killed []string
	for range 20 {
		pids := marked(mark)
		if len(pids) == 0 {
			break
		}
		for _, pid := range pids {
			killed = append(killed, fmt.Sprintf("%d %s", pid, processName(pid)))
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	return killed
}

// processName is the name that the kernel has for pid, "" where it has gone.
func processName(pid int) string {
	file, err := os.Open(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	line, _ := bufio.NewReader(file).ReadString('\n')
	return strings.TrimSpace(line)
}
