package explain

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes a program's own text fit to stand inside a sentence: one line of
// valid UTF-8, white space folded, control and format characters (C0, C1, bidi
// and zero-width ones) taken out, at most limit characters with an ellipsis.
func Clean(s string, limit int) string {
	out := make([]rune, 0, limit+1)
	space := false
	for i := 0; i < len(s) && len(out) <= limit; {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case r == utf8.RuneError && size == 1:
			r = unicode.ReplacementChar
		case unicode.IsSpace(r):
			space = len(out) > 0
			continue
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co, unicode.Zl, unicode.Zp):
			continue
		}
		if space {
			out, space = append(out, ' '), false
		}
		out = append(out, r)
	}
	if len(out) <= limit {
		return string(out)
	}
	return strings.TrimRight(string(out[:limit-1]), " ") + "…"
}
