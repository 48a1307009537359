package tray

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"portreeve/monitor/reeve"
)

// noon is the now of these tests.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// aListener is one of python3 on loopback that is new since secs before noon.
func aListener(port uint16, change ...func(*reeve.Listener)) reeve.Listener {
	l := reeve.Listener{
		ID: fmt.Sprintf("boot-%x", port), Protocol: "tcp", Address: "127.0.0.1", Port: port, Scope: "loopback",
		Verdict: "unfamiliar", Since: noon.Add(-time.Minute).Format(time.RFC3339),
		Owners:  []reeve.Owner{{ID: fmt.Sprintf("%d.1.2.3", port), PID: int32(port), Name: "python3"}},
		Program: "python3", Place: "http.server in ~/src/shop", Reach: "Only programs on this computer can reach it.",
	}
	for _, c := range change {
		c(&l)
	}
	return l
}

func at(address string) func(*reeve.Listener) {
	return func(l *reeve.Listener) {
		l.Address = address
		l.ID += address
		if address != "127.0.0.1" && address != "::1" {
			l.Scope, l.Reach = "network", "Open to your network (a firewall may still block it)."
		}
	}
}

// leftBy has a listener left behind by a session that has ended.
func leftBy(session string) func(*reeve.Listener) {
	return func(l *reeve.Listener) {
		l.Origin = reeve.Origin{Key: session, Kind: reeve.OriginTerminal, Label: "Terminal", Ended: true}
	}
}

func verdict(v string) func(*reeve.Listener) { return func(l *reeve.Listener) { l.Verdict = v } }
func named(s string) func(*reeve.Listener)   { return func(l *reeve.Listener) { l.Program = s } }
func placed(s string) func(*reeve.Listener)  { return func(l *reeve.Listener) { l.Place = s } }
func owned(id string) func(*reeve.Listener) {
	return func(l *reeve.Listener) { l.Owners = []reeve.Owner{{ID: id}} }
}
func hidden(l *reeve.Listener) {
	l.Owners, l.Hidden, l.Program = nil, "belongs to root", "hidden program"
}
func ago(d time.Duration) func(*reeve.Listener) {
	return func(l *reeve.Listener) { l.Since = noon.Add(-d).Format(time.RFC3339) }
}

// text writes rows as people see them: submenus indented, disabled rows in
// brackets.
func text(rows []Row) string {
	var b strings.Builder
	for _, r := range rows {
		switch {
		case r.Separator:
			b.WriteString("---\n")
		case r.Disabled:
			b.WriteString("[" + r.Label + "]\n")
		default:
			b.WriteString(r.Label + "\n")
		}
		for _, sub := range r.Rows {
			b.WriteString("\t" + sub.Label + "\n")
		}
	}
	return b.String()
}

const staticTail = `---
Pause notices
	For 15 minutes
	For 1 hour
	Until tomorrow
Explain an address…
Open Portreeve
Quit
`

const freshSubmenu = "\tI know this\n\tDetails\n\tCopy address\n\tForce stop\n"

