package socket

import (
	"net"
	"strconv"
)

// zoneNames remembers the names of interfaces, the zones of link-local
// addresses, by index. A name is looked up once and then kept, even when the
// interface is renamed or goes: an endpoint must not change while its socket
// lives. One goroutine at a time.
type zoneNames map[uint32]string

// zoneNamesMax bounds the memory on machines where interfaces come and go, as
// those of containers do.
const zoneNamesMax = 256

// name gives the interface's name, its index in digits where it has none any
// more.
func (z zoneNames) name(index uint32) string {
	if name, ok := z[index]; ok {
		return name
	}
	name := strconv.FormatUint(uint64(index), 10)
	if ifc, err := net.InterfaceByIndex(int(index)); err == nil {
		name = ifc.Name
	}
	if len(z) >= zoneNamesMax {
		clear(z)
	}
	z[index] = name
	return name
}
