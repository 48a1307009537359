package reeve

import (
	"context"

	"portreeve/monitor/socket"
)

// CountClients counts the connections to each listener. It walks all
// connections of the machine: it is for who looks at the counts, while they
// look.
func (r *Reeve) CountClients(ctx context.Context) (*ClientCounts, error) {
	u, err := r.Monitor.Now(ctx)
	if err != nil {
		return nil, failed("read the listeners", err)
	}
	all := make([]socket.Socket, len(u.Listeners))
	for i, l := range u.Listeners {
		all[i] = l.Socket
	}
	counts, err := socket.CountClients(ctx, all)
	if err != nil {
		return nil, failed("read the connections", err)
	}
	c := &ClientCounts{Clients: map[string]int{}}
	for i, n := range counts {
		if n > 0 {
			c.Clients[r.flat.id(u.Listeners[i])] = n
		}
	}
	return c, nil
}
