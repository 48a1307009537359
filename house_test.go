package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport says which of our rooms each room may import. A room that is not
// named here may not exist: add it with a reason.
var mayImport = map[string][]string{
	"monitor/socket":     {},
	"monitor/process":    {"monitor/socket"},
	"monitor/familiar":   {"monitor/socket", "monitor/process"},
	"monitor":            {"monitor/socket", "monitor/process", "monitor/familiar"},
	"monitor/explain":    {"monitor/supervisor", "monitor/socket", "monitor/process", "monitor/familiar", "monitor"},
	"monitor/store":      {"monitor", "monitor/familiar", "monitor/process"},
	"monitor/supervisor": {"monitor/socket", "monitor/process"},
	"monitor/reeve":      {"monitor", "monitor/supervisor", "monitor/socket", "monitor/process", "monitor/familiar", "monitor/explain", "monitor/store"},
	"monitor/localapi":   {"monitor/reeve"},
	"tray/notify":        {},
	"tray":               {"monitor/reeve", "monitor", "monitor/familiar", "monitor/explain", "tray/notify", "assets"},
	"tray/autostart":     {},
	"tray/window":        {"monitor/localapi", "monitor/reeve", "assets"},
	"cli":                {"monitor/reeve"},
	"assets":             {},
	"assets/render":      {"assets"},
	"e2e":                {},
}

// onlyIn names modules that stay inside one room, so that they can be replaced
// there and cost nothing elsewhere.
var onlyIn = map[string][]string{
	"fyne.io/fyne/v2":                       {"tray/window"},
	"fyne.io/systray":                       {"tray"},
	"github.com/gen2brain/beeep":            {"tray/notify"},
	"github.com/godbus/dbus":                {"tray", "tray/notify", "monitor/supervisor", "e2e"},
	"github.com/spf13/cobra":                {"cli", ""},
	"github.com/BurntSushi/toml":            {"monitor/store"},
	"github.com/google/renameio":            {"monitor/store", "tray/autostart"},
	"modernc.org/sqlite":                    {"monitor/store"},
	"github.com/Microsoft/go-winio":         {"monitor/localapi"},
	"github.com/shirou/gopsutil/v3/net":     {"monitor/socket", "monitor/process"},
	"github.com/shirou/gopsutil/v3/process": {"monitor/process"},
}

func TestRoomsImportOnlyWhatTheyMay(t *testing.T) {
	rooms := map[string]bool{}
	eachImport(t, func(room, file, path string) {
		rooms[room] = true
		test := strings.HasSuffix(file, "_test.go")
		if ours, ok := strings.CutPrefix(path, "portreeve/"); ok && room != "" && !test {
			allowed, known := mayImport[room]
			if !known {
				t.Errorf("%s: room %q is not in the plan of the house", file, room)
			}
			if !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s; %q may import only %v", file, ours, room, allowed)
			}
		}
		if test {
			return
		}
		for module, where := range onlyIn {
			if (path == module || strings.HasPrefix(path, module+"/")) && !slices.Contains(where, room) {
				t.Errorf("%s imports %s, which belongs into %q only", file, path, where)
			}
		}
	})
	for room := range mayImport {
		if !rooms[room] {
			t.Errorf("the plan of the house names %q, and no Go file is there", room)
		}
	}
}

func TestOnlyOneFileStartsTheFyneDriver(t *testing.T) {
	var files []string
	eachImport(t, func(_, file, path string) {
		if path == "fyne.io/fyne/v2/app" {
			files = append(files, file)
		}
	})
	if len(files) != 1 {
		t.Errorf("fyne.io/fyne/v2/app is imported by %v, want exactly one file: without cgo it does not build", files)
	}
}

// eachImport walks the Go files of the house. It parses them itself: the go
// command's answer would come from the test cache after a new import.
func eachImport(t *testing.T, visit func(room, file, path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); file != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "build") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		room := filepath.ToSlash(filepath.Dir(file))
		if room == "." {
			room = ""
		}
		for _, imp := range f.Imports {
			path, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				return err
			}
			visit(room, file, path)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("walk the house: %v", err)
	}
}
