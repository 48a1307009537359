package explain

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"portreeve/monitor"
	"portreeve/monitor/familiar"
	"portreeve/monitor/socket"
)

// addressFindings say what the address means and who can come in.
func (q *inquiry) addressFindings() []Finding {
	all := []Finding{q.addressMeans()}
	if f, ok := q.reachOf(); ok {
		all = append(all, f)
	}
	if q.t.Local {
		if f, ok := q.halfOfLocalhost(); ok {
			all = append(all, f)
		}
	}
	if len(q.t.Also) > 0 {
		all = append(all, Finding{Code: "address_others", Part: PartAddress,
			Text: "The text names " + enumerate(q.t.Also) + " too."})
	}
	return all
}

func (q *inquiry) addressMeans() Finding {
	f := Finding{Part: PartAddress}
	a := q.t.Addr
	name := Clean(a.String(), 60)
	switch {
	case q.t.Local:
		f.Code = "address_localhost"
		f.Text = "localhost is this computer itself. " + q.localhostMeans()
		f.Facts = []string{"only programs on this computer can reach it, those of other users and pages in a browser included"}
	case !a.IsValid():
		f.Code, f.Text = "address_none", "No address was given, so all addresses of this computer are meant."
	case a.IsUnspecified():
		f.Code = "address_wildcard"
		f.Text = name + " stands for every address of this computer. " + openToNetwork
		f.Facts = q.interfaceFacts()
	case a.IsLoopback():
		f.Code = "address_loopback"
		f.Text = name + " is this computer itself. " + onlyHere
		f.Facts = []string{"other users' programs and pages in a browser count among them"}
		if a != netip.AddrFrom4([4]byte{127, 0, 0, 1}) && a.Is4() {
			f.Facts = append(f.Facts, "every address that begins with 127 is this computer; most programs use 127.0.0.1")
		}
	case a.IsMulticast():
		f.Code, f.Text = "address_multicast", name+" is a group address: what is sent there goes to every computer that joined, and nobody listens on it by TCP."
	case q.own(a):
		in := q.interfaceOf(a)
		f.Code, f.Text = "address_own", fmt.Sprintf("%s is this computer's address on the network interface %s. %s", name, Clean(in, 20), q.Words.reachBy(a, in))
		switch {
		case bridge(in):
			f.Code = "address_bridge"
		case a.IsLinkLocalUnicast():
			f.Code = "address_link_local"
			f.Facts = []string{"link-local: it works only within the same network segment, and needs its interface named (" + Clean(in, 20) + ")"}
		case a.IsPrivate():
			f.Facts = []string{"a private address (RFC 1918, RFC 4193): the internet can't reach it directly"}
		default:
			f.Facts = []string{"a public address: the internet may reach it unless a firewall or router keeps it out"}
		}
	default:
		f.Code, f.Text = "address_not_here", name+" isn't an address of this computer. "+whoseAddress(a)
		f.Facts = q.interfaceFacts()
	}
	return f
}

// localhostMeans says what programs here take localhost for.
func (q *inquiry) localhostMeans() string {
	var names []string
	for _, a := range q.ev.Localhost {
		names = append(names, a.String())
	}
	if len(names) == 1 {
		return fmt.Sprintf("Here it means %s alone.", names[0])
	}
	return fmt.Sprintf("Here it means %s, and programs try %s first.", enumerate(names), names[0])
}

// halfOfLocalhost says that nobody listens on one of localhost's meanings.
func (q *inquiry) halfOfLocalhost() (Finding, bool) {
	if len(q.here) == 0 || q.t.Proto != socket.TCP {
		return Finding{}, false
	}
	for i, a := range q.ev.Localhost {
		if slices.ContainsFunc(q.here, func(l *monitor.Listener) bool { return takes(l.Socket, a) }) {
			continue
		}
		text := fmt.Sprintf("Nobody listens on %s.", netip.AddrPortFrom(a, q.t.Port))
		if i == 0 {
			text += " Programs that try only the first meaning of localhost don't get through."
		} else {
			text += " Programs that mean only that one by localhost don't get through."
		}
		return Finding{Code: "localhost_half", Part: PartAddress, Text: text}, true
	}
	return Finding{}, false
}

// whoseAddress says where an address that isn't ours belongs.
func whoseAddress(a netip.Addr) string {
	switch {
	case a.IsLinkLocalUnicast():
		return "It belongs to a device in the same network segment, or to nobody."
	case a.IsPrivate():
		return "It's a private one: some computer, container or device in a network near you has it, or nobody."
	}
	return "It's a public one: some computer on the internet has it."
}

