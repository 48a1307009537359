package process

import (
	"slices"
	"strings"
	"testing"
)

func TestLinksAreFollowedToTheFile(t *testing.T) {
	files := map[string]string{ // what links say; "" for files and folders
		"/home": "", "/home/a": "", "/home/a/bin": "", "/home/a/bin/serve": "../shop/serve.py", "/home/a/shop": "/srv/shop",
		"/srv": "", "/srv/shop": "", "/srv/shop/serve.py": "", "/srv/loop": "loop", "/srv/gone": "nowhere",
		"/srv/up": "../../home/./a//bin", "/mnt": "", "/mnt/far": "", "/mnt/far/x": "", "/mnt/farther": "", "/srv/away": "/mnt/far/x",
		"/srv/long": strings.Repeat("./", maxSteps) + "shop",
	}
	for _, c := range []struct {
		from, want string // "" for one that can't be followed
	}{
		{"/srv/shop/serve.py", "/srv/shop/serve.py"},
		{"/home/a/bin/serve", "/srv/shop/serve.py"},
		{"/srv/up/serve", "/srv/shop/serve.py"},
		{"/home/a/shop/../shop", "/srv/shop"}, // the parent of where the link leads
		{"/mnt/farther", "/mnt/farther"},
		{"/mnt/far", ""},
		{"/mnt/far/x", ""},
		{"/srv/away", ""},
		{"/srv/loop", ""},
		{"/srv/gone", ""},
		{"/srv/long", ""},
		{"serve.py", ""},
		{"", ""},
	} {
		got, ok := follow(c.from, []string{"/mnt/far"}, func(path string) (string, bool) {
			if strings.HasPrefix(path, "/mnt/far/") || path == "/mnt/far" {
				t.Errorf("%q: %s was asked for, want nothing below /mnt/far", c.from, path)
			}
			to, ok := files[path]
			return to, ok
		})
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%q: got %q, %t, want %q", c.from, got, ok, c.want)
		}
	}
}

func TestMountsThatOthersAnswerForAreAvoided(t *testing.T) {
	got := parseUnsteadyMounts([]byte(`22 1 8:1 / / rw - ext4 /dev/sda1 rw
23 22 0:5 / /proc rw,nosuid shared:2 - proc proc rw
30 22 0:40 / /home/ada/my\040files rw shared:3 master:1 - fuse.sshfs host: rw
31 22 0:41 / /net rw - nfs4 server:/ rw
32 22 0:42 / /home rw - ext4 /dev/sdb1 rw
33 22 0:43 / /a\134b rw - autofs systemd-1 rw
not a mount
`))
	if want := []string{"/proc", "/home/ada/my files", "/net", `/a\b`}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	// Where the root is one of them nothing else could be followed.
	if got := parseUnsteadyMounts([]byte("22 1 0:40 / / rw - 9p host rw\n")); len(got) != 0 {
		t.Errorf("the root: got %q, want none", got)
	}
}
