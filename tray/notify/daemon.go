package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"slices"
	"time"

	"github.com/godbus/dbus/v5"
)

// The names of the Desktop Notifications Specification 1.2 and of the bus.
const (
	daemonName = "org.freedesktop.Notifications"
	daemonPath = dbus.ObjectPath("/org/freedesktop/Notifications")
	busName    = "org.freedesktop.DBus"
	defaultKey = "default" // the action of a click on the notice itself
	// drawsDefault is the name of the server that draws that action as one more
	// button, where others draw nothing (seen: xfce4-notifyd 0.7).
	drawsDefault = "Xfce Notify Daemon"
	little       = byte(0) // urgencies
	normal       = byte(1)
	neverExpire  = int32(0)
	asDaemon     = int32(-1) // the daemon's own time on the screen
)

var errBusDied = errors.New("the session bus is gone")

// daemon is one connection's talk with whatever owns daemonName.
type daemon struct {
	*Desktop
	*bus

	// owner is its unique name on the bus, empty while there is none to use.
	// Calls go there, since ids mean nothing to a daemon that came after it.
	owner   string
	buttons bool
	// drawsDefault tells that the default action would be a button.
	drawsDefault bool
	markup       bool

	ids   map[string]uint32 // notice key -> id
	shown map[uint32]Notice // id -> what stands there

	retry *time.Timer // when to ask again for a daemon
	wait  time.Duration
}

// serve shows what comes until the bus dies or ctx ends.
func (s *daemon) serve(ctx context.Context) error {
	if err := s.listen(ctx); err != nil {
		return err
	}
	s.forget()
	s.wait = firstWait
	s.retry = time.NewTimer(longestWait)
	defer s.retry.Stop()
	s.probe(ctx)
	for {
		wake, held := (<-chan struct{})(s.box.wake), (<-chan time.Time)(nil)
		if s.owner == "" {
			wake, held = s.nobody()
		}
		select {
		case <-ctx.Done():
			s.leave()
			return nil
		case sig, ok := <-s.signals:
			if !ok {
				return errBusDied
			}
			s.signal(ctx, sig)
		case <-s.retry.C:
			if s.owner == "" {
				s.probe(ctx)
			}
		case <-held:
			s.box.drop()
		case <-wake:
			if s.owner == "" {
				s.box.drop()
				continue
			}
			// A notice that was closed must not be taken for one that stands.
			for more := true; more; {
				select {
				case sig, ok := <-s.signals:
					if !ok {
						return errBusDied
					}
					s.signal(ctx, sig)
				default:
					more = false
				}
			}
			s.next(ctx)
		}
	}
}

// listen asks the bus for the daemon's signals and for its coming and going.
func (s *daemon) listen(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if err := s.AddMatchSignalContext(ctx, dbus.WithMatchSender(daemonName), dbus.WithMatchInterface(daemonName)); err != nil {
		return fmt.Errorf("listen to the notification daemon: %w", err)
	}
	if err := s.AddMatchSignalContext(ctx, dbus.WithMatchSender(busName), dbus.WithMatchInterface(busName),
		dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, daemonName)); err != nil {
		return fmt.Errorf("listen for a notification daemon: %w", err)
	}
	return nil
}

// probe asks the daemon what it can do, which makes the bus start one where it
// knows how to. Without an answer it is asked again later.
func (s *daemon) probe(ctx context.Context) {
	var can []string
	var owner string
	err := s.call(ctx, daemonName, daemonPath, daemonName+".GetCapabilities").Store(&can)
	if err == nil {
		err = s.call(ctx, busName, "/org/freedesktop/DBus", busName+".GetNameOwner", daemonName).Store(&owner)
	}
	var name, vendor, version, spec string
	if err == nil {
		err = s.call(ctx, owner, daemonPath, daemonName+".GetServerInformation").Store(&name, &vendor, &version, &spec)
	}
	if err != nil {
		if ctx.Err() == nil {
			s.complain(fmt.Errorf("ask the notification daemon what it can do: %w", err))
		}
		s.missing(s.wait)
		s.wait = min(2*s.wait, longestWait)
		return
	}
	if owner != s.owner {
		s.forget()
	}
	s.owner, s.wait = owner, firstWait
	s.drawsDefault = name == drawsDefault
	s.buttons, s.markup = slices.Contains(can, "actions"), slices.Contains(can, "body-markup")
	if s.buttons {
		s.means.Store(WithButtons)
	} else {
		s.means.Store(Plain)
	}
}

