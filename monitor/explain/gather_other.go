//go:build !linux

package explain

import (
	"os"
	"path/filepath"
	"runtime"
)

// hiddenSpaces tells that there are networks that only root may look into: the
// containers of these systems run in virtual machines.
func hiddenSpaces() bool { return false }

// portTable reads the services file. The range that is handed out is each
// system's default, IANA's.
func portTable() PortTable {
	path := "/etc/services"
	if runtime.GOOS == "windows" {
		path = filepath.Join(os.Getenv("SystemRoot"), `System32\drivers\etc\services`)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return PortTable{}
	}
	return PortTable{Services: ParseServices(string(text))}
}
