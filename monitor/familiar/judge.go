package familiar

import (
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
)

// Book is all that listeners are judged by. A Book that was handed out is never
// changed; a change makes a new one.
type Book struct {
	Rules []Rule
	// Baseline is what the very first reading found; nil as long as there was
	// none.
	Baseline []Pattern
	// HasBaseline tells a first reading that found nothing from none at all.
	HasBaseline bool
	// EphemeralLow and EphemeralHigh bound this machine's own ephemeral range,
	// both included.
	EphemeralLow, EphemeralHigh uint16
	// Boot names this run of the machine. Rules for another one don't count,
	// and where it is empty none of limited lasting does.
	Boot string
}

// ScopeOf tells how far an address can be reached.
func ScopeOf(a netip.Addr) Scope {
	if a.Unmap().IsLoopback() {
		return Loopback
	}
	return Network
}

// PatternOf gives the narrowest sensible pattern that covers a listener: an
// ephemeral port widens to any ephemeral one, since it differs the next time.
func (b *Book) PatternOf(l Listening) Pattern {
	p := Pattern{
		User:    userOf(l),
		Subject: SubjectOf(l),
		Proto:   l.Proto.String(),
		Scope:   ScopeOf(l.Local.Addr()),
		Ports:   Exactly(l.Local.Port()),
	}
	if len(l.Owners) > 0 && b.IsEphemeral(l.Local.Port()) {
		p.Ports = Ephemeral
	}
	return p
}

// Judge has a book ready for judging many listeners: the rules are found by
// their subject. It is immutable and safe for several goroutines.
type Judge struct {
	book *Book
	// byWho are the rules and the baseline by user, protocol and subject;
	// byFolder the rules for folders by user, protocol and folder.
	byWho, byFolder map[who][]*known
	// byImage are the rules for images by user, protocol and the subject without
	// its image: those that may be for a container whose image is not known yet.
	byImage map[who][]*known
	// byExe and byName are for finding what is alike: all that is known of a
	// user's program at that path, and of that file name.
	byExe, byName map[like][]*known
}

// who is whom a rule is for.
type who struct {
	user, proto string
	subject     Subject
}

// like is by what something known may be like something new.
type like struct{ user, proto, name string }

// known is a rule or an entry of the baseline, ready for comparing.
type known struct {
	Pattern
	ports class
	rule  *Rule // nil for the baseline
}

// NewJudge makes a book ready. The book must not be changed afterwards.
func NewJudge(b *Book) *Judge {
	j := &Judge{book: b, byWho: map[who][]*known{}, byFolder: map[who][]*known{}, byImage: map[who][]*known{}, byExe: map[like][]*known{}, byName: map[like][]*known{}}
	for i := range b.Rules {
		r := &b.Rules[i]
		if !r.Lapsed(b.Boot) {
			j.add(&known{Pattern: r.Pattern, ports: r.Ports.class(), rule: r})
		}
	}
	for _, p := range b.Baseline {
		j.add(&known{Pattern: p, ports: p.Ports.class()})
	}
	return j
}

func (j *Judge) add(k *known) {
	s := k.Subject.key()
	at := who{k.User, k.Proto, s}
	if s.Folder != "" {
		at.subject = Subject{Folder: filepath.Clean(s.Folder)}
		j.byFolder[at] = append(j.byFolder[at], k)
		return
	}
	j.byWho[at] = append(j.byWho[at], k)
	if s.Image != "" {
		at.subject.Image = ""
		j.byImage[at] = append(j.byImage[at], k)
	}
	if s.Exe != "" {
		exe, name := like{k.User, k.Proto, s.Exe}, like{k.User, k.Proto, filepath.Base(s.Exe)}
		j.byExe[exe] = append(j.byExe[exe], k)
		j.byName[name] = append(j.byName[name], k)
	}
}

// Opinion is what a judge says of a listener.
type Opinion struct {
	Verdict Verdict
	// Why is set for Unfamiliar ones only.
	Why Why
	// Unsure tells that a rule or the baseline covers it if the hash of its executable (or of
	// its AppImage), or the image of its container, is the one written there, and
	// that this is not known yet. The verdict takes it for the same.
	Unsure bool
}

// Of judges a listener. Rules stand before the baseline.
func (j *Judge) Of(l Listening) Opinion {
	is := j.book.PatternOf(l)
	var (
		familiar, baseline, unsure bool
		maybe                      bool   // of the baseline, as unsure is of a rule
		changed                    *known // what covers it but for its hash
	)
	j.covering(is, l, func(k *known) bool {
		switch same := unchanged(k.Subject, l); {
		case same == no:
			if changed == nil {
				changed = k
			}
		case k.rule == nil && same == yes:
			baseline = true
		case k.rule == nil:
			maybe = true
		case same == yes:
			familiar = true
			return false
		default:
			unsure = true
		}
		return true
	})
	switch {
	case familiar:
		return Opinion{Verdict: Familiar}
	case unsure, j.mayBeOf(is, l):
		return Opinion{Verdict: Familiar, Unsure: true}
	case !j.book.HasBaseline:
		return Opinion{Verdict: Unknown}
	case baseline:
		return Opinion{Verdict: Baseline}
	case maybe:
		return Opinion{Verdict: Baseline, Unsure: true}
	}
	return Opinion{Verdict: Unfamiliar, Why: j.why(is, l, changed)}
}

