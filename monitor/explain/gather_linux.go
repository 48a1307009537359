package explain

import (
	"os"
	"strconv"
	"strings"

	"portreeve/monitor"
)

// hiddenSpaces tells that there are networks that only root may look into.
func hiddenSpaces() bool { return os.Geteuid() != 0 }

// portTable reads what this computer says of ports. What is missing stays empty.
func portTable() PortTable {
	var t PortTable
	t.Ephemeral.Low, t.Ephemeral.High = monitor.EphemeralRange()
	if text, err := os.ReadFile("/etc/services"); err == nil {
		t.Services = ParseServices(string(text))
	}
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_reserved_ports"); err == nil {
		t.Reserved = ParseRanges(string(text))
	}
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start"); err == nil {
		if n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 16); err == nil {
			t.Unprivileged = uint16(n)
		}
	}
	return t
}
