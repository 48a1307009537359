package familiar

import (
	"path/filepath"

	"portreeve/monitor/process"
)

// Reason is why a listener is new though something like it may be known.
type Reason string

// The reasons, as they stand on the wire; the weightiest first.
const (
	// NoReason: it is not new, or nothing like it is known.
	NoReason Reason = ""
	// NowOpen: known on loopback only, and now open to the network.
	NowOpen Reason = "open"
	// NowMemfd, NowDeleted and NowElsewhere: a program is known under that name,
	// and this one runs without a file, from a file that was deleted, or sees
	// another file at the path that is known.
	NowMemfd     Reason = "memfd"
	NowDeleted   Reason = "deleted"
	NowElsewhere Reason = "elsewhere"
	// Updated: the path is known and the file has changed.
	Updated Reason = "updated"
	// OtherPort: the program is known, on other ports.
	OtherPort Reason = "port"
	// OtherFile: a program of that name is known, at another path.
	OtherFile Reason = "file"
	// OtherScript: the interpreter is known, running something else or in
	// another folder.
	OtherScript Reason = "script"
)

// Why is why a listener is new. The zero value says that nothing like it is
// known.
type Why struct {
	Reason Reason
	// Like is what is known and covers it all but for that reason.
	Like Pattern
	// Ruled tells that Like is a rule of the user's; else it was there at the
	// first start.
	Ruled bool
}

// why finds what is known and alike. changed is what covers the listener but
// for its hash.
func (j *Judge) why(is Pattern, l Listening, changed *known) Why {
	say := func(r Reason, k *known) Why { return Why{Reason: r, Like: k.Pattern, Ruled: k.rule != nil} }
	// Open: all would be well on loopback.
	if is.Scope == Network {
		at := is
		at.Scope = Loopback
		var found *known
		j.covering(at, l, func(k *known) bool {
			if unchanged(k.Subject, l) != no {
				found = k
			}
			return found == nil
		})
		if found != nil {
			return say(NowOpen, found)
		}
	}
	s := is.Subject
	if s.State != "" && s.Exe != "" {
		reason := map[string]Reason{Memfd: NowMemfd, Deleted: NowDeleted, Elsewhere: NowElsewhere}[s.State]
		whole := s
		whole.State = ""
		if all := j.byWho[who{is.User, is.Proto, whole}]; len(all) > 0 {
			return say(reason, all[0])
		}
		if all := j.byName[like{is.User, is.Proto, filepath.Base(s.Exe)}]; len(all) > 0 {
			return say(reason, all[0])
		}
		return Why{}
	}
	if changed != nil {
		return say(Updated, changed)
	}
	for _, a := range is.asked(l) {
		// The same program within reach of what is known: only the port differs.
		// Else it is open too, on a port that was not known either.
		all := j.byWho[who{is.User, is.Proto, a}]
		for _, k := range all {
			if k.Scope == is.Scope || k.Scope == Network {
				if k.lasts(l) && unchanged(k.Subject, l) != no {
					return say(OtherPort, k)
				}
			}
		}
		for _, k := range all {
			if k.lasts(l) && is.Scope == Network {
				return say(NowOpen, k)
			}
		}
	}
	if s.Exe == "" || s.Image != "" || s.Container != "" {
		return Why{}
	}
	if all := j.byExe[like{is.User, is.Proto, s.Exe}]; len(all) > 0 && process.IsInterpreter(s.Exe) {
		for _, k := range all {
			if k.Subject.Script == s.Script && k.Subject.Module == s.Module {
				return say(OtherScript, k) // in another folder
			}
		}
		return say(OtherScript, all[0])
	}
	for _, k := range j.byName[like{is.User, is.Proto, filepath.Base(s.Exe)}] {
		if k.Subject.Exe != s.Exe {
			return say(OtherFile, k)
		}
	}
	return Why{}
}
