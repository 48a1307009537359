package window

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// The times of the question that the details ask by themselves.
const (
	askAfter = 150 * time.Millisecond // since the row was chosen: who passes many rows asks nothing
	askAgain = 3 * time.Second        // since the last answer: clients come and go
	askTime  = 10 * time.Second       // bounds one question
)

// details is the right side: the chosen listener, the buttons, what the resident
// says about it, then every fact that is known.
type details struct {
	w           *window
	box         *fyne.Container
	title       *widget.Label
	addr        *widget.Label
	stop, more  *action
	known       *action
	open, copy  *action
	body        *reading
	id          string             // the listener that is shown
	explanation *reeve.Explanation // of it; nil before the answer
	failed      error              // why there is none
	awake       bool               // the page is shown
	turn        int                // of asking; an answer of another turn is too late
}

func newDetails(w *window) *details {
	d := &details{w: w, title: widget.NewLabel(""), addr: widget.NewLabel(""), body: newReading()}
	d.title.SizeName, d.title.TextStyle.Bold = theme.SizeNameSubHeadingText, true
	d.title.Truncation, d.title.Selectable = fyne.TextTruncateEllipsis, true
	d.addr.Selectable, d.addr.Truncation = true, fyne.TextTruncateEllipsis
	back := func() { w.listeners.focusList() }
	d.stop = newAction(tr("Stop"), w.stop, back)
	d.more = newAction(tr("More ▾"), w.more, back)
	d.known = newAction(tr("I know this…"), w.know, back)
	d.open = newAction(tr("Open"), w.browse, back)
	d.copy = newAction(tr("Copy ▾"), w.copies, back)
	head := container.New(pair{}, d.title, d.addr)
	buttons := container.NewHBox(d.stop, d.known, d.open, d.copy, d.more)
	d.box = container.NewPadded(container.NewBorder(
		container.NewVBox(head, buttons, widget.NewSeparator()), nil, nil, nil, d.body.scroll))
	d.box.Hide()
	return d
}

// focus gives the keys to the first button that works: Space presses it, the
// arrows lead on.
func (d *details) focus() {
	for _, b := range []*action{d.stop, d.known, d.open, d.copy} {
		if !b.Disabled() && d.box.Visible() {
			d.w.win.Canvas().Focus(b)
			return
		}
	}
}

// update shows the model's current listener.
func (d *details) update() {
	r := d.w.model.current()
	if r == nil {
		d.id = ""
		d.forget()
		return
	}
	l := &r.Listener
	setText(d.title, program(l))
	where := address(l)
	if l.Protocol == "udp" {
		where += " (UDP)"
	}
	setText(d.addr, where+" · "+verdictOf(l).String())
	d.buttons(r)
	if r.ID != d.id {
		d.id = r.ID
		d.forget()
		d.body.scroll.ScrollToTop()
		if d.awake {
			d.askIn(askAfter)
		}
	}
	d.body.set(d.facts(r))
}

// forget drops the answer, and the question that is under way.
func (d *details) forget() {
	d.turn++
	d.explanation, d.failed = nil, nil
}

// resume and rest follow the page: nothing is asked while it is not shown.
func (d *details) resume() {
	d.awake = true
	if d.id != "" {
		d.askIn(0)
	}
}

func (d *details) rest() {
	d.awake = false
	d.turn++
}

// askIn asks the resident about the listener some time later, and then again
// and again while it is shown.
func (d *details) askIn(wait time.Duration) {
	d.turn++
	turn, id := d.turn, d.id
	d.w.after(wait, func() {
		if turn != d.turn {
			return
		}
		d.w.running.Go(func() {
			ctx, cancel := context.WithTimeout(d.w.ctx, askTime)
			defer cancel()
			e, err := d.w.verbs.Explain(ctx, reeve.ExplainRequest{Listener: id})
			d.w.do(func() {
				if turn != d.turn || d.w.ctx.Err() != nil {
					return
				}
				d.explanation, d.failed = e, err
				d.w.refresh()
				if r := d.w.model.current(); r != nil && !r.ended {
					d.askIn(askAgain)
				}
			})
		})
	})
}

// buttons sets what the buttons say and whether they work.
func (d *details) buttons(r *row) {
	_, ok := d.w.stoppable()
	enable(d.stop, ok)
	enable(d.more, ok)
	label := tr("I know this…")
	if r.Verdict == verdictKnown {
		label = tr("Forget this")
	}
	if d.known.Text != label {
		d.known.SetText(label)
	}
	enable(d.known, !r.ended && !d.w.busy(r.ID))
	_, ok = link(&r.Listener)
	enable(d.open, ok && !r.ended)
}

