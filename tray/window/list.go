package window

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// holdTime is how long the list is held still after the pointer last moved over
// it: somebody who left it there is not aiming any more.
const holdTime = 20 * time.Second

// rowList is the list of listeners. Its selection is the model's: rows that come
// and go move the selection's index with it, and the offset so that the rows in
// sight stay where they are.
type rowList struct {
	widget.List
	w    *window
	p    *listenersPage
	ring *canvas.Rectangle // around the list while it has the keys

	drawn []item                // as of the last update
	views map[*rowView]struct{} // that show something, or did
	under *rowView              // the one that the pointer came to last; nil for none
	aimed string                // what it showed then, by id
	moved time.Time             // when the pointer last moved over the list
}

func newRowList(p *listenersPage) *rowList {
	w := p.w
	l := &rowList{w: w, p: p, ring: canvas.NewRectangle(nil), views: map[*rowView]struct{}{}}
	l.ring.CornerRadius, l.ring.StrokeWidth = 5, 1
	l.ring.Hide()
	l.HideSeparators = true
	l.Length = func() int { return len(w.model.shown) }
	l.CreateItem = func() fyne.CanvasObject { return newRowView(l) }
	l.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		if i < len(w.model.shown) {
			v := o.(*rowView)
			l.views[v] = struct{}{}
			v.set(w.model.shown[i])
		}
	}
	l.ExtendBaseWidget(l)
	return l
}

// take chooses a row, or folds what stands under a heading.
func (l *rowList) take(i item) {
	switch {
	case i.head != nil:
		l.p.fold(i.head)
	case i.row != nil:
		l.w.choose(i.row.ID)
	}
}

// pointed and left note where the pointer is.
func (l *rowList) pointed(v *rowView) { l.under, l.aimed, l.moved = v, v.item.id(), l.w.now() }

func (l *rowList) left(v *rowView) {
	if l.under == v {
		l.under = nil
		l.w.tick()
	}
}

// held tells whether somebody aims at a row, so that nothing may move there.
func (l *rowList) held() bool { return l.under != nil && l.w.now().Sub(l.moved) < holdTime }

// pitch is how far the rows stand from each other.
func pitch() float32 { return rowHeight + theme.Padding() }

// anchor is the item that must not move: the one beneath the pointer, else the
// selected one where it is in sight, else the first in sight. At the very top
// there is none, so that what comes there is seen.
func (l *rowList) anchor() (id string, at int) {
	offset := l.GetScrollOffset()
	place := func(id string) int {
		for i, one := range l.drawn {
			if one.id() == id {
				return i
			}
		}
		return -1
	}
	if l.held() {
		return l.aimed, place(l.aimed)
	}
	if offset <= 0 || len(l.drawn) == 0 {
		return "", -1
	}
	if i := place(l.w.model.selected); i >= 0 && float32(i+1)*pitch() > offset && float32(i)*pitch() < offset+l.Size().Height {
		return l.w.model.selected, i
	}
	at = min(int(offset/pitch()), len(l.drawn)-1)
	return l.drawn[at].id(), at
}

// update draws the model, which has been settled.
func (l *rowList) update() {
	m := l.w.model
	id, was := l.anchor()
	offset := l.GetScrollOffset()
	l.drawn = m.shown
	l.ring.StrokeColor = theme.Color(theme.ColorNamePrimary)

	l.w.syncing = true
	defer func() { l.w.syncing = false }()
	if i := m.index(m.selected); i >= 0 {
		l.Select(i)
	} else {
		l.UnselectAll()
	}
	if is := m.index(id); is >= 0 && was >= 0 {
		offset = max(0, offset+float32(is-was)*pitch())
	}
	if offset != l.GetScrollOffset() {
		l.ScrollToOffset(offset)
	}
	l.Refresh()
}

// animate brings the rows on the screen to the time.
func (l *rowList) animate() {
	for v := range l.views {
		if v.item != (item{}) {
			v.paintGlow()
		}
	}
}

