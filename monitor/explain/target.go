package explain

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"portreeve/monitor/socket"
)

// LongestText is the most bytes of pasted text that an address is looked for in.
const LongestText = 32 << 10

// Target is what somebody asks about: a port, mostly with an address.
type Target struct {
	Proto socket.Proto
	// Addr is the address that was named; the zero Addr where none was. An
	// IPv4-mapped one stands as IPv4.
	Addr netip.Addr
	// Local tells that localhost was named, which may mean 127.0.0.1 and ::1.
	Local bool
	Port  uint16
	// Scheme is that of a pasted link, in lower case; empty where there was none.
	Scheme string
	// Also are other addresses in the same text, as they can be asked for.
	Also []string
}

// String gives the target as it can be asked for again; "port 3000" where no
// address was named.
func (t Target) String() string {
	port := strconv.Itoa(int(t.Port))
	suffix := ""
	if t.Proto == socket.UDP {
		suffix = "/udp"
	}
	switch {
	case t.Local:
		return "localhost:" + port + suffix
	case t.Addr.IsValid():
		return netip.AddrPortFrom(t.Addr, t.Port).String() + suffix
	}
	return "port " + port + suffix
}

// TargetError says in a terminal's words why a text can't be explained.
type TargetError struct{ Message, Hint string }

func (e *TargetError) Error() string { return e.Message }

const (
	hintForms = "write 62893, 127.0.0.1:62893, [::1]:80 or localhost:3000, or paste the line that has it"
	hintRange = "ports go from 1 to 65535"
)

// errUnclear is the one error after which the text is searched as a line of a
// log would be.
var errUnclear = &TargetError{"that is not a port, nor an address with a port", hintForms}

// ParseTarget reads what somebody typed or pasted: a port, an address, a link,
// or a whole line of a log. The error is a *TargetError. In a line with several
// addresses the first of this computer's own is meant, Also has the others.
func ParseTarget(text string) (Target, error) {
	if len(text) > LongestText {
		return Target{}, &TargetError{fmt.Sprintf("that is too much text to find an address in: %d bytes", len(text)), "paste the one line that has the address"}
	}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return Target{}, &TargetError{"there is nothing to explain", hintForms}
	}
	if !strings.ContainsFunc(text, isSpace) {
		t, err := parseOne(strings.Trim(text, `"'<>(),;.!`+"`"))
		if err == nil {
			return t, nil
		}
		if err != errUnclear {
			return Target{}, err
		}
	}
	return search(text)
}

func isSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }

