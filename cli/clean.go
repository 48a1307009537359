package cli

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// The most cells that a piece of somebody else's text may take.
const (
	maxName     = 40
	maxPlace    = 160
	maxSentence = 400
)

// clean makes text that a program or a file's name chose safe to print, in at
// most limit cells. The result is one line of valid UTF-8 without control,
// format or other invisible characters: they are shown as \x1b or \u202e, bytes
// that are not UTF-8 as \xff. It never begins or ends with a space nor has two
// in a row, so no text can pass for the next column; and no more than three
// combining marks follow a character, so none covers the line above.
//
// A backslash stays as it is, for Windows paths: cleaning twice changes nothing,
// and a name that spells \x1b looks like an escaped one.
func clean(s string, limit int) string {
	var b strings.Builder
	taken, keep := 0, 0 // cells so far; bytes that leave room for the ellipsis
	space, marks := true, maxMarks
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		last := i+size == len(s)
		piece := s[i : i+size]
		wasSpace := space
		space = false
		switch {
		case r == utf8.RuneError && size == 1:
			piece = fmt.Sprintf(`\x%02x`, s[i])
		case r == ' ':
			space = true
			if wasSpace || last {
				piece = `\x20`
			}
		case !visible(r) || combining(r) && marks >= maxMarks:
			piece = escape(r)
		}
		if piece == s[i:i+size] && combining(r) {
			marks++
		} else {
			marks = 0
		}
		if space {
			marks = maxMarks // a mark on a space would look like a sign of its own
		}
		i += size
		taken += cells(piece)
		if taken > limit {
			return b.String()[:keep] + "…"
		}
		b.WriteString(piece)
		if taken < limit {
			keep = b.Len()
		}
	}
	return b.String()
}

const maxMarks = 3

func escape(r rune) string {
	switch {
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// visible reports characters that take ink where they stand and nothing else:
// no spaces, no controls, no formatting, nothing that fonts leave blank.
func visible(r rune) bool {
	switch {
	case r < 0x7f:
		return r > ' '
	case !unicode.IsGraphic(r), unicode.Is(unicode.Zs, r):
		return false
	case unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return false
	}
	return r != '\u2800' // the Braille pattern without dots
}

// combining reports marks that are drawn onto the character before them.
func combining(r rune) bool { return r >= 0x300 && unicode.In(r, unicode.Mn, unicode.Me) }

// cells gives the number of terminal cells that clean text takes, after
// Unicode's annex 11 (East Asian Width) with ambiguous characters as narrow.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += runeCells(r)
	}
	return n
}

func runeCells(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case combining(r), r >= 0x1160 && r <= 0x11ff: // Hangul vowels join the block before them
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// cut shortens clean text to at most limit cells, with an ellipsis where
// something was left out.
func cut(s string, limit int) string {
	if limit <= 0 {
		return ""
	}
	taken, keep := 0, 0
	for i, r := range s {
		w := runeCells(r)
		if taken+w > limit {
			return s[:keep] + "…"
		}
		taken += w
		if taken < limit {
			keep = i + utf8.RuneLen(r)
		}
	}
	return s
}
