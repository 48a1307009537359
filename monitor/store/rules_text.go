package store

// How rules.toml is written anew around what people wrote in it themselves.

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"portreeve/monitor/familiar"
)

// docOf writes a rule as people would.
func docOf(r familiar.Rule) ruleDoc {
	s := r.Subject
	d := ruleDoc{
		ID: r.ID, Since: r.Since, User: r.User, Exe: s.Exe, Script: s.Script, Module: s.Module, Dir: s.Dir, Build: s.Build,
		Folder: s.Folder, Image: s.Image, Contain: s.Container, AppImage: s.AppImage, Unit: s.Unit, State: s.State, Hidden: s.Hidden,
		Protocol: r.Proto, Scope: string(r.Scope), Ports: string(r.Ports), Lasts: or(string(r.Lasting), string(familiar.ForGood)),
		Boot: r.Boot, PID: r.Process.PID, SHA256: s.SHA256, Size: s.Size,
	}
	if r.Process.Birth != 0 {
		d.Birth = strconv.FormatUint(r.Process.Birth, 16)
	}
	return d
}

// ruleBlock is the text of one rule.
func ruleBlock(r familiar.Rule) (string, error) {
	var text strings.Builder
	enc := toml.NewEncoder(&text)
	enc.Indent = ""
	err := enc.Encode(struct {
		Rules []ruleDoc `toml:"rule"`
	}{[]ruleDoc{docOf(r)}})
	return strings.TrimLeft(text.String(), "\n"), err
}

// renderRules writes the file anew. What people wrote themselves stays as it
// is: rules that did not change keep their text, with the comments above and
// beside them. old is the text before, empty for none.
func renderRules(old string, rules []familiar.Rule, h hands) (string, error) {
	head, kept := keptBlocks(old, h)
	var text strings.Builder
	text.WriteString(head)
	for _, r := range rules {
		block, ok := kept[plain(r)]
		if !ok {
			var err error
			if block, err = ruleBlock(r); err != nil {
				return "", err
			}
			block = "\n" + block
		}
		text.WriteString(block)
	}
	// What was put together from pieces counts only if it reads as what was meant.
	if back, err := parseRules(text.String(), h); err == nil && sameRules(back, rules) {
		return text.String(), nil
	}
	text.Reset()
	fmt.Fprintf(&text, "%sversion = %d\n", rulesHead, rulesVersion)
	for _, r := range rules {
		block, err := ruleBlock(r)
		if err != nil {
			return "", err
		}
		text.WriteString("\n" + block)
	}
	return text.String(), nil
}

// keptBlocks splits the text of a file of this version into what stands before
// the first rule, and the text of each rule with the comments right above it.
func keptBlocks(old string, h hands) (head string, blocks map[familiar.Rule]string) {
	head = fmt.Sprintf("%sversion = %d\n", rulesHead, rulesVersion)
	rules, err := parseRules(old, h)
	starts := ruleLines(old)
	if err != nil || len(starts) != len(rules) || !strings.Contains(old, fmt.Sprintf("version = %d", rulesVersion)) {
		return head, nil
	}
	lines := strings.SplitAfter(old, "\n")
	for i := range starts {
		at := starts[i] - 1
		for at > 0 && strings.HasPrefix(strings.TrimSpace(lines[at-1]), "#") {
			at--
		}
		for at > 0 && strings.TrimSpace(lines[at-1]) == "" {
			at--
		}
		starts[i] = at
	}
	blocks = map[familiar.Rule]string{}
	for i, r := range rules {
		end := len(lines)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		block := strings.Join(lines[starts[i]:end], "")
		if !strings.HasSuffix(block, "\n") {
			block += "\n"
		}
		blocks[plain(r)] = block
	}
	if len(starts) > 0 {
		return strings.Join(lines[:starts[0]], ""), blocks
	}
	if !strings.HasSuffix(old, "\n") {
		old += "\n"
	}
	return old, blocks
}

// plain gives a rule whose time compares by ==.
func plain(r familiar.Rule) familiar.Rule {
	r.Since = time.Unix(r.Since.Unix(), 0).UTC()
	return r
}

// sameRules compares what was read with what was meant. Times are compared as
// such: TOML keeps no zone by name.
func sameRules(a, b []familiar.Rule) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].ID != b[i].ID || !a[i].Since.Equal(b[i].Since) || !a[i].Same(b[i]) {
			return false
		}
	}
	return true
}
