package window

import (
	"image"
	"image/color"
	"image/draw"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// The measures of the picture, in device-independent pixels.
const (
	laneHeight = 38
	laneName   = 150 // the names at the left
	laneGap    = 14  // at the right, where the scroll bar is
	barHeight  = 16  // where a lane has one row
	narrowest  = 4   // the shortest spell
	hitSlack   = 4   // how far beside a bar the cursor may be
	tickRoom   = 84  // the least between two lines of the axis
	stripEdge  = 3   // above and below the rows of a lane
)

// laneStrip is where the bars of a lane are within its width.
func laneStrip(width float32) (left, length float32) {
	return laneName, max(width-laneName-laneGap, 1)
}

func (p *timelinePage) ticks(length float32) []tick { return p.tl.ticks(int(length / tickRoom)) }

// laneList is the picture: a row for each lane. The cursor of the keyboard is the
// selected bar.
type laneList struct {
	widget.List
	p     *timelinePage
	lit   bool // it has the keys
	line  *canvas.Line
	frame *canvas.Rectangle
}

func newLaneList(p *timelinePage) *laneList {
	l := &laneList{p: p, line: canvas.NewLine(color.Transparent), frame: canvas.NewRectangle(color.Transparent)}
	l.HideSeparators = true
	l.Length = func() int { return len(p.tl.lanes) }
	l.CreateItem = func() fyne.CanvasObject { return newLaneView(p) }
	l.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) { o.(*laneView).set(i) }
	l.OnSelected = func(widget.ListItemID) { l.UnselectAll() } // bars are selected, not lanes
	l.line.Hide()
	l.ExtendBaseWidget(l)
	return l
}

// framed is the list with the lines that stand over it: the cursor's, and the
// frame of what has the keys.
func (l *laneList) framed() fyne.CanvasObject {
	l.frame.StrokeWidth, l.frame.CornerRadius = 2, 5
	return container.NewStack(l, container.NewWithoutLayout(l.line), l.frame)
}

// FocusGained and FocusLost show who has the keys by a frame, in place of List's
// own cursor.
func (l *laneList) FocusGained() { l.lit = true; l.mark() }
func (l *laneList) FocusLost()   { l.lit = false; l.mark() }

// Refresh draws all lanes anew.
func (l *laneList) Refresh() {
	l.paint()
	l.List.Refresh()
}

func (l *laneList) paint() {
	l.frame.StrokeColor = color.Transparent
	if l.lit {
		l.frame.StrokeColor = theme.Color(theme.ColorNamePrimary)
	}
	l.frame.Refresh()
}

// mark moves what stands over the lanes, which stay as they are.
func (l *laneList) mark() {
	l.paint()
	for i := range l.p.tl.lanes {
		l.RefreshItem(i)
	}
}

// cross puts the cursor's line at x; below 0 it goes.
func (l *laneList) cross(x float32) {
	if l.line.Hidden = x < 0; !l.line.Hidden {
		l.line.StrokeColor, l.line.StrokeWidth = theme.Color(theme.ColorNamePlaceHolder), 1
		l.line.Position1, l.line.Position2 = fyne.NewPos(x, 0), fyne.NewPos(x, l.Size().Height)
	}
	l.line.Refresh()
}

// TypedKey moves from bar to bar.
func (l *laneList) TypedKey(ev *fyne.KeyEvent) {
	p := l.p
	step := func(along, down int) { p.pick(p.tl.step(p.picked, along, down)) }
	switch ev.Name {
	case fyne.KeyLeft:
		step(-1, 0)
	case fyne.KeyRight:
		step(1, 0)
	case fyne.KeyUp:
		step(0, -1)
	case fyne.KeyDown:
		step(0, 1)
	case fyne.KeyHome:
		step(-p.tl.count, 0)
	case fyne.KeyEnd:
		step(p.tl.count, 0)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		p.visit(p.picked)
	case fyne.KeyEscape:
		p.pick(nowhere)
	}
}

// TypedRune ignores runes.
func (l *laneList) TypedRune(rune) {}

