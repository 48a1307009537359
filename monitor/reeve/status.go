package reeve

import (
	"context"
	"fmt"
	"os"
	"time"

	"portreeve/monitor/familiar"
	"portreeve/monitor/store"
)

// morning is the hour at which "until tomorrow" ends.
const morning = 8

// The longest pause, so that a slip of the finger does not silence for ever.
const longestPause = 7 * 24 * time.Hour

// Pause holds notices back, or lets them come again.
func (r *Reeve) Pause(ctx context.Context, req PauseRequest) (*Status, error) {
	if !r.Resident {
		return nil, &Error{Code: CodeNoResident, Message: "no portreeve is running whose notices could be paused", Hint: "start it: portreeve"}
	}
	until, err := pauseEnd(req.For, time.Now())
	if err != nil {
		return nil, err
	}
	r.hold(until)
	if err := r.Store.SavePause(until); err != nil {
		r.notSaved(AboutMemory, fmt.Sprintf("The pause could not be saved and ends when Portreeve does: %v.", err))
	}
	r.tellStatus()
	return r.Status(ctx)
}

func pauseEnd(word string, now time.Time) (time.Time, error) {
	switch word {
	case "off":
		return time.Time{}, nil
	case "tomorrow":
		y, m, d := now.Date()
		return time.Date(y, m, d+1, morning, 0, 0, 0, now.Location()), nil
	}
	d, err := time.ParseDuration(word)
	if err != nil || d < time.Minute || d > longestPause {
		return time.Time{}, &Error{Code: CodeUsage, Message: fmt.Sprintf("pause for %q: not a time between 1m and 168h", word),
			Hint: "say 15m, 1h, tomorrow or off"}
	}
	return now.Add(d), nil
}

// hold takes over a pause and tells everybody when it ends.
func (r *Reeve) hold(until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ends != nil {
		r.ends.Stop()
		r.ends = nil
	}
	r.paused = until
	if left := time.Until(until); left > 0 && r.Resident {
		r.ends = time.AfterFunc(left, r.tellStatus)
	}
}

// Show opens the window, or raises the one that is open.
func (r *Reeve) Show(_ context.Context, req ShowRequest) error {
	if !r.Resident {
		return &Error{Code: CodeNoResident, Message: "no portreeve is running", Hint: "start it: portreeve"}
	}
	switch req.Page {
	case "":
		req.Page = PageListeners
	case PageListeners, PageExplain, PageReview:
	default:
		return &Error{Code: CodeUsage, Message: fmt.Sprintf("there is no page %q", req.Page), Hint: "pages are listeners, review and explain"}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tell(Event{Time: now(), Event: EventShow, Show: &req}, true) > 0 {
		return nil
	}
	const starting = 5 * time.Second
	if !r.opening.IsZero() && time.Since(r.opening) < starting {
		r.waiting = &req
		return nil
	}
	if r.OpenWindow == nil {
		return &Error{Code: CodeFailed, Message: "this portreeve has no window", Hint: "portreeve list shows the same in the terminal"}
	}
	if err := r.OpenWindow(req); err != nil {
		return failed("open the window", err)
	}
	r.opening = time.Now()
	return nil
}

// WindowEnded forgets a window that was started, so that the next Show starts
// another at once.
func (r *Reeve) WindowEnded() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.opening, r.waiting = time.Time{}, nil
}

// Status tells how the resident is doing.
func (r *Reeve) Status(ctx context.Context) (*Status, error) {
	l, err := r.List(ctx)
	if err != nil {
		return nil, err
	}
	s := r.status(Status{Source: l.Source}, l.Listeners)
	if l.Partial != "" {
		s.Problems = append(s.Problems, oldList(l.Partial))
	}
	return &s, nil
}

// status fills in everything but the source.
func (r *Reeve) status(s Status, ls []Listener) Status {
	s = Status{Version: r.Version, PID: os.Getpid(), Resident: r.Resident, Source: s.Source, Problems: r.kept()}
	for i := range ls {
		if ls[i].Folded {
			continue
		}
		s.Listeners++
		if ls[i].Verdict == string(familiar.Unfamiliar) {
			s.New++
		}
		if ls[i].Scope == string(familiar.Network) {
			s.Open++
		}
		if len(ls[i].Owners) == 0 {
			s.Hidden++
		}
	}
	if r.Desktop != nil {
		s.Tray, s.Notices = r.Desktop()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.unsaved.Text != "" {
		s.Problems = append(s.Problems, r.unsaved)
	}
	s.Awaited = append([]uint16{}, r.awaited...)
	if r.paused.After(time.Now()) {
		s.PausedUntil = stamp(r.paused)
	}
	return s
}

// kept are the problems of the files that are kept; never nil.
func (r *Reeve) kept() []Problem {
	all := []Problem{}
	for _, p := range r.Store.Problems() {
		about := AboutMemory
		switch p.File {
		case store.RulesFile:
			about = AboutRules
		case store.SettingsFile:
			about = AboutSettings
		case store.HistoryFile:
			about = AboutHistory
		}
		all = append(all, Problem{about, p.Text})
	}
	return all
}

// oldList says that the list is not of now.
func oldList(why string) Problem { return Problem{AboutList, "The list may be old: " + why + "."} }

// tellStatus lets every watcher know that the status may have changed.
func (r *Reeve) tellStatus() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tell(Event{Time: now(), Event: EventStatus}, false)
}
