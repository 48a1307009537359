package process

import (
	"errors"
	"testing"
	"testing/fstest"
)

func TestPackagesOwnTheirFilesInBothSpellings(t *testing.T) {
	debian := fstest.MapFS{
		"var/lib/dpkg/info/bash.list":          {Data: []byte("/.\n/bin\n/bin/bash\n/usr/share/doc/bash\n")},
		"var/lib/dpkg/info/nginx:amd64.list":   {Data: []byte("/.\n/usr/sbin/nginx\n")},
		"var/lib/dpkg/info/nginx:amd64.md5sum": {Data: []byte("\n/usr/bin/other\n")},
	}
	arch := fstest.MapFS{"var/lib/pacman/local/bash-5.2-1/files": {Data: []byte("%FILES%\nusr/\nusr/bin/bash\n")}}
	for name, c := range map[string]struct {
		root       fstest.MapFS
		path, want string
	}{
		"a path as the list has it":                  {debian, "/usr/sbin/nginx", "nginx"},
		"a list from before /usr was merged":         {debian, "/usr/bin/bash", "bash"},
		"a file of nobody's":                         {debian, "/usr/local/bin/bash", ""},
		"part of a path is not the path":             {debian, "/usr/sbin/ngin", ""},
		"only lists are lists":                       {debian, "/usr/bin/other", ""},
		"pacman's paths lack the first slash":        {arch, "/usr/bin/bash", "bash-5.2-1"},
		"a file of nobody's where pacman is at home": {arch, "/opt/x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := (&Packages{root: c.root}).Owner(t.Context(), c.path)
			if err != nil || got != c.want {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
	if _, err := (&Packages{root: fstest.MapFS{}}).Owner(t.Context(), "/usr/bin/bash"); !errors.Is(err, ErrNoPackages) {
		t.Errorf("without a package manager: got %v, want ErrNoPackages", err)
	}
}

func BenchmarkTheFirstQuestionForAPackage(b *testing.B) {
	for b.Loop() {
		if _, err := NewPackages().Owner(b.Context(), "/usr/bin/nothing-of-that-name"); err != nil {
			b.Skip(err)
		}
	}
}
