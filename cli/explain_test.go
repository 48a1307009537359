package cli

import (
	"bytes"
	"strings"
	"testing"

	"portreeve/monitor/reeve"
)

func explained() reeve.Explanation {
	return reeve.Explanation{
		Address: "127.0.0.1:3000", Verdict: "answers_http", Listens: true, Answers: true, Summary: "node answers on 127.0.0.1:3000.",
		Findings: []reeve.Finding{
			{Code: "address_loopback", Part: reeve.PartAddress, Text: "It is this computer.", Facts: []string{"a fact"}},
			{Code: "who", Part: reeve.PartWho, Text: "node\x1b[2J listens.", Facts: []string{}},
		},
		Try: []string{"End it: portreeve stop 3000"}, Clients: []reeve.Peer{}, Before: []reeve.Spell{},
	}
}

func TestAnExplanationIsOneSentenceThenItsPartsThenWhatToDo(t *testing.T) {
	f := &fake{explanation: explained()}
	got := f.run(t, "explain", "127.0.0.1:3000")
	equal(t, "explain", got, result{0, `node answers on 127.0.0.1:3000.

What the address means
  It is this computer.
    a fact

Who is there
  node\x1b[2J listens.

What you can do
  End it: portreeve stop 3000
`, ""})
	equal(t, "asked", f.asked[0], reeve.ExplainRequest{Text: "127.0.0.1:3000", Probe: true})
	f.run(t, "explain", "GET", "127.0.0.1:3000", "--no-probe")
	equal(t, "a line without quotes, and no probe", f.asked[1], reeve.ExplainRequest{Text: "GET 127.0.0.1:3000"})
}

func TestTheExitCodeTellsWhetherItAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		listens, answers bool
		want             int
	}{"answers": {true, true, 0}, "listens and does not": {true, false, 5}, "nothing listens": {false, false, 3}} {
		f := &fake{explanation: explained()}
		f.explanation.Listens, f.explanation.Answers = c.listens, c.answers
		for _, args := range [][]string{{"explain", "3000"}, {"explain", "3000", "--json"}} {
			got := f.run(t, args...)
			if got.code != c.want || got.errs != "" || got.out == "" {
				t.Errorf("%s: got %+v, want the exit code %d with an answer and no error", name, got, c.want)
			}
		}
	}
}

func TestTheWishToBeToldIsMadeOnlyWhereNothingListens(t *testing.T) {
	f := &fake{explanation: explained()}
	equal(t, "in use", f.run(t, "explain", "3000", "--await").code, 0)
	equal(t, "wishes", len(f.awaited), 0)
	for address, port := range map[string]uint16{"[::1]:80": 80, "localhost:81": 81, "port 3000": 3000} {
		f = &fake{explanation: reeve.Explanation{Address: address, Summary: "Nobody."}}
		got := f.run(t, "explain", "x", "--await")
		equal(t, address, got.code, 0)
		contains(t, address, got.out, "You will be told.")
		equal(t, address, f.awaited[0], reeve.AwaitRequest{Port: port})
	}
}

func TestWhatIsPastedMayComeByTheInput(t *testing.T) {
	f := &fake{explanation: explained()}
	var out, errs bytes.Buffer
	equal(t, "code", terminalFor(f, "see 127.0.0.1:3000\n", &out, &errs).run(t.Context(), []string{"explain", "-"}), 0)
	equal(t, "asked", f.asked[0].Text, "see 127.0.0.1:3000\n")
	for name, in := range map[string]string{"a megabyte": strings.Repeat("x", 1<<20), "nothing": " \n"} {
		errs.Reset()
		equal(t, name, terminalFor(f, in, &out, &errs).run(t.Context(), []string{"explain", "-"}), 2)
		contains(t, name, errs.String(), "hint: ")
	}
	equal(t, "asked", len(f.asked), 1)
}

func TestTextIsWrappedAtSpaces(t *testing.T) {
	equal(t, "wrapped", strings.Join(wrap("the quick brown fox jumps over the lazy dog", 21), "|"), "the quick brown fox|jumps over the lazy|dog")
	equal(t, "a long word", strings.Join(wrap("a "+strings.Repeat("x", 30)+" b", 25), "|"), "a|"+strings.Repeat("x", 30)+"|b")
	equal(t, "no bound", strings.Join(wrap("a b c", 0), "|"), "a b c")
	equal(t, "wide letters", strings.Join(wrap("日本語 日本語 日本語 日本語", 21), "|"), "日本語 日本語 日本語|日本語")
}
