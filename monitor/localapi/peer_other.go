//go:build !linux && !darwin && !freebsd && !windows

package localapi

import "net"

// samePeer can't ask this platform; the folder of mode 0700 is the only lock.
func samePeer(net.Conn) bool { return true }
