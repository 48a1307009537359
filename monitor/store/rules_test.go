package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portreeve/monitor/familiar"
	"portreeve/monitor/process"
)

var ada = hands{user: "ada", home: "/home/ada"}

func TestAHandWrittenRuleNeedsOnlyItsProgram(t *testing.T) {
	rules, err := parseRules("version = 2\n[[rule]]\nexe = \"~/bin/shop\"\n[[rule]]\nfolder = \"~/src/shop\"\n[[rule]]\nexe = \"/usr/bin/node\"\nports = 3000\nscope = \"network\"\n", ada)
	if err != nil {
		t.Fatal(err)
	}
	want := []familiar.Rule{
		{ID: "hand-1", Lasting: familiar.ForGood, Pattern: familiar.Pattern{User: "ada", Subject: familiar.Subject{Exe: "/home/ada/bin/shop"}, Proto: "tcp", Scope: familiar.Loopback, Ports: familiar.AnyPort}},
		{ID: "hand-2", Lasting: familiar.ForGood, Pattern: familiar.Pattern{User: "ada", Subject: familiar.Subject{Folder: "/home/ada/src/shop"}, Proto: "tcp", Scope: familiar.Loopback, Ports: familiar.AnyPort}},
		{ID: "hand-3", Lasting: familiar.ForGood, Pattern: familiar.Pattern{User: "ada", Subject: familiar.Subject{Exe: "/usr/bin/node"}, Proto: "tcp", Scope: familiar.Network, Ports: "3000"}},
	}
	if !sameRules(rules, want) {
		t.Errorf("got  %+v\nwant %+v", rules, want)
	}
}

func TestABrokenRuleIsNamedWithItsLineAndWhatToDo(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a line that is no TOML":       {"version = 2\n[[rule]]\nexe = /usr/bin/x\n", "line 3: "},
		"an unknown key":               {"version = 2\n\n[[rule]]\nexe = \"/x\"\nprot = 1\n", `line 5: unknown key "rule.prot"`},
		"a port that is none":          {"version = 2\n[[rule]]\nexe = \"/x\"\n\n[[ rule ]] # two\nexe = \"/y\"\nports = \"http\"\n", `line 5: rule 2: ports "http" is neither a port (8080), nor a range (3000-3999)`},
		"a rule for nobody":            {"version = 2\n[[rule]]\nports = \"any\"\n", `line 2: rule 1: it names no program: say exe = `},
		"a folder open to the network": {"version = 2\n[[rule]]\nfolder = \"/home/ada/src\"\nscope = \"network\"\n", `say scope = "loopback"`},
		"the folder of all folders":    {"version = 2\n[[rule]]\nfolder = \"/\"\n", "would know everybody"},
		"a path that is not whole":     {"version = 2\n[[rule]]\nexe = \"bin/x\"\n", `exe "bin/x" is not a whole path`},
		"the same id twice":            {"version = 2\n[[rule]]\nid = \"a\"\nexe = \"/x\"\n[[rule]]\nid = \"a\"\nexe = \"/y\"\n", "leave it out"},
		"ports of a third kind":        {"version = 2\n[[rule]]\nexe = \"/x\"\nports = [1, 2]\n", "neither text"},
		"a limit that needs a boot":    {"version = 2\n[[rule]]\nexe = \"/x\"\nlasts = \"restart\"\n", `by hand only "good" can be written`},
		"a hash that is none":          {"version = 2\n[[rule]]\nexe = \"/x\"\nsha256 = \"abc\"\n", "64 hexadecimal digits"},
		"no version":                   {"[[rule]]\nexe = \"/x\"\n", `it lacks the line "version = 2"`},
	} {
		t.Run(name, func(t *testing.T) {
			rules, err := parseRules(c.text, ada)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %+v, %v, want an error with %q", rules, err, c.want)
			}
		})
	}
}

// version1 is a file as the program before this version wrote it.
const version1 = `# What you told Portreeve to know.
version = 1

[[rule]]
  id = "r1a2b3c4"
  since = 2026-11-23T09:00:00Z
  [rule.listener]
    user = "ada"
    protocol = "tcp"
    scope = "loopback"
    ports = "ephemeral"
    [rule.listener.subject]
      exe = "/usr/bin/python3.11"
      module = "http.server"
      dir = "/home/ada/shop"

[[rule]]
  id = "r2"
  since = 2026-11-23T09:00:00Z
  [rule.listener]
    user = "root"
    protocol = "tcp"
    scope = "network"
    ports = "22"
    [rule.listener.subject]
      hidden = "unit ssh.service"
`

func TestAFileOfTheFirstVersionLosesNothing(t *testing.T) {
	s, d := newStore(t)
	if err := os.MkdirAll(d.Config, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(d.Config, RulesFile)
	if err := os.WriteFile(path, []byte(version1), 0o600); err != nil {
		t.Fatal(err)
	}
	since := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	want := []familiar.Rule{
		{ID: "r1a2b3c4", Since: since, Pattern: rule("x").Pattern},
		{ID: "r2", Since: since, Pattern: familiar.Pattern{User: "root", Subject: familiar.Subject{Unit: "ssh.service"}, Proto: "tcp", Scope: familiar.Network, Ports: "22"}},
	}
	if b := s.Load(familiar.Book{}, true); !sameRules(b.Rules, want) || len(s.Problems()) != 0 {
		t.Errorf("got  %+v, %q\nwant %+v", b.Rules, s.Problems(), want)
	}
	add(t, s, rule("new"))
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), "version = 2\n") {
		t.Errorf("after a change: got %q, %v, want version 2", text, err)
	}
	if b := Open(d).Load(familiar.Book{}, true); !sameRules(b.Rules, append(want, rule("new"))) {
		t.Errorf("after a change: got %+v, want the same and the new one", b.Rules)
	}
}