// facts is all that is known of a listener, the answer first.
func (d *details) facts(r *row) facts {
	l, now := &r.Listener, d.w.now()
	var f facts
	if r.ended {
		f.say(asLead, tr("It has ended: it does not listen any more."))
	}
	if e := d.explanation; e != nil && !r.ended {
		f = append(f, explained(e, now)...)
	} else {
		f.say(asText, clean(l.Reach, longText))
	}
	if l.Look != "" {
		f.say(asText, "⚠ "+tr("Worth a look: {{.Why}}.", "Why", clean(l.Look, longText)))
	}
	if l.Hidden != "" {
		f.say(asText, tr("Owner hidden: {{.Why}}", "Why", clean(l.Hidden, longText)))
		f.add(asPath, tr("To see it"), showHidden)
	}
	if d.failed != nil {
		f.say(asDetail, tr("Portreeve could not say more: {{.Why}}.", "Why", clean(d.failed.Error(), longText)))
	}
	f.say(asHeading, tr("Exactly"))
	f.add(asFact, tr("Runs"), clean(l.Place, longText))
	f.add(asFact, tr("Project"), clean(l.Project, longText))
	f.add(asFact, tr("Started by"), originOf(l))
	f.add(asFact, tr("Since"), since(l, now))
	f.add(asFact, tr("Protocol"), protocol(l))
	if l.Protocol == "tcp" {
		f.add(asFact, tr("Waiting"), tr("{{.Queue}} of at most {{.Backlog}} connections", "Queue", l.Queue, "Backlog", l.Backlog))
	}
	if len(l.Owners) > 1 {
		f.say(asText, trn("{{.N}} processes hold it. Stop ends the first.", len(l.Owners)))
	}
	for i := range l.Owners {
		o := &l.Owners[i]
		f.say(asHeading, clean(o.Name, shortText)+" · pid "+decimal(o.PID))
		f.add(asPath, tr("Command"), commandLine(o.Cmdline))
		f.add(asPath, tr("File"), clean(o.Exe, longText))
		f.add(asPath, tr("Folder"), clean(o.Dir, longText))
		f.add(asFact, tr("User"), clean(o.User, shortText))
		f.add(asFact, tr("Started"), moment(o.Started, now, ""))
		f.add(asFact, tr("Chain"), parents(o.Parents))
		f.add(asFact, tr("Unit"), clean(o.Unit, longText))
		f.add(asFact, tr("Container"), clean(o.Container, longText))
	}
	return f
}

// showHidden is the command that shows the owners that an ordinary user can't
// see.
const showHidden = "sudo portreeve list"

// protocol says what speaks there, as a listener on :: takes IPv4 too unless it
// refuses.
func protocol(l *reeve.Listener) string {
	text := map[string]string{"tcp": "TCP", "udp": "UDP"}[l.Protocol]
	if text == "" {
		text = clean(l.Protocol, shortText)
	}
	switch {
	case l.IPv6Only:
		text += ", " + tr("IPv6 only")
	case l.Address == "::":
		text += ", " + tr("IPv6 and IPv4")
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

// link is where a browser finds a listener, as far as its address tells: a
// wildcard is reached over loopback. ok is false for what no browser speaks to.
func link(l *reeve.Listener) (u *url.URL, ok bool) {
	at, err := netip.ParseAddr(l.Address)
	if err != nil || l.Protocol != "tcp" {
		return nil, false
	}
	switch {
	case at == netip.IPv4Unspecified():
		at = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case at == netip.IPv6Unspecified():
		at = netip.IPv6Loopback()
	}
	u = &url.URL{Scheme: "http", Host: net.JoinHostPort(at.String(), strconv.Itoa(int(l.Port))), Path: "/"}
	if l.Port == 443 || l.Port == 8443 {
		u.Scheme = "https"
	}
	return u, true
}

// action is a button of a page. Beside Space it takes Enter; the arrows lead to
// its neighbours, and Esc back to where the keys belong otherwise.
type action struct {
	widget.Button
	back func()
}

func newAction(label string, act, back func()) *action {
	a := &action{back: back}
	a.Text, a.OnTapped = label, act
	a.ExtendBaseWidget(a)
	return a
}

// TypedKey adds to a button's keys.
func (a *action) TypedKey(ev *fyne.KeyEvent) {
	c := fyne.CurrentApp().Driver().CanvasForObject(a)
	switch ev.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		if !a.Disabled() {
			a.OnTapped()
		}
	case fyne.KeyRight, fyne.KeyDown:
		c.FocusNext()
	case fyne.KeyLeft, fyne.KeyUp:
		c.FocusPrevious()
	case fyne.KeyEscape:
		a.back()
	default:
		a.Button.TypedKey(ev)
	}
}

func setText(l *widget.Label, text string) {
	if l.Text != text {
		l.SetText(text)
	}
}

func enable(b fyne.Disableable, on bool) {
	if on == !b.Disabled() {
		return
	}
	if on {
		b.Enable()
	} else {
		b.Disable()
	}
}
