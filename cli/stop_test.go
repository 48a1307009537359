package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"
	"testing/synctest"

	"portreeve/monitor/reeve"
)

func TestStopEndsTheProgramAndProvesThatThePortIsFree(t *testing.T) {
	f := &fake{listing: listing(tcp("127.0.0.1", 3000, "node", 4711), tcp("127.0.0.1", 3001, "other", 1))}
	f.onStop = f.frees
	got := f.run(t, "stop", "3000")
	equal(t, "result", got, result{0, "it has ended.\n", ""})
	equal(t, "request", f.stops[0], reeve.StopRequest{ID: "127.0.0.1-node", Owner: "node-id"})
	equal(t, "stops", len(f.stops), 1)
	equal(t, "looks", f.lists, 2)
}

func TestStopTakesOneProcessOnBothFamiliesForOneProgram(t *testing.T) {
	f := &fake{listing: listing(tcp("127.0.0.1", 3000, "node", 4711), tcp("::1", 3000, "node", 4711))}
	f.onStop = f.frees
	got := f.run(t, "stop", "3000", "--json")
	equal(t, "code", got.code, 0)
	equal(t, "stops", len(f.stops), 1)
	equal(t, "answer", got.out, `{"free":true,"stopped":[{"pid":4711,"program":"node","listeners":["127.0.0.1-node","::1-node"],`+
		`"result":"freed","free":true,"text":"it has ended.","hint":"","can_force":false,"offers":[]}]}`+"\n")
}

func TestStopAimsAtTheTopmostOfSeveralHolders(t *testing.T) {
	l := tcp("127.0.0.1", 3000, "nginx", 10)
	l.Owners = append(l.Owners, reeve.Owner{ID: "worker", PID: 11, Name: "nginx"})
	f := &fake{listing: listing(l)}
	f.onStop = f.frees
	equal(t, "code", f.run(t, "stop", "3000").code, 0)
	equal(t, "owner", f.stops[0].Owner, "nginx-id")
}

func TestStopPassesForceOn(t *testing.T) {
	f := &fake{listing: listing(tcp("127.0.0.1", 3000, "node", 4711))}
	f.onStop = f.frees
	equal(t, "code", f.run(t, "stop", "3000", "--force").code, 0)
	equal(t, "forced", f.stops[0].Force, true)
}

func TestStopListsSeveralCandidatesAndRefuses(t *testing.T) {
	python := tcp("::1", 3000, "python3", 4712)
	python.Place = "http.server in ~/src"
	f := &fake{listing: listing(tcp("127.0.0.1", 3000, "node", 4711), python)}
	got := f.run(t, "stop", "3000")
	equal(t, "result", got, result{4, "", "" +
		"error: 2 programs listen on port 3000\n" +
		"  node (4711)     127.0.0.1:3000\n" +
		"  python3 (4712)  [::1]:3000      http.server in ~/src\n" +
		"hint: give the address of the one to end; --yes means all of them\n"})
	equal(t, "stops", len(f.stops), 0)
}

func TestTwinsOnOneAddressAreNotToldApartByIt(t *testing.T) {
	f := &fake{listing: listing(tcp("127.0.0.1", 3000, "a", 1), tcp("127.0.0.1", 3000, "b", 2))}
	got := f.run(t, "stop", "127.0.0.1:3000")
	equal(t, "code", got.code, 4)
	contains(t, "hint", got.errs, "\nhint: --yes means all of them\n")
}

func TestStopYesEndsAllCandidates(t *testing.T) {
	f := &fake{listing: listing(tcp("127.0.0.1", 3000, "node", 4711), tcp("::1", 3000, "python3", 4712))}
	f.onStop = f.frees
	got := f.run(t, "stop", "3000", "--yes")
	equal(t, "result", got, result{0, "it has ended.\nit has ended.\n", ""})
	equal(t, "stops", len(f.stops), 2)
}

