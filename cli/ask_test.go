package cli

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"portreeve/monitor/reeve"
)

// asTyped runs a command on a terminal where that is typed.
func (f *fake) asTyped(t *testing.T, typed string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	a := terminalFor(f, typed, &out, &errs)
	a.tty.asks = true
	code := a.run(t.Context(), args)
	return result{code, out.String(), errs.String()}
}

// supervised refuses as shop.service does, and ends the program where the
// request says which way.
func (f *fake) supervised(r reeve.StopRequest) (*reeve.Stopped, error) {
	if r.Anyway || r.Supervisor != "" {
		return f.frees(r)
	}
	lasting, anyway := r, r
	lasting.Supervisor, lasting.Confirmed, anyway.Anyway = "systemd-user:shop.service", true, true
	return nil, &reeve.Error{
		Code: reeve.CodeSupervised, Message: "shop.service would start node again (Restart=always)",
		Hint: "to stop it for good: systemctl --user stop shop.service",
		Offers: []reeve.Offer{
			{Label: "Stop shop.service", Command: "systemctl --user stop shop.service", Request: lasting},
			{Label: "Stop only node", Request: anyway},
		},
	}
}

// costly refuses until it is confirmed.
func (f *fake) costly(r reeve.StopRequest) (*reeve.Stopped, error) {
	if r.Confirmed {
		return f.frees(r)
	}
	sure := r
	sure.Confirmed = true
	label := "Stop node"
	if r.Force {
		label = "Force stop node"
	}
	return nil, &reeve.Error{
		Code: reeve.CodeConfirm, Message: "firefox is connected to node", Hint: "nothing was stopped yet",
		Offers: []reeve.Offer{{Label: label, Request: sure}},
	}
}

func node() *fake { return &fake{listing: listing(tcp("127.0.0.1", 3000, "node", 4711))} }

func TestASupervisedProgramIsAQuestionOnATerminal(t *testing.T) {
	question := "shop.service would start node again (Restart=always)\n" +
		"1  Stop shop.service  (systemctl --user stop shop.service)\n" +
		"2  Stop only node\n" +
		"0  leave it\n" +
		"Which? [0] "
	ids := reeve.StopRequest{ID: "127.0.0.1-node", Owner: "node-id"}
	lasting, anyway := ids, ids
	lasting.Supervisor, lasting.Confirmed, anyway.Anyway = "systemd-user:shop.service", true, true
	left := result{4, "", question + "error: nothing was stopped\n"}
	for _, c := range []struct {
		typed string
		want  result
		sent  []reeve.StopRequest
	}{
		{"1\n", result{0, "it has ended.\n", question}, []reeve.StopRequest{ids, lasting}},
		{" 2 \n", result{0, "it has ended.\n", question}, []reeve.StopRequest{ids, anyway}},
		{"0\n", left, []reeve.StopRequest{ids}},
		{"\n", left, []reeve.StopRequest{ids}},
		{"", left, []reeve.StopRequest{ids}},
		{"3\n", left, []reeve.StopRequest{ids}},
		{"-1\n", left, []reeve.StopRequest{ids}},
		{"y\n", left, []reeve.StopRequest{ids}}, // yes to which of them?
	} {
		f := node()
		f.onStop = f.supervised
		equal(t, "result of "+c.typed, f.asTyped(t, c.typed, "stop", "3000"), c.want)
		equalRequests(t, f.stops, c.sent...)
	}
}

func equalRequests(t *testing.T, got []reeve.StopRequest, want ...reeve.StopRequest) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("requests:\ngot  %+v\nwant %+v", got, want)
	}
	for i := range got {
		equal(t, "request", got[i], want[i])
	}
}

func TestASupervisedProgramIsRefusedInAScriptWithTheFlags(t *testing.T) {
	refused := "error: shop.service would start node again (Restart=always)\n" +
		"hint: --lasting takes the lasting way (systemctl --user stop shop.service); --anyway ends only the process\n"
	for _, c := range []struct {
		name     string
		terminal bool
		args     []string
		want     result
		stops    int
	}{
		{"a script", false, nil, result{4, "", refused}, 1},
		{"a script with --yes", false, []string{"--yes"}, result{4, "", refused}, 1},
		{"a person who wants no question", true, []string{"--yes"}, result{4, "", refused}, 1},
		{"a person who wants JSON", true, []string{"--json"}, result{4, `{"free":false,"stopped":[]}` + "\n", refused}, 1},
		{"--lasting", false, []string{"--lasting"}, result{0, "it has ended.\n", ""}, 2},
		{"--lasting on a terminal", true, []string{"--lasting"}, result{0, "it has ended.\n", ""}, 2},
		{"--anyway", false, []string{"--anyway"}, result{0, "it has ended.\n", ""}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := node()
			f.onStop = f.supervised
			run := f.run
			if c.terminal {
				run = func(t *testing.T, args ...string) result { return f.asTyped(t, "1\n", args...) }
			}
			equal(t, "result", run(t, append([]string{"stop", "3000"}, c.args...)...), c.want)
			equal(t, "requests", len(f.stops), c.stops)
		})
	}
}

