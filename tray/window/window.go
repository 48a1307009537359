// Package window is Portreeve's window: the list of listeners, live, with the
// chosen one's details and what can be done about it. It is a client of the
// resident and holds nothing that outlives it.
//
//	window.go    the parts put together         shell.go   the navigation and its pages
//	model*.go    the list without a screen      words.go   facts -> words (pure)
//	listeners.go the page of the listeners      list.go    its rows and columns
//	details.go   the chosen listener            explain.go the page that explains
//	actions.go   know, forget, copy             stop.go    stop, and what is in its way
//	group.go     stop what belongs together     ask.go     a question with its answers
//	timeline*.go who held which port when       rules*.go  what was decided, and changing it
//	settings*.go every setting                  review*.go the first start
//	outcome.go   how it went                    live.go    the watch, and its loss
//	theme.go     colours and sizes              look.go    lines, banners, panels
//	text.go      the user's language            open*.go   a real window, or why there is none
//
// Everything but live.go's goroutines belongs to the goroutine that runs Fyne.
// Verbs never run there: each has a goroutine of its own and comes back by the
// window's do. What programs call themselves is cleaned before it is shown.
package window

import (
	"context"
	"iter"
	"os"
	account "os/user"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// Verbs is what the window asks of the resident; a *localapi.Client has it. The
// methods may block and are called from several goroutines.
type Verbs interface {
	// Watch gives a snapshot and then every change; it ends with ctx, or with
	// an error when the resident is gone.
	Watch(ctx context.Context, since uint64) iter.Seq2[reeve.Event, error]
	CountClients(context.Context) (*reeve.ClientCounts, error)
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
	startWidth  = 1180
	startHeight = 720
)

// Title is what the window's frame says.
const Title = "Portreeve"

// window is one window. All fields but the inbox belong to Fyne's goroutine.
type window struct {
	verbs Verbs
	win   fyne.Window
	clip  fyne.Clipboard
	do    func(func()) // runs a function on Fyne's goroutine, in order, without waiting
	windowTime

	model    *model
	settings *reeve.SettingsAnswer // as last told; nil before
	tongue   *tongue
	status   reeve.Status
	lost     error // why the watch does not run; nil while it does

	awaited string // a listener that is to be shown once it comes

	inbox     chan news // from the watch; a full one makes the watch wait
	scheduled atomic.Bool
	ctx       context.Context // ends with the window; for the goroutines of verbs
	end       context.CancelFunc
	running   sync.WaitGroup

	frame     *fyne.Container // all but the navigation
	shell     *shell
	listeners *listenersPage
	banners   *banners
	foot      *widget.Label
	outcome   *outcome
	question  *question      // the dialog that is open; nil for none
	jobs      map[string]job // under way, by listener id
	shortcuts fyne.ShortcutHandler
	syncing   bool // widgets are being told, not asked
	ticking   bool // tick will come again by itself
}

// windowTime is the window's time.
type windowTime struct {
	now func() time.Time
	// after runs a function on Fyne's goroutine some time later.
	after func(time.Duration, func())
}

// newWindow fills win and starts the watch, on Fyne's goroutine. It ends with
// ctx or close, whichever is first.
func newWindow(ctx context.Context, verbs Verbs, win fyne.Window, first reeve.ShowRequest, do func(func()), c windowTime) *window {
	w := &window{
		verbs: verbs, win: win, clip: fyne.CurrentApp().Clipboard(), do: do, windowTime: c,
		model: newModel(), inbox: make(chan news, mostNews), jobs: map[string]job{},
	}
	w.ctx, w.end = context.WithCancel(ctx)
	// The theme and the language come before the first picture.
	w.tongue = newTongue()
	if s, err := firstly(w.ctx, verbs); err == nil {
		w.adopt(s)
	}
	if me, err := account.Current(); err == nil { // else everything counts as the user's own
		w.model.me, w.model.home = me.Username, me.HomeDir
		if home, err := os.UserHomeDir(); err == nil {
			w.model.home = home
		}
	}
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
	w.banners = newBanners()
	w.outcome = newOutcome(w)
	w.foot = widget.NewLabel("")
	w.foot.Importance = widget.LowImportance
	w.listeners = newListenersPage(w)
	w.shell = newShell(w)
	bottom := container.NewVBox(widget.NewSeparator(),
		container.NewBorder(nil, nil, nil, w.foot, w.outcome.box))
	w.frame = container.NewBorder(w.banners.box, bottom, nil, nil, w.shell.stage)
	w.win.SetPadded(false)
	w.win.SetContent(container.NewBorder(nil, nil, w.shell.box, nil,
		container.New(layout.NewCustomPaddedLayout(8, 4, 10, 10), w.frame)))
}

// fit gives the foot the height that it needs now. Fyne lays out anew by itself
// only when the least size of something changes, which that of a text that wraps
// does late.
func (w *window) fit() {
	w.outcome.box.Refresh()
	w.frame.Refresh()
}

// keys binds what the keyboard does while nothing has it. The modifier is
// Control, on a Mac Command.
func (w *window) keys() {
	c := w.win.Canvas()
	c.SetOnTypedKey(func(ev *fyne.KeyEvent) {
		if w.question != nil {
			w.question.typed(ev)
			return
		}
		w.shell.page().typed(ev)
	})
	c.SetOnTypedRune(func(r rune) {
		switch {
		case w.question != nil:
		case r == '/':
			w.find()
		default:
			w.shell.page().typedRune(r)
		}
	})
	w.on(fyne.KeyF, w.find)
	w.on(fyne.KeyE, func() { w.shell.turn(reeve.PageExplain) })
	c.AddShortcut(&fyne.ShortcutCopy{}, func(fyne.Shortcut) { w.copyAddress() })
}

// on has a key with the modifier do something while no question is open. Entries
// hand such keys on: see textField.
func (w *window) on(key fyne.KeyName, do func()) {
	s := &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}
	act := func(fyne.Shortcut) {
		if w.question == nil {
			do()
		}
	}
	w.shortcuts.AddShortcut(s, act)
	w.win.Canvas().AddShortcut(s, act)
}

