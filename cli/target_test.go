package cli

import (
	"errors"
	"testing"

	"portreeve/monitor/reeve"
)

func TestTargetsAreReadAsPeopleWriteThem(t *testing.T) {
	for _, c := range []struct {
		in   string
		udp  bool
		want string
	}{
		{"3000", false, "3000"},
		{":3000", false, "3000"},
		{"*:3000", false, "3000"},
		{"localhost:3000", false, "localhost:3000"},
		{"127.0.0.1:3000", false, "127.0.0.1:3000"},
		{"[::1]:3000", false, "[::1]:3000"},
		{"[::ffff:127.0.0.1]:3000", false, "127.0.0.1:3000"},
		{"[fe80::1%eth0]:3000", false, "[fe80::1%eth0]:3000"},
		{"65535", false, "65535"},
		{"5353", true, "5353/udp"},
		{"5353/udp", false, "5353/udp"},
		{"127.0.0.1:5353/udp", false, "127.0.0.1:5353/udp"},
		{"127.0.0.1:80/tcp", false, "127.0.0.1:80"},
	} {
		got, err := parseTarget(c.in, c.udp)
		if err != nil {
			t.Errorf("%s: got error %v, want %s", c.in, err, c.want)
			continue
		}
		equal(t, c.in, got.String(), c.want)
	}
}

func TestWhatIsNoTargetIsRefusedWithAHint(t *testing.T) {
	for _, c := range []struct{ in, message, hint string }{
		{"abc", `"abc" is not a port, nor an address with a port`, "write 3000, 127.0.0.1:3000 or [::1]:3000"},
		{"", `"" is not a port, nor an address with a port`, "write 3000, 127.0.0.1:3000 or [::1]:3000"},
		{"0", "port 0 is out of range", portsRange},
		{"70000", "port 70000 is out of range", portsRange},
		{"-1", "port -1 is out of range", portsRange},
		{"99999999999999999999", "port 99999999999999999999 is out of range", portsRange},
		{"003000", "port 003000 is out of range", portsRange},
		{"127.0.0.1:0", "port 0 is out of range", portsRange},
		{"127.0.0.1", `"127.0.0.1" has no port`, "write an address with its port: 127.0.0.1:3000"},
		{"::1", `"::1" has no port`, "write an address with its port: [::1]:3000"},
		{"::1:3000", `"::1:3000" has no port`, "write an address with its port: [::1:3000]:3000"},
		{"example.com:80", `"example.com" is not an address of this computer`, "write an IP address, or localhost"},
		{"127.0.0.1:http", `"127.0.0.1:http" is not a port, nor an address with a port`, "write 3000, 127.0.0.1:3000 or [::1]:3000"},
		{"+3000", `"+3000" is not a port, nor an address with a port`, "write 3000, 127.0.0.1:3000 or [::1]:3000"},
		{"a\x1b[31m", `"a\x1b[31m" is not a port, nor an address with a port`, "write 3000, 127.0.0.1:3000 or [::1]:3000"},
	} {
		_, err := parseTarget(c.in, false)
		var answer *reeve.Error
		if !errors.As(err, &answer) {
			t.Errorf("%q: got %v, want a refusal", c.in, err)
			continue
		}
		equal(t, c.in+": code", answer.Code, reeve.CodeUsage)
		equal(t, c.in+": message", answer.Message, c.message)
		equal(t, c.in+": hint", answer.Hint, c.hint)
	}
	if _, err := parseTarget("53/tcp", true); err == nil {
		t.Error("53/tcp with --udp: got no error, want a refusal")
	}
}

func TestATargetTakesTheWildcardsThatIncludeIt(t *testing.T) {
	only6 := tcp("::", 3000, "x", 1)
	only6.IPv6Only = true
	for _, c := range []struct {
		target       string
		l            reeve.Listener
		names, takes bool
	}{
		{"3000", tcp("10.0.0.1", 3000, "x", 1), true, true},
		{"3000", tcp("::", 3000, "x", 1), true, true},
		{"3000", tcp("::", 3001, "x", 1), false, false},
		{"3000", udp("127.0.0.1", 3000, "x", 1), false, false},
		{"3000/udp", udp("127.0.0.1", 3000, "x", 1), true, true},
		{"127.0.0.1:3000", tcp("127.0.0.1", 3000, "x", 1), true, true},
		{"127.0.0.1:3000", tcp("127.0.0.2", 3000, "x", 1), false, false},
		{"127.0.0.1:3000", tcp("0.0.0.0", 3000, "x", 1), false, true},
		{"127.0.0.1:3000", tcp("::", 3000, "x", 1), false, true},
		{"127.0.0.1:3000", only6, false, false},
		{"127.0.0.1:3000", tcp("::1", 3000, "x", 1), false, false},
		{"[::1]:3000", only6, false, true},
		{"[::1]:3000", tcp("0.0.0.0", 3000, "x", 1), false, false},
		{"0.0.0.0:3000", tcp("127.0.0.1", 3000, "x", 1), false, false},
		{"localhost:3000", tcp("127.0.0.1", 3000, "x", 1), true, true},
		{"localhost:3000", tcp("::1", 3000, "x", 1), true, true},
		{"localhost:3000", tcp("0.0.0.0", 3000, "x", 1), false, true},
		{"localhost:3000", tcp("192.168.1.2", 3000, "x", 1), false, false},
		{"[fe80::1]:3000", tcp("fe80::1%eth0", 3000, "x", 1), true, true},
		{"[fe80::1%eth1]:3000", tcp("fe80::1%eth0", 3000, "x", 1), false, false},
		{"127.0.0.1:3000", tcp("rubbish", 3000, "x", 1), false, false},
	} {
		tg, err := parseTarget(c.target, false)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, c.target+" names "+endpoint(c.l), tg.names(c.l), c.names)
		equal(t, c.target+" takes "+endpoint(c.l), tg.takes(c.l), c.takes)
	}
}

func FuzzATargetThatWasReadReadsTheSameAgain(f *testing.F) {
	for _, s := range []string{"3000", ":1", "localhost:80", "[::1]:3000", "1/udp", "[fe80::1%a b]:2", "-5", "[]", "[:1"} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, s string, udp bool) {
		got, err := parseTarget(s, udp)
		if err != nil {
			return
		}
		if got.port == 0 {
			t.Fatalf("%q: got port 0, want an error", s)
		}
		if got.addr.Zone() != "" {
			return // zones are cleaned to be shown
		}
		again, err := parseTarget(got.String(), false)
		if err != nil || again != got {
			t.Errorf("%q: got %v and %v, want %v", s, again, err, got)
		}
	})
}
