package explain

import (
	"fmt"
	"net/netip"
	"strings"

	"portreeve/monitor/socket"
)

// try says what can be done, the likeliest first.
func (q *inquiry) try(v Verdict) []string {
	all := []string{}
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	port := q.t.Port
	switch v {
	case ClientEnd:
		say("Nothing has to be done: the number goes with the connection.")
		if q.own(q.call.to.Addr().Unmap()) {
			say("To see the server that was called: portreeve explain %d", q.call.to.Port())
		}
	case NotHere:
		say("Look on the computer that has the address, or at this one's own port: portreeve explain %d", port)
	case AnswersHTTP:
		say("Open it in a browser: %s", q.link("http"))
	case AnswersTLS, WantsTLS:
		say("Open it in a browser, if it's a web server: %s", q.link("https"))
	case WantsHTTP:
		say("Use the plain address: %s", q.link("http"))
	case AnswersGreeting, Answers, Accepts:
		say("Use the program that belongs to it; a browser doesn't speak its language.")
	case OtherUser:
		say("See more: sudo portreeve explain %s", q.typed())
	case BoundUDP:
		say("See all that it holds: portreeve list %d --all", port)
	case Forwarded:
		say("See which container publishes the port: docker ps --filter publish=%d", port)
	case Stopped:
		say("Let it go on: type fg in the terminal that it was started from.")
		say("Or end it and start it again: portreeve stop %d", port)
	case Traced:
		say("Let it go on in the debugger, or end the debugging session.")
	case Stuck:
		say("See what the kernel waits for: a disk, a network drive, or a process that it started.")
	case Zombie, QueueFull:
		say("Start it again: portreeve stop %d, and then as you started it before.", port)
	case Firewalled, Refuses, Hangs:
		say("Look at the firewall's rules: %s", firewallCommand(q.ev.System))
	case Closes, Silent:
		say("Look into the log of %s.", q.who())
		say("Use the program that belongs to it; it may not speak the language of browsers.")
	case ConnectionsLeft:
		say("Start the server again, or wait until the connections end.")
	case OtherAddress:
		q.tryOtherAddress(say)
	case OtherNamespace:
		if q.ev.Elsewhere[0].Owner.Container != "" {
			say("Publish the port when the container is started: docker run -p 127.0.0.1:%d:%d ...", port, port)
		} else {
			say("Ask for it inside its own network namespace.")
		}
	case UDPOnly:
		say("See what is there by UDP: portreeve explain %d/udp", port)
	case TCPOnly:
		say("See what is there by TCP: portreeve explain %d", port)
	case OtherPort:
		say("Use its new port: portreeve explain %d", q.moved().Local.Port())
	case TimeWait:
		say("Wait for a minute and start the server again; or have it set SO_REUSEADDR, as most servers do.")
	case Nobody:
		if len(q.ev.Before) > 0 {
			say("Start %s again, if it should be there.", q.ev.Before[0].Program)
		} else if !q.temporary(port) {
			say("Start the program that should listen there, and see in its first lines which port it takes.")
		} else {
			say("If you found it in an access log, nothing has to be done.")
		}
	}
	if q.about != nil {
		switch v {
		case Listens:
			say("See whether it answers: portreeve explain %s", q.typed())
			fallthrough
		case AnswersHTTP, AnswersTLS, AnswersGreeting, Answers, WantsTLS, WantsHTTP, Accepts, Silent, Closes:
			say("End it: portreeve stop %d", port)
		}
	}
	if !v.Listens() && v != NotHere && v != ClientEnd && q.t.Proto == socket.TCP {
		if q.ev.Resident {
			say("Be told when %d is used: portreeve explain %d --await", port, port)
		} else {
			say("Be told when %d is used: start portreeve, then portreeve explain %d --await", port, port)
		}
	}
	return all
}

// typed is the target as it is typed in a terminal.
func (q *inquiry) typed() string { return strings.TrimPrefix(q.t.String(), "port ") }

// link is an address for a browser.
func (q *inquiry) link(scheme string) string {
	host := "localhost"
	switch {
	case q.t.Local || !q.t.Addr.IsValid() || q.t.Addr.IsUnspecified():
		if q.about != nil && !q.about.Local.Addr().IsUnspecified() {
			return scheme + "://" + netip.AddrPortFrom(q.about.Local.Addr().Unmap(), q.t.Port).String() + "/"
		}
	default:
		return scheme + "://" + netip.AddrPortFrom(q.t.Addr, q.t.Port).String() + "/"
	}
	return fmt.Sprintf("%s://%s:%d/", scheme, host, q.t.Port)
}

func (q *inquiry) tryOtherAddress(say func(string, ...any)) {
	a := q.away[0].Local.Addr().Unmap()
	at := netip.AddrPortFrom(a, q.t.Port)
	if a.IsUnspecified() {
		at = netip.AddrPortFrom(netip.IPv6Loopback(), q.t.Port)
	}
	say("Use the address that it listens on: %s", at)
	if q.t.Addr.IsValid() {
		say("Or have it listen on %s; most servers take the address as a setting (--host).", Clean(q.t.Addr.String(), 60))
	}
}

// firewallCommand shows a system's firewall rules.
func firewallCommand(system string) string {
	switch system {
	case "windows":
		return "netsh advfirewall firewall show rule name=all"
	case "darwin", "freebsd":
		return "sudo pfctl -sr"
	}
	return "sudo nft list ruleset"
}
