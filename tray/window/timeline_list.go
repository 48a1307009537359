package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// dayList is the record as text: every spell under its day, the latest first. A
// click does what a click on the bar does.
type dayList struct {
	widget.List
	p       *timelinePage
	syncing bool
}

func newDayList(p *timelinePage) *dayList {
	l := &dayList{p: p}
	l.Length = func() int { return len(p.days) }
	l.CreateItem = func() fyne.CanvasObject { return newEntryView() }
	l.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		if i < len(p.days) {
			o.(*entryView).set(p.days[i], p)
		}
	}
	l.OnSelected = func(i widget.ListItemID) {
		if l.syncing || i >= len(p.days) {
			return
		}
		if p.days[i].bar == nil {
			l.UnselectAll()
			return
		}
		p.pick(p.days[i].at)
	}
	l.ExtendBaseWidget(l)
	return l
}

// TypedKey opens the details of the selected line, and leaves the rest to List.
func (l *dayList) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		l.p.visit(l.p.picked)
	default:
		l.List.TypedKey(ev)
	}
}

// follow selects the line of a bar and brings it into sight.
func (l *dayList) follow(at spot) {
	if l.syncing {
		return
	}
	l.syncing = true
	defer func() { l.syncing = false }()
	for i := range l.p.days {
		if l.p.days[i].bar != nil && l.p.days[i].at == at {
			l.Select(i)
			return
		}
	}
	l.UnselectAll()
}

// The widths of the columns, in device-independent pixels.
const (
	entryHeight  = 28
	entryWhen    = 250
	entrySign    = 18
	entryState   = 106
	entryAddress = 172
	entryProgram = 150
)

// entryView is one line of the list.
type entryView struct {
	widget.BaseWidget
	day, when, sign, state, addr, prog, place line
}

func newEntryView() *entryView {
	v := &entryView{day: newLine(strong()), when: newLine(plain()), sign: newLine(plain()), state: newLine(plain()), addr: newLine(plain()), prog: newLine(strong()), place: newLine(faint())}
	v.ExtendBaseWidget(v)
	return v
}

func (v *entryView) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(container.New(entryColumns{}, v.day),
		container.New(entryColumns{}, v.when, v.sign, v.state, v.addr, v.prog, v.place)))
}

func (v *entryView) set(e entry, p *timelinePage) {
	if e.bar == nil {
		v.day.set(dayName(e.day, p.w.now()), strong())
		for _, l := range []line{v.when, v.sign, v.state, v.addr, v.prog, v.place} {
			l.set("", plain())
		}
		return
	}
	v.day.set("", strong())
	s := asListener(e.bar.spell)
	when := clock(e.bar.from) + " – " + clock(e.bar.until) + ", " + lasted(e.bar.until.Sub(e.bar.from))
	if e.bar.open {
		when = clock(e.bar.from) + " – " + tr("still listening")
	} else if !sameDay(e.bar.from, e.bar.until) {
		when = clock(e.bar.from) + " – " + stamp(e.bar.until, p.w.now())
	}
	v.when.set(when, plain())
	v.sign.set(verdictOf(s).sign, plain())
	v.state.set(verdictOf(s).word, plain())
	addr, style := shortAddress(s), plain()
	if s.Scope == scopeNetwork {
		addr, style.ColorName = addr+" ⇄", colorOpen
	}
	v.addr.set(addr, style)
	v.prog.set(program(s), strong())
	v.place.set(under(s), faint())
}

// entryColumns lays out the cells of a line; the last takes what is left, and one
// alone takes all. The sign has a cell of its own: it comes from another font and
// would move the words beside it.
type entryColumns struct{}

func (entryColumns) Layout(cells []fyne.CanvasObject, size fyne.Size) {
	widths := []float32{entryWhen, entrySign, entryState, entryAddress, entryProgram, 0}
	if len(cells) == 1 {
		widths = []float32{0}
	}
	x := float32(0)
	for i, cell := range cells {
		width := widths[i]
		if i == len(cells)-1 {
			width = max(size.Width-x, 0)
		}
		height := cell.MinSize().Height
		cell.Move(fyne.NewPos(x, (size.Height-height)/2))
		cell.Resize(fyne.NewSize(width, height))
		x += width
	}
}

func (entryColumns) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(entryWhen+entrySign+entryState+entryAddress, entryHeight)
}
