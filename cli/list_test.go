package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"portreeve/monitor/reeve"
)

// household is a list with one of each kind.
func household() reeve.Listing {
	vite := tcp("0.0.0.0", 5173, "node", 4711)
	vite.Verdict, vite.Place, vite.Look = "familiar", "vite in ~/src/shop", "it is open to your network"
	vite.Owners = append(vite.Owners, reeve.Owner{ID: "w", PID: 4712, Name: "node"})
	stranger := tcp("127.0.0.1", 62893, "python3", 99)
	stranger.Place = "http.server in ~/日本"
	here := udp("::", 5353, "avahi-daemon", 7)
	here.Verdict = "baseline"
	folded := udp("0.0.0.0", 40000, "firefox", 8)
	folded.Folded = true
	unjudged := tcp("::1", 6010, "sshd", 5)
	unjudged.Verdict = "unknown"
	return listing(unseen("127.0.0.1", 631), vite, here, unjudged, stranger, folded)
}

func TestListAlignsWhatListensAndSaysWhatItLeavesOut(t *testing.T) {
	f := &fake{listing: household()}
	got := f.run(t, "list")
	equal(t, "code", got.code, 0)
	equal(t, "error stream", got.errs, "")
	equal(t, "list", got.out, ""+
		"STATE         ADDRESS          PROGRAM       PID      USER  WHERE\n"+
		"New           127.0.0.1:631    cups          -        -     owner hidden: belongs to root (cups.service); sudo shows it\n"+
		"Known         0.0.0.0:5173     node          4711 +1  anna  vite in ~/src/shop (it is open to your network)\n"+
		"Already here  [::]:5353/udp    avahi-daemon  7        anna\n"+
		"-             [::1]:6010       sshd          5        anna\n"+
		"New           127.0.0.1:62893  python3       99       anna  http.server in ~/日本\n"+
		"\n"+
		"1 temporary UDP socket is folded away (--all shows it)\n"+
		"1 owner hidden (sudo shows it)\n")
}

func TestListAllUnfoldsTemporaryUDP(t *testing.T) {
	got := (&fake{listing: household()}).run(t, "list", "--all")
	contains(t, "list", got.out, "0.0.0.0:40000/udp  firefox")
	if strings.Contains(got.out, "folded") {
		t.Errorf("got %q, want nothing folded", got.out)
	}
}

func TestListCountsWhatItFolds(t *testing.T) {
	l := listing()
	for range 12 {
		u := udp("0.0.0.0", 40000, "firefox", 8)
		u.Folded = true
		l.Listeners = append(l.Listeners, u)
	}
	got := (&fake{listing: l}).run(t, "list")
	equal(t, "list", got.out, "12 temporary UDP sockets are folded away (--all shows them)\n")
}

func TestListSaysThatNothingListensOrMatches(t *testing.T) {
	got := (&fake{listing: listing()}).run(t, "list")
	equal(t, "empty list", got, result{0, "nothing listens\n", ""})
	got = (&fake{listing: household()}).run(t, "list", "nowhere")
	equal(t, "no match", got, result{0, "nothing that listens matches\n", ""})
}

func TestListSaysWhyItMayBeIncomplete(t *testing.T) {
	l := listing(tcp("127.0.0.1", 1, "a", 1))
	l.Partial = "read UDP: not permitted"
	contains(t, "list", (&fake{listing: l}).run(t, "list").out, "\n\nthis may be incomplete: read UDP: not permitted\n")
}

func TestSudoIsNotOfferedToRoot(t *testing.T) {
	var out, errs bytes.Buffer
	a := terminalFor(&fake{listing: household()}, "", &out, &errs)
	a.root = true
	equal(t, "code", a.run(t.Context(), []string{"list"}), 0)
	contains(t, "list", out.String(), "\n1 owner hidden\n")
}

func TestAFilterFindsPortsAddressesAndWords(t *testing.T) {
	for _, c := range []struct {
		filter string
		want   []uint16
	}{
		{"5173", []uint16{5173}},
		{":5173", []uint16{5173}},
		{"[::1]:6010", []uint16{6010}},
		{"[::]:5353", []uint16{5353}},
		{"[::]:5353/udp", []uint16{5353}},
		{"5353/tcp", nil},
		{"127.0.0.1:5173", nil},
		{"PYTHON", []uint16{62893}},
		{"shop", []uint16{5173}},
		{"anna", []uint16{5173, 5353, 6010, 62893, 40000}},
		{"already", []uint16{5353}},
		{"udp", []uint16{5353, 40000}},
		{"cups.service", []uint16{631}},
		{"127.0.0.1", []uint16{631, 62893}},
	} {
		var kept []uint16
		for _, l := range filter(household().Listeners, wanted(c.filter)) {
			kept = append(kept, l.Port)
		}
		got, want := mustJSON(t, kept), mustJSON(t, c.want)
		equal(t, "filter "+c.filter, got, want)
	}
}

