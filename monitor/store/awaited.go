package store

import (
	"fmt"
	"os"
	"path/filepath"
)

const awaitedFile = "awaited.toml" // in State

type awaitedDoc struct {
	Version int      `toml:"version"`
	Ports   []uint16 `toml:"ports"`
}

// LoadAwaited gives the ports that the user waits for; none where the file can't
// be read, since a wish that is lost can be made again.
func (s *Store) LoadAwaited() []uint16 {
	var d awaitedDoc
	if err := decode(filepath.Join(s.dirs.State, awaitedFile), &d, func() int { return d.Version }); err != nil {
		return nil
	}
	return d.Ports
}

// SaveAwaited remembers the ports that the user waits for.
func (s *Store) SaveAwaited(ports []uint16) error {
	if err := os.MkdirAll(s.dirs.State, 0o700); err != nil {
		return fmt.Errorf("make the folder for state: %w", err)
	}
	return write(s.dirs.State, awaitedFile, "# The ports that you asked to be told of once they are used.\n", awaitedDoc{Version: version, Ports: ports})
}
