//go:build !linux

package socket

// platformSources names what works everywhere, for lack of a faster source.
func platformSources() []opener {
	return []opener{{"gopsutil", openGopsutil}}
}
