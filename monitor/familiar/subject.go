package familiar

import (
	"path/filepath"
	"strings"

	"portreeve/monitor/process"
)

// SubjectOf names who listens. With several holders it is the topmost one. Its
// SHA256 and Size are left out: they tell whether it changed, not who it is.
//
//	a plain program       Exe (a packaged one keeps its path over updates)
//	an interpreter        Exe and Script, or Exe, Module and Dir
//	a build of a project  Build
//	in a container        Image or Container, with the above inside of it
//	an AppImage           AppImage
//	a hidden owner        Unit or Hidden
//
// A script is the file that its path leads to over symbolic links, so that
// node_modules/.bin/vite is the same as the file behind it. A file that is not
// the one at its path has a State in addition.
func SubjectOf(l Listening) Subject { return subjectOf(l, true) }

// linked gives the subject that a listener has by the path that its script was
// named by, where that holds symbolic links. Rules say that which were made
// before links were followed, or written by hand.
func linked(l Listening) (s Subject, ok bool) {
	if len(l.Owners) == 0 || l.Owners[0].ScriptFile == "" {
		return Subject{}, false
	}
	return subjectOf(l, false), true
}

func subjectOf(l Listening, followed bool) Subject {
	if len(l.Owners) == 0 {
		if l.Unit != "" {
			return Subject{Unit: l.Unit}
		}
		return Subject{Hidden: "owner"}
	}
	o := l.Owners[0]
	if o.Exe == "" {
		// Without a readable executable the name is all there is; it is the
		// program's own word, so it never equals a subject with a path.
		return Subject{Hidden: "name " + o.Name}
	}
	s := Subject{State: stateOf(l, o)}
	switch {
	case ContainerOf(o) != "" && l.Image != "":
		s.Image = l.Image
	case ContainerOf(o) != "":
		s.Container = o.Container
	case o.AppImage != "" && s.State == "":
		return Subject{AppImage: o.AppImage}
	}
	if folder, ok := buildOf(o); ok && (s.State == "" || s.State == Deleted) {
		// go run and go test delete what they built as soon as it has ended, and
		// cargo replaces it under a running program.
		s.Build, s.State = folder, ""
		return s
	}
	s.Exe = o.Exe
	if !process.IsInterpreter(o.Exe) {
		return s
	}
	s.Script, s.Module = process.ScriptOf(o)
	if followed && s.Script != "" && o.ScriptFile != "" {
		s.Script = o.ScriptFile
	}
	if s.Script == "" || s.Module != "" || s.Script == Inline || launcher(s.Script) {
		s.Dir = o.Dir
	}
	return s
}

// ContainerOf gives the container that a process is in, empty where that is our
// own: what is in there with us is on our machine.
func ContainerOf(o process.Info) string {
	if o.SameContainer {
		return ""
	}
	return o.Container
}

func stateOf(l Listening, o process.Info) string {
	switch {
	case o.Memfd:
		return Memfd
	case o.Deleted && !o.Updated && !l.Outlived:
		return Deleted
	case o.Elsewhere && ContainerOf(o) == "":
		return Elsewhere
	}
	return ""
}

// launcher reports a script that runs other people's programs and serves many
// projects, by the folder that such lie in: the working folder then counts too.
func launcher(script string) bool {
	script = filepath.ToSlash(script)
	for _, in := range []string{"/bin/", "/.bin/", "/sbin/", "/Scripts/"} {
		if i := strings.LastIndex(script, in); i >= 0 && !strings.Contains(script[i+len(in):], "/") {
			return true
		}
	}
	for _, in := range []string{"/node_modules/", "/site-packages/", "/dist-packages/", "/gems/"} {
		if strings.Contains(script, in) {
			return true
		}
	}
	return false
}

// asked gives the subjects that a rule may name to cover s, the narrowest
// first: s itself, s in any working folder, and an interpreter whatever it runs.
// The last two are only made by hand.
func (s Subject) asked() []Subject {
	all := []Subject{s}
	if s.Script != "" && s.Script != Inline && s.Dir != "" {
		anywhere := s
		anywhere.Dir = ""
		all = append(all, anywhere)
	}
	if s.Exe != "" && (s.Script != "" || s.Module != "") {
		whatever := s
		whatever.Script, whatever.Module, whatever.Dir = "", "", ""
		all = append(all, whatever)
	}
	return all
}

// places are the files and folders by which a rule for a folder covers s: where
// its program is, not merely where it was started, unless it is a module or
// code that has no place of its own.
func (s Subject) places() []string {
	if s.State != "" || s.Image != "" || s.Container != "" {
		return nil
	}
	var all []string
	add := func(path string) {
		if path != "" && path != Inline {
			all = append(all, path)
		}
	}
	add(s.Build)
	if s.Script == "" && s.Module == "" {
		add(s.Exe)
	}
	add(s.Script)
	add(s.Dir)
	return all
}