func TestMenuSaysWhatListens(t *testing.T) {
	many := func(n int, change ...func(*reeve.Listener)) (all []reeve.Listener) {
		for i := range n {
			all = append(all, aListener(uint16(9000+i), change...))
		}
		return all
	}
	tests := []struct {
		name   string
		ls     []reeve.Listener
		unseen []gone
		status reeve.Status
		want   string
	}{
		{name: "nothing listens", want: "[Nothing listens]\n" + staticTail},
		{name: "one that is new has its Stop below it",
			ls: []reeve.Listener{aListener(62893)},
			want: "[1 new]\npython3 · 127.0.0.1:62893 · new\n" + freshSubmenu +
				"    Stop python3 on 62893\n" + staticTail},
		{name: "the newest stands first, what is open to the network after it",
			ls: []reeve.Listener{
				aListener(5173, at("0.0.0.0"), verdict("baseline"), named("node"), placed("vite in ~/src/shop")),
				aListener(7001, ago(time.Hour)), aListener(7002, ago(time.Second)),
			},
			want: "[2 new · 1 open to your network]\n" +
				"python3 · 127.0.0.1:7002 · new\n" + freshSubmenu + "    Stop python3 on 7002\n" +
				"python3 · 127.0.0.1:7001 · new\n" + freshSubmenu + "    Stop python3 on 7001\n" +
				"node (vite in ~/src/shop) · 5173 · open to your network\n" +
				"\tStop\n\tOpen in browser\n\tCopy address\n\tDetails\n\tI know this\n" + staticTail},
		{name: "what was there from the start is not called known",
			ls: []reeve.Listener{aListener(631, verdict("baseline"), named("cupsd"), placed("cups.service"))},
			want: "[1 listener, nothing new]\nAlready here and known\n" +
				"\tcupsd (cups.service) · 127.0.0.1:631\n" + staticTail},
		{name: "all of them known",
			ls: []reeve.Listener{aListener(8000, verdict("familiar")), aListener(8001, verdict("familiar"))},
			want: "[2 listeners, all known]\nAlready here and known\n" +
				"\tpython3 (http.server in ~/src/shop) · 127.0.0.1:8000\n" +
				"\tpython3 (http.server in ~/src/shop) · 127.0.0.1:8001\n" + staticTail},
		{name: "a submenu holds five rows, the last for the rest",
			ls: many(22, verdict("baseline"), placed("")),
			want: "[22 listeners, nothing new]\nAlready here and known\n" +
				"\tpython3 · 127.0.0.1:9000\n\tpython3 · 127.0.0.1:9001\n\tpython3 · 127.0.0.1:9002\n\tpython3 · 127.0.0.1:9003\n" +
				"\t18 more in the window…\n" + staticTail},
		{name: "both IP versions of one program are one row",
			ls: []reeve.Listener{
				aListener(22, at("0.0.0.0"), verdict("baseline"), hidden, named("ssh"), placed("")),
				aListener(22, at("::"), verdict("baseline"), hidden, named("ssh"), placed("")),
				aListener(8000), aListener(8000, at("::1")),
			},
			want: "[1 new · 1 open to your network]\npython3 · 127.0.0.1:8000 · new\n" + freshSubmenu + "    Stop python3 on 8000\n" +
				"ssh · 22 · open to your network\n\tCopy address\n\tDetails\n\tI know this\n" + staticTail},
		{name: "two programs on both versions are two rows",
			ls: []reeve.Listener{aListener(8000, owned("1.1.1.1")), aListener(8000, at("::1"), owned("2.2.2.2"))},
			want: "[2 new]\npython3 · 127.0.0.1:8000 · new\n" + freshSubmenu + "    Stop python3 on 8000\n" +
				"python3 · [::1]:8000 · new\n" + freshSubmenu + "    Stop python3 on 8000\n" + staticTail},
		{name: "a hidden owner can't be stopped",
			ls: []reeve.Listener{aListener(8080, at("0.0.0.0"), hidden)},
			want: "[1 new · 1 open to your network]\nhidden program · 8080 · new, open to your network\n" +
				"\tI know this\n\tDetails\n\tCopy address\n" + staticTail},
		{name: "temporary UDP is left out",
			ls:   []reeve.Listener{aListener(40000, func(l *reeve.Listener) { l.Protocol, l.Folded = "udp", true })},
			want: "[Nothing listens]\n" + staticTail},
		{name: "UDP says so",
			ls: []reeve.Listener{aListener(5353, at("0.0.0.0"), verdict("familiar"), named("avahi-daemon"), placed(""), func(l *reeve.Listener) { l.Protocol = "udp" })},
			want: "[1 listener, all known · 1 open to your network]\navahi-daemon · UDP 5353 · open to your network\n" +
				"\tStop\n\tCopy address\n\tDetails\n" + staticTail},
		{name: "containers are not the network",
			ls: []reeve.Listener{aListener(53, at("172.17.0.1"), verdict("familiar"), named("dnsmasq"), placed(""), func(l *reeve.Listener) {
				l.Reach = "Open to containers and virtual machines here."
			})},
			want: "[1 listener, all known]\ndnsmasq · 172.17.0.1:53 · open to containers and virtual machines here\n" +
				"\tStop\n\tCopy address\n\tDetails\n" + staticTail},
		{name: "what ended unseen stays, the newest first",
			unseen: []gone{{aListener(1), noon}, {aListener(2), noon}, {aListener(62893, ago(3*time.Second)), noon}},
			want: "[Nothing listens]\n[python3 · was on 127.0.0.1:62893 for 3 s]\n[python3 · was on 127.0.0.1:2 for 1 min]\n" +
				"[python3 · was on 127.0.0.1:1 for 1 min]\n" + staticTail},
		{name: "more than three that ended are counted",
			unseen: []gone{{aListener(1), noon}, {aListener(2), noon}, {aListener(3), noon}, {aListener(4), noon}},
			want: "[Nothing listens]\n[python3 · was on 127.0.0.1:4 for 1 min]\n[python3 · was on 127.0.0.1:3 for 1 min]\n" +
				"[2 more came and went]\n" + staticTail},
		{name: "paused, with something waiting",
			ls:     []reeve.Listener{aListener(62893)},
			status: reeve.Status{PausedUntil: "2026-11-23T14:30:00Z"},
			want: "[Paused until 14:30 · 1 waiting]\npython3 · 127.0.0.1:62893 · new\n" + freshSubmenu + "    Stop python3 on 62893\n" +
				"---\nResume notices (paused until 14:30)\nExplain an address…\nOpen Portreeve\nQuit\n"},
		{name: "paused until tomorrow",
			status: reeve.Status{PausedUntil: "2026-11-24T07:00:00Z"},
			want: "[Paused until tomorrow, 07:00]\n---\nResume notices (paused until tomorrow, 07:00)\n" +
				"Explain an address…\nOpen Portreeve\nQuit\n"},
		{name: "a pause that is over is none",
			status: reeve.Status{PausedUntil: "2026-11-23T11:59:59Z"},
			want:   "[Nothing listens]\n" + staticTail},
		{name: "what an ended session left behind is stopped together",
			ls: append(many(6, verdict("familiar"), leftBy("session:1")), aListener(22, verdict("baseline"), named("sshd"), placed(""))),
			want: "[7 listeners, nothing new]\n6 dev servers left by an ended session\n" +
				"\tStop all…\n\tpython3 (http.server in ~/src/shop) · 127.0.0.1:9000\n\tpython3 (http.server in ~/src/shop) · 127.0.0.1:9001\n" +
				"\tpython3 (http.server in ~/src/shop) · 127.0.0.1:9002\n\t3 more in the window…\n" +
				"Already here and known\n\tsshd · 127.0.0.1:22\n" + staticTail},
		{name: "one program on two ports, left behind, is one",
			ls: []reeve.Listener{aListener(8000, leftBy("session:1"), owned("1.1.1.1"), verdict("familiar")), aListener(8001, leftBy("session:1"), owned("1.1.1.1"), verdict("familiar"))},
			want: "[2 listeners, all known]\n1 dev server left by an ended session\n" +
				"\tStop it…\n\tpython3 (http.server in ~/src/shop) · 127.0.0.1:8000\n" + staticTail},
		{name: "a new one that was left behind stands at both places",
			ls: []reeve.Listener{aListener(8000, leftBy("agent:2"), verdict("familiar")), aListener(62893, leftBy("session:1"))},
			want: "[1 new]\npython3 · 127.0.0.1:62893 · new\n" + freshSubmenu + "    Stop python3 on 62893\n" +
				"2 dev servers left by ended sessions\n\tStop all…\n\tpython3 (http.server in ~/src/shop) · 127.0.0.1:8000\n" +
				"\tpython3 (http.server in ~/src/shop) · 127.0.0.1:62893\n" + staticTail},
		{name: "whoever can't be seen is not offered to be stopped",
			ls:   []reeve.Listener{aListener(8000, leftBy("session:1"), hidden, verdict("familiar"))},
			want: "[1 listener, all known]\nAlready here and known\n\thidden program (http.server in ~/src/shop) · 127.0.0.1:8000\n" + staticTail},
		{name: "a problem has a row",
			status: reeve.Status{Problems: []reeve.Problem{{Text: "the rules file is broken and was kept aside"}, {Text: "x"}}},
			want:   "[Nothing listens]\nthe rules file is broken and was kept aside\n" + staticTail},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := text(menu(reeve.View{Listeners: tt.ls, Status: tt.status}, tt.unseen, noon))
			if got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestMenuKeepsItsLimitsWhateverListens(t *testing.T) {
	var all []reeve.Listener
	for i := range 400 {
		v := []string{"unfamiliar", "baseline", "familiar"}[i%3]
		address := []string{"127.0.0.1", "0.0.0.0"}[i%2]
		l := aListener(uint16(1000+i), at(address), verdict(v))
		if i%4 == 0 {
			leftBy("session:1")(&l)
		}
		all = append(all, l)
	}
	var unseen []gone
	for i := range 30 {
		unseen = append(unseen, gone{aListener(uint16(i)), noon})
	}
	view := reeve.View{Listeners: all, Status: reeve.Status{Problems: []reeve.Problem{{Text: "a full disk"}}}}
	rows := menu(view, unseen, noon)
	for n := range 20 {
		few := menu(reeve.View{Listeners: all[:n*n], Status: view.Status}, unseen[:n], noon)
		if len(few) > maxRows {
			t.Errorf("got %d rows, want at most %d:\n%s", len(few), maxRows, text(few))
		}
	}
	if len(rows) != maxRows {
		t.Errorf("got %d rows, want %d:\n%s", len(rows), maxRows, text(rows))
	}
	if !slices.ContainsFunc(rows, func(r Row) bool { return r.Label == "30 came and went" }) {
		t.Errorf("got\n%s\nwant a row for what ended unseen", text(rows))
	}
	if last := rows[len(rows)-1]; last.Do.Act != ActQuit {
		t.Errorf("got %q as the last row, want Quit", last.Label)
	}
	for _, r := range rows {
		if len(r.Rows) > maxSubmenu {
			t.Errorf("%s: got %d rows below, want at most %d", r.Label, len(r.Rows), maxSubmenu)
		}
	}
}

// Measured: 35 ms on 2 busy cores. A menu is laid out four times a second
// at most.
func BenchmarkTheMenuOfTenThousandListeners(b *testing.B) {
	const budget = 250 * time.Millisecond
	var all []reeve.Listener
	for i := range 10_000 {
		l := aListener(uint16(1000+i), verdict([]string{"unfamiliar", "baseline"}[i%2]), named(fmt.Sprint("p", i%100)))
		if i%3 == 0 {
			leftBy(fmt.Sprint("session:", i%7))(&l)
		}
		all = append(all, l)
	}
	view := reeve.View{Listeners: all}
	for b.Loop() {
		if rows := menu(view, nil, noon); len(rows) > maxRows {
			b.Fatalf("got %d rows, want at most %d", len(rows), maxRows)
		}
	}
	if per := b.Elapsed() / time.Duration(b.N); per > budget {
		b.Errorf("got %v for a menu, want at most %v", per, budget)
	}
}

func TestOneProgramDoesNotPushTheOthersOut(t *testing.T) {
	var all []reeve.Listener
	for i := range 12 {
		all = append(all, aListener(uint16(9000+i), ago(time.Duration(i)*time.Second)))
	}
	all = append(all, aListener(62893, named("stranger"), ago(time.Hour)))
	got := text(menu(reeve.View{Listeners: all}, nil, noon))
	for _, want := range []string{"stranger · 127.0.0.1:62893 · new\n", "python3 · 127.0.0.1:9000 · new\n", "\n10 more new in the window…\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant a row %q", got, want)
		}
	}
}

