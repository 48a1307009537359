//go:build linux || darwin || freebsd || windows

package process

// A portable, weaker look at what a process holds: by address, where sockets
// have no number.

import (
	"context"
	"fmt"
	"net/netip"

	gopsnet "github.com/shirou/gopsutil/v3/net"

	"portreeve/monitor/socket"
)

// holdsAddress reports whether gopsutil lists the endpoint of s for the
// process. Another socket on the same endpoint counts too.
func holdsAddress(ctx context.Context, pid int32, s socket.Socket) (bool, error) {
	conns, err := gopsnet.ConnectionsPidWithContext(ctx, s.Proto.String(), pid)
	if err != nil {
		return false, fmt.Errorf("list its sockets: %w", err)
	}
	want := netip.AddrPortFrom(s.Local.Addr().WithZone(""), s.Local.Port())
	for _, c := range conns {
		if c.Pid == pid && c.Raddr.Port == 0 && c.Laddr.Port == uint32(want.Port()) && sameAddr(c.Laddr.IP, want.Addr()) {
			return true, nil
		}
	}
	return false, nil
}

// sameAddr compares with gopsutil's spelling, where some platforms write "*"
// for any address.
func sameAddr(text string, want netip.Addr) bool {
	if text == "*" || text == "" {
		return want.IsUnspecified()
	}
	got, err := netip.ParseAddr(text)
	return err == nil && got.WithZone("") == want
}
