package notify

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"
)

// App is the program's name as notices show it.
const App = "Portreeve"

// Options are how notices are shown. The zero value is allowed.
type Options struct {
	// Icon is a PNG picture of at most 256 by 256 pixels; nil for none.
	Icon []byte
	// Hold is how long notices wait for a notification daemon that is not there
	// (yet) before they are dropped; zero means 5 seconds, which is what a
	// session takes to start its daemon.
	Hold time.Duration
	// Log is told each distinct failure once; nil for slog.Default().
	Log *slog.Logger
}

// Desktop shows notices on the user's desktop: with buttons where the
// notification daemon has them, else by beeep. Its methods never block and may
// be called from any goroutine; what they ask for is done by Run, in order.
// Nothing waits for a daemon that hangs but Run itself, and that at most 2
// seconds at a time.
type Desktop struct {
	icon    []byte
	picture *picture // the icon as the daemon wants it; nil for none
	hold    time.Duration
	log     *slog.Logger

	box     *box
	presses chan Press
	means   atomic.Value // Means

	// The fields below belong to Run's goroutine.
	holdUntil  time.Time
	plainDone  chan error // delivers when a plain notice was shown; nil for none
	complained map[string]bool
}

// Open makes a desktop that shows nothing before Run runs. An icon that can't
// be read is left out, which is logged.
func Open(o Options) *Desktop {
	d := &Desktop{
		icon: o.Icon, hold: o.Hold, log: o.Log,
		box:        newBox(),
		presses:    make(chan Press, 16),
		complained: make(map[string]bool),
	}
	if d.hold == 0 {
		d.hold = 5 * time.Second
	}
	if d.log == nil {
		d.log = slog.Default()
	}
	if len(o.Icon) > 0 {
		p, err := decodePicture(o.Icon)
		if err != nil {
			d.icon = nil
			d.complain(err)
		}
		d.picture = p
	}
	d.means.Store(None)
	return d
}

// Show shows a notice, or replaces the one with its key.
func (d *Desktop) Show(n Notice) { d.box.put(job{notice: n}) }

// Withdraw takes the notice with that key from the screen, if it is still
// there. Plain notices can't be withdrawn.
func (d *Desktop) Withdraw(key string) {
	d.box.put(job{notice: Notice{Key: key}, withdraw: true})
}

// Presses delivers the pressed buttons. Somebody has to receive: presses that
// pile up are dropped after 16. The channel is never closed.
func (d *Desktop) Presses() <-chan Press { return d.presses }

// Means says how notices reach the user at the moment; None before Run.
func (d *Desktop) Means() Means { return d.means.Load().(Means) }

// Dropped counts the notices that could not be shown to anybody.
func (d *Desktop) Dropped() uint64 { return d.box.losses() }

// Run shows what it is asked to until ctx ends, then withdraws what stands and
// returns nil within about half a second. It finds the session bus again when
// that dies, and the notification daemon whenever one appears. Run may be
// called once.
//
// One goroutine may outlive it: that of a plain notice that the desktop has not
// answered yet, since beeep can't be told to give up. There is never a second.
func (d *Desktop) Run(ctx context.Context) error {
	defer d.means.Store(None)
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		d.runPlain(ctx)
		return nil
	}
	d.holdUntil = time.Now().Add(d.hold)
	for wait := firstWait; ctx.Err() == nil; wait = min(2*wait, longestWait) {
		met, err := d.session(ctx)
		if ctx.Err() != nil {
			break
		}
		if met {
			wait = firstWait
			d.lost()
		}
		d.complain(err)
		d.idle(ctx, wait)
	}
	return nil
}

// How long to wait before trying again: twice as long each time.
const (
	firstWait   = time.Second / 4
	longestWait = 30 * time.Second
)

// session talks to one session bus until it dies or ctx ends; met tells that
// there was one.
func (d *Desktop) session(ctx context.Context) (met bool, err error) {
	address, err := Bus()
	if err != nil {
		return false, err
	}
	b, err := connect(ctx, address)
	if err != nil {
		return false, err
	}
	defer b.close()
	s := &daemon{Desktop: d, bus: b}
	return true, s.serve(ctx)
}

// lost says that nobody shows notices any more.
func (d *Desktop) lost() {
	d.means.Store(None)
	d.holdUntil = time.Now().Add(d.hold)
}

// idle waits while there is nobody to show notices to.
func (d *Desktop) idle(ctx context.Context, wait time.Duration) {
	over := time.After(wait)
	for {
		wake, held := d.nobody()
		select {
		case <-ctx.Done():
			return
		case <-over:
			return
		case <-wake:
			d.box.drop()
		case <-held:
			d.box.drop()
		}
	}
}

// nobody gives the channels to drop the box by: as long as notices are held the
// end of that, then each newcomer.
func (d *Desktop) nobody() (wake <-chan struct{}, held <-chan time.Time) {
	if left := time.Until(d.holdUntil); left > 0 {
		return nil, time.After(left)
	}
	return d.box.wake, nil
}

// runPlain serves desktops whose notices have no buttons.
func (d *Desktop) runPlain(ctx context.Context) {
	d.means.Store(Plain)
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.box.wake:
		}
		j, ok := d.box.take()
		if !ok || j.withdraw || j.notice.Update {
			continue
		}
		title, body := clean(j.notice.Title, MaxTitle), clean(j.notice.Body, MaxBody)
		if runtime.GOOS == "windows" {
			title, body = unscripted(title), unscripted(body)
		}
		if err := d.plain(ctx, title, body); err != nil {
			d.box.lose()
			d.complain(err)
			d.means.Store(None)
			continue
		}
		d.means.Store(Plain)
	}
}

var errBusy = errors.New("show a plain notice: the desktop has not answered the last one")

// plain shows one notice by beeep, or gives up on it after callTime. As long as
// one that was given up on still waits, others are refused.
func (d *Desktop) plain(ctx context.Context, title, body string) error {
	if d.plainDone != nil {
		select {
		case <-d.plainDone:
		default:
			return errBusy
		}
	}
	done := make(chan error, 1)
	d.plainDone = done
	go func() { done <- showPlain(App, unoptioned(title), unoptioned(body), d.icon) }()
	select {
	case err := <-done:
		d.plainDone = nil
		return err
	case <-time.After(callTime):
		return context.DeadlineExceeded
	case <-ctx.Done():
		return ctx.Err()
	}
}

// complain logs an error the first time.
func (d *Desktop) complain(err error) {
	if err == nil || d.complained[err.Error()] || len(d.complained) > 100 {
		return
	}
	d.complained[err.Error()] = true
	d.log.Warn("notices", "err", err)
}
