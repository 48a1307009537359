//go:build windows || (darwin && cgo)

package tray

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"fyne.io/systray"

	"portreeve/assets"
)

// The pools of items that are made once: systray can't put one between others,
// and making and removing them races with clicks.
const (
	slotCount = maxListeners + maxGone + 2 // with "more new" and "already here"
	tailCount = 4                          // pause, explain, open, quit
)

// Host shows icon and menu by systray, of which a process has one. A click is
// told with what its item says at that moment: bad, but systray has no other;
// so those soon after a change are unsure.
type Host struct {
	log      *slog.Logger
	gestures chan Gesture
	wakes    chan struct{}
	icons    map[State][]byte // never changes

	mu     sync.Mutex
	look   Look
	wanted []Row
	ready  bool
	moved  time.Time       // when rows last appeared or went
	rows   map[*button]Row // what each item stands for
	shown  []string        // keys
}

// button is an item of systray's, with what was last told to it.
type button struct {
	item     *systray.MenuItem
	label    string
	hidden   bool
	disabled bool
}

// place is where a row can stand: as itself or as one with a submenu, since
// systray can't turn one into the other, and the direct Stop below.
type place struct {
	plain, parent, stop *button
	below               []*button
}

// NewHost makes a host that shows nothing before Run.
func NewHost(log *slog.Logger) (*Host, error) {
	h := &Host{
		log: log, gestures: make(chan Gesture, 64), wakes: make(chan struct{}, 1),
		icons: map[State][]byte{}, rows: map[*button]Row{}, wanted: starting(),
	}
	for s, mark := range map[State]assets.Mark{Quiet: assets.Quiet, New: assets.New, Paused: assets.Paused} {
		png, err := assets.PNG(mark, 32)
		if err != nil {
			return nil, fmt.Errorf("make icon: %w", err)
		}
		if runtime.GOOS == "windows" {
			png = ico(png, 32)
		}
		h.icons[s] = png
	}
	return h, nil
}

// ico wraps a PNG file as the only picture of an ICO file (Windows Vista and
// later take that; ICONDIR and ICONDIRENTRY of the Windows documentation).
func ico(png []byte, size byte) []byte {
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, struct {
		Reserved, Type, Count          uint16
		Width, Height, Colours, Unused byte
		Planes, Bits                   uint16
		Length, Offset                 uint32
	}{Type: 1, Count: 1, Width: size, Height: size, Planes: 1, Bits: 32, Length: uint32(len(png)), Offset: 22})
	b.Write(png)
	return b.Bytes()
}

// Gestures hands out what the user did. One goroutine should receive always.
func (h *Host) Gestures() <-chan Gesture { return h.gestures }

// Tray says how the tray is reached, in the words of the status answer.
func (h *Host) Tray() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ready {
		return Shown
	}
	return trayNoHost
}

// SetIcon says what the icon should show.
func (h *Host) SetIcon(l Look) {
	h.mu.Lock()
	h.look = l
	h.mu.Unlock()
	h.poke()
}

// SetMenu says what the menu should be; the rows must not be changed later.
func (h *Host) SetMenu(rows []Row) {
	h.mu.Lock()
	h.wanted = rows
	h.mu.Unlock()
	h.poke()
}

// Available reports that a tray icon would be seen: these desktops have a tray.
func Available(context.Context) (hosted bool, why string) { return true, "" }

// Run shows icon and menu until ctx ends. It may be called once in a process.
// macOS wants it on the main goroutine.
func (h *Host) Run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	systray.SetOnTapped(func() {
		h.tellLooked()
		h.tell(Gesture{Kind: Activated})
	})
	ready := func() { work.Go(func() { h.serve(ctx) }) }
	if runtime.GOOS == "darwin" {
		stop := context.AfterFunc(ctx, systray.Quit)
		defer stop()
		systray.Run(ready, nil)
		return nil
	}
	ended := make(chan struct{})
	go func() {
		runtime.LockOSThread() // the messages of a window come to its thread
		defer close(ended)
		systray.Run(ready, nil)
	}()
	select {
	case <-ctx.Done():
		systray.Quit()
		select {
		case <-ended:
		case <-time.After(time.Second):
			// Without a window, since the desktop refused one, systray never
			// ends by itself; the process does.
		}
	case <-ended:
	}
	return nil
}

