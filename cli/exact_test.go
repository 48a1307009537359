package cli

import (
	"strings"
	"testing"

	"portreeve/monitor/reeve"
)

func TestExactSendsTheVeryIDsAndLooksForNobody(t *testing.T) {
	f := node()
	f.onStop = f.frees
	equal(t, "result", f.run(t, "stop", "--exact", "a6253d98-1f", "4447.1a.fe01.9"), result{0, "it has ended.\n", ""})
	equalRequests(t, f.stops, reeve.StopRequest{ID: "a6253d98-1f", Owner: "4447.1a.fe01.9", Anyway: true, Confirmed: true})
	equal(t, "looks", f.lists, 0)
}

func TestExactPrintsTheBareAnswerAsJSON(t *testing.T) {
	f := node()
	f.onStop = func(reeve.StopRequest) (*reeve.Stopped, error) {
		return &reeve.Stopped{Result: reeve.StopRunning, Text: "It runs.", Hint: "Wait.", Offers: []reeve.Offer{}}, nil
	}
	// In the order in which pkexec's side is called.
	equal(t, "running", f.run(t, "stop", "--json", "--exact", "a-1", "4.1.2.3", "--force"), result{1,
		`{"result":"running","free":false,"text":"It runs.","hint":"Wait.","can_force":false,"offers":[]}` + "\n",
		"error: the port is not free\nhint: Wait.\n"})
	equal(t, "forced", f.stops[0].Force, true)
	f.onStop = func(reeve.StopRequest) (*reeve.Stopped, error) {
		return nil, &reeve.Error{Code: reeve.CodeChanged, Message: "another process"}
	}
	equal(t, "refused", f.run(t, "stop", "--exact", "a-1", "4.1.2.3", "--json"), result{4, "", "error: another process\n"})
}

func TestExactAsksNobody(t *testing.T) {
	f := node()
	f.onStop = running
	got := f.asTyped(t, "1\n", "stop", "--exact", "a-1", "4.1.2.3")
	equal(t, "code", got.code, 1)
	equal(t, "requests", len(f.stops), 1)
}

func TestStopRefusesFlagsAndIDsThatMakeNoSense(t *testing.T) {
	for _, args := range [][]string{
		{"--exact"}, {"--exact", "a"}, {"--exact", "a", "b", "c"},
		{"--exact", "a", ""}, {"--exact", "", "b"}, {"--exact", "a b", "c"}, {"--exact", "a", "../b"}, {"--exact", "a", "b\x1b"},
		{"--exact", "a", string(make([]byte, maxID+1))},
		{"--exact", "a", "b", "--yes"}, {"--exact", "a", "b", "--udp"}, {"--exact", "a", "b", "--dry-run"},
		{"--exact", "a", "b", "--lasting"}, {"--exact", "a", "b", "--anyway"}, {"--exact", "a", "b", "--group"},
		{"3000", "--lasting", "--anyway"},
		{"3000", "--group", "--session"}, {"3000", "--group", "--project"},
		{"3000", "--group", "--lasting"}, {"3000", "--project", "--anyway"},
		{"a-1", "4.1.2.3"},
	} {
		f := node()
		equal(t, "code", f.run(t, append([]string{"stop"}, args...)...).code, 2)
		equal(t, "opened", f.opened, 0)
	}
}

func TestExactIsNotInTheHelp(t *testing.T) {
	got := node().run(t, "help", "stop")
	contains(t, "help", got.out, "--lasting")
	for _, hidden := range []string{"--exact", "LISTENER-ID"} {
		if strings.Contains(got.out, hidden) {
			t.Errorf("help: got %q, want no %s in it", got.out, hidden)
		}
	}
}
