package window

import (
	"image/color"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// page is one of the things that the window can show. A page is made when it is
// first turned to and lives as long as the window. All of its methods are called
// on Fyne's goroutine.
type page interface {
	// content is what is to be seen; it is asked for once.
	content() fyne.CanvasObject
	// shown and hidden are called in turns. What asks the resident again and
	// again does so between them only.
	shown()
	hidden()
	// update brings the page to the window's state (listeners, status, jobs). It
	// is called at each change while the page is shown, and after shown.
	update()
	// focus is what gets the keys when the page is turned to; nil for nothing.
	focus() fyne.Focusable
	// typed and typedRune get the keys that nothing in the page has.
	typed(*fyne.KeyEvent)
	typedRune(rune)
}

// silent is a page that leaves out what it does not need.
type silent struct{}

func (silent) shown()                {}
func (silent) hidden()               {}
func (silent) update()               {}
func (silent) focus() fyne.Focusable { return nil }
func (silent) typed(*fyne.KeyEvent)  {}
func (silent) typedRune(rune)        {}

// tab is a page before it is made.
type tab struct {
	name  string // as a ShowRequest has it
	title func() string
	icon  fyne.Resource
	aside bool // not in the navigation: it comes by a ShowRequest or a button
	make  func(*window) page
}

// tabs are all pages, in the navigation's order. The first is where the window
// opens, and stands in for pages that it does not know.
func tabs() []tab {
	return []tab{
		{name: reeve.PageListeners, title: func() string { return tr("Listeners") }, icon: theme.ListIcon(),
			make: func(w *window) page { return w.listeners }},
		{name: reeve.PageExplain, title: func() string { return tr("Explain") }, icon: theme.QuestionIcon(),
			make: func(w *window) page { return newExplainPage(w) }},
		{name: reeve.PageTimeline, title: func() string { return tr("Timeline") }, icon: theme.HistoryIcon(),
			make: func(w *window) page { return newTimelinePage(w) }},
		{name: reeve.PageRules, title: func() string { return tr("Rules") }, icon: theme.DocumentIcon(),
			make: func(w *window) page { return newRulesPage(w) }},
		{name: reeve.PageSettings, title: func() string { return tr("Settings") }, icon: theme.SettingsIcon(),
			make: func(w *window) page { return newSettingsPage(w) }},
		{name: reeve.PageReview, title: func() string { return tr("First start") }, icon: theme.InfoIcon(), aside: true,
			make: func(w *window) page { return newReviewPage(w) }},
	}
}

// shell is the navigation and the place of the pages.
type shell struct {
	w     *window
	tabs  []tab
	items map[string]*navItem
	made  map[string]*madePage
	at    string // the name of the page that is shown
	stage *fyne.Container
	watch *widget.Label // how the watch is doing
	box   fyne.CanvasObject
}

type madePage struct {
	page
	object fyne.CanvasObject
}

// navWidth is how wide the navigation is, in device-independent pixels.
const navWidth = 176

func newShell(w *window) *shell {
	s := &shell{w: w, tabs: tabs(), items: map[string]*navItem{}, made: map[string]*madePage{}, stage: container.NewStack()}
	list := container.New(layout.NewCustomPaddedVBoxLayout(2))
	for _, t := range s.tabs {
		if t.aside {
			continue
		}
		item := newNavItem(t.title(), t.icon, func() { s.turn(t.name) })
		s.items[t.name] = item
		list.Add(item)
		w.on(fyne.KeyName(strconv.Itoa(len(s.items))), func() { s.turn(t.name) })
	}
	s.watch = widget.NewLabel("")
	s.watch.SizeName, s.watch.Wrapping = theme.SizeNameCaptionText, fyne.TextWrapWord
	inner := container.New(layout.NewCustomPaddedLayout(10, 6, 8, 8), container.NewBorder(list, s.watch, nil, nil))
	s.box = newPanel(colorSurface, 0, container.New(fixedWidth(navWidth), inner))
	return s
}

// turn shows a page, and gives it the keys; unknown names, of a newer resident,
// are the first page. To turn to the page that is shown gives it the keys alone.
func (s *shell) turn(name string) {
	t := s.tabs[0]
	for _, one := range s.tabs {
		if one.name == name {
			t = one
		}
	}
	if s.at != t.name {
		if old := s.made[s.at]; old != nil {
			// What is hidden must not keep the keys: the new page may have
			// nothing yet that can take them.
			s.w.win.Canvas().Unfocus()
			old.object.Hide()
			old.hidden()
		}
		p := s.made[t.name]
		if p == nil {
			p = &madePage{page: t.make(s.w)}
			p.object = p.content()
			s.made[t.name] = p
			s.stage.Add(p.object)
		}
		s.at = t.name
		p.object.Show()
		p.shown()
		for name, item := range s.items {
			item.choose(name == t.name)
		}
		s.stage.Refresh()
	}
	p := s.made[t.name]
	p.update()
	if f := p.focus(); f != nil && s.w.question == nil {
		s.w.win.Canvas().Focus(f)
	}
}

// page is the page that is shown; nil before the first one.
func (s *shell) page() page {
	if p := s.made[s.at]; p != nil {
		return p.page
	}
	return nil
}

// update brings the navigation and the page that is shown to the window's state.
func (s *shell) update() {
	if item := s.items[reeve.PageListeners]; item != nil {
		item.count(s.w.model.count().new)
	}
	sign, text := "●", tr("Watching")
	importance := widget.SuccessImportance
	switch {
	case s.w.lost != nil:
		sign, text, importance = "○", tr("Not watching"), widget.DangerImportance
	case !s.w.model.complete:
		sign, text, importance = "…", tr("Connecting"), widget.LowImportance
	case s.w.status.PausedUntil != "":
		sign, text, importance = "‖", tr("Notices are paused"), widget.WarningImportance
	}
	if text = sign + " " + text; s.watch.Text != text {
		s.watch.Importance = importance
		s.watch.SetText(text)
	}
	if p := s.page(); p != nil {
		p.update()
	}
}

// navItem is one row of the navigation. The page that is shown has a bar at its
// left, so that it does not hang on a colour.
type navItem struct {
	widget.BaseWidget
	text             string
	icon             fyne.Resource
	tapped           func()
	news             int
	chosen           bool
	focused, hovered bool
}

func newNavItem(text string, icon fyne.Resource, tapped func()) *navItem {
	n := &navItem{text: text, icon: icon, tapped: tapped}
	n.ExtendBaseWidget(n)
	return n
}

func (n *navItem) choose(on bool) {
	if n.chosen != on {
		n.chosen = on
		n.Refresh()
	}
}

// count shows a number beside the name; 0 shows none.
func (n *navItem) count(news int) {
	if n.news != news {
		n.news = news
		n.Refresh()
	}
}

// Tapped and what follows make it a button.
func (n *navItem) Tapped(*fyne.PointEvent)        { n.tapped() }
func (n *navItem) MouseIn(*desktop.MouseEvent)    { n.hovered = true; n.Refresh() }
func (n *navItem) MouseMoved(*desktop.MouseEvent) {}
func (n *navItem) MouseOut()                      { n.hovered = false; n.Refresh() }
func (n *navItem) FocusGained()                   { n.focused = true; n.Refresh() }
func (n *navItem) FocusLost()                     { n.focused = false; n.Refresh() }
func (n *navItem) TypedRune(rune)                 {}
func (n *navItem) Cursor() desktop.Cursor         { return desktop.PointerCursor }

// TypedKey presses it, or goes to its neighbour.
func (n *navItem) TypedKey(ev *fyne.KeyEvent) {
	c := fyne.CurrentApp().Driver().CanvasForObject(n)
	switch ev.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter, fyne.KeyRight:
		n.tapped()
	case fyne.KeyDown:
		c.FocusNext()
	case fyne.KeyUp:
		c.FocusPrevious()
	}
}

