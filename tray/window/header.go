package window

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// pressable is what a row of buttons without a frame is made of: names of
// columns, filters. It is pressed by the pointer, by Space and by Enter; the
// arrows lead to its neighbours, Esc to where keys belong otherwise.
type pressable struct {
	widget.BaseWidget
	text             string
	note             string // behind the text, in a fainter colour
	chosen           bool   // underlined
	small            bool
	focused, hovered bool
	act, back        func()
}

func newPressable(text string, act, back func()) *pressable {
	p := &pressable{text: text, act: act, back: back}
	p.ExtendBaseWidget(p)
	return p
}

// set changes what it says.
func (p *pressable) set(text, note string, chosen bool) {
	if p.text != text || p.note != note || p.chosen != chosen {
		p.text, p.note, p.chosen = text, note, chosen
		p.Refresh()
	}
}

// Tapped and what follows make it a button.
func (p *pressable) Tapped(*fyne.PointEvent)        { p.act() }
func (p *pressable) MouseIn(*desktop.MouseEvent)    { p.hovered = true; p.Refresh() }
func (p *pressable) MouseMoved(*desktop.MouseEvent) {}
func (p *pressable) MouseOut()                      { p.hovered = false; p.Refresh() }
func (p *pressable) FocusGained()                   { p.focused = true; p.Refresh() }
func (p *pressable) FocusLost()                     { p.focused = false; p.Refresh() }
func (p *pressable) TypedRune(rune)                 {}
func (p *pressable) Cursor() desktop.Cursor         { return desktop.PointerCursor }

// TypedKey presses it, or leads on.
func (p *pressable) TypedKey(ev *fyne.KeyEvent) {
	c := fyne.CurrentApp().Driver().CanvasForObject(p)
	switch ev.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		p.act()
	case fyne.KeyRight:
		c.FocusNext()
	case fyne.KeyLeft:
		c.FocusPrevious()
	case fyne.KeyEscape, fyne.KeyDown:
		p.back()
	}
}

// CreateRenderer draws it.
func (p *pressable) CreateRenderer() fyne.WidgetRenderer {
	r := &pressRenderer{p: p, back: canvas.NewRectangle(nil), line: canvas.NewRectangle(nil),
		text: canvas.NewText("", nil), note: canvas.NewText("", nil)}
	r.back.CornerRadius, r.line.CornerRadius = 5, 1
	r.Refresh()
	return r
}

type pressRenderer struct {
	p          *pressable
	back, line *canvas.Rectangle
	text, note *canvas.Text
}

// pressPadding is the room at both sides, in device-independent pixels.
const pressPadding = 8

func (r *pressRenderer) noteWidth() float32 {
	if r.note.Text == "" {
		return 0
	}
	return 5 + r.note.MinSize().Width
}

// MinSize has room for the text in bold, so that nothing moves when it is chosen.
func (r *pressRenderer) MinSize() fyne.Size {
	bold := r.text.TextStyle
	bold.Bold = true
	size := fyne.MeasureText(r.text.Text, r.text.TextSize, bold)
	if r.p.small {
		return fyne.NewSize(size.Width, 26)
	}
	return fyne.NewSize(size.Width+r.noteWidth()+2*pressPadding, 30)
}

func (r *pressRenderer) Layout(size fyne.Size) {
	r.back.Resize(size)
	x := float32(pressPadding)
	if r.p.small {
		x = 0
		r.back.Move(fyne.NewPos(-4, 1))
		r.back.Resize(fyne.NewSize(size.Width+4, size.Height-2))
	}
	width := size.Width - x - r.noteWidth()
	r.text.Move(fyne.NewPos(x, 0))
	r.text.Resize(fyne.NewSize(width, size.Height))
	text := fyne.MeasureText(r.text.Text, r.text.TextSize, r.text.TextStyle).Width
	r.note.Move(fyne.NewPos(x+text+5, 0.5))
	r.note.Resize(fyne.NewSize(r.noteWidth(), size.Height))
	r.line.Move(fyne.NewPos(x, size.Height-2))
	r.line.Resize(fyne.NewSize(text, 2))
}

func (r *pressRenderer) Refresh() {
	r.back.FillColor, r.back.StrokeWidth = color.Transparent, 0
	if r.p.hovered {
		r.back.FillColor = theme.Color(theme.ColorNameHover)
	}
	if r.p.focused {
		r.back.StrokeWidth, r.back.StrokeColor = 2, theme.Color(theme.ColorNamePrimary)
	}
	r.text.Text, r.text.TextSize = r.p.text, theme.TextSize()
	r.text.Color = theme.Color(theme.ColorNameForeground)
	r.text.TextStyle.Bold = r.p.chosen
	if r.p.small {
		r.text.TextSize = theme.CaptionTextSize()
		r.text.TextStyle.Bold = true
		if !r.p.chosen {
			r.text.Color = theme.Color(theme.ColorNamePlaceHolder)
		}
	}
	r.note.Text, r.note.TextSize = r.p.note, theme.CaptionTextSize()
	r.note.Color = theme.Color(theme.ColorNamePlaceHolder)
	r.line.FillColor = theme.Color(theme.ColorNamePrimary)
	r.line.Hidden = !r.p.chosen || r.p.small
	r.Layout(r.p.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *pressRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.back, r.text, r.note, r.line}
}

func (r *pressRenderer) Destroy() {}

// header names the columns; a press sorts by one, another turns the order round.
type header struct {
	p     *listenersPage
	names [columnCount]*pressable
	box   *fyne.Container
}

func newHeader(p *listenersPage) *header {
	h := &header{p: p}
	var all []fyne.CanvasObject
	for c := range h.names {
		h.names[c] = newPressable("", func() { p.sort(column(c)) }, p.focusList)
		h.names[c].small = true
		all = append(all, h.names[c])
	}
	h.box = container.New(h, all...)
	return h
}

func (h *header) Layout(cells []fyne.CanvasObject, size fyne.Size) {
	w := columnsOf(size.Width, h.p.w.model.grouped)
	for c, cell := range cells {
		if (w[c] > 0) != cell.Visible() {
			if w[c] > 0 {
				cell.Show()
			} else {
				cell.Hide()
			}
		}
	}
	w.each(func(c column, x, width float32) {
		cells[c].Move(fyne.NewPos(x, 0))
		cells[c].Resize(fyne.NewSize(min(width, cells[c].MinSize().Width), size.Height))
	})
}

func (h *header) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize((*rowRenderer)(nil).MinSize().Width, 26)
}

// update brings the names to the order of the list.
func (h *header) update() {
	m := h.p.w.model
	for c, text := range []string{tr("State"), tr("Address"), tr("Program"), tr("Project or folder"), tr("Started by"), tr("Since"), tr("Clients")} {
		is := column(c) == m.by
		switch {
		case is && m.down:
			text += " ▴"
		case is:
			text += " ▾"
		}
		h.names[c].set(text, "", is)
	}
	h.box.Layout.Layout(h.box.Objects, h.box.Size())
}
