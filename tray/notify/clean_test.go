package notify

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestCleanMakesOneLineOfVisibleCharacters(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain text stays", "python3 is listening on 127.0.0.1:62893", "python3 is listening on 127.0.0.1:62893"},
		{"newlines are folded", "a\n\r\n\tb\u2028c\u0085d", "a b c d"},
		{"the ends are trimmed", "  \n a  ", "a"},
		{"escape sequences lose their control character", "a\x1b[31mb\x00c\u009b1m", "a[31mbc1m"},
		{"bidi overrides go", "evil\u202egnp.exe\u2066\u200b\ufeff", "evilgnp.exe"},
		{"invisible letters go", "a\u3164b\u034f", "ab"},
		{"bad UTF-8 is marked", "a\xff\xfeb\xc3", "a\ufffd\ufffdb\ufffd"},
		{"noncharacters go", "a\uffff\ufdd0b", "ab"},
		{"other scripts stay", "服务器 слушает", "服务器 слушает"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := clean(c.in, 80); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestCleanCutsAtACharacterAndSaysSo(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"12345", "12345"},
		{"123456", "1234…"},
		{"1234 6", "1234…"},
		{"123 56", "123…"},
		{"12345 ", "12345"},
		{"äöüßéx", "äöüß…"},
		{"12345\u200b\n", "12345"},
	} {
		if got := clean(c.in, 5); got != c.want {
			t.Errorf("clean(%q, 5): got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestMarkupIsEscaped(t *testing.T) {
	got, want := escape(`<a href="x">&amp;</a>`), `&lt;a href="x"&gt;&amp;amp;&lt;/a&gt;`
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNothingLeavesAStringOnWindows(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"]]><x$(calc.exe)", "<x(calc.exe)"},
		{"]]]]>>", ""},
		{`]]"$>`, ""},
		{"`n\"a'b‘c’d“e”f„g«h»", "nabcdefgh"},
	} {
		if got := unscripted(c.in); got != c.want {
			t.Errorf("unscripted(%q): got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestATextIsNeverAnOption(t *testing.T) {
	if got := unoptioned("--help"); strings.HasPrefix(got, "-") {
		t.Errorf("got %q, want no leading hyphen", got)
	}
}

func FuzzCleanedTextIsFitToBeShown(f *testing.F) {
	f.Add("python3", 80)
	f.Add("a\xff\u202e\n\x00 b", 3)
	f.Add("]]]]>>$`", 5)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if limit < 1 || limit > 300 {
			t.Skip("no limit that is used")
		}
		got := clean(s, limit)
		if !utf8.ValidString(got) {
			t.Errorf("got invalid UTF-8 %q, want valid", got)
		}
		if n := utf8.RuneCountInString(got); n > limit {
			t.Errorf("got %d characters of %q, want at most %d", n, got, limit)
		}
		for _, r := range got {
			if r != ' ' && (unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf)) {
				t.Errorf("got %q in %q, want none of its kind", r, got)
			}
		}
		if strings.Contains(got, "  ") || strings.TrimSpace(got) != got {
			t.Errorf("got %q, want single spaces inside only", got)
		}
		if again := clean(got, limit); again != got {
			t.Errorf("got %q when cleaned again, want %q", again, got)
		}
		if e := escape(got); strings.ContainsAny(e, "<>") {
			t.Errorf("got %q, want no markup", e)
		}
		if u := unscripted(got); strings.ContainsAny(u, "$`\"'") || strings.Contains(u, "]]>") {
			t.Errorf("got %q, want nothing that leaves a string", u)
		}
	})
}
