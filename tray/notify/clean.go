package notify

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The most characters of a title and a body; what is longer is cut. Daemons differ in what they cut, and
// some let 400 characters fill the screen.
const (
	MaxTitle = 80
	MaxBody  = 200
	maxLabel = 40
)

// clean makes any text fit to be shown on one line: valid UTF-8 of at most limit
// characters, the last of them … where something was cut. White space of every
// kind is folded to single spaces; control characters, format characters (bidi
// overrides, zero-width ones), invisible letters and noncharacters are left out.
// One bad byte is enough for the bus to refuse the whole notice, so that a
// hostile name would silence its own alarm.
func clean(s string, limit int) string {
	var b strings.Builder
	n, space := 0, false
	last := 0 // the length of b before its last character
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if unicode.IsSpace(r) {
			space = n > 0
			continue
		}
		if unseen(r) {
			continue
		}
		if space && n < limit {
			last = b.Len()
			b.WriteByte(' ')
			n++
		}
		space = false
		if n == limit {
			return strings.TrimRight(b.String()[:last], " ") + "…"
		}
		last = b.Len()
		b.WriteRune(r) // writes U+FFFD for a byte that is no UTF-8
		n++
	}
	return b.String()
}

// unseen reports characters that show nothing themselves.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co, unicode.Other_Default_Ignorable_Code_Point) ||
		r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef
}

// escape makes a cleaned text safe for a daemon that renders markup in bodies
// (Desktop Notifications Specification 1.2, "Markup"). Titles are never parsed.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// unscripted takes out of a cleaned text what could leave a string on Windows:
// there the text is put into CDATA unescaped and, where that way fails, into an
// expandable PowerShell string.
func unscripted(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '$' || r == '`' || unicode.Is(unicode.Quotation_Mark, r) {
			return -1
		}
		return r
	}, s)
	for strings.Contains(s, "]]>") { // taking one out may make another
		s = strings.ReplaceAll(s, "]]>", "")
	}
	return s
}

// unoptioned keeps a text from being read as an option by the programs that
// beeep starts where its first way fails (notify-send, terminal-notifier).
func unoptioned(s string) string {
	if strings.HasPrefix(s, "-") {
		return "‐" + s[1:] // U+2010, a hyphen that no program takes for an option
	}
	return s
}
