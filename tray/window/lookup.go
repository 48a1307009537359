package window

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// target is an address that somebody asks about. Without hosts it is a port
// alone, on whatever address.
type target struct {
	hosts []netip.Addr
	port  uint16
}

// errTarget is the one thing that can be wrong with what was typed.
var errTarget = errors.New("read address: not a port, an address with a port or a link")

// errName tells that a host name was typed. Names are not looked up: the list
// knows this computer only, and a question to a name server would tell others
// what is being asked here.
var errName = errors.New("read address: a name of another computer")

// parseTarget reads 62893, :62893, 127.0.0.1:62893, [::1]:80, localhost:3000 and
// links such as http://localhost:3000/path. A link without a port means that of
// its scheme (RFC 9110, 4.2: 80 and 443).
func parseTarget(text string) (target, error) {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseUint(text, 10, 16); err == nil {
		return target{port: uint16(n)}.checked()
	}
	host, port := "", ""
	if strings.Contains(text, "://") {
		u, err := url.Parse(text)
		if err != nil {
			return target{}, errTarget
		}
		host, port = u.Hostname(), u.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
		}
	} else {
		at := strings.LastIndexByte(text, ':')
		if at < 0 {
			return target{}, errTarget
		}
		host, port = strings.Trim(text[:at], "[]"), strings.TrimSuffix(text[at+1:], "/")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return target{}, errTarget
	}
	t := target{port: uint16(n)}
	switch addr, err := netip.ParseAddr(host); {
	case err == nil:
		t.hosts = []netip.Addr{addr.Unmap()}
	case strings.EqualFold(host, "localhost"):
		// What a resolver makes of it (RFC 6761, 6.3): either family.
		t.hosts = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	case host != "" && host != "*":
		return target{}, errName
	}
	return t.checked()
}

func (t target) checked() (target, error) {
	if t.port == 0 {
		return target{}, errTarget
	}
	return t, nil
}

// reaches tells whether what is sent to host arrives at the listener, as far as
// its address tells: the same one, or a wildcard of that family. A wildcard of
// IPv6 takes IPv4 too, unless it was bound for IPv6 only (RFC 3493, 5.3).
func (r *row) reaches(host netip.Addr) bool {
	if !r.at.IsUnspecified() {
		return r.at == host
	}
	return r.at.Is4() == host.Is4() || r.at.Is6() && !r.IPv6Only
}

// lookUp answers what stands behind an address from the list alone: it sends
// nothing and looks nothing up. first is the id of the first listener found,
// empty where none is.
func (m *model) lookUp(t target) (text, first string) {
	var hit, near []*row
	for _, r := range m.rows {
		if r.ended || r.Port != t.port {
			continue
		}
		meant := len(t.hosts) == 0
		for _, h := range t.hosts {
			meant = meant || r.reaches(h)
		}
		if meant {
			hit = append(hit, r)
		} else {
			near = append(near, r)
		}
	}
	port := strconv.Itoa(int(t.port))
	var lines []string
	if len(t.hosts) == 1 && !local(t.hosts[0]) {
		lines = append(lines, "Portreeve knows this computer only. If "+t.hosts[0].String()+
			" is another one, what follows is not about it.")
	}
	switch {
	case len(hit) > 0:
		first = told(&lines, hit)
	case len(near) > 0:
		lines = append(lines, "Nothing listens on that address. But port "+port+" is in use here:")
		first = told(&lines, near)
	default:
		lines = append(lines, "Nothing listens on port "+port+" on this computer now.")
	}
	return strings.Join(lines, "\n"), first
}

// told adds a line for each of the rows, five at most, and gives the first's id.
func told(lines *[]string, rows []*row) string {
	const most = 5
	slices.SortFunc(rows, byPlace)
	for i, r := range rows {
		if i == most {
			*lines = append(*lines, "And "+strconv.Itoa(len(rows)-most)+" more: search for the port to see them.")
			break
		}
		line := program(&r.Listener) + " listens on " + address(&r.Listener)
		if r.Protocol == "udp" {
			line += " (UDP)"
		}
		*lines = append(*lines, strings.TrimSpace(line+". "+clean(r.Reach, longText)))
	}
	return rows[0].ID
}
