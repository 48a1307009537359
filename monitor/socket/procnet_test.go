package socket

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// procHeader and the rows below have the shape of a running 6.18.
const procHeader = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n"

// procRow writes one row as this machine's kernel would, whatever its byte
// order.
func procRow(local netip.AddrPort, state string, queue uint32, uid uint32, inode uint64) string {
	ip := local.Addr().AsSlice()
	var host strings.Builder
	for i := 0; i < len(ip); i += 4 {
		fmt.Fprintf(&host, "%08X", binary.NativeEndian.Uint32(ip[i:]))
	}
	return fmt.Sprintf("%4d: %s:%04X %s:%04X %s %08X:%08X %02X:%08X %08X %5d %8d %d 1 ffff888003f6a000 100 0 0 10 0\n",
		0, host.String(), local.Port(), strings.Repeat("0", 2*len(ip)), 0, state, 0, queue, 0, 0, 0, uid, 0, inode)
}

func TestProcParserReadsTheKernelsOwnText(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the text was taken from a little-endian machine")
	}
	const text = procHeader +
		"   0: 0100007F:F5AD 00000000:0000 0A 00000000:00000002 00:00000000 00000000  1000        0 10492 1 0000000000000000 100 0 0 10 0\n" +
		"   1: 0100007F:F5AD 0100007F:A2C4 01 00000000:00000000 00:00000000 00000000  1000        0 10493 1 0000000000000000 20 0 0 10 -1\n" +
		"   2: 0100007F:F5AE 0100007F:A2C4 06 00000000:00000000 03:000006B9 00000000     0        0 0 3 0000000000000000\n"
	got, err := parseProcNet(nil, strings.NewReader(text), TCP)
	want := []Socket{{
		Endpoint: Endpoint{TCP, netip.MustParseAddrPort("127.0.0.1:62893")},
		Cookie:   10492 | madeUp, Inode: 10492, UID: 1000, Queue: 2,
	}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("rows: got %+v, error %v; want %+v", got, err, want)
	}
	const text6 = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n" +
		" 1163: B80D0120000000000000000001000000:14E9 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 20202 2 0000000000000000 0\n"
	got, err = parseProcNet(nil, strings.NewReader(text6), UDP)
	want = []Socket{{
		Endpoint: Endpoint{UDP, netip.MustParseAddrPort("[2001:db8::1]:5353")},
		Cookie:   20202 | madeUp, Inode: 20202, UID: 101,
	}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("udp6 rows: got %+v, error %v; want %+v", got, err, want)
	}
}

func TestProcParserKeepsMappedAddressesAndTwins(t *testing.T) {
	mapped := netip.MustParseAddrPort("[::ffff:127.0.0.1]:80")
	twin := netip.MustParseAddrPort("[::1]:81")
	text := procHeader + procRow(mapped, "0A", 0, 5, 11) + procRow(twin, "0A", 0, 5, 12) + procRow(twin, "0A", 0, 5, 13)
	got, err := parseProcNet(nil, strings.NewReader(text), TCP)
	want := []Socket{
		{Endpoint: Endpoint{TCP, mapped}, Cookie: 11 | madeUp, Inode: 11, UID: 5},
		{Endpoint: Endpoint{TCP, twin}, Cookie: 12 | madeUp, Inode: 12, UID: 5},
		{Endpoint: Endpoint{TCP, twin}, Cookie: 13 | madeUp, Inode: 13, UID: 5},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("rows: got %+v, error %v; want %+v", got, err, want)
	}
}

func TestSocketsWithoutInodeGetStableCookiesOfTheirOwn(t *testing.T) {
	nfs := netip.MustParseAddrPort("0.0.0.0:2049")
	lockd := netip.MustParseAddrPort("0.0.0.0:4045")
	before, err := parseProcNet(nil, strings.NewReader(procHeader+procRow(nfs, "0A", 0, 0, 0)+procRow(nfs, "0A", 0, 0, 0)), TCP)
	if err != nil || len(before) != 2 || before[0].Cookie == before[1].Cookie {
		t.Fatalf("twins: got %+v, error %v; want two cookies", before, err)
	}
	after, err := parseProcNet(nil, strings.NewReader(procHeader+procRow(lockd, "0A", 0, 0, 0)+procRow(nfs, "0A", 0, 0, 0)), TCP)
	if err != nil || len(after) != 2 || after[1].Cookie != before[0].Cookie {
		t.Errorf("after another came: got %+v, error %v; want cookie %d again", after, err, before[0].Cookie)
	}
}

