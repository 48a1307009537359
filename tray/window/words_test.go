package window

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"portreeve/monitor/reeve"
)

func TestTextsOfProgramsAreMadeHarmless(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"python3", "python3"},
		{"naïve 日本", "naïve 日本"},
		{"a\nb\tc\rd", "a b c d"},
		{"\x1b[31mred\x07", `\x1b[31mred\x07`},
		{"evil\u202egnp.exe", `evil\u202egnp.exe`},
		{"zero\u200bwidth\ufeff", `zero\u200bwidth\ufeff`},
		{"bad\xff\xfeutf8", `bad\xff\xfeutf8`},
		{"real \ufffd sign", "real \ufffd sign"},
		{"nul\x00", `nul\x00`},
		{"c1\u009b", `c1\u009b`},
		{"tag\U000e0041", `tag\U000e0041`},
		{"line\u2028sep\u00a0nbsp", `line\u2028sep\u00a0nbsp`},
		{strings.Repeat("x", 61), strings.Repeat("x", 60) + "…"},
		{strings.Repeat("é", 60), strings.Repeat("é", 60)},
		{"", ""},
	} {
		expect(t, fmt.Sprintf("clean %q", tt.in), clean(tt.in, shortText), tt.want)
	}
}

func FuzzCleanTextIsOnePrintableLine(f *testing.F) {
	f.Add("a\xff\u202e\n")
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s, 20)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r\t\x1b\x00\u202e\u200b") {
			t.Errorf("clean %q: got %q, want one printable line", s, got)
		}
		// An escape takes up to 10 characters for one.
		if n := utf8.RuneCountInString(got); n > 20*10+1 {
			t.Errorf("clean %q: got %d characters, want at most 201", s, n)
		}
	})
}

func TestACommandLineCannotHideItsArguments(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, ""},
		{[]string{"ls", "-l"}, "ls -l"},
		{[]string{"ls", "a b"}, `ls "a b"`},
		{[]string{"ls", ""}, `ls ""`},
		{[]string{"sh", "-c", `echo "x"`}, `sh -c "echo \"x\""`},
		{[]string{"x", "a\nb"}, `x "a b"`},
	} {
		expect(t, fmt.Sprint(tt.args), commandLine(tt.args), tt.want)
	}
	long := make([]string, 100_000)
	for i := range long {
		long[i] = "argument"
	}
	if n := len(commandLine(long)); n > allText+100 {
		t.Errorf("length for 100,000 arguments: got %d, want about %d", n, allText)
	}
}

func TestAnAddressKeepsItsPortWhenItIsShortened(t *testing.T) {
	for _, tt := range []struct{ host, long, short string }{
		{"127.0.0.1", "127.0.0.1:8080", "127.0.0.1:8080"},
		{"255.255.255.255", "255.255.255.255:8080", "255.255.255.255:8080"},
		{"::1", "[::1]:8080", "[::1]:8080"},
		{"2001:db8:85a3:1234:5678:8a2e:370:7334", "[2001:db8:85a3:1234:5678:8a2e:370:7334]:8080", "[2001:db…:7334]:8080"},
		{"not\nan address", "not an address:8080", "not an address:8080"},
	} {
		l := &reeve.Listener{Address: tt.host, Port: 8080}
		expect(t, "address", address(l), tt.long)
		expect(t, "short address", shortAddress(l), tt.short)
	}
}

func TestTheLongestAddressesFitTheirColumn(t *testing.T) {
	test.NewApp()
	for _, host := range []string{"255.255.255.255", "2001:db8:85a3:1234:5678:8a2e:370:7334", "fe80::dead:beef", "dddd::dddd"} {
		text := shortAddress(&reeve.Listener{Address: host, Port: 65535})
		width := fyne.MeasureText(text, theme.TextSize(), fyne.TextStyle{Bold: true}).Width
		if room := float32(addressWidth - cellGap); width > room {
			t.Errorf("width of %s: got %v, want at most %v", text, width, room)
		}
	}
}

func TestSinceIsSaidAsPeopleDo(t *testing.T) {
	now := time.Date(2026, 11, 23, 14, 30, 0, 0, time.Local)
	for _, tt := range []struct{ since, want string }{
		{"", "before Portreeve"},
		{now.Add(-28 * time.Minute).Format(time.RFC3339), "14:02"},
		{now.Add(-28 * time.Minute).UTC().Format(time.RFC3339Nano), "14:02"},
		{now.AddDate(0, 0, -1).Format(time.RFC3339), "22 Nov, 14:30"},
		{now.AddDate(-1, 0, 0).Format(time.RFC3339), "23 Nov 2025"},
		{"yester\nday", "yester day"},
	} {
		expect(t, "since "+tt.since, since(&reeve.Listener{Since: tt.since}, now), tt.want)
	}
}

func TestAnErrorIsToldWithItsHint(t *testing.T) {
	wrapped := fmt.Errorf("post: %w", &reeve.Error{Message: "python3 is\u202e protected", Hint: "stop its service"})
	text, hint := failure(wrapped)
	expect(t, "text", text, `Not done: python3 is\u202e protected.`)
	expect(t, "hint", hint, "Hint: stop its service")
	text, hint = failure(errors.New("post: connection refused"))
	expect(t, "text", text, "Not done: post: connection refused.")
	expect(t, "hint", hint, "")
}

func TestEveryVerdictHasASignAndAWord(t *testing.T) {
	signs := map[string]bool{}
	for _, v := range []string{verdictNew, verdictKnown, verdictBaseline, "unknown"} {
		got := verdictOf(&reeve.Listener{Verdict: v})
		if got.sign == "" || got.word == "" || signs[got.sign] {
			t.Errorf("verdict %s: got %q, want a sign of its own and a word", v, got)
		}
		signs[got.sign] = true
	}
}
