//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// child is one process that a test started, leader of a process group.
type child struct {
	name string
	pid  int
	log  string        // the file that takes its standard output and error
	done chan struct{} // closed when it has ended and was reaped
	how  *os.ProcessState
}

// startChild starts command in a process group of its own, with its output in
// a file under logs. The test's Cleanup ends it: children end in the reverse
// order of their start. A failed test prints the end of the log.
func startChild(t testing.TB, logs string, command *exec.Cmd) *child {
	t.Helper()
	name := filepath.Base(command.Path)
	log, err := os.CreateTemp(logs, name+"-*.log")
	if err != nil {
		t.Fatalf("open log of %s: %v", name, err)
	}
	command.Stdout, command.Stderr = log, log
	if command.SysProcAttr == nil {
		command.SysProcAttr = &syscall.SysProcAttr{}
	}
	command.SysProcAttr.Setpgid = true
	err = command.Start()
	_ = log.Close()
	if err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	c := &child{name: name, pid: command.Process.Pid, log: log.Name(), done: make(chan struct{})}
	go func() {
		_ = command.Wait()
		c.how = command.ProcessState
		close(c.done)
	}()
	t.Cleanup(func() {
		c.end()
		if t.Failed() {
			t.Logf("%s (pid %d) said:\n%s", c.name, c.pid, tail(c.log, 30))
		}
	})
	return c
}

// end asks the child's group to end, insists after two seconds, and returns
// when the child was reaped. Its pid can't have been reused before that.
func (c *child) end() {
	_ = syscall.Kill(-c.pid, syscall.SIGTERM)
	select {
	case <-c.done:
	case <-time.After(2 * time.Second):
	}
	_ = syscall.Kill(-c.pid, syscall.SIGKILL)
	<-c.done
}

// ended reports whether the child has ended already.
func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// code is the exit code of a child that has ended; -1 where a signal ended it.
func (c *child) code() int { return c.how.ExitCode() }

// said is what the child has written so far.
func (c *child) said() string {
	text, _ := os.ReadFile(c.log)
	return string(text)
}

// tail is the last lines of a file.
func tail(path string, lines int) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Sprintf("(%v)", err)
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return "\t" + strings.Join(all[max(0, len(all)-lines):], "\n\t")
}

// waitFor polls until ready answers true, every 20 ms, and fails the test with
// what after limit. It is the only way in which these tests wait.
func waitFor(t testing.TB, limit time.Duration, what string, ready func() bool) {
	t.Helper()
	if !tryFor(limit, ready) {
		t.Fatalf("waited %v for %s", limit, what)
	}
}

// tryFor is waitFor without a verdict.
func tryFor(limit time.Duration, ready func() bool) bool {
	for end := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		if ready() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}
