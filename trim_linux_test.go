package main

import (
	"os"
	"slices"
	"testing"
)

func TestOnlyWhatCanBeReadAgainIsGivenBack(t *testing.T) {
	const smaps = `00400000-00900000 r-xp 00000000 08:02 17 /opt/port reeve
Rss:                4000 kB
Anonymous:             0 kB
VmFlags: rd ex
00900000-00a00000 r--p 00500000 08:02 17 /opt/port reeve
Anonymous:             4 kB
00a00000-00b00000 rw-p 00600000 08:02 17 /opt/port reeve
Anonymous:             0 kB
7f000000-7f100000 r-xp 00000000 08:02 18 /lib/libc.so
Anonymous:             0 kB
7f200000-7f300000 r--p 00000000 00:00 0
Anonymous:             0 kB
`
	got := fileParts([]byte(smaps), "/opt/port reeve")
	if want := []part{{0x400000, 0x500000}}; !slices.Equal(got, want) {
		t.Errorf("got %x, want %x: no relocated, writable or foreign part", got, want)
	}
}

func TestThisProgramHasPartsToGiveBack(t *testing.T) {
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skip("this kernel has no smaps: ", err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if len(fileParts(smaps, self)) == 0 {
		t.Errorf("got no part of %s in\n%s", self, smaps)
	}
}