func TestWhatPeopleWroteIntoTheFileStaysAsItIs(t *testing.T) {
	const head = "# mine\nversion = 2\n"
	const first = "\n# the shop\n[[rule]]\nexe   =   '~/bin/shop'   # any port\nid = \"shop\"\n"
	const second = "\n# the blog\n[[rule]]\nid = \"blog\"\nexe = \"/usr/bin/blog\"\nports = 8080\n"
	rules, err := parseRules(head+first+second, ada)
	if err != nil {
		t.Fatal(err)
	}
	got, err := renderRules(head+first+second, append(rules, rule("new")), ada)
	if err != nil || !strings.HasPrefix(got, head+first+second+"\n[[rule]]\nid = \"new\"\n") {
		t.Errorf("a rule more: got %q, %v, want what stood there and the new one behind it", got, err)
	}
	if got, err := renderRules(head+first+second, rules[1:], ada); err != nil || got != head+second {
		t.Errorf("a rule less: got %q, %v, want %q", got, err, head+second)
	}
	wider := rules[0]
	wider.Scope = familiar.Network
	got, err = renderRules(head+first+second, []familiar.Rule{wider, rules[1]}, ada)
	if err != nil || !strings.HasSuffix(got, second) || strings.Contains(got, "the shop") {
		t.Errorf("a rule changed: got %q, %v, want a new text for it and the other kept", got, err)
	}
}

func TestEveryKindOfRuleComesBackFromTheFile(t *testing.T) {
	base := rule("a")
	with := func(change func(*familiar.Rule)) familiar.Rule {
		r := base
		change(&r)
		return r
	}
	const sum = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for name, r := range map[string]familiar.Rule{
		"a module":        base,
		"a hash":          with(func(r *familiar.Rule) { r.Subject = familiar.Subject{Exe: "/home/ada/x", SHA256: sum, Size: 7} }),
		"a folder":        with(func(r *familiar.Rule) { r.Subject = familiar.Subject{Folder: "/home/ada/src"}; r.Ports = "any" }),
		"a build":         with(func(r *familiar.Rule) { r.Subject = familiar.Subject{Build: "/home/ada/src"}; r.Ports = "3000-3999" }),
		"an image":        with(func(r *familiar.Rule) { r.Subject = familiar.Subject{Image: "nginx:1", Exe: "/usr/sbin/nginx"} }),
		"an appimage":     with(func(r *familiar.Rule) { r.Subject = familiar.Subject{AppImage: "/home/ada/x.AppImage", SHA256: sum} }),
		"a hidden owner":  with(func(r *familiar.Rule) { r.Subject = familiar.Subject{Unit: "ssh.service"} }),
		"until a restart": with(func(r *familiar.Rule) { r.Lasting, r.Boot = familiar.UntilRestart, "b" }),
		"one process": with(func(r *familiar.Rule) {
			r.Lasting, r.Boot, r.Process = familiar.ThisProcess, "b", process.ID{PID: 7, Birth: 1<<64 - 1}
			r.Subject = familiar.Subject{Exe: "/memfd:x\x01\u202e", State: familiar.Memfd}
		}),
		"a name that is an attack": with(func(r *familiar.Rule) {
			r.Subject.Dir = "/x\"\n[[rule]]\nexe = \"/evil\"\n"
		}),
	} {
		t.Run(name, func(t *testing.T) {
			text, err := renderRules("", []familiar.Rule{r}, ada)
			if err != nil {
				t.Fatal(err)
			}
			back, err := parseRules(text, ada)
			if err != nil || !sameRules(back, []familiar.Rule{r}) {
				t.Errorf("got  %+v, %v\nwant %+v\nfrom %s", back, err, r, text)
			}
		})
	}
}

// FuzzRules: whatever stands in the file, it is understood or refused, and what
// was understood comes back from what is written.
func FuzzRules(f *testing.F) {
	f.Add("version = 2\n[[rule]]\nexe = \"/x\"\nports = 80\n")
	f.Add(version1)
	f.Add("version = 2\n# c\n[[rule]]\nexe = '''/x\n[[rule]]\n'''\n[[rule]]\nfolder = \"~\"\n")
	f.Add("version = 2\nrule = [{exe = \"/x\"}]\n")
	f.Add("version = 3\n[[rule]]\nexe = 7\n")
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := parseRules(text, ada)
		if err != nil {
			return
		}
		for _, r := range rules {
			if err := r.Check(); err != nil {
				t.Fatalf("a rule that is none was taken: %+v: %v", r, err)
			}
		}
		again, err := renderRules(text, rules, ada)
		if err != nil {
			t.Fatalf("write: %v", err)
		}
		if back, err := parseRules(again, ada); err != nil || !sameRules(back, rules) {
			t.Fatalf("got  %+v, %v\nwant %+v\nfrom %q", back, err, rules, again)
		}
	})
}
