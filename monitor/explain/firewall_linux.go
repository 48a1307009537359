package explain

import (
	"context"
	"os"
	"os/exec"
	"time"
)

// firewall reads the rules that keep connections to a port away, and says what
// could not be read. Only root may; nft asks the kernel and changes nothing.
func firewall(ctx context.Context, port uint16) ([]FirewallRule, string) {
	const unseen = "The firewall's rules can't be read from here; sudo portreeve explain may show one."
	if os.Geteuid() != 0 {
		return nil, unseen
	}
	path := ""
	for _, p := range []string{"/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft"} {
		if _, err := os.Stat(p); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		return nil, "The firewall's rules can't be read: the program nft isn't installed."
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	text, err := exec.CommandContext(ctx, path, "--json", "list", "ruleset").Output()
	if err != nil {
		return nil, "The firewall's rules could not be read."
	}
	rules, err := parseRuleset(text, port)
	if err != nil {
		return nil, "The firewall's rules could not be understood."
	}
	return rules, ""
}