func TestStopYesPassesOverWhatEndedWithAnother(t *testing.T) {
	f := &fake{listing: listing(tcp("127.0.0.1", 3000, "parent", 1), tcp("::1", 3000, "child", 2))}
	f.onStop = func(reeve.StopRequest) (*reeve.Stopped, error) {
		f.listing = listing()
		return &reeve.Stopped{Result: reeve.StopFreed, Free: true, Text: "it has ended."}, nil
	}
	equal(t, "code", f.run(t, "stop", "3000", "--yes").code, 0)
	equal(t, "stops", len(f.stops), 1)
}

func TestStopYesGoesOnAfterARefusalAndSaysWhomItWas(t *testing.T) {
	f := &fake{listing: listing(tcp("127.0.0.1", 3000, "node", 4711), unseen("127.0.0.2", 3000), tcp("::1", 3000, "python3", 4712))}
	f.onStop = func(r reeve.StopRequest) (*reeve.Stopped, error) {
		switch r.Owner {
		case "":
			return nil, &reeve.Error{Code: reeve.CodeDenied, Message: "it can't be seen"}
		case "node-id":
			return nil, &reeve.Error{Code: reeve.CodeDenied, Message: "not permitted", Hint: "it belongs to bob"}
		}
		return f.frees(r)
	}
	got := f.run(t, "stop", "3000", "--yes")
	equal(t, "result", got, result{4, "it has ended.\n", "" +
		"error: node (4711): not permitted\n" +
		"hint: it belongs to bob\n" +
		"error: the program on 127.0.0.2:3000 can't be seen: belongs to root (cups.service); sudo shows it\n" +
		"hint: sudo portreeve stop 3000\n"})
}

func TestStopIncludesTheWildcardThatTakesTheAddress(t *testing.T) {
	f := &fake{listing: listing(tcp("::", 3000, "node", 4711))}
	f.onStop = f.frees
	equal(t, "code", f.run(t, "stop", "127.0.0.1:3000").code, 0)
}

func TestStopFailsWhenThePortIsNotFreeAfterwards(t *testing.T) {
	for _, c := range []struct {
		name string
		res  reeve.Stopped
		then reeve.Listing
		errs string
	}{
		{"still running", reeve.Stopped{Result: reeve.StopRunning, Text: "node still runs.", Hint: "Force stop.", CanForce: true},
			listing(tcp("127.0.0.1", 3000, "node", 4711)),
			"error: port 3000 is still taken by node (4711)\nhint: portreeve stop 3000 --force ends it at once\n"},
		{"taken again", reeve.Stopped{Result: reeve.StopTaken, Text: "Taken again.", Hint: "Something may have started it again."},
			listing(tcp("127.0.0.1", 3000, "node", 4799)),
			"error: port 3000 is still taken by node (4799)\nhint: Something may have started it again.\n"},
		{"free by its own account, but not elsewhere", reeve.Stopped{Result: reeve.StopFreed, Free: true, Text: "It ended."},
			listing(tcp("10.0.0.1", 3000, "late", 5)),
			"error: port 3000 is still taken by late (5)\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{listing: listing(tcp("127.0.0.1", 3000, "node", 4711))}
				f.onStop = func(reeve.StopRequest) (*reeve.Stopped, error) {
					f.listing = c.then
					return &c.res, nil
				}
				got := f.run(t, "stop", "3000")
				equal(t, "result", got, result{1, c.res.Text + "\n", c.errs})
			})
		})
	}
}

func TestStopGivesTheListTimeToCatchUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{listing: listing(tcp("127.0.0.1", 3000, "node", 4711))}
		f.onStop = func(reeve.StopRequest) (*reeve.Stopped, error) {
			return &reeve.Stopped{Result: reeve.StopFreed, Free: true, Text: "It ended."}, nil
		}
		f.onList = func(call int) {
			if call == 10 {
				f.listing = listing()
			}
		}
		equal(t, "code", f.run(t, "stop", "3000").code, 0)
		equal(t, "looks", f.lists, 10)
	})
}

