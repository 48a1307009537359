package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"portreeve/assets"
	"portreeve/monitor/localapi"
	"portreeve/monitor/process"
	"portreeve/monitor/reeve"
	"portreeve/monitor/store"
	"portreeve/tray"
	"portreeve/tray/autostart"
	"portreeve/tray/notify"
)

// shutdown is how long everything may take to end; what hangs is left behind.
const shutdown = 900 * time.Millisecond

// resident watches until ctx ends or the user quits. A second one shows the
// first one's window instead, unless it was a login that started it.
func resident(ctx context.Context, out io.Writer, atLogin bool) error {
	if hasWindow {
		// The static sibling does the same in a tenth of the memory.
		if static, ok := sibling(residentName); ok {
			var args []string
			if atLogin {
				args = []string{autostart.Command}
			}
			return become(static, args)
		}
	}
	dirs, err := store.UserDirs()
	if err != nil {
		return &reeve.Error{Code: reeve.CodeFailed, Message: err.Error(), Hint: "set HOME, or XDG_CONFIG_HOME and XDG_STATE_HOME"}
	}
	lock := flock.New(filepath.Join(dirs.Runtime, "resident.lock"))
	switch mine, err := lock.TryLock(); {
	case err != nil:
		return fmt.Errorf("lock the runtime folder: %w", err)
	case !mine && atLogin:
		return nil // the session brought it back already
	case !mine:
		return secondStart(ctx, dirs, out)
	}
	defer func() { _ = lock.Unlock() }() // goes with the process in any case
	ignoreHangup()
	slog.SetLogLoggerLevel(slog.LevelWarn) // what is normal is not logged
	// The resident is idle nearly always: small beats fast.
	debug.SetGCPercent(50)
	return watch(ctx, dirs, out, atLogin)
}

// secondStart lets the running resident show its window.
func secondStart(ctx context.Context, dirs store.Dirs, out io.Writer) error {
	c := localapi.NewClient(dirs.Runtime)
	s, err := c.Status(ctx)
	if err != nil {
		return &reeve.Error{Code: reeve.CodeFailed, Message: "another portreeve is running and does not answer: " + oneLine(err),
			Hint: "end that one first"}
	}
	fmt.Fprintf(out, "portreeve: running already, as process %d\n", s.PID)
	if !graphical() {
		return nil
	}
	if err := c.Show(ctx, reeve.ShowRequest{}); err != nil {
		fmt.Fprintf(out, "portreeve: %s\n", oneLine(err))
	}
	return nil
}

// watch makes the rooms, connects them and runs them.
func watch(ctx context.Context, dirs store.Dirs, out io.Writer, atLogin bool) error {
	ctx, quit := context.WithCancel(ctx)
	defer quit()
	s := store.Open(dirs)
	hashes := process.NewHasher()
	m, err := newMonitor(s, hashes, true)
	if err != nil {
		return err
	}
	socket, err := localapi.Listen(dirs.Runtime)
	if err != nil {
		return err
	}
	kids := &children{}
	face := newFace(out, atLogin)
	r := reeve.New(reeve.Options{
		Hasher:  hashes,
		Version: versionText(), Monitor: m, Store: s, Words: words(), Resident: true,
		OpenWindow: kids.openWindow, Elevate: elevate(), Login: login(), Example: kids.example, Desktop: face.means,
	})
	kids.windowEnded = r.WindowEnded
	teller := tray.NewTeller(face.notices, r, tray.TellerOptions{})
	r.Stopping = teller.Stopping

	// Feeds and mailboxes are taken before the first reading, so that all see it.
	housekeeping, history, notices := m.Subscribe(0), m.Subscribe(0), r.Feed()
	rooms := newRooms(ctx, quit)
	rooms.face("notices", face.runNotices)
	if face.host != nil {
		icon, menu := tray.NewIcon(face.host, r, teller, quit), r.Feed()
		rooms.face("tray", face.host.Run)
		rooms.run("icon", func(ctx context.Context) error { return icon.Run(ctx, menu) })
	}
	rooms.run("local api", func(ctx context.Context) error { return localapi.Serve(ctx, socket, r) })
	rooms.run("store", func(ctx context.Context) error { return r.Keep(ctx, housekeeping) })
	rooms.run("memory", trim)
	rooms.run("history", func(ctx context.Context) error { return r.Record(ctx, history) })
	rooms.run("teller", func(ctx context.Context) error { return teller.Run(ctx, notices) })
	rooms.run("introduction", func(ctx context.Context) error { return face.introduce(ctx, out, r) })
	rooms.run("monitor", m.Run)
	return rooms.wait()
}

