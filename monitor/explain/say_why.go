package explain

import (
	"fmt"
	"net/netip"
	"strings"

	"portreeve/monitor/familiar"
	"portreeve/monitor/socket"
)

// place names the target in a sentence: "port 3000" or "127.0.0.1:3000".
func (q *inquiry) place() string { return strings.TrimSuffix(q.t.String(), "/udp") }

// who names the program that it is about.
func (q *inquiry) who() string { return q.Program(q.about.Listening) }

// summary is the one sentence for newcomers.
func (q *inquiry) summary(v Verdict) string {
	p := q.ev.Probe
	switch v {
	case ClientEnd:
		return q.callText()
	case NotHere:
		return fmt.Sprintf("%s isn't an address of this computer, so what is there can be seen only on the computer that has it.", Clean(q.t.Addr.String(), 60))
	case AnswersHTTP:
		text := fmt.Sprintf("%s answers on %s: a web server (%s", q.who(), q.place(), status(p.Status))
		if p.Title != "" {
			text += ", " + quoted(p.Title, 60)
		}
		return begin(text) + ")."
	case AnswersTLS:
		return begin(fmt.Sprintf("%s answers on %s, encrypted with TLS.", q.who(), q.place()))
	case AnswersGreeting:
		return begin(fmt.Sprintf("%s answers on %s: %s.", q.who(), q.place(), tongues[p.Speaks].server))
	case Answers:
		return begin(fmt.Sprintf("%s answers on %s, in a language of its own.", q.who(), q.place()))
	case WantsTLS:
		return begin(fmt.Sprintf("%s answers on %s, but it speaks TLS and you speak plain HTTP.", q.who(), q.place()))
	case WantsHTTP:
		return begin(fmt.Sprintf("%s answers on %s, but it speaks plain HTTP and you speak TLS.", q.who(), q.place()))
	case Accepts:
		return begin(fmt.Sprintf("%s takes connections on %s.", q.who(), q.place()))
	case Listens:
		return begin(fmt.Sprintf("%s listens on %s.", q.who(), q.place()))
	case OtherUser:
		return begin(fmt.Sprintf("%s listens on %s; more can't be seen from here.", q.who(), q.place()))
	case BoundUDP:
		return begin(fmt.Sprintf("%s receives what is sent to %s by UDP.", q.who(), q.place()))
	case Forwarded:
		return fmt.Sprintf("Something answers on %s though no program here listens: the connection is forwarded elsewhere, to a container most likely.", q.place())
	}
	if v.mute() {
		return begin(fmt.Sprintf("%s listens on %s and doesn't answer: %s.", q.who(), q.place(), q.shortReason(v)))
	}
	return q.absent(v)
}

// shortReason says in a few words why it does not answer.
func (q *inquiry) shortReason(v Verdict) string {
	switch v {
	case Stopped:
		return "it is stopped"
	case Traced:
		return "a debugger holds it"
	case Stuck:
		return "it is stuck in the kernel"
	case Zombie:
		return "its main part has ended"
	case QueueFull:
		return "too many connections wait already"
	case Firewalled:
		return "a firewall rule keeps connections away"
	case Closes:
		return "it closes each connection at once"
	case Silent:
		if q.ev.Waiting > 0 {
			return "it doesn't take the connections that wait"
		}
		return "it takes connections and stays silent"
	case Refuses:
		return "connections are refused all the same"
	}
	return "connections get no answer"
}

// absent says that nobody listens, and what there is in place of it.
func (q *inquiry) absent(v Verdict) string {
	nobody := fmt.Sprintf("Nobody listens on %s now", q.place())
	switch v {
	case ConnectionsLeft:
		return nobody + ", though connections from before are still open."
	case OtherAddress:
		return fmt.Sprintf("Nobody listens on %s, but %s listens %s.", q.place(), q.Program(q.away[0].Listening), on(q.away[0].Socket))
	case OtherNamespace:
		return fmt.Sprintf("Nobody listens on %s here, but %s does in %s.", q.place(), q.elsewhereName(), q.elsewherePlace())
	case UDPOnly:
		return fmt.Sprintf("Nobody listens on %s by TCP, but %s uses the same number by UDP.", q.place(), q.Program(q.across[0].Listening))
	case TCPOnly:
		return fmt.Sprintf("Nobody receives on %s by UDP, but %s listens on the same number by TCP.", q.place(), q.Program(q.across[0].Listening))
	case OtherPort:
		l := q.moved()
		return fmt.Sprintf("Nobody listens on %s any more: %s, which did, listens on port %d now.", q.place(), q.Program(l.Listening), l.Local.Port())
	case TimeWait:
		return nobody + ", but connections that are over keep the port for up to a minute."
	}
	if len(q.ev.Before) > 0 {
		return nobody + "; " + q.lastHeld(q.ev.Before[0]) + "."
	}
	return nobody + "."
}

