package familiar

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"portreeve/monitor/process"
)

// Lasting is how long a rule lasts.
type Lasting string

// The ways of lasting, as they stand on the wire and in the file.
const (
	ForGood      Lasting = "good"    // until it is taken back
	UntilRestart Lasting = "restart" // until the machine restarts
	ThisProcess  Lasting = "process" // as long as one process
)

// Rule is a pattern that the user said to know. It is comparable.
type Rule struct {
	ID    string
	Since time.Time
	Pattern
	// Lasting is how long it lasts; empty is ForGood.
	Lasting Lasting
	// Boot names the run of the machine that a rule of limited lasting is for,
	// Process the process.
	Boot    string
	Process process.ID
}

// Lapsed reports whether a rule was for another run of the machine than this.
func (r Rule) Lapsed(boot string) bool {
	return r.Lasting != ForGood && r.Lasting != "" && (r.Boot == "" || r.Boot != boot)
}

// Same reports whether two rules say the same, whatever they are called and
// whenever they were made.
func (r Rule) Same(o Rule) bool {
	r.ID, r.Since, o.ID, o.Since = "", time.Time{}, "", time.Time{}
	if r.Lasting == "" {
		r.Lasting = ForGood
	}
	if o.Lasting == "" {
		o.Lasting = ForGood
	}
	return r == o
}

// Check reports what is wrong with a rule that somebody wrote by hand.
func (r Rule) Check() error {
	s := r.Subject
	switch {
	case r.ID == "":
		return errors.New("it has no id")
	case r.User == "":
		return errors.New("it has no user")
	case s.key() == Subject{}:
		return errors.New(`it names no program: say exe = "/path/of/the/program" or folder = "/path/of/a/folder"`)
	case r.Proto != "tcp" && r.Proto != "udp":
		return fmt.Errorf("protocol %q is neither tcp nor udp", r.Proto)
	case r.Scope != Loopback && r.Scope != Network:
		return fmt.Errorf("scope %q is neither loopback nor network", r.Scope)
	}
	for name, path := range map[string]string{"exe": s.Exe, "dir": s.Dir, "build": s.Build, "folder": s.Folder, "appimage": s.AppImage} {
		if path != "" && !rooted(path) && s.State != Memfd {
			return fmt.Errorf("%s %q is not a whole path", name, path)
		}
	}
	if s.Folder != "" {
		rest := s
		rest.Folder = ""
		switch {
		case rest != Subject{}:
			return errors.New("a rule for a folder names nothing else of the program")
		case r.Scope == Network:
			return errors.New(`a rule for a folder is for this computer only: say scope = "loopback"`)
		case filepath.Dir(filepath.Clean(s.Folder)) == filepath.Clean(s.Folder):
			return errors.New("a rule for the folder of all folders would know everybody")
		}
	}
	if n := len(s.SHA256); n != 0 && (n != 64 || strings.Trim(s.SHA256, "0123456789abcdef") != "") {
		return errors.New("sha256 is not 64 hexadecimal digits in lower case")
	}
	if err := r.Ports.check(); err != nil {
		return err
	}
	switch r.Lasting {
	case ForGood, "":
		return nil
	case UntilRestart, ThisProcess:
		if r.Boot == "" {
			return fmt.Errorf("lasting %q needs the boot that it is for; by hand only %q can be written", r.Lasting, ForGood)
		}
		if r.Lasting == ThisProcess && r.Process.PID <= 0 {
			return fmt.Errorf("lasting %q needs the process that it is for", r.Lasting)
		}
		return nil
	}
	return fmt.Errorf("lasting %q is neither %q, nor %q, nor %q", r.Lasting, ForGood, UntilRestart, ThisProcess)
}

// rooted reports a whole path of this platform, or of a Unix where a file of
// one is read elsewhere.
func rooted(path string) bool { return filepath.IsAbs(path) || strings.HasPrefix(path, "/") }

// key is the subject without what is no part of who it is: its hash.
func (s Subject) key() Subject {
	s.SHA256, s.Size = "", 0
	return s
}
