package window

import (
	"context"
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// timelinePage shows who held which port when: a picture with a lane for each
// program, what is under the cursor in words, and the same as a list by day. It
// asks for the record when it is turned to, after changes, and from time to time,
// since the present moves on.
type timelinePage struct {
	silent
	w *window

	within reach
	chosen bool           // the user has chosen it
	answer *reeve.History // the last one; nil before the first
	failed error          // why the last question had no answer
	tl     *timeline
	days   []entry
	picked spot // selected by a click or the keyboard
	under  spot // under the cursor

	asking, again bool // a question is under way; another one has to follow
	asked         time.Time
	seen          time.Time // the moment of the last change that was asked about
	turned        bool      // the page is shown
	timer         *time.Timer

	ranges []*rangeButton
	search *textField
	export *widget.Button
	axis   *axis
	lanes  *laneList
	list   *dayList
	words  *spellWords
	note   *widget.Label
	empty  *widget.Label
	way    *widget.Button // the way on, where the page is empty
	body   fyne.CanvasObject
}

// rangeButton is one of the ranges to choose.
type rangeButton struct {
	*widget.Button
	within reach
}

const (
	mostSpells   = 5000             // of one answer
	historyTime  = 15 * time.Second // bounds one question
	leastPause   = 2 * time.Second  // between two questions
	settlePause  = 700 * time.Millisecond
	shortestStep = 15 * time.Second // until the present is drawn anew
)

func newTimelinePage(w *window) *timelinePage {
	p := &timelinePage{w: w, within: lastDay, picked: nowhere, under: nowhere, tl: newTimeline(nil, lastDay, "", time.Time{}, w.now())}
	for _, r := range []struct {
		within reach
		label  string
	}{{lastHour, tr("Last hour")}, {lastDay, tr("Last day")}, {lastWeek, tr("Last week")}, {allTime, tr("All")}} {
		p.ranges = append(p.ranges, &rangeButton{widget.NewButton(r.label, func() { p.choose(r.within) }), r.within})
	}
	p.search = newTextField(p.w)
	p.search.SetPlaceHolder(tr("Program, port, folder"))
	p.search.OnChanged = func(string) { p.lay() }
	p.search.OnSubmitted = func(string) { w.win.Canvas().Focus(p.lanes) }
	p.export = widget.NewButton(tr("Export as CSV…"), p.save)
	p.axis = newAxis(p)
	p.lanes = newLaneList(p)
	p.list = newDayList(p)
	p.words = newSpellWords(p)
	p.note = widget.NewLabel("")
	p.note.Wrapping, p.note.SizeName = fyne.TextWrapWord, theme.SizeNameCaptionText
	p.note.Hide()
	p.empty = widget.NewLabel("")
	p.empty.Alignment, p.empty.Wrapping = fyne.TextAlignCenter, fyne.TextWrapWord
	p.way = widget.NewButton("", nil)
	p.way.Hide()
	return p
}

func (p *timelinePage) content() fyne.CanvasObject {
	var buttons []fyne.CanvasObject
	for _, b := range p.ranges {
		buttons = append(buttons, b.Button)
	}
	tools := container.NewBorder(nil, nil, container.NewHBox(buttons...), p.export,
		container.New(layout.NewCustomPaddedLayout(0, 0, 8, 8), p.search))
	picture := container.NewBorder(p.axis, nil, nil, nil, p.lanes.framed())
	above := container.NewBorder(nil, p.words.box, nil, nil, picture)
	split := container.NewVSplit(above, p.list)
	split.Offset = 0.62
	p.body = split
	nothing := container.NewCenter(container.NewVBox(
		container.New(fixedWidth(460), p.empty), container.NewCenter(p.way)))
	p.mark()
	return container.NewBorder(container.NewVBox(tools, newLegend(), p.note), nil, nil, nil, container.NewStack(split, nothing))
}

func (p *timelinePage) focus() fyne.Focusable { return p.lanes }

func (p *timelinePage) typed(ev *fyne.KeyEvent) { p.lanes.TypedKey(ev) }

func (p *timelinePage) shown() {
	p.turned = true
	p.draw()
	p.ask()
}

func (p *timelinePage) hidden() {
	p.turned = false
	p.point(nowhere)
	p.stopTimer()
}

// update asks anew some moments after the list of listeners has changed: the
// record is written with a delay, too.
func (p *timelinePage) update() {
	if p.turned && p.w.model.asOf.After(p.seen) && !p.asking {
		p.seen = p.w.model.asOf
		p.askIn(max(settlePause, leastPause-p.w.now().Sub(p.asked)))
	}
}

func (p *timelinePage) stopTimer() {
	if p.timer != nil {
		p.timer.Stop()
	}
}

// askIn asks after a pause, unless the page is left before.
func (p *timelinePage) askIn(pause time.Duration) {
	p.stopTimer()
	p.timer = time.AfterFunc(pause, func() {
		if p.w.ctx.Err() == nil {
			p.w.do(func() {
				if p.turned {
					p.ask()
				}
			})
		}
	})
}

// ask fetches the record of the chosen range. One question is under way at a
// time; a second one follows it.
func (p *timelinePage) ask() {
	if p.asking {
		p.again = true
		return
	}
	p.asking, p.again, p.asked = true, false, p.w.now()
	q := reeve.HistoryRequest{Limit: mostSpells}
	if p.within != allTime {
		q.Since = p.w.now().Add(-time.Duration(p.within)).Format(time.RFC3339)
	}
	p.w.running.Go(func() {
		ctx, cancel := context.WithTimeout(p.w.ctx, historyTime)
		defer cancel()
		answer, err := p.w.verbs.History(ctx, q)
		if err == nil && answer == nil {
			err = errors.New("read history: no answer")
		}
		p.w.do(func() {
			if p.w.ctx.Err() != nil {
				return
			}
			p.asking, p.failed = false, err
			if err == nil {
				p.begin(answer)
				p.answer = answer
			}
			p.lay()
			switch {
			case !p.turned:
			case p.again:
				p.ask()
			default:
				p.askIn(max(time.Duration(p.within)/300, shortestStep))
			}
		})
	})
}

// begin takes the last hour for the range where the first answer tells that the
// record is no older: a day of it would be a sliver at the picture's edge.
func (p *timelinePage) begin(first *reeve.History) {
	if p.answer != nil || p.chosen {
		return
	}
	if oldest, err := time.Parse(time.RFC3339, first.Oldest); err == nil && p.w.now().Sub(oldest) < time.Duration(lastHour) {
		p.within = lastHour
		p.mark()
	}
}

// choose changes the range.
func (p *timelinePage) choose(within reach) {
	p.within, p.chosen = within, true
	p.mark()
	p.lay()
	p.ask()
}

// mark shows which range is chosen.
func (p *timelinePage) mark() {
	for _, b := range p.ranges {
		importance := widget.MediumImportance
		if b.within == p.within {
			importance = widget.HighImportance
		}
		if b.Importance != importance {
			b.Importance = importance
			b.Refresh()
		}
	}
}

// lay builds picture and list from the last answer. The selected bar stays
// selected.
func (p *timelinePage) lay() {
	var spells []reeve.Spell
	var beginning time.Time
	if p.answer != nil {
		spells = p.answer.Spells
		if t, err := time.Parse(time.RFC3339, p.answer.Oldest); err == nil {
			beginning = t
		}
	}
	var old *reeve.Spell
	if b := p.tl.barAt(p.picked); b != nil {
		old = b.spell
	}
	p.tl = newTimeline(spells, p.within, p.search.Text, beginning, p.w.now())
	p.days = p.tl.byDay()
	p.picked, p.under = p.tl.find(old), nowhere
	p.draw()
}

// draw brings everything to the state.
func (p *timelinePage) draw() {
	text, way, act := p.nothing()
	setText(p.empty, text)
	p.way.OnTapped = act
	if p.way.Text != way {
		p.way.SetText(way)
	}
	p.way.Hidden = way == ""
	p.way.Refresh()
	if p.body != nil {
		was := p.body.Visible()
		if p.tl.count > 0 {
			p.body.Show()
		} else {
			p.body.Hide()
		}
		// What is hidden can't be given the keys at the turn.
		if c := p.w.win.Canvas(); !was && p.body.Visible() && p.turned && p.w.question == nil && c.Focused() != fyne.Focusable(p.search) {
			c.Focus(p.lanes)
		}
	}
	note := ""
	if p.answer != nil && p.answer.Cut {
		note = trn("There is more: only the latest {{.N}} are shown. A shorter range shows all of its own.", len(p.answer.Spells))
	}
	if p.answer != nil && p.answer.Problem != "" {
		note = tr("Not everything could be recorded: {{.Why}}", "Why", full(p.answer.Problem))
	}
	p.note.Hidden = note == ""
	setText(p.note, note)
	enable(p.export, p.tl.count > 0)
	p.axis.Refresh()
	p.lanes.Refresh()
	p.list.Refresh()
	p.words.update()
}

// nothing says why nothing is to be seen, and names a way on with what it does;
// empty where something is.
func (p *timelinePage) nothing() (text, way string, act func()) {
	switch {
	case p.tl.count > 0:
		return "", "", nil
	case p.answer == nil && p.failed != nil:
		text, hint := failure(p.failed)
		return text + "\n" + hint, tr("Try again"), p.ask
	case p.answer == nil:
		return tr("Reading the record…"), "", nil
	case p.answer.Off:
		return tr("History is switched off: nothing is recorded."), tr("Open the settings"), func() { p.w.shell.turn(reeve.PageSettings) }
	case p.answer.Problem != "":
		return "", tr("Try again"), p.ask
	case p.search.Text != "":
		return tr("Nothing in this range matches “{{.Text}}”.", "Text", clean(p.search.Text, shortText)), tr("Clear the search"), func() { p.search.SetText("") }
	case p.within != allTime:
		return tr("Nothing listened in this range."), tr("Show all"), func() { p.choose(allTime) }
	}
	return tr("Nothing is recorded yet. What listens from now on will stand here."), "", nil
}

// point says what is under the cursor.
func (p *timelinePage) point(at spot) {
	if p.under == at {
		return
	}
	p.under = at
	p.lanes.mark()
	p.words.update()
}

// pick selects a bar.
func (p *timelinePage) pick(at spot) {
	p.picked = at
	p.lanes.mark()
	if at.lane >= 0 {
		p.lanes.ScrollTo(at.lane)
	}
	p.list.follow(at)
	p.words.update()
}

// visit goes to the details of a bar that still listens; tells whether it does.
func (p *timelinePage) visit(at spot) bool {
	b := p.tl.barAt(at)
	if b == nil || !b.open || p.w.model.rows[b.spell.ID] == nil {
		return false
	}
	p.w.visit(b.spell.ID)
	return true
}

// save asks for a file and writes what is shown into it.
func (p *timelinePage) save() {
	var spells []reeve.Spell
	for _, e := range p.days {
		if e.bar != nil {
			spells = append(spells, *e.bar.spell)
		}
	}
	d := dialog.NewFileSave(func(file fyne.URIWriteCloser, err error) {
		if file == nil && err == nil {
			return // the user thought better of it
		}
		if err == nil {
			err = errors.Join(writeCSV(file, spells), file.Close())
		}
		if err != nil {
			p.w.outcome.fail(err)
			return
		}
		p.w.outcome.say(trn("{{.N}} entries written to {{.File}}.", len(spells), "File", clean(file.URI().Name(), shortText)), "")
	}, p.w.win)
	d.SetFileName("portreeve-" + p.w.now().Format("2006-01-02") + ".csv")
	d.SetTitleText(tr("Export as CSV"))
	d.Show()
}