// Covering gives the ids of the rules that cover a listener, oldest first.
func (j *Judge) Covering(l Listening) []string {
	var found []*Rule
	j.covering(j.book.PatternOf(l), l, func(k *known) bool {
		if k.rule != nil && unchanged(k.Subject, l) != no {
			found = append(found, k.rule)
		}
		return true
	})
	slices.SortFunc(found, func(a, b *Rule) int { return a.Since.Compare(b.Since) })
	ids := make([]string, len(found))
	for i, r := range found {
		ids[i] = r.ID
	}
	return ids
}

// covering visits all that covers a listener but for its hash, until visit says
// to stop.
func (j *Judge) covering(is Pattern, l Listening, visit func(*known) bool) {
	look := func(all []*known) bool {
		for _, k := range all {
			if (k.Scope == is.Scope || k.Scope == Network) && j.book.holds(k.ports, l.Local.Port()) && k.lasts(l) && !visit(k) {
				return false
			}
		}
		return true
	}
	for _, s := range is.asked(l) {
		if !look(j.byWho[who{is.User, is.Proto, s}]) {
			return
		}
	}
	if is.Scope != Loopback || len(j.byFolder) == 0 {
		return
	}
	for _, at := range is.places(l) {
		for up := filepath.Clean(at); ; up = filepath.Dir(up) {
			if !look(j.byFolder[who{is.User, is.Proto, Subject{Folder: up}}]) {
				return
			}
			if up == filepath.Dir(up) {
				break
			}
		}
	}
}

// asked gives what a rule may name to cover a listener that is of pattern is,
// places where it may be: by either path of its script.
func (is Pattern) asked(l Listening) []Subject {
	all := is.Subject.asked()
	if s, ok := linked(l); ok {
		all = append(all, s.asked()...)
	}
	return all
}

func (is Pattern) places(l Listening) []string {
	all := is.Subject.places()
	if s, ok := linked(l); ok {
		all = append(all, s.places()...)
	}
	return all
}

// mayBeOf reports whether a rule covers a container if it is of the rule's image.
func (j *Judge) mayBeOf(is Pattern, l Listening) bool {
	if is.Subject.Container == "" || l.NoImage {
		return false
	}
	is.Subject.Container = ""
	for _, s := range is.Subject.asked() {
		for _, k := range j.byImage[who{is.User, is.Proto, s}] {
			if (k.Scope == is.Scope || k.Scope == Network) && j.book.holds(k.ports, l.Local.Port()) && k.lasts(l) {
				return true
			}
		}
	}
	return false
}

// lasts reports whether a rule for one process is for the topmost owner.
func (k *known) lasts(l Listening) bool {
	return k.rule == nil || k.rule.Lasting != ThisProcess || len(l.Owners) > 0 && l.Owners[0].ID == k.rule.Process
}

// Three answers to "is it the same file".
type answer int

const (
	no answer = iota
	yes
	perhaps
)

// unchanged compares the executable with what a rule says of it. Another size
// settles it without a hash.
func unchanged(s Subject, l Listening) answer {
	switch {
	case s.SHA256 == "":
		return yes
	case len(l.Owners) == 0:
		return no
	case s.AppImage == "" && s.Size != 0 && l.Owners[0].Size != 0 && s.Size != l.Owners[0].Size:
		return no
	case l.SHA256 == "":
		return perhaps
	case l.SHA256 == s.SHA256:
		return yes
	}
	return no
}

// Judge tells what is believed of a listener. For many listeners make a Judge.
func (b *Book) Judge(l Listening) Verdict { return NewJudge(b).Of(l).Verdict }

// Covering gives the ids of the rules that cover a listener, oldest first.
func (b *Book) Covering(l Listening) []string { return NewJudge(b).Covering(l) }

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
	have := map[Pattern]bool{}
	for _, l := range ls {
		if p := b.PatternOf(l); !have[p] {
			have[p] = true
			n.Baseline = append(n.Baseline, p)
		}
	}
	return &n
}

// WithoutBaseline gives a book whose baseline no longer covers a listener.
func (b *Book) WithoutBaseline(l Listening) *Book {
	covers := map[Pattern]bool{}
	NewJudge(b).covering(b.PatternOf(l), l, func(k *known) bool {
		if k.rule == nil {
			covers[k.Pattern] = true
		}
		return true
	})
	n := *b
	n.Baseline = slices.DeleteFunc(slices.Clone(b.Baseline), func(p Pattern) bool { return covers[p] })
	return &n
}

func userOf(l Listening) string {
	if len(l.Owners) > 0 && l.Owners[0].User != "" {
		return l.Owners[0].User
	}
	return strconv.FormatUint(uint64(l.UID), 10)
}

// Try tells which rules would have covered what was: listeners of the past by
// their pattern and port. How long the rules last and what hash they have does
// not count.
func Try(b *Book, rules ...Rule) func(was Pattern, port uint16) (ids []string) {
	only := *b
	only.Baseline, only.Rules = nil, slices.Clone(rules)
	for i := range only.Rules {
		only.Rules[i].Lasting = ForGood
	}
	j := NewJudge(&only)
	return func(was Pattern, port uint16) (ids []string) {
		var l Listening
		l.Local = netip.AddrPortFrom(netip.Addr{}, port)
		j.covering(was, l, func(k *known) bool {
			ids = append(ids, k.rule.ID)
			return true
		})
		return ids
	}
}
