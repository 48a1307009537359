package explain

import (
	"fmt"
	"strings"
	"testing"
)

// come checks an answer's verdict, and that somewhere in it stand these words.
func come(t *testing.T, a Answer, want Verdict, words ...string) {
	t.Helper()
	if a.Verdict != want {
		t.Errorf("got the verdict %s, want %s; the answer was:\n%s", a.Verdict, want, written(a))
		return
	}
	if a.Summary == "" || len(a.Findings) == 0 || len(a.Try) == 0 {
		t.Errorf("got an answer without summary, findings or what to do:\n%s", written(a))
	}
	for _, w := range words {
		if !strings.Contains(written(a), w) {
			t.Errorf("got no %q in the answer:\n%s", w, written(a))
		}
	}
}

func written(a Answer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", a.Summary)
	for _, f := range a.Findings {
		fmt.Fprintf(&b, "%s %s: %s\n", f.Part, f.Code, f.Text)
		for _, fact := range f.Facts {
			fmt.Fprintf(&b, "    %s\n", fact)
		}
	}
	for _, line := range a.Try {
		fmt.Fprintf(&b, "- %s\n", line)
	}
	return b.String()
}
