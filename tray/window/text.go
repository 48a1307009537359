package window

import (
	"fmt"

	"fyne.io/fyne/v2/lang"

	"portreeve/assets"
)

// Every text of the window is written in English where it is used and goes
// through tr or trn, whose first argument is also its key in the translations:
// it has to be a constant, so that a test can find all of them.

// translate makes the translations known to Fyne, which chooses the one that the
// process's locale asks for. It is called once, before the first text is made.
func translate() error {
	files, folder := assets.Translations()
	if err := lang.AddTranslationsFS(files, folder); err != nil {
		return fmt.Errorf("read translations: %w", err)
	}
	return nil
}

// tr gives a text in the user's language. Pairs are the names and values of what
// stands in it in double braces: tr("Stop {{.Program}}", "Program", name).
func tr(text string, pairs ...any) string {
	if len(pairs) == 0 {
		return lang.L(text)
	}
	return lang.L(text, named(pairs))
}

// trn is tr for a text that counts something: {{.N}} is n, and the translation
// has a form for each of the language's plurals. English is in en.json.
func trn(text string, n int, pairs ...any) string {
	return lang.N(text, n, named(append(pairs, "N", n)))
}

func named(pairs []any) map[string]any {
	all := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		all[pairs[i].(string)] = pairs[i+1]
	}
	return all
}