// find gives the keys to the search of the listeners.
func (w *window) find() {
	w.shell.turn(reeve.PageListeners)
	w.win.Canvas().Focus(w.listeners.search)
}

// show does what a ShowRequest asks: it turns to a page, selects a listener and
// raises the window. The listener may be one that has not come yet.
func (w *window) show(q reeve.ShowRequest) {
	if q.Page == reeve.PageReview && q.Listener != "" {
		q.Page = reeve.PageListeners // the first start selects none
	}
	w.shell.turn(q.Page)
	if q.Listener != "" {
		w.choose(q.Listener)
		w.awaited = q.Listener
		w.meet()
	}
	w.win.Show()
	w.win.RequestFocus()
}

// meet reveals the listener that a ShowRequest named as soon as it is there.
func (w *window) meet() {
	if w.awaited != "" && w.model.rows[w.awaited] != nil {
		w.awaited = ""
		w.listeners.reveal()
	}
}

// choose selects a listener.
func (w *window) choose(id string) {
	w.awaited = ""
	w.model.choose(id)
	w.refresh()
}

// visit turns to the listeners with one of them selected and in sight.
func (w *window) visit(id string) {
	w.shell.turn(reeve.PageListeners)
	w.choose(id)
	w.listeners.reveal()
}

// refresh brings the screen to the model's state.
func (w *window) refresh() {
	if w.shell == nil {
		return // a widget calls back while it is being built
	}
	w.model.sweep(w.now(), w.listeners.list.held())
	w.model.settle()
	w.shell.update()
	w.foot.SetText(foot(w.model.count()))
	w.banners.set(w.warnings())
	w.outcome.update()
	w.tick()
}

// tickTime is how often rows that glow or fade are drawn anew.
const tickTime = 100 * time.Millisecond

// tick keeps rows that glow or fade alive as long as there are any.
func (w *window) tick() {
	if w.ticking || !w.model.lively(w.now()) {
		return
	}
	w.ticking = true
	w.after(tickTime, func() {
		w.ticking = false
		if w.ctx.Err() != nil {
			return
		}
		w.listeners.list.animate()
		w.model.sweep(w.now(), w.listeners.list.held())
		if w.model.stale {
			w.refresh()
			return
		}
		w.tick()
	})
}

// warnings are the sentences above the list, the gravest first.
func (w *window) warnings() []banner {
	var all []banner
	if w.lost != nil {
		text := tr("Portreeve's watch is not running.")
		if w.model.complete {
			text += " " + tr("The list is as of {{.Time}}.", "Time", w.model.asOf.Local().Format("15:04"))
		}
		all = append(all, banner{text: text})
	}
	for _, p := range w.status.Problems {
		b := banner{text: clean(p.Text, longText)}
		switch p.About {
		case reeve.AboutRules:
			b.label, b.act = tr("Open Rules"), func() { w.shell.turn(reeve.PageRules) }
		case reeve.AboutSettings:
			b.label, b.act = tr("Open Settings"), func() { w.shell.turn(reeve.PageSettings) }
		case reeve.AboutHistory:
			b.label, b.act = tr("Open Timeline"), func() { w.shell.turn(reeve.PageTimeline) }
		}
		all = append(all, b)
	}
	if w.model.partial != "" {
		all = append(all, banner{text: tr("The list may be old: {{.Why}}.", "Why", clean(w.model.partial, longText))})
	}
	if runtime.GOOS == "linux" && (w.model.source == "procfs" || w.model.source == "gopsutil") {
		all = append(all, banner{text: tr("This computer does not let Portreeve ask the kernel directly, so it reads /proc instead: that costs more, and shows a new listener a little later.")})
	}
	if u := w.status.PausedUntil; u != "" {
		all = append(all, banner{text: tr("Notices are held back until {{.Time}}.", "Time", moment(u, w.now(), "")),
			label: tr("Resume notices"), act: w.resume})
	}
	return slices.CompactFunc(all, func(a, b banner) bool { return a.text == b.text })
}
