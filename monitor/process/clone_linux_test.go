package process

// Copies of this process that do nothing, made by raw system calls: under a
// number of one's choice, or asleep in the kernel.

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// cloneArgs is struct clone_args of include/uapi/linux/sched.h, version 2.
type cloneArgs struct {
	flags, pidfd, childTID, parentTID, exitSignal, stack, stackSize, tls, setTID, setTIDSize, cgroup uint64
}

// spawn makes a copy of this process under the given number, any number for 0.
// The copy keeps all descriptors and does nothing but end with its parent.
func spawn(pid int32) (int32, error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	tid := &pid
	pin.Pin(tid)
	args := &cloneArgs{
		flags:      unix.CLONE_CLEAR_SIGHAND,
		exitSignal: uint64(unix.SIGCHLD),
	}
	if pid != 0 {
		args.setTID = uint64(uintptr(unsafe.Pointer(tid)))
		args.setTIDSize = 1
	}
	got, errno := cloneIdle(args, uintptr(os.Getpid()), &unix.Timespec{})
	if errno != 0 {
		return 0, errno
	}
	if pid != 0 && int32(got) != pid {
		return 0, fmt.Errorf("clone3 gave pid %d, want %d", got, pid)
	}
	return int32(got), nil
}

// cloneIdle returns in the parent only. The child has one thread of a Go
// program that had many: it may make raw system calls and nothing else.
//
//go:norace
//go:nosplit
//go:noinline
func cloneIdle(args *cloneArgs, parent uintptr, nap *unix.Timespec) (pid uintptr, errno syscall.Errno) {
	pid, _, errno = syscall.RawSyscall(unix.SYS_CLONE3, uintptr(unsafe.Pointer(args)), unsafe.Sizeof(*args), 0)
	if errno != 0 || pid != 0 {
		return pid, errno
	}
	for {
		// The kernel writes the rest of the time back.
		nap.Sec, nap.Nsec = 5, 0
		syscall.RawSyscall6(unix.SYS_PPOLL, 0, 0, uintptr(unsafe.Pointer(nap)), 0, 0, 0)
		if now, _, _ := syscall.RawSyscall(unix.SYS_GETPPID, 0, 0, 0); now != parent {
			syscall.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
		}
	}
}

// spawnStuck makes a copy that blocks all signals and waits in vfork for a child
// of its own, which naps until the copy is gone. The copy is killed when the
// calling thread ends.
func spawnStuck() (int32, error) {
	args := &cloneArgs{flags: unix.CLONE_CLEAR_SIGHAND, exitSignal: uint64(unix.SIGCHLD)}
	vfork := &cloneArgs{flags: unix.CLONE_VFORK, exitSignal: uint64(unix.SIGCHLD)}
	all := uint64(1<<64 - 1)
	got, errno := cloneStuck(args, vfork, &all, &unix.Timespec{})
	if errno != 0 {
		return 0, errno
	}
	return int32(got), nil
}

// cloneStuck returns in the parent only, as cloneIdle does. CLONE_VM is left out
// of the vfork, so that nothing is shared with the child.
//
//go:norace
//go:nosplit
//go:noinline
func cloneStuck(args, vfork *cloneArgs, all *uint64, nap *unix.Timespec) (pid uintptr, errno syscall.Errno) {
	pid, _, errno = syscall.RawSyscall(unix.SYS_CLONE3, uintptr(unsafe.Pointer(args)), unsafe.Sizeof(*args), 0)
	if errno != 0 || pid != 0 {
		return pid, errno
	}
	// The two wait for each other, and must not outlive who made them.
	syscall.RawSyscall6(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0, 0)
	self, _, _ := syscall.RawSyscall(unix.SYS_GETPID, 0, 0, 0)
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(all)), 0, 8, 0, 0)
	child, _, _ := syscall.RawSyscall(unix.SYS_CLONE3, uintptr(unsafe.Pointer(vfork)), unsafe.Sizeof(*vfork), 0)
	for child == 0 {
		nap.Sec, nap.Nsec = 0, 50_000_000
		syscall.RawSyscall6(unix.SYS_PPOLL, 0, 0, uintptr(unsafe.Pointer(nap)), 0, 0, 0)
		if now, _, _ := syscall.RawSyscall(unix.SYS_GETPPID, 0, 0, 0); now != self {
			break
		}
	}
	for {
		syscall.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
	}
}

// endCopy kills a copy and collects it.
func endCopy(pid int) error {
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		return err
	}
	return collect(pid)
}

func collect(pid int) error {
	_, err := waitFor(pid, 0)
	return err
}

func waitFor(pid, options int) (unix.WaitStatus, error) {
	var st unix.WaitStatus
	for {
		_, err := unix.Wait4(pid, &st, options, nil)
		if err != unix.EINTR {
			return st, err
		}
	}
}
