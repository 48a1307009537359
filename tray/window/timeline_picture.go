package window

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
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