// laneView is one lane on the screen: its name, its bars, and marks over the bars
// under the cursor and selected.
type laneView struct {
	widget.BaseWidget
	p           *timelinePage
	i           int
	name, count line
	picture     *canvas.Raster
	over, ring  *canvas.Rectangle
	drawn       *timeline // what the picture shows
}

func newLaneView(p *timelinePage) *laneView {
	v := &laneView{p: p, name: newLine(strong()), count: newLine(faint()),
		over: canvas.NewRectangle(color.Transparent), ring: canvas.NewRectangle(color.Transparent)}
	v.picture = canvas.NewRaster(v.paint)
	v.over.Hide()
	v.ring.Hide()
	v.ExtendBaseWidget(v)
	return v
}

func (v *laneView) lane() *lane {
	if v.i < 0 || v.i >= len(v.p.tl.lanes) {
		return nil
	}
	return &v.p.tl.lanes[v.i]
}

// set shows a lane. Its bars are drawn anew only when they are others.
func (v *laneView) set(i int) {
	fresh := v.i != i || v.drawn != v.p.tl
	v.i, v.drawn = i, v.p.tl
	l := v.lane()
	if l == nil {
		return
	}
	v.name.set(l.name, strong())
	v.count.set(trn("{{.N}} times", len(l.bars)), faint())
	if fresh {
		v.picture.Refresh()
	}
	v.mark(v.over, v.p.under, 1, theme.ColorNameForeground)
	v.mark(v.ring, v.p.picked, 2, theme.ColorNamePrimary)
}

// mark frames a bar, if it is one of this lane.
func (v *laneView) mark(frame *canvas.Rectangle, at spot, stroke float32, colour fyne.ThemeColorName) {
	b := v.p.tl.barAt(at)
	if b == nil || at.lane != v.i {
		frame.Hide()
		return
	}
	x, length := laneStrip(v.Size().Width)
	left, right := v.p.tl.edges(b, float64(length), narrowest)
	top, height := rowPlace(b.row, v.lane().rows)
	const out = 2 // the frame stands off the bar
	frame.StrokeWidth, frame.StrokeColor, frame.CornerRadius = stroke, theme.Color(colour), 3
	frame.Move(fyne.NewPos(x+float32(left)-out, top-out))
	frame.Resize(fyne.NewSize(float32(right-left)+2*out, height+2*out))
	frame.Show()
	frame.Refresh()
}

// rowPlace is where a row of a lane stands: few rows are as high as a bar should
// be, many share the lane.
func rowPlace(row, rows int) (top, height float32) {
	pitch := min(float32(laneHeight-2*stripEdge)/float32(max(rows, 1)), barHeight+2)
	top = (laneHeight-pitch*float32(rows))/2 + pitch*float32(row)
	return top + 1, pitch - 2
}

// at is the spot under a position within this lane.
func (v *laneView) at(pos fyne.Position) spot {
	l := v.lane()
	if l == nil {
		return nowhere
	}
	x, length := laneStrip(v.Size().Width)
	row := 0
	for r := range l.rows {
		if top, _ := rowPlace(r, l.rows); pos.Y >= top-1 {
			row = r
		}
	}
	if i := v.p.tl.at(l, row, float64(pos.X-x), float64(length), narrowest, hitSlack); i >= 0 {
		return spot{v.i, i}
	}
	return nowhere
}

// MouseIn and what follows name what is under the cursor.
func (v *laneView) MouseIn(ev *desktop.MouseEvent)    { v.MouseMoved(ev) }
func (v *laneView) MouseMoved(ev *desktop.MouseEvent) { v.p.point(v.at(ev.Position)); v.cross(ev) }
func (v *laneView) MouseOut()                         { v.p.point(nowhere); v.p.lanes.cross(-1) }

func (v *laneView) cross(ev *desktop.MouseEvent) {
	if x, length := laneStrip(v.Size().Width); ev.Position.X >= x && ev.Position.X <= x+length {
		v.p.lanes.cross(ev.Position.X)
		return
	}
	v.p.lanes.cross(-1)
}