func TestRowsOfProgramsWithHostileNamesStayOneShortLine(t *testing.T) {
	for _, name := range []string{
		"a\nStop everything", "\u202egnp.exe", "\x1b[31mred", "\xff\xfe", strings.Repeat("w", 400), "_file", "a\x00b", "", "<b>bold</b>",
	} {
		for _, v := range []string{"unfamiliar", "baseline"} {
			l := aListener(62893, at("0.0.0.0"), named(name), placed(name+" in ~/"+strings.Repeat("deep/", 40)+name), verdict(v))
			rows := menu(reeve.View{Listeners: []reeve.Listener{l}, Status: reeve.Status{}}, []gone{{l, noon}}, noon)
			for _, r := range rows {
				if n := utf8.RuneCountInString(r.Label); n > maxLabel+20 {
					t.Errorf("%q: got %d characters in %q, want at most %d", name, n, r.Label, maxLabel+20)
				}
				if strings.ContainsAny(r.Label, "\n\r\x00\x1b\u202e") || !utf8.ValidString(r.Label) {
					t.Errorf("%q: got the row %q, want one clean line", name, r.Label)
				}
			}
			if head := rows[0].Label; strings.Contains(head, "b>") || strings.Contains(head, "w") && strings.Contains(head, "www") {
				t.Errorf("got the headline %q, want no program's text in it", head)
			}
		}
	}
}

