// Package window is Portreeve's window: the list of listeners, live, with the
// chosen one's details and what can be done about it. It is a client of the
// resident and holds nothing that outlives it.
//
//	model.go   the list without a screen      words.go   facts -> words (pure)
//	lookup.go  "what is this address?" (pure) live.go    the watch, and its loss
//	window.go  the parts put together         list.go    rows and columns
//	details.go the chosen listener            actions.go know, forget, copy
//	stop.go    stop, and what is in its way   group.go   stop what belongs together
//	ask.go     a question with its answers    outcome.go how it went
//	explain.go the question about an address  look.go    colours, texts, banners
//	open*.go   a real window, or why there is none
//
// Everything but live.go's goroutines belongs to the goroutine that runs Fyne.
// Verbs never run there: each has a goroutine of its own and comes back by the
// window's do. What programs call themselves is cleaned before it is shown.
package window

import (
	"context"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// Verbs is what the window asks of the resident; a *localapi.Client has it. The
// methods may block and are called from several goroutines.
type Verbs interface {
	// Watch gives a snapshot and then every change; it ends with ctx, or with
	// an error when the resident is gone.
	Watch(ctx context.Context, since uint64) iter.Seq2[reeve.Event, error]
	Status(context.Context) (*reeve.Status, error)
	Stop(context.Context, reeve.StopRequest) (*reeve.Stopped, error)
	StopGroup(context.Context, reeve.GroupRequest) (*reeve.Group, error)
	Know(context.Context, reeve.KnowRequest) (*reeve.Known, error)
	Forget(context.Context, reeve.ForgetRequest) (*reeve.Forgotten, error)
	Pause(context.Context, reeve.PauseRequest) (*reeve.Status, error)
	Explain(context.Context, reeve.ExplainRequest) (*reeve.Explanation, error)
	Await(context.Context, reeve.AwaitRequest) (*reeve.Awaited, error)
	History(context.Context, reeve.HistoryRequest) (*reeve.History, error)
	Choices(context.Context, reeve.KnowRequest) (*reeve.Choices, error)
	Rules(context.Context) (*reeve.RuleList, error)
	ChangeRule(context.Context, reeve.RuleRequest) (*reeve.Rule, error)
	TestRule(context.Context, reeve.RuleRequest) (*reeve.RuleTest, error)
	Settings(context.Context) (*reeve.SettingsAnswer, error)
	ChangeSettings(context.Context, reeve.Settings) (*reeve.SettingsAnswer, error)
	// Example has the resident start its own harmless listener.
	Example(context.Context) error
}

// The size that the window starts with, in device-independent pixels.
const (
	startWidth  = 1060
	startHeight = 640
)

// Title is what the window's frame says.
const Title = "Portreeve"

// window is one window. All fields but the inbox belong to Fyne's goroutine.
type window struct {
	verbs Verbs
	win   fyne.Window
	clip  fyne.Clipboard
	do    func(func()) // runs a function on Fyne's goroutine, in order, without waiting
	now   func() time.Time

	model  *model
	status reeve.Status
	lost   error // why the watch does not run; nil while it does

	awaited string // a listener that is to be shown once it comes

	inbox     chan news // from the watch; a full one makes the watch wait
	scheduled atomic.Bool
	ctx       context.Context // ends with the window; for the goroutines of verbs
	end       context.CancelFunc
	running   sync.WaitGroup

	frame    *fyne.Container // all that is in the window
	search   *searchEntry
	folded   *widget.Check
	list     *rowList
	empty    *widget.Label
	banners  *banners
	review   *fyne.Container
	reviewed *widget.Label
	explain  *explainPanel
	details  *details
	foot     *widget.Label
	outcome  *outcome
	question *question      // the dialog that is open; nil for none
	jobs     map[string]job // under way, by listener id
	syncing  bool           // widgets are being told, not asked
}

// newWindow fills win and starts the watch, on Fyne's goroutine. It ends with
// ctx or close, whichever is first.
func newWindow(ctx context.Context, verbs Verbs, win fyne.Window, first reeve.ShowRequest, do func(func()), now func() time.Time) *window {
	w := &window{
		verbs: verbs, win: win, clip: fyne.CurrentApp().Clipboard(), do: do, now: now,
		model: newModel(), inbox: make(chan news, mostNews), jobs: map[string]job{},
	}
	w.ctx, w.end = context.WithCancel(ctx)
	w.build()
	w.keys()
	w.show(first)
	w.running.Go(func() { w.follow(w.ctx) })
	return w
}

// close ends the goroutines and waits for them.
func (w *window) close() {
	w.end()
	w.running.Wait()
}

func (w *window) build() {
	w.search = newSearchEntry(w)
	w.folded = widget.NewCheck("", func(on bool) { w.model.folded = on; w.refresh() })
	explain := widget.NewButton("Explain an address…", func() { w.explain.open() })
	explain.Importance = widget.LowImportance

	w.list = newRowList(w)
	w.empty = widget.NewLabel("")
	w.empty.Alignment, w.empty.Wrapping = fyne.TextAlignCenter, fyne.TextWrapWord
	w.reviewed = widget.NewLabel("")
	w.reviewed.Wrapping = fyne.TextWrapWord
	w.review = container.NewBorder(nil, nil, nil,
		widget.NewButton("Usual order", func() { w.page(reeve.PageListeners) }), w.reviewed)
	w.review.Hide()
	w.explain = newExplainPanel(w)
	w.banners = newBanners()
	w.details = newDetails(w)
	w.outcome = newOutcome(w)
	w.foot = widget.NewLabel("")

	tools := container.NewBorder(nil, nil, nil, container.NewHBox(w.folded, explain), w.search)
	top := container.NewVBox(w.banners.box, tools, w.explain.box, w.review)
	table := container.NewBorder(
		container.NewVBox(header(), widget.NewSeparator()), nil, nil, nil,
		container.NewStack(w.list, container.NewCenter(container.NewGridWrap(fyne.NewSize(360, 90), w.empty))))
	split := container.NewHSplit(table, w.details.box)
	split.Offset = 0.62
	bottom := container.NewVBox(widget.NewSeparator(),
		container.NewBorder(nil, nil, nil, w.foot, w.outcome.box))
	w.frame = container.NewBorder(top, bottom, nil, nil, split)
	w.win.SetContent(container.NewPadded(w.frame))
	w.refresh()
}

// fit gives the foot the height that it needs now. Fyne lays out anew by itself
// only when the least size of something changes, which that of a text that wraps
// does late.
func (w *window) fit() {
	w.outcome.box.Refresh()
	w.frame.Refresh()
}

// keys binds what the keyboard does while no entry has it.
func (w *window) keys() {
	c := w.win.Canvas()
	c.SetOnTypedKey(func(ev *fyne.KeyEvent) {
		if w.question != nil {
			w.question.typed(ev)
			return
		}
		w.list.TypedKey(ev)
	})
	c.SetOnTypedRune(w.list.TypedRune)
	c.AddShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyF, Modifier: fyne.KeyModifierShortcutDefault},
		func(fyne.Shortcut) {
			if w.question == nil {
				c.Focus(w.search)
			}
		})
	c.AddShortcut(&fyne.ShortcutCopy{}, func(fyne.Shortcut) { w.copyAddress() })
}

