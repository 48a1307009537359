package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func putSettings(t *testing.T, d Dirs, text string) string {
	t.Helper()
	path := filepath.Join(d.Config, SettingsFile)
	if err := os.MkdirAll(d.Config, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func changed(change func(*Settings)) Settings {
	s := DefaultSettings()
	change(&s)
	return s
}

func TestSettingsAreAsAtFirstWhereNothingIsSaid(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want Settings
	}{
		"an empty file":        {"", DefaultSettings()},
		"one value":            {"polling = \"saving\"\n", changed(func(s *Settings) { s.Polling = PollSaving })},
		"one value of a table": {"version = 1\n[history]\ndays = 7\n", changed(func(s *Settings) { s.History.Days = 7 })},
		"a table in one line":  {"notices = { settle_ms = 0, sound = true }\n", changed(func(s *Settings) { s.Notices.SettleMS, s.Notices.Sound = 0, true })},
	} {
		t.Run(name, func(t *testing.T) {
			s, d := newStore(t)
			putSettings(t, d, c.text)
			if got := s.LoadSettings(true); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if p := s.Problems(); len(p) > 0 {
				t.Errorf("problems: got %q, want none", p)
			}
		})
	}
}

func TestAWrongSettingIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		"[notices]\nsettle_ms = 70000\n":                               "notices.settle_ms is 70000",
		"[notices]\nsettle_ms = -1\n":                                  "notices.settle_ms is -1",
		"[notices]\nquiet_from = \"22:00\"\n":                          "need each other",
		"[notices]\nquiet_from = \"22:00\"\nquiet_until = \"25:00\"\n": `notices.quiet_until is "25:00"`,
		"[notices]\nquiet_from = \"07:00\"\nquiet_until = \"07:00\"\n": "the same time",
		"[notices]\ntell = \"some\"\n":                                 `notices.tell is "some"`,
		"polling = \"often\"\n":                                        `polling is "often"`,
		"theme = \"pink\"\n":                                           `theme is "pink"`,
		"language = \"tlh\"\n":                                         `language is "tlh"`,
		"[history]\ndays = 0\n":                                        "history.days is 0",
		"[history]\nmib = 20000\n":                                     "history.mib is 20000",
		"[history]\ndays = \"many\"\n":                                 "line 2",
		"[history\n":                                                   "line 2",
	} {
		if _, _, err := parseSettings([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q in it", text, err, want)
		}
	}
}

func TestABrokenSettingsFileIsKeptAsideAndTheLastGoodOneCounts(t *testing.T) {
	s, d := newStore(t)
	const good = "# mine\npolling = \"fast\" # always\n"
	path := putSettings(t, d, good)
	s.LoadSettings(true)
	putSettings(t, d, "polling = fast\n")
	if got := s.LoadSettings(false); got.Polling != PollFast {
		t.Errorf("without moving: got %q, want the last good one", got.Polling)
	}
	if got := s.LoadSettings(true); got.Polling != PollFast {
		t.Errorf("got %q, want the last good one", got.Polling)
	}
	if p := s.Problems(); len(p) != 1 || !strings.Contains(p[0].Text, "line 1") || !strings.Contains(p[0].Text, "kept as") {
		t.Errorf("problems: got %q, want the line and where the file is kept", p)
	}
	kept, err := filepath.Glob(path + ".broken-*")
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept: got %v, %v, want one file", kept, err)
	}
	if text, err := os.ReadFile(kept[0]); err != nil || string(text) != "polling = fast\n" {
		t.Errorf("kept: got %q, %v, want what the user wrote", text, err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != good {
		t.Errorf("the file: got %q, %v, want the last good one", text, err)
	}
}

func TestAnUnknownKeyIsNamedAndKept(t *testing.T) {
	s, d := newStore(t)
	path := putSettings(t, d, "colour = \"red\"\npolling = \"fast\"\n")
	if got := s.LoadSettings(true); got.Polling != PollFast {
		t.Errorf("got %q, want the rest to count", got.Polling)
	}
	if p := s.Problems(); len(p) != 1 || !strings.Contains(p[0].Text, "colour") {
		t.Errorf("problems: got %q, want the key's name", p)
	}
	if err := s.SaveSettings(t.Context(), changed(func(s *Settings) { s.Theme = "dark" })); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), `colour = "red"`) {
		t.Errorf("got %q, %v, want the key to stay", text, err)
	}
}

