package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// rowList is the list of listeners. Its selection is the model's: rows that come
// and go move the selection's index with it, and the offset so that the rows in
// sight stay where they are.
type rowList struct {
	widget.List
	w *window
	p *listenersPage
}

func newRowList(p *listenersPage) *rowList {
	w := p.w
	l := &rowList{w: w, p: p}
	l.Length = func() int { return len(w.model.shown) }
	l.CreateItem = func() fyne.CanvasObject { return newRowView() }
	l.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		if i < len(w.model.shown) {
			o.(*rowView).set(w.model.shown[i], w)
		}
	}
	l.OnSelected = func(i widget.ListItemID) {
		if !w.syncing && i < len(w.model.shown) {
			w.choose(w.model.shown[i].ID)
		}
	}
	l.ExtendBaseWidget(l)
	return l
}

// update sorts the model and draws it. At the very top the list stays there, so
// that a new listener is seen; further down the rows in sight don't move.
func (l *rowList) update() {
	m := l.w.model
	offset, pitch := l.GetScrollOffset(), rowHeight+theme.Padding()
	anchor, was := "", 0
	if offset > 0 {
		was = min(int(offset/pitch), len(m.shown)-1)
		if i := m.index(m.selected); i > was && float32(i)*pitch < offset+l.Size().Height {
			was = i
		}
		if was >= 0 {
			anchor = m.shown[was].ID
		}
	}
	m.settle()

	l.w.syncing = true
	defer func() { l.w.syncing = false }()
	if i := m.index(m.selected); i >= 0 {
		l.Select(i)
	} else {
		l.UnselectAll()
	}
	if is := m.index(anchor); is >= 0 {
		offset += float32(is-was) * pitch
	}
	if offset != l.GetScrollOffset() {
		l.ScrollToOffset(offset)
	}
	l.Refresh()
}

// step moves the selection by n rows and keeps it in sight.
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
		i = 0
	default:
		i = min(max(i+n, 0), len(m.shown)-1)
	}
	id := m.shown[i].ID
	l.w.choose(id)
	if i := m.index(id); i >= 0 {
		l.ScrollTo(i)
	}
}

// FocusGained and FocusLost keep List from drawing a second, grey cursor of its
// own: here the selection is the cursor.
func (l *rowList) FocusGained() {}

// FocusLost is FocusGained's other half.
func (l *rowList) FocusLost() {}

// TypedKey moves the selection and acts on it.
func (l *rowList) TypedKey(ev *fyne.KeyEvent) {
	page := max(1, int(l.Size().Height/(rowHeight+theme.Padding()))-1)
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
	case fyne.KeyReturn, fyne.KeyEnter:
		l.p.details.focus()
	case fyne.KeyDelete:
		l.w.stop()
	case fyne.KeyEscape:
		l.p.search.clear()
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
	widget.Entry
	w *window
	p *listenersPage
}

func newSearchEntry(p *listenersPage) *searchEntry {
	w := p.w
	e := &searchEntry{w: w, p: p}
	e.ExtendBaseWidget(e)
	e.SetPlaceHolder("Search: program, port, address, folder, user, pid ( / )")
	e.OnChanged = func(text string) {
		if w.syncing {
			return
		}
		w.model.query = text
		w.refresh()
		p.list.ScrollToTop()
	}
	return e
}

// TypedKey adds to an entry's keys: Esc clears the search and gives the keys
// back to the list, as Enter and the arrow down do without clearing.
func (e *searchEntry) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyEscape:
		e.clear()
	case fyne.KeyReturn, fyne.KeyEnter:
		e.w.win.Canvas().Focus(e.p.list)
	case fyne.KeyDown:
		e.w.win.Canvas().Focus(e.p.list)
		e.p.list.step(1)
	default:
		e.Entry.TypedKey(ev)
	}
}

func (e *searchEntry) clear() {
	e.SetText("")
	e.w.win.Canvas().Focus(e.p.list)
}

// rowHeight holds two lines: of the normal text size and of the caption size.
const rowHeight = 46

