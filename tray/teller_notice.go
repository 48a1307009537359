package tray

// What the notices about strangers look like: words, buttons and sound of one
// program's own, and of a digest.

import (
	"fmt"

	"portreeve/monitor/reeve"
	"portreeve/tray/notify"
)

func (t *Teller) noticeOf(s *stranger) notify.Notice {
	title, body := newcomer(s.listeners)
	n := notify.Notice{Key: s.key, Title: title, Body: body, Sound: t.choices.sound}
	return t.buttons(n, s.meant(), s.owner())
}

// buttons gives a notice of one program its buttons. Its Stop ends one process:
// where several hold the listeners there is none.
func (t *Teller) buttons(n notify.Notice, ls []reeve.Listener, owner string) notify.Notice {
	l := ls[0]
	do := Do{Listener: l.ID, Title: nameAndPort(l)}
	if len(portsOf(ls)) > 1 {
		do.Title = l.Program
	}
	var all []meaning
	if l.Verdict == unfamiliar {
		know := meaning{verb: verbKnow, label: "I know this", do: do}
		for _, other := range ls[1:min(len(ls), mostKnown)] {
			know.others = append(know.others, other.ID)
		}
		all = append(all, know)
	}
	if owner != "" {
		do.Owner = owner
		all = append(all, meaning{verb: verbStop, label: "Stop", do: do})
		n.Command = fmt.Sprintf("portreeve stop %d", l.Port)
	}
	details := meaning{verb: verbDetails, label: "Details", do: do}
	n.Actions = t.meant.actions(append(all, details)...)
	n.Default = t.meant.key(details)
	return n
}

// mostKnown is how many listeners of a program one click makes rules of; a rule
// for temporary ports covers the rest.
const mostKnown = 20

// digestKey is the one key of digests: a later one replaces the one before.
const digestKey = "digest"

func (t *Teller) digestOf(all []*stranger, why occasion) notify.Notice {
	var words [][]reeve.Listener
	for _, s := range all {
		words = append(words, s.listeners)
	}
	title, body := digest(words, why)
	return notify.Notice{
		Key: digestKey, Title: title, Body: body, Sound: t.choices.sound,
		Actions: t.meant.actions(meaning{verb: verbReview, label: "Review"}),
		Default: t.meant.key(meaning{verb: verbReview}),
	}
}
