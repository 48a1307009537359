package window

// What the fields of the settings page are built of: an entry, an edge, and the
// places of things in a row.

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// settingEntry is an entry whose text counts with Enter, or when it loses the keys.
type settingEntry struct {
	textField
	done func()
	lit  bool
}

func newSettingEntry(w *window) *settingEntry {
	e := &settingEntry{textField: textField{w: w}}
	e.ExtendBaseWidget(e)
	return e
}

// tell sets the text without calling back.
func (e *settingEntry) tell(text string) {
	changed := e.OnChanged
	e.OnChanged = nil
	e.SetText(text)
	e.OnChanged = changed
}

// FocusGained and FocusLost note who has the keys.
func (e *settingEntry) FocusGained() {
	e.lit = true
	e.Entry.FocusGained()
}

// FocusLost ends the typing.
func (e *settingEntry) FocusLost() {
	e.lit = false
	e.Entry.FocusLost()
	e.done()
}

// TypedKey takes Enter as the end of the typing.
func (e *settingEntry) TypedKey(ev *fyne.KeyEvent) {
	if ev.Name == fyne.KeyReturn || ev.Name == fyne.KeyEnter {
		e.done()
		return
	}
	e.Entry.TypedKey(ev)
}

// settingColumns puts what a setting is about at the left and its input at the
// right.
type settingColumns struct{}

// inputWidth is in device-independent pixels.
const inputWidth = 300

func (settingColumns) Layout(two []fyne.CanvasObject, size fyne.Size) {
	left := max(size.Width-inputWidth-16, 0)
	two[0].Move(fyne.NewPos(0, 0))
	two[0].Resize(fyne.NewSize(left, size.Height))
	height := two[1].MinSize().Height
	two[1].Move(fyne.NewPos(left+16, 6))
	two[1].Resize(fyne.NewSize(inputWidth, height))
}

func (settingColumns) MinSize(two []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(inputWidth+240, max(two[0].MinSize().Height, two[1].MinSize().Height+12))
}

// spanColumns shares the width between two entries with a word between them.
type spanColumns struct{}

func (spanColumns) Layout(three []fyne.CanvasObject, size fyne.Size) {
	word := three[1].MinSize().Width
	each := max((size.Width-word)/2, 0)
	for i, x := range []float32{0, each, each + word} {
		width := each
		if i == 1 {
			width = word
		}
		three[i].Move(fyne.NewPos(x, 0))
		three[i].Resize(fyne.NewSize(width, size.Height))
	}
}

func (spanColumns) MinSize(three []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(three[0].MinSize().Width*2+three[1].MinSize().Width, three[0].MinSize().Height)
}

// rim is an edge around an input that Fyne draws without one.
type rim struct {
	widget.BaseWidget
	inner fyne.CanvasObject
}

func newRim(inner fyne.CanvasObject) *rim {
	r := &rim{inner: inner}
	r.ExtendBaseWidget(r)
	return r
}

func (r *rim) CreateRenderer() fyne.WidgetRenderer {
	edge := canvas.NewRectangle(color.Transparent)
	edge.StrokeWidth, edge.CornerRadius = 1, 5
	v := &rimRenderer{widget.NewSimpleRenderer(container.NewStack(r.inner, edge)), edge}
	v.edge.StrokeColor = theme.Color(theme.ColorNameInputBorder)
	return v
}

type rimRenderer struct {
	fyne.WidgetRenderer
	edge *canvas.Rectangle
}

func (r *rimRenderer) Refresh() {
	r.edge.StrokeColor = theme.Color(theme.ColorNameInputBorder)
	r.edge.Refresh()
	r.WidgetRenderer.Refresh()
}
