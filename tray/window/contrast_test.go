package window

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// The least contrasts (WCAG 2.1): of a text to what it stands on (1.4.3), and of
// what shows a control or its state to what is beside it (1.4.11).
const (
	leastOfTexts = 4.5
	leastOfEdges = 3.0
)

// texts are the colours that texts are written in, on plain grounds.
var textColours = []fyne.ThemeColorName{
	theme.ColorNameForeground, theme.ColorNamePlaceHolder, theme.ColorNamePrimary, theme.ColorNameHyperlink,
	theme.ColorNameWarning, theme.ColorNameError, theme.ColorNameSuccess, colorOpen,
}

// grounds are what texts stand on.
var grounds = []fyne.ThemeColorName{
	theme.ColorNameBackground, colorSurface, theme.ColorNameInputBackground, theme.ColorNameMenuBackground,
	theme.ColorNameOverlayBackground, theme.ColorNameHeaderBackground, theme.ColorNameSelection, colorGlow,
}

// pairs are texts that stand on one ground only.
var pairs = [][2]fyne.ThemeColorName{
	{theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary},
	{theme.ColorNameForegroundOnWarning, theme.ColorNameWarning},
	{theme.ColorNameForegroundOnError, theme.ColorNameError},
	{theme.ColorNameForegroundOnSuccess, theme.ColorNameSuccess},
	{theme.ColorNameForeground, theme.ColorNameButton},
	{theme.ColorNamePlaceHolder, theme.ColorNameButton},
	{theme.ColorNameError, theme.ColorNameButton},
}

// veils lie over a ground while the pointer is over it or presses it.
var veils = []fyne.ThemeColorName{"", theme.ColorNameHover, theme.ColorNamePressed}

// edges are what shows a control, its state or a bar of the timeline.
var edges = []fyne.ThemeColorName{
	theme.ColorNameInputBorder, theme.ColorNamePrimary, theme.ColorNameWarning, theme.ColorNameSuccess, theme.ColorNamePlaceHolder, colorOpen,
}

func TestEveryTextHasEnoughContrast(t *testing.T) {
	eachMode(func(mode string, of func(fyne.ThemeColorName) color.NRGBA) {
		check := func(text, ground, veil fyne.ThemeColorName, least float64) {
			under := of(ground)
			if veil != "" {
				under = over(of(veil), under)
			}
			if got := contrast(over(of(text), under), under); got < least {
				t.Errorf("%s: %s on %s %s: got %.2f to 1, want %.1f", mode, text, ground, veil, got, least)
			}
		}
		for _, ground := range grounds {
			for _, text := range textColours {
				check(text, ground, "", leastOfTexts)
			}
			// Rows are read while the pointer is over them.
			for _, text := range []fyne.ThemeColorName{theme.ColorNameForeground, theme.ColorNamePlaceHolder} {
				check(text, ground, theme.ColorNameHover, leastOfTexts)
			}
		}
		for _, p := range pairs {
			for _, veil := range veils[:2] {
				check(p[0], p[1], veil, leastOfTexts)
			}
		}
		for _, ground := range []fyne.ThemeColorName{theme.ColorNameBackground, colorSurface} {
			for _, edge := range edges {
				check(edge, ground, "", leastOfEdges)
			}
		}
	})
}

// The formula's own figures, so that a wrong one can't pass everything.
func TestContrastIsComputedAsTheStandardSays(t *testing.T) {
	white, black, grey := opaque(0xffffff), opaque(0), opaque(0x767676)
	for _, tt := range []struct {
		a, b color.NRGBA
		want float64
	}{{white, black, 21}, {white, white, 1}, {grey, white, 4.54}, {white, grey, 4.54}} {
		if got := contrast(tt.a, tt.b); math.Abs(got-tt.want) > 0.01 {
			t.Errorf("%v on %v: got %.2f, want %.2f", tt.a, tt.b, got, tt.want)
		}
	}
	if got, want := over(color.NRGBA{0, 0, 0, 0x80}, white), opaque(0x7f7f7f); got != want {
		t.Errorf("half of black over white: got %v, want %v", got, want)
	}
}

// eachMode gives the colours of light and dark as the window has them.
func eachMode(do func(mode string, of func(fyne.ThemeColorName) color.NRGBA)) {
	for _, mode := range []string{"light", "dark"} {
		l := look{Theme: theme.DefaultTheme(), mode: mode}
		do(mode, func(name fyne.ThemeColorName) color.NRGBA {
			return color.NRGBAModel.Convert(l.Color(name, theme.VariantLight)).(color.NRGBA)
		})
	}
}

// over is what is seen where a colour lies on an opaque one.
func over(top, under color.NRGBA) color.NRGBA {
	mix := func(a, b uint8) uint8 { return uint8((int(a)*int(top.A) + int(b)*(255-int(top.A))) / 255) }
	return color.NRGBA{mix(top.R, under.R), mix(top.G, under.G), mix(top.B, under.B), 0xff}
}

// contrast is the ratio of WCAG 2.1 between two opaque colours.
func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance is the relative luminance of WCAG 2.1.
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
