package reeve

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestTheProjectIsTheNearestFolderOfOne(t *testing.T) {
	home := t.TempDir()
	for _, f := range []string{".git/x", "src/shop/.git/x", "src/shop/web/package.json", "src/shop/web/node_modules/vite/package.json", "src/api/go.mod", "notes/a.txt"} {
		at := filepath.Join(home, f)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p := projects{home: home}
	for dir, want := range map[string]string{
		"src/shop":                       "src/shop",
		"src/shop/docs/deep":             "src/shop",
		"src/shop/web":                   "src/shop/web",
		"src/shop/web/node_modules/vite": "src/shop/web",
		"src/api":                        "src/api",
		"src":                            "",
		"notes":                          "",
		"":                               "", // the home, though it has a .git
	} {
		if want != "" {
			want = filepath.Join(home, want)
		}
		for range 2 { // found, and remembered
			if got := p.of(filepath.Join(home, dir)); got != want {
				t.Errorf("%q: got %q, want %q", dir, got, want)
			}
		}
	}
	if got := p.of("relative"); got != "" {
		t.Errorf("a relative folder: got %q, want none", got)
	}
}

func TestRememberedProjectsAreBounded(t *testing.T) {
	p := projects{}
	for i := range 3 * mostProjects {
		p.of(filepath.Join("/nowhere", string(rune('a'+i%26)), filepath.Base(t.Name()), string(rune(i+1000))))
	}
	if got := len(p.known); got > mostProjects {
		t.Errorf("got %d folders remembered, want at most %d", got, mostProjects)
	}
}

func TestAFileSystemThatDoesNotAnswerHoldsNobodyUp(t *testing.T) {
	silent, asked := make(chan struct{}), make(chan string, 9)
	p := projects{find: func(dir, _ string) string {
		asked <- dir
		if dir == "/dead" {
			<-silent
		}
		return dir
	}}
	began := time.Now()
	for range 20 {
		if got := p.of("/dead"); got != "" {
			t.Errorf("a folder that does not answer: got %q, want none", got)
		}
		if got := p.of("/alive"); got != "/alive" {
			t.Errorf("another folder meanwhile: got %q, want its project", got)
		}
	}
	if took := time.Since(began); took > 10*projectTime {
		t.Errorf("20 questions took %v, want one to wait for at most %v", took, projectTime)
	}
	close(silent)
	until(t, "the answer that came late counts", func() bool { return p.of("/dead") == "/dead" })
	if got := []string{<-asked, <-asked}; len(asked) != 0 || got[0] != "/dead" || got[1] != "/alive" {
		t.Errorf("asked for %q and %d more, want each folder once", got, len(asked))
	}
}
