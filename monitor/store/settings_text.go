package store

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// assignment is a line "key = value", in groups: all up to the value, the key,
// the value, and the comment behind it.
var assignment = regexp.MustCompile(`^(\s*([A-Za-z0-9_-]+)\s*=\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^#"']*?)(\s*(?:#.*)?)$`)

// settingsText gives a file that says set, made of the old one so that what
// people wrote beside the values stays. A file that is written in a way that
// lines do not show (inline tables, dotted keys) is written anew.
func settingsText(old []byte, set Settings) ([]byte, error) {
	if len(old) > 0 {
		text := patch(string(old), set)
		if got, _, err := parseSettings([]byte(text)); err == nil && got == withoutLogin(set) {
			return []byte(text), nil
		}
	}
	var b strings.Builder
	b.WriteString(settingsHead)
	err := toml.NewEncoder(&b).Encode(struct {
		Version int `toml:"version"`
		Settings
	}{version, set})
	return []byte(b.String()), err
}

func withoutLogin(s Settings) Settings {
	s.StartAtLogin = false
	return s
}

// value is one key of the file.
type value struct{ table, key, text string }

// values gives set by table and key, in the order of the struct.
func values(set Settings) []value {
	var all []value
	var walk func(table string, v reflect.Value)
	walk = func(table string, v reflect.Value) {
		for i := range v.NumField() {
			key := v.Type().Field(i).Tag.Get("toml")
			switch f := v.Field(i); {
			case key == "-":
			case f.Kind() == reflect.Struct:
				walk(key, f)
			default:
				var b strings.Builder
				// A map of one key gives the line "key = value".
				if err := toml.NewEncoder(&b).Encode(map[string]any{key: f.Interface()}); err != nil {
					continue // can't be: they are texts, numbers and booleans
				}
				_, text, _ := strings.Cut(strings.TrimSpace(b.String()), " = ")
				all = append(all, value{table, key, text})
			}
		}
	}
	walk("", reflect.ValueOf(set))
	return all
}

// patch puts the values of set into a file's lines. Keys that are missing are
// added to their tables where they differ from those of a first start.
func patch(text string, set Settings) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	first := values(DefaultSettings())
	for i, v := range values(set) {
		begin, end := section(lines, v.table)
		done := false
		for at := begin; at >= 0 && at < end; at++ {
			if m := assignment.FindStringSubmatch(strings.TrimRight(lines[at], "\r")); m != nil && m[2] == v.key {
				lines[at], done = m[1]+v.text+m[4], true
				break
			}
		}
		if done || v == first[i] {
			continue
		}
		line := v.key + " = " + v.text
		if begin < 0 {
			lines = append(lines, "", "["+v.table+"]", line)
			continue
		}
		for end > begin && strings.TrimSpace(lines[end-1]) == "" {
			end--
		}
		lines = slices.Insert(lines, end, line)
	}
	return strings.Join(lines, "\n") + "\n"
}

// section gives the lines of a table, without its header; "" is what stands
// before the first one. begin is negative where there is no such table.
func section(lines []string, table string) (begin, end int) {
	begin = -1
	if table == "" {
		begin = 0
	}
	for i, line := range lines {
		name, isHeader := header(line)
		switch {
		case !isHeader:
		case begin >= 0:
			return begin, i
		case name == table:
			begin = i + 1
		}
	}
	return begin, len(lines)
}

func header(line string) (name string, ok bool) {
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, "[") {
		return "", false
	}
	name, _, _ = strings.Cut(strings.TrimLeft(line, "["), "]")
	return strings.TrimSpace(name), true
}
