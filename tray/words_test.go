package tray

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"portreeve/monitor/reeve"
	"portreeve/tray/notify"
)

// python is the design's example.
func python(address string) reeve.Listener {
	return reeve.Listener{
		ID: "b-" + address, Protocol: "tcp", Address: address, Port: 62893, Scope: "loopback", Verdict: "unfamiliar",
		Program: "python3", Place: "http.server in ~/src/shop", Reach: "Only programs on this computer can reach it.",
		Owners: []reeve.Owner{{ID: "o1", PID: 7, Name: "python3", Parents: []string{"bash", "gnome-terminal-", "systemd"}}},
		Origin: reeve.Origin{Key: "session:4711", Kind: reeve.OriginTerminal, Label: "Terminal"}, Project: "~/src/shop",
	}
}

func openTo(l reeve.Listener, address string, port uint16, program string) reeve.Listener {
	l.ID, l.Address, l.Port, l.Program = fmt.Sprintf("b-%s-%d-%s", address, port, program), address, port, program
	l.Scope, l.Reach = "network", "Open to your network (a firewall may still block it)."
	l.Place = "vite in ~/src/shop"
	return l
}

func onPort(l reeve.Listener, port uint16) reeve.Listener {
	l.ID, l.Port = fmt.Sprint(l.ID, "-", port), port
	return l
}

func because(l reeve.Listener, reason, why, look string) reeve.Listener {
	l.Reason, l.WhyNew, l.Look = reason, why, look
	return l
}

func TestAStrangersNoticeNamesItAndWhoReachesIt(t *testing.T) {
	node := openTo(python(""), "0.0.0.0", 5173, "node")
	node.Look = "it is open to your network"
	hidden := openTo(python(""), "::", 8080, "hidden program")
	hidden.Owners, hidden.Hidden, hidden.Look = nil, "belongs to root (cups.service); sudo shows it", "its program can't be seen"
	deleted := python("127.0.0.1")
	deleted.Look = "its program file has been deleted or replaced"
	orphan := python("192.168.1.5")
	left := python("127.0.0.1")
	left.Origin.Ended = true
	orphan.Origin = reeve.Origin{}
	orphan.Place, orphan.Owners = "", []reeve.Owner{{ID: "o", Parents: []string{"systemd"}}}
	alone := python("127.0.0.1")
	alone.Origin = reeve.Origin{}
	alone.Place, alone.Owners = "", []reeve.Owner{{ID: "o"}}
	for _, c := range []struct {
		name, title, body string
		ls                []reeve.Listener
	}{
		{"the design's example", "python3 is listening on 127.0.0.1:62893",
			"Only programs on this computer can reach it. http.server in ~/src/shop, started from Terminal.",
			[]reeve.Listener{python("127.0.0.1")}},
		{"both loopback addresses", "python3 is listening on 127.0.0.1:62893 and [::1]:62893",
			"Only programs on this computer can reach it. http.server in ~/src/shop, started from Terminal.",
			[]reeve.Listener{python("127.0.0.1"), python("::1")}},
		{"a wildcard, whose reach already says why to look", "node is listening on port 5173",
			"Open to your network (a firewall may still block it). vite in ~/src/shop, started from Terminal.",
			[]reeve.Listener{node}},
		{"an owner that can't be seen", "A hidden program is listening on port 8080",
			"Open to your network (a firewall may still block it). It belongs to root (cups.service); sudo shows it.",
			[]reeve.Listener{hidden}},
		{"a reason to look", "python3 is listening on 127.0.0.1:62893",
			"Only programs on this computer can reach it. http.server in ~/src/shop, started from Terminal. Its program file has been deleted or replaced.",
			[]reeve.Listener{deleted}},
		{"a known program that opens to the network", "python3 is listening on port 62893",
			"Open to your network (a firewall may still block it). vite in ~/src/shop, started from Terminal. You know it as reachable from this computer only; now it is open to your network.",
			[]reeve.Listener{because(openTo(python(""), "0.0.0.0", 62893, "python3"), "open", "You know it as reachable from this computer only; now it is open to your network.", "it is open to your network")}},
		{"a known program's file that was deleted", "python3 is listening on 127.0.0.1:62893",
			"Only programs on this computer can reach it. http.server in ~/src/shop, started from Terminal. You know ~/x; the file of this one has been deleted or replaced.",
			[]reeve.Listener{because(python("127.0.0.1"), "deleted", "You know ~/x; the file of this one has been deleted or replaced.", "its program file has been deleted or replaced")}},
		{"a known interpreter with another script", "python3 is listening on 127.0.0.1:62893",
			"Only programs on this computer can reach it. http.server in ~/src/shop, started from Terminal.",
			[]reeve.Listener{because(python("127.0.0.1"), "script", "You know python3.11 running ~/a.py; this one runs something else, or in another folder.", "")}},
		{"a known program on another port, and a reason to look", "python3 is listening on 127.0.0.1:62893",
			"Only programs on this computer can reach it. http.server in ~/src/shop, started from Terminal. You know it on port 1; this is port 62893. Its program can't be seen.",
			[]reeve.Listener{because(python("127.0.0.1"), "port", "You know it on port 1; this is port 62893.", "its program can't be seen")}},
		{"several ports of one program", "python3 is listening on 3 ports",
			"Only programs on this computer can reach it. http.server in ~/src/shop, started from Terminal. Ports 3000, 9229 and 62893.",
			[]reeve.Listener{python("127.0.0.1"), onPort(python("127.0.0.1"), 9229), onPort(python("127.0.0.1"), 3000), onPort(python("::1"), 3000)}},
		{"what its terminal has left behind", "python3 is listening on 127.0.0.1:62893",
			"Only programs on this computer can reach it. http.server in ~/src/shop, left by an ended session of Terminal.",
			[]reeve.Listener{left}},
		{"a parent that people don't know", "python3 is listening on 192.168.1.5:62893",
			"Only programs on this computer can reach it. Started by systemd.", []reeve.Listener{orphan}},
		{"nothing known but the name", "python3 is listening on 127.0.0.1:62893",
			"Only programs on this computer can reach it.", []reeve.Listener{alone}},
	} {
		t.Run(c.name, func(t *testing.T) {
			title, body := newcomer(c.ls)
			if title != c.title {
				t.Errorf("title: got  %q\nwant %q", title, c.title)
			}
			if body != c.body {
				t.Errorf("body: got  %q\nwant %q", body, c.body)
			}
		})
	}
}

