package window

// One lane of the timeline's picture: its bars, and what the pointer does there.

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

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
