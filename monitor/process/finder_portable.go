//go:build !linux

package process

// The finder of platforms that tell a socket's owner with the socket.

import (
	"context"
	"os/user"
	"slices"
	"strconv"

	"portreeve/monitor/socket"
)

// Finder finds the owners of sockets and remembers them. It is used by one
// goroutine at a time. Each socket has one owner at most, the one that the
// platform names; holders that inherited it are not seen.
type Finder struct {
	held map[uint64]*held
	me   viewer
}

type held struct {
	owners []Info
	hidden string
}

// NewFinder makes a finder.
func NewFinder() *Finder {
	return &Finder{held: make(map[uint64]*held), me: viewer{uid: viewerUID(), userName: userName}}
}

func userName(uid uint32) string {
	name := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(name); err == nil {
		return u.Username
	}
	return name
}

// Close gives back what the finder holds.
func (f *Finder) Close() {}

// Forget drops what is remembered of a socket that was closed.
func (f *Finder) Forget(cookie uint64) { delete(f.held, cookie) }

// Find names the owners of sockets that are new, one Found each in the order of
// want.
func (f *Finder) Find(ctx context.Context, want []socket.Socket) []Found {
	found := make([]Found, 0, len(want))
	for _, s := range want {
		if f.held[s.Cookie] == nil {
			f.look(ctx, s)
		}
		h := f.held[s.Cookie]
		found = append(found, Found{Cookie: s.Cookie, Owners: h.owners, Hidden: h.hidden})
	}
	return found
}

// Recheck looks at the owners anew and gives the sockets whose owners differ
// from what was last returned. With full unset only the births are compared.
func (f *Finder) Recheck(ctx context.Context, known []socket.Socket, full bool) []Found {
	var changed []Found
	for _, s := range known {
		h := f.held[s.Cookie]
		if h != nil && !full && f.stands(ctx, h, s) {
			continue
		}
		if f.look(ctx, s) {
			h = f.held[s.Cookie]
			changed = append(changed, Found{Cookie: s.Cookie, Owners: h.owners, Hidden: h.hidden})
		}
		if ctx.Err() != nil {
			break
		}
	}
	return changed
}

// stands reports whether the owner is the same process as before.
func (f *Finder) stands(ctx context.Context, h *held, s socket.Socket) bool {
	if len(h.owners) == 0 {
		return s.PID <= 0
	}
	birth, err := birthOf(ctx, s.PID)
	origin := h.owners[0].Origin
	return err == nil && h.owners[0].ID == ID{PID: s.PID, Birth: birth} && origin.aged(ctx) == origin
}

// look reads the owner and reports whether it differs from before.
func (f *Finder) look(ctx context.Context, s socket.Socket) bool {
	h := &held{}
	// Windows gives pid 0 to what has no owner any more.
	if s.PID > 0 {
		if info, err := Describe(ctx, s.PID); err == nil {
			// The chain is lost with a parent; what it said before still holds.
			if b := f.held[s.Cookie]; b != nil && len(b.owners) > 0 && b.owners[0].ID == info.ID {
				info.Origin = b.owners[0].Origin.aged(ctx)
			}
			h.owners = []Info{info}
		}
	}
	if h.hidden = f.me.hidden(s, h.owners, ""); s.PID <= 0 && len(h.owners) == 0 {
		h.hidden = "the system does not tell which process holds it"
	}
	before := f.held[s.Cookie]
	f.held[s.Cookie] = h
	return before == nil || before.hidden != h.hidden || !slices.EqualFunc(before.owners, h.owners, sameInfo)
}
