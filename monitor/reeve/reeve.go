package reeve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"sync"
	"time"

	"portreeve/monitor"
	"portreeve/monitor/explain"
	"portreeve/monitor/familiar"
	"portreeve/monitor/process"
	"portreeve/monitor/store"
)

// Options are what the verbs work with.
type Options struct {
	Version string
	Monitor *monitor.Monitor
	Store   *store.Store
	Words   explain.Words
	// Resident tells that the monitor runs for as long as the verbs are used. A
	// terminal without a resident leaves it false: each verb then reads for
	// itself, and Watch runs the monitor while it lasts.
	Resident bool
	// OpenWindow starts the window's process; nil where there is none to start.
	OpenWindow func(ShowRequest) error
	// Hasher is the monitor's, so that a file is read once; nil for one of our own.
	Hasher *process.Hasher
	// Stopping is told the id of each listener that a user has stopped, by
	// whatever face, before its process is asked to end; nil for nobody. It must
	// not block. It is set before a verb is used.
	Stopping func(listener string)
	// Example starts Portreeve's own harmless listener; nil for none.
	Example func(context.Context) error
	// Elevate ends the process of a request with the rights of root, after the
	// system has asked the user; nil where there is no way to. Nothing but the
	// two ids of the request is handed on.
	Elevate func(context.Context, StopRequest) (process.Outcome, error)
	// Login is whether Portreeve starts at login; nil where there is no way to.
	Login Login
	// OnBattery reports whether the computer runs on its battery; nil for what
	// the system says.
	OnBattery func() (bool, error)
	// Desktop says how tray and notices stand, in the words of Status; nil where
	// there is no desktop.
	Desktop func() (tray, notices string)
}

// Reeve has the verbs. It is safe for several goroutines.
type Reeve struct {
	Options
	boot     string
	user     string // whose rules are made by hand
	appraise appraiser
	flat     flattener

	mu       sync.Mutex
	paused   time.Time // notices are held until then
	ends     *time.Timer
	awaited  []uint16        // ports that are waited for, ascending; see Await
	unsaved  Problem         // why what was last told could not be written
	lately   []familiar.Rule // taken back, the latest last; see restore.go
	settings Settings        // the resident's
	pace     time.Duration   // how often the monitor looks
	watchers map[*watcher]bool
	opening  time.Time    // when a window was started that has not come yet
	waiting  *ShowRequest // what it is to show when it comes
}

// New makes the verbs. Nothing runs until one is used.
func New(o Options) *Reeve {
	boot := monitor.Boot()
	r := &Reeve{Options: o, boot: boot, watchers: map[*watcher]bool{}}
	r.appraise = appraiser{hashes: o.Hasher, packages: process.NewPackages()}
	if r.appraise.hashes == nil {
		r.appraise.hashes = process.NewHasher()
	}
	if me, err := user.Current(); err == nil {
		r.user = me.Username
	}
	low, high := monitor.EphemeralRange()
	r.flat = flattener{words: o.Words, boot: boot, book: &familiar.Book{EphemeralLow: low, EphemeralHigh: high},
		projects: projects{home: o.Words.Home}}
	r.hold(o.Store.LoadPause())
	if o.Resident {
		r.settings = o.Store.LoadSettings(true)
		r.use(context.Background(), r.settings)
	}
	r.awaited = o.Store.LoadAwaited()
	return r
}

// List reads at once and gives all listeners.
func (r *Reeve) List(ctx context.Context) (*Listing, error) {
	u, err := r.Monitor.Now(ctx)
	if err != nil {
		return nil, failed("read the listeners", err)
	}
	return r.listing(u), nil
}

func (r *Reeve) listing(u monitor.Update) *Listing {
	l := &Listing{Seq: u.Seq, Listeners: r.flat.all(u.Listeners), Source: u.Source}
	if u.Partial != nil {
		l.Partial = u.Partial.Error()
	}
	return l
}

