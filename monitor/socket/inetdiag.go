package socket

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
)

// The wire format of NETLINK_SOCK_DIAG: requests for TCP listeners and bound
// UDP sockets, and the parser of the answers. Layouts and numbers are those of
// linux/netlink.h, linux/sock_diag.h and linux/inet_diag.h. Everything is in
// the host's byte order but ports and addresses, which are in the network's.
// This file takes and gives bytes, so that every platform can test it.
const (
	nlmsgNoop    = 1 // NLMSG_NOOP
	nlmsgError   = 2 // NLMSG_ERROR: a negative errno, 0 for an ACK
	nlmsgDone    = 3 // NLMSG_DONE: the end of a dump, with its errno
	nlmsgOverrun = 4 // NLMSG_OVERRUN

	tcpdiagGetsock   = 18 // TCPDIAG_GETSOCK, the legacy request
	sockDiagByFamily = 20 // SOCK_DIAG_BY_FAMILY

	nlmFRequest = 0x001 // NLM_F_REQUEST
	nlmFMulti   = 0x002 // NLM_F_MULTI
	nlmFDump    = 0x300 // NLM_F_DUMP

	afInet  = 2  // AF_INET
	afInet6 = 10 // AF_INET6

	ipprotoTCP = 6
	ipprotoUDP = 17

	// States of a socket (include/net/tcp_states.h).
	tcpEstablished = 1
	tcpClose       = 7 // also a bound, unconnected UDP socket
	tcpListen      = 10

	inetDiagSKV6Only = 11 // INET_DIAG_SKV6ONLY, u8; never has to be asked for
	inetDiagCgroupID = 21 // INET_DIAG_CGROUP_ID, u64; never has to be asked for
	nlaTypeMask      = 0x3fff

	nlmsghdrLen   = 16 // struct nlmsghdr: len u32, type u16, flags u16, seq u32, pid u32
	sockidLen     = 48 // struct inet_diag_sockid
	reqCompatLen  = nlmsghdrLen + 4 + sockidLen + 8
	reqV2Len      = nlmsghdrLen + 8 + sockidLen
	diagMsgLen    = 4 + sockidLen + 20 // struct inet_diag_msg
	diagRequest   = reqCompatLen       // room for the longest request
	anyCookieHalf = 0xffffffff         // INET_DIAG_NOCOOKIE
)

// diagQuery is one question to sock_diag.
type diagQuery struct {
	proto  Proto
	family uint8
	// compat asks by TCPDIAG_GETSOCK, which walks IPv4 and IPv6 at once
	// whatever family says. It exists for TCP only.
	compat bool
	// at asks for the one socket that the kernel finds at that place instead
	// of for a dump.
	at *Socket
	// connections, where set, takes connections in place of the sockets that
	// listen, which then are none: the established ones, or those in states.
	connections *[]Connection
	// states is a mask of 1<<state for connections; 0 for established.
	states uint32
	// sport and dport bound a dump to one local or remote port; 0 for any.
	sport, dport uint16
}

// mask is the states that are asked for.
func (q *diagQuery) mask() uint32 {
	if q.states != 0 {
		return q.states
	}
	return 1 << q.state()
}

// state is the one state that is asked for. Listeners have a hash of their
// own: a mask of LISTEN alone keeps the kernel from walking the connections.
func (q *diagQuery) state() uint8 {
	switch {
	case q.connections != nil:
		return tcpEstablished
	case q.proto == UDP:
		return tcpClose
	}
	return tcpListen
}

