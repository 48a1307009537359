package assets

import (
	"bytes"
	"image/color"
	"image/png"
	"math"
	"testing"
)

// The backgrounds of panels: white, Adwaita's light grey, Tango's dark one
// (which GTK themes use for dark panels), black.
var panels = []color.NRGBA{
	{0xff, 0xff, 0xff, 0xff}, {0xf6, 0xf5, 0xf4, 0xff}, {0x2e, 0x34, 0x36, 0xff}, {0x00, 0x00, 0x00, 0xff},
}

// luminance is the relative luminance of an opaque colour by WCAG 2.1.
func luminance(c color.NRGBA) float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// contrast is the contrast ratio of two opaque colours by WCAG 2.1, 1 to 21.
func contrast(a, b color.NRGBA) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func decode(t *testing.T, m Mark, size int) []color.NRGBA {
	t.Helper()
	data, err := PNG(m, size)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("decode %s %d: %v", m, size, err)
	}
	if got := picture.Bounds().Size(); got.X != size || got.Y != size {
		t.Fatalf("%s %d: got a picture of %v, want a square of %d", m, size, got, size)
	}
	var pixels []color.NRGBA
	for y := range size {
		for x := range size {
			pixels = append(pixels, color.NRGBAModel.Convert(picture.At(x, y)).(color.NRGBA))
		}
	}
	return pixels
}

func TestEveryMarkStandsOutOnEveryPanel(t *testing.T) {
	for _, m := range Marks() {
		for _, size := range Sizes() {
			pixels := decode(t, m, size)
			for _, panel := range panels {
				solid, clear := 0, 0
				for _, p := range pixels {
					if p.A < 0xf0 {
						continue // the soft edges carry no shape of their own
					}
					solid++
					p.A = 0xff
					if contrast(p, panel) >= 3 {
						clear++
					}
				}
				// WCAG 2.1, 1.4.11 asks 3:1 of graphics.
				if solid < size*size/8 || clear < solid {
					t.Errorf("%s %d on %02x%02x%02x: got %d of %d solid pixels at 3:1 or more, want all of at least %d",
						m, size, panel.R, panel.G, panel.B, clear, solid, size*size/8)
				}
			}
		}
	}
}

func TestMarksDifferInShapeAndNotOnlyInColour(t *testing.T) {
	for _, size := range Sizes() {
		for i, a := range Marks() {
			for _, b := range Marks()[i+1:] {
				pa, pb := decode(t, a, size), decode(t, b, size)
				differ := 0
				for k := range pa {
					if (pa[k].A > 0x80) != (pb[k].A > 0x80) {
						differ++
					}
				}
				if want := size * size / 40; differ < want {
					t.Errorf("%s and %s at %d: got %d pixels of another shape, want at least %d", a, b, size, differ, want)
				}
			}
		}
	}
}

func TestPNGRefusesASizeThatIsNotThere(t *testing.T) {
	if data, err := PNG(Quiet, 17); err == nil {
		t.Errorf("got %d bytes, want an error", len(data))
	}
}
