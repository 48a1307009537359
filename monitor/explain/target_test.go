package explain

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode"

	"portreeve/monitor/socket"
)

func TestATargetIsReadAsPeopleWriteIt(t *testing.T) {
	for in, want := range map[string]string{
		"3000":                               "port 3000",
		":62893":                             "port 62893",
		"*:3000":                             "port 3000",
		"  127.0.0.1:62893\n":                "127.0.0.1:62893",
		"localhost:3000":                     "localhost:3000",
		"LocalHost:3000":                     "localhost:3000",
		"shop.localhost:3000":                "localhost:3000",
		"[::1]:80":                           "[::1]:80",
		"::1:8080":                           "[::1]:8080",
		":::3000":                            "[::]:3000",
		"[::ffff:127.0.0.1]:80":              "127.0.0.1:80",
		"[fe80::1%eth0]:80":                  "[fe80::1%eth0]:80",
		"53/udp":                             "port 53/udp",
		"127.0.0.1:53/udp":                   "127.0.0.1:53/udp",
		"127.0.0.1:80/tcp":                   "127.0.0.1:80",
		"http://localhost:5173/":             "localhost:5173",
		"http://localhost":                   "localhost:80",
		"https://127.0.0.1/a?b=c#d":          "127.0.0.1:443",
		"http://ada:secret@127.0.0.1:8000/x": "127.0.0.1:8000",
		"http://[fe80::1%25eth0]:80/":        "[fe80::1%eth0]:80",
		"http://[::1]/":                      "[::1]:80",
		"postgres://u@localhost/db":          "localhost:5432",
		"127.0.0.1:8000/index.html":          "127.0.0.1:8000",
		`"127.0.0.1:8000"`:                   "127.0.0.1:8000",
		"(localhost:8000).":                  "localhost:8000",
		`{"addr":"127.0.0.1:3000"}`:          "127.0.0.1:3000",
	} {
		got, err := ParseTarget(in)
		if err != nil || got.String() != want {
			t.Errorf("%q: got %q, %v, want %q", in, got, err, want)
		}
	}
}

func TestATargetIsFoundInALineOfALog(t *testing.T) {
	for in, want := range map[string]string{
		`INFO:     127.0.0.1:62893 - "GET / HTTP/1.1" 200 OK`:                                 "127.0.0.1:62893",
		`Debugger listening on ws://127.0.0.1:9229/1c2d`:                                      "127.0.0.1:9229",
		`Error: listen EADDRINUSE: address already in use :::3000`:                            "[::]:3000",
		`Serving HTTP on 0.0.0.0 port 8000 (http://0.0.0.0:8000/) ...`:                        "0.0.0.0:8000",
		`connect ECONNREFUSED ::1:5432`:                                                       "[::1]:5432",
		`curl: (7) Failed to connect to localhost port 3000 after 0 ms: Couldn't connect`:     "localhost:3000",
		`OSError: [Errno 98] error while attempting to bind on address ('127.0.0.1', 8000): `: "127.0.0.1:8000",
		`14:02:05 dial tcp [::1]:8080: connect: connection refused`:                           "[::1]:8080",
		`2026-11-26T14:02:05.123Z  Local:   http://localhost:5173/`:                           "localhost:5173",
		`tcp LISTEN 0 128 *:22 *:*`:                                                           "port 22",
		`Tomcat started on port(s): 8080 (http)`:                                              "",
		`Tomcat started on port 8080 (http)`:                                                  "port 8080",
		`listening on :4000`:                                                                  "port 4000",
		`127.0.0.1 - - [26/Nov/2026 14:02:05] "GET / HTTP/1.1" 200 -`:                         "",
		`at 14:02:05 all was well`:                                                            "",
	} {
		got, err := ParseTarget(in)
		if want == "" {
			if err == nil {
				t.Errorf("%q: got %q, want an error", in, got)
			}
			continue
		}
		if err != nil || got.String() != want {
			t.Errorf("%q: got %q, %v, want %q", in, got, err, want)
		}
	}
}

func TestOfSeveralAddressesTheFirstOfThisComputerIsMeant(t *testing.T) {
	got, err := ParseTarget("10.1.2.3:5000 -> 127.0.0.1:62893 via 127.0.0.1:8000, port 62893")
	if err != nil || got.String() != "127.0.0.1:62893" || !slices.Equal(got.Also, []string{"127.0.0.1:8000", "10.1.2.3:5000"}) {
		t.Errorf("got %q also %q, %v", got, got.Also, err)
	}
}

