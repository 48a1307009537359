package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"portreeve/monitor/familiar"
	"portreeve/monitor/process"
)

// rulesVersion is the version of rules.toml. Version 1 had the same in nested
// tables; it is read, and written anew as this one at the next change.
const rulesVersion = 2

const rulesHead = `# What you told Portreeve to know, one [[rule]] each. Edit it as you like: a change
# counts at once. A rule needs exe or folder; what else you leave out is
#   user = you, protocol = "tcp", scope = "loopback", ports = "any", lasts = "good".
# ports: "8080", "3000-3999", "ephemeral" (any port that programs are given) or "any".
# scope: "loopback" (only this computer) or "network" (open to others, too).
`

// ruleDoc is a rule as it stands in the file.
type ruleDoc struct {
	ID       string    `toml:"id,omitempty"`
	Since    time.Time `toml:"since,omitempty"`
	User     string    `toml:"user,omitempty"`
	Exe      string    `toml:"exe,omitempty"`
	Script   string    `toml:"script,omitempty"`
	Module   string    `toml:"module,omitempty"`
	Dir      string    `toml:"dir,omitempty"`
	Build    string    `toml:"build,omitempty"`
	Folder   string    `toml:"folder,omitempty"`
	Image    string    `toml:"image,omitempty"`
	Contain  string    `toml:"container,omitempty"`
	AppImage string    `toml:"appimage,omitempty"`
	Unit     string    `toml:"unit,omitempty"`
	State    string    `toml:"state,omitempty"`
	Hidden   string    `toml:"hidden,omitempty"`
	Protocol string    `toml:"protocol,omitempty"`
	Scope    string    `toml:"scope,omitempty"`
	Ports    any       `toml:"ports,omitempty"` // a number is as good as a string
	Lasts    string    `toml:"lasts,omitempty"`
	Boot     string    `toml:"boot,omitempty"`
	PID      int32     `toml:"pid,omitempty"`
	Birth    string    `toml:"birth,omitempty"` // more than TOML's numbers hold
	SHA256   string    `toml:"sha256,omitempty"`
	Size     int64     `toml:"size,omitempty"`

	// Listener is version 1's.
	Listener *familiar.Pattern `toml:"listener,omitempty"`
}

type rulesDoc struct {
	Version int       `toml:"version"`
	Rules   []ruleDoc `toml:"rule"`
}

// hands are what a rule that was written by hand leaves out.
type hands struct{ user, home string }

// handsHere are this user's.
func handsHere() hands {
	var h hands
	if u, err := user.Current(); err == nil {
		h.user = u.Username
	}
	if home, err := os.UserHomeDir(); err == nil {
		h.home = home
	}
	return h
}

// parseRules reads the text of rules.toml. The error names the line, or the
// rule and the line that it begins in. Of a newer version as much is given as
// can be understood, with ErrReadOnly.
func parseRules(text string, h hands) ([]familiar.Rule, error) {
	var d rulesDoc
	meta, err := toml.Decode(text, &d)
	if err != nil {
		var pe toml.ParseError
		if errors.As(err, &pe) {
			return nil, fmt.Errorf("line %d: %s", pe.Position.Line, pe.Message)
		}
		return nil, err
	}
	newer := d.Version > rulesVersion
	if d.Version < 1 {
		return nil, fmt.Errorf(`it lacks the line "version = %d"`, rulesVersion)
	}
	if u := meta.Undecoded(); len(u) > 0 && !newer {
		return nil, fmt.Errorf("line %d: unknown key %q", lineOf(text, u[0]), u[0].String())
	}
	lines := ruleLines(text)
	seen := map[string]bool{}
	var rules []familiar.Rule
	for i, doc := range d.Rules {
		r, err := doc.rule(i, h)
		if err == nil {
			err = r.Check()
		}
		if err == nil && seen[r.ID] {
			err = fmt.Errorf("its id %q is another rule's, too; leave it out for one of its own", r.ID)
		}
		switch {
		case err != nil && newer:
			continue
		case err != nil && i < len(lines):
			return nil, fmt.Errorf("line %d: rule %d: %w", lines[i], i+1, err)
		case err != nil:
			return nil, fmt.Errorf("rule %d: %w", i+1, err)
		}
		seen[r.ID] = true
		rules = append(rules, r)
	}
	if newer {
		return rules, ErrReadOnly
	}
	return rules, nil
}

// ruleLines gives the numbers of the lines that rules begin in.
func ruleLines(text string) []int {
	var at []int
	for i, line := range strings.Split(text, "\n") {
		if isRuleLine(line) {
			at = append(at, i+1)
		}
	}
	return at
}

// isRuleLine reports the line that a rule begins with.
func isRuleLine(line string) bool {
	line, _, _ = strings.Cut(line, "#")
	line = strings.ReplaceAll(strings.TrimSpace(line), " ", "")
	return line == "[[rule]]"
}

// lineOf gives the first line that sets a key; the library does not tell.
func lineOf(text string, key toml.Key) int {
	last := key[len(key)-1]
	for i, line := range strings.Split(text, "\n") {
		name, _, _ := strings.Cut(line, "=")
		name = strings.Trim(name, " \t[]\"'")
		if name == last || name == key.String() {
			return i + 1
		}
	}
	return 1
}

