package window

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"portreeve/monitor/reeve"
)

// The least and the most that fields take, as reeve.Settings documents them.
const (
	mostSettle = 60_000 // milliseconds
	mostDays   = 3650
	mostMiB    = 10_000
)

// number reads what was typed into a field. The error is a sentence for people.
func number(text string, least, most int) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%s", tr("A whole number from {{.Least}} to {{.Most}}.", "Least", least, "Most", most))
	}
	return n, nil
}

// hour reads a time of the day, as generously as people write it, and gives it as
// the settings do: "22:00". Nothing is nothing.
func hour(text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", nil
	}
	for _, layout := range []string{"15:04", "15.04", "1504", "15", "3 PM", "3PM", "3:04 PM", "3:04PM"} {
		if t, err := time.Parse(layout, strings.ToUpper(text)); err == nil {
			return t.Format("15:04"), nil
		}
	}
	return "", fmt.Errorf("%s", tr("A time such as 22:00."))
}

// quiet reads both ends of the quiet hours: both are given, or none, and they
// differ.
func quiet(from, until string) (a, b string, err error) {
	if a, err = hour(from); err != nil {
		return "", "", err
	}
	if b, err = hour(until); err != nil {
		return "", "", err
	}
	if (a == "") != (b == "") {
		return "", "", fmt.Errorf("%s", tr("Both times are needed; leave both empty for no quiet hours."))
	}
	if a == b && a != "" {
		return "", "", fmt.Errorf("%s", tr("Both times are the same."))
	}
	return a, b, nil
}

// option is one of several values of a setting and what it is called.
type option struct{ value, label string }

func tellOptions() []option {
	return []option{{"all", tr("Everything new")}, {"open", tr("Only what is open to your network")}}
}

func pollOptions() []option {
	return []option{{reeve.PollAutomatic, tr("Automatic")}, {reeve.PollFast, tr("Always fast")}, {reeve.PollSaving, tr("Always saving")}}
}

func themeOptions() []option {
	return []option{{"system", tr("As the system")}, {"light", tr("Light")}, {"dark", tr("Dark")}}
}

// languageOptions are the system's language and every one that there is a file
// for, each by its own name.
func languageOptions() []option {
	all := []option{{"", tr("The system's language")}}
	if ls, err := languages(); err == nil { // a broken file is a test's affair
		for _, l := range ls {
			all = append(all, option{l.code, l.name})
		}
	}
	return all
}

// settingsTime bounds the question for the settings; firstSettings the one before
// the window is on the screen, which must not keep it from there.
const (
	settingsTime  = 5 * time.Second
	firstSettings = 300 * time.Millisecond
)

// askSettings asks once and hands the answer to the screen. One that does not come
// changes nothing.
func (w *window) askSettings(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settingsTime)
	defer cancel()
	if s, err := w.verbs.Settings(ctx); err == nil && s != nil {
		w.post(w.ctx, news{settings: s})
	}
}

// firstly asks for the settings before the window is drawn.
func firstly(ctx context.Context, verbs Verbs) (*reeve.SettingsAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, firstSettings)
	defer cancel()
	s, err := verbs.Settings(ctx)
	if err == nil && s == nil {
		err = errors.New("read settings: no answer")
	}
	return s, err
}

// adopt takes settings, whoever changed them: the theme and the language count at
// once.
func (w *window) adopt(s *reeve.SettingsAnswer) {
	old := w.settings
	w.settings = s
	if old == nil || old.Theme != s.Theme {
		wear(s.Theme)
	}
	if s.Language != w.tongue.now {
		if err := w.tongue.speak(s.Language); err != nil {
			slog.Warn("window: language", "error", err)
			return
		}
		if w.shell != nil {
			w.rebuild()
		}
	}
}

// rebuild makes everything on the screen anew, in another language. The page, the
// search and what is selected stay.
func (w *window) rebuild() {
	at := w.shell.at
	if p := w.shell.page(); p != nil {
		p.hidden()
	}
	scrolled := float32(0)
	if p, is := w.shell.page().(*settingsPage); is {
		scrolled = p.scroll.Offset.Y
	}
	w.build()
	w.shell.turn(at)
	if p, is := w.shell.page().(*settingsPage); is {
		p.scrollTo(scrolled)
	}
	w.refresh()
}