// serve makes the items and then keeps them up to date.
func (h *Host) serve(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	make1 := func(parent *systray.MenuItem) *button {
		b := &button{}
		if parent == nil {
			b.item = systray.AddMenuItem("", "")
		} else {
			b.item = parent.AddSubMenuItem("", "")
		}
		work.Go(func() { h.listen(ctx, b) })
		return b
	}
	makePlace := func() place {
		p := place{plain: make1(nil), parent: make1(nil)}
		for range maxSubmenu {
			p.below = append(p.below, make1(p.parent.item))
		}
		p.stop = make1(nil)
		return p
	}
	headline := makePlace()
	var top, tail []place
	for range slotCount {
		top = append(top, makePlace())
	}
	systray.AddSeparator()
	for range tailCount {
		tail = append(tail, makePlace())
	}
	h.mu.Lock()
	h.ready = true
	h.mu.Unlock()

	places, timer := make(slots, slotCount), time.NewTimer(0)
	defer timer.Stop()
	opened := systray.TrayOpenedCh // told on macOS only
	var last Look
	first := true
	for {
		select {
		case <-ctx.Done():
			return
		case <-opened:
			h.tellLooked()
			continue
		case <-h.wakes:
		case <-timer.C:
		}
		h.mu.Lock()
		look, rows := h.look, h.wanted
		h.mu.Unlock()
		if first || look.State != last.State {
			systray.SetIcon(h.icons[look.State])
		}
		if first || look.Glance != last.Glance {
			systray.SetTooltip("Portreeve: " + look.Glance)
		}
		last, first = look, false

		cut := slices.IndexFunc(rows, func(r Row) bool { return r.Separator })
		if cut < 1 {
			continue
		}
		h.mu.Lock()
		h.shown = h.shown[:0]
		h.mu.Unlock()
		again := places.lay(rows[1:cut], time.Now())
		h.put(headline, rows[:1])
		for i, p := range top {
			h.put(p, places[i].rows)
		}
		for i, p := range tail {
			if i < len(rows)-cut-1 {
				h.put(p, rows[cut+1+i:][:1])
			} else {
				h.put(p, nil)
			}
		}
		if again > 0 {
			timer.Reset(again)
		}
		if !rest(ctx, calmTime) { // at most four times a second
			return
		}
	}
}

// put shows rows at a place: none, one, or one with its Stop.
func (h *Host) put(p place, rows []Row) {
	var main, stop Row
	if len(rows) > 0 {
		main = rows[0]
		h.mu.Lock()
		h.shown = append(h.shown, main.Key)
		h.mu.Unlock()
	}
	if len(rows) > 1 {
		stop = rows[1]
	}
	sub := len(main.Rows) > 0
	for i, b := range p.below {
		if sub && i < len(main.Rows) {
			h.set(b, main.Rows[i], true)
		} else {
			h.set(b, Row{}, false)
		}
	}
	h.set(p.parent, main, len(rows) > 0 && sub)
	h.set(p.plain, main, len(rows) > 0 && !sub)
	h.set(p.stop, stop, len(rows) > 1)
}

// set brings one item up to date, and tells systray only what changed.
func (h *Host) set(b *button, r Row, visible bool) {
	label := r.Label
	if runtime.GOOS == "windows" {
		label = strings.ReplaceAll(label, "&", "&&") // else the next letter is underlined
	}
	h.mu.Lock()
	if was := h.rows[b]; was.Key != r.Key || b.hidden == visible {
		h.moved = time.Now()
	}
	h.rows[b] = r
	h.mu.Unlock()
	if !visible {
		if !b.hidden {
			b.hidden = true
			b.item.Hide()
		}
		return
	}
	if b.label != label {
		b.label = label
		b.item.SetTitle(label)
	}
	if b.disabled != r.Disabled {
		b.disabled = r.Disabled
		if r.Disabled {
			b.item.Disable()
		} else {
			b.item.Enable()
		}
	}
	if b.hidden {
		b.hidden = false
		b.item.Show()
	}
}

// listen takes the clicks of one item. systray drops those that nobody waits
// for.
func (h *Host) listen(ctx context.Context, b *button) {
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-b.item.ClickedCh:
			if !ok {
				return
			}
		}
		h.mu.Lock()
		r, unsure := h.rows[b], time.Since(h.moved) < unsureTime
		h.mu.Unlock()
		h.tellLooked()
		if r.Do.Act != Nothing && !r.Disabled {
			h.tell(Gesture{Kind: Clicked, Do: r.Do, Unsure: unsure})
		}
	}
}

// tellLooked tells that somebody looks at the menu, as a click proves.
func (h *Host) tellLooked() {
	h.mu.Lock()
	seen := slices.Clone(h.shown)
	h.mu.Unlock()
	h.tell(Gesture{Kind: Looked, Seen: seen})
}

func (h *Host) tell(g Gesture) {
	select {
	case h.gestures <- g:
	default:
		h.log.Warn("a click was lost: nobody takes them")
	}
}

func (h *Host) poke() {
	select {
	case h.wakes <- struct{}{}:
	default:
	}
}