// rooms runs the goroutines of the resident. None of them ends before its
// context does unless it fails; the monitor's failure ends the program, another's
// is told and the watch goes on.
type rooms struct {
	ctx  context.Context
	quit context.CancelFunc
	wg   sync.WaitGroup
	// The faces end last, since what the others say in the end goes through them:
	// they withdraw the notices and take the icon off the panel.
	faces    context.Context
	endFaces context.CancelFunc
	faced    sync.WaitGroup

	mu    sync.Mutex
	fatal error
}

func newRooms(ctx context.Context, quit context.CancelFunc) *rooms {
	r := &rooms{ctx: ctx, quit: quit}
	r.faces, r.endFaces = context.WithCancel(context.WithoutCancel(ctx))
	return r
}

func (r *rooms) run(name string, f func(context.Context) error) {
	r.wg.Go(func() { r.note(name, f(r.ctx)) })
}

func (r *rooms) face(name string, f func(context.Context) error) {
	r.faced.Go(func() { r.note(name, f(r.faces)) })
}

func (r *rooms) note(name string, err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	slog.Error(name+" failed", "error", err)
	if name == "monitor" {
		r.mu.Lock()
		r.fatal = err
		r.mu.Unlock()
		r.quit()
	}
}

// wait blocks until ctx has ended and the rooms too, the faces last, all within
// shutdown.
func (r *rooms) wait() error {
	<-r.ctx.Done()
	limit := time.After(shutdown)
	for _, last := range []func(){r.wg.Wait, func() { r.endFaces(); r.faced.Wait() }} {
		ended := make(chan struct{})
		go func() { last(); close(ended) }()
		select {
		case <-ended:
		case <-limit:
			slog.Warn("some rooms did not end in time")
			limit = time.After(0) // the faces get their word all the same
		}
	}
	r.endFaces()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fatal
}

// face is how this session reaches its user: tray and notices on a desktop,
// lines in a terminal elsewhere.
type face struct {
	host       *tray.Host // nil where the platform has no tray
	notices    tray.Notices
	runNotices func(context.Context) error
	noticed    func() notify.Means
	// atLogin tells that the desktop may still be coming up, and that nobody
	// asked for a window.
	atLogin bool
}

func newFace(out io.Writer, atLogin bool) *face {
	f := &face{atLogin: atLogin}
	host, err := tray.NewHost(slog.Default())
	if err != nil {
		slog.Info("no tray icon", "error", err)
	} else {
		f.host = host
	}
	if _, err := notify.Bus(); err != nil && runtime.GOOS != "windows" && runtime.GOOS != "darwin" {
		lines := notify.Terminal(out)
		f.notices, f.runNotices, f.noticed = lines, lines.Run, lines.Means
		return f
	}
	picture, err := assets.PNG(assets.Quiet, 64)
	if err != nil {
		slog.Warn("notices have no picture", "error", err)
	}
	options := notify.Options{Icon: picture}
	if atLogin {
		options.Hold = loginPatience
	}
	desktop := notify.Open(options)
	f.notices, f.runNotices, f.noticed = desktop, desktop.Run, desktop.Means
	return f
}

// means says how the desktop is reached, for the status.
func (f *face) means() (string, string) {
	if f.host == nil {
		return tray.NoTray, string(f.noticed())
	}
	return f.host.Tray(), string(f.noticed())
}

// trayPatience is how long a panel may take to show the icon of a program that
// was started by hand, before the window is opened in its place.
const trayPatience = 5 * time.Second

// introduce says in one line where the user finds the program, and opens the
// window where there is no tray.
func (f *face) introduce(ctx context.Context, out io.Writer, r *reeve.Reeve) error {
	if f.waitForTray(ctx) {
		fmt.Fprintln(out, "portreeve: watching, with an icon in your tray")
		return nil
	}
	if ctx.Err() != nil {
		return nil
	}
	if !graphical() {
		fmt.Fprintln(out, "portreeve: watching here, since there is no desktop to show an icon on; Ctrl-C ends it")
		return nil
	}
	_, why := tray.Available(ctx)
	fmt.Fprintf(out, "portreeve: watching without a tray icon: %s\n", why)
	if f.atLogin {
		return nil // the icon comes when a panel does, and notices need none
	}
	if err := r.Show(ctx, reeve.ShowRequest{}); err != nil {
		fmt.Fprintf(out, "portreeve: %s\n", oneLine(err))
	}
	return nil
}

// waitForTray reports whether the icon is on a panel. It waits for one only
// where a desktop may still bring it.
func (f *face) waitForTray(ctx context.Context) bool {
	if f.host == nil || !graphical() {
		return f.host != nil && f.host.Tray() == tray.Shown
	}
	patience := trayPatience
	if f.atLogin {
		patience = loginPatience
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for f.host.Tray() != tray.Shown {
		select {
		case <-look.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