// reachOf says who can come in where that does not follow from the address that
// was asked for.
func (q *inquiry) reachOf() (Finding, bool) {
	if q.about == nil || q.about.Local.Addr().Unmap() == q.t.Addr {
		return Finding{}, false
	}
	a := q.about.Local.Addr().Unmap()
	f := Finding{Code: "reach_loopback", Part: PartAddress, Text: begin(q.Program(q.about.Listening)) + " listens " + on(q.about.Socket) + ". " + q.reachBy(a, q.interfaceOf(a))}
	if familiar.ScopeOf(a) == familiar.Loopback {
		return f, true
	}
	f.Code = "reach_network"
	if bridge(q.interfaceOf(a)) {
		f.Code = "reach_bridge"
	}
	if a.IsUnspecified() {
		f.Facts = q.interfaceFacts()
	}
	return f, true
}

// interfaceFacts list the addresses that are not loopback, a line an interface.
func (q *inquiry) interfaceFacts() []string {
	var all []string
	for _, i := range q.ev.Interfaces {
		var as []string
		for _, a := range i.Addresses {
			if !a.IsLoopback() {
				as = append(as, a.String())
			}
		}
		if len(as) == 0 {
			continue
		}
		line := Clean(i.Name, 20) + ": " + strings.Join(as, ", ")
		if bridge(i.Name) {
			line += " (containers and virtual machines here)"
		}
		if all = append(all, line); len(all) == 8 {
			break
		}
	}
	return all
}

// on says where a socket listens: "on 127.0.0.1:80", "on port 80 of all IPv4
// addresses".
func on(s socket.Socket) string {
	a := s.Local.Addr()
	port := s.Local.Port()
	switch {
	case !a.IsUnspecified():
		return "on " + netip.AddrPortFrom(a.Unmap(), port).String()
	case a.Is4():
		return fmt.Sprintf("on port %d of all IPv4 addresses", port)
	case s.OnlyV6:
		return fmt.Sprintf("on port %d of all IPv6 addresses", port)
	}
	return fmt.Sprintf("on port %d of all addresses", port)
}

// enumerate writes "a", "a and b", "a, b and c".
func enumerate(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// portFindings say what the number means.
func (q *inquiry) portFindings() []Finding {
	port, table := q.t.Port, q.ev.Ports
	all := []Finding{q.portMeans()}
	s := Service{Port: port, Proto: q.t.Proto}
	name, custom := table.name(s), customs[port]
	switch {
	case name != "" && custom != "":
		all = append(all, Finding{Code: "port_service", Part: PartPort,
			Text: fmt.Sprintf("It's registered as %s, and often used by %s. Any other program may listen there all the same.", name, custom)})
	case name != "":
		all = append(all, Finding{Code: "port_service", Part: PartPort,
			Text: fmt.Sprintf("It's registered for %s. Any other program may listen there all the same.", name)})
	case custom != "":
		all = append(all, Finding{Code: "port_custom", Part: PartPort,
			Text: fmt.Sprintf("It's often used by %s, though registered for nobody.", custom)})
	}
	for _, r := range table.Reserved {
		if r.Has(port) {
			all = append(all, Finding{Code: "port_reserved", Part: PartPort,
				Text:  "This computer is set up to never hand it out by itself, so that it stays free for a certain program.",
				Facts: []string{"listed in net.ipv4.ip_local_reserved_ports"}})
			break
		}
	}
	return all
}

func (q *inquiry) portMeans() Finding {
	port, own := q.t.Port, q.ev.Ports.Ephemeral
	f := Finding{Part: PartPort}
	known := own.Low != 0
	if !known {
		own = dynamic // the default of the systems that don't tell
	}
	handed := fmt.Sprintf("%d to %d", own.Low, own.High)
	switch {
	case own.Has(port):
		f.Code = "port_ephemeral"
		f.Text = fmt.Sprintf("Port %d is a temporary port: the system gives such numbers to programs that ask for any free port. It will differ next time, unless a program asks for this very one.", port)
		f.Facts = []string{"handed out here: " + handed}
		if !known {
			f.Facts[0] += " (the default of this system; it can be changed)"
		}
		if !dynamic.Has(port) {
			f.Facts = append(f.Facts, "IANA counts ports up to 49151 as registered, but this system hands them out all the same")
		}
	case dynamic.Has(port):
		f.Code = "port_dynamic"
		f.Text = fmt.Sprintf("Port %d is meant for temporary use, but this computer doesn't hand it out by itself: a program chose it, or carries over another system's habit.", port)
		f.Facts = []string{"handed out here: " + handed, "IANA leaves 49152 to 65535 for temporary use; macOS and Windows do hand those out"}
	case port <= systemPorts:
		f.Code = "port_system"
		f.Text = fmt.Sprintf("Port %d is a system port, one of those that are kept for well-known services.", port)
		f.Facts = []string{"1 to 1023 are system ports (RFC 6335)"}
		if low := q.ev.Ports.Unprivileged; low > port {
			f.Facts = append(f.Facts, fmt.Sprintf("here only root, or who was allowed to, may listen below %d", low))
		}
	default:
		f.Code = "port_registered"
		f.Text = fmt.Sprintf("Port %d is an ordinary port: programs use it because somebody chose that number for them.", port)
		f.Facts = []string{"1024 to 49151 can be registered with IANA; handed out here for temporary use: " + handed}
	}
	return f
}