// appendTo appends the request to b, which has room for diagRequest bytes.
func (q *diagQuery) appendTo(b []byte, seq uint32) []byte {
	length, kind, flags := uint32(reqV2Len), uint16(sockDiagByFamily), uint16(nlmFRequest|nlmFDump)
	if q.compat {
		length, kind = reqCompatLen, tcpdiagGetsock
	}
	if q.at != nil {
		flags = nlmFRequest
	}
	ne := binary.NativeEndian
	b = ne.AppendUint32(b, length)
	b = ne.AppendUint16(b, kind)
	b = ne.AppendUint16(b, flags)
	b = ne.AppendUint32(b, seq)
	b = ne.AppendUint32(b, 0)

	if q.compat { // struct inet_diag_req
		b = append(b, q.family, 0, 0, 0)
		b = append(b, make([]byte, sockidLen)...)
		b = ne.AppendUint32(b, q.mask())
		return ne.AppendUint32(b, 0)
	}
	proto := uint8(ipprotoTCP) // struct inet_diag_req_v2
	if q.proto == UDP {
		proto = ipprotoUDP
	}
	b = append(b, q.family, proto, 0, 0)
	b = ne.AppendUint32(b, q.mask())
	if q.at == nil {
		b = binary.BigEndian.AppendUint16(b, q.sport)
		b = binary.BigEndian.AppendUint16(b, q.dport)
		return append(b, make([]byte, sockidLen-4)...)
	}
	return q.appendSockID(b)
}

// appendSockID appends the struct inet_diag_sockid of the place that q asks
// for. Any cookie will do: the kernel finds by place and only then compares
// the cookie, and so would hide that another socket is there now.
func (q *diagQuery) appendSockID(b []byte) []byte {
	be, ne := binary.BigEndian, binary.NativeEndian
	addr := q.at.Local.Addr()
	var local, remote [16]byte
	if addr.Is4() {
		a := addr.As4()
		copy(local[:], a[:])
	} else {
		local = addr.As16()
	}
	sport, dport := q.at.Local.Port(), uint16(0)
	if q.proto == UDP {
		// The UDP look-up takes source and destination the other way round,
		// "for historical reasons" (net/ipv4/udp_diag.c).
		sport, dport = dport, sport
		local, remote = remote, local
	}
	b = be.AppendUint16(b, sport)
	b = be.AppendUint16(b, dport)
	b = append(b, local[:]...)
	b = append(b, remote[:]...)
	b = ne.AppendUint32(b, q.at.Ifindex)
	b = ne.AppendUint32(b, anyCookieHalf)
	return ne.AppendUint32(b, anyCookieHalf)
}

// kernelErrno is a positive errno that came inside a netlink message.
type kernelErrno int32

func (e kernelErrno) Error() string { return fmt.Sprintf("kernel errno %d", int32(e)) }

// What the parser finds wrong with an answer itself.
var (
	errTruncated = errors.New("truncated netlink message")
	errOverrun   = errors.New("netlink data lost")
)

// parseDiag appends to dst the sockets in b, one datagram of the answer to q
// under the sequence number seq, and tells whether the answer ends with it.
// Messages under another number are leftovers of an earlier question and are
// skipped. An errno of the kernel's is a kernelErrno; it ends the answer.
// Nothing in dst points into b.
func parseDiag(dst []Socket, b []byte, q *diagQuery, seq uint32, zones zoneNames) (out []Socket, done bool, err error) {
	ne := binary.NativeEndian
	for len(b) > 0 {
		if len(b) < nlmsghdrLen {
			return dst, false, errTruncated
		}
		length := ne.Uint32(b)
		if length < nlmsghdrLen || uint64(length) > uint64(len(b)) {
			return dst, false, errTruncated
		}
		kind, flags := ne.Uint16(b[4:]), ne.Uint16(b[6:])
		ours := ne.Uint32(b[8:]) == seq
		body := b[nlmsghdrLen:length]
		b = b[min(align4(int(length)), len(b)):]
		if !ours {
			continue
		}
		switch kind {
		case nlmsgNoop:
		case nlmsgError, nlmsgDone:
			return dst, true, errnoOf(kind, body)
		case nlmsgOverrun:
			return dst, false, errOverrun
		case tcpdiagGetsock, sockDiagByFamily:
			s, ok, err := parseDiagMsg(body, q, zones)
			if err != nil {
				return dst, false, err
			}
			if ok {
				dst = append(dst, s)
			}
			if flags&nlmFMulti == 0 {
				return dst, true, nil
			}
		}
	}
	return dst, false, nil
}