func TestALongPlaceLosesItsFolders(t *testing.T) {
	l := aListener(5173, at("0.0.0.0"), verdict("baseline"), named("node"), placed("vite in ~/work/customers/a-very-long-name/frontend/shop"))
	got := entry{Listener: l}.openRow().Label
	if want := "node (vite in …/shop) · 5173 · open to your network"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := utf8.RuneCountInString(got); n > maxLabel {
		t.Errorf("got %d characters, want at most %d", n, maxLabel)
	}
}

func TestEveryClickCarriesTheIdsOfItsRow(t *testing.T) {
	rows := menu(reeve.View{Listeners: []reeve.Listener{aListener(62893), aListener(3000, at("0.0.0.0"), verdict("baseline"))}}, nil, noon)
	got := map[Act]Do{}
	for _, r := range rows {
		got[r.Do.Act] = r.Do
		for _, sub := range r.Rows {
			if sub.Do.Listener == "boot-f5ad" {
				got[sub.Do.Act] = sub.Do
			}
		}
	}
	ids := Do{Listener: "boot-f5ad", Owner: "62893.1.2.3", Title: "python3 on 62893"}
	for act, text := range map[Act]string{ActStop: "", ActForce: "", ActKnow: "", ActDetails: "", ActCopy: "127.0.0.1:62893"} {
		want := ids
		want.Act, want.Text = act, text
		if got[act] != want {
			t.Errorf("act %d: got %+v, want %+v", act, got[act], want)
		}
	}
}

