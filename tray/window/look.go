package window

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// look is Fyne's own theme with these changes: secondary text is dark enough to
// be read (WCAG 2.1 asks for a contrast of 4.5 to 1; Fyne's placeholder grey has
// 3.5 on white), the label of a disabled button can be made out, and texts stand
// closer together.
type look struct{ fyne.Theme }

func (l look) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	dark := variant == theme.VariantDark
	switch {
	case name == theme.ColorNamePlaceHolder && dark:
		return grey(0xb2)
	case name == theme.ColorNamePlaceHolder:
		return grey(0x5f)
	case name == theme.ColorNameDisabled && dark:
		return grey(0x70)
	case name == theme.ColorNameDisabled:
		return grey(0x9c)
	}
	return l.Theme.Color(name, variant)
}

func grey(v uint8) color.Color { return color.NRGBA{R: v, G: v, B: v, A: 0xff} }

// innerPadding is the room around each text, in device-independent pixels.
const innerPadding = 6

func (l look) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case theme.SizeNameInnerPadding:
		return innerPadding
	case theme.SizeNameCaptionText:
		return 12
	}
	return l.Theme.Size(name)
}

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
