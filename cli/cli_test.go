package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/cobra"

	"portreeve/monitor/reeve"
)

func TestWrongUseExitsWithTwoAndAHint(t *testing.T) {
	const see = "hint: see portreeve help "
	for _, c := range []struct {
		args string
		errs string
	}{
		{"lsit", "error: unknown command \"lsit\"\nhint: did you mean list\n"},
		{"lsit --json", "error: unknown command \"lsit\"\nhint: did you mean list\n"},
		{"frobnicate", "error: unknown command \"frobnicate\"\nhint: portreeve help lists the commands\n"},
		{"help frobnicate", "error: unknown command \"frobnicate\"\nhint: portreeve help lists the commands\n"},
		{"--frobnicate", "error: unknown flag: --frobnicate\nhint: see portreeve help\n"},
		{"list --frobnicate", "error: unknown flag: --frobnicate\n" + see + "list\n"},
		{"list a b", "error: list takes one argument, \"b\" is too much\n" + see + "list\n"},
		{"watch 3000", "error: watch takes no argument, got \"3000\"\n" + see + "watch\n"},
		{"stop", "error: stop needs a port, or an address with a port\n" + see + "stop\n"},
		{"stop abc", "error: \"abc\" is not a port, nor an address with a port\nhint: write 3000, 127.0.0.1:3000 or [::1]:3000\n"},
		{"stop 0", "error: port 0 is out of range\nhint: ports go from 1 to 65535\n"},
		{"stop 70000", "error: port 70000 is out of range\nhint: ports go from 1 to 65535\n"},
		{"stop -1", "error: port -1 is out of range\nhint: ports go from 1 to 65535\n"},
		{"stop -- -1", "error: port -1 is out of range\nhint: ports go from 1 to 65535\n"},
		{"stop -x", "error: unknown shorthand flag: 'x' in -x\n" + see + "stop\n"},
		{"stop 3000 4000", "error: stop takes one argument, \"4000\" is too much\n" + see + "stop\n"},
		{"stop 3000 --force=maybe", "error: invalid argument \"maybe\" for \"--force\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax\n" + see + "stop\n"},
		{"know", "error: know needs a port, or an address with a port\n" + see + "know\n"},
		{"know 70000", "error: port 70000 is out of range\nhint: ports go from 1 to 65535\n"},
		{"forget", "error: forget needs a port, an address with a port, or the id of a rule\n" + see + "forget\n"},
		{"forget 70000", "error: port 70000 is out of range\nhint: ports go from 1 to 65535\n"},
		{"forget r7/x", "error: \"r7/x\" is not a port, nor an address with a port\nhint: write 3000, 127.0.0.1:3000 or [::1]:3000\n"},
		{"pause", "error: pause needs a duration\n" + see + "pause\n"},
		{"pause soon", "error: \"soon\" is not a time to pause for\nhint: write 15m, 1h, 2h30m, tomorrow or off\n"},
		{"pause -- -5m", "error: \"-5m\" is not a time to pause for\nhint: write 15m, 1h, 2h30m, tomorrow or off\n"},
		{"pause 0s", "error: \"0s\" is not a time to pause for\nhint: write 15m, 1h, 2h30m, tomorrow or off\n"},
		{"autostart", "error: autostart needs on, off or status\n" + see + "autostart\n"},
		{"autostart maybe", "error: \"maybe\" is neither on, off nor status\nhint: see portreeve help autostart\n"},
		{"status x", "error: status takes no argument, got \"x\"\n" + see + "status\n"},
		{"version x", "error: version takes no argument, got \"x\"\n" + see + "version\n"},
		{"completion bash x", "error: unknown command \"x\" for \"portreeve completion bash\"\nhint: portreeve help lists the commands\n"},
	} {
		t.Run(c.args, func(t *testing.T) {
			f := &fake{}
			equal(t, "result", f.run(t, strings.Fields(c.args)...), result{2, "", c.errs})
			equal(t, "opened", f.opened, 0)
		})
	}
}

func TestAnUnknownCommandIsShownWithoutItsEscapes(t *testing.T) {
	got := (&fake{}).run(t, "\x1b[31m\u202e")
	equal(t, "result", got, result{2, "", "error: unknown command \"\\x1b[31m\\u202e\"\nhint: portreeve help lists the commands\n"})
}

func TestVersionNeedsNoPortreeve(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"--version"}} {
		f := &fake{}
		equal(t, args[0], f.run(t, args...), result{0, "portreeve 1.2.3\n", ""})
		equal(t, "opened", f.opened, 0)
	}
}

func TestHelpNamesEveryCommandAndEachHasItsOwn(t *testing.T) {
	got := (&fake{}).run(t, "help")
	equal(t, "code", got.code, 0)
	for _, name := range []string{"list", "watch", "stop", "know", "forget", "pause", "status", "version", "completion"} {
		contains(t, "help", got.out, "\n  "+name+" ")
		own := (&fake{}).run(t, "help", name)
		equal(t, "help "+name+": code", own.code, 0)
		contains(t, "help "+name, own.out, "portreeve "+name)
		equal(t, "help "+name+" and "+name+" --help", own.out, (&fake{}).run(t, name, "--help").out)
	}
}

