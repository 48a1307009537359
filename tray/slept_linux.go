package tray

import (
	"time"

	"golang.org/x/sys/unix"
)

// sleptHere gives how long the computer was suspended since it was started: the
// clock that goes on meanwhile less the one that does not, clock_gettime(2).
func sleptHere() func() time.Duration {
	return func() time.Duration {
		var boot, mono unix.Timespec
		if unix.ClockGettime(unix.CLOCK_BOOTTIME, &boot) != nil || unix.ClockGettime(unix.CLOCK_MONOTONIC, &mono) != nil {
			return 0
		}
		return time.Duration(boot.Nano() - mono.Nano())
	}
}
