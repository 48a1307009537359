package supervisor

import (
	"strconv"
	"strings"
)

// quoted makes a name that somebody chose fit for an error's text.
func quoted(name string) string {
	const most = 80
	if r := []rune(name); len(r) > most {
		name = string(r[:most]) + "…"
	}
	for _, r := range name {
		if r == '\uFFFD' || !strconv.IsPrint(r) {
			return strconv.QuoteToASCII(name)
		}
	}
	return name
}

// plain reports whether a name is made of letters, digits and the characters of
// extra, and doesn't begin with a dash: no tool takes such a name for an option,
// a pattern or two words.
func plain(name, extra string) bool {
	if name == "" || len(name) > 255 || name[0] == '-' {
		return false
	}
	for i := range len(name) {
		c := name[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && strings.IndexByte(extra, c) < 0 {
			return false
		}
	}
	return true
}

// digits reports whether s is a short decimal number.
func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && len(s) <= 9
}
