package socket

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"testing"
)

// diagWriter puts netlink messages together as the kernel does.
type diagWriter []byte

func (w diagWriter) message(kind, flags uint16, seq uint32, body []byte) diagWriter {
	ne := binary.NativeEndian
	w = ne.AppendUint32(w, uint32(nlmsghdrLen+len(body)))
	w = ne.AppendUint16(w, kind)
	w = ne.AppendUint16(w, flags)
	w = ne.AppendUint32(w, seq)
	w = ne.AppendUint32(w, 4711)
	w = append(w, body...)
	return append(w, make([]byte, align4(len(w))-len(w))...)
}

func (w diagWriter) done(seq uint32, errno int32) diagWriter {
	return w.message(nlmsgDone, nlmFMulti, seq, binary.NativeEndian.AppendUint32(nil, uint32(-errno)))
}

func (w diagWriter) failed(seq uint32, errno int32) diagWriter {
	body := binary.NativeEndian.AppendUint32(nil, uint32(-errno))
	return w.message(nlmsgError, 0, seq, append(body, make([]byte, nlmsghdrLen)...))
}

func (w diagWriter) sockets(seq uint32, sockets ...Socket) diagWriter {
	for _, s := range sockets {
		w = w.message(sockDiagByFamily, nlmFMulti, seq, diagBody(s))
	}
	return w
}

// diagBody is a struct inet_diag_msg with the attributes that the kernel adds
// unasked, and one more that nobody here knows.
func diagBody(s Socket) []byte {
	be, ne := binary.BigEndian, binary.NativeEndian
	q := diagQuery{proto: s.Proto}
	addr := s.Local.Addr()
	family := byte(afInet6)
	ip := addr.As16()
	if addr.Is4() {
		family = afInet
		a := addr.As4()
		ip = [16]byte{}
		copy(ip[:], a[:])
	}
	b := []byte{family, q.state(), 0, 0}
	b = be.AppendUint16(b, s.Local.Port())
	b = be.AppendUint16(b, 0)
	b = append(b, ip[:]...)
	b = append(b, make([]byte, 16)...)
	b = ne.AppendUint32(b, s.Ifindex)
	b = ne.AppendUint32(b, uint32(s.Cookie))
	b = ne.AppendUint32(b, uint32(s.Cookie>>32))
	b = ne.AppendUint32(b, 0)
	b = ne.AppendUint32(b, s.Queue)
	b = ne.AppendUint32(b, s.Backlog)
	b = ne.AppendUint32(b, s.UID)
	b = ne.AppendUint32(b, uint32(s.Inode))

	b = append(ne.AppendUint16(ne.AppendUint16(b, 5), 8), 0, 0, 0, 0) // INET_DIAG_SHUTDOWN
	if family == afInet6 {
		only := byte(0)
		if s.OnlyV6 {
			only = 1
		}
		b = append(ne.AppendUint16(ne.AppendUint16(b, 5), inetDiagSKV6Only), only, 0, 0, 0)
	}
	b = ne.AppendUint16(ne.AppendUint16(b, 12), inetDiagCgroupID)
	return ne.AppendUint64(b, s.Cgroup)
}

// diagSamples has a socket of each kind that the kernel tells.
func diagSamples() []Socket {
	at := func(p Proto, text string) Endpoint { return Endpoint{p, netip.MustParseAddrPort(text)} }
	return []Socket{
		{Endpoint: at(TCP, "127.0.0.1:62893"), Cookie: 1, Inode: 10, UID: 1000, Cgroup: 77, Queue: 3, Backlog: 128},
		{Endpoint: at(TCP, "0.0.0.0:80"), Cookie: 1<<40 | 2, Inode: 0xffffffff, UID: 0},
		{Endpoint: at(TCP, "[::]:443"), Cookie: 3, OnlyV6: true, Backlog: 4096},
		{Endpoint: at(TCP, "[::]:444"), Cookie: 4},
		{Endpoint: at(TCP, "[::ffff:127.0.0.1]:81"), Cookie: 5},
		{Endpoint: at(TCP, "[fe80::1%tun9]:546"), Cookie: 6, Ifindex: 9},
		{Endpoint: at(TCP, "[ff02::fb%tun9]:547"), Cookie: 7, Ifindex: 9},
		{Endpoint: at(TCP, "[2001:db8::1]:548"), Cookie: 8, Ifindex: 9},
	}
}

