package cli

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"portreeve/monitor/reeve"
)

// target is the port that a command is about: 3000, :3000, localhost:3000,
// 127.0.0.1:3000 or [::1]:3000, as "portreeve list" writes it. The zero value
// is no target.
type target struct {
	addr  netip.Addr // the zero Addr for any address
	local bool       // localhost: 127.0.0.1 and ::1 (RFC 6761, section 6.3)
	port  uint16
	proto string // as reeve.Listener.Protocol
}

const portsRange = "ports go from 1 to 65535"

func badPort(s string) error { return usage("port "+clean(s, maxName)+" is out of range", portsRange) }

// parseTarget reads what the user typed. "/udp" or "/tcp" behind it, as the list
// shows it, chooses the protocol; without it that is TCP unless udp is set.
func parseTarget(s string, udp bool) (target, error) {
	t := target{proto: "tcp"}
	if udp {
		t.proto = "udp"
	}
	text := s
	if rest, ok := strings.CutSuffix(text, "/udp"); ok {
		text, t.proto = rest, "udp"
	} else if rest, ok := strings.CutSuffix(text, "/tcp"); ok {
		if udp {
			return target{}, usage(quote(s)+" is TCP, --udp is not", "leave one of them out")
		}
		text = rest
	}
	if number(text) {
		return t.withPort(text)
	}
	bare := text
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		bare = text[1 : len(text)-1]
	}
	if addr, err := netip.ParseAddr(bare); err == nil {
		return target{}, usage(quote(s)+" has no port", "write an address with its port: "+netip.AddrPortFrom(addr, 3000).String())
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil || !number(port) {
		return target{}, usage(quote(s)+" is not a port, nor an address with a port", "write 3000, 127.0.0.1:3000 or [::1]:3000")
	}
	switch host {
	case "", "*": // "*:3000" is how lsof writes it
	case "localhost":
		t.local = true
	default:
		addr, err := netip.ParseAddr(host)
		if err != nil {
			return target{}, usage(quote(host)+" is not an address of this computer", "write an IP address, or localhost")
		}
		t.addr = addr.Unmap()
	}
	return t.withPort(port)
}

func (t target) withPort(s string) (target, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 || len(s) > len("65535") {
		return target{}, badPort(s)
	}
	t.port = uint16(n)
	return t, nil
}

// number reports a decimal number, negative ones and endless ones included, for
// which "out of range" says more than "not a port".
func number(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// String gives the target as it can be typed.
func (t target) String() string {
	port := strconv.Itoa(int(t.port))
	suffix := ""
	if t.proto == "udp" {
		suffix = "/udp"
	}
	switch {
	case t.local:
		return "localhost:" + port + suffix
	case t.addr.IsValid():
		return clean(netip.AddrPortFrom(t.addr, t.port).String(), maxName*2) + suffix
	}
	return port + suffix
}

// place names the target in a sentence: "port 3000" or "127.0.0.1:3000".
func (t target) place() string {
	if t.local || t.addr.IsValid() {
		return t.String()
	}
	return "port " + t.String()
}

// names reports a listener that is bound to the very address of t.
func (t target) names(l reeve.Listener) bool {
	if l.Protocol != t.proto || l.Port != t.port {
		return false
	}
	addr, err := netip.ParseAddr(l.Address)
	addr = addr.Unmap()
	switch {
	case t.local:
		return err == nil && (addr == netip.AddrFrom4([4]byte{127, 0, 0, 1}) || addr == netip.IPv6Loopback())
	case t.addr.IsValid():
		return err == nil && (addr == t.addr || t.addr.Zone() == "" && addr.WithZone("") == t.addr)
	}
	return true
}

// takes reports a listener that has to go before another program can listen on
// t: one that t names, or one on a wildcard address that includes it.
func (t target) takes(l reeve.Listener) bool {
	if t.names(l) {
		return true
	}
	if l.Protocol != t.proto || l.Port != t.port {
		return false
	}
	addr, err := netip.ParseAddr(l.Address)
	if err != nil || !addr.IsUnspecified() {
		return false
	}
	if t.local {
		return true
	}
	if addr.Is4() {
		return t.addr.Is4()
	}
	return t.addr.Is6() || !l.IPv6Only
}

// endpoint writes where a listener is bound: 127.0.0.1:3000, [::1]:53/udp.
func endpoint(l reeve.Listener) string {
	text := fmt.Sprintf("%s:%d", clean(l.Address, 2*maxName), l.Port)
	if addr, err := netip.ParseAddr(l.Address); err == nil {
		text = clean(netip.AddrPortFrom(addr, l.Port).String(), 2*maxName)
	}
	if l.Protocol != "tcp" {
		text += "/" + clean(l.Protocol, 8)
	}
	return text
}
