package socket

import (
	"errors"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A sandbox may forbid netlink: the Table must then open, or fall within a
// read, onto /proc/net. The filter cannot be taken off again, and so a child
// process puts it on.
func TestTableReadsProcfsWhereASandboxForbidsNetlink(t *testing.T) {
	if !inChild(t, &syscall.SysProcAttr{}) {
		return
	}
	b := bindTo(t, TCP, "127.0.0.1:0")
	early, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	defer early.Close()
	if got, want := early.Source(), "netlink"; got != want {
		t.Skipf("netlink is forbidden already: got source %q, want %q", got, want)
	}
	forbidNetlink(t)
	late, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	for name, table := range map[string]*Table{"opened before": early, "opened in the sandbox": late} {
		// An open socket goes on working; one that must be dialled anew fails.
		if n, ok := table.tcp.src.(*netlinkSource); ok {
			n.hangUp()
		}
		read, err := table.Read(t.Context(), nil, WantTCP)
		if err != nil || !slices.ContainsFunc(read, func(s Socket) bool { return s.Endpoint == b.Endpoint }) {
			t.Errorf("%s: got %d sockets, error %v; want %v among them", name, len(read), err, b.Endpoint)
		}
		if got, want := table.Source(), "procfs"; got != want {
			t.Errorf("%s: got source %q, want %q", name, got, want)
		}
		if err := table.Fallen(); !errors.Is(err, unix.EPERM) {
			t.Errorf("%s: got reason %v, want %v", name, err, unix.EPERM)
		}
	}
}

// forbidNetlink makes socket(AF_NETLINK, ...) fail with EPERM in all threads of
// this process, by a seccomp filter (seccomp(2), linux/seccomp.h).
func forbidNetlink(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // both calls below must come from one thread
	defer runtime.UnlockOSThread()
	const (
		nr, arg0   = 0, 16 // offsets in struct seccomp_data; arg0's low half
		retAllow   = 0x7fff0000
		retErrno   = 0x00050000
		modeFilter = 1 // SECCOMP_SET_MODE_FILTER
		tsync      = 1 // SECCOMP_FILTER_FLAG_TSYNC
	)
	load := func(k uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: k}
	}
	skipUnless := func(k uint32, skip uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: k, Jf: skip}
	}
	answer := func(k uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k}
	}
	filter := []unix.SockFilter{
		load(nr), skipUnless(unix.SYS_SOCKET, 3),
		load(arg0), skipUnless(unix.AF_NETLINK, 1),
		answer(retErrno | uint32(unix.EPERM)),
		answer(retAllow),
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	// Every thread needs no_new_privs, which TSYNC carries over.
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Skipf("no sandbox to be had: %v", err)
	}
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, modeFilter, tsync, uintptr(unsafe.Pointer(&prog))); errno != 0 {
		t.Skipf("no sandbox to be had: %v", errno)
	}
	if fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_SOCK_DIAG); err != unix.EPERM {
		unix.Close(fd)
		t.Skipf("the sandbox does not hold: got %v, want %v", err, unix.EPERM)
	}
}
