package cli

import (
	"strings"
	"testing"
)

func TestColumnsAlignByCellsAndNotByBytes(t *testing.T) {
	got := table([]row{
		{{text: "A"}, {text: "NAME"}, {text: "END"}},
		{{text: "long"}, {text: "日本"}, {text: "x"}},
		{{text: ""}, {text: "é"}, {text: ""}},
	}, 0, false)
	equal(t, "table", got, ""+
		"A     NAME  END\n"+
		"long  日本  x\n"+
		"-     é\n")
}

func TestATableIsCutToTheTerminal(t *testing.T) {
	rows := []row{{{text: "abc", style: red}, {text: "日本語"}, {text: "end"}}}
	for width, want := range map[int]string{
		20: "abc  日本語  end\n",
		16: "abc  日本語  end\n",
		15: "abc  日本語  e…\n",
		13: "abc  日本語\n",
		10: "abc  日本…\n",
		4:  "abc\n",
		2:  "a…\n",
		1:  "…\n",
	} {
		equal(t, "cut", table(rows, width, false), want)
	}
	equal(t, "coloured", table(rows, 7, true), "\x1b[31mabc\x1b[0m  …\n")
}

func FuzzNoTextForgesALineOrAColumn(f *testing.F) {
	f.Add("node", "a  b\nNew  127.0.0.1:1  x", 30)
	f.Add("日本\u0301", "\x1b[2K", 11)
	f.Fuzz(func(t *testing.T, name, place string, width int) {
		width &= 127
		got := table([]row{
			{{text: "NAME"}, {text: "END"}},
			{{text: clean(name, maxName)}, {text: clean(place, maxPlace)}},
		}, width, false)
		lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
		if len(lines) != 2 {
			t.Fatalf("got %d lines, want 2:\n%s", len(lines), got)
		}
		for _, line := range lines {
			if width > 0 && cells(line) > width {
				t.Errorf("got %q of %d cells, want at most %d", line, cells(line), width)
			}
			if fields := strings.FieldsFunc(strings.ReplaceAll(line, gap, "\x00"), func(r rune) bool { return r == 0 }); len(fields) > 2 {
				t.Errorf("got %d columns in %q, want at most 2", len(fields), line)
			}
		}
	})
}
