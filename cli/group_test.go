package cli

import (
	"encoding/json"
	"slices"
	"testing"

	"portreeve/monitor/reeve"
)

// shop answers as the project ~/src/shop of three programs, and ends those that
// are confirmed.
func (f *fake) shop(r reeve.GroupRequest) (*reeve.Group, error) {
	g := &reeve.Group{
		Title: "the project ~/src/shop",
		Members: []reeve.Member{
			{Owner: "node-id", PID: 4711, Program: "node", Place: "server.js in ~/src/shop", Listens: []string{"127.0.0.1:3000"}},
			{Owner: "worker-id", PID: 4712, Program: "worker", Listens: []string{}},
		},
		Spared: []reeve.Member{{Owner: "bash-id", PID: 4700, Program: "bash", Listens: []string{}, Why: "it started this program"}},
	}
	if len(r.Confirmed) == 0 {
		return g, nil
	}
	for i, m := range g.Members {
		if g.Members[i].Ended = slices.Contains(r.Confirmed, m.Owner); m.Owner == "node-id" && g.Members[i].Ended {
			f.listing = listing()
		}
	}
	g.Text = "2 programs have ended."
	return g, nil
}

const shopText = "the project ~/src/shop, 2 programs:\n" +
	"  node (4711)    server.js in ~/src/shop  127.0.0.1:3000\n" +
	"  worker (4712)\n" +
	"left alone:\n" +
	"  bash (4700)  -  -  it started this program\n"

func TestADryRunOfAGroupOnlyListsIt(t *testing.T) {
	for flag, of := range map[string]string{"--group": reeve.OfGroup, "--session": reeve.OfSession, "--project": reeve.OfProject} {
		f := node()
		f.onGroup = f.shop
		equal(t, flag, f.run(t, "stop", "3000", flag, "--dry-run"), result{0, shopText, ""})
		equal(t, "requests", len(f.groups), 1)
		equal(t, "of", f.groups[0].Of, of)
		equal(t, "confirmed", len(f.groups[0].Confirmed), 0)
		equal(t, "owner", f.groups[0].Owner, "node-id")
	}
	f := node()
	f.onGroup = f.shop
	var g reeve.Group
	got := f.run(t, "stop", "3000", "--group", "--dry-run", "--json")
	if err := json.Unmarshal([]byte(got.out), &g); err != nil {
		t.Fatalf("got %q, want JSON: %v", got.out, err)
	}
	equal(t, "members", len(g.Members), 2)
}

func TestAGroupIsEndedAsItWasShown(t *testing.T) {
	question := shopText + "End 2 programs? [y/N] "
	for _, c := range []struct {
		name, typed string
		terminal    bool
		args        []string
		want        result
	}{
		{"yes", "y\n", true, nil, result{0, "2 programs have ended.\n", question}},
		{"no", "\n", true, nil, result{4, "", question + "error: nothing was stopped\n"}},
		{"the end of input", "", true, nil, result{4, "", question + "error: nothing was stopped\n"}},
		{"forced, but no", "n\n", true, []string{"--force"}, result{4, "", shopText +
			"End 2 programs at once, without a chance to save? [y/N] error: nothing was stopped\n"}},
		{"--yes", "n\n", true, []string{"--yes"}, result{0, "2 programs have ended.\n", ""}},
		{"a script with --yes", "", false, []string{"--yes"}, result{0, "2 programs have ended.\n", ""}},
		{"a script", "y\n", false, []string{"--force"}, result{4, "", "" +
			"error: 2 programs would end: the project ~/src/shop\n" +
			"  node (4711)    server.js in ~/src/shop  127.0.0.1:3000\n" +
			"  worker (4712)\n" +
			"hint: --yes ends them; --dry-run lists them with what is left alone\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := node()
			f.onGroup = f.shop
			run := f.run
			if c.terminal {
				run = func(t *testing.T, args ...string) result { return f.asTyped(t, c.typed, args...) }
			}
			equal(t, "result", run(t, append([]string{"stop", "3000", "--project"}, c.args...)...), c.want)
			if c.want.code != 0 {
				equal(t, "requests", len(f.groups), 1)
				return
			}
			equal(t, "requests", len(f.groups), 2)
			if want := []string{"node-id", "worker-id"}; !slices.Equal(f.groups[1].Confirmed, want) {
				t.Errorf("confirmed: got %q, want %q", f.groups[1].Confirmed, want)
			}
		})
	}
}

func TestAGroupThatIsNotAllEndedFails(t *testing.T) {
	f := node()
	f.onGroup = func(r reeve.GroupRequest) (*reeve.Group, error) {
		g, err := f.shop(r)
		if len(r.Confirmed) > 0 {
			g.Members[1].Ended, g.Members[1].Why = false, "it was asked to end and still runs"
			g.Text = "1 of 2 programs have ended; still there: worker."
		}
		return g, err
	}
	equal(t, "result", f.run(t, "stop", "3000", "--group", "--yes"), result{1, "1 of 2 programs have ended; still there: worker.\n",
		"error: worker (4712): it was asked to end and still runs\n"})
}