// Cursor is a hand over a bar whose details can be opened.
func (v *laneView) Cursor() desktop.Cursor {
	if b := v.p.tl.barAt(v.p.under); b != nil && b.open {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

// Tapped selects a bar, and opens the details of one that still listens.
func (v *laneView) Tapped(ev *fyne.PointEvent) {
	at := v.at(ev.Position)
	v.p.pick(at)
	if !v.p.visit(at) {
		v.p.w.win.Canvas().Focus(v.p.lanes)
	}
}

func (v *laneView) CreateRenderer() fyne.WidgetRenderer {
	return &laneRenderer{v, []fyne.CanvasObject{v.picture, v.name, v.count, v.over, v.ring}}
}

type laneRenderer struct {
	v   *laneView
	all []fyne.CanvasObject
}

func (r *laneRenderer) MinSize() fyne.Size           { return fyne.NewSize(laneName+120, laneHeight) }
func (r *laneRenderer) Objects() []fyne.CanvasObject { return r.all }
func (r *laneRenderer) Destroy()                     {}

func (r *laneRenderer) Layout(size fyne.Size) {
	x, length := laneStrip(size.Width)
	r.v.picture.Move(fyne.NewPos(x, 0))
	r.v.picture.Resize(fyne.NewSize(length, laneHeight))
	pair{}.Layout([]fyne.CanvasObject{r.v.name, r.v.count}, fyne.NewSize(laneName-4, laneHeight))
	r.v.set(r.v.i)
}

// Refresh draws the bars anew, too: the colours may be others.
func (r *laneRenderer) Refresh() {
	r.v.drawn = nil
	r.v.set(r.v.i)
	for _, o := range r.all[:3] {
		o.Refresh()
	}
}

// paint draws the lines of the axis and the bars, in pixels of the screen.
func (v *laneView) paint(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	l := v.lane()
	_, length := laneStrip(v.Size().Width)
	if l == nil || w <= 0 || h <= 0 {
		return img
	}
	zoom := float64(w) / float64(length)
	pen := newPen(img, zoom)
	grid := colourOf(theme.ColorNameSeparator)
	for _, t := range v.p.ticks(length) {
		x := v.p.tl.place(t.at) * float64(length)
		pen.box(x, 0, x+1, laneHeight, grid)
	}
	// The foot of the lane.
	pen.box(0, laneHeight-1, float64(length), laneHeight, grid)
	for i := range l.bars {
		b := &l.bars[i]
		left, right := v.p.tl.edges(b, float64(length), narrowest)
		top, height := rowPlace(b.row, l.rows)
		pen.bar(left, float64(top), right, float64(top+height), b.spell.Verdict, b.spell.Scope != "loopback", b.open)
	}
	return img
}

func colourOf(name fyne.ThemeColorName) color.RGBA {
	return color.RGBAModel.Convert(theme.Color(name)).(color.RGBA)
}

// pen draws on a picture in device-independent pixels. Its colours are opaque,
// which is what makes thousands of bars quick.
type pen struct {
	to                             *image.RGBA
	zoom                           float64
	ground, faint, new, known, net color.RGBA
}

func newPen(to *image.RGBA, zoom float64) *pen {
	return &pen{to, zoom, colourOf(theme.ColorNameBackground), colourOf(theme.ColorNamePlaceHolder),
		colourOf(theme.ColorNameWarning), colourOf(theme.ColorNameSuccess), colourOf(colorOpen)}
}

func (p *pen) rect(left, top, right, bottom float64) image.Rectangle {
	at := func(v float64) int { return int(v*p.zoom + 0.5) }
	r := image.Rect(at(left), at(top), at(right), at(bottom))
	r.Max.X, r.Max.Y = max(r.Max.X, r.Min.X+1), max(r.Max.Y, r.Min.Y+1)
	return r.Intersect(p.to.Bounds())
}

func (p *pen) box(left, top, right, bottom float64, c color.RGBA) {
	draw.Draw(p.to, p.rect(left, top, right, bottom), image.NewUniform(c), image.Point{}, draw.Src)
}

// bar draws a spell. The verdict is its colour and how it is filled: New is full,
// Known is half full, Already here and what was not judged is an outline. What is
// open to the network is hatched besides. What has ended has an end, and what
// still listens has none at the right.
func (p *pen) bar(left, top, right, bottom float64, verdict string, network, open bool) {
	edge, full := p.faint, 0.0
	switch verdict {
	case verdictNew:
		edge, full = p.new, 1
	case verdictKnown:
		edge, full = p.known, 0.5
	}
	if full < 1 {
		p.box(left, top, right, bottom, p.ground)
	}
	if full > 0 {
		p.box(left, bottom-(bottom-top)*full, right, bottom, edge)
	}
	if network {
		p.hatch(left, top, right, bottom)
	}
	if full < 1 || network {
		p.box(left, top, right, top+1, edge)
		p.box(left, bottom-1, right, bottom, edge)
		p.box(left, top, left+1, bottom, edge)
		if !open {
			p.box(right-1, top, right, bottom, edge)
		}
	}
}

// hatch draws stripes that rise to the right.
func (p *pen) hatch(left, top, right, bottom float64) {
	r := p.rect(left, top, right, bottom)
	const pitch, stroke = 7, 3
	every, wide := max(int(pitch*p.zoom), 2), max(int(stroke*p.zoom), 1)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if (x+y)%every < wide {
				p.to.SetRGBA(x, y, p.net)
			}
		}
	}
}

