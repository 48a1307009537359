package tray

// What the buttons of notices do, and how their outcomes are told.

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"portreeve/monitor/reeve"
	"portreeve/tray/notify"
)

func TestStopAnswersWithTheOutcome(t *testing.T) {
	tell := func(t *testing.T, stop func(context.Context, reeve.StopRequest) (*reeve.Stopped, error), check func(*play)) {
		perform(t, func(p *play) {
			p.verbs.stop = stop
			p.send(p.event("opened", python("127.0.0.1")))
			p.pass(time.Second)
			p.click("Stop")
			check(p)
		})
	}
	t.Run("freed", func(t *testing.T) {
		tell(t, nil, func(p *play) {
			p.send(p.event("closed", python("127.0.0.1")))
			p.expect(pythonTold, "python3 has ended. Port 62893 is free.")
			if got := p.standing(); len(got) != 1 {
				t.Errorf("standing: got %v, want the outcome only", got)
			}
		})
	})
	t.Run("still running, with a forced stop of the same ids", func(t *testing.T) {
		running := func(ctx context.Context, r reeve.StopRequest) (*reeve.Stopped, error) {
			s := &reeve.Stopped{Result: reeve.StopRunning, Text: "python3 was asked to end and still holds port 62893.", Hint: "Unsaved work is lost."}
			if !r.Force {
				force := r
				force.Force, force.Confirmed = true, true
				s.Offers = []reeve.Offer{{Label: "Force stop", Request: force}}
			}
			return s, nil
		}
		tell(t, running, func(p *play) {
			if got, want := p.labels(), "Force stop"; got != want || p.last().Body != "Unsaved work is lost." {
				t.Errorf("got %q with %q, want %q with the hint", got, p.last().Body, want)
			}
			p.click("Force stop")
			if got, want := p.verbs.all(), "stop b-127.0.0.1 o1 false; stop b-127.0.0.1 o1 true"; got != want {
				t.Errorf("asked: got %q, want %q", got, want)
			}
		})
	})
	t.Run("supervised, with the ways on that it offers", func(t *testing.T) {
		supervised := func(_ context.Context, r reeve.StopRequest) (*reeve.Stopped, error) {
			if r.Supervisor != "" {
				return &reeve.Stopped{Result: reeve.StopFreed, Text: "python3 has ended. Port 62893 is free."}, nil
			}
			lasting, anyway := r, r
			lasting.Supervisor, anyway.Anyway = "systemd-user:shop.service", true
			return nil, &reeve.Error{Code: reeve.CodeSupervised, Message: "shop.service would start python3 again (Restart=always)",
				Hint:   "to stop it for good: systemctl --user stop shop.service",
				Offers: []reeve.Offer{{Label: "Stop shop.service", Request: lasting}, {Label: "Stop only python3", Request: anyway}}}
		}
		tell(t, supervised, func(p *play) {
			if got, want := p.labels(), "Stop shop.service, Stop only python3, Cancel"; got != want {
				t.Errorf("buttons: got %q, want %q", got, want)
			}
			if got, want := p.last().Body, "shop.service would start python3 again (Restart=always). To stop it for good: systemctl --user stop shop.service."; got != want {
				t.Errorf("body: got  %q\nwant %q", got, want)
			}
			p.click("Stop shop.service")
			if got, want := p.last().Title, "python3 has ended. Port 62893 is free."; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	})
	t.Run("asked first, because something would be lost", func(t *testing.T) {
		ask := func(_ context.Context, r reeve.StopRequest) (*reeve.Stopped, error) {
			if r.Confirmed {
				return &reeve.Stopped{Result: reeve.StopFreed, Text: "python3 has ended. Port 62893 is free."}, nil
			}
			yes := r
			yes.Confirmed = true
			return nil, &reeve.Error{Code: reeve.CodeConfirm, Message: "firefox is connected to python3", Hint: "nothing was stopped yet",
				Offers: []reeve.Offer{{Label: "Stop python3", Request: yes}}}
		}
		tell(t, ask, func(p *play) {
			if got, want := p.last().Title, "Stop python3?"; got != want || p.last().Body != "Firefox is connected to python3. Nothing was stopped yet." {
				t.Errorf("got %q with %q, want %q", got, p.last().Body, want)
			}
			p.click("Stop python3")
			if got, want := p.last().Title, "python3 has ended. Port 62893 is free."; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	})
	t.Run("refused, because it has changed", func(t *testing.T) {
		changed := func(context.Context, reeve.StopRequest) (*reeve.Stopped, error) {
			return nil, &reeve.Error{Code: reeve.CodeChanged, Message: "127.0.0.1:62893 is held by another process now"}
		}
		tell(t, changed, func(p *play) {
			p.expect(pythonTold, "python3 on 62893 was not stopped")
			if got, want := p.last().Body, "What listens there is not what this notice showed: 127.0.0.1:62893 is held by another process now."; got != want {
				t.Errorf("body: got %q, want %q", got, want)
			}
		})
	})
	t.Run("slow, and said so after a second", func(t *testing.T) {
		slow := func(ctx context.Context, _ reeve.StopRequest) (*reeve.Stopped, error) {
			time.Sleep(3 * time.Second)
			return &reeve.Stopped{Text: "python3 has ended."}, nil
		}
		tell(t, slow, func(p *play) {
			p.click("Stop") // a double click asks once
			p.pass(999 * time.Millisecond)
			p.expect(pythonTold)
			p.pass(time.Millisecond)
			p.expect(pythonTold, "Stopping python3 on 62893…")
			p.pass(2 * time.Second)
			p.expect(pythonTold, "Stopping python3 on 62893…", "python3 has ended.")
			if got := len(p.stands); got != 2 {
				t.Errorf("standing: got %d, want the outcome in the place of the progress, and the notice", got)
			}
			if got, want := p.verbs.all(), "stop b-127.0.0.1 o1 false"; got != want {
				t.Errorf("asked: got %q, want %q", got, want)
			}
		})
	})
	t.Run("hanging, which delays nothing and has an end", func(t *testing.T) {
		hang := func(ctx context.Context, _ reeve.StopRequest) (*reeve.Stopped, error) {
			<-ctx.Done()
			return nil, &reeve.Error{Code: reeve.CodeFailed, Message: "stop: context deadline exceeded"}
		}
		tell(t, hang, func(p *play) {
			p.pass(5 * time.Second)
			p.send(p.event("opened", openTo(python(""), "::", 5173, "node")))
			p.expect(pythonTold, "Stopping python3 on 62893…", "node is listening on port 5173")
			p.pass(20 * time.Second)
			if got, want := p.last().Title, "python3 on 62893 may still be running"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	})
	t.Run("hanging while everything ends", func(t *testing.T) {
		hang := func(ctx context.Context, _ reeve.StopRequest) (*reeve.Stopped, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		tell(t, hang, func(p *play) {}) // perform checks that Run and all goroutines end
	})
}

func TestKnowEchoesAndCanBeUndone(t *testing.T) {
	perform(t, func(p *play) {
		p.send(p.event("opened", python("127.0.0.1")))
		p.pass(time.Second)
		first := p.last()
		p.click("I know this")
		const echo = "Known: python3 in ~/src/shop, any port, only this computer."
		p.expect(pythonTold, echo)
		if p.last().Key != first.Key {
			t.Errorf("key: got %q, want the notice's own %q", p.last().Key, first.Key)
		}
		l := python("127.0.0.1")
		l.Verdict = "familiar"
		p.send(p.event("judged", l))
		p.send(p.event("closed", l))
		if !p.standing()[echo] {
			t.Errorf("standing: got %v, want the echo", p.standing())
		}
		p.click("Undo")
		p.expect(pythonTold, echo, "Forgotten: python3 in ~/src/shop.")
		if got, want := p.verbs.all(), "know b-127.0.0.1; forget r1"; got != want {
			t.Errorf("asked: got %q, want %q", got, want)
		}
	})
}

func TestDetailsShowTheListener(t *testing.T) {
	perform(t, func(p *play) {
		p.send(p.event("opened", python("127.0.0.1")))
		p.pass(time.Second)
		p.click("Details")
		if got, want := p.verbs.all(), "show listeners b-127.0.0.1"; got != want {
			t.Errorf("asked: got %q, want %q", got, want)
		}
		p.verbs.err = &reeve.Error{Message: "this portreeve has no window", Hint: "portreeve list shows the same in the terminal"}
		p.click("Details")
		if got, want := p.last().Title+" / "+p.last().Body, "The window could not be opened / This portreeve has no window. portreeve list shows the same in the terminal."; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestTheMenuCanAskBack(t *testing.T) {
	for _, c := range []struct {
		act                Act
		title, label, want string
	}{
		{ActStop, "Stop python3 on 62893?", "Stop", "stop l o false"},
		{ActForce, "Force stop python3 on 62893?", "Force stop", "stop l o true"},
	} {
		perform(t, func(p *play) {
			do := Do{Act: c.act, Listener: "l", Owner: "o", Title: "python3 on 62893"}
			p.Ask(do)
			synctest.Wait()
			p.expect(c.title)
			p.click(c.label)
			if got := p.verbs.all(); got != c.want {
				t.Errorf("asked: got %q, want %q", got, c.want)
			}
			p.Ask(do)
			synctest.Wait()
			p.click("Cancel")
			if p.standing()[c.title] {
				t.Errorf("standing: got the question, want it gone")
			}
		})
	}
}

func TestTheMenusOutcomesAreTold(t *testing.T) {
	perform(t, func(p *play) {
		do := Do{Listener: "l", Owner: "o", Title: "python3 on 62893"}
		p.Stopped(do, nil, &reeve.Error{Code: reeve.CodeDenied, Message: "it is another user's", Hint: "use sudo"})
		p.Failed("The address could not be copied", errors.New("no clipboard"))
		p.Failed("Nothing went wrong", nil)
		p.Known(&reeve.Known{Rule: "r", Text: "Known: it."}, nil)
		p.pass(breath)
		p.Known(nil, errors.New("disk full"))
		p.pass(breath)
		p.expect("python3 on 62893 was not stopped", "The address could not be copied", "Known: it.", "Nothing was remembered")
	})
}

func TestManyAnswersAtOnceNeverBlock(t *testing.T) {
	teller := NewTeller(&screen{}, &tellerVerbs{}, TellerOptions{}) // nobody runs it
	done := make(chan struct{})
	go func() {
		for range 1000 {
			teller.Failed("It failed", errors.New("x"))
		}
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("a call blocked, want none to")
	}
}

func TestAButtonThatMeansNothingIsIgnored(t *testing.T) {
	perform(t, func(p *play) {
		for _, key := range []string{"", "stop", "stop:99", "stop:x", ":"} {
			p.presses <- notify.Press{Notice: "n", Action: key}
		}
		synctest.Wait()
		if got := p.verbs.all(); got != "" {
			t.Errorf("asked: got %q, want nothing", got)
		}
	})
}

func TestWhatWasLeftIsStoppedAfterAQuestionThatNamesIt(t *testing.T) {
	perform(t, func(p *play) {
		p.AskLeft("2 dev servers left by an ended session", []reeve.Member{
			{Owner: "1.1.1.1", Program: "python3", Listens: []string{"127.0.0.1:8000", "[::1]:8000"}},
			{Owner: "2.2.2.2", Program: "node", Listens: []string{"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"}},
		})
		synctest.Wait()
		p.expect("Stop 2 programs?")
		if got, want := p.last().Body, "python3 on 8000 and node on 3 ports. They were left by an ended session."; got != want {
			t.Errorf("body: got %q, want %q", got, want)
		}
		question := p.last()
		p.clickOn(question, "Cancel")
		if got := p.verbs.all(); got != "" {
			t.Errorf("asked after Cancel: got %q, want nothing", got)
		}
		p.clickOn(question, "Stop all")
		if got, want := p.verbs.all(), "stop ended [1.1.1.1 2.2.2.2]"; got != want {
			t.Errorf("asked: got %q, want %q", got, want)
		}
		p.expect("Stop 2 programs?", "2 programs have ended.")
		p.AskLeft("1 dev server left by an ended session", []reeve.Member{{Owner: "1.1.1.1", Program: "python3", Listens: []string{"127.0.0.1:8000"}}})
		synctest.Wait()
		if n := p.last(); n.Title != "Stop python3 on 8000?" || n.Body != "It was left by an ended session." || p.labels() != "Stop, Cancel" {
			t.Errorf("got %q, %q with %s, want a question for one", n.Title, n.Body, p.labels())
		}
		p.AskLeft("1 dev server left by an ended session", nil)
		synctest.Wait()
		if got, want := p.last().Title, "Nothing is left to stop"; got != want {
			t.Errorf("title: got %q, want %q", got, want)
		}
	})
}

func TestAnotherProgramDoesNotTakeThePlaceOfAnAnswer(t *testing.T) {
	perform(t, func(p *play) {
		p.send(p.event("opened", python("127.0.0.1")))
		p.pass(10 * time.Second)
		p.click("I know this")
		other := onPort(python("127.0.0.1"), 62894)
		other.Subject = "python3 in another folder"
		p.send(p.event("opened", other))
		p.pass(10 * time.Second)
		if got := p.standing(); len(got) != 2 {
			t.Errorf("standing: got %v, want the answer with its Undo beside the new notice", got)
		}
	})
}
