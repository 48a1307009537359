package cli

import (
	"testing"

	"portreeve/monitor/reeve"
)

func TestAutostartAsksForWhatWasSaidAndPrintsTheAnswer(t *testing.T) {
	for _, c := range []struct{ word, want string }{{"on", "on"}, {"off", "off"}, {"status", ""}} {
		f := &fake{autostart: reeve.Autostart{On: true, Can: true, Entry: "/e", Text: "It is so."}}
		equal(t, c.word, f.run(t, "autostart", c.word), result{0, "It is so.\n", ""})
		equal(t, "asked", f.autostarts[0], c.want)
		equal(t, "JSON", f.run(t, "autostart", c.word, "--json"),
			result{0, `{"on":true,"can":true,"entry":"/e","text":"It is so."}` + "\n", ""})
	}
	equal(t, "refused", (&fake{err: &reeve.Error{Code: reeve.CodeFailed, Message: "no way", Hint: "none"}}).run(t, "autostart", "on"),
		result{1, "", "error: no way\nhint: none\n"})
}
