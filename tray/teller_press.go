package tray

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

// verb is what a button asks for; its name begins the button's key.
type verb string

const (
	verbKnow    verb = "know"
	verbForget  verb = "forget"
	verbStop    verb = "stop"
	verbForce   verb = "force"
	verbDetails verb = "details"
	verbReview  verb = "review"
	verbExample verb = "example"
	verbLogin   verb = "login"
	verbCancel  verb = "cancel"
	verbLeft    verb = "left" // stop what ended sessions have left
)

// meaning is a button's whole meaning. The ids in do are those that the notice
// showed: a press on a notice that was replaced meanwhile still means the old
// ones, and the verb refuses them.
type meaning struct {
	verb  verb
	label string
	do    Do
	// others are more listeners of the same program, for verbKnow.
	others []string
	rules  []string // for verbForget
	owners []string // for verbLeft: exactly those that the notice named
	// request is an offer's, which is sent as it was offered; nil for none.
	request *reeve.StopRequest
}

// meanings remembers what the buttons mean that may still be pressed.
type meanings struct {
	last uint64
	by   map[uint64]meaning
}

// manyMeanings is how many buttons are remembered: far more than can be on a
// screen, few enough for years of running.
const manyMeanings = 4096

func newMeanings() meanings { return meanings{by: make(map[uint64]meaning)} }

// key gives a meaning a key of its own: "stop:17".
func (m *meanings) key(of meaning) string {
	m.last++
	m.by[m.last] = of
	delete(m.by, m.last-manyMeanings)
	return string(of.verb) + ":" + strconv.FormatUint(m.last, 10)
}

func (m *meanings) actions(all ...meaning) []notify.Action {
	var actions []notify.Action
	for _, of := range all {
		actions = append(actions, notify.Action{Key: m.key(of), Label: of.label})
	}
	return actions
}

func (m *meanings) find(key string) (meaning, bool) {
	_, number, _ := strings.Cut(key, ":")
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return meaning{}, false
	}
	of, ok := m.by[n]
	return of, ok
}

// press carries out what a button asks for, in a goroutine of its own.
func (t *Teller) press(ctx context.Context, p notify.Press) {
	m, ok := t.meant.find(p.Action)
	if !ok {
		t.log.Warn("notices: a button that means nothing was pressed", "action", p.Action)
		return
	}
	do := m.do
	once := fmt.Sprint(m.verb, " ", do.Listener, " ", do.Owner, " ", m.rules, " ", m.owners)
	if m.request != nil {
		once = fmt.Sprint(*m.request)
	}
	switch m.verb {
	case verbCancel:
		t.notices.Withdraw(p.Notice)
	case verbDetails:
		t.page(ctx, once, reeve.ShowRequest{Page: reeve.PageListeners, Listener: do.Listener})
	case verbReview:
		t.page(ctx, once, reeve.ShowRequest{Page: reeve.PageReview})
	case verbExample:
		t.start(ctx, once, func(ctx context.Context) func() {
			err := t.verbs.Example(ctx)
			return func() { t.failed("The example could not be started", err) }
		})
	case verbLogin:
		t.start(ctx, once, func(ctx context.Context) func() {
			a, err := t.verbs.Autostart(ctx, reeve.AutostartRequest{Want: reeve.AutostartOn})
			return func() {
				t.failed("Portreeve will not start at login", err)
				if err == nil {
					t.reply("reply login", a.Text, "The settings, or portreeve autostart off, take it back.")
				}
			}
		})
	case verbKnow:
		t.start(ctx, once, func(ctx context.Context) func() {
			k, rules, err := t.knowAll(ctx, do.Listener, m.others)
			return func() {
				if err == nil {
					t.track.detach(p.Notice) // its words are the echo now
				}
				t.known(p.Notice, k, rules, err)
			}
		})
	case verbForget:
		t.start(ctx, once, func(ctx context.Context) func() {
			var f *reeve.Forgotten
			var err error
			for _, rule := range m.rules {
				one, e := t.verbs.Forget(ctx, reeve.ForgetRequest{Rule: rule})
				if f, err = one, errors.Join(err, e); e != nil {
					f = nil
				}
			}
			return func() { t.forgot(p.Notice, f, err) }
		})
	case verbLeft:
		t.notices.Withdraw(p.Notice)
		t.startFor(ctx, manyTime, once, func(ctx context.Context) func() {
			g, err := t.verbs.StopGroup(ctx, reeve.GroupRequest{Of: reeve.OfEnded, Confirmed: m.owners})
			return func() {
				if err != nil || g == nil {
					t.reply(leftKey, "It is not known what was stopped", reason(err))
					return
				}
				title, body := asTitle(g.Text, "Stopped what was left behind", "")
				t.reply(leftKey, title, body)
			}
		})
	case verbStop, verbForce:
		t.stop(ctx, once, m)
	}
}

