package window

import (
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// fact is a line of the details. Without a caption it is a sentence over the
// full width; without a text it is the heading of those that follow.
type fact struct {
	caption, text string
	mono          bool // a command line or a path
}

// details is the right side: the chosen listener in words, the buttons, then
// every fact that is known. Its texts can be selected and copied.
type details struct {
	w           *window
	box         *fyne.Container
	title       *widget.Label
	addr        *widget.Label
	stop, more  *widget.Button
	known, copy *widget.Button
	body, empty fyne.CanvasObject
	list        *fyne.Container
	scroll      *container.Scroll
	shown       []fact
	id          string
}

func newDetails(w *window) *details {
	d := &details{w: w, title: widget.NewLabel(""), addr: widget.NewLabel(""), list: container.New(tight{})}
	d.title.SizeName, d.title.TextStyle.Bold = theme.SizeNameSubHeadingText, true
	d.title.Truncation, d.title.Selectable = fyne.TextTruncateEllipsis, true
	d.addr.Selectable, d.addr.Truncation = true, fyne.TextTruncateEllipsis
	d.stop = widget.NewButton("Stop", w.stop)
	d.more = widget.NewButton("More", w.more)
	d.known = widget.NewButton("I know this", w.know)
	d.copy = widget.NewButton("Copy address", w.copyAddress)
	d.scroll = container.NewVScroll(d.list)
	empty := widget.NewLabel("Choose a listener to see who is behind it.")
	empty.Wrapping, empty.Alignment = fyne.TextWrapWord, fyne.TextAlignCenter
	d.empty = container.NewVBox(layout.NewSpacer(), empty, layout.NewSpacer())
	head := container.New(pair{}, d.title, d.addr)
	buttons := container.New(layout.NewCustomPaddedLayout(0, 0, theme.InnerPadding(), 0),
		container.NewHBox(d.stop, d.more, d.known, d.copy))
	d.body = container.NewBorder(container.NewVBox(head, buttons, widget.NewSeparator()), nil, nil, nil, d.scroll)
	d.box = container.NewPadded(container.NewStack(d.empty, d.body))
	return d
}

// focus gives the keys to the first button that works: Space presses it, Tab
// goes on.
func (d *details) focus() {
	for _, b := range []*widget.Button{d.stop, d.known, d.copy} {
		if !b.Disabled() && d.body.Visible() {
			d.w.win.Canvas().Focus(b)
			return
		}
	}
}

// update shows the model's current listener. Texts that are the same stay as
// they are, so that what the user has marked in them stays marked.
func (d *details) update() {
	r := d.w.model.current()
	if r == nil {
		d.body.Hide()
		d.empty.Show()
		d.id, d.shown = "", nil
		return
	}
	d.empty.Hide()
	d.body.Show()
	l := &r.Listener
	setText(d.title, program(l))
	where := address(l)
	if l.Protocol == "udp" {
		where += " (UDP)"
	}
	setText(d.addr, where)
	d.buttons(r)

	facts := d.w.facts(r)
	if r.ID == d.id && slices.Equal(facts, d.shown) {
		return
	}
	if r.ID != d.id {
		d.scroll.ScrollToTop()
	}
	d.id, d.shown = r.ID, facts
	d.list.RemoveAll()
	for _, f := range facts {
		d.list.Add(f.object())
	}
}

// buttons sets what the buttons say and whether they work.
func (d *details) buttons(r *row) {
	_, ok := d.w.stoppable()
	enable(d.stop, ok)
	enable(d.more, ok && len(r.Owners) > 0)
	label := "I know this"
	if r.Verdict == verdictKnown {
		label = "Forget this"
	}
	if d.known.Text != label {
		d.known.SetText(label)
	}
	enable(d.known, !r.ended && !d.w.busy(r.ID))
}

// facts is all that is known of a listener, the words first.
func (w *window) facts(r *row) []fact {
	l := &r.Listener
	var all []fact
	say := func(text string) {
		if text != "" {
			all = append(all, fact{text: text})
		}
	}
	add := func(caption, text string, mono bool) {
		if text != "" {
			all = append(all, fact{caption, text, mono})
		}
	}
	if r.ended {
		say("It has ended: it does not listen any more.")
	}
	say(clean(l.Reach, longText))
	if l.Look != "" {
		say("Worth a look: " + clean(l.Look, longText) + ".")
	}
	if l.Hidden != "" {
		say("Owner hidden: " + clean(l.Hidden, longText))
	}
	add("Runs", clean(l.Place, longText), false)
	add("State", verdictOf(l).word, false)
	add("Since", since(l, w.now()), false)
	if len(l.Owners) > 1 {
		say(strconv.Itoa(len(l.Owners)) + " processes hold it. Stop ends the first.")
	}
	for i := range l.Owners {
		o := &l.Owners[i]
		all = append(all, fact{caption: clean(o.Name, shortText) + " · pid " + decimal(o.PID)})
		add("Command", commandLine(o.Cmdline), true)
		add("File", clean(o.Exe, longText), true)
		add("Folder", clean(o.Dir, longText), true)
		add("User", clean(o.User, shortText), false)
		add("Started", moment(o.Started, w.now(), ""), false)
		add("Started by", parents(o.Parents), false)
		add("Unit", clean(o.Unit, longText), false)
		add("Container", clean(o.Container, longText), false)
	}
	all = append(all, fact{caption: "Socket"})
	add("Protocol", protocol(l), false)
	if l.Protocol == "tcp" {
		add("Waiting", strconv.FormatUint(uint64(l.Queue), 10)+" of at most "+
			strconv.FormatUint(uint64(l.Backlog), 10)+" connections", false)
	}
	return all
}

// protocol says what speaks there, as a listener on :: takes IPv4 too unless it
// refuses.
func protocol(l *reeve.Listener) string {
	text := map[string]string{"tcp": "TCP", "udp": "UDP"}[l.Protocol]
	if text == "" {
		text = clean(l.Protocol, shortText)
	}
	switch {
	case l.IPv6Only:
		text += ", IPv6 only"
	case l.Address == "::":
		text += ", IPv6 and IPv4"
	}
	return text
}

// parents names what started a process, nearest first.
func parents(names []string) string {
	const most = 6
	text := ""
	for i, n := range names {
		if i == most {
			return text + " ← …"
		}
		if i > 0 {
			text += " ← "
		}
		text += clean(n, shortText)
	}
	return text
}

// captionWidth is the left column of the facts, in device-independent pixels.
const captionWidth = 92

func (f fact) object() fyne.CanvasObject {
	if f.text == "" {
		heading := newLine(plain())
		heading.set(f.caption, strong())
		return container.NewBorder(container.NewPadded(widget.NewSeparator()), nil, nil, nil, heading)
	}
	text := widget.NewLabel(f.text)
	text.Selectable, text.Wrapping = true, fyne.TextWrapWord
	if f.mono {
		text.TextStyle.Monospace = true
		text.SizeName = theme.SizeNameCaptionText
	}
	if f.caption == "" {
		return text
	}
	caption := newLine(plain())
	caption.set(f.caption, faint())
	return container.New(captioned{}, caption, text)
}

// tight stacks the facts: the padding that each text brings is enough, so they
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

func setText(l *widget.Label, text string) {
	if l.Text != text {
		l.SetText(text)
	}
}

func enable(b *widget.Button, on bool) {
	if on == !b.Disabled() {
		return
	}
	if on {
		b.Enable()
	} else {
		b.Disable()
	}
}
