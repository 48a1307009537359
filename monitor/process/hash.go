package process

// The hash of the file that a program runs, for telling a changed one.

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

const (
	// maxHashed bounds what is read of a file; half a second's worth.
	maxHashed = 256 << 20
	// maxHashes bounds what is remembered.
	maxHashes = 1024
)

// Hasher hashes executables and remembers the hashes for as long as the files
// are the same by device, inode, size and st_ctim. It is safe for several
// goroutines. The zero value is not ready: see NewHasher.
type Hasher struct {
	mu    sync.Mutex
	known map[stamp]string
}

// stamp is what makes a file the same as before without reading it.
type stamp struct {
	File
	size, changed int64
}

// NewHasher makes a hasher that knows nothing yet.
func NewHasher() *Hasher { return &Hasher{known: make(map[stamp]string)} }

// Known gives the hash of a program's file where it has been read before. It
// costs no system call.
func (h *Hasher) Known(i Info) (sum string, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	sum, ok = h.known[stamp{i.File, i.Size, i.Changed}]
	return sum, ok && i.AppImage == "" && i.Changed != 0
}

// Hash reads the file that a process runs, of an AppImage the image, and gives
// its SHA-256 in hexadecimal digits, and its size. Of a file of more than 256
// MiB only that much is read, and its size is hashed behind it. It takes about
// a millisecond a MiB: never call it in the watch. The error wraps ErrGone when
// the process has ended and ErrReplaced when it runs another program now.
func (h *Hasher) Hash(ctx context.Context, i Info) (sum string, size int64, err error) {
	if sum, ok := h.Known(i); ok {
		return sum, i.Size, nil
	}
	f, err := openExe(i)
	if err != nil {
		return "", 0, fmt.Errorf("hash %s: %w", i.Exe, err)
	}
	defer func() { _ = f.Close() }() // it was only read
	fi, err := f.Stat()
	if err != nil {
		return "", 0, fmt.Errorf("hash %s: %w", i.Exe, err)
	}
	sum, err = hashOf(ctx, f, fi.Size(), maxHashed)
	if err != nil {
		return "", 0, fmt.Errorf("hash %s: %w", i.Exe, err)
	}
	if i.AppImage == "" {
		h.mu.Lock()
		if len(h.known) >= maxHashes {
			clear(h.known)
		}
		h.known[stamp{i.File, i.Size, i.Changed}] = sum
		h.mu.Unlock()
	}
	return sum, fi.Size(), nil
}

// openExe opens what Hash reads.
func openExe(i Info) (*os.File, error) {
	if i.AppImage == "" {
		return openRunning(i)
	}
	f, err := os.Open(i.AppImage)
	if errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("%w: %w", ErrReplaced, err)
	}
	return f, err
}

// hashOf hashes at most limit bytes of a file of that size, and the size behind
// them where it is larger.
func hashOf(ctx context.Context, r io.Reader, size, limit int64) (string, error) {
	sum := sha256.New()
	buf := make([]byte, 256<<10)
	r = io.LimitReader(r, limit)
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n, err := r.Read(buf)
		sum.Write(buf[:n])
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
	}
	if size > limit {
		sum.Write(binary.BigEndian.AppendUint64(nil, uint64(size)))
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
