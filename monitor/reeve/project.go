package reeve

import (
	"sync"
	"time"

	"portreeve/monitor/process"
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
	found := process.ProjectOf(dir, p.home)
	p.known[dir] = found
	return found
}
