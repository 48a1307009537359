package monitor

import (
	"fmt"
	"os"
)

// EphemeralRange gives the ports that this machine hands out to programs that
// ask for any, both ends included (ip-sysctl, ip_local_port_range); 0, 0 where
// it can't be told.
func EphemeralRange() (low, high uint16) {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return 0, 0
	}
	if _, err := fmt.Sscan(string(text), &low, &high); err != nil {
		return 0, 0
	}
	return low, high
}
