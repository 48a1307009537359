package process

// A socket's owners in order, and the words for those who can't be seen.

import (
	"cmp"
	"slices"
	"strings"

	"portreeve/monitor/socket"
)

// sortOwners puts the topmost first: the ancestor of all the others where there
// is one, else the oldest. The others follow by age, then pid.
func sortOwners(owners []Info) {
	slices.SortFunc(owners, func(a, b Info) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.PID, b.PID))
	})
	for i := range owners {
		if isAncestorOfAll(owners[i].ID, owners) {
			top := owners[i]
			copy(owners[1:i+1], owners[:i])
			owners[0] = top
			return
		}
	}
}

func isAncestorOfAll(id ID, owners []Info) bool {
	for _, o := range owners {
		if o.ID != id && !slices.ContainsFunc(o.Parents, func(a Ancestor) bool { return a.ID == id }) {
			return false
		}
	}
	return true
}

func sameInfo(a, b Info) bool {
	return a.ID == b.ID && a.File == b.File && a.Name == b.Name && a.Exe == b.Exe &&
		a.Deleted == b.Deleted && a.Memfd == b.Memfd && a.Dir == b.Dir &&
		a.Elsewhere == b.Elsewhere && a.Updated == b.Updated && a.AppImage == b.AppImage && a.Project == b.Project && a.ScriptFile == b.ScriptFile &&
		a.User == b.User && a.UID == b.UID && a.Started.Equal(b.Started) &&
		a.Unit == b.Unit && a.Container == b.Container && a.Origin == b.Origin &&
		slices.Equal(a.Args, b.Args) && slices.Equal(a.Parents, b.Parents)
}

// viewer is who looks, for the words.
type viewer struct {
	uid uint32
	// userName gives the name of a user, or the number where it has none.
	userName func(uid uint32) string
}

// nameOf gives the name of a socket's user; empty where the platform does not
// tell.
func (v viewer) nameOf(uid uint32) string {
	if uid == socket.NoUID {
		return ""
	}
	return v.userName(uid)
}

// hidden says why the owners of s may lack somebody; unit is what the socket's
// cgroup tells, empty where nothing. An empty answer means that all is known.
func (v viewer) hidden(s socket.Socket, owners []Info, unit string) string {
	foreign := s.UID != socket.NoUID && s.UID != v.uid
	if len(owners) > 0 {
		if v.uid == 0 || !foreign || slices.ContainsFunc(owners, func(o Info) bool { return o.UID == s.UID }) {
			return ""
		}
		return "made by " + v.userName(s.UID) + ", who may hold it too; sudo shows it"
	}
	in := ""
	if unit != "" {
		in = " (" + unit + ")"
	}
	switch {
	case v.uid == 0:
		return "no process holds it" + in + ": the kernel does, or another container"
	case s.UID == 0 && unit == "init.scope":
		return "held by the system on behalf of a service (socket activation); sudo shows it"
	case s.UID == 0 && strings.HasSuffix(unit, ".socket"):
		return "held by the system for " + unit + " (socket activation); sudo shows it"
	case foreign:
		return "belongs to " + v.userName(s.UID) + in + "; sudo shows it"
	case s.UID == socket.NoUID:
		return "its owner can't be seen" + in + "; sudo may show it"
	}
	return "made by you" + in + ", held by a process that can't be looked into; sudo shows it"
}
