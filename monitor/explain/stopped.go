package explain

import (
	"fmt"
	"net/netip"
)

// Freed says that a stop did what was asked.
func Freed(program string, at netip.AddrPort) string {
	return fmt.Sprintf("%s has ended. Port %d is free.", program, at.Port())
}

// FreedHere says that the address is free while others hold the port elsewhere.
func FreedHere(program string, at netip.AddrPort, others string) string {
	return fmt.Sprintf("%s has ended. %s is free; %s holds port %d on another address.", program, Endpoint(at), others, at.Port())
}

// StillHeld says that other holders of the same socket are left.
func StillHeld(program string, at netip.AddrPort, holders int, who string) string {
	if holders == 1 {
		return fmt.Sprintf("%s has ended. Port %d is still held by %s.", program, at.Port(), who)
	}
	return fmt.Sprintf("%s has ended. Port %d is still held by %d other programs, %s among them.", program, at.Port(), holders, who)
}

// Taken says that somebody else listens there now.
func Taken(program string, at netip.AddrPort, who string) string {
	if who == program {
		return fmt.Sprintf("%s has ended. Port %d is taken again by %s.", program, at.Port(), who)
	}
	return fmt.Sprintf("%s has ended. Port %d is taken by %s now.", program, at.Port(), who)
}

// StillRunning says that the signal was sent and the program goes on.
func StillRunning(program string, at netip.AddrPort, forced bool) string {
	if forced {
		return fmt.Sprintf("%s was forced to end and is still there; it may be stuck in the kernel.", program)
	}
	return fmt.Sprintf("%s was asked to end and still holds port %d.", program, at.Port())
}