// show does what a ShowRequest asks: it turns to a page, selects a listener and
// raises the window. The listener may be one that has not come yet.
func (w *window) show(q reeve.ShowRequest) {
	w.page(q.Page)
	if q.Listener != "" {
		w.choose(q.Listener)
		w.awaited = q.Listener
		w.meet()
	}
	w.win.Show()
	w.win.RequestFocus()
}

// page turns to a page; unknown names, of a newer resident, are the list.
func (w *window) page(name string) {
	w.model.page(name == reeve.PageReview)
	w.review.Hidden = name != reeve.PageReview
	if name == reeve.PageExplain {
		w.explain.open()
	}
	w.refresh()
	w.list.ScrollToTop()
}

// meet reveals the listener that a ShowRequest named as soon as it is there.
func (w *window) meet() {
	if w.awaited != "" && w.model.rows[w.awaited] != nil {
		w.awaited = ""
		w.reveal()
	}
}

// reveal brings the selected row into sight, whatever hid it.
func (w *window) reveal() {
	w.model.reveal(w.model.selected)
	w.syncing = true
	if w.search.Text != w.model.query {
		w.search.SetText(w.model.query)
	}
	w.folded.SetChecked(w.model.folded)
	w.syncing = false
	w.refresh()
	if i := w.model.index(w.model.selected); i >= 0 {
		w.list.ScrollTo(i)
	}
}

// choose selects a listener.
func (w *window) choose(id string) {
	w.awaited = ""
	w.model.choose(id)
	w.refresh()
}

// refresh brings the screen to the model's state.
func (w *window) refresh() {
	if w.outcome == nil {
		return // a check box calls back while it is being built
	}
	w.list.update()
	c := w.model.count()
	w.foot.SetText(foot(c))
	w.reviewed.SetText(reviewed(c))
	w.folded.Text = "Show temporary UDP"
	if c.folded > 0 && !w.model.folded {
		w.folded.Text = "Show temporary UDP (" + decimal(int32(c.folded)) + ")"
	}
	w.folded.Refresh()
	w.empty.SetText(w.nothing(c))
	w.banners.set(w.warnings())
	w.details.update()
	w.outcome.update()
}

// nothing says why the list is empty, where it is.
func (w *window) nothing(c counts) string {
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

// warnings are the sentences above the list, the gravest first.
func (w *window) warnings() []banner {
	var all []banner
	if w.lost != nil {
		text := "Portreeve's watch is not running."
		if w.model.complete {
			text += " The list is as of " + w.model.asOf.Local().Format("15:04") + "."
		}
		all = append(all, banner{text: text})
	}
	for _, p := range w.status.Problems {
		all = append(all, banner{text: clean(p, longText)})
	}
	if w.model.partial != "" {
		all = append(all, banner{text: "The list may be old: " + clean(w.model.partial, longText) + "."})
	}
	if u := w.status.PausedUntil; u != "" {
		all = append(all, banner{text: "Notices are held back until " + moment(u, w.now(), "") + ".",
			label: "Resume notices", act: w.resume})
	}
	return slices.CompactFunc(all, func(a, b banner) bool { return a.text == b.text })
}
