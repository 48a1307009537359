package reeve

import (
	"context"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portreeve/monitor"
	"portreeve/monitor/familiar"
	"portreeve/monitor/process"
	"portreeve/monitor/socket"
	"portreeve/monitor/supervisor"
)

// newRuled makes verbs whose baseline is empty, so that all is new, for a user
// whose home is a folder of the test's.
func newRuled(t *testing.T) (r *Reeve, home string) {
	t.Helper()
	home, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	table, err := socket.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = table.Close() })
	hashes, finder := process.NewHasher(), process.NewFinder()
	t.Cleanup(finder.Close)
	r, _ = newReeve(t, func(o *Options) {
		o.Words.Home, o.Hasher = home, hashes
		o.Monitor = monitor.New(table, finder, monitor.Options{Hasher: hashesOnly{hashes}, Book: &familiar.Book{HasBaseline: true, Boot: monitor.Boot()}})
	})
	return r, home
}

// hashesOnly knows no container engine.
type hashesOnly struct{ *process.Hasher }

func (hashesOnly) Image(context.Context, string) (string, error) { return "", supervisor.ErrNoImage }

// program copies this binary to a place where programs of the user lie, with
// bytes behind it that change nothing but its hash.
func program(t *testing.T, path, behind string) {
	t.Helper()
	code, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(code, behind...), 0o755); err != nil {
		t.Fatal(err)
	}
}

// start runs a program that listens.
func start(t *testing.T, path, address string) netip.AddrPort {
	t.Helper()
	cmd := exec.Command(path)
	cmd.Env = append(os.Environ(), "REEVE_TEST_LISTEN=plain", "REEVE_TEST_ADDRESS="+address)
	cmd.Dir = filepath.Dir(path)
	return startAs(t, cmd)
}

func TestAKnownProgramThatWasUpdatedIsAskedForOnce(t *testing.T) {
	r, home := newRuled(t)
	shop := filepath.Join(home, "bin", "shop")
	program(t, shop, "")
	first := start(t, shop, "127.0.0.1:0")
	if _, err := r.Know(t.Context(), KnowRequest{ID: at(t, r, first).ID, Choice: "any_port"}); err != nil {
		t.Fatal(err)
	}
	if l := at(t, r, start(t, shop, "127.0.0.1:0")); l.Verdict != "familiar" || l.Reason != "" || l.WhyNew != "" {
		t.Errorf("started again: got %s, %q, %q, want familiar and no reason", l.Verdict, l.Reason, l.WhyNew)
	}
	open := at(t, r, start(t, shop, "0.0.0.0:0"))
	if open.Verdict != "unfamiliar" || open.Reason != "open" || !strings.Contains(open.WhyNew, "now it is open to your network") {
		t.Errorf("open to the network: got %s, %q, %q, want new because it is open", open.Verdict, open.Reason, open.WhyNew)
	}
	// The first has another size, and of the second only the hash tells.
	for _, behind := range []string{"x", "y"} {
		name := "with " + behind + " behind it"
		program(t, shop, behind)
		a := start(t, shop, "127.0.0.1:0")
		l := at(t, r, a)
		if l.Verdict != "unfamiliar" || l.Reason != "updated" || !strings.Contains(l.WhyNew, "was updated") {
			t.Errorf("%s: got %s, %q, %q, want new because it was updated", name, l.Verdict, l.Reason, l.WhyNew)
		}
		if _, err := r.Know(t.Context(), KnowRequest{ID: l.ID, Choice: "any_port"}); err != nil {
			t.Fatal(err)
		}
		if l := at(t, r, start(t, shop, "127.0.0.1:0")); l.Verdict != "familiar" {
			t.Errorf("%s, known again: got %s, want familiar", name, l.Verdict)
		}
	}
	list, err := r.Rules(t.Context())
	if err != nil || len(list.Rules) != 1 || !list.Rules[0].Hashed || list.Rules[0].Exe != shop {
		t.Errorf("got %+v, %v, want the one rule of the newest file", list, err)
	}
}

