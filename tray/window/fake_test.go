package window

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// patience bounds every wait of these tests; none of them should come near.
const patience = 10 * time.Second

// watched is one step of a fake watch: an event, or its end with an error.
type watched struct {
	event reeve.Event
	err   error
}

// fakeVerbs is a resident that tells what it is given and notes what it is asked.
type fakeVerbs struct {
	watch   chan watched
	watches chan struct{} // one for each time that somebody begins to watch
	status  reeve.Status

	mu    sync.Mutex
	asked []any
	left  int // watches that have ended
	stop  func(context.Context, reeve.StopRequest) (*reeve.Stopped, error)
	group func(context.Context, reeve.GroupRequest) (*reeve.Group, error)
	know  error

	// What the pages ask for; nil answers that nothing is there.
	clients    map[string]int
	explain    func(context.Context, reeve.ExplainRequest) (*reeve.Explanation, error)
	history    func(reeve.HistoryRequest) (*reeve.History, error)
	choices    func(reeve.KnowRequest) (*reeve.Choices, error)
	rules      func() (*reeve.RuleList, error)
	changeRule func(reeve.RuleRequest) (*reeve.Rule, error)
	testRule   func(reeve.RuleRequest) (*reeve.RuleTest, error)
	settings   func() (*reeve.SettingsAnswer, error)
	change     func(reeve.Settings) (*reeve.SettingsAnswer, error)
	example    error
}

// errNoAnswer is what a fake without an answer says.
var errNoAnswer = &reeve.Error{Code: reeve.CodeFailed, Message: "no such answer in this test"}

// asked notes a request and gives the test's answer to it.
func asked[Q, A any](f *fakeVerbs, q Q, answer func(Q) (*A, error)) (*A, error) {
	f.note(q)
	f.mu.Lock()
	defer f.mu.Unlock()
	if answer == nil {
		return nil, errNoAnswer
	}
	return answer(q)
}

// Explain is not noted: the details ask for it by themselves.
func (f *fakeVerbs) Explain(ctx context.Context, q reeve.ExplainRequest) (*reeve.Explanation, error) {
	f.mu.Lock()
	answer := f.explain
	f.mu.Unlock()
	if answer == nil {
		return nil, errNoAnswer
	}
	return answer(ctx, q)
}

func (f *fakeVerbs) Await(_ context.Context, q reeve.AwaitRequest) (*reeve.Awaited, error) {
	f.note(q)
	return &reeve.Awaited{Ports: []uint16{q.Port}}, nil
}

func (f *fakeVerbs) History(_ context.Context, q reeve.HistoryRequest) (*reeve.History, error) {
	return asked(f, q, f.history)
}

func (f *fakeVerbs) Choices(_ context.Context, q reeve.KnowRequest) (*reeve.Choices, error) {
	return asked(f, q, f.choices)
}

func (f *fakeVerbs) ChangeRule(_ context.Context, q reeve.RuleRequest) (*reeve.Rule, error) {
	return asked(f, q, f.changeRule)
}

func (f *fakeVerbs) TestRule(_ context.Context, q reeve.RuleRequest) (*reeve.RuleTest, error) {
	return asked(f, q, f.testRule)
}

func (f *fakeVerbs) ChangeSettings(_ context.Context, q reeve.Settings) (*reeve.SettingsAnswer, error) {
	return asked(f, q, f.change)
}

// Rules and Settings are not noted: pages ask for them by themselves.
func (f *fakeVerbs) Rules(context.Context) (*reeve.RuleList, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rules == nil {
		return nil, errNoAnswer
	}
	return f.rules()
}

func (f *fakeVerbs) Settings(context.Context) (*reeve.SettingsAnswer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.settings == nil {
		return nil, errNoAnswer
	}
	return f.settings()
}

func (f *fakeVerbs) Example(context.Context) error {
	f.note("example")
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.example
}

