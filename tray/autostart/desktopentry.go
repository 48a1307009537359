package autostart

import (
	"strings"
)

// This file reads and writes desktop entries (Desktop Entry Specification 1.5).
// It is pure.

// entryName is the file's name in every autostart folder. The user's own file of
// a name stands for the system's.
const entryName = "portreeve.desktop"

// desktopEntry makes the file that starts the program at login. TryExec makes
// desktops pass over it without a word once the program has been removed.
func desktopEntry(program string) []byte {
	return []byte(`[Desktop Entry]
Type=Application
Name=Portreeve
Comment=Watches the listening ports of this computer
Icon=portreeve
TryExec=` + escaped(program) + `
Exec=` + escaped(quoted(program)) + ` ` + Command + `
Terminal=false
StartupNotify=false
`)
}

// hiddenEntry makes the file that says no where the system's entry says yes.
func hiddenEntry() []byte {
	return []byte("[Desktop Entry]\nType=Application\nName=Portreeve\nHidden=true\n")
}

// quoted writes an argument of Exec as its section of the specification wants:
// in double quotes, with what a shell would read escaped and % doubled.
func quoted(arg string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", `$`, `\$`, `%`, `%%`).Replace(arg) + `"`
}

// escaped writes a value of type string.
func escaped(s string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(s)
}

// unescaped reads a value of type string; what is no escape stays as it is.
func unescaped(s string) string {
	return strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\t`, "\t", `\r`, "\r", `\s`, " ").Replace(s)
}

// starts tells whether a desktop would start what an entry means. exists says
// whether a program of a path or a bare name is there.
func starts(entry []byte, exists func(program string) bool) bool {
	group, values := "", map[string]string{}
	for line := range strings.Lines(string(entry)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '[' {
			group = line
			continue
		}
		if key, value, ok := strings.Cut(line, "="); ok && group == "[Desktop Entry]" {
			values[strings.TrimSpace(key)] = unescaped(strings.TrimSpace(value))
		}
	}
	switch {
	case values["Hidden"] == "true", values["Exec"] == "":
		return false
	// GNOME's and Cinnamon's settings write this in place of Hidden.
	case values["X-GNOME-Autostart-enabled"] == "false":
		return false
	}
	try := values["TryExec"]
	return try == "" || exists(try)
}
