package cli

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"portreeve/monitor/reeve"
)

// ruled is a fake that has rules.
func ruled() *fake {
	f := &fake{listing: listing(tcp("127.0.0.1", 3000, "node", 10))}
	f.rules.list = reeve.RuleList{File: "/home/anna/.config/portreeve/rules.toml", Rules: []reeve.Rule{
		{ID: "r1", Text: "node may use any port, only on this computer", User: "anna", Matched: 14, LastMatch: "2026-11-23T09:00:00Z", Now: []string{"a"}},
		{ID: "r2\x1b", Text: "evil\x1b[31m may use port 1", User: "anna", Now: []string{}},
	}}
	return f
}

// fakeRules is what a fake says of rules, and what it was asked.
type fakeRules struct {
	list  reeve.RuleList
	asked []reeve.RuleRequest
}

func (f *fake) Rules(context.Context) (*reeve.RuleList, error) { return &f.rules.list, f.err }

func (f *fake) ChangeRule(_ context.Context, r reeve.RuleRequest) (*reeve.Rule, error) {
	f.rules.asked = append(f.rules.asked, r)
	return &reeve.Rule{ID: "r9", Text: "node may use any port, only on this computer"}, f.err
}

func (f *fake) TestRule(_ context.Context, r reeve.RuleRequest) (*reeve.RuleTest, error) {
	f.rules.asked = append(f.rules.asked, r)
	return &reeve.RuleTest{Text: "It would have silenced 1 of your last 20 notices.", Silenced: 1, Of: 20, Examples: []reeve.Spell{
		{Program: "node", Address: "127.0.0.1", Port: 3000, Protocol: "tcp", Opened: "2026-11-23T09:00:00Z", Place: "in ~/src"},
	}}, f.err
}

func TestRulesAreListedWithWhatTheyMatched(t *testing.T) {
	for _, args := range [][]string{{"rules"}, {"rules", "list"}} {
		got := ruled().run(t, args...)
		equal(t, "exit code", got.code, exitDone)
		contains(t, "the list", got.out, "r1")
		contains(t, "the list", got.out, "14 ")
		contains(t, "the list", got.out, "node may use any port, only on this computer\n")
		contains(t, "the list", got.out, "The rules are kept in /home/anna/.config/portreeve/rules.toml\n")
		for _, r := range got.out {
			if r == 0x1b {
				t.Errorf("got an escape sequence in %q, want none", got.out)
			}
		}
	}
	got := ruled().run(t, "rules", "--json")
	contains(t, "as JSON", got.out, `{"rules":[{"id":"r1"`)
	empty := &fake{}
	empty.rules.list.Problem = "The rules could not be understood (line 3: x)."
	got = empty.run(t, "rules")
	contains(t, "a broken file", got.out, "line 3")
	contains(t, "no rules", got.out, "There are no rules yet")
}

func TestRulesAreMadeOfAListenerOrByHand(t *testing.T) {
	here, err := filepath.Abs("shop")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want reeve.RuleRequest
	}{
		"from a port":            {[]string{"add", "3000", "--ports", "3000-3999"}, reeve.RuleRequest{Listener: "127.0.0.1-node", Ports: "3000-3999"}},
		"a folder from here":     {[]string{"add", "--folder", "shop", "--lasting", "restart"}, reeve.RuleRequest{Folder: here, Lasting: "restart"}},
		"a program and a script": {[]string{"add", "--exe", "/usr/bin/node", "--script", "/s.js", "--scope", "network", "--user", "bob"}, reeve.RuleRequest{Exe: "/usr/bin/node", Script: "/s.js", Scope: "network", User: "bob"}},
		"for UDP":                {[]string{"add", "--exe", "/usr/bin/node", "--udp"}, reeve.RuleRequest{Exe: "/usr/bin/node", Protocol: "udp"}},
		"a test of a rule":       {[]string{"test", "r1"}, reeve.RuleRequest{ID: "r1"}},
		"a test of a listener":   {[]string{"test", "127.0.0.1:3000", "--ports", "any"}, reeve.RuleRequest{Listener: "127.0.0.1-node", Ports: "any"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := ruled()
			got := f.run(t, append([]string{"rules"}, c.args...)...)
			if got.code != exitDone || len(f.rules.asked) != 1 || f.rules.asked[0] != c.want {
				t.Errorf("got %d, %+v, %s\nwant 0, %+v", got.code, f.rules.asked, got.errs, c.want)
			}
		})
	}
	got := ruled().run(t, "rules", "add", "3000")
	equal(t, "the echo", got.out, "Rule r9: node may use any port, only on this computer.\nTo undo it: portreeve rules remove r9\n")
	got = ruled().run(t, "rules", "test", "3000")
	contains(t, "a test", got.out, "It would have silenced 1 of your last 20 notices.\n")
	contains(t, "its example", got.out, "node")
	contains(t, "its example", got.out, "127.0.0.1:3000")
}

func TestKnowTakesAWiderChoice(t *testing.T) {
	for args, want := range map[string]reeve.KnowRequest{
		"":                           {},
		"--any-port":                 {Choice: "any_port"},
		"--folder --lasting restart": {Choice: "folder", Lasting: "restart"},
		"--lasting process":          {Lasting: "process"},
	} {
		f := ruled()
		want.ID = "127.0.0.1-node"
		got := f.run(t, append([]string{"know", "3000"}, strings.Fields(args)...)...)
		if got.code != exitDone || f.knew != want {
			t.Errorf("know 3000 %s: got %d, %+v, want 0, %+v", args, got.code, f.knew, want)
		}
	}
	equal(t, "both at once: exit code", ruled().run(t, "know", "3000", "--any-port", "--folder").code, exitUsage)
}

func TestRulesAreRemovedOneByOne(t *testing.T) {
	f := ruled()
	got := f.run(t, "rules", "remove", "r1", "r3")
	equal(t, "what is said", got.out, "Removed: rule r1\nRemoved: rule r3\n")
	if len(f.forgotten) != 2 || f.forgotten[1].Rule != "r3" {
		t.Errorf("got %+v, want r1 and r3 forgotten", f.forgotten)
	}
}

func TestWrongUseOfRulesSaysWhatIsRight(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"an unknown command":    {[]string{"rules", "show"}, `error: unknown command "rules show"`},
		"nothing to add":        {[]string{"rules", "add"}, "error: rules add needs a port, an address with a port, --exe or --folder"},
		"nothing to remove":     {[]string{"rules", "remove"}, "error: rules remove needs the id of a rule"},
		"two to add":            {[]string{"rules", "add", "1", "2"}, `error: add takes one argument, "2" is too much`},
		"a rule where none may": {[]string{"rules", "add", "r1"}, `error: "r1" is not a port`},
		"an argument of list":   {[]string{"rules", "list", "x"}, `error: list takes no argument, got "x"`},
	} {
		t.Run(name, func(t *testing.T) {
			got := ruled().run(t, c.args...)
			equal(t, "exit code", got.code, exitUsage)
			contains(t, "the error", got.errs, c.want)
			contains(t, "the hint", got.errs, "hint: ")
		})
	}
	f := ruled()
	f.listing = listing(tcp("127.0.0.1", 3000, "node", 10), tcp("127.0.0.1", 3000, "nginx", 11))
	got := f.run(t, "rules", "add", "3000")
	equal(t, "several: exit code", got.code, exitRefused)
	got = ruled().run(t, "rules", "add", "4000")
	equal(t, "nobody: exit code", got.code, exitNotListening)
}
