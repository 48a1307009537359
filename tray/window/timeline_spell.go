package window

// What the timeline says of the bar that is pointed at or selected.

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
)

// spellWords is the line beneath the picture: what is under the cursor, else
// what is selected, else how to find out.
type spellWords struct {
	p         *timelinePage
	box       fyne.CanvasObject
	head, sub line
	more      *widget.Button
}

func newSpellWords(p *timelinePage) *spellWords {
	s := &spellWords{p: p, head: newLine(strong()), sub: newLine(faint())}
	s.more = widget.NewButton(tr("Details"), func() { p.visit(p.picked) })
	s.box = newPanel(colorSurface, 5, container.NewBorder(nil, nil, nil,
		container.NewCenter(container.New(layout.NewCustomPaddedLayout(0, 0, 0, 6), s.more)), container.New(pair{}, s.head, s.sub)))
	return s
}

func (s *spellWords) update() {
	b := s.p.tl.barAt(s.p.under)
	if b == nil {
		b = s.p.tl.barAt(s.p.picked)
	}
	enable(s.more, b != nil && b == s.p.tl.barAt(s.p.picked) && b.open && s.p.w.model.rows[b.spell.ID] != nil)
	if b == nil {
		s.head.set(tr("Point at a bar to see who it was"), plain())
		s.sub.set(tr("← → go from bar to bar, ↑ ↓ from program to program, Enter opens the details of what still listens."), faint())
		return
	}
	s.head.set(spellProgram(b.spell)+" · "+spellAddress(b.spell)+" · "+verdictOf(asListener(b.spell)).String(), strong())
	s.sub.set(spellStory(b, s.p.w.now()), faint())
}

// spellStory says all about a bar in one line.
func spellStory(b *bar, now time.Time) string {
	s := b.spell
	end := ""
	switch {
	case b.open:
		end = tr("still listening")
	case s.Lost:
		end = tr("its end was not seen")
	}
	return joinDots([]string{when(b, now), end, within(asListener(s)), clean(s.Place, longText), startedBy(s.Origin), clean(s.User, shortText)})
}

func startedBy(origin string) string {
	if origin == "" {
		return ""
	}
	return tr("started by {{.Origin}}", "Origin", clean(origin, shortText))
}
