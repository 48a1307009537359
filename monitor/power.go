package monitor

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// onBattery reads the kernel's power supplies, which stand in a folder each
// (Documentation/ABI/testing/sysfs-class-power): a computer runs on battery
// when no line power is online and a battery of its own is being
// discharged. Batteries of mice and keyboards (scope Device) don't count.
func onBattery(supplies fs.FS) (bool, error) {
	entries, err := fs.ReadDir(supplies, ".")
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // a kernel without power supplies: a server
	}
	if err != nil {
		return false, err
	}
	read := func(supply, name string) string {
		text, err := fs.ReadFile(supplies, path.Join(supply, name))
		if err != nil {
			return "" // not every supply has every file
		}
		return strings.TrimSpace(string(text))
	}
	line, draining := false, false
	for _, e := range entries {
		name := e.Name()
		if read(name, "scope") == "Device" {
			continue
		}
		switch read(name, "type") {
		case "Battery":
			draining = draining || read(name, "status") == "Discharging"
		case "Mains", "USB", "Wireless":
			// 2 is a USB supply that gives what was agreed upon.
			if online := read(name, "online"); online == "1" || online == "2" {
				line = true
			}
		}
	}
	return draining && !line, nil
}
