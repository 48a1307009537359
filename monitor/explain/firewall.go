package explain

import (
	"encoding/json"
	"fmt"
	"slices"
)

// The rules of nftables as "nft --json list ruleset" writes them
// (libnftables-json(5)). Those of iptables-nft are among them.

// parseRuleset finds the rules that keep TCP connections to a port on loopback
// away: in base chains for what comes in or goes out, with a match for the port
// or for no port, that drop or reject. It does not judge the other conditions of
// a rule, so that it finds what may be the reason, not what must be.
func parseRuleset(text []byte, port uint16) ([]FirewallRule, error) {
	var doc struct {
		Nftables []struct {
			Chain *struct {
				Family, Table, Name, Hook, Policy string
			}
			Rule *struct {
				Family, Table, Chain string
				Handle               int
				Expr                 []map[string]json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("parse nft's ruleset: %w", err)
	}
	hooked := map[string]bool{}
	var found []FirewallRule
	for _, item := range doc.Nftables {
		if c := item.Chain; c != nil && slices.Contains([]string{"input", "output", "prerouting"}, c.Hook) {
			hooked[c.Family+" "+c.Table+" "+c.Name] = true
		}
	}
	for _, item := range doc.Nftables {
		r := item.Rule
		if r == nil || !hooked[r.Family+" "+r.Table+" "+r.Chain] {
			continue
		}
		rule := FirewallRule{Where: fmt.Sprintf("table %s %s, chain %s", r.Family, r.Table, r.Chain), Handle: r.Handle, All: true}
		if rule.judge(r.Expr, port) {
			found = append(found, rule)
		}
	}
	// A rule for this very port is likelier than one for all.
	slices.SortStableFunc(found, func(a, b FirewallRule) int { return boolInt(a.All) - boolInt(b.All) })
	return found, nil
}

// judge reports whether a rule may keep the port's connections away.
func (r *FirewallRule) judge(parts []map[string]json.RawMessage, port uint16) bool {
	away := false
	for _, part := range parts {
		if _, ok := part["drop"]; ok {
			away = true
		}
		if _, ok := part["reject"]; ok {
			away, r.Rejects = true, true
		}
		raw, ok := part["match"]
		if !ok {
			continue
		}
		var m struct {
			Op   string
			Left struct {
				Payload struct{ Protocol, Field string }
				Meta    struct{ Key string }
			}
			Right json.RawMessage
		}
		if json.Unmarshal(raw, &m) != nil {
			return false // a form that is not known here
		}
		not := m.Op == "!="
		switch {
		case m.Left.Payload.Field == "dport":
			if holds(m.Right, port) == not || m.Left.Payload.Protocol == "udp" {
				return false
			}
			r.All = false
		case m.Left.Payload.Field == "sport":
			return false // of the answers, or of others
		case m.Left.Meta.Key == "iifname" || m.Left.Meta.Key == "iif" || m.Left.Meta.Key == "oifname" || m.Left.Meta.Key == "oif":
			var name string
			if json.Unmarshal(m.Right, &name) == nil && (name == "lo") == not {
				return false
			}
		}
	}
	return away
}

// holds reports whether the right side of a match has the port: a number, a
// range or a set of those.
func holds(raw json.RawMessage, port uint16) bool {
	var one int
	if json.Unmarshal(raw, &one) == nil {
		return one == int(port)
	}
	var many struct {
		Range []int
		Set   []json.RawMessage
	}
	if json.Unmarshal(raw, &many) != nil {
		return false
	}
	if len(many.Range) == 2 {
		return many.Range[0] <= int(port) && int(port) <= many.Range[1]
	}
	return slices.ContainsFunc(many.Set, func(r json.RawMessage) bool { return holds(r, port) })
}