func TestWithoutArgumentsTheProgramDoesItsOwn(t *testing.T) {
	ran := false
	var out, errs bytes.Buffer
	a := terminalFor(&fake{}, "", &out, &errs)
	a.Bare = func(context.Context) error { ran = true; return errors.New("no display") }
	equal(t, "code", a.run(t.Context(), nil), 1)
	equal(t, "ran", ran, true)
	equal(t, "error stream", errs.String(), "error: no display\n")

	equal(t, "without one", (&fake{}).run(t).out, (&fake{}).run(t, "help").out)
}

func TestExtraCommandsAreInTheHelpAndEndAsOurs(t *testing.T) {
	var out, errs bytes.Buffer
	a := terminalFor(&fake{}, "", &out, &errs)
	a.Extra = []*cobra.Command{{
		Use: "window", Short: "Open the window",
		RunE: func(*cobra.Command, []string) error {
			return &reeve.Error{Code: reeve.CodeDenied, Message: "not yours", Hint: "ask"}
		},
	}}
	equal(t, "code", a.run(t.Context(), []string{"window"}), 4)
	equal(t, "error stream", errs.String(), "error: not yours\nhint: ask\n")
	equal(t, "help", a.run(t.Context(), []string{"help"}), 0)
	contains(t, "help", out.String(), "\n  window      Open the window\n")
}

func TestAPortreeveThatCantBeOpenedIsAnError(t *testing.T) {
	for _, args := range []string{"list", "watch", "stop 1", "know 1", "forget 1", "forget r7", "pause 1h", "status"} {
		var out, errs bytes.Buffer
		a := terminalFor(&fake{}, "", &out, &errs)
		a.Open = func(context.Context) (Verbs, error) { return nil, errors.New("read the rules: broken") }
		equal(t, args+": code", a.run(t.Context(), strings.Fields(args)), 1)
		equal(t, args+": error stream", errs.String(), "error: read the rules: broken\n")
	}
}

func TestAnInterruptedCommandSaysSo(t *testing.T) {
	f := &fake{err: context.Canceled}
	equal(t, "result", f.run(t, "list"), result{1, "", "error: interrupted\n"})
}

func TestKnowTellsWhatWasUnderstoodAndHowToUndoIt(t *testing.T) {
	f := &fake{listing: listing(tcp("127.0.0.1", 3000, "node", 4711), tcp("::1", 3000, "node", 4711))}
	equal(t, "result", f.run(t, "know", "3000"), result{0,
		"Known: node, port 3000, only this computer.\nTo undo it: portreeve forget r7\n", ""})
	equal(t, "known", strings.Join(f.known, " "), "127.0.0.1-node ::1-node")
}

func TestKnowOfAnAddressNeverCoversAWiderOne(t *testing.T) {
	f := &fake{listing: listing(tcp("0.0.0.0", 3000, "node", 4711))}
	equal(t, "result", f.run(t, "know", "127.0.0.1:3000"), result{3, "",
		"error: nothing listens on 127.0.0.1:3000\nhint: node (4711) listens on 0.0.0.0:3000: portreeve know 0.0.0.0:3000\n"})
	equal(t, "known", len(f.known), 0)
}

func TestKnowAndForgetRefuseSeveralUnlessAllAreMeant(t *testing.T) {
	for _, verb := range []string{"know", "forget"} {
		f := &fake{listing: listing(tcp("127.0.0.1", 3000, "node", 4711), tcp("::1", 3000, "python3", 4712))}
		equal(t, verb, f.run(t, verb, "3000"), result{4, "", "" +
			"error: 2 programs listen on port 3000\n" +
			"  node (4711)     127.0.0.1:3000\n" +
			"  python3 (4712)  [::1]:3000\n" +
			"hint: give the address of the one to " + verb + "; --yes means all of them\n"})
		equal(t, verb+": done", len(f.known)+len(f.forgotten), 0)
		equal(t, verb+" --yes", f.run(t, verb, "3000", "--yes").code, 0)
		equal(t, verb+" --yes: done", len(f.known)+len(f.forgotten), 2)
	}
}

func TestForgetTakesAListenerOrARule(t *testing.T) {
	f := &fake{listing: listing(udp("127.0.0.1", 3000, "node", 4711))}
	equal(t, "by listener", f.run(t, "forget", "3000", "--udp"), result{0, "Forgotten: node.\n", ""})
	equal(t, "by rule", f.run(t, "forget", "r7"), result{0, "Forgotten: node.\n", ""})
	equal(t, "first", f.forgotten[0], reeve.ForgetRequest{Listener: "127.0.0.1-node-udp"})
	equal(t, "second", f.forgotten[1], reeve.ForgetRequest{Rule: "r7"})
	equal(t, "by a rule's id without letters", f.run(t, "forget", "00003000").code, 0)
	equal(t, "third", f.forgotten[2], reeve.ForgetRequest{Rule: "00003000"})
	equal(t, "nothing there", f.run(t, "forget", "3001").code, 3)
}

