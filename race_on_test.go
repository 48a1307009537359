//go:build race

package main

// raceDetector tells that everything is some ten times slower, and that the
// program which a test builds for itself is not watched by it.
const raceDetector = true