// axis is the head of the picture: what time each line stands for.
type axis struct {
	widget.BaseWidget
	p *timelinePage
}

func newAxis(p *timelinePage) *axis {
	a := &axis{p: p}
	a.ExtendBaseWidget(a)
	return a
}

// axisHeight is in device-independent pixels.
const axisHeight = 20

func (a *axis) CreateRenderer() fyne.WidgetRenderer { return &axisRenderer{a: a} }

type axisRenderer struct {
	a   *axis
	all []fyne.CanvasObject
}

func (r *axisRenderer) MinSize() fyne.Size           { return fyne.NewSize(0, axisHeight) }
func (r *axisRenderer) Objects() []fyne.CanvasObject { return r.all }
func (r *axisRenderer) Destroy()                     {}
func (r *axisRenderer) Refresh()                     { r.Layout(r.a.Size()); canvas.Refresh(r.a) }

func (r *axisRenderer) Layout(size fyne.Size) {
	left, length := laneStrip(size.Width)
	tl := r.a.p.tl
	r.all = r.all[:0]
	for _, t := range r.a.p.ticks(length) {
		text := canvas.NewText(tickName(t, tl.until.Sub(tl.from)), theme.Color(theme.ColorNamePlaceHolder))
		text.TextSize, text.TextStyle.Bold = theme.CaptionTextSize(), t.day
		min := text.MinSize()
		x := left + float32(tl.place(t.at))*length - min.Width/2
		// The last one stays within the picture.
		text.Move(fyne.NewPos(fyne.Min(x, size.Width-min.Width), (axisHeight-min.Height)/2))
		text.Resize(min)
		r.all = append(r.all, text)
	}
}

// newLegend says what the bars look like.
func newLegend() fyne.CanvasObject {
	row := container.New(layout.NewCustomPaddedHBoxLayout(4))
	for _, s := range []struct {
		verdict string
		network bool
		text    string
	}{
		{verdictNew, false, tr("New")},
		{verdictKnown, false, tr("Known")},
		{verdictBaseline, false, tr("Already here")},
		{verdictBaseline, true, tr("Open to your network")},
	} {
		sample := canvas.NewRaster(func(w, h int) image.Image {
			img := image.NewRGBA(image.Rect(0, 0, w, h))
			newPen(img, float64(w)/26).bar(0, 0, 26, 12, s.verdict, s.network, false)
			return img
		})
		text := newLine(faint())
		text.set(s.text, faint())
		text.Truncation = fyne.TextTruncateOff
		row.Add(container.NewCenter(container.NewGridWrap(fyne.NewSize(26, 12), sample)))
		row.Add(text)
	}
	return container.New(layout.NewCustomPaddedLayout(2, 2, 4, 0), row)
}
