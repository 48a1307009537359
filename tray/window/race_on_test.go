//go:build race

package window

// raceDetector tells that everything is some ten times slower.
const raceDetector = true
