package window

import (
	"image/color"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// The sizes of a row, in device-independent pixels: two lines, of the normal and
// of the caption size.
const (
	rowHeight  = 46
	rowPadding = 10 // before the first column
	cellGap    = 10 // between two columns
	firstLine  = 5  // where the upper line begins
	secondLine = 24
	signWidth  = 18 // of a state
)

// widths are the columns' widths; the program takes what the others leave, at
// least programWidth. A column of width 0 is not shown.
type widths [columnCount]float32

const (
	stateWidth   = 118
	addressWidth = 172
	programWidth = 150
	projectWidth = 168
	originWidth  = 128
	sinceWidth   = 108
	clientsWidth = 62
)

// columnsOf lays out the columns of a list of that width. The last ones give way
// first. The project needs no column where it is the heading.
func columnsOf(width float32, grouped bool) widths {
	w := widths{columnState: stateWidth, columnAddress: addressWidth}
	rest := width - rowPadding - stateWidth - addressWidth - programWidth
	for _, c := range []struct {
		column
		width float32
	}{{columnSince, sinceWidth}, {columnOrigin, originWidth}, {columnClients, clientsWidth}, {columnProject, projectWidth}} {
		if c.column == columnProject && grouped || rest < c.width {
			continue
		}
		w[c.column] = c.width
		rest -= c.width
	}
	w[columnProgram] = max(programWidth+rest, programWidth)
	return w
}

// each calls do with the place of every column that is shown.
func (w widths) each(do func(c column, x, width float32)) {
	x := float32(rowPadding)
	for c, width := range w {
		if width > 0 {
			do(column(c), x, width-cellGap)
		}
		x += width
	}
}

// rowView shows an item: a row, or a heading.
type rowView struct {
	widget.BaseWidget
	list *rowList
	item item

	glow, bar    *canvas.Rectangle
	edge         *canvas.Rectangle // above a heading
	cells        [columnCount]*textCell
	sign         *textCell // of the state, since its letters may come from another font
	reach, place *textCell
	title, aside *textCell // of a heading
	objects      []fyne.CanvasObject
	laid         widths
	size         fyne.Size
}

func newRowView(l *rowList) *rowView {
	v := &rowView{list: l, glow: canvas.NewRectangle(color.Transparent), bar: canvas.NewRectangle(color.Transparent),
		edge: canvas.NewRectangle(color.Transparent)}
	v.glow.CornerRadius, v.bar.CornerRadius = 4, 1.5
	v.objects = []fyne.CanvasObject{v.glow, v.bar, v.edge}
	add := func(size fyne.ThemeSizeName, bold bool) *textCell {
		c := newCell(size, bold)
		v.objects = append(v.objects, c.Text)
		return c
	}
	for c := range v.cells {
		v.cells[c] = add(theme.SizeNameText, column(c) == columnAddress || column(c) == columnProgram)
	}
	v.cells[columnProject].end = true
	v.sign = add(theme.SizeNameText, false)
	v.reach, v.place = add(theme.SizeNameCaptionText, false), add(theme.SizeNameCaptionText, false)
	v.title, v.aside = add(theme.SizeNameText, true), add(theme.SizeNameCaptionText, false)
	v.ExtendBaseWidget(v)
	return v
}

// CreateRenderer makes the row its own renderer: it is one of a few dozen that
// are used again and again.
func (v *rowView) CreateRenderer() fyne.WidgetRenderer { return (*rowRenderer)(v) }

// MouseIn and its kin tell the list where the pointer is.
func (v *rowView) MouseIn(*desktop.MouseEvent)    { v.list.pointed(v) }
func (v *rowView) MouseMoved(*desktop.MouseEvent) { v.list.pointed(v) }
func (v *rowView) MouseOut()                      { v.list.left(v) }

// Tapped chooses the row, or folds what stands under the heading. The list's own
// items would do nothing for the one that is chosen already.
func (v *rowView) Tapped(*fyne.PointEvent) {
	v.list.p.focusList()
	v.list.take(v.item)
}

// set shows an item.
func (v *rowView) set(i item) {
	v.item = i
	v.show()
	v.arrange()
}

// show sets the texts and colours.
func (v *rowView) show() {
	v.paintGlow()
	chosen := v.item.id() == v.list.w.model.selected
	v.bar.FillColor = color.Transparent
	if chosen {
		v.bar.FillColor = theme.Color(theme.ColorNamePrimary)
	}
	v.bar.Refresh()
	if h := v.item.head; h != nil {
		v.showHeading(h)
		return
	}
	v.edge.FillColor = color.Transparent
	v.edge.Refresh()
	r := v.item.row
	l, m := &r.Listener, v.list.w.model
	state, stateColor := verdictOf(l), stateColor(l)
	main, small := theme.ColorNameForeground, theme.ColorNamePlaceHolder
	if v.list.w.jobs[r.ID].stops {
		state, stateColor = verdict{"…", tr("Stopping")}, theme.ColorNameForeground
	}
	if r.ended {
		state, stateColor, main = verdict{"–", tr("Ended")}, small, small
	}
	v.cells[columnState].TextStyle.Bold = l.Verdict == verdictNew && !r.ended
	v.sign.set(state.sign, stateColor)
	v.cells[columnState].set(state.word, stateColor)
	v.cells[columnAddress].set(shortAddress(l), main)
	v.cells[columnProgram].set(program(l), main)
	v.cells[columnProject].set(clean(m.folder(l), longText), main)
	v.cells[columnOrigin].set(originOf(l), main)
	v.cells[columnSince].set(moment(l.Since, v.list.w.now(), tr("earlier")), main)
	clients := ""
	if n := m.clients[r.ID]; n > 0 {
		clients = strconv.Itoa(n)
	}
	v.cells[columnClients].set(clients, main)
	reachColor := small
	if l.Scope == scopeNetwork && !r.ended {
		reachColor = colorOpen
	}
	v.reach.set(within(l), reachColor)
	placeColor := small
	if l.Look != "" && !r.ended {
		placeColor = theme.ColorNameWarning
	}
	v.place.set(under(l), placeColor)
	v.title.set("", main)
	v.aside.set("", small)
}

func (v *rowView) showHeading(h *heading) {
	for _, c := range v.cells {
		c.set("", theme.ColorNameForeground)
	}
	v.sign.set("", theme.ColorNamePlaceHolder)
	v.reach.set("", theme.ColorNamePlaceHolder)
	v.place.set("", theme.ColorNamePlaceHolder)
	sign := "▾ "
	if v.list.w.model.folded(h.group) {
		sign = "▸ "
	}
	v.title.set(sign+h.group.title(), theme.ColorNameForeground)
	v.aside.set(headingWords(h), theme.ColorNamePlaceHolder)
	v.edge.FillColor = theme.Color(theme.ColorNameSeparator)
	v.edge.Refresh()
	v.placeTitle()
}

// paintGlow marks what has just come.
func (v *rowView) paintGlow() {
	c := color.NRGBA{}
	if r := v.item.row; r != nil {
		if left := r.glow(v.list.w.now()); left > 0 {
			c = color.NRGBAModel.Convert(theme.Color(colorGlow)).(color.NRGBA)
			c.A = uint8(255 * left)
		}
	}
	if v.glow.FillColor != c {
		v.glow.FillColor = c
		v.glow.Refresh()
	}
}

// arrange puts the cells where the columns are by now.
func (v *rowView) arrange() {
	size := v.Size()
	laid := columnsOf(size.Width, v.list.w.model.grouped)
	if laid == v.laid && size == v.size {
		return
	}
	v.laid, v.size = laid, size
	v.glow.Resize(size)
	v.bar.Move(fyne.NewPos(0, 6))
	v.bar.Resize(fyne.NewSize(3, size.Height-12))
	upper := fyne.MeasureText("M", theme.TextSize(), fyne.TextStyle{}).Height
	lower := fyne.MeasureText("M", theme.CaptionTextSize(), fyne.TextStyle{}).Height
	for c, cell := range v.cells {
		cell.Hidden = laid[c] == 0
	}
	laid.each(func(c column, x, width float32) {
		y := float32(firstLine)
		if c != columnAddress && c != columnProgram {
			y = (size.Height - upper) / 2
		}
		if c == columnState {
			v.sign.place(x, y, signWidth, upper)
			x, width = x+signWidth, width-signWidth
		}
		v.cells[c].place(x, y, width, upper)
		switch c {
		case columnAddress:
			v.reach.place(x, secondLine, width, lower)
		case columnProgram:
			v.place.place(x, secondLine, width, lower)
		}
	})
	v.edge.Move(fyne.NewPos(rowPadding, 6))
	v.edge.Resize(fyne.NewSize(size.Width-2*rowPadding, 1))
	v.placeTitle()
}

// placeTitle puts a heading's words on the lower half of its row: the name, and
// behind it what stands below.
func (v *rowView) placeTitle() {
	const y = 18
	room := v.size.Width - 2*rowPadding
	v.title.place(rowPadding, y, room, v.title.MinSize().Height)
	name := min(room, v.title.wide+12)
	v.aside.place(rowPadding+name, y+2, room-name, v.aside.MinSize().Height)
}

type rowRenderer rowView

func (r *rowRenderer) Layout(fyne.Size) { (*rowView)(r).arrange() }
func (r *rowRenderer) MinSize() fyne.Size {
	return fyne.NewSize(rowPadding+stateWidth+addressWidth+programWidth, rowHeight)
}
func (r *rowRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *rowRenderer) Destroy()                     {}

// Refresh comes with a change of the theme, too.
func (r *rowRenderer) Refresh() {
	v := (*rowView)(r)
	for _, c := range append(v.cells[:len(v.cells):len(v.cells)], v.sign, v.reach, v.place, v.title, v.aside) {
		c.paint()
	}
	if v.item != (item{}) {
		v.show()
	}
}

// stateColor is the colour of a state; its sign and word say the same.
func stateColor(l *reeve.Listener) fyne.ThemeColorName {
	switch l.Verdict {
	case verdictNew:
		return theme.ColorNameWarning
	case verdictKnown:
		return theme.ColorNameSuccess
	}
	return theme.ColorNamePlaceHolder
}
