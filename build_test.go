package main

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"portreeve/monitor/reeve"
)

func TestTheProgramSaysWhatItWasMadeOf(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "portreeve")
	make := exec.Command("go", "build", "-o", binary, "-ldflags", "-X main.version=1.2.3 -X main.commit=abc -X main.date=2026-11-26T15:36:27Z", ".")
	make.Env = append(make.Environ(), "CGO_ENABLED=0")
	if out, err := make.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	out, err := exec.Command(binary, "version", "--json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var got reeve.Build
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("read %q: %v", out, err)
	}
	want := reeve.Build{Version: "1.2.3", Commit: "abc", Date: "2026-11-26T15:36:27Z",
		Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if out, err := exec.Command(binary, "version").Output(); err != nil || string(out) != "portreeve 1.2.3\n" {
		t.Errorf("for people: got %q, %v, want %q", out, err, "portreeve 1.2.3\n")
	}
}
