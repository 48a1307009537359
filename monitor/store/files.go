package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"portreeve/monitor/familiar"
)

// version is what the files of this program say in their first line; a file
// that says more is from a newer program and is not written.
const version = 1

const (
	RulesFile    = "rules.toml"      // in Config
	lastGoodFile = "rules.last.toml" // in State: what rules.toml last said
	baselineFile = "baseline.toml"   // in State
	stateFile    = "state.toml"      // in State
)

type baselineDoc struct {
	Version   int                `toml:"version"`
	Made      time.Time          `toml:"made"`
	Listeners []familiar.Pattern `toml:"listener"`
}

type stateDoc struct {
	Version     int       `toml:"version"`
	PausedUntil time.Time `toml:"paused_until"`
}

func decode(path string, doc any, version_ func() int) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	meta, err := toml.Decode(string(text), doc)
	if err != nil {
		var pe toml.ParseError
		if errors.As(err, &pe) {
			return fmt.Errorf("line %d: %s", pe.Position.Line, pe.Message)
		}
		return err
	}
	switch v := version_(); {
	case v > version:
		return ErrReadOnly
	case v < 1:
		return errors.New(`it lacks the line "version = 1"`)
	}
	if u := meta.Undecoded(); len(u) > 0 {
		return fmt.Errorf("unknown key %q", u[0].String())
	}
	return nil
}

func (s *Store) loadBaseline(aside bool) ([]familiar.Pattern, bool) {
	path := filepath.Join(s.dirs.State, baselineFile)
	var d baselineDoc
	err := decode(path, &d, func() int { return d.Version })
	switch {
	case err == nil:
		s.problem(baselineFile, "")
		for i := range d.Listeners {
			d.Listeners[i] = upgraded(d.Listeners[i])
		}
		return d.Listeners, true
	case errors.Is(err, fs.ErrNotExist):
		return nil, false
	case errors.Is(err, ErrReadOnly):
		return d.Listeners, true
	}
	s.problem(baselineFile, fmt.Sprintf("What was here at the first start (%s) can't be read: %v. Everything is taken as new until Portreeve starts again.", path, err))
	if aside {
		if err := os.Rename(path, path+".broken-"+time.Now().Format("20060102-150405")); err == nil {
			s.problem(baselineFile, fmt.Sprintf("What was here at the first start could not be understood. The file is kept beside %s, and what listens now counts as already here.", path))
			return nil, false
		}
	}
	return nil, true
}

func (s *Store) writeBaseline(ps []familiar.Pattern) error {
	return write(s.dirs.State, baselineFile, "# What listened when Portreeve first looked: \"already here\", neither known nor new.\n",
		baselineDoc{Version: version, Made: time.Now().Truncate(time.Second), Listeners: ps})
}

// LoadPause gives until when notices are held; zero for not at all.
func (s *Store) LoadPause() time.Time {
	var d stateDoc
	if err := decode(filepath.Join(s.dirs.State, stateFile), &d, func() int { return d.Version }); err != nil {
		return time.Time{} // notices that come although paused are the lesser evil
	}
	return d.PausedUntil
}

// SavePause remembers until when notices are held.
func (s *Store) SavePause(until time.Time) error {
	if err := os.MkdirAll(s.dirs.State, 0o700); err != nil {
		return fmt.Errorf("make the folder for state: %w", err)
	}
	return write(s.dirs.State, stateFile, "", stateDoc{Version: version, PausedUntil: until})
}

// write replaces a file atomically: a temporary one beside it, fsync, rename,
// fsync of the folder. A link is followed, so that it stays one.
func write(dir, name, head string, doc any) error {
	var text strings.Builder
	text.WriteString(head)
	if err := toml.NewEncoder(&text).Encode(doc); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return writeText(dir, name, text.String())
}

// writeText is write for a text that is ready.
func writeText(dir, name, text string) error {
	path := filepath.Join(dir, name)
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	folder := filepath.Dir(path)
	sweep(folder, filepath.Base(path))
	if err := replace(folder, path, []byte(text)); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// sweep removes temporary files that a killed program left, told by renameio's
// pattern: a dot, the name, and digits.
func sweep(folder, base string) {
	left, err := filepath.Glob(filepath.Join(folder, "."+base+"[0-9]*"))
	if err != nil {
		return // only a malformed pattern, and ours is not
	}
	for _, f := range left {
		_ = os.Remove(f) // what can't be removed harms nobody
	}
}