func TestAGroupWhosePortIsStillTakenFails(t *testing.T) {
	f := node()
	f.onGroup = func(r reeve.GroupRequest) (*reeve.Group, error) {
		g, err := f.shop(r)
		if len(r.Confirmed) > 0 {
			f.listing = listing(tcp("127.0.0.2", 3000, "late", 9))
			g.Members = g.Members[:1]
			g.Members[0].Ended, g.Members[0].Why = false, "not permitted"
		}
		return g, err
	}
	got := f.run(t, "stop", "3000", "--group", "--yes")
	equal(t, "code", got.code, 1)
	contains(t, "error", got.errs, "error: port 3000 is still taken by late (9)\n")
}

func TestAGroupOfNobodyThatMayBeEndedIsRefused(t *testing.T) {
	f := node()
	f.onGroup = func(r reeve.GroupRequest) (*reeve.Group, error) {
		g, err := f.shop(r)
		g.Members = []reeve.Member{}
		return g, err
	}
	equal(t, "result", f.run(t, "stop", "3000", "--session", "--yes"), result{4, "", "" +
		"error: nothing of the project ~/src/shop may be ended\n" +
		"  bash (4700)  -  -  it started this program\n"})
	equal(t, "requests", len(f.groups), 1)
}

func TestHoldersOfOneGroupAreOneAndOthersAreListed(t *testing.T) {
	f := &fake{listing: listing(tcp("127.0.0.1", 3000, "node", 4711), tcp("127.0.0.1", 3000, "worker", 4712))}
	f.onGroup = f.shop
	equal(t, "code of one group", f.run(t, "stop", "3000", "--group", "--yes").code, 0)

	f = &fake{listing: listing(tcp("127.0.0.1", 3000, "node", 4711), tcp("::1", 3000, "python3", 4712))}
	f.onGroup = func(r reeve.GroupRequest) (*reeve.Group, error) {
		return &reeve.Group{Title: r.Owner, Members: []reeve.Member{{Owner: r.Owner}}}, nil
	}
	got := f.run(t, "stop", "3000", "--group", "--yes")
	equal(t, "code of two", got.code, 4)
	contains(t, "hint", got.errs, "hint: they belong to different groups; give the address of one\n")
	for _, r := range f.groups {
		equal(t, "confirmed", len(r.Confirmed), 0)
	}
}

func TestAGroupOfAHiddenProgramIsRefused(t *testing.T) {
	f := &fake{listing: listing(unseen("127.0.0.1", 631))}
	equal(t, "code", f.run(t, "stop", "631", "--group", "--yes").code, 4)
	equal(t, "requests", len(f.groups), 0)
}

func TestADryRunNamesTheProgramAndStopsNothing(t *testing.T) {
	l := tcp("127.0.0.1", 3000, "node", 4711)
	l.Owners[0].Unit = "shop.service"
	l.Owners = append(l.Owners, reeve.Owner{ID: "w", PID: 4712, Name: "worker\x1b"})
	const end = "nothing was stopped; the stop itself asks before it costs more than that\n"
	f := &fake{listing: listing(l)}
	equal(t, "result", f.run(t, "stop", "3000", "--dry-run", "--force"), result{0, "" +
		"would end node (4711) on 127.0.0.1:3000 at once\n" +
		"  it belongs to shop.service, which may start it again\n" +
		"  also held by worker\\x1b (4712), which may be left\n" + end, ""})
	equal(t, "JSON", f.run(t, "stop", "3000", "--dry-run", "--json"), result{0,
		`{"would_stop":[{"pid":4711,"program":"node","listeners":["127.0.0.1-node"],"unit":"shop.service","container":"","others":[4712]}]}` + "\n", ""})
	equal(t, "plain", node().run(t, "stop", "3000", "--dry-run"), result{0, "would end node (4711) on 127.0.0.1:3000\n" + end, ""})
	equal(t, "stops", len(f.stops), 0)

	f = &fake{listing: listing(tcp("127.0.0.1", 3000, "a", 1), tcp("::1", 3000, "b", 2))}
	equal(t, "code of two", f.run(t, "stop", "3000", "--dry-run").code, 4)
	equal(t, "code of both", f.run(t, "stop", "3000", "--dry-run", "--yes").code, 0)
	f = &fake{listing: listing(unseen("127.0.0.1", 631))}
	equal(t, "code of a hidden one", f.run(t, "stop", "631", "--dry-run").code, 4)
	equal(t, "code of nothing", f.run(t, "stop", "9", "--dry-run").code, 3)
}
