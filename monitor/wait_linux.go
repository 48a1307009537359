package monitor

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// eventWaiter sleeps in ppoll(2) on an eventfd(2), on a thread of its own. A
// timer of the Go runtime costs half as much again: its wake-up goes through
// the scheduler's idle threads.
type eventWaiter struct {
	mu  sync.Mutex // guards fd against close
	fd  int
	set [1]unix.PollFd
	ts  unix.Timespec
	buf [8]byte
}

// newWaiter locks the calling goroutine to its thread until close.
func newWaiter() (waiter, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	runtime.LockOSThread()
	return &eventWaiter{fd: fd}, nil
}

func (w *eventWaiter) wait(ctx context.Context, d time.Duration) {
	if ctx.Err() != nil {
		return
	}
	w.ts = unix.NsecToTimespec(int64(max(d, 0)))
	w.set[0] = unix.PollFd{Fd: int32(w.fd), Events: unix.POLLIN}
	// A raw call instead of unix.Ppoll keeps the timespec from escaping. EINTR
	// ends the sleep early, which only costs an early reading.
	n, _, _ := unix.Syscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&w.set[0])), 1, uintptr(unsafe.Pointer(&w.ts)), 0, 0, 0)
	if n == 1 {
		_, _ = unix.Read(w.fd, w.buf[:]) // takes the wake; EAGAIN means that there was none
	}
}

func (w *eventWaiter) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fd >= 0 {
		// The counter can't overflow in practice, and a full one wakes as well.
		_, _ = unix.Write(w.fd, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}
}

func (w *eventWaiter) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = unix.Close(w.fd)
	w.fd = -1
	runtime.UnlockOSThread()
}
