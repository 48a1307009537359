package window

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
)

// listenersPage is the list of all listeners, and beside it the chosen one.
type listenersPage struct {
	silent
	w       *window
	search  *searchEntry
	filters []*pressable // by filter
	grouped *widget.Check
	header  *header
	list    *rowList
	empty   *emptyPage
	details *details
	clients *clientCounter
	split   *container.Split
	box     fyne.CanvasObject
}

func newListenersPage(w *window) *listenersPage {
	p := &listenersPage{w: w}
	p.search = newSearchEntry(p)
	bar := container.New(layout.NewCustomPaddedHBoxLayout(2))
	for f := filterAll; f <= filterSystem; f++ {
		one := newPressable("", func() { p.filter(f) }, p.focusList)
		p.filters = append(p.filters, one)
		bar.Add(one)
	}
	p.grouped = widget.NewCheck(tr("By what started them"), func(on bool) {
		if !w.syncing {
			w.model.arrange(func(a *arrangement) { a.grouped = on })
			w.refresh()
			p.list.ScrollToTop()
		}
	})
	p.list = newRowList(p)
	p.empty = newEmptyPage()
	p.header = newHeader(p)
	p.details, p.clients = newDetails(w), &clientCounter{w: w}
	table := container.NewBorder(
		container.NewVBox(p.header.box, widget.NewSeparator()), nil, nil, nil,
		container.NewStack(p.list, container.NewCenter(p.empty.box), p.list.ring))
	p.split = container.NewHSplit(table, p.details.box)
	p.split.Offset = 0.58
	p.box = container.NewBorder(
		container.New(layout.NewCustomPaddedVBoxLayout(6), p.search, container.NewBorder(nil, nil, bar, p.grouped)),
		nil, nil, nil, p.split)
	return p
}

func (p *listenersPage) content() fyne.CanvasObject { return p.box }
func (p *listenersPage) focus() fyne.Focusable      { return p.list }
func (p *listenersPage) typed(ev *fyne.KeyEvent)    { p.list.TypedKey(ev) }

func (p *listenersPage) shown() {
	p.details.resume()
	p.clients.resume()
}

func (p *listenersPage) hidden() {
	p.details.rest()
	p.clients.rest()
}

func (p *listenersPage) focusList() { p.w.win.Canvas().Focus(p.list) }

// update draws the model.
func (p *listenersPage) update() {
	p.list.update()
	c := p.w.model.count()
	for f, one := range []struct {
		text string
		n    int
	}{{tr("All"), c.all}, {tr("New"), c.new}, {tr("Open to your network"), c.open}, {tr("Mine"), c.mine}, {tr("System"), c.system}} {
		p.filters[f].set(one.text, decimal(int32(one.n)), p.w.model.filter == filter(f))
	}
	p.header.update()
	p.empty.set(p.nothing(c))
	p.details.update()
	if show := p.w.model.current() != nil; show != p.details.box.Visible() {
		if show {
			p.details.box.Show()
		} else {
			p.details.box.Hide()
		}
		p.split.Refresh()
	}
}

// filter shows a part of the list.
func (p *listenersPage) filter(f filter) {
	p.w.model.narrow(p.w.model.query, f)
	p.w.refresh()
	p.list.ScrollToTop()
}

// sort sorts by a column, or turns its order round.
func (p *listenersPage) sort(c column) {
	p.w.model.arrange(func(a *arrangement) { a.by, a.down = c, a.by == c && !a.down })
	p.w.refresh()
	p.list.ScrollToTop()
}

// fold folds or unfolds what stands under a heading.
func (p *listenersPage) fold(h *heading) {
	p.w.model.fold(h.group.key, p.w.model.folded(h.group))
	p.w.model.choose(headingID + h.group.key)
	p.w.refresh()
}

// escape goes back one step: from a search, then from the details.
func (p *listenersPage) escape() {
	switch {
	case p.search.Text != "":
		p.search.clear()
	default:
		p.w.choose("")
		p.focusList()
	}
}

// reveal brings the selected row into sight, whatever hid it.
func (p *listenersPage) reveal() {
	w := p.w
	w.model.reveal(w.model.selected)
	w.syncing = true
	if p.search.Text != w.model.query {
		p.search.SetText(w.model.query)
	}
	w.syncing = false
	w.refresh()
	if i := w.model.index(w.model.selected); i >= 0 {
		p.list.ScrollTo(i)
	}
}

// nothing says why the list is empty, where it is, and what can be done.
func (p *listenersPage) nothing(c counts) empty {
	w := p.w
	switch {
	case len(w.model.shown) > 0:
		return empty{}
	case !w.model.complete && w.lost != nil:
		return empty{title: tr("Portreeve is not running"), text: tr("Start it, and the list fills by itself: type portreeve in a terminal.")}
	case !w.model.complete:
		return empty{title: tr("Asking Portreeve what listens…")}
	case c.all == 0:
		return empty{title: tr("Nothing listens"), text: tr("No program on this computer waits for connections at the moment. The list fills by itself.")}
	case w.model.query != "":
		return empty{title: tr("Nothing matches “{{.Search}}”", "Search", clean(w.model.query, shortText)),
			text: tr("Esc clears the search."), label: tr("Clear the search"), act: func() {
				w.model.filter = filterAll
				p.search.clear()
			}}
	}
	text := map[filter]string{
		filterNew:    tr("Everything that listens was here before, or you know it."),
		filterOpen:   tr("Nothing here can be reached from your network."),
		filterMine:   tr("None of your own programs listens."),
		filterSystem: tr("No program of the system listens."),
	}[w.model.filter]
	return empty{title: tr("Nothing to show"), text: text, label: tr("Show all"), act: func() { p.filter(filterAll) }}
}

// empty says why a page has nothing, with a way on where it has a label.
type empty struct {
	title, text, label string
	act                func()
}

// emptyPage shows an empty in the middle of a page.
type emptyPage struct {
	title, text *widget.Label
	button      *widget.Button
	box         *fyne.Container
	is          empty
}

// emptyWidth is how wide its sentence is, in device-independent pixels.
const emptyWidth = 420

func newEmptyPage() *emptyPage {
	e := &emptyPage{title: widget.NewLabel(""), text: widget.NewLabel(""), button: widget.NewButton("", nil)}
	e.title.SizeName, e.title.TextStyle.Bold = "subHeadingText", true
	for _, l := range []*widget.Label{e.title, e.text} {
		l.Alignment, l.Wrapping = fyne.TextAlignCenter, fyne.TextWrapWord
	}
	e.box = container.New(fixedWidth(emptyWidth), container.NewVBox(e.title, e.text,
		container.NewHBox(layout.NewSpacer(), e.button, layout.NewSpacer())))
	e.box.Hide()
	return e
}

func (e *emptyPage) set(to empty) {
	if to.title == e.is.title && to.text == e.is.text && to.label == e.is.label {
		return
	}
	e.is = to
	e.title.SetText(to.title)
	e.text.SetText(to.text)
	e.button.SetText(to.label)
	e.button.OnTapped = to.act
	if e.button.Hidden = to.label == ""; !e.button.Hidden {
		e.button.Refresh()
	}
	if to.title == "" {
		e.box.Hide()
	} else {
		e.box.Show()
	}
	e.box.Refresh()
}
