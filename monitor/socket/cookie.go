package socket

import (
	"encoding/binary"
	"hash/fnv"
)

// madeUp marks a cookie that a source made itself. The kernel counts its
// cookies up from 1 (net/core/sock_diag.c) and never reaches this bit, so that
// neither is ever mistaken for the other.
const madeUp = 1 << 63

// endpointCookie makes a cookie for a socket that the platform gives no number
// to: the FNV-1a hash of its endpoint, its owner and its place among equals.
// It is the same in every read and on every start.
func endpointCookie(e Endpoint, pid int32, ordinal uint64) uint64 {
	b, _ := e.Local.MarshalBinary() // always nil
	b = append(b, byte(e.Proto))
	b = binary.BigEndian.AppendUint32(b, uint32(pid))
	b = binary.BigEndian.AppendUint64(b, ordinal)
	h := fnv.New64a()
	h.Write(b)
	return h.Sum64() | madeUp
}
