// Package explain says in plain words what an address means, who can reach it
// and which program is behind it. The same fact has the same words in the tray,
// the window and the terminal because they are made here. All words are clean:
// one line of valid UTF-8 without control or format characters.
package explain

import (
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"

	"portreeve/monitor/familiar"
	"portreeve/monitor/process"
)

// Words makes sentences for one user on one machine.
type Words struct {
	// Home is shown as ~ in front of paths; empty for never.
	Home string
	// Self is the path of this program, whose own example is named as such;
	// empty where it can't be told.
	Self string
	// Interface names the network interface that carries an address; empty
	// where none does. Nil is allowed.
	Interface func(netip.Addr) string
}

// Program names who listens: "python3"; "a program of root" where only the user
// is known.
func (w Words) Program(l familiar.Listening) string {
	if len(l.Owners) > 0 && l.Owners[0].Name != "" {
		return Clean(l.Owners[0].Name, 40)
	}
	if l.Unit != "" {
		return Clean(strings.TrimSuffix(l.Unit, ".service"), 40)
	}
	if l.User != "" {
		return "a program of " + Clean(l.User, 28)
	}
	return "hidden program"
}

// Place says what a program runs and where: "http.server in ~/src/shop"; empty
// where there is nothing worth saying.
func (w Words) Place(l familiar.Listening) string {
	if len(l.Owners) == 0 {
		return ""
	}
	o, s := l.Owners[0], familiar.SubjectOf(l)
	if o.Exe != "" && o.Exe == w.Self && len(o.Args) > 1 && o.Args[1] == "example" {
		return "Portreeve's own example, which does nothing"
	}
	what := s.Module
	if s.Build != "" {
		what = "a test build"
	}
	if s.Script != "" && s.Script != familiar.Inline {
		// As it was called: vite, not the vite.js behind that link.
		named, _ := process.ScriptOf(o)
		what = filepath.Base(named)
	}
	where := o.Dir
	if what == "" && (where == w.Home || s.Script == "") && o.Unit != "" {
		return Clean(o.Unit, 60)
	}
	switch {
	case where == "" || where == "/":
		return Clean(what, 60)
	case what == "":
		return "in " + Clean(w.Short(where), 80)
	}
	return Clean(what, 60) + " in " + Clean(w.Short(where), 80)
}

// Short writes a path with ~ for the user's home.
func (w Words) Short(path string) string {
	if w.Home == "" || w.Home == "/" {
		return path
	}
	if path == w.Home {
		return "~"
	}
	if rest, ok := strings.CutPrefix(path, w.Home+string(filepath.Separator)); ok {
		return "~" + string(filepath.Separator) + rest
	}
	return path
}

// Who can reach an address.
const (
	onlyHere      = "Only programs on this computer can reach it."
	openToNetwork = "Open to your network (a firewall may still block it)."
)

// Reach says who can reach an address, as a sentence.
func (w Words) Reach(a netip.Addr) string {
	in := ""
	if w.Interface != nil && familiar.ScopeOf(a) != familiar.Loopback {
		in = w.Interface(a)
	}
	return w.reachBy(a, in)
}

// reachBy is Reach where the interface is known already.
func (w Words) reachBy(a netip.Addr, in string) string {
	switch {
	case familiar.ScopeOf(a) == familiar.Loopback:
		return onlyHere
	case bridge(in):
		return "Open to containers and virtual machines here."
	}
	return openToNetwork
}

// bridge reports an interface that only containers and virtual machines of this
// computer are behind, by the names that Docker, Podman, libvirt and LXC give.
func bridge(name string) bool {
	for _, p := range []string{"docker", "br-", "podman", "cni-podman", "virbr", "lxcbr", "lxdbr"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// Look says why a listener is worth a look; empty where nothing is.
func (w Words) Look(l familiar.Listening) string {
	switch familiar.ConcernOf(l) {
	case familiar.DeletedExe:
		return "its program file has been deleted or replaced"
	case familiar.MemfdExe:
		return "its program runs from memory, without a file"
	case familiar.InTemp:
		return "its program lies in a folder for temporary files"
	case familiar.HiddenOwner:
		return "its program can't be seen"
	case familiar.OpenToOthers:
		return "it is open to your network"
	}
	return ""
}

// Endpoint writes an address and port as people do: 127.0.0.1:62893,
// [::1]:8080, and "port 8080" for a wildcard.
func Endpoint(ap netip.AddrPort) string {
	if ap.Addr().IsUnspecified() {
		return "port " + strconv.Itoa(int(ap.Port()))
	}
	return ap.String()
}
