package window

import (
	"slices"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// manner is how a fact is written.
type manner int

// The manners.
const (
	asText    manner = iota // a sentence over the full width
	asLead                  // the answer, in a word
	asHeading               // of those that follow
	asFact                  // a text beside its caption
	asPath                  // the same in the letters of a terminal: a command line, a path
	asDetail                // beneath a sentence, small
	asStep                  // one thing to try
)

// fact is a line of an answer or of the details.
type fact struct {
	manner
	caption, text string
}

// facts are lines that build up one thing to read.
type facts []fact

// say adds a line unless its text is empty.
func (f *facts) say(as manner, text string) { f.add(as, "", text) }

func (f *facts) add(as manner, caption, text string) {
	if text != "" {
		*f = append(*f, fact{as, caption, text})
	}
}

// parts gives the headings of an explanation's parts.
func parts(part string) string {
	switch part {
	case reeve.PartAddress:
		return tr("The address")
	case reeve.PartPort:
		return tr("The port")
	case reeve.PartWho:
		return tr("Who is there")
	case reeve.PartAnswer:
		return tr("Does it answer?")
	case reeve.PartWhy:
		return tr("Why it does not answer")
	}
	return ""
}

// explained is an explanation to read: the answer, its parts with the exact
// facts beneath, what can be done, who is connected, and who was there before.
func explained(e *reeve.Explanation, now time.Time) facts {
	var f facts
	f.say(asLead, clean(e.Summary, longText))
	part := ""
	for _, one := range e.Findings {
		if one.Part != part {
			part = one.Part
			f.say(asHeading, parts(part))
		}
		f.say(asText, clean(one.Text, longText))
		for _, exact := range one.Facts {
			f.say(asDetail, clean(exact, longText))
		}
	}
	if len(e.Try) > 0 {
		f.say(asHeading, tr("What you can do"))
	}
	for _, t := range e.Try {
		f.say(asStep, "→ "+clean(t, longText))
	}
	if len(e.Clients) > 0 {
		f.say(asHeading, tr("Connected now")+" · "+strconv.Itoa(len(e.Clients)))
	}
	for i, c := range e.Clients {
		if i == mostClients {
			f.say(asDetail, tr("and {{.N}} more", "N", len(e.Clients)-mostClients))
			break
		}
		f.say(asDetail, peer(&c))
	}
	if len(e.Before) > 0 {
		f.say(asHeading, tr("Earlier on this port"))
	}
	for i := range e.Before {
		if i == mostBefore {
			break
		}
		f.say(asDetail, spell(&e.Before[i], now))
	}
	return f
}

// The most lines of a kind in an answer.
const (
	mostClients = 12
	mostBefore  = 8
)

// peer says who is connected: "psql (pid 4711) from 127.0.0.1:51234".
func peer(p *reeve.Peer) string {
	name := clean(p.Program, shortText)
	if p.PID != 0 {
		name += " (pid " + decimal(p.PID) + ")"
	}
	text := tr("{{.Program}} from {{.Address}}", "Program", name, "Address", clean(p.Address, shortText))
	if p.State != "" && p.State != "established" {
		text += ", " + clean(p.State, shortText)
	}
	return text
}

// spell says who held a port and when: "node · 14:02 – 14:10".
func spell(s *reeve.Spell, now time.Time) string {
	began := moment(s.Opened, now, "")
	if s.Before {
		began = tr("before {{.Time}}", "Time", began)
	}
	ended := tr("now")
	if s.Closed != "" {
		ended = moment(s.Closed, now, "")
	}
	text := clean(s.Program, shortText) + " · " + began + " – " + ended
	if s.Place != "" {
		text += " · " + clean(s.Place, longText)
	}
	return text
}

// reading shows facts, which can be selected and copied. It can be scrolled.
type reading struct {
	list   *fyne.Container
	scroll *container.Scroll
	shown  facts
}

func newReading() *reading {
	r := &reading{list: container.New(tight{})}
	r.scroll = container.NewVScroll(r.list)
	return r
}

// set shows these facts. Those that are the same stay as they are, so that what
// the user has marked in them stays marked.
func (r *reading) set(want facts) {
	if slices.Equal(want, r.shown) {
		return
	}
	for i, f := range want {
		switch {
		case i >= len(r.shown):
			r.list.Objects = append(r.list.Objects, f.object())
		case f != r.shown[i]:
			r.list.Objects[i] = f.object()
		}
	}
	r.list.Objects = slices.Clip(r.list.Objects[:len(want)])
	r.shown = want
	r.list.Refresh()
	r.scroll.Refresh()
}

// captionWidth is the left column of the facts, in device-independent pixels.
const captionWidth = 96

func (f fact) object() fyne.CanvasObject {
	text := widget.NewLabel(f.text)
	text.Selectable, text.Wrapping = true, fyne.TextWrapWord
	switch f.manner {
	case asLead:
		text.SizeName, text.TextStyle.Bold = theme.SizeNameSubHeadingText, true
	case asHeading:
		heading := newLine(plain())
		heading.set(f.text, strong())
		return container.NewBorder(container.NewPadded(widget.NewSeparator()), nil, nil, nil, heading)
	case asDetail:
		text.SizeName, text.Importance = theme.SizeNameCaptionText, widget.LowImportance
	case asPath:
		text.TextStyle.Monospace, text.SizeName = true, theme.SizeNameCaptionText
	}
	if f.caption == "" {
		return text
	}
	caption := newLine(plain())
	caption.set(f.caption, faint())
	return container.New(captioned{}, caption, text)
}

// tight stacks facts: the padding that each text brings is enough, so they
// overlap by half of it.
type tight struct{}

func (tight) Layout(facts []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for _, f := range facts {
		height := f.MinSize().Height
		f.Move(fyne.NewPos(0, y))
		f.Resize(fyne.NewSize(size.Width, height))
		y += height - theme.InnerPadding()
	}
}

func (tight) MinSize(facts []fyne.CanvasObject) fyne.Size {
	s := fyne.NewSize(0, theme.InnerPadding())
	for _, f := range facts {
		s.Width = max(s.Width, f.MinSize().Width)
		s.Height += f.MinSize().Height - theme.InnerPadding()
	}
	return s
}

// captioned puts a caption of fixed width before a text that wraps.
type captioned struct{}

func (captioned) Layout(two []fyne.CanvasObject, size fyne.Size) {
	two[0].Move(fyne.NewPos(0, 1))
	two[0].Resize(fyne.NewSize(captionWidth, two[0].MinSize().Height))
	two[1].Move(fyne.NewPos(captionWidth, 0))
	two[1].Resize(fyne.NewSize(max(0, size.Width-captionWidth), size.Height))
}

func (captioned) MinSize(two []fyne.CanvasObject) fyne.Size {
	text := two[1].MinSize()
	return fyne.NewSize(captionWidth+text.Width, max(text.Height, two[0].MinSize().Height))
}
