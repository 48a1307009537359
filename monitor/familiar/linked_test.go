package familiar

import (
	"testing"

	"portreeve/monitor/process"
)

const linkedShop, linkedNode = "/home/ada/shop", "/usr/bin/node"

// vite is the same program, started by its link and by its file.
func vite() (byLink, byFile process.Info) {
	byLink = program(linkedNode, linkedShop, "node_modules/.bin/vite")
	byLink.ScriptFile = linkedShop + "/node_modules/vite/bin/vite.js"
	return byLink, program(linkedNode, linkedShop, "node_modules/vite/bin/vite.js")
}

func TestAScriptIsOneSubjectByItsLinkAndByItsFile(t *testing.T) {
	byLink, byFile := vite()
	want := Subject{Exe: linkedNode, Script: linkedShop + "/node_modules/vite/bin/vite.js", Dir: linkedShop}
	for _, o := range []process.Info{byLink, byFile} {
		if got := SubjectOf(listening("127.0.0.1:1", o)); got != want {
			t.Errorf("%q: got  %+v\nwant %+v", o.Args, got, want)
		}
	}
	l, f := listening("127.0.0.1:3000", byLink), listening("127.0.0.1:3000", byFile)
	b := book().WithRule(Rule{ID: "r", Pattern: book().PatternOf(l)})
	if got := b.Judge(f); got != Familiar {
		t.Errorf("by its file, known by its link: got %s, want familiar", got)
	}
}

func TestARuleThatNamesALinkStillCovers(t *testing.T) {
	byLink, byFile := vite()
	other, _ := vite()
	other.Args = []string{linkedNode, "node_modules/.bin/other"}
	other.ScriptFile = linkedShop + "/node_modules/other/bin/other.js"
	outside := program(linkedNode, linkedShop, "run.js")
	outside.ScriptFile = "/opt/run.js"
	link := linkedShop + "/node_modules/.bin/vite"
	rule := func(s Subject) Rule {
		return Rule{ID: "r", Pattern: Pattern{User: "ada", Subject: s, Proto: "tcp", Scope: Loopback, Ports: "3000"}}
	}
	for name, c := range map[string]struct {
		rule Rule
		who  process.Info
		want Verdict
	}{
		"as it was made before links were followed": {rule(Subject{Exe: linkedNode, Script: link, Dir: linkedShop}), byLink, Familiar},
		"written by hand, for any folder":           {rule(Subject{Exe: linkedNode, Script: link}), byLink, Familiar},
		"the file, for any folder":                  {rule(Subject{Exe: linkedNode, Script: byLink.ScriptFile}), byLink, Familiar},
		"the folder that the link is in":            {rule(Subject{Folder: linkedShop}), outside, Familiar},
		"the folder that the file is in":            {rule(Subject{Folder: "/opt"}), outside, Familiar},
		"another script's link":                     {rule(Subject{Exe: linkedNode, Script: link, Dir: linkedShop}), other, Unfamiliar},
		"a link, and started by the file":           {rule(Subject{Exe: linkedNode, Script: link, Dir: linkedShop}), byFile, Unfamiliar},
	} {
		r := c.rule
		if r.Subject.Folder != "" {
			r.Ports = AnyPort
		}
		if got := book().WithRule(r).Judge(listening("127.0.0.1:3000", c.who)); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	// What is alike is found by the link, too.
	r := rule(Subject{Exe: linkedNode, Script: link, Dir: linkedShop})
	if got := NewJudge(book().WithRule(r)).Of(listening("127.0.0.1:4000", byLink)).Why.Reason; got != OtherPort {
		t.Errorf("on another port: got reason %q, want %q", got, OtherPort)
	}
	b := book().WithBaseline(nil)
	b.Baseline = []Pattern{r.Pattern}
	if got := b.Judge(listening("127.0.0.1:3000", byLink)); got != Baseline {
		t.Errorf("a baseline of before: got %s, want baseline", got)
	}
}
