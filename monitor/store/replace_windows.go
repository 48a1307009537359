package store

import (
	"os"
	"path/filepath"
)

// replace writes beside the file and renames over it, which Windows does
// atomically within one folder (MoveFileEx with MOVEFILE_REPLACE_EXISTING).
func replace(folder, path string, text []byte) error {
	f, err := os.CreateTemp(folder, "."+filepath.Base(path)+"*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already after the rename
	if _, err := f.Write(text); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
