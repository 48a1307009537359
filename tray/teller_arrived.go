package tray

// The ports that the user waits for: told at once, and waited for no more.

import (
	"context"
	"fmt"
	"slices"
	"time"

	"portreeve/monitor/reeve"
	"portreeve/tray/notify"
)

// tellArrived tells at once of ports that the user waits for, and takes the
// wishes back.
func (t *Teller) tellArrived(ctx context.Context, v reeve.View, now time.Time) {
	if len(v.Status.Awaited) == 0 {
		clear(t.arrived)
		return
	}
	for port := range t.arrived {
		if !slices.Contains(v.Status.Awaited, port) {
			delete(t.arrived, port)
		}
	}
	for _, l := range v.Arrived() {
		if t.arrived[l.Port] {
			continue
		}
		t.arrived[l.Port] = true
		title, body := asAsked(l)
		n := notify.Notice{Key: fmt.Sprintf("awaited %d", l.Port), Title: title, Body: body, Sound: t.choices.sound}
		ls, owner := []reeve.Listener{l}, ""
		if len(l.Owners) > 0 {
			owner = l.Owners[0].ID
		}
		if s := t.track.byID[l.ID]; s != nil && s.stage < isTold {
			// It tells the stranger, too.
			t.track.tell(s, now)
			n.Key = s.key
		}
		t.verbs.Told(l.ID)
		t.notices.Show(t.buttons(n, ls, owner))
		port := l.Port
		t.start(ctx, fmt.Sprint("await ", port), func(ctx context.Context) func() {
			_, err := t.verbs.Await(ctx, reeve.AwaitRequest{Port: port, Off: true})
			return func() {
				if err != nil {
					t.log.Warn("notices: a wish could not be taken back", "port", port, "error", err)
				}
			}
		})
	}
}
