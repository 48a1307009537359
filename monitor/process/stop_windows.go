package process

// A stop on Windows. One handle stands for the process from the first check to
// its end: a process id isn't given out again while a handle is open.

import (
	"context"
	"errors"
	"strings"
	"time"

	"golang.org/x/sys/windows"

	"portreeve/monitor/socket"
)

// stop has one method only: Windows knows no signal that asks, and closing
// windows reaches no server. Terminate and Kill are the same.
func stop(ctx context.Context, t Target, holds socket.Socket, _ Method, patience time.Duration) (Outcome, error) {
	h, err := windows.OpenProcess(windows.PROCESS_TERMINATE|windows.PROCESS_QUERY_LIMITED_INFORMATION|windows.SYNCHRONIZE, false, uint32(t.PID))
	switch {
	case errors.Is(err, windows.ERROR_INVALID_PARAMETER): // no such process
		return 0, refusal("", t.PID, ErrGone, "")
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		info, derr := Describe(ctx, t.PID)
		if derr != nil || info.User == "" {
			return 0, refusal(info.Name, t.PID, ErrDenied, "it belongs to the system or another user")
		}
		return 0, refusal(info.Name, t.PID, ErrDenied, "it belongs to "+info.User)
	case err != nil:
		return 0, refusal("", t.PID, ErrUnsure, err.Error())
	}
	defer windows.CloseHandle(h)
	birth, err := creationMillis(h)
	if err != nil {
		return 0, refusal("", t.PID, ErrUnsure, err.Error())
	}
	if birth != t.Birth {
		return 0, refusal("", t.PID, ErrReused, "")
	}
	if over(h, 0) {
		return 0, refusal("", t.PID, ErrGone, "")
	}
	info, err := Describe(ctx, t.PID)
	if err != nil {
		return 0, unsure("", t.PID, err)
	}
	why, err := guard(ctx, info)
	if err != nil {
		return 0, unsure(info.Name, t.PID, err)
	}
	if why != "" {
		return 0, refusal(info.Name, t.PID, ErrProtected, why)
	}
	image, err := imagePath(h)
	if err != nil {
		return 0, refusal(info.Name, t.PID, ErrUnsure, err.Error())
	}
	if exeFileAt(image) != t.File {
		return 0, refusal(info.Name, t.PID, ErrReplaced, "")
	}
	held, err := holdsAddress(ctx, t.PID, holds)
	if err != nil {
		return 0, unsure(info.Name, t.PID, err)
	}
	if !held {
		return 0, refusal(info.Name, t.PID, ErrNotHolder, "")
	}
	if err := windows.TerminateProcess(h, 1); err != nil {
		if over(h, 0) {
			return 0, refusal(info.Name, t.PID, ErrGone, "")
		}
		if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
			return 0, refusal(info.Name, t.PID, ErrDenied, "")
		}
		return 0, refusal(info.Name, t.PID, ErrUnsure, err.Error())
	}
	for end := time.Now().Add(patience); ; {
		left := time.Until(end)
		if over(h, min(max(left, 0), 50*time.Millisecond)) {
			return Ended, nil
		}
		if left <= 0 {
			return Running, nil
		}
		if err := ctx.Err(); err != nil {
			return cutShort(info.Name, t.PID, err)
		}
	}
}

// over waits up to d for the end of a process.
func over(h windows.Handle, d time.Duration) bool {
	ev, err := windows.WaitForSingleObject(h, uint32(d.Milliseconds()))
	return err == nil && ev == windows.WAIT_OBJECT_0
}

// creationMillis is the creation time as gopsutil counts it, which made the
// birth: milliseconds since 1970.
func creationMillis(h windows.Handle) (uint64, error) {
	var created, exit, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(h, &created, &exit, &kernel, &user); err != nil {
		return 0, err
	}
	return uint64(created.Nanoseconds() / int64(time.Millisecond)), nil
}

func imagePath(h windows.Handle) (string, error) {
	buf := make([]uint16, windows.MAX_LONG_PATH)
	n := uint32(len(buf))
	if err := windows.QueryFullProcessImageName(h, 0, &buf[0], &n); err != nil {
		return "", err
	}
	return windows.UTF16ToString(buf[:n]), nil
}

// isSystemFile takes the system's own folder for what users can't write.
func isSystemFile(path string) bool {
	root, err := windows.GetWindowsDirectory()
	return err == nil && strings.HasPrefix(strings.ToLower(path), strings.ToLower(root)+`\`)
}

// exeFileAt identifies the file at a path by its volume and index.
func exeFileAt(path string) File {
	name, err := windows.UTF16PtrFromString(path)
	if path == "" || err != nil {
		return File{}
	}
	h, err := windows.CreateFile(name, 0, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE,
		nil, windows.OPEN_EXISTING, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return File{}
	}
	defer windows.CloseHandle(h)
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(h, &info); err != nil {
		return File{}
	}
	return File{Dev: uint64(info.VolumeSerialNumber), Ino: uint64(info.FileIndexHigh)<<32 | uint64(info.FileIndexLow)}
}

// viewerUID: Windows has no numbers for users; the portable finder compares
// none.
func viewerUID() uint32 { return socket.NoUID }
