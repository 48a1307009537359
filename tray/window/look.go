package window

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// line is one line of text that ends with an ellipsis where it does not fit.
type line struct {
	*widget.RichText
	segment *widget.TextSegment
}

func newLine(style widget.RichTextStyle) line {
	s := &widget.TextSegment{Style: style}
	t := widget.NewRichText(s)
	t.Truncation = fyne.TextTruncateEllipsis
	return line{t, s}
}

// set changes text and style; it draws anew only when one of them is new.
func (l line) set(text string, style widget.RichTextStyle) {
	if l.segment.Text == text && l.segment.Style == style {
		return
	}
	l.segment.Text, l.segment.Style = text, style
	l.Refresh()
}

// The styles of lines.
func plain() widget.RichTextStyle {
	return widget.RichTextStyle{Inline: true, ColorName: theme.ColorNameForeground, SizeName: theme.SizeNameText}
}

func strong() widget.RichTextStyle {
	s := plain()
	s.TextStyle.Bold = true
	return s
}

func faint() widget.RichTextStyle {
	s := plain()
	s.ColorName, s.SizeName = theme.ColorNamePlaceHolder, theme.SizeNameCaptionText
	return s
}

// banner is a sentence above the list, with a button where it has a label.
type banner struct {
	text, label string
	act         func()
}

// banners shows sentences one below the other.
type banners struct {
	box   *fyne.Container
	shown []banner
}

func newBanners() *banners { return &banners{box: container.NewVBox()} }

// set shows these sentences; the same ones again change nothing.
func (b *banners) set(want []banner) {
	if slices.EqualFunc(b.shown, want, func(x, y banner) bool { return x.text == y.text && x.label == y.label }) {
		return
	}
	b.shown = want
	b.box.RemoveAll()
	for _, one := range want {
		b.box.Add(newStrip(one))
	}
}

// strip is a banner on the screen. It is a widget so that its colour follows a
// change between light and dark.
type strip struct {
	widget.BaseWidget
	banner
}

func newStrip(b banner) *strip {
	s := &strip{banner: b}
	s.ExtendBaseWidget(s)
	return s
}

func (s *strip) CreateRenderer() fyne.WidgetRenderer {
	text := widget.NewLabel(s.text)
	text.Wrapping, text.Selectable = fyne.TextWrapWord, true
	var button fyne.CanvasObject
	if s.label != "" {
		button = widget.NewButton(s.label, s.act)
	}
	icon := container.NewPadded(widget.NewIcon(theme.NewWarningThemedResource(theme.WarningIcon())))
	inner := container.NewBorder(nil, nil, icon, button, text)
	back := canvas.NewRectangle(color.Transparent)
	back.CornerRadius = 4
	r := &stripRenderer{WidgetRenderer: widget.NewSimpleRenderer(container.NewStack(back, inner)), strip: s, back: back}
	r.paint()
	return r
}

type stripRenderer struct {
	fyne.WidgetRenderer
	strip *strip
	back  *canvas.Rectangle
}

func (r *stripRenderer) Refresh() {
	r.paint()
	r.WidgetRenderer.Refresh()
}

// paint lays the theme's warning colour on thinly, so that text stays readable
// in light and dark.
func (r *stripRenderer) paint() {
	c := color.NRGBAModel.Convert(theme.Color(theme.ColorNameWarning)).(color.NRGBA)
	c.A = 0x38
	r.back.FillColor = c
	r.back.Refresh()
}

// panel is an object on a ground of its own colour, which follows a change
// between light and dark.
type panel struct {
	widget.BaseWidget
	ground fyne.ThemeColorName
	radius float32
	inner  fyne.CanvasObject
}

func newPanel(ground fyne.ThemeColorName, radius float32, inner fyne.CanvasObject) *panel {
	p := &panel{ground: ground, radius: radius, inner: inner}
	p.ExtendBaseWidget(p)
	return p
}

func (p *panel) CreateRenderer() fyne.WidgetRenderer {
	back := canvas.NewRectangle(theme.Color(p.ground))
	back.CornerRadius = p.radius
	return &panelRenderer{widget.NewSimpleRenderer(container.NewStack(back, p.inner)), p, back}
}

type panelRenderer struct {
	fyne.WidgetRenderer
	panel *panel
	back  *canvas.Rectangle
}

func (r *panelRenderer) Refresh() {
	r.back.FillColor = theme.Color(r.panel.ground)
	r.back.Refresh()
	r.WidgetRenderer.Refresh()
}

// fixedWidth gives what it lays out that width.
type fixedWidth float32

func (f fixedWidth) Layout(all []fyne.CanvasObject, size fyne.Size) {
	for _, o := range all {
		o.Move(fyne.NewPos(0, 0))
		o.Resize(size)
	}
}

func (f fixedWidth) MinSize(all []fyne.CanvasObject) fyne.Size {
	s := fyne.NewSize(float32(f), 0)
	for _, o := range all {
		s.Height = max(s.Height, o.MinSize().Height)
	}
	return s
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

// textField is an entry that leaves the window's own shortcuts to the window: Fyne
// gives all to the entry that has the keys.
type textField struct {
	widget.Entry
	w *window
}

func newTextField(w *window) *textField {
	f := &textField{w: w}
	f.ExtendBaseWidget(f)
	return f
}

// TypedShortcut hands on what is not about text.
func (f *textField) TypedShortcut(s fyne.Shortcut) {
	if c, is := s.(*desktop.CustomShortcut); is {
		f.w.shortcuts.TypedShortcut(c)
		return
	}
	f.Entry.TypedShortcut(s)
}
