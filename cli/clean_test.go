package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestCleanShowsWhatWouldDeceive(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain text stays", "python3 -m http.server", "python3 -m http.server"},
		{"letters of all scripts stay", "проба 日本 naïve", "проба 日本 naïve"},
		{"an escape sequence", "a\x1b[31mb", `a\x1b[31mb`},
		{"a new line", "a\nNew  127.0.0.1:1", `a\x0aNew \x20127.0.0.1:1`},
		{"a tab and a carriage return", "a\tb\rc", `a\x09b\x0dc`},
		{"DEL", "a\x7fb", `a\x7fb`},
		{"a C1 control", "a\u009b31m", `a\u009b31m`},
		{"text turned round", "a\u202egpj.exe", `a\u202egpj.exe`},
		{"isolates and marks", "\u2066\u200fa\u2069", `\u2066\u200fa\u2069`},
		{"a zero width space and a byte order mark", "a\u200bb\ufeff", `a\u200bb\ufeff`},
		{"a line separator", "a\u2028b", `a\u2028b`},
		{"letters that are blank", "a\u3164b\u2800c", `a\u3164b\u2800c`},
		{"a tag beyond the first plane", "a\U000e0041", `a\U000e0041`},
		{"a space that is none", "a\u00a0b\u3000c", `a\u00a0b\u3000c`},
		{"bytes that are no UTF-8", "a\xff\xc3(", `a\xff\xc3(`},
		{"half a character at the end", "a\xe2\x82", `a\xe2\x82`},
		{"the replacement character itself", "a\ufffdb", "a\ufffdb"},
		{"spaces that would make a column", "a  b", `a \x20b`},
		{"spaces at the ends", " a ", `\x20a\x20`},
		{"a mark without a letter", "\u0301a", `\u0301a`},
		{"a heap of marks", "a" + strings.Repeat("\u0301", 5), "a\u0301\u0301\u0301" + `\u0301` + "\u0301"},
		{"a NUL", "a\x00b", `a\x00b`},
	} {
		t.Run(c.name, func(t *testing.T) {
			equal(t, "cleaned", clean(c.in, 100), c.want)
		})
	}
}

func TestCleanKeepsToItsLimitInCells(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"abcde", 5, "abcde"},
		{"abcdef", 5, "abcd…"},
		{"日本語", 6, "日本語"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
		{"a\x1bb", 4, "a…"},
	} {
		equal(t, "cleaned "+c.in, clean(c.in, c.limit), c.want)
	}
	equal(t, "length of a very long argument", len(clean(strings.Repeat("x", 1<<20), 40)), 39+len("…"))
}

func FuzzCleanGivesOneLineThatCantDeceive(f *testing.F) {
	for _, s := range []string{"", " ", "a\x1b[2J", "\u202ea", "日本  語", "e\u0301\u0301\u0301\u0301\u0301", "\xff\xfe", "👩\u200d💻", `\x1b`} {
		f.Add(s, 12)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = 2 + limit&63
		got := clean(s, limit)
		if !utf8.ValidString(got) {
			t.Errorf("got %q, want valid UTF-8", got)
		}
		for _, r := range got {
			if r != ' ' && !unicode.IsGraphic(r) || unicode.In(r, unicode.Cf, unicode.Cc, unicode.Zl, unicode.Zp) {
				t.Errorf("got %q with %U, want only what can be seen", got, r)
			}
		}
		if strings.Contains(got, "  ") || strings.HasPrefix(got, " ") || strings.HasSuffix(got, " ") {
			t.Errorf("got %q, want no spaces that look like the end of a column", got)
		}
		if n := cells(got); n > limit {
			t.Errorf("got %q of %d cells, want at most %d", got, n, limit)
		}
		if again := clean(got, limit); again != got {
			t.Errorf("cleaned twice: got %q, want %q", again, got)
		}
		if n := cells(cut(got, limit/2)); n > limit/2 {
			t.Errorf("cut: got %d cells, want at most %d", n, limit/2)
		}
	})
}

func TestCellsCountsWideCharactersTwiceAndMarksNot(t *testing.T) {
	for _, c := range []struct {
		in   string
		want int
	}{{"abc", 3}, {"日本", 4}, {"ｱ", 1}, {"Ａ", 2}, {"e\u0301", 1}, {"🚀", 2}, {"한", 2}, {"\u1112\u1161", 2}, {"é", 1}, {"", 0}} {
		equal(t, "cells of "+c.in, cells(c.in), c.want)
	}
}

func TestJSONIsOneLineOfPrintableText(t *testing.T) {
	const hostile = "a\nb\u202ec\u009bd\x7f\u2028<&>\U000e0041日本 \xff"
	line, err := jsonLine(map[string]string{"name": hostile})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"name":"a\nb\u202ec\u009bd\u007f\u2028<&>\udb40\udc41日本 \ufffd"}` + "\n"
	// encoding/json writes bad UTF-8 as the escape; both spell U+FFFD.
	equal(t, "line", strings.ReplaceAll(string(line), "\ufffd", `\ufffd`), want)
	var back map[string]string
	if err := json.Unmarshal(line, &back); err != nil {
		t.Fatal(err)
	}
	equal(t, "read back", back["name"], strings.ToValidUTF8(hostile, "\ufffd"))
}
