package explain

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"portreeve/monitor"
	"portreeve/monitor/process"
	"portreeve/monitor/socket"
)

// Address says what a target is, who is there, and why it answers or does not.
// It asks nobody: all that it knows is in the evidence.
func (w Words) Address(t Target, ev Evidence) Answer {
	q := newInquiry(w, t, ev)
	v := q.verdict()
	a := Answer{Address: t.String(), Verdict: v, Summary: q.summary(v), Listener: q.about, Clients: q.clients(), Try: q.try(v), Findings: []Finding{}}
	a.CanAwait = !v.Listens() && v != NotHere && ev.Resident && t.Proto == socket.TCP
	for _, part := range [][]Finding{q.addressFindings(), q.portFindings(), q.whoFindings(a.Clients), q.answerFindings(), q.whyFindings(v)} {
		a.Findings = append(a.Findings, part...)
	}
	for i := range a.Findings {
		if a.Findings[i].Facts == nil {
			a.Findings[i].Facts = []string{}
		}
	}
	return a
}

// inquiry is one question with what of the evidence bears on it.
type inquiry struct {
	Words
	t  Target
	ev Evidence
	// here are the listeners that a connection to the target reaches, the most
	// exact first; away those of the same protocol and port on other addresses;
	// across those of the other protocol.
	here, away, across []*monitor.Listener
	// about is the first of here; nil where nothing listens.
	about *monitor.Listener
	call  *call
}

