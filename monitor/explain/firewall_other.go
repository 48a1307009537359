//go:build !linux

package explain

import "context"

// firewall has no rules to show: those of this system aren't read.
func firewall(context.Context, uint16) ([]FirewallRule, string) {
	return nil, "The firewall's rules aren't read on this system."
}