// knowAll makes rules of all listeners of one program: often it is one rule. The
// first one's words are the echo. Listeners that have ended meanwhile need none.
func (t *Teller) knowAll(ctx context.Context, first string, others []string) (*reeve.Known, []string, error) {
	k, err := t.verbs.Know(ctx, reeve.KnowRequest{ID: first})
	var rules []string
	if err == nil {
		rules = []string{k.Rule}
	}
	for _, id := range others {
		more, e := t.verbs.Know(ctx, reeve.KnowRequest{ID: id})
		var no *reeve.Error
		switch {
		case errors.As(e, &no) && no.Code == reeve.CodeChanged:
		case e != nil:
			err = e
		default:
			if k == nil {
				k, err = more, nil
			}
			if !slices.Contains(rules, more.Rule) {
				rules = append(rules, more.Rule)
			}
		}
	}
	return k, rules, err
}

// stop ends exactly what the notice showed. Only a stop that takes its time is
// announced.
func (t *Teller) stop(ctx context.Context, once string, m meaning) {
	const patience = time.Second
	do := m.do
	req := reeve.StopRequest{ID: do.Listener, Owner: do.Owner, Force: m.verb == verbForce}
	if m.request != nil {
		req = *m.request
	}
	limit := t.verbTime
	if req.Elevate {
		limit = passwordTime
	}
	t.startFor(ctx, limit, once, func(ctx context.Context) func() {
		slow := time.AfterFunc(patience, func() {
			t.later(ctx, func() {
				if t.busy[once] {
					t.reply(replyKey(do), "Stopping "+do.Title+"…", "")
				}
			})
		})
		defer slow.Stop()
		s, err := t.verbs.Stop(ctx, req)
		if ctx.Err() != nil && err != nil {
			err = ctx.Err() // the reason, where the verb only said that it failed
		}
		return func() { t.stopped(do, s, err) }
	})
}

func (t *Teller) page(ctx context.Context, once string, req reeve.ShowRequest) {
	t.start(ctx, once, func(ctx context.Context) func() {
		err := t.verbs.Show(ctx, req)
		return func() { t.failed("The window could not be opened", err) }
	})
}

// start runs a verb in a goroutine of its own, unless the same one runs
// already: a double click asks once. What work returns is done by Run.
func (t *Teller) start(ctx context.Context, once string, work func(context.Context) func()) {
	t.startFor(ctx, t.verbTime, once, work)
}

// manyTime is how long the end of many programs may take, 2 s for each that does
// not heed.
const manyTime = 2 * time.Minute

// passwordTime is how long somebody may take to find a password.
const passwordTime = 3 * time.Minute

func (t *Teller) startFor(ctx context.Context, limit time.Duration, once string, work func(context.Context) func()) {
	if t.busy[once] {
		return
	}
	t.busy[once] = true
	t.running.Go(func() {
		limited, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		then := work(limited)
		t.later(ctx, func() {
			delete(t.busy, once)
			then()
		})
	})
}

// later has Run do f, or nobody once ctx has ended.
func (t *Teller) later(ctx context.Context, f func()) {
	select {
	case t.results <- f:
	case <-ctx.Done():
	}
}

// ask has Run do f. A menu that asks for more than Run can tell loses notices,
// never time.
func (t *Teller) ask(f func()) {
	select {
	case t.asked <- f:
	default:
		t.log.Warn("notices: too many answers at once, one is not shown")
	}
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
