package window

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"portreeve/assets"
)

// spoken are the texts of the window's sources: those that go through tr and trn,
// and those that should.
type spoken struct {
	single, plural map[string]string // the text: where it stands
	raw            map[string]string // looks like words, and is not translated
}

// looksLikeWords tells a text for people from a name: two words, or a capital
// and small letters.
var looksLikeWords = regexp.MustCompile(`[A-Za-z]{2,}[,.:;…]? +[A-Za-z]{2,}|^[A-Z][a-z]{2,}[ .:…]*$`)

// commands are typed as they stand in every language.
var commands = map[string]bool{"sudo portreeve list": true, "Stop ": true /* how the resident's labels begin */}

// notForPeople are calls whose texts are for logs and errors, which the window
// shows as the resident tells them, or no texts at all.
var notForPeople = map[string]bool{
	"errors.New": true, "fmt.Errorf": true, "slog.Warn": true, "slog.Error": true, "slog.Info": true, "os.Getenv": true,
	"strings.HasPrefix": true, "strings.Contains": true, "strings.ContainsAny": true, "panic": true, "fmt.Fprintln": true,
}

// spokenTexts reads the sources of this folder.
func spokenTexts(t *testing.T) spoken {
	t.Helper()
	s := spoken{map[string]string{}, map[string]string{}, map[string]string{}}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("sources: got %v, %v, want them all", files, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		tree, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		at := func(n ast.Node) string { return fset.Position(n.Pos()).String() }
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec, *ast.Field:
				// Paths, and the tags of structs.
				_, isField := n.(*ast.Field)
				return isField && n.(*ast.Field).Tag == nil
			case *ast.CallExpr:
				name := nameOf(n.Fun)
				if name == "tr" || name == "trn" {
					text, ok := constant(n.Args[0])
					if !ok {
						if file != "text.go" {
							t.Errorf("%s: the text of %s is no constant, so nobody can translate it", at(n), name)
						}
						return true
					}
					into := s.single
					if name == "trn" {
						into = s.plural
					}
					into[text] = at(n)
					// The names of what is filled in are no texts; the values may be.
					for i, a := range n.Args[1:] {
						if _, is := a.(*ast.BasicLit); !is || name == "tr" && i%2 == 1 || name == "trn" && i > 0 && i%2 == 0 {
							ast.Inspect(a, func(m ast.Node) bool { return s.look(m, at) })
						}
					}
					return false
				}
				if notForPeople[name] {
					s.collect(n, at)
					return false
				}
				return true
			case *ast.ValueSpec:
				// The title of the frame is the program's name.
				return !(len(n.Names) == 1 && n.Names[0].Name == "Title")
			}
			return s.look(n, at)
		})
	}
	return s
}

// collect takes the texts that go through tr in a call that has others, too.
func (s spoken) collect(call *ast.CallExpr, at func(ast.Node) string) {
	for _, a := range call.Args {
		if _, is := constant(a); !is {
			ast.Inspect(a, func(n ast.Node) bool { return s.look(n, at) })
		}
	}
}

// look notes a literal that looks like words.
func (s spoken) look(n ast.Node, at func(ast.Node) string) bool {
	if call, is := n.(*ast.CallExpr); is {
		if name := nameOf(call.Fun); name == "tr" || name == "trn" {
			if text, ok := constant(call.Args[0]); ok {
				if name == "tr" {
					s.single[text] = at(n)
				} else {
					s.plural[text] = at(n)
				}
			}
			return false
		}
		if notForPeople[nameOf(call.Fun)] {
			s.collect(call, at)
			return false
		}
		return true
	}
	if text, ok := constant(n); ok {
		if looksLikeWords.MatchString(text) && !commands[text] {
			s.raw[text] = at(n)
		}
		return false
	}
	return true
}

func nameOf(f ast.Expr) string {
	switch f := f.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, is := f.X.(*ast.Ident); is {
			return x.Name + "." + f.Sel.Name
		}
		return f.Sel.Name
	}
	return ""
}

