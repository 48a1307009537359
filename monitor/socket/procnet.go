package socket

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
)

// The parser of /proc/net/tcp, tcp6, udp and udp6. Their columns are those of
// get_tcp4_sock in net/ipv4/tcp_ipv4.c and its three siblings:
//
//	sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ...
//
// where an address is one or four 32-bit words in the host's byte order as
// eight hex digits each, a colon, and the port as a number in hex.
//
// What these files do not tell stays zero: the cgroup, the backlog, the
// interface (so that link-local addresses have no zone), and whether an IPv6
// wildcard takes IPv4 too (OnlyV6 false means unknown here).
const (
	procColumns = 10
	procLocal   = 1
	procState   = 3
	procQueues  = 4
	procUID     = 7
	procInode   = 9

	procBuffer = 32 << 10 // asked for at once; the kernel fills about a page
)

var errProcLine = errors.New("unexpected line")

// ParseListeners reads the listeners in a /proc/PID/net/tcp or tcp6: those of
// another process's network namespace, which sock_diag does not show. The file
// tells neither backlog nor cgroup, and cookies are made up.
func ParseListeners(r io.Reader) ([]Socket, error) {
	all, err := parseProcNet(nil, r, TCP)
	if err != nil {
		return nil, fmt.Errorf("parse listeners: %w", err)
	}
	return all, nil
}

// parseProcNet appends to dst the listening or bound sockets in r, which is
// one of the four files. Their cookie is made from the inode, and for sockets
// without one (the kernel's own) from the endpoint and their order.
//
// A line that it cannot read is an error: skipping it would tell a listener
// gone.
func parseProcNet(dst []Socket, r io.Reader, p Proto) ([]Socket, error) {
	state := []byte("0A") // TCP_LISTEN
	if p == UDP {
		state = []byte("07") // TCP_CLOSE: bound, not connected
	}
	keep := len(dst)
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, procBuffer), procBuffer)
	if !lines.Scan() {
		if err := lines.Err(); err != nil {
			return dst, err
		}
		return dst, fmt.Errorf("header: %w", io.ErrUnexpectedEOF)
	}
	if !bytes.Contains(lines.Bytes(), []byte("local_address")) {
		return dst, fmt.Errorf("header: %w %.80q", errProcLine, lines.Bytes())
	}
	for lines.Scan() {
		var cols [procColumns][]byte
		if !splitColumns(&cols, lines.Bytes()) {
			return dst[:keep], fmt.Errorf("%w %.80q", errProcLine, lines.Bytes())
		}
		if !bytes.Equal(cols[procState], state) {
			continue
		}
		s, ok := parseProcSocket(&cols, p)
		if !ok {
			return dst[:keep], fmt.Errorf("%w %.80q", errProcLine, lines.Bytes())
		}
		s.Cookie = s.Inode | madeUp
		if s.Inode == 0 {
			s.Cookie = endpointCookie(s.Endpoint, 0, namelessEquals(dst[keep:], s.Endpoint))
		}
		dst = append(dst, s)
	}
	if err := lines.Err(); err != nil {
		return dst[:keep], err
	}
	return dst, nil
}

// namelessEquals counts the sockets without inode that are bound at e.
func namelessEquals(in []Socket, e Endpoint) (n uint64) {
	for _, s := range in {
		if s.Inode == 0 && s.Endpoint == e {
			n++
		}
	}
	return n
}

// splitColumns fills cols with the line's first columns and tells whether
// there are as many.
func splitColumns(cols *[procColumns][]byte, line []byte) bool {
	for i := range cols {
		line = bytes.TrimLeft(line, " ")
		end := bytes.IndexByte(line, ' ')
		if end < 0 {
			end = len(line)
		}
		if end == 0 {
			return false
		}
		cols[i], line = line[:end], line[end:]
	}
	return true
}

func parseProcSocket(cols *[procColumns][]byte, p Proto) (s Socket, ok bool) {
	s.Proto = p
	if s.Local, ok = parseProcAddr(cols[procLocal]); !ok {
		return s, false
	}
	_, rx, found := bytes.Cut(cols[procQueues], []byte(":"))
	queue, ok := parseUint(rx, 16, 32)
	if !found || !ok {
		return s, false
	}
	if p == TCP { // for UDP it counts bytes
		s.Queue = uint32(queue)
	}
	uid, ok := parseUint(cols[procUID], 10, 32)
	if !ok {
		return s, false
	}
	s.UID = uint32(uid)
	s.Inode, ok = parseUint(cols[procInode], 10, 63) // the top bit marks the cookie
	return s, ok
}

// parseProcAddr reads "0100007F:1F90" or its form with 32 digits.
func parseProcAddr(b []byte) (ap netip.AddrPort, ok bool) {
	host, port, found := bytes.Cut(b, []byte(":"))
	if !found || len(port) != 4 {
		return ap, false
	}
	n, ok := parseUint(port, 16, 16)
	if !ok {
		return ap, false
	}
	var a [16]byte
	if len(host) != 8 && len(host) != 32 {
		return ap, false
	}
	for i := 0; i < len(host); i += 8 {
		word, ok := parseUint(host[i:i+8], 16, 32)
		if !ok {
			return ap, false
		}
		binary.NativeEndian.PutUint32(a[i/2:], uint32(word))
	}
	addr := netip.AddrFrom16(a)
	if len(host) == 8 {
		addr = netip.AddrFrom4([4]byte(a[:4]))
	}
	return netip.AddrPortFrom(addr, uint16(n)), true
}

// parseUint reads all of b as a number of at most bits bits. strconv would
// allocate a string for each of the three numbers of each line.
func parseUint(b []byte, base, bits uint) (n uint64, ok bool) {
	if len(b) == 0 {
		return 0, false
	}
	limit := uint64(1)<<bits - 1
	for _, c := range b {
		var d uint
		switch {
		case '0' <= c && c <= '9':
			d = uint(c - '0')
		case 'A' <= c && c <= 'F':
			d = uint(c-'A') + 10
		default:
			return 0, false
		}
		if d >= base || n > (limit-uint64(d))/uint64(base) {
			return 0, false
		}
		n = n*uint64(base) + uint64(d)
	}
	return n, true
}