// parseOne reads one address as a whole.
func parseOne(s string) (Target, error) {
	t := Target{Proto: socket.TCP}
	if scheme, rest, ok := strings.Cut(s, "://"); ok && schemeRE().MatchString(scheme) {
		t.Scheme = strings.ToLower(scheme)
		if t.Scheme == "udp" {
			t.Proto = socket.UDP
		}
		if i := strings.IndexAny(rest, `/?#\`); i >= 0 {
			rest = rest[:i]
		}
		// Who logs in stands before the last @.
		rest = rest[strings.LastIndexByte(rest, '@')+1:]
		s = strings.ReplaceAll(rest, "%25", "%") // a zone in a link (RFC 6874)
		if s == "" {
			return Target{}, &TargetError{"that link names no computer", hintForms}
		}
		if port, known := schemePorts[t.Scheme]; known && !hasPort(s) {
			s += ":" + strconv.Itoa(int(port))
		}
	} else {
		// What follows an address as in a link without its scheme.
		if i := strings.IndexByte(s, '/'); i > 0 && s[i:] != "/udp" && s[i:] != "/tcp" && hasPort(s[:i]) {
			s = s[:i]
		}
		if rest, ok := strings.CutSuffix(s, "/udp"); ok {
			s, t.Proto = rest, socket.UDP
		} else {
			s = strings.TrimSuffix(s, "/tcp")
		}
	}
	s = strings.TrimSuffix(s, ".")
	if number(s) {
		return t.withPort(s)
	}
	host, port, err := splitPort(s)
	if err != nil {
		return Target{}, err
	}
	if err := t.setHost(host); err != nil {
		return Target{}, err
	}
	return t.withPort(port)
}

var schemeRE = pattern(`^[A-Za-z][A-Za-z0-9+.-]{0,30}$`)

// schemePorts are what a link without a port means (IANA's service names).
var schemePorts = map[string]uint16{
	"http": 80, "ws": 80, "https": 443, "wss": 443, "ftp": 21, "ssh": 22, "sftp": 22, "smtp": 25, "ldap": 389, "imap": 143,
	"postgres": 5432, "postgresql": 5432, "mysql": 3306, "redis": 6379, "rediss": 6379, "mongodb": 27017,
	"amqp": 5672, "amqps": 5671, "mqtt": 1883, "nats": 4222, "vnc": 5900, "rdp": 3389,
}

// hasPort reports a port behind a host.
func hasPort(s string) bool {
	i := strings.LastIndexByte(s, ':')
	return i >= 0 && number(s[i+1:]) && !strings.HasSuffix(s, "]") && (!strings.Contains(s[:i], ":") || unbracketed(s))
}

// unbracketed reports the form [::1]:80, or ::1:80 as netstat and Node write it.
func unbracketed(s string) bool {
	i := strings.LastIndexByte(s, ':')
	host := s[:i]
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		return true
	}
	_, err := netip.ParseAddr(host)
	return err == nil || host == "::" || host == "*"
}

// splitPort divides host and port. Without brackets the last part of an IPv6
// address is the port where the rest is an address of its own: an address
// without a port could not be explained anyway.
func splitPort(s string) (host, port string, err error) {
	bare := s
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		bare = s[1 : len(s)-1]
	}
	i := strings.LastIndexByte(s, ':')
	if i >= 0 && !strings.HasSuffix(s, "]") && number(s[i+1:]) {
		host = s[:i]
		if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
			return host[1 : len(host)-1], s[i+1:], nil
		}
		if !strings.Contains(host, ":") || unbracketed(s) {
			return host, s[i+1:], nil
		}
	}
	if a, perr := netip.ParseAddr(bare); perr == nil {
		return "", "", &TargetError{Clean(a.String(), 60) + " has no port", "write an address with its port: " + Clean(netip.AddrPortFrom(a, 3000).String(), 60)}
	}
	if full, ok := shortIPv4(bare); ok {
		return "", "", shortError(bare, full, "3000")
	}
	if strings.EqualFold(bare, "localhost") {
		return "", "", &TargetError{"localhost has no port", "write localhost:3000"}
	}
	if i > 0 && nameLike(s[:i]) && !strings.Contains(s[:i], ":") {
		return "", "", &TargetError{fmt.Sprintf("%q is not a port", Clean(s[i+1:], 20)), hintRange}
	}
	if i < 0 && strings.Contains(s, ".") && nameLike(s) {
		return "", "", nameError(s)
	}
	return "", "", errUnclear
}

// setHost takes over what stands before the port.
func (t *Target) setHost(host string) error {
	lower := strings.ToLower(strings.TrimSuffix(host, "."))
	switch {
	case host == "" || host == "*": // "*:3000" is how lsof writes it
		return nil
	case lower == "localhost" || strings.HasSuffix(lower, ".localhost"), lower == "localhost.localdomain": // RFC 6761, section 6.3
		t.Local = true
		return nil
	case lower == "ip6-localhost" || lower == "ip6-loopback":
		t.Addr = netip.IPv6Loopback()
		return nil
	}
	addr, err := netip.ParseAddr(host)
	if err == nil {
		if zone := addr.Zone(); zone != "" && !zoneRE().MatchString(zone) {
			return &TargetError{fmt.Sprintf("%q is not the name of a network interface", Clean(zone, 20)), "write it as in fe80::1%eth0"}
		}
		t.Addr = addr.Unmap()
		return nil
	}
	if full, ok := shortIPv4(host); ok {
		return shortError(host, full, "")
	}
	if nameLike(host) {
		return nameError(host)
	}
	return errUnclear
}

// zoneRE is what interfaces are called; the kernel's IFNAMSIZ is 16.
var zoneRE = pattern(`^[A-Za-z0-9_.@-]{1,40}$`)

func nameError(host string) error {
	return &TargetError{fmt.Sprintf("%s is the name of a computer, not one of this computer's addresses", Clean(host, 60)),
		"write the IP address, or localhost if this computer is meant"}
}

// nameLike reports what may be a computer's name: letters of any script, digits,
// dashes, dots.
func nameLike(s string) bool {
	return s != "" && len(s) <= 253 && !strings.ContainsAny(s, " \t\r\n\"'<>(){}[]|\\^`%/=,;!&$#?*+~")
}

func shortError(short string, full netip.Addr, port string) error {
	suggestion := full.String()
	if port == "" {
		port = "PORT"
	}
	return &TargetError{Clean(short, 40) + " is a shortened address that programs read in different ways",
		"most read it as " + suggestion + ": write " + suggestion + ":" + port}
}

// shortIPv4 reads the forms of inet_aton(3) that are no dotted quad: 127.1,
// 0x7f000001, 0177.0.0.1, 2130706433.
func shortIPv4(s string) (netip.Addr, bool) {
	parts := strings.Split(s, ".")
	if len(parts) > 4 || s == "" {
		return netip.Addr{}, false
	}
	var value uint64
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 0, 64)
		if err != nil || strings.Contains(p, "_") || strings.HasPrefix(p, "0b") || strings.HasPrefix(p, "0o") {
			return netip.Addr{}, false
		}
		if i < len(parts)-1 {
			if n > 255 {
				return netip.Addr{}, false
			}
			value |= n << (8 * (3 - i))
			continue
		}
		if n >= 1<<(8*(5-len(parts))) {
			return netip.Addr{}, false
		}
		value |= n
	}
	return netip.AddrFrom4([4]byte{byte(value >> 24), byte(value >> 16), byte(value >> 8), byte(value)}), true
}