func sampleZones() zoneNames { return zoneNames{9: "tun9"} }

func TestParserReadsWhatTheKernelTellsOfEachKindOfSocket(t *testing.T) {
	want := diagSamples()
	b := diagWriter{}.sockets(5, want...).done(5, 0)
	got, done, err := parseDiag(nil, b, &diagQuery{proto: TCP}, 5, sampleZones())
	if err != nil || !done {
		t.Fatalf("parse: got done %v, error %v; want true, nil", done, err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("sockets: got\n%+v, want\n%+v", got, want)
	}
}

func TestParserTakesBytesOfUDPForNoQueue(t *testing.T) {
	s := Socket{Endpoint: Endpoint{UDP, netip.MustParseAddrPort("[::1]:53")}, Cookie: 1, Queue: 2048, Backlog: 9}
	got, _, err := parseDiag(nil, diagWriter{}.sockets(1, s), &diagQuery{proto: UDP}, 1, nil)
	s.Queue, s.Backlog = 0, 0
	if err != nil || !slices.Equal(got, []Socket{s}) {
		t.Errorf("udp: got %+v, error %v; want %+v", got, err, s)
	}
}

func TestParserKeepsOnlyTheStateThatWasAskedFor(t *testing.T) {
	tcp := diagSamples()[0]
	got, _, err := parseDiag(nil, diagWriter{}.sockets(1, tcp), &diagQuery{proto: UDP}, 1, nil)
	if err != nil || len(got) != 0 {
		t.Errorf("listener among UDP: got %+v, error %v; want none", got, err)
	}
}

func TestParserSkipsLeftoversOfAnEarlierQuestion(t *testing.T) {
	s := diagSamples()
	b := diagWriter{}.sockets(4, s[0]).done(4, 0).failed(3, 1).sockets(5, s[1])
	got, done, err := parseDiag(nil, b, &diagQuery{proto: TCP}, 5, nil)
	if err != nil || done || !slices.Equal(got, s[1:2]) {
		t.Errorf("leftovers: got %+v, done %v, error %v; want %+v, false, nil", got, done, err, s[1:2])
	}
}

func TestParserTellsTheKernelsErrno(t *testing.T) {
	for name, b := range map[string][]byte{
		"in NLMSG_ERROR": diagWriter{}.failed(1, 13),
		"in NLMSG_DONE":  diagWriter{}.done(1, 13),
	} {
		_, done, err := parseDiag(nil, b, &diagQuery{proto: TCP}, 1, nil)
		var got kernelErrno
		if !errors.As(err, &got) || got != 13 || !done {
			t.Errorf("%s: got %v, done %v; want errno 13, true", name, err, done)
		}
	}
}

func TestParserEndsAfterAnAnswerOfOneMessage(t *testing.T) {
	s := diagSamples()[0]
	b := diagWriter{}.message(sockDiagByFamily, 0, 1, diagBody(s))
	got, done, err := parseDiag(nil, b, &diagQuery{proto: TCP}, 1, nil)
	if err != nil || !done || !slices.Equal(got, []Socket{s}) {
		t.Errorf("one message: got %+v, done %v, error %v; want %+v, true, nil", got, done, err, s)
	}
}

func TestParserRefusesEveryTruncation(t *testing.T) {
	whole := diagWriter{}.sockets(1, diagSamples()[2])
	for n := 1; n < len(whole); n++ {
		got, _, err := parseDiag(nil, whole[:n], &diagQuery{proto: TCP}, 1, nil)
		if !errors.Is(err, errTruncated) || len(got) != 0 {
			t.Fatalf("first %d of %d bytes: got %+v, error %v; want none, %v", n, len(whole), got, err, errTruncated)
		}
	}
	// A message that is whole but says too little, and an attribute that
	// reaches past its message.
	body := diagBody(diagSamples()[2])
	for _, n := range []int{0, 4, diagMsgLen - 1, diagMsgLen + 4} {
		b := diagWriter{}.message(sockDiagByFamily, nlmFMulti, 1, body[:n])
		if _, _, err := parseDiag(nil, b, &diagQuery{proto: TCP}, 1, nil); !errors.Is(err, errTruncated) {
			t.Errorf("body of %d bytes: got error %v, want %v", n, err, errTruncated)
		}
	}
	for _, length := range []uint16{0, 3, 9} {
		attr := binary.NativeEndian.AppendUint16(nil, length)
		b := diagWriter{}.message(sockDiagByFamily, nlmFMulti, 1, append(body[:diagMsgLen:diagMsgLen], append(attr, 0, 0, 0, 0, 0, 0)...))
		if _, _, err := parseDiag(nil, b, &diagQuery{proto: TCP}, 1, nil); !errors.Is(err, errTruncated) {
			t.Errorf("attribute of length %d: got error %v, want %v", length, err, errTruncated)
		}
	}
}

func TestRequestAsksForListenersOnly(t *testing.T) {
	ne := binary.NativeEndian
	compat := diagQuery{proto: TCP, family: afInet, compat: true}
	b := compat.appendTo(nil, 7)
	if got, want := len(b), 76; got != want || ne.Uint32(b) != uint32(want) {
		t.Fatalf("legacy request: got %d bytes, %d in the header; want %d", got, ne.Uint32(b), want)
	}
	if got, want := ne.Uint32(b[68:]), uint32(1<<10); got != want { // idiag_states
		t.Errorf("legacy states: got %#x, want %#x", got, want)
	}
	v2 := diagQuery{proto: UDP, family: afInet6}
	b = v2.appendTo(nil, 7)
	if got, want := len(b), 72; got != want || ne.Uint32(b) != uint32(want) {
		t.Fatalf("v2 request: got %d bytes, %d in the header; want %d", got, ne.Uint32(b), want)
	}
	if got, want := ne.Uint32(b[20:]), uint32(1<<7); got != want { // idiag_states
		t.Errorf("v2 states: got %#x, want %#x", got, want)
	}
}

func TestZoneOfALostInterfaceIsItsIndex(t *testing.T) {
	zones := zoneNames{}
	if got, want := zones.name(1<<31-1), "2147483647"; got != want {
		t.Errorf("zone: got %q, want %q", got, want)
	}
	for i := range uint32(3 * zoneNamesMax) {
		zones.name(1<<30 + i)
	}
	if got := len(zones); got > zoneNamesMax {
		t.Errorf("remembered zones: got %d, want at most %d", got, zoneNamesMax)
	}
}

func FuzzParseDiag(f *testing.F) {
	whole := diagWriter{}.sockets(1, diagSamples()...).done(1, 0)
	f.Add([]byte(whole), false)
	f.Add([]byte(whole[:len(whole)-7]), true)
	f.Add([]byte(diagWriter{}.failed(1, 1)), false)
	noLength := append(diagBody(diagSamples()[2])[:diagMsgLen:diagMsgLen], make([]byte, 8)...)
	f.Add([]byte(diagWriter{}.message(sockDiagByFamily, nlmFMulti, 1, noLength)), false)
	f.Add([]byte(diagWriter{}.done(1, 105)), true)
	f.Add([]byte(diagWriter{}.message(sockDiagByFamily, 0, 1, nil)), false)
	f.Add([]byte(diagWriter{}.message(nlmsgOverrun, 0, 1, nil)), false)
	f.Fuzz(func(t *testing.T, b []byte, udp bool) {
		q := diagQuery{proto: TCP}
		if udp {
			q.proto = UDP
		}
		zones := zoneNames{}
		for i := range uint32(16) { // keeps the fuzzer off the real interfaces
			zones[i] = "if"
		}
		mark := Socket{Cookie: 99}
		got, _, err := parseDiag([]Socket{mark}, b, &q, 1, zones)
		if got[0] != mark {
			t.Fatalf("first socket: got %+v, want the caller's %+v", got[0], mark)
		}
		if most := 1 + len(b)/(nlmsghdrLen+diagMsgLen); len(got) > most {
			t.Fatalf("sockets in %d bytes: got %d, want at most %d (error %v)", len(b), len(got), most, err)
		}
		for _, s := range got[1:] {
			if s.Proto != q.proto || !s.Local.IsValid() {
				t.Fatalf("socket: got %+v, want a valid %s address", s, q.proto)
			}
		}
	})
}
