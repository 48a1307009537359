package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// listenersPage is the list of all listeners, and beside it the chosen one.
type listenersPage struct {
	silent
	w       *window
	search  *searchEntry
	folded  *widget.Check
	list    *rowList
	empty   *widget.Label
	details *details
	box     fyne.CanvasObject
}

func newListenersPage(w *window) *listenersPage {
	p := &listenersPage{w: w}
	p.search = newSearchEntry(p)
	p.folded = widget.NewCheck("", func(on bool) { w.model.folded = on; w.refresh() })
	p.list = newRowList(p)
	p.empty = widget.NewLabel("")
	p.empty.Alignment, p.empty.Wrapping = fyne.TextAlignCenter, fyne.TextWrapWord
	p.details = newDetails(w)
	tools := container.NewBorder(nil, nil, nil, p.folded, p.search)
	table := container.NewBorder(
		container.NewVBox(header(), widget.NewSeparator()), nil, nil, nil,
		container.NewStack(p.list, container.NewCenter(container.NewGridWrap(fyne.NewSize(360, 90), p.empty))))
	split := container.NewHSplit(table, p.details.box)
	split.Offset = 0.6
	p.box = container.NewBorder(tools, nil, nil, nil, split)
	return p
}

func (p *listenersPage) content() fyne.CanvasObject { return p.box }
func (p *listenersPage) focus() fyne.Focusable      { return p.list }
func (p *listenersPage) typed(ev *fyne.KeyEvent)    { p.list.TypedKey(ev) }

// update sorts the model and draws it.
func (p *listenersPage) update() {
	p.list.update()
	c := p.w.model.count()
	p.folded.Text = "Show temporary UDP"
	if c.folded > 0 && !p.w.model.folded {
		p.folded.Text = "Show temporary UDP (" + decimal(int32(c.folded)) + ")"
	}
	p.folded.Refresh()
	p.empty.SetText(p.nothing(c))
	p.details.update()
}

// reveal brings the selected row into sight, whatever hid it.
func (p *listenersPage) reveal() {
	w := p.w
	w.model.reveal(w.model.selected)
	w.syncing = true
	if p.search.Text != w.model.query {
		p.search.SetText(w.model.query)
	}
	p.folded.SetChecked(w.model.folded)
	w.syncing = false
	w.refresh()
	if i := w.model.index(w.model.selected); i >= 0 {
		p.list.ScrollTo(i)
	}
}

// nothing says why the list is empty, where it is.
func (p *listenersPage) nothing(c counts) string {
	w := p.w
	switch {
	case len(w.model.shown) > 0:
		return ""
	case !w.model.complete && w.lost != nil:
		return "Start Portreeve, and the list fills by itself."
	case !w.model.complete:
		return "Asking Portreeve what listens…"
	case c.all == 0:
		return "Nothing listens on this computer at the moment."
	case w.model.query != "":
		return "Nothing matches “" + clean(w.model.query, shortText) + "”.\nEsc clears the search."
	}
	return "Only temporary UDP ports are in use. They are left out unless you ask for them above."
}
