package autostart

// This file reads and writes what Windows keeps in the registry. It is pure.

// commandLine makes the value below Run. A path on Windows has no quotes.
func commandLine(program string) string { return `"` + program + `" ` + Command }

// switchedOff reads a value below StartupApproved: twelve bytes whose first is
// odd where the entry was switched off. Microsoft documents it nowhere; Task
// Manager writes 2 or 6 for on and 3 or 7 for off.
func switchedOff(state []byte) bool { return len(state) > 0 && state[0]&1 == 1 }
