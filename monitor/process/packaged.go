package process

// Which files belong to the system's packages.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
)

// Packages tells which files belong to packages of the system. It is safe for
// several goroutines and remembers its answers.
//
// It reads the package manager's own lists in place of asking the program: dpkg
// -S takes 84 to 213 ms for a path and wants both spellings, one pass over the
// lists (1,000 files, 11 MB) about 40 ms, and starts no program.
type Packages struct {
	root fs.FS // of the whole system; nil for none
	// ask asks a package manager whose lists are no text; nil where there is
	// none.
	ask func(ctx context.Context, path string) (string, error)

	mu    sync.Mutex
	known map[string]string
}

// ErrNoPackages says that no package manager is known here, so that nothing can
// be said of a file.
var ErrNoPackages = errors.New("no package manager is known here")

// Owner gives the package that a file belongs to, empty for none. The path is
// one without links, as the kernel tells it. Both spellings of a merged /usr
// count: a list may have /bin/bash for what is /usr/bin/bash (see dpkg's
// "aliased" paths). The error wraps ErrNoPackages where there is nobody to ask.
func (p *Packages) Owner(ctx context.Context, exe string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if owner, ok := p.known[exe]; ok {
		return owner, nil
	}
	owner, err := p.look(ctx, exe)
	if err != nil {
		return "", fmt.Errorf("find the package of %s: %w", exe, err)
	}
	if p.known == nil || len(p.known) >= maxHashes {
		p.known = make(map[string]string)
	}
	p.known[exe] = owner
	return owner, nil
}

func (p *Packages) look(ctx context.Context, exe string) (string, error) {
	for _, list := range []struct {
		dir, file string // the lists are in dir, or in its folders under the name file
		line      func(path string) string
		name      func(entry string) string
	}{
		{dir: "var/lib/dpkg/info", line: func(s string) string { return s },
			name: func(e string) string { n, _, _ := strings.Cut(strings.TrimSuffix(e, ".list"), ":"); return n }},
		{dir: "var/lib/pacman/local", file: "files", line: func(s string) string { return strings.TrimPrefix(s, "/") },
			name: func(e string) string { return e }},
	} {
		if p.root == nil {
			break
		}
		entries, err := fs.ReadDir(p.root, list.dir)
		if err != nil || len(entries) == 0 {
			continue
		}
		var lines [][]byte
		for _, s := range spellings(exe) {
			lines = append(lines, []byte("\n"+list.line(s)+"\n"))
		}
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				return "", err
			}
			at := path.Join(list.dir, e.Name())
			switch {
			case list.file != "" && e.IsDir():
				at = path.Join(at, list.file)
			case list.file != "" || !strings.HasSuffix(at, ".list"):
				continue
			}
			text, err := fs.ReadFile(p.root, at)
			if err != nil {
				continue // a package that is just being removed
			}
			for _, line := range lines {
				if bytes.Contains(text, line) || bytes.HasPrefix(text, line[1:]) {
					return list.name(e.Name()), nil
				}
			}
		}
		return "", nil
	}
	if p.ask == nil {
		return "", ErrNoPackages
	}
	return p.ask(ctx, exe)
}

// spellings gives the paths that a merged /usr makes one.
func spellings(exe string) []string {
	all := []string{exe}
	if rest, ok := strings.CutPrefix(exe, "/usr"); ok {
		for _, top := range []string{"/bin/", "/sbin/", "/lib/", "/lib64/", "/lib32/"} {
			if strings.HasPrefix(rest, top) {
				all = append(all, rest)
			}
		}
	}
	return all
}
