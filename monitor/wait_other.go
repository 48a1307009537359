//go:build !linux

package monitor

func newWaiter() (waiter, error) { return newTimerWaiter(), nil }