func (n *navItem) CreateRenderer() fyne.WidgetRenderer {
	r := &navRenderer{n: n, back: canvas.NewRectangle(nil), bar: canvas.NewRectangle(nil),
		icon: widget.NewIcon(n.icon), text: canvas.NewText(n.text, nil), news: canvas.NewText("", nil)}
	r.back.CornerRadius, r.bar.CornerRadius = 5, 1.5
	r.news.TextStyle.Bold, r.news.Alignment = true, fyne.TextAlignTrailing
	r.Refresh()
	return r
}

type navRenderer struct {
	n          *navItem
	back, bar  *canvas.Rectangle
	icon       *widget.Icon
	text, news *canvas.Text
}

// navHeight is one row of the navigation, in device-independent pixels.
const navHeight = 36

func (r *navRenderer) MinSize() fyne.Size { return fyne.NewSize(44+r.text.MinSize().Width, navHeight) }

func (r *navRenderer) Layout(size fyne.Size) {
	r.back.Resize(size)
	r.bar.Move(fyne.NewPos(0, 8))
	r.bar.Resize(fyne.NewSize(3, size.Height-16))
	r.icon.Move(fyne.NewPos(12, (size.Height-18)/2))
	r.icon.Resize(fyne.NewSquareSize(18))
	for _, t := range []*canvas.Text{r.text, r.news} {
		t.Move(fyne.NewPos(40, 0))
		t.Resize(fyne.NewSize(size.Width-40-10, size.Height))
	}
}

func (r *navRenderer) Refresh() {
	r.back.FillColor, r.back.StrokeWidth = color.Transparent, 0
	switch {
	case r.n.chosen:
		r.back.FillColor = theme.Color(theme.ColorNameSelection)
	case r.n.hovered:
		r.back.FillColor = theme.Color(theme.ColorNameHover)
	}
	if r.n.focused {
		r.back.StrokeWidth, r.back.StrokeColor = 2, theme.Color(theme.ColorNamePrimary)
	}
	r.bar.FillColor = theme.Color(theme.ColorNamePrimary)
	r.bar.Hidden = !r.n.chosen
	r.text.Color, r.text.TextSize, r.text.TextStyle.Bold = theme.Color(theme.ColorNameForeground), theme.TextSize(), r.n.chosen
	r.news.Text, r.news.Color, r.news.TextSize = "", theme.Color(theme.ColorNameWarning), theme.CaptionTextSize()
	if r.n.news > 0 {
		r.news.Text = tr("{{.N}} new", "N", r.n.news)
	}
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *navRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.back, r.bar, r.icon, r.text, r.news}
}

func (r *navRenderer) Destroy() {}
