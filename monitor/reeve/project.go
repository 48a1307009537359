package reeve

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// projects finds the projects that folders are in, and remembers them for a
// while: ten thousand listeners of one program run in one folder.
type projects struct {
	home string

	mu    sync.Mutex
	known map[string]string // by folder
	since time.Time
}

// How long what was found is believed, and how much of it is kept.
const (
	projectAge   = time.Minute
	mostProjects = 512
)

// of gives the project of a folder: the nearest one that has what projects
// have, the home and what is above it left out; empty where there is none.
func (p *projects) of(dir string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if found, ok := p.known[dir]; ok && time.Since(p.since) < projectAge {
		return found
	}
	if p.known == nil || len(p.known) >= mostProjects || time.Since(p.since) >= projectAge {
		p.known, p.since = map[string]string{}, time.Now()
	}
	found := projectOf(dir, p.home)
	p.known[dir] = found
	return found
}

// projectFiles are what a project's folder has at its top.
func projectFiles() []string {
	return []string{
		".git", "go.mod", "package.json", "pyproject.toml", "requirements.txt", "Cargo.toml", "pom.xml", "build.gradle", "build.gradle.kts",
		"composer.json", "Gemfile", "mix.exs", "deno.json", "manage.py", "docker-compose.yml", "compose.yaml", ".hg",
	}
}

// projectOf looks for the project of a folder. What package managers have put
// below it (node_modules) is a part of the project, not one of its own.
func projectOf(dir, home string) string {
	if !filepath.IsAbs(dir) {
		return ""
	}
	dir = filepath.Clean(dir)
	slashed := filepath.ToSlash(dir) + "/"
	if i := strings.Index(slashed, "/node_modules/"); i > 0 {
		dir = filepath.FromSlash(slashed[:i])
	}
	for {
		up := filepath.Dir(dir)
		if up == dir || home != "" && (dir == home || strings.HasPrefix(home, dir+string(filepath.Separator))) {
			return ""
		}
		for _, name := range projectFiles() {
			if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
				return dir
			}
		}
		dir = up
	}
}
