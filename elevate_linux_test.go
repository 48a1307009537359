package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portreeve/monitor/process"
	"portreeve/monitor/reeve"
)

// fakePkexec stands for pkexec(1): it notes its arguments and does what body says.
func fakePkexec(t *testing.T, body string) (path, noted string) {
	t.Helper()
	dir := t.TempDir()
	path, noted = filepath.Join(dir, "pkexec"), filepath.Join(dir, "args")
	script := fmt.Sprintf("#!/bin/sh\nprintf '%%s\\n' \"$@\" > %s\n%s\n", noted, body)
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path, noted
}

func TestElevationHandsOnTheTwoIdsAndNothingElse(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	q := reeve.StopRequest{ID: "b-1f", Owner: "4711.1.2.3", Force: true, Elevate: true, Anyway: true}
	pkexec, noted := fakePkexec(t, `echo '{"result":"freed","free":true}'`)
	out, err := elevateBy(pkexec)(t.Context(), q)
	if err != nil || out != process.Ended {
		t.Errorf("got %v, %v, want Ended", out, err)
	}
	args, err := os.ReadFile(noted)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{self, "stop", "--json", "--exact", "b-1f", "4711.1.2.3", "--force", ""}, "\n")
	if string(args) != want {
		t.Errorf("got the arguments\n%swant\n%s", args, want)
	}
}

func TestElevationTellsHowItFailed(t *testing.T) {
	for name, c := range map[string]struct {
		body, code string
		out        process.Outcome
	}{
		"the user closed the dialogue":        {"exit 126", reeve.CodeDenied, 0},
		"nobody can be asked":                 {"exit 127", reeve.CodeDenied, 0},
		"the process still runs":              {`echo '{"result":"running"}'; exit 1`, "", process.Running},
		"the other side refused":              {"exit 4", reeve.CodeFailed, 0},
		"the other side said what is no JSON": {"echo hello", reeve.CodeFailed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			pkexec, _ := fakePkexec(t, c.body)
			out, err := elevateBy(pkexec)(t.Context(), reeve.StopRequest{ID: "b-1f", Owner: "4711.1.2.3"})
			var e *reeve.Error
			code := ""
			if errors.As(err, &e) {
				code = e.Code
			}
			if out != c.out || code != c.code {
				t.Errorf("got %v, %v, want %v and code %q", out, err, c.out, c.code)
			}
		})
	}
}
