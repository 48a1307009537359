package tray

import "time"

// memory is of the strangers that were told and are gone. A program that comes
// again within a while is the same visit: a server that is rebuilt, tests that
// run again on every change. How long the while is grows with each telling that
// was of no use.
type memory struct {
	visits map[identity]visit
	// by finds by the id of a listener who was told, for a stop whose answer
	// comes after the end.
	by map[string]identity
}

type visit struct {
	left  time.Time
	tells int // how often it was told
}

func newMemory() memory {
	return memory{visits: make(map[identity]visit), by: make(map[string]identity)}
}

// The whiles: the first is short, so that a stranger is told anew when it comes
// again on purpose; the longest is no longer than a piece of work.
const (
	firstQuiet = time.Minute
	quietGrows = 4
	mostQuiet  = time.Hour
	mostVisits = 1000
)

func (v visit) quiet() time.Duration {
	d := firstQuiet
	for n := 1; n < v.tells && d < mostQuiet; n++ {
		d *= quietGrows
	}
	return min(d, mostQuiet)
}

// silent tells that who comes now is on the visit that was told.
func (m *memory) silent(who identity, now time.Time) bool {
	v, ok := m.visits[who]
	return ok && now.Sub(v.left) < v.quiet()
}

// note remembers that the last listener of somebody has gone, and whether that
// visit was told or only went on.
func (m *memory) note(who identity, id string, told bool, now time.Time) {
	v, have := m.visits[who]
	if !have && !told {
		return
	}
	if told {
		v.tells++
	}
	v.left = now
	if !have && len(m.visits) >= mostVisits {
		m.makeRoom(now)
	}
	if len(m.by) >= mostVisits {
		clear(m.by)
	}
	m.visits[who], m.by[id] = v, who
}

// unwelcome forgets the visit of a listener that the user has stopped: it is
// news when it comes back.
func (m *memory) unwelcome(id string) {
	if who, ok := m.by[id]; ok {
		delete(m.visits, who)
		delete(m.by, id)
	}
}

// makeRoom forgets the visits that are over, else the oldest.
func (m *memory) makeRoom(now time.Time) {
	var oldest identity
	for who, v := range m.visits {
		if now.Sub(v.left) >= mostQuiet {
			delete(m.visits, who)
		} else if o, ok := m.visits[oldest]; !ok || v.left.Before(o.left) {
			oldest = who
		}
	}
	if len(m.visits) >= mostVisits {
		delete(m.visits, oldest)
	}
}
