package store

// How the recorder follows the state: updates become spells that begin, go on and
// end, in memory. What has to be written of them is marked.

import (
	"net/netip"
	"slices"
	"time"

	"portreeve/monitor"
)

// resync brings the open spells in line with the state, whatever happened in
// between. A listener that goes on under another cookie, since the table fell to
// another source, is the same.
func (r *recorder) resync(now time.Time) {
	type end struct {
		at    netip.AddrPort
		proto string
	}
	alive := make(map[uint64]bool, len(r.last))
	for _, l := range r.last {
		alive[l.Cookie] = true
	}
	moved := map[end]*record{}
	for cookie, e := range r.open {
		if alive[cookie] {
			continue
		}
		delete(r.open, cookie)
		at := end{e.At, e.Proto}
		if other := moved[at]; other != nil { // several sockets share an endpoint (SO_REUSEPORT)
			r.end(other, now)
		}
		moved[at] = e
	}
	for _, l := range r.last {
		if r.open[l.Cookie] == nil {
			at := end{l.Local, l.Proto.String()}
			if e := moved[at]; e != nil && (l.Since.IsZero() || l.Since.UnixMilli() == e.Opened.UnixMilli()) {
				delete(moved, at)
				e.ID = r.spellOf(l).ID
				r.mark(e)
				r.open[l.Cookie] = e
			}
		}
		r.follow(l, now)
	}
	for _, e := range moved {
		r.end(e, now)
	}
	r.synced = true
}

// take follows an update, which may be an empty one.
func (r *recorder) take(u monitor.Update, now time.Time) {
	if !r.synced {
		r.before(u, now)
	}
	for _, c := range u.Changes {
		switch c.Kind {
		case monitor.Opened:
			r.begin(c.Listener, c.At, false)
		case monitor.Rebound:
			r.closed(c.Before, c.At)
			r.begin(c.Listener, c.At, false)
		case monitor.Closed:
			r.closed(c.Listener, c.At)
		case monitor.OwnerChanged, monitor.Judged:
			if r.open[c.Listener.Cookie] != nil {
				r.follow(c.Listener, c.At)
			}
		}
	}
	fell := u.Source != "" && r.source != "" && u.Source != r.source
	if u.Source != "" {
		r.source = u.Source
	}
	if !r.synced || u.Missed || fell {
		r.resync(now)
	}
}

// before takes in what was there before the first changes, also where those
// tell its end.
func (r *recorder) before(u monitor.Update, now time.Time) {
	if len(u.Changes) > 0 {
		now = u.Changes[0].At
	}
	was := slices.Clone(r.last)
	for _, c := range u.Changes {
		switch {
		case c.Kind == monitor.Closed:
			was = append(was, c.Listener)
		case c.Before != nil:
			was = append(was, c.Before)
		}
	}
	for _, l := range was {
		if l.Since.IsZero() && r.open[l.Cookie] == nil {
			r.begin(l, now, true)
		}
	}
}

func (r *recorder) begin(l *monitor.Listener, at time.Time, before bool) {
	e := &record{Spell: r.spellOf(l)}
	e.Opened, e.Before, e.Verdict = at, before, l.Verdict
	r.open[l.Cookie] = e
	r.mark(e)
}

func (r *recorder) closed(l *monitor.Listener, at time.Time) {
	if e := r.open[l.Cookie]; e != nil {
		delete(r.open, l.Cookie)
		r.end(e, at)
	}
}

func (r *recorder) end(e *record, at time.Time) {
	e.Closed = at
	r.mark(e)
}

// follow takes in what is known of a listener now. One that another program has
// taken over begins a new spell; an owner that only became visible does not.
func (r *recorder) follow(l *monitor.Listener, at time.Time) {
	e := r.open[l.Cookie]
	if e == nil {
		if l.Since.IsZero() {
			r.begin(l, at, true)
		} else {
			r.begin(l, l.Since, false)
		}
		return
	}
	is := r.spellOf(l)
	if e.PID != 0 && is.PID != 0 && e.PID != is.PID && (e.Exe != is.Exe || e.Pattern.Subject != is.Pattern.Subject) {
		told := e.Told
		r.end(e, at)
		r.begin(l, at, false)
		r.open[l.Cookie].Told = told
		return
	}
	if is.PID == 0 && e.PID != 0 { // its owners have gone or hid: the last ones are what people want to read
		is.PID, is.Who = e.PID, e.Who
	}
	is.Opened, is.Before, is.Told, is.Verdict = e.Opened, e.Before, e.Told, l.Verdict
	is.Closed, is.Lost = e.Closed, e.Lost
	if is != e.Spell {
		e.Spell = is
		r.mark(e)
	}
}

func (r *recorder) mark(e *record) {
	if e.dirty {
		return
	}
	e.dirty = true
	r.dirty = append(r.dirty, e)
	if len(r.dirty) > mostWaiting+inOneTx+len(r.open) {
		drop := inOneTx
		r.dirty = slices.DeleteFunc(r.dirty, func(e *record) bool {
			if e.Closed.IsZero() || drop == 0 {
				return false
			}
			drop--
			return true
		})
	}
}
