package notify

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// Lines prints notices as lines of text, for a machine with neither session bus
// nor display:
//
//	12:04:05  python3 is listening on 127.0.0.1:62893. Only programs on this ...
//	          To stop it: portreeve stop 62893
//
// Its methods never block and may be called from any goroutine. Nothing can be
// pressed, and what was printed can't be withdrawn.
type Lines struct {
	w   io.Writer
	box *box
}

// Terminal prints to w, as soon as Run runs.
func Terminal(w io.Writer) *Lines { return &Lines{w: w, box: newBox()} }

// Show prints a notice, unless the same words were printed for its key last.
func (l *Lines) Show(n Notice) { l.box.put(job{notice: n}) }

// Withdraw takes back a notice that has not been printed yet.
func (l *Lines) Withdraw(key string) { l.box.put(job{notice: Notice{Key: key}, withdraw: true}) }

// Presses never delivers: a terminal has no buttons.
func (l *Lines) Presses() <-chan Press { return nil }

// Means is always Plain.
func (l *Lines) Means() Means { return Plain }

// manyNotices is more than ever stand at once.
const manyNotices = 1024

// Run prints until ctx ends, what waits then included, and returns nil; or it
// returns the error of the writer. A terminal that is held (Ctrl-S) holds Run
// with it, but none of the other methods.
func (l *Lines) Run(ctx context.Context) error {
	said := make(map[string]string) // key -> words; at most one for each notice that stands
	for {
		last := ctx.Err() != nil
		for j, ok := l.box.take(); ok; j, ok = l.box.take() {
			key := j.notice.Key
			if j.withdraw {
				delete(said, key)
				continue
			}
			text := line(j.notice)
			if old, stands := said[key]; old == text || j.notice.Update && !stands {
				continue
			}
			if len(said) > manyNotices {
				clear(said) // at worst something is printed twice
			}
			said[key] = text
			out := j.at.Format("15:04:05") + "  " + text + "\n"
			if j.notice.Command != "" {
				out += "          To stop it: " + clean(j.notice.Command, MaxTitle) + "\n"
			}
			if _, err := io.WriteString(l.w, out); err != nil {
				return fmt.Errorf("print a notice: %w", err)
			}
		}
		if last {
			return nil
		}
		select {
		case <-ctx.Done():
		case <-l.box.wake:
		}
	}
}

// line is a notice as one line of clean text.
func line(n Notice) string {
	title, body := clean(n.Title, MaxTitle), clean(n.Body, MaxBody)
	if title != "" && !strings.ContainsAny(title[len(title)-1:], ".?:") && !strings.HasSuffix(title, "…") {
		title += "."
	}
	return strings.TrimSpace(title + " " + body)
}