// constant is the text of a literal, or of literals put together.
func constant(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.BasicLit:
		if n.Kind != token.STRING {
			return "", false
		}
		text, err := strconv.Unquote(n.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		a, ok := constant(n.X)
		b, ok2 := constant(n.Y)
		return a + b, ok && ok2 && n.Op == token.ADD
	}
	return "", false
}

func TestEveryTextOfTheWindowGoesThroughTheTranslations(t *testing.T) {
	s := spokenTexts(t)
	if len(s.single) < 100 || len(s.plural) < 5 {
		t.Fatalf("texts: got %d and %d plurals, want them all", len(s.single), len(s.plural))
	}
	for _, text := range slices.Sorted(maps.Keys(s.raw)) {
		t.Errorf("%s: %q is not translated", s.raw[text], text)
	}
}

// translations reads a language's file.
func translations(t *testing.T, file string) map[string]any {
	t.Helper()
	files, folder := assets.Translations()
	content, err := files.ReadFile(folder + "/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]any
	if err := json.Unmarshal(content, &texts); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return texts
}

var placeholder = regexp.MustCompile(`\{\{[^}]*\}\}`)

func fillsIn(text string) []string {
	all := placeholder.FindAllString(text, -1)
	slices.Sort(all)
	return slices.Compact(all)
}

// A language is complete when it has every text, each with what is filled in, and
// no text that is gone.
func TestEveryLanguageIsComplete(t *testing.T) {
	s := spokenTexts(t)
	all, err := languages()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 2 {
		t.Fatalf("languages: got %d, want at least English and German", len(all))
	}
	for _, l := range all {
		texts := translations(t, l.code+".json")
		check := func(key, text string, exact bool) {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s.json: %q is empty", l.code, key)
			}
			// "One" needs no number.
			if got, want := fillsIn(text), fillsIn(key); exact && !slices.Equal(got, want) {
				t.Errorf("%s.json: %q fills in %q, want %q", l.code, text, got, want)
			}
		}
		for key, at := range s.single {
			text, is := texts[key].(string)
			switch {
			case is:
				check(key, text, true)
			case l.code != "en": // English is in the sources
				t.Errorf("%s.json: %q is missing (%s)", l.code, key, at)
			}
		}
		for key, at := range s.plural {
			forms, is := texts[key].(map[string]any)
			if !is {
				t.Errorf("%s.json: the plurals of %q are missing (%s)", l.code, key, at)
				continue
			}
			one, _ := forms["one"].(string)
			other, _ := forms["other"].(string)
			check(key, one, false)
			check(key, other, true)
		}
		for key := range texts {
			if s.single[key] == "" && s.plural[key] == "" && key != languageCode && key != languageName {
				t.Errorf("%s.json: %q stands nowhere in the window any more", l.code, key)
			}
		}
	}
}

func TestGermanSpeaksToPeopleAlike(t *testing.T) {
	informal := regexp.MustCompile(`\b([Dd]u|[Dd]ein|[Dd]eine|[Dd]einen|[Dd]ir|[Dd]ich)\b`)
	var walk func(key string, v any)
	walk = func(key string, v any) {
		switch v := v.(type) {
		case string:
			if informal.MatchString(v) {
				t.Errorf("%q: got %q, want “Sie” or no address", key, v)
			}
			if strings.ContainsAny(v, `"'`) || strings.Contains(v, "...") {
				t.Errorf("%q: got %q, want „German quotes“ and …", key, v)
			}
		case map[string]any:
			for form, text := range v {
				walk(key+"/"+form, text)
			}
		}
	}
	for key, v := range translations(t, "de.json") {
		walk(key, v)
	}
}

// speaking runs the rest of a test in a language.
func speaking(t *testing.T, code string) {
	t.Helper()
	tg := newTongue()
	if err := tg.speak(code); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tg.speak(""); err != nil {
			t.Error(err)
		}
	})
}