// step moves the selection by n items and keeps it in sight.
func (l *rowList) step(n int) {
	m := l.w.model
	if len(m.shown) == 0 {
		return
	}
	i := m.index(m.selected)
	switch {
	case i < 0 && n < 0:
		i = len(m.shown) - 1
	case i < 0:
		i = min(n, len(m.shown)) - 1
	default:
		i = min(max(i+n, 0), len(m.shown)-1)
	}
	id := m.shown[i].id()
	l.w.choose(id)
	if i := m.index(id); i >= 0 {
		l.ScrollTo(i)
	}
}

// FocusGained shows the ring. It and FocusLost keep List from drawing a second,
// grey cursor of its own: here the selection is the cursor.
func (l *rowList) FocusGained() { l.ring.Show() }

// FocusLost is FocusGained's other half.
func (l *rowList) FocusLost() { l.ring.Hide() }

// TypedKey moves the selection and acts on it.
func (l *rowList) TypedKey(ev *fyne.KeyEvent) {
	page := max(1, int(l.Size().Height/pitch())-1)
	switch ev.Name {
	case fyne.KeyDown:
		l.step(1)
	case fyne.KeyUp:
		l.step(-1)
	case fyne.KeyPageDown:
		l.step(page)
	case fyne.KeyPageUp:
		l.step(-page)
	case fyne.KeyHome:
		l.step(-len(l.w.model.shown))
	case fyne.KeyEnd:
		l.step(len(l.w.model.shown))
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace, fyne.KeyLeft, fyne.KeyRight:
		l.act(ev.Name)
	case fyne.KeyDelete:
		l.w.stop()
	case fyne.KeyEscape:
		l.p.escape()
	}
}

// act folds a heading, or goes to the details of a row.
func (l *rowList) act(key fyne.KeyName) {
	i := l.w.model.index(l.w.model.selected)
	if i < 0 {
		return
	}
	h := l.w.model.shown[i].head
	folded := h != nil && l.w.model.folded(h.group)
	switch {
	case h == nil && key != fyne.KeyLeft && key != fyne.KeySpace:
		l.p.details.focus()
	case h == nil, key == fyne.KeyLeft && folded, key == fyne.KeyRight && !folded:
	default:
		l.p.fold(h)
	}
}

// TypedRune takes the slash, which starts a search.
func (l *rowList) TypedRune(r rune) {
	if r == '/' && l.w.question == nil {
		l.w.find()
	}
}

// searchEntry is the search. It narrows the list at each key.
type searchEntry struct {
	textField
	p *listenersPage
}

func newSearchEntry(p *listenersPage) *searchEntry {
	e := &searchEntry{textField: textField{w: p.w}, p: p}
	e.ExtendBaseWidget(e)
	e.SetPlaceHolder(tr("Search: program, port, folder, user, :new, :open …  ( / )"))
	e.OnChanged = func(text string) {
		if p.w.syncing {
			return
		}
		p.w.model.narrow(text, p.w.model.filter)
		p.w.refresh()
		p.list.ScrollToTop()
	}
	return e
}

// TypedKey adds to an entry's keys: Esc clears the search and gives the keys
// back to the list, as Enter and the arrow down do without clearing. Enter
// selects the first row where none is.
func (e *searchEntry) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyEscape:
		e.clear()
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeyDown:
		e.w.win.Canvas().Focus(e.p.list)
		if ev.Name == fyne.KeyDown || e.w.model.index(e.w.model.selected) < 0 {
			e.p.list.stepToRow()
		}
	default:
		e.Entry.TypedKey(ev)
	}
}

// stepToRow is a step down that passes headings.
func (l *rowList) stepToRow() {
	m := l.w.model
	for i := m.index(m.selected) + 1; i < len(m.shown); i++ {
		if m.shown[i].row != nil {
			l.w.choose(m.shown[i].row.ID)
			l.ScrollTo(i)
			return
		}
	}
}

func (e *searchEntry) clear() {
	e.SetText("")
	e.w.win.Canvas().Focus(e.p.list)
}