func (f *fakeVerbs) Watch(ctx context.Context, since uint64) iter.Seq2[reeve.Event, error] {
	return func(yield func(reeve.Event, error) bool) {
		defer func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.left++
		}()
		select {
		case f.watches <- struct{}{}:
		default:
		}
		for {
			select {
			case w := <-f.watch:
				if !yield(w.event, w.err) || w.err != nil {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

func (f *fakeVerbs) note(q any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, q)
}

func (f *fakeVerbs) requests() []any {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]any(nil), f.asked...)
}

// CountClients is not noted: the list asks for it by itself.
func (f *fakeVerbs) CountClients(context.Context) (*reeve.ClientCounts, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.clients == nil {
		return nil, errNoAnswer
	}
	return &reeve.ClientCounts{Clients: f.clients}, nil
}

func (f *fakeVerbs) Status(context.Context) (*reeve.Status, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.status
	return &s, nil
}

func (f *fakeVerbs) Stop(ctx context.Context, q reeve.StopRequest) (*reeve.Stopped, error) {
	f.note(q)
	return f.stop(ctx, q)
}

func (f *fakeVerbs) StopGroup(ctx context.Context, q reeve.GroupRequest) (*reeve.Group, error) {
	f.note(q)
	return f.group(ctx, q)
}

func (f *fakeVerbs) Know(_ context.Context, q reeve.KnowRequest) (*reeve.Known, error) {
	f.note(q)
	if f.know != nil {
		return nil, f.know
	}
	return &reeve.Known{Rule: "rule-1", Text: "Known: prog-a, any port, only this computer."}, nil
}

func (f *fakeVerbs) Forget(_ context.Context, q reeve.ForgetRequest) (*reeve.Forgotten, error) {
	f.note(q)
	return &reeve.Forgotten{Rules: []string{"rule-1"}, Text: "no longer known"}, nil
}

func (f *fakeVerbs) Pause(_ context.Context, q reeve.PauseRequest) (*reeve.Status, error) {
	f.note(q)
	return &reeve.Status{}, nil
}

// desk is a window on Fyne's test driver. The test's goroutine is Fyne's: what
// the window asks to be run there waits until the test runs it.
type desk struct {
	*window
	*listenersPage
	t     testing.TB
	verbs *fakeVerbs
	queue chan func()

	time   time.Time
	timers []timer
}

// timer is what the window wants to do later.
type timer struct {
	at time.Time
	do func()
}

// pass lets time go by, and does what is due meanwhile.
func (d *desk) pass(by time.Duration) {
	d.t.Helper()
	end := d.time.Add(by)
	for {
		next := -1
		for i, t := range d.timers {
			if !t.at.After(end) && (next < 0 || t.at.Before(d.timers[next].at)) {
				next = i
			}
		}
		if next < 0 {
			d.time = end
			return
		}
		t := d.timers[next]
		d.timers = slices.Delete(d.timers, next, next+1)
		d.time = t.at
		t.do()
	}
}

// open makes a window whose watch has told a snapshot of ls.
func open(t *testing.T, first reeve.ShowRequest, ls ...reeve.Listener) *desk {
	t.Helper()
	d := openSilent(t, first)
	d.feed(snapshot(ls...))
	d.until("the snapshot is shown", func() bool { return d.model.complete })
	return d
}

// openSilent makes a window whose watch has told nothing yet.
func openSilent(t testing.TB, first reeve.ShowRequest) *desk {
	t.Helper()
	a := test.NewApp()
	t.Cleanup(a.Quit)
	wear("light")
	d := &desk{
		t: t, queue: make(chan func(), 1000), time: noon,
		verbs: &fakeVerbs{watch: make(chan watched), watches: make(chan struct{}, 100)},
	}
	d.verbs.stop = func(context.Context, reeve.StopRequest) (*reeve.Stopped, error) {
		return nil, errors.New("no stop expected")
	}
	win := a.NewWindow(Title)
	win.Resize(fyne.NewSize(startWidth, startHeight))
	d.window = newWindow(t.Context(), d.verbs, win, first,
		func(f func()) { d.queue <- f },
		windowTime{func() time.Time { return d.time }, func(after time.Duration, f func()) {
			d.timers = append(d.timers, timer{d.time.Add(after), f})
		}})
	d.model.me, d.model.home = "alice", "/home/alice"
	d.listenersPage = d.window.listeners
	t.Cleanup(func() { d.close(); win.Close() })
	return d
}

// feed sends events through the watch.
func (d *desk) feed(events ...reeve.Event) {
	d.t.Helper()
	for _, ev := range events {
		d.send(watched{event: ev})
	}
}

func (d *desk) send(w watched) {
	d.t.Helper()
	late := time.After(patience)
	for {
		select {
		case d.verbs.watch <- w:
			return
		case f := <-d.queue:
			f()
		case <-late:
			d.t.Fatalf("watch: got nobody who reads, want one")
		}
	}
}

// until runs what the window asks for until cond holds.
func (d *desk) until(what string, cond func() bool) {
	d.t.Helper()
	late := time.After(patience)
	for !cond() {
		select {
		case f := <-d.queue:
			f()
		case <-late:
			d.t.Fatalf("waiting until %s: got nothing in %v", what, patience)
		}
	}
}

// selectedRow is the id of the selected listener, where it is there.
func (d *desk) selectedRow() string {
	if r := d.model.current(); r != nil {
		return r.ID
	}
	return ""
}

// bannerTexts gives the sentences above the list.
func (d *desk) bannerTexts() []string {
	var texts []string
	for _, b := range d.banners.shown {
		texts = append(texts, b.text)
	}
	return texts
}

// offered gives the labels of the buttons at the foot.
func (d *desk) offered() []string {
	var labels []string
	for _, o := range d.outcome.choices.Objects {
		labels = append(labels, o.(*widget.Button).Text)
	}
	return labels
}

// offer gives the button at the foot with a label.
func (d *desk) offer(label string) *widget.Button {
	d.t.Helper()
	for _, o := range d.outcome.choices.Objects {
		if b := o.(*widget.Button); b.Text == label && d.outcome.choices.Visible() {
			return b
		}
	}
	d.t.Fatalf("buttons at the foot: got %q, want %q among them", d.offered(), label)
	return nil
}

// answers waits for a question and gives the labels of its answers, the one that
// declines last.
func (d *desk) answers() []string {
	d.t.Helper()
	d.until("a question is asked", func() bool { return d.question != nil })
	var labels []string
	for _, a := range append(slices.Clone(d.question.answers), d.question.decline) {
		labels = append(labels, a.Text)
	}
	return labels
}

// texts gives what stands in the open dialog, line by line.
func (d *desk) texts() string {
	var b strings.Builder
	for _, o := range test.LaidOutObjects(d.win.Canvas().Overlays().Top()) {
		if text, ok := o.(*canvas.Text); ok {
			b.WriteString(text.Text + "\n")
		}
	}
	return b.String()
}

// typeKey sends a key as the driver does: to what has the focus, else the window.
func (d *desk) typeKey(key fyne.KeyName) {
	c := d.win.Canvas()
	if f := c.Focused(); f != nil {
		press(f, key)
		return
	}
	c.OnTypedKey()(&fyne.KeyEvent{Name: key})
}

func press(w fyne.Focusable, key fyne.KeyName) { w.TypedKey(&fyne.KeyEvent{Name: key}) }

// TestMain pins the language: the texts in these tests are English.
func TestMain(m *testing.M) {
	for _, name := range []string{"LC_ALL", "LANGUAGE"} {
		os.Unsetenv(name)
	}
	os.Setenv("LANG", "en_US.UTF-8")
	if err := translate(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
