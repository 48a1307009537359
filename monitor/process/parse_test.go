package process

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// statLine is a line of /proc/PID/stat for a process of this name.
func statLine(comm string) string {
	return "4711 (" + comm + ") R 12 4710 4709 34816 4711 4194304 100 0 0 0 1 2 0 0 20 0 3 0 987654 1000000 200 18446744073709551615\n"
}

func TestAHostileNameDoesNotShiftTheFieldsOfStat(t *testing.T) {
	for _, comm := range []string{"sshd", "", ")", "(", "a) S 1\n", "a) S 1 1 1 1 1 2097152 1 ", "a b c", "\n", "x) (y", "\xff\x00"} {
		got, err := parseStat([]byte(statLine(comm)))
		want := procStat{comm: comm, state: 'R', ppid: 12, group: 4710, session: 4709, tty: true, flags: 4194304, start: 987654}
		if err != nil || got != want {
			t.Errorf("comm %q: got %+v, %v, want %+v", comm, got, err, want)
		}
	}
}

func TestACutStatIsAnErrorNotAGuess(t *testing.T) {
	whole := statLine("a")
	// Up to the digits of the start time, after which it would be another
	// number.
	for n := range strings.Index(whole, "987654") {
		if got, err := parseStat([]byte(whole[:n])); err == nil {
			t.Errorf("%q: got %+v, want an error", whole[:n], got)
		}
	}
	for _, bad := range []string{"", "(", ")(", "1 (a) RR 1", "1 (a) R -1 1 1 1 1 1", "1 (a) R 9999999999 1"} {
		if got, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q: got %+v, want an error", bad, got)
		}
	}
}

func TestAGroupThatCannotBeSeenIsZero(t *testing.T) {
	for in, want := range map[string]int32{" 4710 4709 ": 4709, " 0 0 ": 0, " -1 -1 ": 0} {
		got, err := parseStat([]byte(strings.Replace(statLine("a"), " 4710 4709 ", in, 1)))
		if err != nil || got.session != want || (got.group == 0) != (want == 0) {
			t.Errorf("%q: got group %d, session %d, %v, want session %d", in, got.group, got.session, err, want)
		}
	}
	for _, bad := range []string{" -2 4709 ", " 4710 -2 ", " 4710 9999999999 ", " x 1 "} {
		if got, err := parseStat([]byte(strings.Replace(statLine("a"), " 4710 4709 ", bad, 1))); err == nil {
			t.Errorf("%q: got %+v, want an error", bad, got)
		}
	}
}

func TestAKernelThreadIsKnownByItsFlag(t *testing.T) {
	line := strings.Replace(statLine("kworker/0:1"), " 4194304 ", " 69238880 ", 1) // 0x4208060, a kworker's
	got, err := parseStat([]byte(line))
	if err != nil || !got.kernelThread() {
		t.Errorf("got %+v, %v, want a kernel thread", got, err)
	}
	if got, err := parseStat([]byte(statLine("kthreadd"))); err != nil || got.kernelThread() {
		t.Errorf("a program called kthreadd: got a kernel thread, %v, want none", err)
	}
}

func TestTheEffectiveUserIsRead(t *testing.T) {
	got, err := parseStatusUID([]byte("Name:\tUid:\nUmask:\t0022\nUid:\t1000\t0\t0\t0\nGid:\t5\t5\t5\t5\n"))
	if err != nil || got != 0 {
		t.Errorf("got %d, %v, want 0", got, err)
	}
	for _, bad := range []string{"", "Name:\ta\n", "Uid:\t0\t0\t0\t0\n", "Name:\ta\nUid:\t1\n", "Name:\ta\nUid:\t1\tx\n", "Name:\ta\nUid:\t1\t99999999999\n"} {
		if got, err := parseStatusUID([]byte(bad)); err == nil {
			t.Errorf("%q: got %d, want an error", bad, got)
		}
	}
}

