package window

// How bars are drawn, in the picture and in its legend.

import (
	"image"
	"image/color"
	"image/draw"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
)

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
