package autostart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatADesktopWouldStart(t *testing.T) {
	for _, c := range []struct {
		name, entry string
		want        bool
	}{
		{"our own", string(desktopEntry("/usr/bin/portreeve")), true},
		{"of a program that is gone", string(desktopEntry("/gone/portreeve")), false},
		{"hidden", string(hiddenEntry()), false},
		{"hidden by XFCE's settings", string(desktopEntry("/usr/bin/portreeve")) + "Hidden=true\n", false},
		{"switched off by GNOME's settings", string(desktopEntry("/usr/bin/portreeve")) + "X-GNOME-Autostart-enabled=false\n", false},
		{"spaced and commented", "# mine\n\n[Desktop Entry]\nExec = portreeve\nHidden = false\n", true},
		{"hidden in another group only", "[Desktop Entry]\nExec=portreeve\n[Desktop Action X]\nHidden=true\n", true},
		{"empty", "", false},
		{"garbage", "\x00\xff[=\n]=", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := starts([]byte(c.entry), func(p string) bool { return p == "/usr/bin/portreeve" })
			if got != c.want {
				t.Errorf("got %v, want %v, of\n%s", got, c.want, c.entry)
			}
		})
	}
}

func TestAPathIsWrittenAsTheSpecificationWants(t *testing.T) {
	for program, want := range map[string][2]string{
		"/usr/bin/portreeve": {"TryExec=/usr/bin/portreeve\n", `Exec="/usr/bin/portreeve" at-login` + "\n"},
		"/home/a b/50%/$x":   {"TryExec=/home/a b/50%/$x\n", `Exec="/home/a b/50%%/\\$x" at-login` + "\n"},
		"/a\"b`c\\d\ne":      {`TryExec=/a"b` + "`" + `c\\d\ne` + "\n", `Exec="/a\\"b\\` + "`" + `c\\\\d\ne" at-login` + "\n"},
	} {
		entry := string(desktopEntry(program))
		for _, line := range want {
			if !strings.Contains(entry, line) {
				t.Errorf("of %q: got\n%s\nwant in it\n%s", program, entry, line)
			}
		}
		if !starts([]byte(entry), func(p string) bool { return p == program }) {
			t.Errorf("of %q: what was written is not read as the same program:\n%s", program, entry)
		}
	}
}

func TestALaunchAgentIsWellFormedWhateverThePath(t *testing.T) {
	text, err := launchAgent("/Users/a & <b>/portreeve")
	if err != nil {
		t.Fatal(err)
	}
	d, said := xml.NewDecoder(bytes.NewReader(text)), ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("got %v, want XML:\n%s", err, text)
		}
		if s, ok := token.(xml.CharData); ok && strings.HasPrefix(string(s), "/Users") {
			said = string(s)
		}
	}
	if want := "/Users/a & <b>/portreeve"; said != want {
		t.Errorf("program: got %q, want %q", said, want)
	}
}

func TestWindowsSettingsSwitchOffByAnOddByte(t *testing.T) {
	for _, c := range []struct {
		state []byte
		want  bool
	}{{nil, false}, {[]byte{2, 0, 0}, false}, {[]byte{6}, false}, {[]byte{3, 0, 0, 0, 1, 2}, true}, {[]byte{7}, true}} {
		if got := switchedOff(c.state); got != c.want {
			t.Errorf("of %v: got %v, want %v", c.state, got, c.want)
		}
	}
	if got, want := commandLine(`C:\Program Files\p.exe`), `"C:\Program Files\p.exe" at-login`; got != want {
		t.Errorf("command: got %s, want %s", got, want)
	}
}

func TestAProgramOfOneRunIsNotStartedAtLogin(t *testing.T) {
	_, err := Open(filepath.Join(os.TempDir(), "go-build1234", "b001", "exe", "portreeve"))
	if !errors.Is(err, ErrTemporary) {
		t.Errorf("got %v, want %v", err, ErrTemporary)
	}
	if _, err := Open("portreeve"); err == nil || errors.Is(err, ErrTemporary) {
		t.Errorf("of a relative path: got %v, want an error", err)
	}
}
