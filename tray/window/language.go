package window

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"fyne.io/fyne/v2/lang"

	"portreeve/assets"
)

// Keys that every translation has beside the texts: its code as the settings
// write it, and its name in its own language.
const (
	languageCode = "language.code"
	languageName = "language.name"
)

// language is one that the window can speak.
type language struct {
	code, name string
	content    []byte
}

// languages are all that the program has a file for, by their names.
func languages() ([]language, error) {
	files, folder := assets.Translations()
	entries, err := files.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("read translations: %w", err)
	}
	var all []language
	for _, e := range entries {
		content, err := files.ReadFile(path.Join(folder, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("read translations: %w", err)
		}
		var texts map[string]any
		if err := json.Unmarshal(content, &texts); err != nil {
			return nil, fmt.Errorf("read translation %s: %w", e.Name(), err)
		}
		l := language{content: content}
		l.code, _ = texts[languageCode].(string)
		l.name, _ = texts[languageName].(string)
		if l.code == "" || l.name == "" {
			return nil, fmt.Errorf("read translation %s: no %s or no %s", e.Name(), languageCode, languageName)
		}
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b language) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

// tongue turns the window from one language to another. Fyne takes the language
// of the process's locale, which on Linux is the environment (gettext's manual,
// "Locale Environment Variables"), and looks again whenever it is given
// translations. The zero tongue is not ready: newTongue makes one.
type tongue struct {
	system map[string]string // the environment as it was; no entry for what was not set
	now    string            // the code that is spoken; empty for the system's
	lent   bool              // our texts stand in for those of the system's language
}

// The variables of the environment that decide.
const (
	localeAll  = "LC_ALL"
	localeList = "LANGUAGE"
)

func newTongue() *tongue {
	t := &tongue{system: map[string]string{}}
	for _, name := range []string{localeAll, localeList} {
		if v, is := os.LookupEnv(name); is {
			t.system[name] = v
		}
	}
	return t
}

// speak turns to a language by its code, or to the system's by none. Texts that
// were made before stay as they are. An unknown code is the system's language.
func (t *tongue) speak(code string) error {
	all, err := languages()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(l language) bool { return l.code == code })
	if i < 0 {
		code = ""
	}
	for _, name := range []string{localeAll, localeList} {
		if code != "" {
			err = os.Setenv(name, code)
		} else if v, was := t.system[name]; was {
			err = os.Setenv(name, v)
		} else {
			err = os.Unsetenv(name)
		}
		if err != nil {
			return fmt.Errorf("turn to language %q: %w", code, err)
		}
	}
	if err := translate(); err != nil {
		return err
	}
	t.now = code
	want := code
	if code == "" {
		if !t.lent {
			return nil
		}
		want = nearest(all, string(lang.SystemLocale()))
	}
	if lang.X(languageCode, "en") == want {
		return nil
	}
	// The locale is not the environment's here (Windows, macOS): our texts then
	// stand in for those of the system's language. Fyne's own, few as they are,
	// stay the system's.
	i = slices.IndexFunc(all, func(l language) bool { return l.code == want })
	t.lent = true
	if err := lang.AddTranslationsForLocale(all[i].content, lang.SystemLocale()); err != nil {
		return fmt.Errorf("turn to language %q: %w", code, err)
	}
	return nil
}

// nearest is the code of the language that a locale such as de-AT asks for;
// English where there is none.
func nearest(all []language, locale string) string {
	asked, _, _ := strings.Cut(locale, "-")
	for _, l := range all {
		if l.code == asked {
			return asked
		}
	}
	return "en"
}