// errnoOf reads the errno at the head of an NLMSG_ERROR or NLMSG_DONE. Old
// kernels end a dump without one.
func errnoOf(kind uint16, body []byte) error {
	if len(body) < 4 {
		if kind == nlmsgError {
			return errTruncated
		}
		return nil
	}
	if n := int32(binary.NativeEndian.Uint32(body)); n < 0 {
		return kernelErrno(-n)
	}
	return nil
}

// parseDiagMsg reads one struct inet_diag_msg and the attributes behind it. It
// is not ok for a socket that was not asked for: kernels have ignored the
// state mask.
func parseDiagMsg(b []byte, q *diagQuery, zones zoneNames) (s Socket, ok bool, err error) {
	if len(b) < diagMsgLen {
		return s, false, errTruncated
	}
	be, ne := binary.BigEndian, binary.NativeEndian
	family, state := b[0], b[1]
	if state >= 32 || q.mask()&(1<<state) == 0 {
		return s, false, nil
	}
	id := b[4 : 4+sockidLen] // sport, dport, src[16], dst[16], if, cookie[2]
	s.Ifindex = ne.Uint32(id[36:])

	var addr netip.Addr
	switch family {
	case afInet:
		addr = netip.AddrFrom4([4]byte(id[4:8]))
	case afInet6:
		addr = netip.AddrFrom16([16]byte(id[4:20]))
		if s.Ifindex != 0 && (addr.IsLinkLocalUnicast() || addr.IsLinkLocalMulticast()) && !addr.Is4In6() {
			addr = addr.WithZone(zones.name(s.Ifindex))
		}
	default:
		return s, false, nil
	}
	s.Proto = q.proto
	s.Local = netip.AddrPortFrom(addr, be.Uint16(id))
	s.Cookie = uint64(ne.Uint32(id[40:])) | uint64(ne.Uint32(id[44:]))<<32

	tail := b[4+sockidLen:] // expires, rqueue, wqueue, uid, inode
	if q.proto == TCP {     // for UDP these count bytes
		s.Queue, s.Backlog = ne.Uint32(tail[4:]), ne.Uint32(tail[8:])
	}
	s.UID = ne.Uint32(tail[12:])
	s.Inode = uint64(ne.Uint32(tail[16:]))

	if err := s.addDiagAttrs(b[diagMsgLen:]); err != nil {
		return s, false, err
	}
	if q.connections != nil {
		remote := netip.AddrFrom16([16]byte(id[20:36]))
		if family == afInet {
			remote = netip.AddrFrom4([4]byte(id[20:24]))
		}
		*q.connections = append(*q.connections, Connection{
			Socket: s, Remote: netip.AddrPortFrom(remote, be.Uint16(id[2:])), State: stateOf(state)})
		return s, false, nil
	}
	return s, true, nil
}

// addDiagAttrs takes what it knows from b, a row of struct nlattr: length u16
// (with its own four bytes), type u16, payload, padded to four bytes.
func (s *Socket) addDiagAttrs(b []byte) error {
	ne := binary.NativeEndian
	for len(b) >= 4 {
		length, kind := int(ne.Uint16(b)), ne.Uint16(b[2:])&nlaTypeMask
		if length < 4 || length > len(b) {
			return errTruncated
		}
		body := b[4:length]
		switch {
		case kind == inetDiagSKV6Only && len(body) >= 1:
			s.OnlyV6 = body[0] != 0
		case kind == inetDiagCgroupID && len(body) >= 8:
			s.Cgroup = ne.Uint64(body)
		}
		b = b[min(align4(length), len(b)):]
	}
	return nil
}

func align4(n int) int { return (n + 3) &^ 3 }