func TestLongNamesNeverPushTheAddressOrTheReasonOut(t *testing.T) {
	l := python("127.0.0.1")
	l.Program, l.Place, l.Look = strings.Repeat("x", 200), strings.Repeat("long ", 60), "its program file has been deleted or replaced"
	l.Owners[0].Parents = []string{strings.Repeat("y", 200)}
	title, body := newcomer([]reeve.Listener{l, python("::1")})
	if !strings.HasSuffix(title, " is listening on 127.0.0.1:62893 and [::1]:62893") || utf8.RuneCountInString(title) > notify.MaxTitle {
		t.Errorf("title: got %q, want the whole address in %d characters", title, notify.MaxTitle)
	}
	if !strings.HasSuffix(body, "… Its program file has been deleted or replaced.") || utf8.RuneCountInString(body) > notify.MaxBody {
		t.Errorf("body: got %q, want the whole reason in %d characters", body, notify.MaxBody)
	}
}

func TestTheFirstStartSaysWhatIsWorthALook(t *testing.T) {
	at := func(port uint16, program, look string, pid int32) reeve.Listener {
		l := python("127.0.0.1")
		l.Port, l.Program, l.Look = port, program, look
		l.Owners = []reeve.Owner{{ID: fmt.Sprint(pid), PID: pid}}
		return l
	}
	service := func(port uint16, pid int32) reeve.Listener {
		l := at(port, "nginx", "", pid)
		l.Owners[0].Unit = "nginx.service"
		return l
	}
	hidden := func(port uint16) reeve.Listener {
		l := at(port, "a program of root", "its program can't be seen", 0)
		l.Owners = nil
		return l
	}
	folded := at(5353, "avahi", "it is open to your network", 99)
	folded.Folded = true
	deleted := "its program file has been deleted or replaced"
	for _, c := range []struct {
		name, title, body string
		ls                []reeve.Listener
	}{
		{"nothing at all", "No program listens on this computer yet", "You are told when a new one appears.", nil},
		{"nothing stands out", "1 program already listens on this computer",
			"Nothing about them stands out. You are told when a new one appears.",
			[]reeve.Listener{at(1, "a", "", 1), at(2, "a", "", 1), folded}},
		{"one on two addresses", "2 programs already listen on this computer",
			"1 is worth a look: b (" + deleted + ").",
			[]reeve.Listener{at(1, "a", "", 1), at(2, "b", deleted, 2), at(3, "b", deleted, 2)}},
		{"a service of several processes is one", "1 program already listens on this computer",
			"Nothing about them stands out. You are told when a new one appears.",
			[]reeve.Listener{service(80, 1), service(443, 2)}},
		{"hidden ones are told apart by their ports", "2 programs already listen on this computer",
			"2 are worth a look: a program of root on port 631 (its program can't be seen) and a program of root on port 2024 (its program can't be seen).",
			[]reeve.Listener{hidden(631), hidden(2024)}},
		{"more than fit are counted", "5 programs already listen on this computer",
			"5 are worth a look: a (" + deleted + "), b (" + deleted + "), c (" + deleted + ") and 2 more.",
			[]reeve.Listener{at(1, "a", deleted, 1), at(2, "b", deleted, 2), at(3, "c", deleted, 3), at(4, "d", deleted, 4), at(5, "e", deleted, 5)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			title, body := welcome(c.ls)
			if title != c.title {
				t.Errorf("title: got  %q\nwant %q", title, c.title)
			}
			if body != c.body {
				t.Errorf("body: got  %q\nwant %q", body, c.body)
			}
			if utf8.RuneCountInString(body) > notify.MaxBody {
				t.Errorf("body: got %d characters, want at most %d", utf8.RuneCountInString(body), notify.MaxBody)
			}
		})
	}
}

