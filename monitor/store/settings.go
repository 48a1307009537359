package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// Settings are the user's choices. They stand in settings.toml, which people
// may edit; a change there counts at once. Keys that are missing have the values
// of DefaultSettings.
type Settings struct {
	Notices NoticeSettings `json:"notices" toml:"notices"`
	// Polling is how often is looked: PollAutomatic, PollFast or PollSaving.
	Polling string          `json:"polling" toml:"polling"`
	History HistorySettings `json:"history" toml:"history"`
	// Theme is the window's: "system", "light" or "dark".
	Theme string `json:"theme" toml:"theme"`
	// Language is the window's: "" for the system's, else "en" or "de".
	Language string `json:"language" toml:"language"`
	// StartAtLogin mirrors the desktop's autostart entry; it is not in the file.
	StartAtLogin bool `json:"start_at_login" toml:"-"`
}

// NoticeSettings say what is told, and when.
type NoticeSettings struct {
	// SettleMS is how long a listener that only this computer reaches has to
	// live before it is told, in milliseconds: 0 to 60,000; 500 at first. What
	// others can reach is told at once.
	SettleMS int `json:"settle_ms" toml:"settle_ms"`
	// QuietFrom and QuietUntil are "22:00" and "07:00" of local time; both empty
	// for never. Notices of that time come as one digest at its end.
	QuietFrom  string `json:"quiet_from" toml:"quiet_from"`
	QuietUntil string `json:"quiet_until" toml:"quiet_until"`
	// Sound plays the desktop's sound with a notice.
	Sound bool `json:"sound" toml:"sound"`
	// Tell is what is told of: "all", or "open" for only what others can reach.
	Tell string `json:"tell" toml:"tell"`
	// UDP tells of UDP, too.
	UDP bool `json:"udp" toml:"udp"`
	// QuietTerminal keeps quiet about what the user starts from a terminal.
	QuietTerminal bool `json:"quiet_terminal" toml:"quiet_terminal"`
}

// The ways of polling: automatic is fast on mains (ten looks a second) and
// saving on battery (two).
const (
	PollAutomatic = "automatic"
	PollFast      = "fast"
	PollSaving    = "saving"
)

// HistorySettings say what is recorded.
type HistorySettings struct {
	On   bool `json:"on" toml:"on"`
	Days int  `json:"days" toml:"days"` // 1 to 3650; 90 at first
	MiB  int  `json:"mib" toml:"mib"`   // 1 to 10,000; 64 at first
}

const (
	SettingsFile     = "settings.toml"      // in Config
	lastSettingsFile = "settings.last.toml" // in State: what settings.toml last said
)

// DefaultSettings are those of a first start.
func DefaultSettings() Settings {
	return Settings{
		Notices: NoticeSettings{SettleMS: 500, Tell: "all"},
		Polling: PollAutomatic,
		History: HistorySettings{On: true, Days: 90, MiB: 64},
		Theme:   "system",
	}
}

// Check reports what is wrong with settings that somebody wrote, by the key's
// name.
func (s Settings) Check() error {
	n := s.Notices
	switch {
	case n.SettleMS < 0 || n.SettleMS > 60_000:
		return fmt.Errorf("notices.settle_ms is %d, not between 0 and 60000", n.SettleMS)
	case (n.QuietFrom == "") != (n.QuietUntil == ""):
		return errors.New("notices.quiet_from and notices.quiet_until need each other: set both, or neither")
	case n.QuietFrom != "" && n.QuietFrom == n.QuietUntil:
		return errors.New("notices.quiet_from and notices.quiet_until are the same time")
	}
	for key, v := range map[string]string{"quiet_from": n.QuietFrom, "quiet_until": n.QuietUntil} {
		if _, err := time.Parse("15:04", v); v != "" && err != nil {
			return fmt.Errorf(`notices.%s is %q, not a time such as "22:00"`, key, v)
		}
	}
	for _, c := range []struct {
		key, value string
		may        []string
	}{
		{"notices.tell", n.Tell, []string{"all", "open"}},
		{"polling", s.Polling, []string{PollAutomatic, PollFast, PollSaving}},
		{"theme", s.Theme, []string{"system", "light", "dark"}},
		{"language", s.Language, []string{"", "en", "de"}},
	} {
		if !slices.Contains(c.may, c.value) {
			return fmt.Errorf("%s is %q, not one of %q", c.key, c.value, c.may)
		}
	}
	switch h := s.History; {
	case h.Days < 1 || h.Days > 3650:
		return fmt.Errorf("history.days is %d, not between 1 and 3650", h.Days)
	case h.MiB < 1 || h.MiB > 10_000:
		return fmt.Errorf("history.mib is %d, not between 1 and 10000", h.MiB)
	}
	return nil
}

// SettingsFile is the path of the file, whether it is there or not.
func (s *Store) SettingsFile() string { return filepath.Join(s.dirs.Config, SettingsFile) }