func TestALinkKeepsItsSchemeAndProtocol(t *testing.T) {
	got, err := ParseTarget("look at HTTPS://localhost:8443/x")
	if err != nil || got.Scheme != "https" || got.Proto != socket.TCP {
		t.Errorf("got %+v, %v, want https over TCP", got, err)
	}
	if got, err = ParseTarget("udp://127.0.0.1:53"); err != nil || got.Proto != socket.UDP {
		t.Errorf("got %+v, %v, want UDP", got, err)
	}
}

func TestWhatCannotBeExplainedIsAClearError(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "there is nothing to explain",
		" \n\t ":                   "there is nothing to explain",
		"0":                        "port 0 stands for any free port",
		"127.0.0.1:0":              "port 0 stands for any free port",
		"70000":                    "port 70000 is out of range",
		"127.0.0.1:70000":          "port 70000 is out of range",
		"-1":                       "port -1 is out of range",
		"000080":                   "port 000080 is out of range",
		"127.0.0.1":                "127.0.0.1 has no port",
		"::1":                      "::1 has no port",
		"[fe80::1%eth0]":           "fe80::1%eth0 has no port",
		"localhost":                "localhost has no port",
		"127.1:80":                 "127.1 is a shortened address",
		"127.1":                    "127.1 is a shortened address",
		"0x7f000001:80":            "0x7f000001 is a shortened address",
		"0177.0.0.1:80":            "0177.0.0.1 is a shortened address",
		"http://127.1:8080/":       "127.1 is a shortened address",
		"example.com:80":           "example.com is the name of a computer",
		"https://bücher.example/":  "bücher.example is the name of a computer",
		"ｌｏｃａｌｈｏｓｔ:80":             "ｌｏｃａｌｈｏｓｔ is the name of a computer",
		"example.com":              "example.com is the name of a computer",
		"localhost:http":           `"http" is not a port`,
		"127.0.0.1:３０００":           `"３０００" is not a port`,
		"[fe80::1%e\x1b[2J]:80":    `"e[2J" is not the name of a network interface`,
		"file:///etc/passwd":       "that link names no computer",
		"abc":                      "there is no address",
		"1.2.3.4.5:80":             "1.2.3.4.5 is the name of a computer",
		"\x00\xff\xfe":             "there is no address",
		strings.Repeat("x", 1<<20): "that is too much text to find an address in: 1048576 bytes",
	} {
		got, err := ParseTarget(in)
		var e *TargetError
		if !errors.As(err, &e) || !strings.HasPrefix(e.Message, want) || e.Hint == "" {
			t.Errorf("%.40q: got %v, %v, want %q and a hint", in, got, err, want)
		}
	}
}

func TestAShortenedAddressIsSpelledOut(t *testing.T) {
	_, err := ParseTarget("127.1:3000")
	var e *TargetError
	if !errors.As(err, &e) || !strings.Contains(e.Hint, "127.0.0.1:PORT") {
		t.Errorf("got %v, want the hint to spell 127.0.0.1", err)
	}
}

func FuzzATargetIsReadOrRefusedInCleanWords(f *testing.F) {
	for _, s := range []string{"3000", "[::1]:80", "http://u@localhost:1/", "127.1", "a 127.0.0.1:1 b :2", "fe80::1%e:3", "\xff:1", "('::', 8)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := ParseTarget(in)
		if err != nil {
			var e *TargetError
			if !errors.As(err, &e) || e.Hint == "" {
				t.Fatalf("%q: got %#v, want a *TargetError with a hint", in, err)
			}
			for _, r := range e.Message + e.Hint {
				if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
					t.Errorf("%q: got %q with %U", in, e.Message, r)
				}
			}
			return
		}
		if got.Port == 0 || got.Proto == 0 {
			t.Fatalf("%q: got %+v without a port", in, got)
		}
		// What it calls itself leads to the same place again.
		name := strings.TrimPrefix(got.String(), "port ")
		again, err := ParseTarget(name)
		if err != nil || again.String() != got.String() {
			t.Errorf("%q: got %q, which reads as %q, %v", in, got, again, err)
		}
		if Clean(got.String(), 200) != got.String() {
			t.Errorf("%q: got %q, which is not clean", in, got)
		}
	})
}
