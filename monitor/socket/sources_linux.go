package socket

// platformSources names what Linux has, the fastest first.
func platformSources() []opener {
	return []opener{
		{"netlink", func() (source, error) { return openNetlink(false) }},
		{"netlink-v2", func() (source, error) { return openNetlink(true) }},
		{"procfs", openProcfs},
		{"gopsutil", openGopsutil},
	}
}