func TestProcParserRefusesWhatItCannotRead(t *testing.T) {
	good := procRow(netip.MustParseAddrPort("127.0.0.1:80"), "0A", 0, 0, 7)
	for name, text := range map[string]string{
		"cut row":         procHeader + good + good[:60],
		"empty row":       procHeader + good + "\n",
		"bad address":     procHeader + strings.Replace(good, "F:0050", "G:0050", 1),
		"short address":   procHeader + strings.Replace(good, "00007F:0050", "007F:0050", 1),
		"long port":       procHeader + strings.Replace(good, ":0050", ":10050", 1),
		"bad queue":       procHeader + strings.Replace(good, "00000000:00000000", "00000000", 1),
		"negative uid":    procHeader + strings.Replace(good, "    0        0 7", "   -1        0 7", 1),
		"inode too large": procHeader + strings.Replace(good, " 0 7 ", " 0 9223372036854775808 ", 1),
		"other header":    "Sockets: used\n" + good,
	} {
		got, err := parseProcNet(nil, strings.NewReader(text), TCP)
		if !errors.Is(err, errProcLine) || len(got) != 0 {
			t.Errorf("%s: got %+v, error %v; want none, %v", name, got, err, errProcLine)
		}
	}
	if _, err := parseProcNet(nil, strings.NewReader(""), TCP); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("empty file: got error %v, want %v", err, io.ErrUnexpectedEOF)
	}
}

func TestParseUintKnowsItsBounds(t *testing.T) {
	for _, c := range []struct {
		text       string
		base, bits uint
		want       uint64
		ok         bool
	}{
		{"FFFF", 16, 16, 65535, true},
		{"10000", 16, 16, 0, false},
		{"4294967295", 10, 32, 1<<32 - 1, true},
		{"4294967296", 10, 32, 0, false},
		{"1A", 10, 32, 0, false},
		{"", 10, 32, 0, false},
		{"+1", 10, 32, 0, false},
	} {
		got, ok := parseUint([]byte(c.text), c.base, c.bits)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%q in base %d, %d bits: got %d, %v; want %d, %v", c.text, c.base, c.bits, got, ok, c.want, c.ok)
		}
	}
}

func FuzzParseProcNet(f *testing.F) {
	f.Add(procHeader+procRow(netip.MustParseAddrPort("127.0.0.1:80"), "0A", 1, 2, 3), false)
	f.Add(procHeader+procRow(netip.MustParseAddrPort("[::1]:80"), "07", 0, 2, 0), true)
	f.Add(procHeader+"0: 1:2 3 0A\n", false)
	f.Add("", true)
	f.Fuzz(func(t *testing.T, text string, udp bool) {
		p := TCP
		if udp {
			p = UDP
		}
		mark := Socket{Cookie: 99}
		got, err := parseProcNet([]Socket{mark}, strings.NewReader(text), p)
		if got[0] != mark {
			t.Fatalf("first socket: got %+v, want the caller's %+v", got[0], mark)
		}
		if most := 1 + strings.Count(text, "\n"); len(got) > most {
			t.Fatalf("sockets: got %d, want at most %d", len(got), most)
		}
		if err != nil && len(got) != 1 {
			t.Fatalf("after error %v: got %d sockets, want the caller's alone", err, len(got))
		}
		for _, s := range got[1:] {
			if s.Proto != p || !s.Local.IsValid() || s.Cookie&madeUp == 0 {
				t.Fatalf("socket: got %+v, want a valid %s address and a made-up cookie", s, p)
			}
		}
	})
}
