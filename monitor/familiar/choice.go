package familiar

import (
	"path/filepath"

	"portreeve/monitor/process"
)

// ChoiceKey names one of the rules that a listener could get.
type ChoiceKey string

// The choices, from the narrowest to the widest, as they stand on the wire.
const (
	ThisPort    ChoiceKey = "this_port"
	AnyPorts    ChoiceKey = "any_port"
	UnderFolder ChoiceKey = "folder"
)

// Choice is one rule that a listener could get.
type Choice struct {
	Key ChoiceKey
	Pattern
	// Lasting are the ways that it can last, the usual one first.
	Lasting []Lasting
	// Suggested marks the narrowest sensible one.
	Suggested bool
}

// Rule makes the rule that was chosen.
func (c Choice) Rule(l Listening, b *Book, lasting Lasting) Rule {
	r := Rule{Pattern: c.Pattern, Lasting: lasting}
	if lasting == ForGood {
		return r
	}
	r.Boot = b.Boot
	if lasting == ThisProcess {
		r.Process = l.Owners[0].ID
	}
	return r
}

// Choices gives the rules that a listener could get, never none. others are the
// listeners that are there now: a folder is offered from its second program on.
// Home is the user's own folder, which is too wide to offer.
func (b *Book) Choices(l Listening, others []Listening, home string) []Choice {
	p := b.PatternOf(l)
	exact := p
	exact.Ports = Exactly(l.Local.Port())
	ways := lasting(l, p.Subject, home)
	temporary := b.IsEphemeral(l.Local.Port())
	all := []Choice{{Key: ThisPort, Pattern: exact, Lasting: ways, Suggested: p.Ports != Ephemeral}}
	if len(l.Owners) == 0 {
		// Nobody knows whom any other port would be given away to.
		return all
	}
	wide := p
	if !temporary {
		wide.Ports = AnyPort
	}
	all = append(all, Choice{Key: AnyPorts, Pattern: wide, Lasting: ways, Suggested: temporary})
	if folder := b.folderOf(l, p, others, home); folder != "" {
		under := Pattern{User: p.User, Subject: Subject{Folder: folder}, Proto: p.Proto, Scope: Loopback, Ports: AnyPort}
		all = append(all, Choice{Key: UnderFolder, Pattern: under, Lasting: []Lasting{ForGood, UntilRestart}})
	}
	return all
}

// lasting gives how long a rule for a listener can last. What can't be told from
// something else of the same name later is known as this process only. A home
// that lies in a folder for temporary files is the user's own all the same.
func lasting(l Listening, s Subject, home string) []Lasting {
	temporary := func(path string) bool { return inTemp(path) && (home == "" || !within(home, path)) }
	switch {
	case len(l.Owners) == 0:
		return []Lasting{ForGood, UntilRestart}
	case s.State != "", s.Script == Inline, s.Container != "", s.Hidden != "", temporary(s.Exe), temporary(s.Script):
		return []Lasting{ThisProcess}
	}
	return []Lasting{ForGood, UntilRestart, ThisProcess}
}

// folderOf gives the folder to offer: the project of the program, or the folder
// that it is in, where another program of the same user is known or listens in
// it too. Empty for none.
func (b *Book) folderOf(l Listening, p Pattern, others []Listening, home string) string {
	places := p.Subject.places()
	if p.Scope != Loopback || len(places) == 0 {
		return ""
	}
	folder := projectOver(l.Owners[0], places)
	switch {
	case home != "" && (!within(home, folder) || folder == home),
		home == "" && inTemp(folder), folder == "", folder == filepath.Dir(folder):
		return ""
	}
	named, _ := linked(l)
	second := func(s Subject) bool {
		if k := s.key(); k == p.Subject || k == named {
			return false
		}
		for _, at := range s.places() {
			if within(folder, at) {
				return true
			}
		}
		return false
	}
	for _, r := range b.Rules {
		if r.User == p.User && second(r.Subject) {
			return folder
		}
	}
	for _, o := range others {
		if len(o.Owners) > 0 && userOf(o) == p.User && second(SubjectOf(o)) {
			return folder
		}
	}
	return ""
}

// projectOver gives the project that one of the places is in, else the folder
// of the first of them.
func projectOver(o process.Info, places []string) string {
	for _, at := range places {
		if o.Project != "" && within(o.Project, at) {
			return o.Project
		}
	}
	if places[0] == o.Dir {
		return o.Dir
	}
	return filepath.Dir(places[0])
}
