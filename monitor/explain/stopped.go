package explain

import (
	"fmt"
	"net/netip"
	"time"

	"portreeve/monitor/process"
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
	return fmt.Sprintf("%s has ended. Port %d is taken by %s now.", program, at.Port(), who)
}

// Respawned says that the program is back, and who restarts it where that is
// known: "Port 62893 is taken again by python3 after 0.3 s: shop.service restarts it."
func Respawned(program string, at netip.AddrPort, who string, after time.Duration, by string) string {
	text := fmt.Sprintf("%s has ended. Port %d is taken again by %s after %.1f s", program, at.Port(), who, after.Seconds())
	if by == "" {
		return text + "."
	}
	return text + ": " + by + " restarts it."
}

// StillRunning says that the signal was sent and the program goes on, and why.
func StillRunning(program string, at netip.AddrPort, state process.State, forced bool) string {
	switch {
	case state == process.Stuck:
		return fmt.Sprintf("%s is stuck in the kernel, which waits for a disk or a network; it ends when that answers.", program)
	case state == process.Traced:
		return fmt.Sprintf("%s is held by a debugger and still holds port %d.", program, at.Port())
	case forced:
		return fmt.Sprintf("%s was forced to end and is still there.", program)
	}
	return fmt.Sprintf("%s was asked to end and still holds port %d.", program, at.Port())
}