func TestWhatWasAlreadyHereAndWasUpdatedIsAskedForOnce(t *testing.T) {
	home, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	shop := filepath.Join(home, "bin", "shop")
	program(t, shop, "")
	first := start(t, shop, "127.0.0.1:0")
	table, err := socket.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = table.Close() })
	hashes, finder := process.NewHasher(), process.NewFinder()
	t.Cleanup(finder.Close)
	r, _, _ := keeping(t, func(o *Options) {
		o.Words.Home, o.Hasher = home, hashes
		o.Monitor = monitor.New(table, finder, monitor.Options{Hasher: hashesOnly{hashes}, MakeBaseline: true,
			Book: &familiar.Book{Boot: monitor.Boot(), EphemeralLow: 1024, EphemeralHigh: 65535}})
	})
	if l := at(t, r, first); l.Verdict != "baseline" {
		t.Fatalf("at the first reading: got %s, want it already here", l.Verdict)
	}
	until(t, "the stored baseline has the hash of its file", func() bool {
		return slices.ContainsFunc(r.Store.Load(familiar.Book{}, false).Baseline, func(p familiar.Pattern) bool {
			return p.Subject.Exe == shop && p.Subject.SHA256 != "" && p.Subject.Size != 0
		})
	})
	if l := at(t, r, first); l.Verdict != "baseline" {
		t.Errorf("with its hash: got %s, want it already here still", l.Verdict)
	}
	if l := at(t, r, start(t, shop, "127.0.0.1:0")); l.Verdict != "baseline" {
		t.Errorf("started again: got %s, want it already here", l.Verdict)
	}
	program(t, shop, "x")
	l := at(t, r, start(t, shop, "127.0.0.1:0"))
	if want := "Its program was updated since the first start: the file is another one now."; l.Verdict != "unfamiliar" || l.Reason != "updated" || l.WhyNew != want {
		t.Errorf("updated: got %s, %q, %q, want it new: %q", l.Verdict, l.Reason, l.WhyNew, want)
	}
	if _, err := r.Know(t.Context(), KnowRequest{ID: l.ID}); err != nil {
		t.Fatal(err)
	}
	if l := at(t, r, start(t, shop, "127.0.0.1:0")); l.Verdict != "familiar" {
		t.Errorf("updated and known: got %s, want familiar", l.Verdict)
	}
}