// rowView is one row: five columns, two of them with two lines.
type rowView struct {
	widget.BaseWidget
	state, addr, reach, prog, place, user, since line
}

func newRowView() *rowView {
	v := &rowView{
		state: newLine(plain()), addr: newLine(strong()), reach: newLine(faint()),
		prog: newLine(strong()), place: newLine(faint()), user: newLine(plain()), since: newLine(plain()),
	}
	v.ExtendBaseWidget(v)
	return v
}

func (v *rowView) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.New(columns{height: rowHeight},
		v.state, container.New(pair{}, v.addr, v.reach),
		container.New(pair{}, v.prog, v.place), v.user, v.since))
}

// set shows a row. An ended one is faint and says so, as one that is being
// stopped does.
func (v *rowView) set(r *row, w *window) {
	l := &r.Listener
	state, main, name := verdictOf(l), plain(), strong()
	stateStyle := main
	if l.Verdict == verdictNew {
		stateStyle = name
		if r.ID != w.model.selected { // blue on the selection's blue is hard to read
			stateStyle.ColorName = theme.ColorNamePrimary
		}
	}
	if w.jobs[r.ID].stops {
		state, stateStyle = verdict{"…", "Stopping"}, name
	}
	if r.ended {
		state = verdict{"–", "Ended"}
		main.ColorName, name.ColorName = theme.ColorNamePlaceHolder, theme.ColorNamePlaceHolder
		stateStyle = main
	}
	v.state.set(state.String(), stateStyle)
	v.addr.set(shortAddress(l), name)
	v.reach.set(within(l), faint())
	v.prog.set(program(l), name)
	v.place.set(under(l), faint())
	v.user.set(user(l), main)
	v.since.set(since(l, w.now()), main)
}

// header names the columns.
func header() fyne.CanvasObject {
	var cells []fyne.CanvasObject
	for _, name := range []string{"State", "Address", "Program", "User", "Since"} {
		l := newLine(plain())
		s := faint()
		s.TextStyle.Bold = true
		l.set(name, s)
		cells = append(cells, l)
	}
	return container.New(columns{height: 28}, cells...)
}

// columns lays out state, address, program, user and since. The program takes
// what the others leave; user and since give way in a narrow window.
type columns struct{ height float32 }

// The widths of the columns, in Fyne's device-independent pixels.
const (
	stateWidth   = 112
	addressWidth = 168
	programWidth = 120 // at least
	userWidth    = 76
	sinceWidth   = 124
)

func (c columns) Layout(cells []fyne.CanvasObject, size fyne.Size) {
	widths := [5]float32{stateWidth, addressWidth, 0, userWidth, sinceWidth}
	rest := size.Width - stateWidth - addressWidth
	for _, i := range []int{3, 4} {
		if rest-widths[i] < programWidth {
			widths[i] = 0
		}
		rest -= widths[i]
	}
	widths[2] = max(rest, programWidth)
	x := float32(0)
	for i, cell := range cells {
		height := cell.MinSize().Height
		if widths[i] == 0 {
			cell.Hide()
			continue
		}
		cell.Show()
		cell.Move(fyne.NewPos(x, (c.height-height)/2))
		cell.Resize(fyne.NewSize(widths[i], height))
		x += widths[i]
	}
}

func (c columns) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(stateWidth+addressWidth+programWidth, c.height)
}

// pair sets two lines closer together than their own padding does.
type pair struct{}

func (pair) Layout(lines []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for _, l := range lines {
		height := l.MinSize().Height
		l.Move(fyne.NewPos(0, y))
		l.Resize(fyne.NewSize(size.Width, height))
		y += height - overlap()
	}
}

func (pair) MinSize(lines []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, l := range lines {
		s.Width = max(s.Width, l.MinSize().Width)
		s.Height += l.MinSize().Height - overlap()
	}
	return fyne.NewSize(s.Width, s.Height+overlap())
}

// overlap is the padding between two lines that is too much: all of one.
func overlap() float32 { return 2*theme.InnerPadding() - 1 }