// callText says whose calling end it is: "Not a listener: firefox's end of a
// connection to python3 on port 8000."
func (q *inquiry) callText() string {
	c := q.call
	end := "the calling end"
	switch c.caller {
	case "":
	case "another computer":
		end = "another computer's end"
	default:
		end = c.caller + "'s end"
	}
	to := fmt.Sprintf("%s on port %d", c.server, c.to.Port())
	switch {
	case c.server == "" && !q.own(c.to.Addr().Unmap()):
		to = "another computer, " + c.to.String()
	case c.server == "":
		to = fmt.Sprintf("port %d, where nobody listens any more", c.to.Port())
	}
	if c.state.Alive() {
		return fmt.Sprintf("Not a listener: %s of a connection to %s.", end, to)
	}
	return fmt.Sprintf("Not a listener: %s of a connection to %s, which is over.", end, to)
}

func (q *inquiry) elsewhereName() string {
	if name := q.ev.Elsewhere[0].Owner.Name; name != "" {
		return Clean(name, 40)
	}
	return "a program"
}

func (q *inquiry) elsewherePlace() string {
	if id := q.ev.Elsewhere[0].Owner.Container; id != "" {
		return "the container " + Clean(id[:min(12, len(id))], 20)
	}
	return "another network namespace"
}

// whyFindings say why it does not answer, the likeliest first.
func (q *inquiry) whyFindings(v Verdict) []Finding {
	var all []Finding
	add := func(code Verdict, text string, facts ...string) {
		all = append(all, Finding{Code: string(code), Part: PartWhy, Text: text, Facts: facts})
	}
	switch {
	case v == ClientEnd:
		c := q.call
		add(ClientEnd, "A program that connects to a server gets a temporary port for its own end. That number is in the server's log, and nothing can be asked there.",
			fmt.Sprintf("%s → %s, %s", c.from, c.to, c.state))
	case v == WantsTLS:
		add(WantsTLS, "A server that waits for TLS can't read a plain request, and answers with an error or not at all.")
	case v == WantsHTTP:
		add(WantsHTTP, "A server that speaks plain HTTP can't read the beginning of TLS, and the browser complains of a wrong protocol.")
	case v == Forwarded:
		add(Forwarded, "The system's own rules send the connection on, as Docker's do for a published port.")
	case q.about == nil && v != NotHere:
		q.whyNobody(add)
	case v.mute() || v == Listens || v == OtherUser:
		q.whyMute(v, add)
	}
	if v.Answers() {
		return all // what could not be seen was not needed
	}
	for _, g := range q.ev.Gaps {
		all = append(all, Finding{Code: "not_seen", Part: PartWhy, Text: g})
	}
	return all
}

// whyMute explains a listener that does not answer, the certain reasons first.
func (q *inquiry) whyMute(v Verdict, add func(Verdict, string, ...string)) {
	who := q.who()
	switch v {
	case Stopped:
		add(Stopped, begin(who+" is stopped, by Ctrl-Z or a signal. The kernel still takes connections for it, and nobody reads them."))
	case Traced:
		add(Traced, begin(who+" is held by a debugger, at a breakpoint most likely. It goes on when the debugger lets it."))
	case Stuck:
		add(Stuck, begin(who+" is stuck in the kernel, which waits for a disk, a network or another process; it goes on when that answers."))
	case Zombie:
		add(Zombie, "The main part of "+who+" has ended, while other threads of it keep the port. It can't be expected to answer.")
	case Firewalled:
		q.whyFirewall(add)
	case Closes:
		add(Closes, begin(who+" took the connection and ended it. It may serve only some callers, or be in trouble; its log knows."))
	case Silent:
		if n := q.ev.Waiting; n > 0 {
			add(Silent, "The system has taken the connection in, and "+who+" hasn't fetched it: it hangs, or is busy with something else.",
				fmt.Sprintf("connections that wait: %d, at most: %d", n, q.about.Backlog+1))
			break
		}
		add(Silent, begin(who+" may wait for a request in a language that Portreeve doesn't speak, be busy, or hang."))
	case Hangs:
		add(Hangs, "Something on the way swallows connections: a firewall rule that can't be seen from here, or a system that is overloaded.")
	case Refuses:
		add(Refuses, "A connection is refused though somebody listens: a firewall rule that rejects, or the listener ended this very moment.")
	}
	if s := q.about.Socket; s.Full() {
		add(QueueFull, fmt.Sprintf("%s doesn't take the connections that wait: it hangs, or has more to do than it can. Further ones are kept waiting.", begin(who)),
			fmt.Sprintf("%d connections wait, %d may", s.Queue, s.Backlog))
	} else if s.Queue > 0 && v.mute() && q.ev.Waiting == 0 {
		add("queue", fmt.Sprintf("Connections wait that %s hasn't taken yet.", who), fmt.Sprintf("%d connections wait, %d may", s.Queue, s.Backlog))
	}
	if v != Firewalled && v.mute() {
		q.whyFirewall(add)
	}
}

