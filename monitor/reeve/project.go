package reeve

import (
	"sync"
	"time"

	"portreeve/monitor/process"
)

// projects finds the projects that folders are in, and remembers them for a
// while: ten thousand listeners of one program run in one folder. A folder on a
// file system that does not answer is in none until it does.
type projects struct {
	home string
	find func(dir, home string) string // nil for process.ProjectOf

	mu    sync.Mutex
	known map[string]string // by folder
	since time.Time
	asked map[string]*projectSearch // folders that are being asked for
}

// projectSearch is a question to the file system.
type projectSearch struct {
	done  chan struct{}
	found string // once done is closed
	late  bool   // nobody waits for it any more
}

// How long what was found is believed, how much of it is kept, and how long a
// file system may take.
const (
	projectAge   = time.Minute
	mostProjects = 512
	projectTime  = 250 * time.Millisecond
)

// of gives the project of a folder: the nearest one that has what projects
// have, the home and what is above it left out; empty where there is none.
func (p *projects) of(dir string) string {
	p.mu.Lock()
	found, ok := p.known[dir]
	if ok && time.Since(p.since) < projectAge {
		p.mu.Unlock()
		return found
	}
	s := p.asked[dir]
	if s == nil {
		s = p.ask(dir)
	}
	late := s.late
	p.mu.Unlock()
	if late {
		return ""
	}
	timer := time.NewTimer(projectTime)
	defer timer.Stop()
	select {
	case <-s.done:
		return s.found
	case <-timer.C:
		p.mu.Lock()
		defer p.mu.Unlock()
		s.late = true
		return ""
	}
}

// ask begins a search; mu is held. It ends when the file system answers.
func (p *projects) ask(dir string) *projectSearch {
	if p.asked == nil {
		p.asked = map[string]*projectSearch{}
	}
	s := &projectSearch{done: make(chan struct{})}
	p.asked[dir] = s
	find := p.find
	if find == nil {
		find = process.ProjectOf
	}
	go func() {
		s.found = find(dir, p.home)
		p.mu.Lock()
		defer p.mu.Unlock()
		defer close(s.done)
		delete(p.asked, dir)
		if p.known == nil || len(p.known) >= mostProjects || time.Since(p.since) >= projectAge {
			p.known, p.since = map[string]string{}, time.Now()
		}
		p.known[dir] = s.found
	}()
	return s
}
