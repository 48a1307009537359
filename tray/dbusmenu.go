//go:build linux || freebsd || netbsd || openbsd

package tray

// The menu as com.canonical.dbusmenu has it (the interface's only description
// is dbus-menu.xml of libdbusmenu): rows with numbers, held still while it is
// open. No bus here, and time comes in as an argument; dbusmenu_calls.go puts
// it on the bus.
//
// What the hosts tell, as measured: GNOME's AppIndicator extension and LXQt
// call AboutToShow(0) and send the event "opened" (GNOME in either order, and
// AboutToShow once more at registration), later "closed". Xfce calls
// AboutToShowGroup([0]) when the menu is on the screen already, and never tells
// that it was closed. LayoutUpdated while it is open closes submenus on all
// three and the whole menu on LXQt; ItemsPropertiesUpdated disturbs none.

import (
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"
)

// rootID is the number that the protocol gives to the menu itself.
const rootID = 0

// promiseTime is how long after AboutToShow an "opened" must have come; without
// it the host only asked ahead.
const promiseTime = time.Second

// afterTime is how long the rows of a menu that was closed stay as they were,
// for the click that closed it.
const afterTime = 300 * time.Millisecond

// keptRows is how many rows that are no longer shown are remembered for clicks
// that are still on their way.
const keptRows = 512

// menuChange is what has to be told on the bus.
type menuChange struct {
	structure bool // rows came, went or moved
	revision  uint32
	words     []itemProperties // rows that are the same but for their words
}

// busMenu holds what should be shown and what is shown. Its methods may be
// called from any goroutine.
type busMenu struct {
	mu     sync.Mutex
	wanted []Row
	dirty  bool // wanted may differ from root

	root     *menuItem
	fetched  *menuItem // the root that GetLayout last answered: what hosts go out from
	revision uint32
	items    map[int32]*menuItem // shown, and lately shown
	last     int32               // the last id given: none is given twice

	opened    time.Time // when the menu was opened; zero while it is closed
	certain   bool      // the host said so, not only that it might be soon
	published time.Time // the last change of any kind
	moved     time.Time // the last change of structure
	settled   time.Time // until then a click may belong to a menu that was closed
}

func newBusMenu() *busMenu {
	root := &menuItem{id: rootID}
	return &busMenu{root: root, fetched: root, revision: 1, items: map[int32]*menuItem{rootID: root}}
}

// set says what the menu should be. The rows must not be changed afterwards.
func (m *busMenu) set(rows []Row) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wanted, m.dirty = rows, true
}

// restart forgets that the menu may be open: the host that had opened it is
// gone.
func (m *busMenu) restart() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.opened, m.certain = time.Time{}, false
}

// step does what is due at now. It returns what must be told on the bus, the
// keys of the rows that stood in a menu that has just been given up as closed,
// and after which time to call again (zero for not before something happens).
func (m *busMenu) step(now time.Time) (change menuChange, seen []string, next time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.opened.IsZero() {
		end := m.opened.Add(promiseTime)
		if m.certain {
			end = m.opened.Add(holdTime)
		}
		if now.Before(end) {
			return menuChange{}, nil, end.Sub(now)
		}
		seen = m.close()
	}
	if !m.dirty {
		return menuChange{}, seen, 0
	}
	due := m.published.Add(calmTime)
	if m.settled.After(due) {
		due = m.settled
	}
	if now.Before(due) {
		return menuChange{}, seen, due.Sub(now)
	}
	return m.publish(now), seen, 0
}

// aboutToShow is the host's word that the menu is going to be drawn: the last
// moment for new rows. The host fetches the layout if the change is one of
// structure.
func (m *busMenu) aboutToShow(now time.Time) (change menuChange, seen []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.opened.IsZero() && now.Sub(m.opened) < promiseTime {
		return menuChange{}, nil // it is drawn already
	}
	seen = m.close()
	m.opened = now
	return m.publish(now), seen
}

// open is the host's word that the menu is on the screen.
func (m *busMenu) open(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.opened.IsZero() {
		m.opened = now
	}
	m.certain = true
}

// isOpen reports whether the menu is held, as far as the host tells.
func (m *busMenu) isOpen() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.opened.IsZero()
}

// alreadyShown is the word of a host that never tells of the closing that the
// menu is on the screen. Where it was held since an earlier opening, what came
// since then is laid out at once: Xfce keeps the window's size and scrolls it,
// but for up to 20 s of old rows nobody would know why the icon has its mark.
func (m *busMenu) alreadyShown(now time.Time) (change menuChange, seen []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.certain && now.Sub(m.opened) >= promiseTime {
		seen = m.close()
		change = m.publish(now)
	}
	m.opened, m.certain = now, true
	return change, seen
}