func (t Target) withPort(s string) (Target, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	switch {
	case err != nil || len(s) > len("65535"):
		return Target{}, &TargetError{"port " + Clean(s, 20) + " is out of range", hintRange}
	case n == 0:
		return Target{}, &TargetError{"port 0 stands for any free port, so nothing can be found there", hintRange}
	}
	t.Port = uint16(n)
	return t, nil
}

// number reports a decimal number, negative and endless ones included: for them
// "out of range" says more than "not a port".
func number(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// inLine is what addresses look like inside a line, the surest first.
// Each has the whole address as its last group but one and, where the port
// stands apart, the port as its last.
// They are made when first needed: most commands never are asked.
var inLine = sync.OnceValue(func() []*regexp.Regexp {
	const ipv4 = `(?:[0-9]{1,3}\.){3}[0-9]{1,3}`
	return []*regexp.Regexp{
		regexp.MustCompile(`(?i)(?:^|[^a-z0-9+.-])([a-z][a-z0-9+.-]{1,20}://[^\s"'<>\x60(){}|\\^,;]+)()`),
		regexp.MustCompile(`(\[[0-9a-fA-F:.]{2,45}(?:%[A-Za-z0-9_.-]{1,16})?\]:[0-9]{1,10})()`),
		regexp.MustCompile(`(?:^|[^0-9.])(` + ipv4 + `:[0-9]{1,10})()`),
		regexp.MustCompile(`(?i)(?:^|[^a-z0-9.-])((?:localhost|\*):[0-9]{1,10})()`),
		regexp.MustCompile(`(?:^|[^0-9a-fA-F:.])([0-9a-fA-F:]{0,39}::[0-9a-fA-F:]{0,39}:[0-9]{1,10})()`),
		regexp.MustCompile(`(?i)(?:^|[^0-9a-z.:])(` + ipv4 + `|localhost|[0-9a-f:]{0,20}::[0-9a-f:]{0,20})['"\]]?,?\s+(?:on\s+)?(?:port['"]?[:= ]\s*)?([0-9]{1,10})(?:[^0-9.]|$)`),
		regexp.MustCompile(`(?i)(?:^|[^a-z0-9])()ports?['"]?(?:\s*[:=#]\s*|\s+)(?:number\s+)?([0-9]{1,10})(?:[^0-9.]|$)`),
		regexp.MustCompile(`(?:^|[\s"'(=@])()(:[0-9]{2,10})(?:[^0-9:.]|$)`),
	}
})

// search finds the address that a line is about.
func search(text string) (Target, error) {
	type found struct {
		Target
		at, rank int
	}
	var all []found
	var bad error
	for _, re := range inLine() {
		for _, m := range re.FindAllStringSubmatchIndex(text, 50) {
			address := text[m[2]:m[3]]
			if m[4] >= 0 && m[4] != m[5] {
				port := strings.TrimPrefix(text[m[4]:m[5]], ":")
				if strings.Contains(address, ":") {
					address = "[" + address + "]"
				}
				address += ":" + port
			}
			t, err := parseOne(strings.TrimRight(address, `.:!?`))
			if err != nil {
				if bad == nil && err != errUnclear {
					bad = err
				}
				continue
			}
			all = append(all, found{t, m[2], rank(t)})
		}
	}
	if len(all) == 0 {
		if bad != nil {
			return Target{}, bad
		}
		return Target{}, &TargetError{"there is no address with a port in that text", hintForms}
	}
	slices.SortStableFunc(all, func(a, b found) int {
		if a.rank != b.rank {
			return a.rank - b.rank
		}
		return a.at - b.at
	})
	t := all[0].Target
	for _, f := range all[1:] {
		// The port alone says no more than the address that has it.
		if s := f.Target.String(); f.Port != t.Port && !slices.Contains(t.Also, s) && len(t.Also) < 3 {
			t.Also = append(t.Also, s)
		}
	}
	return t, nil
}

// rank puts this computer's own addresses before others, and a bare port last.
func rank(t Target) int {
	switch {
	case t.Local || t.Addr.IsLoopback():
		return 0
	case t.Addr.IsValid() && t.Addr.IsUnspecified():
		return 1
	case t.Addr.IsValid():
		return 2
	}
	return 3
}