func TestADigestCountsAndNames(t *testing.T) {
	one := func(port uint16, program string) []reeve.Listener {
		l := python("127.0.0.1")
		l.Port, l.Program = port, program
		return []reeve.Listener{l}
	}
	var many [][]reeve.Listener
	for i := range uint16(12) {
		many = append(many, one(40000+i, "python3"))
	}
	many = append(many, []reeve.Listener{openTo(python(""), "0.0.0.0", 5173, "node")}, one(8080, "java"))
	var five [][]reeve.Listener
	for _, p := range []string{"a", "b", "c", "d", "e"} {
		five = append(five, one(1, p))
	}
	for _, c := range []struct {
		name, title, body string
		all               [][]reeve.Listener
		why               occasion
	}{
		{"several programs", "14 new listeners from 3 programs",
			"python3 on 12 ports, node on 5173 and java on 8080. 1 is open to your network.", many, sinceBurst},
		{"one program on a few ports", "2 new listeners from python3", "python3 on 40000 and 40001.", many[:2], sinceBurst},
		{"one program", "12 new listeners from python3", "python3 on 12 ports.", many[:12], sinceBurst},
		{"more than three", "5 new listeners from 5 programs", "a on 1, b on 1, c on 1 and 2 more.", five, sinceBurst},
		{"a later start", "2 new since last time", "a on 1 and b on 1.", five[:2], sinceLastTime},
		{"after a sleep", "2 new since the computer woke up", "a on 1 and b on 1.", five[:2], sinceSleep},
		{"a program whose ports are one stranger's", "14 new listeners from 3 programs",
			"python3 on 12 ports, node on 5173 and java on 8080. 1 is open to your network.",
			append([][]reeve.Listener{slices.Concat(many[:12]...)}, many[12:]...), sinceBurst},
		{"what is left of one", "1 new listener from a", "a on 1.", five[:1], sinceBurst},
	} {
		t.Run(c.name, func(t *testing.T) {
			title, body := digest(c.all, c.why)
			if title != c.title {
				t.Errorf("title: got  %q\nwant %q", title, c.title)
			}
			if body != c.body {
				t.Errorf("body: got  %q\nwant %q", body, c.body)
			}
		})
	}
}

func TestAnEnumerationFitsWhateverTheNames(t *testing.T) {
	long := strings.Repeat("n", 150)
	for _, names := range [][]string{{long, long, long, long}, {long + long}, {long + long, long}, {"a"}, {"a", "b"}} {
		if got := enumerate(names, 170); utf8.RuneCountInString(got) > 170 {
			t.Errorf("got %d characters of %q, want at most 170", utf8.RuneCountInString(got), got)
		}
	}
}

func TestRefusalsAreToldAsSentences(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"a refusal with a hint", &reeve.Error{Code: reeve.CodeDenied, Message: "it is another user's", Hint: "it belongs to root; sudo portreeve stop can end it"},
			"It is another user's. It belongs to root; sudo portreeve stop can end it."},
		{"an outdated notice", &reeve.Error{Code: reeve.CodeChanged, Message: "port 80 is held by another process now"},
			"What listens there is not what this notice showed: port 80 is held by another process now."},
		{"a time-out", fmt.Errorf("x: %w", context.DeadlineExceeded), "It took too long, and how it ended is not known."},
		{"any other error", errors.New("no such thing"), "No such thing."},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := reason(c.err); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestATestBuildBeginsItsSentenceWithACapital(t *testing.T) {
	l := python("127.0.0.1")
	l.Place = "a test build in ~/src/shop"
	_, got := newcomer([]reeve.Listener{l})
	if want := "can reach it. A test build in ~/src/shop, started "; !strings.Contains(got, want) {
		t.Errorf("got %q, want %q in it", got, want)
	}
}

func TestADigestBeginsWithACapitalWhereNoNameDoes(t *testing.T) {
	l := aListener(42499, hidden, named("a program of root"))
	if _, body := digest([][]reeve.Listener{{l}}, sinceBurst); body != "A program of root on 42499." {
		t.Errorf("got %q, want a capital", body)
	}
	if _, body := digest([][]reeve.Listener{{aListener(42499)}}, sinceBurst); body != "python3 on 42499." {
		t.Errorf("got %q, want the name as it is", body)
	}
}
