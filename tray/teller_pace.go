package tray

// How often notices come at the most.

import "time"

// pace is the limit on notices that nobody asked for. The zero value allows.
type pace struct{ told []time.Time }

// The limit: a notice in leastGap, mostInSpan in span.
const (
	leastGap   = 2 * time.Second
	span       = time.Minute
	mostInSpan = 5
)

func (p *pace) note(now time.Time) {
	p.told = append(p.told, now)
	if n := len(p.told) - mostInSpan; n > 0 {
		p.told = p.told[n:]
	}
}

// wait says how long until the next notice is allowed; 0 for now.
func (p *pace) wait(now time.Time) time.Duration {
	n := len(p.told)
	if n == 0 {
		return 0
	}
	wait := p.told[n-1].Add(leastGap).Sub(now)
	if n == mostInSpan {
		wait = max(wait, p.told[0].Add(span).Sub(now))
	}
	return max(wait, 0)
}
