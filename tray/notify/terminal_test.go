package notify

import (
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
)

// printed runs a terminal over the notices and gives what it wrote.
func printed(t *testing.T, do func(*Lines)) string {
	t.Helper()
	var out bytes.Buffer
	l := Terminal(&out)
	do(l)
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // Run still prints what waits
	if err := l.Run(ctx); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestATerminalPrintsANoticeAsALine(t *testing.T) {
	got := printed(t, func(l *Lines) {
		l.Show(Notice{Key: "k", Title: "python3 is listening on 127.0.0.1:62893", Body: "Only programs on this computer can reach it.",
			Actions: []Action{{"stop", "Stop"}}, Command: "portreeve stop 62893"})
	})
	want := `^\d\d:\d\d:\d\d  python3 is listening on 127\.0\.0\.1:62893\. Only programs on this computer can reach it\.\n` +
		`          To stop it: portreeve stop 62893\n$`
	if !regexp.MustCompile(want).MatchString(got) {
		t.Errorf("got %q, want a match of %q", got, want)
	}
}

func TestATerminalLineIsNeverForged(t *testing.T) {
	got := printed(t, func(l *Lines) {
		l.Show(Notice{Key: "k", Title: "a\n12:00:00  b is fine\r\x1b[2K", Body: "c\u2028d", Command: "x\ny"})
	})
	if n := strings.Count(got, "\n"); n != 2 || strings.ContainsAny(got, "\r\x1b\u2028") {
		t.Errorf("got %q, want two clean lines", got)
	}
}

func TestATerminalRepeatsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l := Terminal(&out)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go l.Run(ctx)
		for _, n := range []Notice{
			{Key: "k", Title: "one"}, {Key: "k", Title: "one"},
			{Key: "k", Title: "two", Update: true}, {Key: "other", Title: "three", Update: true},
		} {
			l.Show(n)
			synctest.Wait()
		}
		if got := out.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "one.") || !strings.Contains(got, "two.") {
			t.Errorf("got %q, want one and two, once each", got)
		}
	})
}

func TestATerminalEndsWithItsWriter(t *testing.T) {
	r, w := io.Pipe()
	r.Close()
	l := Terminal(w)
	l.Show(Notice{Title: "t"})
	if err := l.Run(context.Background()); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v, want %v", err, io.ErrClosedPipe)
	}
}
