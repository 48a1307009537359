package window

import (
	"context"
	"maps"
	"time"
)

// countAgain is how long after an answer the connections are counted again. The
// resident walks all connections of the machine for it: milliseconds, but not
// for nothing.
const countAgain = 3 * time.Second

// clientCounter fills the clients' column: it asks the resident again and again
// while the list is shown, and only then.
type clientCounter struct {
	w    *window
	turn int // an answer of another turn is too late
}

func (c *clientCounter) resume() {
	c.turn++
	c.ask(c.turn)
}

func (c *clientCounter) rest() { c.turn++ }

// ask counts once and asks for the next time. Where there is no answer the last
// one is no longer true, and the column is empty.
func (c *clientCounter) ask(turn int) {
	c.w.running.Go(func() {
		ctx, cancel := context.WithTimeout(c.w.ctx, askTime)
		defer cancel()
		var clients map[string]int
		if a, err := c.w.verbs.CountClients(ctx); err == nil {
			clients = a.Clients
		}
		c.w.do(func() {
			if turn != c.turn || c.w.ctx.Err() != nil {
				return
			}
			if c.w.model.takeClients(clients) {
				c.w.refresh()
			}
			c.w.after(countAgain, func() {
				if turn == c.turn {
					c.ask(turn)
				}
			})
		})
	})
}

// takeClients takes how many clients each listener has, by its id, and reports
// whether that is news.
func (m *model) takeClients(clients map[string]int) bool {
	if maps.Equal(m.clients, clients) {
		return false
	}
	m.clients = clients
	m.resort = m.resort || m.by == columnClients
	return true
}