func TestListJSONIsTheListingInOneLine(t *testing.T) {
	f := &fake{listing: household()}
	got := f.run(t, "list", "--json")
	equal(t, "code", got.code, 0)
	equal(t, "lines", strings.Count(got.out, "\n"), 1)
	var back reeve.Listing
	if err := json.Unmarshal([]byte(got.out), &back); err != nil {
		t.Fatal(err)
	}
	equal(t, "read back", mustJSON(t, back), mustJSON(t, household()))
}

// The fields are the contract with scripts; more may be added, none taken away.
func TestListJSONHasEveryDocumentedField(t *testing.T) {
	got := (&fake{listing: listing(tcp("127.0.0.1", 1, "a", 1), unseen("::1", 2))}).run(t, "list", "--json")
	var top map[string]json.RawMessage
	if err := json.Unmarshal([]byte(got.out), &top); err != nil {
		t.Fatal(err)
	}
	fields(t, "the listing", top, "seq", "listeners")
	var listeners []map[string]json.RawMessage
	if err := json.Unmarshal(top["listeners"], &listeners); err != nil {
		t.Fatal(err)
	}
	for _, l := range listeners {
		fields(t, "a listener", l, "id", "protocol", "address", "port", "scope", "ipv6_only", "verdict",
			"since", "queue", "backlog", "owners", "hidden")
	}
	var owners []map[string]json.RawMessage
	if err := json.Unmarshal(listeners[0]["owners"], &owners); err != nil {
		t.Fatal(err)
	}
	fields(t, "an owner", owners[0], "id", "pid", "name", "exe", "cmdline", "dir", "user", "started", "unit", "container")
	equal(t, "owners of a hidden one", string(listeners[1]["owners"]), "[]")
}

func TestListJSONWithAFilterThatFindsNothingHasAnEmptyArray(t *testing.T) {
	got := (&fake{listing: household()}).run(t, "list", "--json", "nowhere")
	contains(t, "list", got.out, `"listeners":[]`)
}

func TestAHostileNameForgesNothing(t *testing.T) {
	l := tcp("127.0.0.1", 4000, "x\nNew           127.0.0.1:22  sshd", 66)
	l.Program = "x New" // as the other faces show it
	l.Owners[0].User = "root\x1b[2K\r"
	l.Place = "in ~/\u202egpj.exe\xff"
	f := &fake{listing: listing(l)}
	got := f.run(t, "list")
	equal(t, "list", got.out, ""+
		"STATE  ADDRESS         PROGRAM                                 PID  USER             WHERE\n"+
		`New    127.0.0.1:4000  x\x0aNew \x20\x20\x20\x20\x20\x20\x20…  66   root\x1b[2K\x0d  in ~/\u202egpj.exe\xff`+"\n")
	js := f.run(t, "list", "--json").out
	equal(t, "lines of JSON", strings.Count(js, "\n"), 1)
	for _, bad := range []string{"\x1b", "\r", "\u202e"} {
		if strings.Contains(js, bad) {
			t.Errorf("got %q in JSON, want it escaped", bad)
		}
	}
}

func TestListIsColouredAndCutOnATerminalOnly(t *testing.T) {
	var out, errs bytes.Buffer
	a := terminalFor(&fake{listing: listing(tcp("0.0.0.0", 62893, "python3", 99))}, "", &out, &errs)
	a.tty = terminal{width: 40, colour: true}
	equal(t, "code", a.run(t.Context(), []string{"list"}), 0)
	equal(t, "list", out.String(), ""+
		"STATE  ADDRESS        PROGRAM  PID  USER\n"+
		"\x1b[1mNew\x1b[0m    \x1b[33m0.0.0.0:62893\x1b[0m  python3  99   anna\n")
}

func TestAFailedListIsAnError(t *testing.T) {
	got := (&fake{err: errors.New("dump sockets: permission denied")}).run(t, "list")
	equal(t, "result", got, result{1, "", "error: list what listens: dump sockets: permission denied\n"})
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func fields(t *testing.T, what string, got map[string]json.RawMessage, want ...string) {
	t.Helper()
	for _, name := range want {
		if _, ok := got[name]; !ok {
			t.Errorf("%s: got no field %q, want it", what, name)
		}
	}
}