func TestPauseSaysUntilWhen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		soon := time.Now().Local()
		soon = time.Date(soon.Year(), soon.Month(), soon.Day(), 15, 4, 0, 0, time.Local)
		f := &fake{status: reeve.Status{PausedUntil: soon.Format(time.RFC3339)}}
		equal(t, "today", f.run(t, "pause", "1h"), result{0, "Notices are paused until 15:04.\n", ""})
		f.status.PausedUntil = soon.AddDate(0, 0, 1).Format(time.RFC3339)
		equal(t, "another day", f.run(t, "pause", "tomorrow").out, "Notices are paused until "+soon.AddDate(0, 0, 1).Format("Mon 2 Jan")+" 15:04.\n")
		f.status.PausedUntil = ""
		equal(t, "off", f.run(t, "pause", "off").out, "Notices are on.\n")
		equal(t, "asked", strings.Join(f.paused, " "), "1h tomorrow off")
	})
}

func TestPauseWithoutAResidentFails(t *testing.T) {
	f := &fake{err: &reeve.Error{Code: reeve.CodeNoResident, Message: "no portreeve is running", Hint: "start it: portreeve"}}
	equal(t, "result", f.run(t, "pause", "1h"), result{1, "", "error: no portreeve is running\nhint: start it: portreeve\n"})
}

func TestStatusForPeopleAndForScripts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{status: reeve.Status{
			Version: "1.2.3", PID: 77, Resident: true, Source: "netlink", Listeners: 31, New: 1, Open: 2, Hidden: 3,
			PausedUntil: time.Now().Format(time.RFC3339), Tray: "shown", Notices: "with buttons",
			Problems: []reeve.Problem{{Text: "the rules file was broken\x1b[2J"}, {Text: "disk full"}},
		}}
		equal(t, "for people", f.run(t, "status"), result{0, "" +
			"running    in the background, as process 77\n" +
			"version    1.2.3\n" +
			"listeners  31, 1 new, 2 open to your network, 3 owners hidden (sudo shows them)\n" +
			"read by    netlink\n" +
			"tray       shown\n" +
			"notices    with buttons, paused until " + time.Now().Local().Format("15:04") + "\n" +
			"problem    the rules file was broken\\x1b[2J\n" +
			"problem    disk full\n", ""})
		got := f.run(t, "status", "--json")
		contains(t, "for scripts", got.out, `{"version":"1.2.3","pid":77,"resident":true,`)
		equal(t, "lines", strings.Count(got.out, "\n"), 1)

		f.status = reeve.Status{Version: "1.2.3", Source: "netlink", Listeners: 1, Problems: []reeve.Problem{}}
		contains(t, "without a resident", f.run(t, "status").out, "running    only in this terminal: ")
	})
}

func TestCompletionsOfferThePortsThatListen(t *testing.T) {
	f := &fake{listing: listing(
		tcp("127.0.0.1", 3000, "node", 1), tcp("::1", 3000, "node", 1), udp("127.0.0.1", 3001, "dns", 2),
		tcp("127.0.0.1", 3002, "x\n\x1b[31m9999", 3), tcp("127.0.0.1", 80, "nginx", 4))}
	for _, verb := range []string{"stop", "know", "forget", "list"} {
		equal(t, verb, f.run(t, "__complete", verb, "30").out, "3000\tnode\n3002\tx\\x0a\\x1b[31m9999\n:36\n")
	}
	equal(t, "of UDP", f.run(t, "__complete", "stop", "--udp", "").out, "3001\tdns\n:36\n")
	equal(t, "of a second argument", f.run(t, "__complete", "stop", "3000", "").out, ":36\n")
	equal(t, "of pause", f.run(t, "__complete", "pause", "").out, "15m\n1h\ntomorrow\noff\n:4\n")
	f.err = errors.New("no")
	equal(t, "after a failure", f.run(t, "__complete", "stop", "").out, ":36\n")
}

func TestCompletionScriptsAreMadeForTheShells(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		got := (&fake{}).run(t, "completion", shell)
		equal(t, shell+": code", got.code, 0)
		contains(t, shell, got.out, "__complete")
	}
}

func TestTheTerminalLeavesNoGoroutineBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it fails when one stays
		f := &fake{listing: listing(tcp("127.0.0.1", 3000, "node", 1)), events: []reeve.Event{snapshot(listing())}}
		f.onStop = f.frees
		var out, errs bytes.Buffer
		a := terminalFor(f, "y\n", &out, &errs)
		a.tty.asks = true
		equal(t, "stop", a.run(t.Context(), []string{"stop", "3000", "--force"}), 0)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		equal(t, "watch", a.run(ctx, []string{"watch"}), 0)
	})
}
