//go:build e2e && linux

package e2e

import (
	"net/netip"
	"testing"
)

func TestTheGoalsOfADayAreMissedByEachOfTheseFigures(t *testing.T) {
	program, odd := part{name: "a program"}, part{name: "a stranger", stranger: true}
	for name, c := range map[string]struct {
		figures figures
		known   bool
		want    int
	}{
		"a new program told once":                {figures{part: program, told: true, notices: 1}, false, 0},
		"a new program told by a digest":         {figures{part: program, told: true, notices: 1, digested: true}, false, 0},
		"a new program corrected in place":       {figures{part: program, told: true, notices: 1, updates: 3}, false, 0},
		"a new program told twice":               {figures{part: program, told: true, notices: 2}, false, 1},
		"a new program told by a digest, too":    {figures{part: program, told: true, notices: 2, digested: true}, false, 1},
		"a new program never told":               {figures{part: program}, false, 1},
		"a notice that names nothing of it":      {figures{part: program, notices: 1}, false, 1},
		"a known program that is quiet":          {figures{part: program}, true, 0},
		"a known program told":                   {figures{part: program, told: true, notices: 1}, true, 1},
		"a known program told by another's name": {figures{part: program, notices: 1}, true, 1},
		"a stranger told on day two":             {figures{part: odd, told: true, notices: 1}, true, 0},
		"a stranger missed on day one":           {figures{part: odd}, false, 1},
		"a stranger missed on day two":           {figures{part: odd}, true, 1},
		"a stranger told twice":                  {figures{part: odd, told: true, notices: 2}, true, 1},
		"a program that is not installed":        {figures{part: program, missing: "java"}, false, 0},
	} {
		if got := c.figures.faults("a day", c.known); len(got) != c.want {
			t.Errorf("%s: got faults %q, want %d", name, got, c.want)
		}
	}
}

// The lines are of /proc/net/tcp and tcp6 on a little endian machine.
func TestTheLookoutReadsTheKernelsEndpoints(t *testing.T) {
	for text, want := range map[string]string{
		"0100007F:F5AD":                         "127.0.0.1:62893",
		"00000000:1F40":                         "0.0.0.0:8000",
		"00000000000000000000000001000000:1435": "[::1]:5173",
		"00000000000000000000000000000000:0016": "[::]:22",
	} {
		if got, err := endpointOf(text); err != nil || got != netip.MustParseAddrPort(want) {
			t.Errorf("%s: got %v, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0100007F", "01:1F40", "0100007F:1F", "0100007F0100007F:1F40"} {
		if got, err := endpointOf(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}