func TestACommandLineIsSplitAndBounded(t *testing.T) {
	for in, want := range map[string][]string{
		"":                                  nil,
		"\x00\x00":                          nil,
		"a\x00":                             {"a"},
		"a\x00\x00b\x00":                    {"a", "", "b"},
		"title over it\x00\x00\x00\x00":     {"title over it"},
		"no end":                            {"no end"},
		"\x00b\x00":                         {"", "b"},
		"/bin/x\x00a\nb\x00\x1b[2J\xff\x00": {"/bin/x", "a\nb", "\x1b[2J\xff"},
	} {
		if got := parseCmdline([]byte(in)); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	long := parseCmdline([]byte(strings.Repeat("x", 100_000) + "\x00y\x00"))
	if len(long) != 1 || len(long[0]) != maxArgBytes {
		t.Errorf("a long one: got %d arguments, want 1 of %d bytes", len(long), maxArgBytes)
	}
	if many := parseCmdline([]byte(strings.Repeat("\x00", 50_000) + "y")); len(many) != maxArgs {
		t.Errorf("many: got %d arguments, want %d", len(many), maxArgs)
	}
}

func TestOnlyALinkToASocketIsASocket(t *testing.T) {
	for in, want := range map[string]uint64{
		"socket:[1]": 1, "socket:[18446744073709551615]": 1<<64 - 1,
		"socket:[18446744073709551616]": 0, "socket:[99999999999999999999]": 0, "socket:[]": 0, "socket:[1": 0,
		"socket:[1]x": 0, "socket:[ 1]": 0, "socket:[-1]": 0, "/tmp/socket:[1]": 0, "pipe:[1]": 0, "socket:": 0, "": 0,
	} {
		got, ok := parseSocketLink([]byte(in))
		if ok != (want != 0) || ok && got != want {
			t.Errorf("%q: got %d, %t, want %d", in, got, ok, want)
		}
	}
}

func direntBytes(ino uint64, kind byte, name string) []byte {
	n := (19 + len(name) + 1 + 7) &^ 7
	b := make([]byte, n)
	binary.NativeEndian.PutUint64(b, ino)
	binary.NativeEndian.PutUint16(b[16:], uint16(n))
	b[18] = kind
	copy(b[19:], name)
	return b
}

func TestDirectoryEntriesAreReadOneByOne(t *testing.T) {
	b := append(direntBytes(7, 4, "12345"), direntBytes(8, 10, "x")...)
	d, b, ok := nextDirent(b)
	if !ok || d.ino != 7 || d.kind != 4 || string(d.name) != "12345\x00" {
		t.Errorf("got %+v, %t, want the first", d, ok)
	}
	d, b, ok = nextDirent(b)
	if !ok || d.ino != 8 || string(d.name) != "x\x00" {
		t.Errorf("got %+v, %t, want the second", d, ok)
	}
	if d, _, ok = nextDirent(b); ok {
		t.Errorf("got %+v, want the end", d)
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte(statLine("a) S 1\n")))
	f.Add([]byte(statLine("")))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := parseStat(b)
		if err == nil && got.ppid < 0 {
			t.Errorf("%q: got parent %d, want none below 0", b, got.ppid)
		}
	})
}

// FuzzStatOfAnyName: no name may change what is read of the other fields.
func FuzzStatOfAnyName(f *testing.F) {
	f.Add("a) S 1\n")
	f.Fuzz(func(t *testing.T, comm string) {
		got, err := parseStat([]byte(statLine(comm)))
		want := procStat{comm: comm, state: 'R', ppid: 12, group: 4710, session: 4709, tty: true, flags: 4194304, start: 987654}
		if err != nil || got != want {
			t.Errorf("comm %q: got %+v, %v, want %+v", comm, got, err, want)
		}
	})
}

func FuzzParseCmdline(f *testing.F) {
	f.Add([]byte("a\x00b\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got := parseCmdline(b)
		if n := len(strings.Join(got, "")); n > maxArgBytes || len(got) > maxArgs {
			t.Errorf("got %d arguments of %d bytes, want them bounded", len(got), n)
		}
	})
}

func FuzzNextDirent(f *testing.F) {
	f.Add(direntBytes(7, 4, "12345"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for {
			d, rest, ok := nextDirent(b)
			if !ok {
				return
			}
			if len(rest) >= len(b) || len(d.name) == 0 {
				t.Fatalf("got %d bytes left of %d and name %q, want it to go on", len(rest), len(b), d.name)
			}
			b = rest
		}
	})
}
