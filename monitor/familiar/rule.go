package familiar

import (
	"errors"
	"fmt"
	"strconv"
)

// Check reports what is wrong with a rule that somebody wrote by hand.
func (r Rule) Check() error {
	switch {
	case r.ID == "":
		return errors.New("it has no id")
	case r.User == "":
		return errors.New("it has no user")
	case r.Subject == Subject{}:
		return errors.New("it names no program")
	case r.Proto != "tcp" && r.Proto != "udp":
		return fmt.Errorf("protocol %q is neither tcp nor udp", r.Proto)
	case r.Scope != Loopback && r.Scope != Network:
		return fmt.Errorf("scope %q is neither loopback nor network", r.Scope)
	}
	return r.Ports.check()
}

func (p Ports) check() error {
	if p == AnyPort || p == Ephemeral {
		return nil
	}
	if n, err := strconv.ParseUint(string(p), 10, 16); err != nil || n == 0 {
		return fmt.Errorf("ports %q is neither a port, nor %q, nor %q", string(p), Ephemeral, AnyPort)
	}
	return nil
}