// Forget takes rules back, and the baseline's word for that listener.
func (r *Reeve) Forget(ctx context.Context, req ForgetRequest) (*Forgotten, error) {
	if (req.Rule == "") == (req.Listener == "") {
		return nil, &Error{Code: CodeUsage, Message: "forget takes the id of a rule or of a listener", Hint: "give one of them"}
	}
	if req.Rule != "" {
		return r.forgetRule(ctx, req.Rule)
	}
	l, book, err := r.find(ctx, req.Listener)
	if err != nil {
		return nil, err
	}
	ids, program := book.Covering(l.Listening), r.Words.Program(l.Listening)
	at := explain.Endpoint(l.Local)
	without := book.WithoutRules(ids).WithoutBaseline(l.Listening)
	if len(ids) == 0 && len(without.Baseline) == len(book.Baseline) {
		return &Forgotten{Rules: []string{}, Text: fmt.Sprintf("%s on %s was not known.", program, at)}, nil
	}
	if len(ids) > 0 {
		var gone []familiar.Rule
		if _, err := r.Store.ChangeRules(ctx, func(rs []familiar.Rule) []familiar.Rule {
			gone = named(rs, ids...)
			return (&familiar.Book{Rules: rs}).WithoutRules(ids).Rules
		}); err != nil {
			return nil, failed("save the rules", err)
		}
		r.remember(gone)
	}
	if len(without.Baseline) != len(book.Baseline) {
		if err := r.Store.SaveBaseline(ctx, without.Baseline); err != nil {
			return nil, failed("save what was here before", err)
		}
	}
	answer := &Forgotten{Rules: append([]string{}, ids...), Text: fmt.Sprintf("Forgotten: %s on %s is new again.", program, at)}
	return answer, r.judgeBy(ctx, book, func(b *familiar.Book) { *b = *without })
}

func (r *Reeve) forgetRule(ctx context.Context, id string) (*Forgotten, error) {
	var gone []familiar.Rule
	rules, err := r.Store.ChangeRules(ctx, func(rs []familiar.Rule) []familiar.Rule {
		gone = named(rs, id)
		return (&familiar.Book{Rules: rs}).WithoutRules([]string{id}).Rules
	})
	if err != nil {
		return nil, failed("save the rules", err)
	}
	if len(gone) == 0 {
		return nil, noRule(id)
	}
	r.remember(gone)
	book, err := r.book(ctx)
	if err != nil {
		return nil, err
	}
	return &Forgotten{Rules: []string{id}, Text: "Forgotten: the rule is gone."},
		r.judgeBy(ctx, book, func(b *familiar.Book) { b.Rules = rules })
}

// judgeBy hands the monitor a changed copy of a book.
func (r *Reeve) judgeBy(ctx context.Context, book *familiar.Book, change func(*familiar.Book)) error {
	b := *book
	change(&b)
	if err := r.Monitor.SetBook(ctx, &b); err != nil {
		return failed("use the rules", err)
	}
	return nil
}

// Example starts Portreeve's own harmless listener.
func (r *Reeve) Example(ctx context.Context) error {
	if r.Options.Example == nil {
		return &Error{Code: CodeNoResident, Message: "only a running portreeve shows the example", Hint: "start it: portreeve"}
	}
	if err := r.Options.Example(ctx); err != nil {
		return failed("start the example", err)
	}
	return nil
}

// book gives what listeners are judged by now.
func (r *Reeve) book(ctx context.Context) (*familiar.Book, error) {
	now, err := r.Monitor.Book(ctx)
	if err != nil {
		return nil, failed("read the rules", err)
	}
	book := *now
	book.Boot = r.boot
	return &book, nil
}

// find looks for a listener that was shown.
func (r *Reeve) find(ctx context.Context, id string) (*monitor.Listener, *familiar.Book, error) {
	_, l, book, err := r.look(ctx, id)
	return l, book, err
}

// look is find, with all that listens beside it.
func (r *Reeve) look(ctx context.Context, id string) (monitor.Update, *monitor.Listener, *familiar.Book, error) {
	u, err := r.Monitor.Now(ctx)
	if err != nil {
		return u, nil, nil, failed("read the listeners", err)
	}
	book, err := r.book(ctx)
	if err != nil {
		return u, nil, nil, err
	}
	for _, l := range u.Listeners {
		if r.flat.id(l) == id {
			return u, l, book, nil
		}
	}
	return u, nil, nil, &Error{Code: CodeChanged, Message: "that listener has ended meanwhile", Hint: "look again: portreeve list"}
}

// notSaved tells, until the next one, what could not be written.
func (r *Reeve) notSaved(about, sentence string) {
	r.mu.Lock()
	r.unsaved = Problem{about, sentence}
	r.mu.Unlock()
	r.tellStatus()
}

// failed wraps an error for the wire; one that is made for it stays as it is.
func failed(what string, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	hint := ""
	switch {
	case errors.Is(err, os.ErrPermission):
		hint = "the folder or file can't be written; see who owns it"
	case errors.Is(err, monitor.ErrEnded):
		hint = "start portreeve again"
	}
	return &Error{Code: CodeFailed, Message: fmt.Sprintf("%s: %v", what, err), Hint: hint}
}
