package monitor

import (
	"os"
	"strconv"

	"github.com/shirou/gopsutil/v3/host"
)

// Boot tells this run of the machine from others: the beginning of the kernel's
// random boot_id (random(4)), or else the time of the start; "0" where neither
// can be told.
func Boot() string {
	if text, err := os.ReadFile("/proc/sys/kernel/random/boot_id"); err == nil && len(text) >= 8 {
		return string(text[:8])
	}
	if t, err := host.BootTime(); err == nil {
		return strconv.FormatUint(t, 16)
	}
	return "0"
}