func newInquiry(w Words, t Target, ev Evidence) *inquiry {
	if len(ev.Localhost) == 0 {
		ev.Localhost = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	}
	q := &inquiry{Words: w, t: t, ev: ev}
	for _, l := range ev.Listeners {
		switch {
		case l.Local.Port() != t.Port:
		case l.Proto != t.Proto:
			q.across = append(q.across, l)
		case q.reaches(l.Socket):
			q.here = append(q.here, l)
		default:
			q.away = append(q.away, l)
		}
	}
	// The kernel gives a connection to the most exact address.
	slices.SortStableFunc(q.here, func(a, b *monitor.Listener) int {
		return cmp.Compare(boolInt(a.Local.Addr().IsUnspecified()), boolInt(b.Local.Addr().IsUnspecified()))
	})
	if len(q.here) > 0 {
		q.about = q.here[0]
	} else if t.Proto == socket.TCP {
		q.call = q.findCall()
	}
	return q
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// reaches reports whether a connection to the target may come to a socket.
func (q *inquiry) reaches(s socket.Socket) bool {
	switch {
	case q.t.Local:
		return slices.ContainsFunc(q.ev.Localhost, func(a netip.Addr) bool { return takes(s, a) })
	case !q.t.Addr.IsValid(), q.t.Addr.IsUnspecified():
		return true
	}
	return takes(s, q.t.Addr)
}

// takes reports whether a socket takes what is sent to an address.
func takes(s socket.Socket, a netip.Addr) bool {
	b := s.Local.Addr()
	if b.IsUnspecified() {
		if b.Is4() {
			return a.Is4()
		}
		return a.Is6() || !s.OnlyV6
	}
	b = b.Unmap()
	return b == a || b.WithZone("") == a.WithZone("") && (a.Zone() == "" || b.Zone() == "")
}

// own reports an address of this computer.
func (q *inquiry) own(a netip.Addr) bool {
	return a.IsLoopback() || a.IsUnspecified() || q.interfaceOf(a) != ""
}

func (q *inquiry) interfaceOf(a netip.Addr) string {
	for _, i := range q.ev.Interfaces {
		if slices.Contains(i.Addresses, a.Unmap().WithZone("")) {
			return i.Name
		}
	}
	return ""
}

// temporary reports a port that systems give to programs that ask for any.
func (q *inquiry) temporary(port uint16) bool {
	return q.ev.Ports.Ephemeral.Has(port) || dynamic.Has(port)
}

// names reports an end of a connection that the target means.
func (q *inquiry) names(end netip.AddrPort) bool {
	if end.Port() != q.t.Port {
		return false
	}
	a := end.Addr().Unmap().WithZone("")
	switch {
	case q.t.Local:
		return slices.Contains(q.ev.Localhost, a)
	case !q.t.Addr.IsValid(), q.t.Addr.IsUnspecified():
		return true
	}
	return a == q.t.Addr.WithZone("")
}

// listenerAt gives who listens where a connection leads; nil for nobody.
func (q *inquiry) listenerAt(end netip.AddrPort) *monitor.Listener {
	var found *monitor.Listener
	for _, l := range q.ev.Listeners {
		if l.Proto == socket.TCP && l.Local.Port() == end.Port() && takes(l.Socket, end.Addr().Unmap()) &&
			(found == nil || found.Local.Addr().IsUnspecified()) {
			found = l
		}
	}
	return found
}

// call is a connection of which the target is the calling end.
type call struct {
	caller, server string // programs, clean; empty where they can't be told
	from, to       netip.AddrPort
	state          socket.State
	pid            int32 // of the caller; 0 where it can't be told
}

// findCall looks for a connection that the target calls from: one that leads to
// a listener or, where nobody listens at the other end any more, from a temporary
// port to one that isn't.
func (q *inquiry) findCall() *call {
	var best *call
	for _, c := range q.ev.Connections {
		var found *call
		switch {
		case q.names(c.Local):
			l := q.listenerAt(c.Remote)
			if l == nil && (!q.temporary(c.Local.Port()) || q.temporary(c.Remote.Port())) {
				continue
			}
			if !q.own(c.Remote.Addr().Unmap()) {
				l = nil
			}
			found = &call{from: c.Local, to: c.Remote, state: c.State, caller: q.holder(c), server: q.serverOf(l, c.Remote)}
			if len(c.Owners) > 0 {
				found.pid = c.Owners[0].PID
			}
		case q.names(c.Remote):
			l := q.listenerAt(c.Local)
			if l == nil {
				continue
			}
			found = &call{from: c.Remote, to: c.Local, state: c.State, server: q.serverOf(l, c.Local)}
			if !q.own(c.Remote.Addr().Unmap()) {
				found.caller = "another computer"
			}
		default:
			continue
		}
		if best == nil || found.worth() > best.worth() {
			best = found
		}
	}
	return best
}

// worth ranks what is known of a call: one that goes on before one that is over,
// one whose caller is known before another.
func (c *call) worth() int {
	n := 0
	if c.state.Alive() {
		n += 4
	}
	if c.pid != 0 {
		n += 2
	}
	if c.caller != "" {
		n++
	}
	return n
}

// serverOf names who is called; empty for another computer, and for nobody that
// can be told.
func (q *inquiry) serverOf(l *monitor.Listener, at netip.AddrPort) string {
	if l != nil {
		return q.Program(l.Listening)
	}
	for _, c := range q.ev.Connections {
		if c.Local == at {
			if name := q.holder(c); name != "" {
				return name
			}
		}
	}
	return ""
}

// holder names who holds an end of a connection; empty where nobody does.
func (q *inquiry) holder(c Connection) string {
	if len(c.Owners) > 0 {
		return Clean(c.Owners[0].Name, 40)
	}
	if c.User != "" && c.Inode != 0 {
		return "a program of " + Clean(c.User, 28)
	}
	return ""
}

// left are the connections that came in at the target while somebody listened
// there, or may have: its own ends, without those that it called from.
func (q *inquiry) left(alive bool) []Connection {
	var all []Connection
	for _, c := range q.ev.Connections {
		if q.names(c.Local) && c.State.Alive() == alive && (q.call == nil || c.Local != q.call.from) {
			all = append(all, c)
		}
	}
	return all
}

// clients are the callers of the listener, each end once. A connection in
// CLOSE-WAIT is one that the other end has ended, such as that to the process
// which listened there before.
func (q *inquiry) clients() []Client {
	connected := func(s socket.State) bool { return s.Alive() && s != socket.CloseWait }
	all := []Client{}
	if q.about == nil {
		return all
	}
	ends := map[netip.AddrPort]bool{}
	add := func(c Client) {
		if !ends[c.At] {
			ends[c.At] = true
			all = append(all, c)
		}
	}
	for _, c := range q.ev.Connections {
		if connected(c.State) && c.Remote.Port() == q.t.Port && q.own(c.Remote.Addr().Unmap()) && takes(q.about.Socket, c.Remote.Addr().Unmap()) {
			n := Client{Program: cmp.Or(q.holder(c), "a hidden program"), At: c.Local, State: string(c.State)}
			if len(c.Owners) > 0 {
				n.PID = c.Owners[0].PID
			}
			add(n)
		}
	}
	for _, c := range q.ev.Connections {
		if connected(c.State) && c.Local.Port() == q.t.Port && takes(q.about.Socket, c.Local.Addr().Unmap()) && !q.own(c.Remote.Addr().Unmap()) {
			add(Client{Program: "another computer", At: c.Remote, State: string(c.State)})
		}
	}
	return all
}

// verdict decides what it all comes to.
func (q *inquiry) verdict() Verdict {
	t, p := q.t, q.ev.Probe
	switch {
	case q.call != nil && (p == nil || p.Reach != Connected):
		return ClientEnd
	case t.Addr.IsValid() && !q.own(t.Addr):
		return NotHere
	case t.Proto == socket.UDP && q.about != nil:
		return BoundUDP
	case t.Proto == socket.UDP && len(q.across) > 0:
		return TCPOnly
	case q.about == nil && p != nil && p.Reach == Connected:
		return Forwarded
	case q.about == nil:
		return q.absence()
	case p == nil:
		return q.unprobed()
	case p.Reach == Connected && (p.Greeting != "" || p.Speaks != ""):
		return q.spoken(p)
	}
	return q.silence(p)
}

// absence says why nobody listens, the likeliest first.
func (q *inquiry) absence() Verdict {
	switch {
	case len(q.left(true)) > 0:
		return ConnectionsLeft
	case len(q.away) > 0:
		return OtherAddress
	case len(q.ev.Elsewhere) > 0:
		return OtherNamespace
	case len(q.across) > 0 && q.t.Proto == socket.TCP:
		return UDPOnly
	case q.moved() != nil:
		return OtherPort
	case len(q.left(false)) > 0:
		return TimeWait
	}
	return Nobody
}

// moved gives where the program that held the port listens now; nil where that
// isn't known.
func (q *inquiry) moved() *monitor.Listener {
	if len(q.ev.Before) == 0 {
		return nil
	}
	b := q.ev.Before[0]
	for _, l := range q.ev.Listeners {
		if l.Proto == q.t.Proto && len(l.Owners) > 0 && l.Owners[0].Exe == b.Exe && b.Exe != "" &&
			q.Place(l.Listening) == b.Place && q.Program(l.Listening) == b.Program {
			return l
		}
	}
	return nil
}

// unprobed tells what is known without a connection.
func (q *inquiry) unprobed() Verdict {
	if v := q.ailment(false); v != "" {
		return v
	}
	if len(q.about.Owners) == 0 {
		return OtherUser
	}
	return Listens
}

// ailment is what keeps the program from answering; empty for nothing known. Of
// several processes one that goes on may answer for all: without a proof that it
// doesn't, all must be held up.
func (q *inquiry) ailment(proven bool) Verdict {
	worst, held := Verdict(""), 0
	for _, o := range q.about.Owners {
		c, known := q.ev.Conditions[o.ID]
		v := ailments[c.State]
		if known && v != "" {
			worst = cmp.Or(worst, v)
			held++
		}
	}
	if worst != "" && (proven || held == len(q.about.Owners)) {
		return worst
	}
	return q.crowd()
}

var ailments = map[process.State]Verdict{process.Stopped: Stopped, process.Traced: Traced, process.Stuck: Stuck}

func (q *inquiry) crowd() Verdict {
	if q.about.Full() {
		return QueueFull
	}
	return ""
}

// spoken tells what language came.
func (q *inquiry) spoken(p *Probe) Verdict {
	switch {
	case p.Speaks == "tls" && plainSchemes[q.t.Scheme]:
		return WantsTLS
	case p.Speaks == "tls":
		return AnswersTLS
	case p.Speaks == "http" && tlsSchemes[q.t.Scheme]:
		return WantsHTTP
	case p.Speaks == "http":
		return AnswersHTTP
	case p.Speaks != "":
		return AnswersGreeting
	}
	return Answers
}

var (
	plainSchemes = map[string]bool{"http": true, "ws": true}
	tlsSchemes   = map[string]bool{"https": true, "wss": true}
)

// silence tells why no answer came.
func (q *inquiry) silence(p *Probe) Verdict {
	v := q.ailment(true)
	switch {
	case v == Stopped || v == Traced || v == Stuck:
		return v
	case p.Reach == Connected && !p.Spoken && !p.Closed:
		return Accepts
	case p.Reach == Connected && q.mainEnded():
		return Zombie
	case p.Reach == Connected && p.Closed:
		return Closes
	case p.Reach == Connected:
		return Silent
	case v == QueueFull:
		return v
	case len(q.ev.Firewall) > 0:
		return Firewalled
	case p.Reach == TimedOut:
		return Hangs
	}
	return Refuses
}

func (q *inquiry) mainEnded() bool {
	for _, o := range q.about.Owners {
		if q.ev.Conditions[o.ID].MainEnded {
			return true
		}
	}
	return false
}

// clock writes a time for people, in local time; with its day where that is not
// today.
func clock(t, now time.Time) string {
	t, now = t.Local(), now.Local()
	switch {
	case t.Format(time.DateOnly) == now.Format(time.DateOnly):
		return t.Format("15:04")
	case t.Year() == now.Year():
		return t.Format("2 Jan, 15:04")
	}
	return t.Format("2 Jan 2006, 15:04")
}
