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
	var b strings.Builder
	n, space := 0, false
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case r == utf8.RuneError && size == 1:
			r = unicode.ReplacementChar
		case unicode.IsSpace(r):
			space = n > 0
			continue
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co, unicode.Zl, unicode.Zp):
			continue
		}
		need := 1
		if space {
			need = 2
		}
		if n+need > limit-1 && i < len(s) || n+need > limit {
			return strings.TrimRight(b.String(), " ") + "…"
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
		n += need
	}
	return b.String()
}
