//go:build !race

package socket

// raceEnabled excuses counts of allocations, which the race detector adds to.
const raceEnabled = false
