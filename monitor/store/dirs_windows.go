package store

import (
	"fmt"
	"os"
	"path/filepath"
)

// runtimeDir gives a folder below the user's local application data; its access
// list is the user's own already.
func runtimeDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the runtime folder: %w", err)
	}
	dir := filepath.Join(base, "portreeve")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the runtime folder: %w", err)
	}
	return dir, nil
}