// shut is the host's word that the menu is closed. The click that closed it may
// still be on its way (LXQt tells it a millisecond later): it was meant for the
// rows as they were drawn, so they stay for afterTime.
func (m *busMenu) shut(now time.Time) (seen []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.certain {
		m.settled = now.Add(afterTime)
	}
	return m.close()
}

// close ends the hold, and returns the keys of the rows if anybody saw them.
func (m *busMenu) close() (seen []string) {
	if m.certain {
		for _, it := range m.root.children {
			seen = append(seen, it.row.Key)
		}
	}
	m.opened, m.certain = time.Time{}, false
	return seen
}

// click gives the meaning of a click on a row, also where the row has gone
// meanwhile. It ends the hold: a click closes menus.
func (m *busMenu) click(id int32, now time.Time) (g Gesture, seen []string, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	it, ok := m.items[id]
	if !ok || it.row.Do.Act == Nothing || it.row.Disabled {
		return Gesture{}, nil, false
	}
	unsure := !m.certain && !now.Before(m.settled) && now.Sub(m.moved) < unsureTime
	return Gesture{Kind: Clicked, Do: it.row.Do, Unsure: unsure}, m.close(), true
}

// publish makes the wanted rows the shown ones.
func (m *busMenu) publish(now time.Time) menuChange {
	if !m.dirty {
		return menuChange{revision: m.revision}
	}
	m.dirty = false
	before := m.root
	m.root = &menuItem{id: rootID, children: m.number(m.wanted, m.fetched.children, before.children)}
	change := menuChange{structure: !sameStructure(before, m.root)}
	walk(m.root, func(it *menuItem) {
		if old, ok := m.items[it.id]; ok && it.id != rootID {
			if p := properties(it); !reflect.DeepEqual(p, properties(old)) {
				change.words = append(change.words, itemProperties{it.id, p})
			}
		}
		m.items[it.id] = it
	})
	if change.structure {
		m.revision++
		m.moved = now
		m.prune()
	}
	if change.structure || len(change.words) > 0 {
		m.published = now
	}
	change.revision = m.revision
	return change
}

// number makes items of rows. A row that hosts have keeps its number there
// where they can show it so; one that only stood in layouts that nobody fetched
// keeps the number from the latest.
func (m *busMenu) number(rows []Row, fetched, latest []*menuItem) []*menuItem {
	items := make([]*menuItem, len(rows))
	for i, r := range rows {
		it := &menuItem{row: r}
		switch {
		case r.Separator:
			it.kind = separatorItem
		case len(r.Rows) > 0:
			it.kind = submenuItem
		}
		it.row.Rows = nil
		items[i] = it
	}
	had := map[int32]bool{}
	for _, old := range fetched {
		had[old.id] = true
	}
	for i, old := range keep(fetched, items) {
		at := slices.IndexFunc(latest, items[i].same)
		switch {
		case old != nil:
			items[i].id = old.id
			var below []*menuItem
			if at >= 0 && latest[at].id == old.id {
				below = latest[at].children
			}
			items[i].children = m.number(rows[i].Rows, old.children, below)
		case at >= 0 && !had[latest[at].id]:
			items[i].id = latest[at].id
			items[i].children = m.number(rows[i].Rows, nil, latest[at].children)
		default:
			m.last++
			items[i].id = m.last
			items[i].children = m.number(rows[i].Rows, nil, nil)
		}
	}
	return items
}

// prune forgets rows that left the screen long ago.
func (m *busMenu) prune() {
	if len(m.items) <= 2*keptRows {
		return
	}
	shown := map[int32]bool{}
	walk(m.root, func(it *menuItem) { shown[it.id] = true })
	ids := slices.Sorted(maps.Keys(m.items))
	for _, id := range ids[:len(ids)-keptRows] {
		if !shown[id] {
			delete(m.items, id)
		}
	}
}

// layout answers GetLayout: the row of that number with its rows down to depth
// (-1 for all), each with the named properties (none for all).
func (m *busMenu) layout(id, depth int32, names []string) (uint32, layoutNode, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found *menuItem
	walk(m.root, func(it *menuItem) {
		if it.id == id {
			found = it
		}
	})
	if found == nil {
		return m.revision, layoutNode{}, false
	}
	if id == rootID {
		m.fetched = m.root
	}
	return m.revision, node(found, depth, names), true
}

// groupProperties answers GetGroupProperties; no ids ask for all rows.
func (m *busMenu) groupProperties(ids []int32, names []string) []itemProperties {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := []itemProperties{}
	walk(m.root, func(it *menuItem) {
		if len(ids) == 0 || slices.Contains(ids, it.id) {
			found = append(found, itemProperties{it.id, only(properties(it), names)})
		}
	})
	return found
}
