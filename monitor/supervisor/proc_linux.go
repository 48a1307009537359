package supervisor

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"portreeve/monitor/process"
)

// managerOf tells whose service manager a process belongs to.
func managerOf(pid int32) (managerID, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		return managerID{}, fmt.Errorf("read the cgroup of process %d: %w", pid, err)
	}
	return parseManager(b), nil
}

// environOf reads the environment that a process was started with. Only its own
// user and root may.
func environOf(p process.Info) (map[string]string, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/environ", p.PID))
	if err != nil {
		return nil, fmt.Errorf("read the environment of process %d: %w", p.PID, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxEnviron))
	if err != nil {
		return nil, fmt.Errorf("read the environment of process %d: %w", p.PID, err)
	}
	return parseEnviron(b), nil
}

// childrenOf gives the processes that a process started.
func childrenOf(p process.Info) ([]int32, error) {
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", p.PID))
	if err != nil {
		return nil, fmt.Errorf("list the children of process %d: %w", p.PID, err)
	}
	var pids []int32
	for _, t := range tasks {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", p.PID, t.Name()))
		if err != nil {
			continue // the thread has ended
		}
		for _, f := range strings.Fields(string(b)) {
			if n, err := strconv.ParseInt(f, 10, 32); err == nil {
				pids = append(pids, int32(n))
			}
		}
	}
	return pids, nil
}
