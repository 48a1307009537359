//go:build !linux

package monitor

// EphemeralRange gives 0, 0: outside Linux the platforms' own default is IANA's
// dynamic range, which is always counted.
func EphemeralRange() (low, high uint16) { return 0, 0 }
