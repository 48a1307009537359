package familiar

import "path/filepath"

// Concern is why a listener is worth a look. None of them says that it is bad.
type Concern string

// The concerns, the weightiest first.
const (
	NoConcern    Concern = ""
	DeletedExe   Concern = "deleted"
	MemfdExe     Concern = "memfd"
	InTemp       Concern = "temp"
	HiddenOwner  Concern = "hidden"
	OpenToOthers Concern = "open"
)

// firstOrdinaryUID is where Linux distributions begin to number people
// (UID_MIN in login.defs).
const firstOrdinaryUID = 1000

// ConcernOf gives the weightiest reason to look at a listener.
func ConcernOf(l Listening) Concern {
	if len(l.Owners) == 0 {
		if l.Unit == "" && l.Proto.String() == "tcp" {
			return HiddenOwner
		}
		return NoConcern
	}
	o, s := l.Owners[0], SubjectOf(l)
	switch {
	case s.State == Memfd:
		return MemfdExe
	case o.Deleted && !o.Updated && s.Build == "":
		return DeletedExe
	case s.Container == "" && s.Image == "" && (inTemp(s.Exe) || inTemp(s.Script)):
		return InTemp
	case ScopeOf(l.Local.Addr()) == Network && l.Proto.String() == "tcp" && (o.UID >= firstOrdinaryUID || o.Unit == ""):
		return OpenToOthers
	}
	return NoConcern
}

// inTemp reports a path that anybody may write to.
func inTemp(path string) bool {
	path = filepath.ToSlash(path)
	for _, root := range []string{"/tmp", "/var/tmp", "/dev/shm"} {
		if path != "" && path != Inline && within(root, path) {
			return true
		}
	}
	return false
}