func (q *inquiry) whyFirewall(add func(Verdict, string, ...string)) {
	if len(q.ev.Firewall) == 0 {
		return
	}
	var facts []string
	for _, r := range q.ev.Firewall[:min(5, len(q.ev.Firewall))] {
		what := "drops without a word"
		if r.Rejects {
			what = "rejects"
		}
		facts = append(facts, fmt.Sprintf("%s, rule %d: %s", Clean(r.Where, 80), r.Handle, what))
	}
	add(Firewalled, "A firewall rule of this computer keeps connections to the port away.", facts...)
}

// whyNobody explains that nobody listens, the likeliest first.
func (q *inquiry) whyNobody(add func(Verdict, string, ...string)) {
	if left := q.left(true); len(left) > 0 {
		var facts []string
		for _, c := range left[:min(5, len(left))] {
			facts = append(facts, strings.TrimPrefix(fmt.Sprintf("%s: %s ↔ %s, %s", q.holder(c), c.Local, c.Remote, c.State), ": "))
		}
		who := "A program"
		if name := q.holder(left[0]); name != "" {
			who = name
		}
		add(ConnectionsLeft, begin(who)+" holds a connection there from before, but takes no new ones: whoever listened has stopped to.", facts...)
	}
	for _, l := range q.away[:min(3, len(q.away))] {
		text := fmt.Sprintf("%s listens %s, which is another address.", q.Program(l.Listening), on(l.Socket))
		a := l.Local.Addr().Unmap()
		switch {
		case familiar.ScopeOf(a) == familiar.Loopback && a.Is6():
			text += " ::1 is the IPv6 form of 127.0.0.1; a listener on one of them doesn't hear the other."
		case familiar.ScopeOf(a) == familiar.Loopback:
			text += " Programs that say localhost may try ::1 first and miss it."
		case a.IsUnspecified() && l.OnlyV6:
			text += " It takes IPv6 only."
		}
		add(OtherAddress, text)
	}
	if len(q.ev.Elsewhere) > 0 {
		e := q.ev.Elsewhere[0]
		add(OtherNamespace, fmt.Sprintf("%s listens on the same number in %s, which has a network of its own. From here it is reached only if its port is published or forwarded.", begin(q.elsewhereName()), q.elsewherePlace()),
			fmt.Sprintf("%s there, process %d", e.Local, e.Owner.PID))
	}
	if len(q.across) > 0 {
		other := "UDP"
		code := UDPOnly
		if q.t.Proto == socket.UDP {
			other, code = "TCP", TCPOnly
		}
		add(code, fmt.Sprintf("%s uses the same number by %s. TCP and UDP have numbers of their own: one says nothing of the other.", q.Program(q.across[0].Listening), other))
	}
	if l := q.moved(); l != nil {
		add(OtherPort, fmt.Sprintf("%s, which listened here, listens on %s now.", q.Program(l.Listening), netip.AddrPortFrom(l.Local.Addr().Unmap(), l.Local.Port())))
	}
	if left := q.left(false); len(left) > 0 {
		add(TimeWait, "Connections that are over still keep the port, so that late packets of theirs are not taken for new ones. A program that wants to listen there may be told “address already in use” though nobody listens.",
			fmt.Sprintf("%d in %s", len(left), left[0].State))
	}
	q.whyNeverSeen(add)
}

// whyNeverSeen says what the record knows, or why it knows nothing.
func (q *inquiry) whyNeverSeen(add func(Verdict, string, ...string)) {
	if q.t.Proto == socket.UDP {
		return
	}
	switch {
	case len(q.ev.Before) > 0:
		add(Nobody, "The program that listened there has ended, or listens elsewhere now.")
	case !q.ev.Recorded.IsZero():
		text := fmt.Sprintf("Nobody has listened there since %s, when Portreeve began to keep a record.", clock(q.ev.Recorded, q.ev.Now))
		if q.temporary(q.t.Port) {
			text += " In access logs such a number is usually the caller's temporary port."
		}
		add(Nobody, text)
	case q.temporary(q.t.Port):
		add(Nobody, "Portreeve was not running then. In access logs this is usually the caller's temporary port, which goes with the connection.")
	default:
		add(Nobody, "The program that should listen there was not started, has ended, or uses another port.")
	}
}