func TestSettingsOfANewerVersionAreReadAndNeverWritten(t *testing.T) {
	s, d := newStore(t)
	const newer = "version = 2\nfuture = true\npolling = \"saving\"\n"
	path := putSettings(t, d, newer)
	if got := s.LoadSettings(true); got.Polling != PollSaving || len(s.Problems()) != 1 {
		t.Errorf("got %q and %q, want saving and a problem", got.Polling, s.Problems())
	}
	if err := s.SaveSettings(t.Context(), DefaultSettings()); !errors.Is(err, ErrReadOnly) {
		t.Errorf("write: got %v, want ErrReadOnly", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != newer {
		t.Errorf("the file was changed: %q, %v", text, err)
	}
}

func TestWhatPeopleWroteBesideTheValuesStays(t *testing.T) {
	to := changed(func(s *Settings) {
		s.Polling, s.Notices.Sound, s.Notices.QuietFrom, s.Notices.QuietUntil, s.History.Days = PollSaving, true, "22:00", "07:00", 7
	})
	for name, c := range map[string]struct{ old, want string }{
		"values are changed in their lines": {
			"# mine\npolling = \"fast\"   # on the desk\n\n[history]\n  days=30\n# end\n",
			"# mine\npolling = \"saving\"   # on the desk\n\n[history]\n  days=7\n# end\n\n[notices]\nquiet_from = \"22:00\"\nquiet_until = \"07:00\"\nsound = true\n",
		},
		"a key is added to its table": {
			"polling = 'fast'\n[notices]\ntell = \"open\"\n\n[history]\n",
			"polling = \"saving\"\n[notices]\ntell = \"all\"\nquiet_from = \"22:00\"\nquiet_until = \"07:00\"\nsound = true\n\n[history]\ndays = 7\n",
		},
		"a sign in a text is no comment": {
			"x = \"a # b = c\"\npolling = \"fast\"\n[history]\ndays = 7\n[notices]\nsound = true\nquiet_from = \"22:00\"\nquiet_until = \"07:00\"\n",
			"x = \"a # b = c\"\npolling = \"saving\"\n[history]\ndays = 7\n[notices]\nsound = true\nquiet_from = \"22:00\"\nquiet_until = \"07:00\"\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := settingsText([]byte(c.old), to)
			if err != nil || string(got) != c.want {
				t.Errorf("got  %q, %v\nwant %q", got, err, c.want)
			}
		})
	}
}

func TestAFileThatLinesDoNotShowIsWrittenAnew(t *testing.T) {
	to := changed(func(s *Settings) { s.History.Days = 7 })
	for _, old := range []string{"history = { days = 30 }\n", "history.days = 30\n", "polling = \"\"\"\nfast\"\"\"\n[history]\ndays = 30\n", "\x00"} {
		text, err := settingsText([]byte(old), to)
		if err != nil {
			t.Fatal(err)
		}
		if got, unknown, err := parseSettings(text); err != nil || got != to || len(unknown) > 0 {
			t.Errorf("%q became %q, which says %+v (unknown %q, %v), want %+v", old, text, got, unknown, err, to)
		}
	}
}

func FuzzSettingsText(f *testing.F) {
	f.Add("# mine\npolling = \"fast\"\n[history]\ndays = 30\n")
	f.Add("[[notices]]\n[a.b]\nhistory.days = 3")
	f.Fuzz(func(t *testing.T, old string) {
		to := changed(func(s *Settings) {
			s.Polling, s.History.Days, s.Notices.QuietFrom, s.Notices.QuietUntil = PollSaving, 7, "22:00", "07:00"
		})
		text, err := settingsText([]byte(old), to)
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := parseSettings(text); err != nil || got != to {
			t.Errorf("%q became %q, which says %+v, %v, want %+v", old, text, got, err, to)
		}
	})
}