func TestTheLastingWayIsRefusedWhereItIsNotAllowed(t *testing.T) {
	f := node()
	f.onStop = func(r reeve.StopRequest) (*reeve.Stopped, error) {
		r.Anyway = true
		return nil, &reeve.Error{
			Code: reeve.CodeSupervised, Message: "nginx.service would start nginx again",
			Hint:   "to stop it for good: systemctl stop nginx.service (needs root)",
			Offers: []reeve.Offer{{Label: "Stop only nginx", Request: r}},
		}
	}
	equal(t, "result", f.run(t, "stop", "3000", "--lasting"), result{4, "", "" +
		"error: nginx.service would start nginx again\n" +
		"hint: to stop it for good: systemctl stop nginx.service (needs root); --anyway ends only the process\n"})
	equal(t, "requests", len(f.stops), 1)
}

func TestAHiddenProgramIsStoppedByItsUnit(t *testing.T) {
	f := &fake{listing: listing(unseen("127.0.0.1", 631))}
	f.onStop = func(r reeve.StopRequest) (*reeve.Stopped, error) {
		if r.Supervisor != "" {
			f.listing = listing()
		}
		return f.supervised(r)
	}
	equal(t, "code", f.run(t, "stop", "631", "--lasting").code, 0)
	equal(t, "unit", f.stops[1].Supervisor, "systemd-user:shop.service")
}

func TestWhatWouldBeLostIsAskedOnce(t *testing.T) {
	for _, c := range []struct {
		name, typed string
		args        []string
		terminal    bool
		code        int
		asked       bool
	}{
		{"one", "1\n", nil, true, 0, true},
		{"yes", "y\n", nil, true, 0, true},
		{"yes in full", " YES \n", nil, true, 0, true},
		{"no", "n\n", nil, true, 4, true},
		{"just return", "\n", nil, true, 4, true},
		{"the end of input", "", nil, true, 4, true},
		{"forced", "1\n", []string{"--force"}, true, 0, true},
		{"forced, but no", "0\n", []string{"--force"}, true, 4, true},
		{"not with --yes", "n\n", []string{"--yes"}, true, 0, false},
		{"not forced with --yes", "n\n", []string{"--force", "--yes"}, true, 0, false},
		{"forced for JSON on a terminal", "1\n", []string{"--force", "--json"}, true, 4, false},
		{"a script", "1\n", nil, false, 4, false},
		{"a script with --yes", "n\n", []string{"--yes"}, false, 0, false},
		{"a script that forces", "n\n", []string{"--force"}, false, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := node()
			f.onStop = f.costly
			var out, errs bytes.Buffer
			a := terminalFor(f, c.typed, &out, &errs)
			a.tty.asks = c.terminal
			equal(t, "code", a.run(t.Context(), append([]string{"stop", "3000"}, c.args...)), c.code)
			equal(t, "ended", len(f.listing.Listeners) == 0, c.code == 0)
			equal(t, "asked", strings.Contains(errs.String(), "firefox is connected to node\nnothing was stopped yet\n1  "), c.asked)
			equal(t, "told", strings.Contains(errs.String(), "hint: nothing was stopped yet; --yes ends it all the same\n"), c.code == 4 && !c.asked)
		})
	}
}

// running says that the process is still there, and offers force.
func running(r reeve.StopRequest) (*reeve.Stopped, error) {
	force := r
	force.Force, force.Confirmed, force.Anyway = true, true, true
	return &reeve.Stopped{
		Result: reeve.StopRunning, Text: "node was asked to end and still holds port 3000.", Hint: "Unsaved work is lost.", CanForce: true,
		Offers: []reeve.Offer{{Label: "Force stop", Request: force}},
	}, nil
}