// missing notes that there is no daemon to use and asks again after wait.
func (s *daemon) missing(wait time.Duration) {
	s.forget()
	if s.owner != "" {
		s.owner = ""
		s.lost()
	}
	s.retry.Reset(wait)
}

func (s *daemon) forget() {
	s.ids, s.shown = make(map[string]uint32), make(map[uint32]Notice)
}

// signal takes the daemon's and the bus's news. What others on the bus send is
// left alone: a forged press would stop a program.
func (s *daemon) signal(ctx context.Context, sig *dbus.Signal) {
	switch {
	case sig.Sender == busName && sig.Name == busName+".NameOwnerChanged":
		var name, before, now string
		if dbus.Store(sig.Body, &name, &before, &now) != nil || name != daemonName || now == s.owner && now != "" {
			return
		}
		if now == "" {
			// Another may be about to take the name: the bus would start a
			// rival if it were asked at once.
			s.missing(time.Second)
			return
		}
		s.missing(s.wait)
		s.probe(ctx)
	case s.owner == "" || sig.Sender != s.owner:
	case sig.Name == daemonName+".ActionInvoked":
		var id uint32
		var key string
		n, ours := Notice{}, false
		if dbus.Store(sig.Body, &id, &key) == nil {
			n, ours = s.shown[id]
		}
		if key == defaultKey {
			key = n.Default
		}
		if !ours || key == "" {
			return
		}
		// A press closes a notice, and some daemons tell that late: what is shown
		// next under this key must not take the place that is being closed.
		if s.ids[n.Key] == id {
			delete(s.ids, n.Key)
		}
		select {
		case s.presses <- Press{Notice: n.Key, Action: key}:
		default:
			s.complain(errors.New("a press was dropped: nobody receives them"))
		}
	case sig.Name == daemonName+".NotificationClosed":
		var id, reason uint32
		if dbus.Store(sig.Body, &id, &reason) != nil {
			return
		}
		if n, ours := s.shown[id]; ours {
			delete(s.shown, id)
			if s.ids[n.Key] == id {
				delete(s.ids, n.Key)
			}
		}
	}
}

// next does the oldest job.
func (s *daemon) next(ctx context.Context) {
	j, ok := s.box.take()
	if !ok {
		return
	}
	id, stands := s.ids[j.notice.Key]
	var err error
	switch {
	case j.withdraw && stands:
		delete(s.ids, j.notice.Key)
		delete(s.shown, id)
		err = s.call(ctx, s.owner, daemonPath, daemonName+".CloseNotification", id).Err
	case j.withdraw, j.notice.Update && !stands:
	case s.buttons:
		err = s.show(ctx, j.notice, id)
	default:
		err = s.showWithout(ctx, j.notice)
	}
	var answer dbus.Error
	switch {
	case err == nil || ctx.Err() != nil:
		return
	case errors.As(err, &answer) && !absent(answer):
		// It answered, so it is alive; this notice was not to its liking.
	case errors.As(err, &answer):
		s.missing(s.wait)
		s.box.back(j) // for the next daemon
		return
	default:
		s.missing(s.wait)
	}
	if !j.withdraw {
		s.box.lose()
		s.complain(fmt.Errorf("show a notice: %w", err))
	}
}

// absent reports the bus's own answers for a daemon that isn't there.
func absent(e dbus.Error) bool {
	switch e.Name {
	case busName + ".Error.ServiceUnknown", busName + ".Error.NameHasNoOwner", busName + ".Error.NoReply",
		busName + ".Error.Disconnected":
		return true
	}
	return false
}