func TestStopAllMeansThoseThatWereCounted(t *testing.T) {
	row := func(ls ...reeve.Listener) Row {
		for _, r := range menu(reeve.View{Listeners: ls}, nil, noon) {
			if r.Key == "left" {
				return r.Rows[0]
			}
		}
		t.Fatal("got no row of what was left, want one")
		return Row{}
	}
	a, b := aListener(8000, leftBy("s"), owned("1.1.1.1")), aListener(8001, leftBy("s"), owned("2.2.2.2"))
	two, one := row(a, b), row(a)
	if two.Do.Text != "1.1.1.1 2.2.2.2" || one.Do.Text != "1.1.1.1" || two.Do.Act != ActStopLeft {
		t.Errorf("got %+v and %+v, want the owners that were counted", two.Do, one.Do)
	}
	if two.Key == one.Key {
		t.Errorf("got the key %q for both, want another one for others", two.Key)
	}
}

func TestKeysAreUniqueAndChangeWithTheIds(t *testing.T) {
	keys := func(ls ...reeve.Listener) map[string]Do {
		all := map[string]Do{}
		for _, r := range menu(reeve.View{Listeners: ls}, nil, noon) {
			for _, r := range append(r.Rows, r) {
				if _, ok := all[r.Key]; ok {
					t.Errorf("got the key %q twice, want it once", r.Key)
				}
				all[r.Key] = r.Do
			}
		}
		return all
	}
	before := keys(aListener(8000), aListener(8001), aListener(3000, at("0.0.0.0"), verdict("baseline")), aListener(22, verdict("baseline")))
	after := keys(aListener(8000, owned("9.9.9.9")), aListener(8001), aListener(3000, at("0.0.0.0")), aListener(22))
	for key, do := range after {
		if was, ok := before[key]; ok && was != do {
			t.Errorf("key %q: got %+v after %+v, want the same meaning for ever", key, do, was)
		}
	}
}

func TestAddressesToConnectTo(t *testing.T) {
	for _, tt := range []struct {
		address string
		only6   bool
		port    uint16
		copy    string
		url     string
	}{
		{"127.0.0.1", false, 8000, "127.0.0.1:8000", "http://127.0.0.1:8000/"},
		{"0.0.0.0", false, 443, "127.0.0.1:443", "https://127.0.0.1:443/"},
		{"::", false, 3000, "127.0.0.1:3000", "http://127.0.0.1:3000/"},
		{"::", true, 3000, "[::1]:3000", "http://[::1]:3000/"},
		{"192.168.1.7", false, 22, "192.168.1.7:22", ""},
		{"fe80::1%eth0", false, 8080, "[fe80::1%eth0]:8080", ""},
	} {
		e := entry{Listener: aListener(tt.port, at(tt.address), placed(""), func(l *reeve.Listener) { l.IPv6Only = tt.only6 })}
		if got := []string{e.dial().String(), e.url()}; !reflect.DeepEqual(got, []string{tt.copy, tt.url}) {
			t.Errorf("%s port %d: got %q, want %q", tt.address, tt.port, got, []string{tt.copy, tt.url})
		}
	}
}

func TestAPlaceLosesItsFoldersBeforeItsProgram(t *testing.T) {
	const place = "http.server in ~/src/shop"
	for limit, want := range map[int]string{
		25: place,
		24: "http.server in …/shop",
		21: "http.server in …/shop",
		20: "http.server",
		10: "http…erver",
	} {
		if got := shortPlace(place, limit); got != want {
			t.Errorf("to %d characters: got %q, want %q", limit, got, want)
		}
	}
}
