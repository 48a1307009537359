package tray

// What is said after a click, on a notice or in the menu: how it went, or a
// question first.

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"portreeve/monitor/reeve"
	"portreeve/tray/notify"
)

// Stopping notes that the user has a listener stopped, by whatever face: when its
// program comes again, that is news.
func (t *Teller) Stopping(listener string) {
	t.ask(func() { t.track.unwelcome(listener) })
}

// Stopped tells how a stop went that somebody else asked for.
func (t *Teller) Stopped(do Do, s *reeve.Stopped, err error) {
	t.ask(func() { t.stopped(do, s, err) })
}

// breath is how long the answer to a know waits for the stranger's notice to be
// withdrawn: GNOME Shell 43 now and then draws no banner for a notice that comes
// in the moment in which its sender's last one goes.
const breath = 400 * time.Millisecond

// Known tells what was understood by a know that somebody else asked for.
func (t *Teller) Known(k *reeve.Known, err error) {
	time.AfterFunc(breath, func() {
		t.ask(func() {
			var rules []string
			if k != nil {
				rules = []string{k.Rule}
			}
			t.known("reply known", k, rules, err)
		})
	})
}

// Failed tells that something was not done: what is a sentence without its full
// stop, such as "The window could not be opened". Without an error it tells
// nothing.
func (t *Teller) Failed(what string, err error) {
	t.ask(func() { t.failed(what, err) })
}

// Ask asks whether a stop was really meant, since the rows changed under the
// pointer. The stop is then carried out by the Teller.
func (t *Teller) Ask(do Do) {
	t.ask(func() {
		yes := meaning{verb: verbStop, label: "Stop", do: do}
		if do.Act == ActForce {
			yes.verb, yes.label = verbForce, "Force stop"
		}
		t.reply("ask "+do.Listener, yes.label+" "+do.Title+"?", "The menu changed just before you clicked.",
			yes, meaning{verb: verbCancel, label: "Cancel"})
	})
}

// leftKey is the key of the question for what ended sessions have left, and of
// its answer.
const leftKey = "left"

// AskLeft asks whether the programs that ended sessions have left are to be
// stopped; they are then stopped by the Teller, these and no others. what counts
// them as explain.LeftBehind does.
func (t *Teller) AskLeft(what string, members []reeve.Member) {
	t.ask(func() {
		if len(members) == 0 {
			t.reply(leftKey, "Nothing is left to stop", "What the menu showed has ended meanwhile.")
			return
		}
		var names, owners []string
		for _, m := range members {
			names, owners = append(names, memberName(m)), append(owners, m.Owner)
		}
		_, by, _ := strings.Cut(what, " left by ")
		title, body, label := "Stop "+names[0]+"?", "It was left by "+by+".", "Stop"
		if n := len(names); n > 1 {
			title, label = "Stop "+count(n, "program")+"?", "Stop all"
			body = paragraph(fullStop(enumerate(names, notify.MaxBody-60)), "They were left by "+by+".")
		}
		t.reply(leftKey, title, body, meaning{verb: verbLeft, label: label, owners: owners}, meaning{verb: verbCancel, label: "Cancel"})
	})
}

// memberName names one of many by its ports: "python3 on 8000".
func memberName(m reeve.Member) string {
	var ports []string
	for _, l := range m.Listens {
		if at, err := netip.ParseAddrPort(l); err == nil && !slices.Contains(ports, strconv.Itoa(int(at.Port()))) {
			ports = append(ports, strconv.Itoa(int(at.Port())))
		}
	}
	switch n := len(ports); {
	case n == 0:
		return m.Program
	case n <= 2:
		return m.Program + " on " + strings.Join(ports, " and ")
	default:
		return fmt.Sprintf("%s on %d ports", m.Program, n)
	}
}

func replyKey(do Do) string { return "reply " + do.Listener }

// reply shows the answer to a click.
func (t *Teller) reply(key, title, body string, buttons ...meaning) {
	t.notices.Show(notify.Notice{Key: key, Title: title, Body: body, Actions: t.meant.actions(buttons...)})
}

func (t *Teller) stopped(do Do, s *reeve.Stopped, err error) {
	if err != nil || s == nil {
		title := do.Title + " was not stopped"
		var no *reeve.Error
		if errors.As(err, &no) && len(no.Offers) > 0 {
			if no.Code == reeve.CodeConfirm {
				title = no.Offers[0].Label + "?"
			}
			t.reply(replyKey(do), title, reason(err), append(offered(do, no.Offers), meaning{verb: verbCancel, label: "Cancel"})...)
			return
		}
		if errors.Is(err, context.DeadlineExceeded) {
			title = do.Title + " may still be running"
		}
		t.reply(replyKey(do), title, reason(err))
		return
	}
	t.track.unwelcome(do.Listener)
	title, body := asTitle(s.Text, do.Title, sentence(s.Hint))
	t.reply(replyKey(do), title, body, offered(do, s.Offers)...)
}

// offered makes buttons of the ways on that an answer offers.
func offered(do Do, offers []reeve.Offer) []meaning {
	var all []meaning
	for _, o := range offers {
		all = append(all, meaning{verb: verbStop, label: o.Label, do: do, request: &o.Request})
	}
	return all
}

func (t *Teller) known(key string, k *reeve.Known, rules []string, err error) {
	if err != nil || k == nil {
		t.reply(key, "Nothing was remembered", reason(err))
		return
	}
	more := ""
	if n := len(rules) - 1; n > 0 {
		more = "And " + count(n, "more port") + " of the same program."
	}
	title, body := asTitle(k.Text, "Known from now on", more)
	t.reply(key, title, body, meaning{verb: verbForget, label: "Undo", rules: rules})
}

func (t *Teller) forgot(key string, f *reeve.Forgotten, err error) {
	if err != nil || f == nil {
		t.reply(key, "That could not be undone", reason(err))
		return
	}
	title, body := asTitle(f.Text, "Forgotten", "")
	t.reply(key, title, body)
}

func (t *Teller) failed(what string, err error) {
	if err != nil {
		t.reply("reply "+what, what, reason(err))
	}
}
