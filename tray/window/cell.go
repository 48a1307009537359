package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// textCell is one line of text in a row, which ends with an ellipsis where it does
// not fit. It is a text of the canvas and no widget, since a list sets hundreds
// of them at each step of a scroll.
type textCell struct {
	*canvas.Text
	full  string
	color fyne.ThemeColorName
	size  fyne.ThemeSizeName
	end   bool // of what does not fit the end is kept: that of a path tells more
	width float32
	wide  float32 // what full takes; negative before it was measured
}

func newCell(size fyne.ThemeSizeName, bold bool) *textCell {
	c := &textCell{Text: canvas.NewText("", nil), size: size, color: theme.ColorNameForeground}
	c.TextStyle.Bold = bold
	return c
}

// set changes what stands there. It draws anew only what is new.
func (c *textCell) set(text string, color fyne.ThemeColorName) {
	if text == c.full && color == c.color && c.Color != nil {
		return
	}
	if text != c.full {
		c.full, c.wide = text, -1
	}
	c.color = color
	c.paint()
}

// paint takes the theme's colour and size, and fits the text anew.
func (c *textCell) paint() {
	c.Color = theme.Color(c.color)
	if size := theme.Size(c.size); size != c.TextSize {
		c.TextSize, c.wide = size, -1
	}
	c.fit()
	c.Text.Refresh()
}

// place puts the cell somewhere; height is that of the line.
func (c *textCell) place(x, y, width, height float32) {
	c.Move(fyne.NewPos(x, y))
	c.Text.Resize(fyne.NewSize(width, height))
	if width != c.width {
		c.width = width
		before := c.Text.Text
		if c.fit(); c.Text.Text != before {
			c.Text.Refresh()
		}
	}
}

// fit shortens the text to the width.
func (c *textCell) fit() {
	measure := func(text string) float32 { return fyne.MeasureText(text, c.TextSize, c.TextStyle).Width }
	if c.wide < 0 {
		c.wide = measure(c.full)
	}
	c.Text.Text = c.full
	if c.wide <= c.width || c.width <= 0 {
		return
	}
	runes := []rune(c.full)
	part := func(n int) string {
		if c.end {
			return "…" + string(runes[len(runes)-n:])
		}
		return string(runes[:n]) + "…"
	}
	low, high := 0, len(runes)
	for low < high { // the longest part that fits
		mid := (low + high + 1) / 2
		if measure(part(mid)) <= c.width {
			low = mid
		} else {
			high = mid - 1
		}
	}
	c.Text.Text = part(low)
}
