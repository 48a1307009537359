package window

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"portreeve/monitor/reeve"
)

// groupTime bounds the stop of a group: each member is waited for in turn.
const groupTime = 3 * time.Minute

// membersHeight is how much of a long list of members is seen at once, in
// device-independent pixels.
const membersHeight = 260

// more opens the menu of what else can be done.
func (w *window) more() {
	r := w.model.current()
	if r == nil {
		return
	}
	force := fyne.NewMenuItem(tr("Force stop"), w.forceStop)
	items := []*fyne.MenuItem{force, fyne.NewMenuItemSeparator()}
	for _, one := range []struct{ label, of string }{
		{tr("Stop the process group…"), reeve.OfGroup},
		{tr("Stop the session…"), reeve.OfSession},
		{tr("Stop the whole project…"), reeve.OfProject},
	} {
		i := fyne.NewMenuItem(one.label, func() { w.stopGroup(one.of) })
		i.Disabled = len(r.Owners) == 0
		items = append(items, i)
	}
	items = append(items, fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(tr("Ask whether it answers"), func() { w.explain(address(&r.Listener)) }))
	w.menu(w.listeners.details.more, items...)
}

// menu opens a menu below a button.
func (w *window) menu(below fyne.CanvasObject, items ...*fyne.MenuItem) {
	widget.ShowPopUpMenuAtRelativePosition(fyne.NewMenu("", items...), w.win.Canvas(),
		fyne.NewPos(0, below.Size().Height), below)
}

// stopGroup asks what belongs together with the selected listener's topmost
// owner, and shows it. Nothing is stopped yet.
func (w *window) stopGroup(of string) {
	q, ok := w.stoppable()
	if !ok || q.Owner == "" {
		return
	}
	l := &w.model.current().Listener
	dry := reeve.GroupRequest{ID: q.ID, Owner: q.Owner, Of: of}
	s := step{label: tr("Stop"), where: address(l), from: q.ID}
	var group *reeve.Group
	w.run(job{id: q.ID, doing: tr("Looking for what belongs to {{.Program}}…", "Program", program(l))},
		func(ctx context.Context) (err error) { group, err = w.verbs.StopGroup(ctx, dry); return err },
		func(err error) {
			if err != nil {
				w.refused(err, s)
				return
			}
			w.outcome.say(tr("Nothing was stopped: {{.Why}}.", "Why", counted(group)), "")
			if w.occupied(s.from) {
				w.outcome.offer(choice{label: tr("Show them…"), act: func() { w.confirmGroup(dry, group) }})
				return
			}
			w.confirmGroup(dry, group)
		})
}

// counted says what a group is and how many are in it.
func counted(g *reeve.Group) string {
	return trn("{{.Title}} has {{.N}} programs to stop", len(g.Members), "Title", clean(g.Title, longText))
}

// confirmGroup shows who would be ended and who would not, and ends exactly
// those that it shows when the user says so.
func (w *window) confirmGroup(dry reeve.GroupRequest, g *reeve.Group) {
	all := container.New(tight{})
	for i := range g.Members {
		all.Add(memberView(&g.Members[i]))
	}
	if len(g.Spared) > 0 {
		all.Add(fact{asHeading, "", tr("Left alone")}.object())
	}
	for i := range g.Spared {
		all.Add(memberView(&g.Spared[i]))
	}
	scroll := container.NewVScroll(all)
	scroll.SetMinSize(fyne.NewSize(0, min(all.MinSize().Height, membersHeight)))
	content := container.NewVBox(sentence(tr("{{.What}}. Unsaved work in them may be lost.", "What", capital(counted(g)))), scroll)
	what := trn("Stop {{.N}} programs", len(g.Members))
	if len(g.Members) == 0 {
		w.ask(tr("Nobody to stop"), container.NewVBox(sentence(capital(counted(g))+"."), scroll), nil, tr("Close"))
		return
	}
	sure := dry
	for _, m := range g.Members {
		sure.Confirmed = append(sure.Confirmed, m.Owner)
	}
	w.ask(what+"?", content, []choice{{label: what, loss: true, act: func() { w.endGroup(sure) }}}, tr("Cancel"))
}

// memberView shows a member: its name, and below who that is exactly.
func memberView(m *reeve.Member) fyne.CanvasObject {
	name, exact := newLine(plain()), newLine(plain())
	name.set(clean(m.Program, shortText), strong())
	var facts []string
	add := func(text string) {
		if text != "" {
			facts = append(facts, text)
		}
	}
	add("pid " + decimal(m.PID))
	add(clean(m.Why, longText))
	add(clean(strings.Join(m.Listens, ", "), longText))
	add(clean(m.Place, longText))
	exact.set(strings.Join(facts, " · "), faint())
	return container.New(pair{}, name, exact)
}

// endGroup ends the confirmed members and tells how that went.
func (w *window) endGroup(q reeve.GroupRequest) {
	var group *reeve.Group
	w.run(job{id: q.ID, doing: trn("Stopping {{.N}} programs…", len(q.Confirmed)), stops: true, within: groupTime},
		func(ctx context.Context) (err error) { group, err = w.verbs.StopGroup(ctx, q); return err },
		func(err error) {
			if err != nil {
				w.outcome.fail(err)
				return
			}
			w.outcome.say(group.Text, left(group))
		})
}

// left says why members are still there; empty where none is.
func left(g *reeve.Group) string {
	var all []string
	for _, m := range g.Members {
		if !m.Ended && m.Why != "" {
			all = append(all, clean(m.Program, shortText)+" (pid "+decimal(m.PID)+"): "+clean(m.Why, longText))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return full(strings.Join(all, "; "))
}
