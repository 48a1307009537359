package familiar

import (
	"fmt"
	"strconv"
	"strings"
)

// Ports is a class of ports: an exact one ("8080"), a range with both ends
// included ("3000-3999"), or any of a kind.
type Ports string

// The classes that are no numbers.
const (
	// Ephemeral is any port of this machine's own range or of IANA's dynamic
	// one (49152 to 65535, RFC 6335).
	Ephemeral Ports = "ephemeral"
	// AnyPort is every port.
	AnyPort Ports = "any"
)

// IANA's dynamic ports (RFC 6335, section 6), both included.
const dynamicLow, dynamicHigh = 49152, 65535

// Exactly is the class of a single port.
func Exactly(port uint16) Ports { return Ports(strconv.Itoa(int(port))) }

// Bounds gives the ends of an exact port or a range, both included; ok is false
// for the classes that are words and for what is neither.
func (p Ports) Bounds() (low, high uint16, ok bool) {
	from, to, isRange := strings.Cut(string(p), "-")
	if !isRange {
		to = from
	}
	a, errA := strconv.ParseUint(strings.TrimSpace(from), 10, 16)
	b, errB := strconv.ParseUint(strings.TrimSpace(to), 10, 16)
	if errA != nil || errB != nil || a == 0 || a > b {
		return 0, 0, false
	}
	return uint16(a), uint16(b), true
}

func (p Ports) check() error {
	if p == AnyPort || p == Ephemeral {
		return nil
	}
	if _, _, ok := p.Bounds(); !ok {
		return fmt.Errorf("ports %q is neither a port (8080), nor a range (3000-3999), nor %q, nor %q", string(p), Ephemeral, AnyPort)
	}
	return nil
}

// class is Ports made ready for comparing.
type class struct {
	low, high uint16
	ephemeral bool
}

func (p Ports) class() class {
	switch p {
	case AnyPort:
		return class{low: 0, high: 65535}
	case Ephemeral:
		return class{ephemeral: true}
	}
	low, high, ok := p.Bounds()
	if !ok {
		return class{low: 1, high: 0} // holds nothing
	}
	return class{low: low, high: high}
}

func (b *Book) holds(c class, port uint16) bool {
	if c.ephemeral {
		return b.IsEphemeral(port)
	}
	return c.low <= port && port <= c.high
}

// IsEphemeral reports whether a port is one that is handed out to programs that
// ask for any: by this machine, or by IANA's word elsewhere.
func (b *Book) IsEphemeral(port uint16) bool {
	return port >= dynamicLow && port <= dynamicHigh ||
		b.EphemeralLow != 0 && port >= b.EphemeralLow && port <= b.EphemeralHigh
}
