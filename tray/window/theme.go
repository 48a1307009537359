package window

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// look is the window's theme: Fyne's fonts and icons in colours and sizes of its
// own. docs/design.md says what each colour is for; a test computes that every
// text has a contrast of at least 4.5 to 1 on whatever it stands on (WCAG 2.1,
// 1.4.3).
type look struct {
	fyne.Theme
	// mode is "light" or "dark"; anything else follows the system.
	mode string
}

// Colours that Fyne's themes have no name for.
const (
	colorSurface fyne.ThemeColorName = "portreeve-surface" // the navigation, heads of tables, cards
	colorGlow    fyne.ThemeColorName = "portreeve-glow"    // behind a row that has just come
	colorOpen    fyne.ThemeColorName = "portreeve-open"    // open to the network
)

// palette is the colours of one variant.
type palette map[fyne.ThemeColorName]color.NRGBA

var light = palette{
	theme.ColorNameBackground:          opaque(0xffffff),
	colorSurface:                       opaque(0xeff3f7),
	theme.ColorNameForeground:          opaque(0x16202b),
	theme.ColorNamePlaceHolder:         opaque(0x4f5d6b),
	theme.ColorNamePrimary:             opaque(0x0a5ca8),
	theme.ColorNameHyperlink:           opaque(0x0a5ca8),
	theme.ColorNameForegroundOnPrimary: opaque(0xffffff),
	theme.ColorNameFocus:               {0x0a, 0x5c, 0xa8, 0x55},
	theme.ColorNameSelection:           opaque(0xd9e8f7),
	theme.ColorNameHover:               {0x16, 0x20, 0x2b, 0x0d},
	theme.ColorNamePressed:             {0x16, 0x20, 0x2b, 0x22},
	theme.ColorNameButton:              opaque(0xe3e9f0),
	theme.ColorNameDisabledButton:      opaque(0xf1f4f7),
	theme.ColorNameDisabled:            opaque(0x66727f),
	theme.ColorNameInputBackground:     opaque(0xffffff),
	theme.ColorNameInputBorder:         opaque(0x7d8b99),
	theme.ColorNameSeparator:           opaque(0xdae1e8),
	theme.ColorNameScrollBar:           {0x16, 0x20, 0x2b, 0x66},
	theme.ColorNameScrollBarBackground: {0x16, 0x20, 0x2b, 0x0d},
	theme.ColorNameShadow:              {0x16, 0x20, 0x2b, 0x33},
	theme.ColorNameHeaderBackground:    opaque(0xeff3f7),
	theme.ColorNameMenuBackground:      opaque(0xffffff),
	theme.ColorNameOverlayBackground:   opaque(0xffffff),
	theme.ColorNameWarning:             opaque(0x9a4206),
	theme.ColorNameForegroundOnWarning: opaque(0xffffff),
	theme.ColorNameError:               opaque(0xb3261e),
	theme.ColorNameForegroundOnError:   opaque(0xffffff),
	theme.ColorNameSuccess:             opaque(0x1a6a39),
	theme.ColorNameForegroundOnSuccess: opaque(0xffffff),
	colorGlow:                          opaque(0xffedd9),
	colorOpen:                          opaque(0x7b3aa0),
}

var dark = palette{
	theme.ColorNameBackground:          opaque(0x14181d),
	colorSurface:                       opaque(0x1c2229),
	theme.ColorNameForeground:          opaque(0xe6ebf0),
	theme.ColorNamePlaceHolder:         opaque(0xa6b2be),
	theme.ColorNamePrimary:             opaque(0x74b7f4),
	theme.ColorNameHyperlink:           opaque(0x74b7f4),
	theme.ColorNameForegroundOnPrimary: opaque(0x08192a),
	theme.ColorNameFocus:               {0x74, 0xb7, 0xf4, 0x55},
	theme.ColorNameSelection:           opaque(0x1d3953),
	theme.ColorNameHover:               {0xff, 0xff, 0xff, 0x10},
	theme.ColorNamePressed:             {0xff, 0xff, 0xff, 0x28},
	theme.ColorNameButton:              opaque(0x2c353f),
	theme.ColorNameDisabledButton:      opaque(0x1f252c),
	theme.ColorNameDisabled:            opaque(0x8d99a5),
	theme.ColorNameInputBackground:     opaque(0x1c2229),
	theme.ColorNameInputBorder:         opaque(0x6c7986),
	theme.ColorNameSeparator:           opaque(0x2e363f),
	theme.ColorNameScrollBar:           {0xff, 0xff, 0xff, 0x66},
	theme.ColorNameScrollBarBackground: {0xff, 0xff, 0xff, 0x0d},
	theme.ColorNameShadow:              {0x00, 0x00, 0x00, 0x80},
	theme.ColorNameHeaderBackground:    opaque(0x1c2229),
	theme.ColorNameMenuBackground:      opaque(0x222930),
	theme.ColorNameOverlayBackground:   opaque(0x1f262d),
	theme.ColorNameWarning:             opaque(0xf2a65f),
	theme.ColorNameForegroundOnWarning: opaque(0x2a1500),
	theme.ColorNameError:               opaque(0xff9087),
	theme.ColorNameForegroundOnError:   opaque(0x330805),
	theme.ColorNameSuccess:             opaque(0x7fce96),
	theme.ColorNameForegroundOnSuccess: opaque(0x06230f),
	colorGlow:                          opaque(0x3a2a17),
	colorOpen:                          opaque(0xd3a4f0),
}

func opaque(rgb uint32) color.NRGBA {
	return color.NRGBA{R: uint8(rgb >> 16), G: uint8(rgb >> 8), B: uint8(rgb), A: 0xff}
}

// Color gives a colour of the palette, and Fyne's own where there is none.
func (l look) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	switch l.mode {
	case "light":
		variant = theme.VariantLight
	case "dark":
		variant = theme.VariantDark
	}
	p := light
	if variant == theme.VariantDark {
		p = dark
	}
	if c, is := p[name]; is {
		return c
	}
	return l.Theme.Color(name, variant)
}

// The sizes of texts and the room around them, in device-independent pixels.
const (
	innerPadding = 6
	textSize     = 14
	captionSize  = 12
	headingSize  = 20
	subheadSize  = 16
)

// Size gives the sizes that differ from Fyne's: texts stand closer together.
func (l look) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case theme.SizeNameInnerPadding:
		return innerPadding
	case theme.SizeNameText:
		return textSize
	case theme.SizeNameCaptionText:
		return captionSize
	case theme.SizeNameHeadingText:
		return headingSize
	case theme.SizeNameSubHeadingText:
		return subheadSize
	}
	return l.Theme.Size(name)
}

// wear gives the program its theme, in a mode of the settings: "system", "light"
// or "dark".
func wear(mode string) {
	fyne.CurrentApp().Settings().SetTheme(look{Theme: theme.DefaultTheme(), mode: mode})
}