func TestStopJSONTellsAPortThatIsNotFreeAndFails(t *testing.T) {
	f := &fake{listing: listing(tcp("127.0.0.1", 3000, "node", 4711))}
	f.onStop = func(reeve.StopRequest) (*reeve.Stopped, error) {
		return &reeve.Stopped{Result: reeve.StopRunning, CanForce: true}, nil
	}
	got := f.run(t, "stop", "3000", "--json")
	equal(t, "code", got.code, 1)
	var answer struct {
		Free    bool
		Stopped []struct{ Result string }
	}
	if err := json.Unmarshal([]byte(got.out), &answer); err != nil {
		t.Fatal(err)
	}
	equal(t, "free", answer.Free, false)
	equal(t, "result", answer.Stopped[0].Result, reeve.StopRunning)
}

func TestStopFailsForATakenPortEvenWhenItsReaderHasGone(t *testing.T) {
	f := &fake{listing: listing(tcp("127.0.0.1", 3000, "node", 4711))}
	f.onStop = func(reeve.StopRequest) (*reeve.Stopped, error) {
		return &reeve.Stopped{Result: reeve.StopRunning}, nil
	}
	var errs bytes.Buffer
	a := terminalFor(f, "", nil, &errs)
	a.Out = output{onWrite(func([]byte) (int, error) { return 0, io.ErrClosedPipe })}
	equal(t, "code", a.run(t.Context(), []string{"stop", "3000"}), 1)
}

func TestStopOfNothingSaysWhatMayHaveBeenMeant(t *testing.T) {
	for _, c := range []struct {
		name string
		l    reeve.Listing
		args []string
		errs string
	}{
		{"nothing at all", listing(), []string{"3000"},
			"error: nothing listens on port 3000\nhint: portreeve list shows what does\n"},
		{"another address", listing(udp("127.0.0.1", 3000, "dns", 9), tcp("10.0.0.1", 3000, "node", 4711)), []string{"127.0.0.1:3000"},
			"error: nothing listens on 127.0.0.1:3000\nhint: node (4711) listens on 10.0.0.1:3000: portreeve stop 10.0.0.1:3000\n"},
		{"a UDP socket", listing(udp("127.0.0.1", 53, "dns", 9)), []string{"53"},
			"error: nothing listens on port 53\nhint: dns (9) listens on 127.0.0.1:53/udp: portreeve stop 127.0.0.1:53/udp\n"},
		{"no UDP socket", listing(), []string{"53", "--udp"},
			"error: no UDP socket is bound to port 53\nhint: portreeve list shows what does\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{listing: c.l}
			equal(t, "result", f.run(t, append([]string{"stop"}, c.args...)...), result{3, "", c.errs})
		})
	}
}

func TestStopOfAHiddenProgramIsRefused(t *testing.T) {
	f := &fake{listing: listing(unseen("127.0.0.1", 631), unseen("::1", 631))}
	f.onStop = func(reeve.StopRequest) (*reeve.Stopped, error) {
		return nil, &reeve.Error{Code: reeve.CodeDenied, Message: "it can't be seen"}
	}
	equal(t, "result", f.run(t, "stop", "631"), result{4, "", "" +
		"error: the program on 127.0.0.1:631, [::1]:631 can't be seen: belongs to root (cups.service); sudo shows it\n" +
		"hint: sudo portreeve stop 631\n"})
}

func TestARefusedStopIsToldInItsOwnWords(t *testing.T) {
	for code, want := range map[string]int{
		reeve.CodeDenied: 4, reeve.CodeProtected: 4, reeve.CodeUnsure: 4, reeve.CodeChanged: 4, reeve.CodeAmbiguous: 4,
		reeve.CodeSupervised: 4, reeve.CodeConfirm: 4,
		reeve.CodeNotListening: 3, reeve.CodeUsage: 2, reeve.CodeNoResident: 1, reeve.CodeFailed: 1, "of a later version": 1,
	} {
		f := &fake{listing: listing(tcp("127.0.0.1", 3000, "node", 4711))}
		f.onStop = func(reeve.StopRequest) (*reeve.Stopped, error) {
			return nil, &reeve.Error{Code: code, Message: "it can't be\x1b[31m", Hint: "look again"}
		}
		equal(t, code, f.run(t, "stop", "3000"), result{want, "", "error: it can't be\\x1b[31m\nhint: look again\n"})
	}
}