func TestAResultThatLeadsOnIsAQuestionToo(t *testing.T) {
	question := "Unsaved work is lost.\n1  Force stop\n0  leave it\nWhich? [0] "
	for _, c := range []struct {
		typed string
		want  result
	}{
		{"1\n", result{0, "node was asked to end and still holds port 3000.\nit has ended.\n", question}},
		{"0\n", result{1, "node was asked to end and still holds port 3000.\n", question +
			"error: port 3000 is still taken by node (4711)\nhint: portreeve stop 3000 --force ends it at once\n"}},
	} {
		f := node()
		f.onStop = func(r reeve.StopRequest) (*reeve.Stopped, error) {
			if r.Force {
				return f.frees(r)
			}
			return running(r)
		}
		equal(t, "result", f.asTyped(t, c.typed, "stop", "3000"), c.want)
	}
}

func TestAConversationEnds(t *testing.T) {
	f := node()
	f.onStop = running
	got := f.asTyped(t, strings.Repeat("1\n", 100), "stop", "3000")
	equal(t, "code", got.code, 4)
	equal(t, "requests", len(f.stops), mostRequests)
	contains(t, "error", got.errs, "error: node (4711) has been asked about often enough\n")
}

func TestWhoComesBackIsStoppedForGoodOnce(t *testing.T) {
	back := func(r reeve.StopRequest) (*reeve.Stopped, error) {
		r.Supervisor = "loop:1"
		return &reeve.Stopped{Result: reeve.StopRespawned, Text: "node is back.", Offers: []reeve.Offer{{Label: "Stop a loop in sh", Request: r}}}, nil
	}
	f := node()
	f.onStop = back
	equal(t, "result", f.run(t, "stop", "3000", "--anyway"), result{1, "node is back.\n", "" +
		"error: port 3000 is still taken by node (4711)\n" +
		"hint: portreeve stop 3000 --lasting stops what starts it again\n"})
	f = node()
	f.onStop = back
	equal(t, "code", f.run(t, "stop", "3000", "--lasting").code, 1)
	equal(t, "requests", len(f.stops), 2)
}

func TestAQuestionSaysWhomItIsAboutWhereThereAreSeveral(t *testing.T) {
	f := &fake{listing: listing(tcp("127.0.0.1", 3000, "node", 1), tcp("::1", 3000, "python3", 2))}
	f.onStop = f.supervised
	got := f.run(t, "stop", "3000", "--yes")
	contains(t, "first", got.errs, "error: node (1): shop.service would")
	contains(t, "second", got.errs, "error: python3 (2): shop.service would")
}

func TestOffersCanNotDrawOnTheTerminal(t *testing.T) {
	f := node()
	f.onStop = func(r reeve.StopRequest) (*reeve.Stopped, error) {
		return nil, &reeve.Error{
			Code: reeve.CodeSupervised, Message: "a\x1b[2J", Hint: "b\n1  all is well",
			Offers: []reeve.Offer{{Label: "c\r0  leave it", Command: "d\u202e", Request: r}},
		}
	}
	got := f.asTyped(t, "0\n", "stop", "3000")
	equal(t, "question", got.errs, `a\x1b[2J`+"\n"+`b\x0a1 \x20all is well`+"\n"+
		`1  c\x0d0 \x20leave it  (d\u202e)`+"\n0  leave it\nWhich? [0] error: nothing was stopped\n")
}

func TestAPersonIsToldToWait(t *testing.T) {
	for _, c := range []struct {
		typed string
		takes time.Duration
		args  []string
		told  bool
	}{
		{"", quiet / 2, nil, false},
		{"", 2 * quiet, nil, true},
		{"", 2 * quiet, []string{"--json"}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := node()
			f.onStop = func(r reeve.StopRequest) (*reeve.Stopped, error) {
				time.Sleep(c.takes)
				return f.frees(r)
			}
			got := f.asTyped(t, "", append([]string{"stop", "3000"}, c.args...)...)
			equal(t, "told", got.errs == "waiting for node (4711)...\n", c.told)
		})
	}
}

func TestAQuestionCanBeInterrupted(t *testing.T) {
	f := node()
	f.onStop = f.costly
	in, typing := io.Pipe()
	defer typing.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs bytes.Buffer
	a := terminalFor(f, "", &out, &errs)
	a.In, a.tty.asks = in, true
	a.Err = onWrite(func(p []byte) (int, error) { cancel(); return errs.Write(p) })
	equal(t, "code", a.run(ctx, []string{"stop", "3000"}), 1)
	contains(t, "error", errs.String(), "error: interrupted\n")
	equal(t, "requests", len(f.stops), 1)
	equal(t, "still there", len(f.listing.Listeners), 1)
}