// SettingsProblem says what is wrong with the file; empty when nothing is.
func (s *Store) SettingsProblem() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.problems[SettingsFile]
}

// readSettings reads a file over the defaults. unknown are the keys that this
// version does not know, which are no error.
func readSettings(path string) (set Settings, unknown []string, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return set, nil, err
	}
	return parseSettings(text)
}

func parseSettings(text []byte) (set Settings, unknown []string, err error) {
	doc := struct {
		Version int `toml:"version"`
		Settings
	}{1, DefaultSettings()}
	meta, err := toml.Decode(string(text), &doc)
	if err != nil {
		var pe toml.ParseError
		if errors.As(err, &pe) {
			return set, nil, fmt.Errorf("line %d: %s", pe.Position.Line, pe.Message)
		}
		return set, nil, errors.New(strings.TrimPrefix(err.Error(), "toml: "))
	}
	set = doc.Settings
	if doc.Version > version {
		if set.Check() != nil { // a newer version may allow more
			set = DefaultSettings()
		}
		return set, nil, ErrReadOnly
	}
	for _, k := range meta.Undecoded() {
		unknown = append(unknown, k.String())
	}
	return set, unknown, set.Check()
}

// LoadSettings reads the settings. A file that can't be understood is a problem,
// told by Problems, and never an error: the last good settings count then. With
// aside the broken file is renamed and the last good one put in its place.
func (s *Store) LoadSettings(aside bool) Settings {
	path := s.SettingsFile()
	set, unknown, err := readSettings(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.problem(SettingsFile, "")
		return DefaultSettings()
	case errors.Is(err, ErrReadOnly):
		s.problem(SettingsFile, fmt.Sprintf("The settings in %s were made by a newer Portreeve; they are used but not changed.", path))
		return set
	case errors.Is(err, fs.ErrPermission):
		s.problem(SettingsFile, fmt.Sprintf("The settings in %s can't be read: permission denied.", path))
		return DefaultSettings()
	case err == nil:
		s.problem(SettingsFile, strangers(path, unknown))
		if aside {
			s.keepGood(path, lastSettingsFile)
		}
		return set
	}
	last := filepath.Join(s.dirs.State, lastSettingsFile)
	good, _, lastErr := readSettings(last)
	kept := "the last good ones are used"
	if lastErr != nil {
		good, kept = DefaultSettings(), "those of a first start are used"
	}
	said := fmt.Sprintf("The settings in %s can't be understood (%v); %s.", path, err, kept)
	if aside {
		away := path + ".broken-" + time.Now().Format("20060102-150405")
		if moveErr := os.Rename(path, away); moveErr == nil {
			said = fmt.Sprintf("The settings could not be understood (%v). The file is kept as %s; %s.", err, away, kept)
			if lastErr == nil {
				if text, err := os.ReadFile(last); err == nil {
					err = put(path, text)
					if err != nil {
						said += fmt.Sprintf(" They can't be written: %v.", err)
					}
				}
			}
		}
	}
	s.problem(SettingsFile, said)
	return good
}

// strangers words what is said of keys that are not known.
func strangers(path string, unknown []string) string {
	switch len(unknown) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("The settings in %s have a key that is not known and means nothing: %s.", path, unknown[0])
	}
	return fmt.Sprintf("The settings in %s have keys that are not known and mean nothing: %s.", path, strings.Join(unknown, ", "))
}

// keepGood copies a file that was understood into State. That it could not be copied is
// worth nothing to the user before the day when it is needed.
func (s *Store) keepGood(path, name string) {
	last := filepath.Join(s.dirs.State, name)
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	if have, err := os.ReadFile(last); err == nil && string(have) == string(text) {
		return
	}
	if os.MkdirAll(s.dirs.State, 0o700) == nil {
		_ = put(last, text)
	}
}

const settingsHead = `# Portreeve's settings. Edit them as you like: a change counts at once, and what is
# not here is as at first. Your own comments stay when Portreeve changes a value.
`

// SaveSettings writes the settings, which must pass Check. Comments and keys
// that are not known stay where they are.
func (s *Store) SaveSettings(ctx context.Context, set Settings) error {
	if err := set.Check(); err != nil {
		return err
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	path := s.SettingsFile()
	_, unknown, err := readSettings(path)
	switch {
	case errors.Is(err, ErrReadOnly):
		return fmt.Errorf("write the settings: %s: %w", path, err)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		s.LoadSettings(true) // keeps the broken one aside
	}
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write the settings: %w", err)
	}
	text, err := settingsText(old, set)
	if err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	if err := put(path, text); err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	s.problem(SettingsFile, strangers(path, unknown))
	s.keepGood(path, lastSettingsFile)
	return nil
}

// put replaces a file atomically; a link stays one.
func put(path string, text []byte) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	sweep(filepath.Dir(path), filepath.Base(path))
	return replace(filepath.Dir(path), path, text)
}
