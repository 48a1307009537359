package process

// Desktop applications, known by the unit that the desktop has started them in.

import (
	"context"
	"strconv"
	"strings"
)

// IsDesktopApp gives the application id, the name of the desktop file without
// its ending, of the application whose unit the process is in:
// "org.gnome.Terminal". Units are named so by the desktop
// (https://systemd.io/DESKTOP_ENVIRONMENTS/):
//
//	app[-<launcher>]-<ApplicationID>[@<RANDOM>].service
//	app[-<launcher>]-<ApplicationID>-<RANDOM>.scope
//
// An id that was not escaped as it should be (app-gnome-google-chrome-7.scope)
// may be read without its first word, which looks like a launcher's.
//
// A unit holds all that the application has started, too: a server that was
// started in an editor's terminal is in the editor's unit. LeadsUnit tells
// whether the end of this process is the application's. The id is text that
// programs of the user may choose.
func IsDesktopApp(info Info) (id string, ok bool) { return appOf(info.Unit) }

func appOf(unit string) (id string, ok bool) {
	name, ok := strings.CutPrefix(unit, "app-")
	if !ok {
		return "", false
	}
	if scope, ok := strings.CutSuffix(name, ".scope"); ok {
		// What is after the last dash only makes the name unique.
		i := strings.LastIndexByte(scope, '-')
		if i < 0 {
			return "", false
		}
		name = scope[:i]
	} else if service, ok := strings.CutSuffix(name, ".service"); ok {
		name, _, _ = strings.Cut(service, "@")
	} else {
		return "", false
	}
	if _, rest, ok := strings.Cut(name, "-"); ok {
		name = rest
	}
	name = unescapeUnit(name)
	return name, name != ""
}

// unescapeUnit undoes what systemd-escape does to a name ("-" is \x2d), see
// systemd.unit(5). What is no such sequence stays as it is.
func unescapeUnit(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if i+4 <= len(s) && s[i] == '\\' && s[i+1] == 'x' && isHex(strings.ToLower(s[i+2:i+4])) {
			n, _ := strconv.ParseUint(s[i+2:i+4], 16, 8)
			b.WriteByte(byte(n))
			i += 3
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// LeadsUnit reports whether the process is the one that its unit was started
// for: its parent is in another unit or gone, and nobody in the unit is older.
// The worker of a browser is not, nor the server in an editor's terminal, not
// even when the shell that started it has ended. It is false of a process
// without a unit, and of an application whose launching script still waits for
// it. It reads the cgroup of every process in turn: for a click, not for a poll.
// It fails with errors.ErrUnsupported off Linux.
func LeadsUnit(ctx context.Context, info Info) (bool, error) { return leadsUnit(ctx, info) }
