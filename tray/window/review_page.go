package window

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// reviewPage is the first start: one page that is read in 20 seconds. It says what
// was found, what of it is worth a look and why, and what will happen next.
type reviewPage struct {
	silent
	w      *window
	found  *found // nil before the first snapshot
	rows   map[string][]*learnedView
	folds  []*foundFold
	head   *widget.Label
	list   *fyne.Container
	scroll *container.Scroll
	show   *widget.Button
	on     *widget.Button
	box    fyne.CanvasObject
}

// foundFold is a group that can be unfolded.
type foundFold struct {
	button *widget.Button
	rows   *fyne.Container
}

// exampleJob is the key under which the example is being started.
const exampleJob = "example"

func newReviewPage(w *window) *reviewPage {
	p := &reviewPage{w: w, head: widget.NewLabel(""), list: spaced(), rows: map[string][]*learnedView{}}
	p.head.SizeName, p.head.TextStyle.Bold, p.head.Wrapping = theme.SizeNameHeadingText, true, fyne.TextWrapWord
	p.show = widget.NewButton(tr("Show an example"), p.example)
	p.show.Importance = widget.HighImportance
	p.on = widget.NewButton(tr("Go to the listeners"), func() { w.shell.turn(reeve.PageListeners) })
	p.scroll = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(0, 8, 0, 14), p.list))
	next := container.New(layout.NewCustomPaddedVBoxLayout(0), subhead(tr("What happens next")))
	for _, text := range []string{
		tr("When something begins to listen that was not here before, a notice names it within a second."),
		tr("“I know this” makes a rule of it, and you are not told again. What you have decided stands under Rules."),
		tr("What is here now is marked “already here”. There is no hurry: it waits for you under Rules, To review."),
		tr("Portreeve blocks nothing and sends nothing anywhere."),
	} {
		l := widget.NewLabel(text)
		l.Wrapping = fyne.TextWrapWord
		next.Add(l)
	}
	next.Add(container.New(layout.NewCustomPaddedLayout(8, 8, 6, 6), container.New(layout.NewCustomPaddedVBoxLayout(6), p.show, p.on)))
	side := container.New(fixedWidth(sideWidth), container.NewVBox(
		newPanel(colorSurface, 5, container.New(layout.NewCustomPaddedLayout(4, 4, 4, 4), next))))
	p.box = container.NewBorder(p.head, nil, nil, side, p.scroll)
	return p
}

// sideWidth is that of what happens next, in device-independent pixels.
const sideWidth = 320

func subhead(text string) *widget.Label {
	l := widget.NewLabel(text)
	l.SizeName, l.TextStyle.Bold = theme.SizeNameSubHeadingText, true
	return l
}

func (p *reviewPage) content() fyne.CanvasObject { return p.box }
func (p *reviewPage) focus() fyne.Focusable      { return p.show }

// typed scrolls.
func (p *reviewPage) typed(ev *fyne.KeyEvent) {
	step := map[fyne.KeyName]float32{
		fyne.KeyDown: 60, fyne.KeyUp: -60, fyne.KeyPageDown: p.scroll.Size().Height * 0.8, fyne.KeyPageUp: -p.scroll.Size().Height * 0.8,
	}[ev.Name]
	if most := p.scroll.Content.MinSize().Height - p.scroll.Size().Height; step != 0 && most > 0 {
		p.scroll.ScrollToOffset(fyne.NewPos(0, min(max(p.scroll.Offset.Y+step, 0), most)))
	}
}

// update takes what was found once it is told, and shows what was decided since.
func (p *reviewPage) update() {
	if p.found == nil {
		if !p.w.model.complete {
			setText(p.head, tr("Asking Portreeve what listens…"))
			return
		}
		f := p.w.model.find()
		p.found = &f
		p.lay()
	}
	for id, views := range p.rows {
		for _, v := range views {
			if r := p.w.model.rows[id]; r != nil {
				v.set(r)
			} else {
				v.end()
			}
		}
	}
	enable(p.show, !p.w.busy(exampleJob))
}

// lay makes the rows, what is worth a look first.
func (p *reviewPage) lay() {
	setText(p.head, foundHead(*p.found))
	row := func(id string, reason bool) fyne.CanvasObject {
		v := newLearnedView(p.w)
		v.reason = reason
		p.rows[id] = append(p.rows[id], v)
		return v
	}
	if len(p.found.look) > 0 {
		p.list.Add(subhead(tr("Worth a look")))
		for _, id := range p.found.look {
			p.list.Add(row(id, true))
			p.list.Add(widget.NewSeparator())
		}
	}
	if p.found.all > 0 {
		p.list.Add(subhead(tr("All that listens, by what started it")))
	}
	for _, g := range p.found.groups {
		fold := &foundFold{rows: spaced()}
		for _, id := range g.ids {
			fold.rows.Add(row(id, false))
			fold.rows.Add(widget.NewSeparator())
		}
		fold.rows.Hide()
		fold.button = widget.NewButtonWithIcon("", theme.MenuExpandIcon(), func() { fold.turn(p) })
		fold.button.Importance = widget.LowImportance
		fold.button.Alignment = widget.ButtonAlignLeading
		fold.button.SetText(g.title + " (" + decimal(int32(len(g.ids))) + ")")
		names := newLine(faint())
		names.set(g.names, faint())
		p.list.Add(container.NewBorder(nil, nil, container.New(fixedWidth(foldWidth), fold.button), nil, container.New(middle{}, names)))
		p.list.Add(fold.rows)
		p.folds = append(p.folds, fold)
	}
	p.list.Refresh()
}

// turn unfolds a group, or folds it.
func (f *foundFold) turn(p *reviewPage) {
	if f.rows.Visible() {
		f.rows.Hide()
		f.button.SetIcon(theme.MenuExpandIcon())
	} else {
		f.rows.Show()
		f.button.SetIcon(theme.MenuDropDownIcon())
	}
	p.list.Refresh()
}

// example has the resident start its own listener, so that a notice comes.
func (p *reviewPage) example() {
	p.w.run(job{id: exampleJob, doing: tr("Starting the example…")},
		func(ctx context.Context) error { return p.w.verbs.Example(ctx) },
		func(err error) {
			if err != nil {
				p.w.outcome.fail(err)
				return
			}
			p.w.outcome.say(tr("Portreeve's own example listens now: a notice should come. It does nothing and ends after ten minutes."), "")
		})
}

// foldWidth is that of a group's name, in device-independent pixels.
const foldWidth = 226

// middle puts one object in the middle of the height that there is.
type middle struct{}

func (middle) Layout(one []fyne.CanvasObject, size fyne.Size) {
	height := one[0].MinSize().Height
	one[0].Move(fyne.NewPos(0, (size.Height-height)/2))
	one[0].Resize(fyne.NewSize(size.Width, height))
}

func (middle) MinSize(one []fyne.CanvasObject) fyne.Size { return one[0].MinSize() }
