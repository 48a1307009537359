package process

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"portreeve/monitor/socket"
)

func TestTheAncestorOfTheOthersComesFirstElseTheOldest(t *testing.T) {
	at := func(pid int32, age int, parents ...int32) Info {
		i := Info{ID: ID{PID: pid, Birth: uint64(pid)}, Started: time.Unix(int64(age), 0)}
		for _, p := range parents {
			i.Parents = append(i.Parents, Ancestor{ID: ID{PID: p, Birth: uint64(p)}})
		}
		return i
	}
	for name, c := range map[string]struct {
		in   []Info
		want []int32
	}{
		"master and workers":        {[]Info{at(30, 3, 10), at(20, 2, 10), at(10, 1)}, []int32{10, 20, 30}},
		"same tick, number wrapped": {[]Info{at(5, 1, 900), at(900, 1)}, []int32{900, 5}},
		"through one that holds not": {[]Info{at(30, 3, 20, 10), at(10, 5)},
			[]int32{10, 30}},
		"strangers":    {[]Info{at(7, 2), at(9, 1), at(8, 1)}, []int32{8, 9, 7}},
		"another life": {[]Info{{ID: ID{7, 1}, Started: time.Unix(2, 0)}, at(9, 1, 7)}, []int32{9, 7}},
		"one":          {[]Info{at(7, 2)}, []int32{7}},
		"none":         {nil, nil},
	} {
		sortOwners(c.in)
		if got := ownersOf(c.in); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func ownersOf(infos []Info) []int32 {
	var pids []int32
	for _, i := range infos {
		pids = append(pids, i.PID)
	}
	return pids
}

func TestHiddenSaysWhoseItIsAndWhatWouldShowIt(t *testing.T) {
	names := func(uid uint32) string {
		if uid == 0 {
			return "root"
		}
		return "u" + strconv.Itoa(int(uid))
	}
	mine := []Info{{UID: 1000}}
	for _, c := range []struct {
		me, of uint32
		owners []Info
		unit   string
		want   string
	}{
		{1000, 0, nil, "ssh.service", "belongs to root (ssh.service); sudo shows it"},
		{1000, 0, nil, "", "belongs to root; sudo shows it"},
		{1000, 33, nil, "", "belongs to u33; sudo shows it"},
		{1000, 0, nil, "cups.socket", "held by the system for cups.socket (socket activation); sudo shows it"},
		{1000, 0, nil, "init.scope", "held by the system on behalf of a service (socket activation); sudo shows it"},
		{1000, 1000, nil, "", "made by you, held by a process that can't be looked into; sudo shows it"},
		{1000, socket.NoUID, nil, "", "its owner can't be seen; sudo may show it"},
		{0, 0, nil, "", "no process holds it: the kernel does, or another container"},
		{0, 1000, nil, "container 0123456789ab", "no process holds it (container 0123456789ab): the kernel does, or another container"},
		{1000, 1000, mine, "", ""},
		{1000, 0, mine, "", "made by root, who may hold it too; sudo shows it"},
		{0, 1000, mine, "", ""},
		{1000, socket.NoUID, mine, "", ""},
	} {
		v := viewer{uid: c.me, userName: names}
		got := v.hidden(socket.Socket{UID: c.of}, c.owners, c.unit)
		if got != c.want {
			t.Errorf("%+v:\n got %q\nwant %q", c, got, c.want)
		}
	}
}

func TestProtectionIsDecidedByFileAndPlace(t *testing.T) {
	ancestors := []int32{50, 40, 1}
	for _, c := range []struct {
		s    suspect
		want string
	}{
		{suspect{pid: 60}, "itself"},
		{suspect{pid: 40}, "started Portreeve"},
		{suspect{pid: 1}, "started Portreeve"},
		{suspect{pid: 7, kernel: true}, "kernel"},
		{suspect{pid: 7, exe: "/usr/bin/dbus-daemon", system: true}, "D-Bus"},
		{suspect{pid: 7, exe: "/tmp/dbus-daemon"}, ""},
		{suspect{pid: 7, exe: "/usr/bin/gnome-shell", system: true}, "desktop"},
		{suspect{pid: 7, exe: "/usr/lib/xorg/Xorg", system: true}, "desktop"},
		{suspect{pid: 7, exe: "/home/a/sway"}, ""},
		{suspect{pid: 7, ppid: 1, exe: "/usr/lib/systemd/systemd", system: true}, "systemd"},
		{suspect{pid: 7, ppid: 9, exe: "/usr/lib/systemd/systemd", system: true, args: []string{"systemd", "--user"}}, "systemd"},
		{suspect{pid: 7, ppid: 9, exe: "/usr/lib/systemd/systemd", system: true}, ""},
		{suspect{pid: 7, exe: `C:\Windows\explorer.exe`, system: true}, "desktop"},
		{suspect{pid: 7, exe: "/usr/bin/python3.11", system: true, args: []string{"--user"}}, ""},
		{suspect{pid: 7}, ""},
	} {
		got := protectedBecause(c.s, 60, ancestors)
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%+v: got %q, want %q in it", c.s, got, c.want)
		}
	}
	if got := protectedBecause(suspect{pid: 1}, 60, nil); got == "" {
		t.Error("pid 1: got no protection, want it whoever started Portreeve")
	}
}

func TestATargetSurvivesTheWire(t *testing.T) {
	want := Target{ID{4711, 1<<63 + 5}, File{Dev: 0xfe00, Ino: 1 << 60}}
	got, err := ParseTarget(want.String())
	if err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, bad := range []string{"", "1", "1.2.3", "1.2.3.4.5", "0.2.3.4", "-1.2.3.4", "1.x.3.4", "1..3.4", "99999999999.1.1.1", " 1.2.3.4"} {
		if got, err := ParseTarget(bad); err == nil {
			t.Errorf("%q: got %v, want an error", bad, got)
		}
	}
}
