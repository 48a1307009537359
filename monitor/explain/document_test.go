package explain

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestEveryVerdictIsDocumentedWithItsExitCodeAndMadeByATest(t *testing.T) {
	text, err := os.ReadFile("../../docs/explain.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[Verdict]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| (`[a-z_`, ]+`) \\| ([035]) \\|").FindAllStringSubmatch(string(text), -1) {
		for _, code := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(row[1], -1) {
			documented[Verdict(code[1])] = row[2]
		}
	}
	tests := ""
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		tests += string(b)
	}
	all := verdicts(t)
	for name, v := range all {
		want := "3"
		if v.Answers() {
			want = "0"
		} else if v.Listens() {
			want = "5"
		}
		if got := documented[v]; got != want {
			t.Errorf("%s: got the exit code %q in docs/explain.md, want %s", v, got, want)
		}
		if !regexp.MustCompile(`come\(t, [^\n]*, ` + name + `[,)]`).MatchString(tests) {
			t.Errorf("%s: no test comes to it", v)
		}
		delete(documented, v)
	}
	if len(documented) > 0 || len(all) < 30 {
		t.Errorf("got %d verdicts, and %v documented that don't exist", len(all), documented)
	}
}

// verdicts reads the constants from the source.
func verdicts(t *testing.T) map[string]Verdict {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "evidence.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]Verdict{}
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		kind, ok := spec.Type.(*ast.Ident)
		if !ok || kind.Name != "Verdict" {
			return true
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		all[spec.Names[0].Name] = Verdict(text)
		return true
	})
	return all
}

// Nobody is told that something is safe or malicious: that can't be known.
func TestNoWordScares(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(files, "../../docs/explain.md") {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if m := regexp.MustCompile(`(?i)\b(malicious|malware|virus|hack\w*|danger\w*|suspicious|safe|unsafe|threat\w*|attacker)\b`).Find(text); m != nil {
			t.Errorf("%s: got the word %q, want none such", f, m)
		}
	}
}
