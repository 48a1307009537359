package familiar

import (
	"net/netip"
	"slices"
	"strconv"
)

// IANA's dynamic ports (RFC 6335, section 6), both included.
const dynamicLow, dynamicHigh = 49152, 65535

// ScopeOf tells how far an address can be reached.
func ScopeOf(a netip.Addr) Scope {
	if a.Unmap().IsLoopback() {
		return Loopback
	}
	return Network
}

// IsEphemeral reports whether a port is one that is handed out to programs that
// ask for any: by this machine, or by IANA's word elsewhere.
func (b *Book) IsEphemeral(port uint16) bool {
	return port >= dynamicLow && port <= dynamicHigh ||
		b.EphemeralLow != 0 && port >= b.EphemeralLow && port <= b.EphemeralHigh
}

// PatternOf gives the narrowest sensible pattern that covers a listener: an
// ephemeral port widens to any ephemeral one, since it differs the next time.
func (b *Book) PatternOf(l Listening) Pattern {
	p := Pattern{
		User:    userOf(l),
		Subject: SubjectOf(l),
		Proto:   l.Proto.String(),
		Scope:   ScopeOf(l.Local.Addr()),
		Ports:   Ports(strconv.Itoa(int(l.Local.Port()))),
	}
	if len(l.Owners) > 0 && b.IsEphemeral(l.Local.Port()) {
		p.Ports = Ephemeral
	}
	return p
}

// Judge tells what is believed of a listener. Rules stand before the baseline.
func (b *Book) Judge(l Listening) Verdict {
	is := b.PatternOf(l)
	port := l.Local.Port()
	for _, r := range b.Rules {
		if b.covers(r.Pattern, is, port) {
			return Familiar
		}
	}
	if !b.HasBaseline {
		return Unknown
	}
	for _, p := range b.Baseline {
		if b.covers(p, is, port) {
			return Baseline
		}
	}
	return Unfamiliar
}

// Covering gives the ids of the rules that cover a listener, oldest first.
func (b *Book) Covering(l Listening) []string {
	is := b.PatternOf(l)
	var ids []string
	for _, r := range b.Rules {
		if b.covers(r.Pattern, is, l.Local.Port()) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// WithRule gives a book with one more rule.
func (b *Book) WithRule(r Rule) *Book {
	n := *b
	n.Rules = append(slices.Clone(b.Rules), r)
	return &n
}

// WithoutRules gives a book that lacks the rules of those ids.
func (b *Book) WithoutRules(ids []string) *Book {
	n := *b
	n.Rules = slices.DeleteFunc(slices.Clone(b.Rules), func(r Rule) bool { return slices.Contains(ids, r.ID) })
	return &n
}

// WithBaseline gives a book whose baseline is made of these listeners.
func (b *Book) WithBaseline(ls []Listening) *Book {
	n := *b
	n.HasBaseline, n.Baseline = true, nil
	for _, l := range ls {
		if p := b.PatternOf(l); !slices.Contains(n.Baseline, p) {
			n.Baseline = append(n.Baseline, p)
		}
	}
	return &n
}

// WithoutBaseline gives a book whose baseline no longer covers a listener.
func (b *Book) WithoutBaseline(l Listening) *Book {
	n := *b
	is := b.PatternOf(l)
	n.Baseline = slices.DeleteFunc(slices.Clone(b.Baseline), func(p Pattern) bool { return b.covers(p, is, l.Local.Port()) })
	return &n
}

func (b *Book) covers(p, is Pattern, port uint16) bool {
	return p.User == is.User && p.Proto == is.Proto && p.Subject == is.Subject &&
		(p.Scope == is.Scope || p.Scope == Network) && b.holds(p.Ports, port)
}

func (b *Book) holds(class Ports, port uint16) bool {
	switch class {
	case AnyPort:
		return true
	case Ephemeral:
		return b.IsEphemeral(port)
	}
	return string(class) == strconv.Itoa(int(port))
}

func userOf(l Listening) string {
	if len(l.Owners) > 0 && l.Owners[0].User != "" {
		return l.Owners[0].User
	}
	return strconv.FormatUint(uint64(l.UID), 10)
}