func TestChoicesAreOfferedAndKeptAsTheyWereChosen(t *testing.T) {
	r, home := newRuled(t)
	shop := filepath.Join(home, "src", "shop")
	if err := os.MkdirAll(filepath.Join(shop, ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	api, worker := filepath.Join(shop, "bin", "api"), filepath.Join(shop, "bin", "worker")
	program(t, api, "")
	program(t, worker, "")
	id := at(t, r, start(t, api, "127.0.0.1:0")).ID
	keys := func() []string {
		c, err := r.Choices(t.Context(), KnowRequest{ID: id})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, x := range c.Choices {
			all = append(all, x.Key+": "+x.Label)
			if x.Of != 0 || x.Silenced != 0 {
				t.Errorf("%s: got %d of %d silenced, want 0 of 0 without a history", x.Key, x.Silenced, x.Of)
			}
		}
		return all
	}
	if got, want := keys(), []string{"this_port: this port", "any_port: any port"}; !slices.Equal(got, want) {
		t.Errorf("alone in its folder: got %q, want %q", got, want)
	}
	other := start(t, worker, "127.0.0.1:0")
	if got, want := keys(), []string{"this_port: this port", "any_port: any port", "folder: anything under ~/src/shop"}; !slices.Equal(got, want) {
		t.Errorf("beside a second program: got %q, want %q", got, want)
	}
	k, err := r.Know(t.Context(), KnowRequest{ID: id, Choice: "folder", Lasting: LastsRestart})
	if want := "Known: anything under ~/src/shop, any port, only this computer, until this computer restarts."; err != nil || k.Text != want {
		t.Errorf("got %+v, %v, want %q", k, err, want)
	}
	if got := at(t, r, other).Verdict; got != "familiar" {
		t.Errorf("the other program of the folder: got %s, want familiar", got)
	}
	list, err := r.Rules(t.Context())
	if err != nil || len(list.Rules) != 1 {
		t.Fatalf("got %+v, %v, want one rule", list, err)
	}
	got := list.Rules[0]
	if got.Text != "anything under ~/src/shop may use any port, only on this computer, until this computer restarts" ||
		got.Folder != shop || got.Lasting != LastsRestart || len(got.Now) != 2 || got.Matched != 0 || got.LastMatch != "" {
		t.Errorf("got %+v, want the rule with the two listeners that it covers", got)
	}
	for _, wrong := range []KnowRequest{{ID: id, Choice: "everything"}, {ID: id, Choice: "folder", Lasting: LastsProcess}} {
		if _, err := r.Know(t.Context(), wrong); codeOf(err) != CodeUsage {
			t.Errorf("%+v: got %v, want %s", wrong, err, CodeUsage)
		}
	}
	if _, err := r.Forget(t.Context(), ForgetRequest{Rule: k.Rule}); err != nil {
		t.Fatal(err)
	}
	if got := at(t, r, other).Verdict; got != "unfamiliar" {
		t.Errorf("after undo: got %s, want unfamiliar", got)
	}
}

func TestARuleForAProcessEndsWithIt(t *testing.T) {
	r, home := newRuled(t)
	shop := filepath.Join(home, "bin", "shop")
	program(t, shop, "")
	a := start(t, shop, "127.0.0.1:0")
	l := at(t, r, a)
	k, err := r.Know(t.Context(), KnowRequest{ID: l.ID, Choice: "any_port", Lasting: LastsProcess})
	if err != nil || !strings.HasSuffix(k.Text, ", as long as this process runs.") {
		t.Fatalf("got %+v, %v", k, err)
	}
	if got := at(t, r, a).Verdict; got != "familiar" {
		t.Errorf("the process: got %s, want familiar", got)
	}
	b := start(t, shop, "127.0.0.1:0")
	next := at(t, r, b)
	if next.Verdict != "unfamiliar" {
		t.Errorf("the next process: got %s, want unfamiliar", next.Verdict)
	}
	if s, err := r.Stop(t.Context(), StopRequest{ID: l.ID, Owner: l.Owners[0].ID}); err != nil || !s.Free {
		t.Fatalf("stop: got %+v, %v", s, err)
	}
	// The rule can't match anything any more, and goes with the next change.
	if _, err := r.Know(t.Context(), KnowRequest{ID: next.ID}); err != nil {
		t.Fatal(err)
	}
	list, err := r.Rules(t.Context())
	if err != nil || len(list.Rules) != 1 || list.Rules[0].ID == k.Rule {
		t.Errorf("got %+v, %v, want the new rule alone", list, err)
	}
}

func TestRulesAreMadeAndChangedByHand(t *testing.T) {
	r, home := newRuled(t)
	shop := filepath.Join(home, "bin", "shop")
	program(t, shop, "")
	a := start(t, shop, "127.0.0.1:0")
	rule, err := r.ChangeRule(t.Context(), RuleRequest{Exe: shop, Ports: "1-1023"})
	if err != nil || rule.Ports != "1-1023" || rule.Scope != "loopback" || rule.Protocol != "tcp" || rule.User == "" || len(rule.Now) != 0 {
		t.Fatalf("got %+v, %v, want a rule for this computer that covers nobody yet", rule, err)
	}
	again, err := r.ChangeRule(t.Context(), RuleRequest{Exe: shop, Ports: "1-1023"})
	if err != nil || again.ID != rule.ID {
		t.Errorf("the same again: got %+v, %v, want %s", again, err, rule.ID)
	}
	wider, err := r.ChangeRule(t.Context(), RuleRequest{ID: rule.ID, Ports: "any"})
	if err != nil || wider.ID != rule.ID || wider.Ports != "any" || wider.Exe != shop || len(wider.Now) != 1 {
		t.Errorf("changed: got %+v, %v, want the same rule for any port, and a listener that it covers", wider, err)
	}
	if got := at(t, r, a).Verdict; got != "familiar" {
		t.Errorf("got %s, want familiar", got)
	}
	for name, c := range map[string]struct {
		req  RuleRequest
		code string
		want string
	}{
		"a port that is none":        {RuleRequest{Exe: shop, Ports: "http"}, CodeUsage, `ports "http" is neither a port`},
		"nobody":                     {RuleRequest{Ports: "any"}, CodeUsage, "it names no program"},
		"a folder for others":        {RuleRequest{Folder: home, Scope: "network"}, CodeUsage, "for this computer only"},
		"a process without a number": {RuleRequest{Exe: shop, Lasting: "process"}, CodeUsage, "needs the process"},
		"a rule that is gone":        {RuleRequest{ID: "rgone", Ports: "any"}, CodeFailed, `there is no rule "rgone"`},
		"both ids":                   {RuleRequest{ID: rule.ID, Listener: "x"}, CodeUsage, "not both"},
		"a listener that has ended":  {RuleRequest{Listener: "x"}, CodeChanged, "has ended meanwhile"},
	} {
		if got, err := r.ChangeRule(t.Context(), c.req); codeOf(err) != c.code || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %+v, %v, want %s with %q", name, got, err, c.code, c.want)
		}
	}
}

func TestARuleIsTriedOnTheNoticesThatWereRecorded(t *testing.T) {
	r, home := newRuled(t)
	none, err := r.TestRule(t.Context(), RuleRequest{Folder: home})
	if err != nil || none.Of != 0 || none.Text != "Nothing is recorded yet to try it on." || none.Examples == nil {
		t.Fatalf("without a history: got %+v, %v", none, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	r.use(ctx, r.currentSettings()) // which say that the history is on
	history := r.Monitor.Subscribe(0)
	go func() { ended <- r.Monitor.Run(ctx) }()
	go func() { ended <- r.Record(ctx, history) }()
	defer func() {
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}()
	if _, err := r.List(t.Context()); err != nil { // what listens already is no news
		t.Fatal(err)
	}
	shop, other := filepath.Join(home, "bin", "shop"), filepath.Join(home, "other", "nc")
	program(t, shop, "")
	program(t, other, "")
	var ids []string
	for _, path := range []string{shop, shop, other} {
		ids = append(ids, at(t, r, start(t, path, "127.0.0.1:0")).ID)
	}
	r.Told(ids...)
	// The mark is written with the next batch.
	deadline := time.Now().Add(20 * time.Second)
	for {
		past, err := r.notices(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(past) == len(ids) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %d notices in the history after 20 s, want %d", len(past), len(ids))
		}
		<-time.After(50 * time.Millisecond)
	}
	tried, err := r.TestRule(t.Context(), RuleRequest{Folder: filepath.Join(home, "bin")})
	if err != nil || tried.Silenced != 2 || tried.Of != 3 || tried.Text != "It would have silenced 2 of your last 3 notices." || len(tried.Examples) != 2 || tried.Examples[0].Exe != shop {
		t.Errorf("got %+v, %v, want 2 of 3 silenced, with both as examples", tried, err)
	}
	if got, err := r.TestRule(t.Context(), RuleRequest{Exe: shop, Scope: "network", Ports: "1"}); err != nil || got.Silenced != 0 {
		t.Errorf("another port: got %+v, %v, want none silenced", got, err)
	}
	c, err := r.Choices(t.Context(), KnowRequest{ID: ids[0]})
	if err != nil {
		t.Fatal(err)
	}
	silenced := map[string]int{}
	for _, x := range c.Choices {
		silenced[x.Key] = x.Silenced
		if x.Of != 3 {
			t.Errorf("%s: got of %d, want of 3", x.Key, x.Of)
		}
	}
	if silenced["this_port"] != 1 || silenced["any_port"] != 2 {
		t.Errorf("got %v, want this_port 1 and any_port 2", silenced)
	}
	k, err := r.Know(t.Context(), KnowRequest{ID: ids[0], Choice: "any_port"})
	if err != nil {
		t.Fatal(err)
	}
	list, err := r.Rules(t.Context())
	if err != nil || len(list.Rules) != 1 || list.Rules[0].ID != k.Rule || list.Rules[0].Matched != 2 || list.Rules[0].LastMatch == "" || len(list.Rules[0].Now) != 2 {
		t.Errorf("got %+v, %v, want a rule that matched 2, the last of them just now", list, err)
	}
}

func TestWhatWasAlreadyHereCanBeKnownOrQuestionedOneByOne(t *testing.T) {
	r, home := newRuled(t)
	shop, other := filepath.Join(home, "bin", "shop"), filepath.Join(home, "bin", "other")
	program(t, shop, "")
	program(t, other, "")
	a, b := start(t, shop, "127.0.0.1:0"), start(t, other, "127.0.0.1:0")
	u, err := r.Monitor.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var here []familiar.Listening
	for _, l := range u.Listeners {
		here = append(here, l.Listening)
	}
	book := (&familiar.Book{Boot: monitor.Boot()}).WithBaseline(here)
	if err := r.Store.SaveBaseline(t.Context(), book.Baseline); err != nil {
		t.Fatal(err)
	}
	if err := r.Monitor.SetBook(t.Context(), book); err != nil {
		t.Fatal(err)
	}
	verdicts := func() string { return at(t, r, a).Verdict + " " + at(t, r, b).Verdict }
	if got := verdicts(); got != "baseline baseline" {
		t.Fatalf("got %s, want both already here", got)
	}
	k, err := r.Know(t.Context(), KnowRequest{ID: at(t, r, a).ID})
	if err != nil {
		t.Fatal(err)
	}
	if got := verdicts(); got != "familiar baseline" {
		t.Errorf("after know: got %s, want the one familiar", got)
	}
	if _, err := r.Forget(t.Context(), ForgetRequest{Rule: k.Rule}); err != nil {
		t.Fatal(err)
	}
	if got := verdicts(); got != "baseline baseline" {
		t.Errorf("after undo: got %s, want both already here again", got)
	}
	if _, err := r.Forget(t.Context(), ForgetRequest{Listener: at(t, r, a).ID}); err != nil {
		t.Fatal(err)
	}
	if got := verdicts(); got != "unfamiliar baseline" {
		t.Errorf("after it was questioned: got %s, want it new and the other as it was", got)
	}
	stored := r.Store.Load(familiar.Book{}, false)
	if len(stored.Baseline) != len(book.Baseline)-1 {
		t.Errorf("stored: got a baseline of %d, want %d", len(stored.Baseline), len(book.Baseline)-1)
	}
}
