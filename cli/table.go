package cli

import "strings"

// cell is one field of a table: clean text, and the SGR parameters of its
// colour (ECMA-48, 8.3.117), empty for none.
type cell struct {
	text  string
	style string
}

type row []cell

// The colours, few enough to mean something.
const (
	bold   = "1"
	faint  = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
)

// gap separates columns. clean leaves no two spaces in a row in any text, so
// what looks like a column is one.
const gap = "  "

// table aligns rows by the cells of a terminal, one line a row, cut to width
// where that is not 0. The last cell of a row is not padded and an empty one in
// the middle reads "-". Colours are left out unless coloured.
func table(rows []row, width int, coloured bool) string {
	var widest []int
	for _, r := range rows {
		for i, c := range r {
			if i == len(widest) {
				widest = append(widest, 1)
			}
			widest[i] = max(widest[i], cells(c.text))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		for len(r) > 0 && r[len(r)-1].text == "" {
			r = r[:len(r)-1]
		}
		left, pad := width, 0
		for i, c := range r {
			if i > 0 {
				pad += len(gap)
			}
			if c.text == "" {
				c.text = "-"
			}
			text := c.text
			if width > 0 {
				if left -= pad; left <= 0 {
					break
				}
				text = cut(text, left)
				left -= cells(text)
			}
			b.WriteString(strings.Repeat(" ", pad))
			b.WriteString(paint(text, c.style, coloured))
			pad = widest[i] - cells(c.text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func paint(text, style string, coloured bool) string {
	if !coloured || style == "" {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}
