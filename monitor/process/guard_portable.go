//go:build !linux

package process

import (
	"context"
	"os"

	gops "github.com/shirou/gopsutil/v3/process"
)

// guard looks whether the process is one that must not be ended.
func guard(ctx context.Context, info Info) (string, error) {
	s := suspect{pid: info.PID, exe: info.Exe, args: info.Args, system: isSystemFile(info.Exe)}
	if ppid, err := (&gops.Process{Pid: info.PID}).PpidWithContext(ctx); err == nil {
		s.ppid = ppid
	}
	self := int32(os.Getpid())
	var ancestors []int32
	for pid := self; len(ancestors) < 4*maxParents; {
		ppid, err := (&gops.Process{Pid: pid}).PpidWithContext(ctx)
		if err != nil || ppid <= 0 || ppid == pid {
			break
		}
		ancestors = append(ancestors, ppid)
		pid = ppid
	}
	return protectedBecause(s, self, ancestors), nil
}