// rule makes a rule of what stands in the file; i is its place there.
func (d ruleDoc) rule(i int, h hands) (familiar.Rule, error) {
	r := familiar.Rule{ID: d.ID, Since: d.Since, Lasting: familiar.Lasting(d.Lasts), Boot: d.Boot}
	if d.Listener != nil {
		r.Pattern = upgraded(*d.Listener)
		r.Lasting = familiar.ForGood
		return r, nil
	}
	path := func(p string) string {
		if p == "~" || strings.HasPrefix(p, "~/") {
			return filepath.Join(h.home, p[1:])
		}
		return p
	}
	r.Subject = familiar.Subject{
		Exe: path(d.Exe), Script: path(d.Script), Module: d.Module, Dir: path(d.Dir), Build: path(d.Build), Folder: path(d.Folder),
		Image: d.Image, Container: d.Contain, AppImage: path(d.AppImage), Unit: d.Unit, State: d.State, Hidden: d.Hidden,
		SHA256: d.SHA256, Size: d.Size,
	}
	r.User, r.Proto, r.Scope = or(d.User, h.user), or(d.Protocol, "tcp"), familiar.Scope(or(d.Scope, string(familiar.Loopback)))
	r.Lasting = familiar.Lasting(or(d.Lasts, string(familiar.ForGood)))
	switch p := d.Ports.(type) {
	case nil:
		r.Ports = familiar.AnyPort
	case string:
		r.Ports = familiar.Ports(p)
	case int64:
		r.Ports = familiar.Ports(strconv.FormatInt(p, 10))
	default:
		return r, fmt.Errorf(`ports is neither text ("3000-3999") nor a number`)
	}
	if r.ID == "" {
		r.ID = "hand-" + strconv.Itoa(i+1)
	}
	if d.Birth != "" || d.PID != 0 {
		birth, err := strconv.ParseUint(or(d.Birth, "0"), 16, 64)
		if err != nil {
			return r, fmt.Errorf("birth %q is no hexadecimal number", d.Birth)
		}
		r.Process = process.ID{PID: d.PID, Birth: birth}
	}
	return r, nil
}

// upgraded turns a pattern of version 1 into what the same listener has now.
func upgraded(p familiar.Pattern) familiar.Pattern {
	if unit, ok := strings.CutPrefix(p.Subject.Hidden, "unit "); ok {
		p.Subject.Hidden, p.Subject.Unit = "", unit
	}
	return p
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func readRules(path string) ([]familiar.Rule, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseRules(string(text), handsHere())
}

func (s *Store) loadRules(aside bool) []familiar.Rule {
	path, last := filepath.Join(s.dirs.Config, RulesFile), filepath.Join(s.dirs.State, lastGoodFile)
	rules, err := readRules(path)
	switch {
	case err == nil && aside: // what was edited by hand is the last good one, too
		s.keepGood(path, lastGoodFile)
		fallthrough
	case err == nil || errors.Is(err, fs.ErrNotExist):
		s.problem(RulesFile, "")
		return rules
	case errors.Is(err, ErrReadOnly):
		s.problem(RulesFile, fmt.Sprintf("The rules in %s were made by a newer Portreeve; they are used but not changed.", path))
		return rules
	case errors.Is(err, fs.ErrPermission):
		s.problem(RulesFile, fmt.Sprintf("The rules in %s can't be read: permission denied.", path))
		return nil
	}
	good, lastErr := readRules(last)
	kept := "none are in use, since none were saved before"
	if lastErr == nil {
		kept = "the last good ones are used"
	}
	if !aside {
		s.problem(RulesFile, fmt.Sprintf("The rules in %s can't be understood (%v); until that is mended %s.", path, err, kept))
		return good
	}
	away := path + ".broken-" + time.Now().Format("20060102-150405")
	if moveErr := os.Rename(path, away); moveErr != nil {
		s.problem(RulesFile, fmt.Sprintf("The rules in %s can't be understood (%v); %s.", path, err, kept))
		return good
	}
	s.problem(RulesFile, fmt.Sprintf("The rules could not be understood (%v). The file is kept as %s; %s. To have yours back, mend that line and copy it over rules.toml.", err, away, kept))
	if lastErr == nil {
		if err := s.writeRules(good); err != nil {
			s.problem(RulesFile, fmt.Sprintf("The rules can't be written: %v.", err))
		}
	}
	return good
}

func (s *Store) writeRules(rules []familiar.Rule) error {
	old, err := os.ReadFile(filepath.Join(s.dirs.Config, RulesFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write %s: %w", RulesFile, err)
	}
	text, err := renderRules(string(old), rules, handsHere())
	if err != nil {
		return fmt.Errorf("write %s: %w", RulesFile, err)
	}
	if err := writeText(s.dirs.Config, RulesFile, text); err != nil {
		return err
	}
	return writeText(s.dirs.State, lastGoodFile, "# A copy of the last good rules, for the day when rules.toml can't be read.\n"+text)
}

// RulesFile is where the rules are kept.
func (s *Store) RulesFile() string { return filepath.Join(s.dirs.Config, RulesFile) }

// RulesProblem says what is wrong with that file; empty when nothing is.
func (s *Store) RulesProblem() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.problems[RulesFile]
}