// show has the daemon show a notice in the place of the one with that id, 0 for
// none.
func (s *daemon) show(ctx context.Context, n Notice, replaces uint32) error {
	var actions []string
	for _, a := range n.Actions {
		actions = append(actions, a.Key, clean(a.Label, maxLabel))
	}
	if n.Default != "" && !s.drawsDefault {
		actions = append(actions, defaultKey, "Open")
	}
	hints := map[string]dbus.Variant{
		"urgency":       dbus.MakeVariant(normal),
		"desktop-entry": dbus.MakeVariant("portreeve"),
	}
	switch {
	case n.Update:
		// GNOME Shell shows a banner again for a notice that is replaced, unless
		// the new one is of little urgency.
		hints["urgency"], hints["suppress-sound"] = dbus.MakeVariant(little), dbus.MakeVariant(true)
	case n.Sound:
		hints["sound-name"] = dbus.MakeVariant("message-new-instant")
	default:
		hints["suppress-sound"] = dbus.MakeVariant(true)
	}
	if s.picture != nil {
		hints["image-data"] = dbus.MakeVariant(*s.picture)
	}
	expire := asDaemon
	if n.Stay {
		expire = neverExpire
	}
	// What has been sent comes up, also when the end comes meanwhile: without its
	// id it could not be withdrawn.
	ctx, done := outlive(ctx, leaveTime)
	defer done()
	var id uint32
	err := s.call(ctx, s.owner, daemonPath, daemonName+".Notify", App, replaces, "",
		clean(n.Title, MaxTitle), s.body(n), actions, hints, expire).Store(&id)
	if err != nil {
		return err
	}
	if replaces != id {
		delete(s.shown, replaces)
	}
	s.ids[n.Key], s.shown[id] = id, n
	return nil
}

// showWithout shows a notice by beeep. That finds the bus by the environment
// and starts one where it finds none, so the environment is made to say what
// bus this is.
func (s *daemon) showWithout(ctx context.Context, n Notice) error {
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") != s.address {
		if err := os.Setenv("DBUS_SESSION_BUS_ADDRESS", s.address); err != nil {
			return err
		}
	}
	return s.plain(ctx, clean(n.Title, MaxTitle), s.body(n))
}

func (s *daemon) body(n Notice) string {
	body := clean(n.Body, MaxBody)
	if s.markup {
		body = escape(body)
	}
	return body
}

// leaveTime is what the end waits for an answer that is under way, and then for
// all to be withdrawn.
const leaveTime = 300 * time.Millisecond

// outlive gives a context that ends d after ctx does.
func outlive(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(d, cancel) })
	return longer, func() { stop(); cancel() }
}

// leave withdraws all that stands, within the time that a shutdown has for it.
func (s *daemon) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), leaveTime)
	defer cancel()
	defer context.AfterFunc(ctx, func() { s.sock.Close() })()
	for id := range s.shown {
		s.Object(s.owner, daemonPath).Go(daemonName+".CloseNotification", dbus.FlagNoReplyExpected|dbus.FlagNoAutoStart, nil, id)
	}
	// The bus answers in order: once it does, it has read the rest.
	s.BusObject().CallWithContext(ctx, busName+".GetId", 0)
}

func (s *daemon) call(ctx context.Context, dest string, path dbus.ObjectPath, method string, args ...any) *dbus.Call {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	return s.Object(dest, path).CallWithContext(ctx, method, 0, args...)
}

// picture is the hint image-data, signature (iiibiiay).
type picture struct {
	Width, Height, Stride int32
	Alpha                 bool
	Bits, Channels        int32
	Pixels                []byte
}

func decodePicture(raw []byte) (*picture, error) {
	const most = 256 // pixels; a message carries four bytes for each
	cfg, err := png.DecodeConfig(bytes.NewReader(raw))
	if err == nil && (cfg.Width > most || cfg.Height > most) {
		err = fmt.Errorf("%d by %d pixels are too many", cfg.Width, cfg.Height)
	}
	var img image.Image
	if err == nil {
		img, err = png.Decode(bytes.NewReader(raw))
	}
	if err != nil {
		return nil, fmt.Errorf("read the icon of notices: %w", err)
	}
	flat := image.NewNRGBA(image.Rect(0, 0, cfg.Width, cfg.Height))
	draw.Draw(flat, flat.Bounds(), img, img.Bounds().Min, draw.Src)
	return &picture{int32(cfg.Width), int32(cfg.Height), int32(flat.Stride), true, 8, 4, flat.Pix}, nil
}
