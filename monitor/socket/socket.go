// Package socket tells what the kernel says is bound on this machine: TCP
// listeners and bound UDP sockets, IPv4 and IPv6, in the network namespace of
// the caller. It knows nothing of programs and judges nothing.
package socket

import (
	"context"
	"net/netip"
)

// Proto is a transport protocol.
type Proto uint8

// The protocols that Portreeve watches.
const (
	TCP Proto = iota + 1
	UDP
)

// String gives the protocol's usual lower-case name.
func (p Proto) String() string {
	switch p {
	case TCP:
		return "tcp"
	case UDP:
		return "udp"
	}
	return "unknown"
}

// Protos is a set of protocols to read.
type Protos uint8

// The sets that a Read can ask for; they combine with |.
const (
	WantTCP Protos = 1 << iota
	WantUDP
)

// Has reports whether the set holds p.
func (w Protos) Has(p Proto) bool {
	return p == TCP && w&WantTCP != 0 || p == UDP && w&WantUDP != 0
}

// Endpoint is where a socket is bound.
type Endpoint struct {
	Proto Proto
	// Local is the bound address. A wildcard reads 0.0.0.0 or ::. Link-local
	// IPv6 addresses carry their interface as zone. IPv4-mapped addresses
	// (::ffff:127.0.0.1) are kept as the kernel has them.
	Local netip.AddrPort
}

// NoUID is the UID of a socket whose user the platform does not tell.
const NoUID = ^uint32(0)

// Socket is one bound socket. It is a plain value: copying it shares nothing.
type Socket struct {
	Endpoint
	// Cookie identifies the socket until the machine restarts. It comes from
	// the kernel (sock_diag) or is made up, stable, by sources without one.
	Cookie uint64
	// Inode is the number in /proc/PID/fd's "socket:[inode]"; 0 where unknown.
	Inode uint64
	// UID is the user that made the socket, NoUID where unknown.
	UID uint32
	// Cgroup is the inode of the socket's cgroup directory; 0 where unknown.
	Cgroup uint64
	// Ifindex is the interface the socket is bound to; 0 for any.
	Ifindex uint32
	// Queue is the number of connections waiting to be accepted, Backlog the
	// most that may wait (TCP, Linux; 0 elsewhere).
	Queue, Backlog uint32
	// OnlyV6 tells that an IPv6 wildcard does not take IPv4 connections too.
	OnlyV6 bool
	// PID is a hint at the owner where the platform gives one; 0 elsewhere.
	PID int32
}

// Full tells that the accept queue takes no more: the kernel lets one more than
// the backlog in (sk_acceptq_is_full in include/net/sock.h). It is false where
// the source does not tell the backlog, as only sources with kernel cookies do.
func (s Socket) Full() bool {
	return s.Proto == TCP && s.Cookie&madeUp == 0 && s.Cookie != 0 && s.Queue > s.Backlog
}

// source is one way of asking the platform. Implementations append to dst and
// may be used by one goroutine at a time.
type source interface {
	// name is the source's short name for people and for the status answer.
	name() string
	read(ctx context.Context, dst []Socket, want Protos) ([]Socket, error)
	// alive looks for exactly this socket, by cookie where the source can.
	alive(ctx context.Context, s Socket) (bool, error)
	close() error
}
