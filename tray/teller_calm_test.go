package tray

// What keeps a teller calm: one notice a program, quiet hours, sleep, what the
// user starts, and the ports that somebody waits for.

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"portreeve/monitor/reeve"
)

func TestMorePortsOfAToldProgramCorrectItsNotice(t *testing.T) {
	perform(t, func(p *play) {
		p.send(p.event("opened", python("127.0.0.1")))
		p.pass(10 * time.Second)
		for _, port := range []uint16{3000, 9229} {
			p.send(p.event("opened", onPort(python("127.0.0.1"), port)))
		}
		p.pass(10 * time.Second)
		p.expect(pythonTold, "~ python3 is listening on 2 ports", "~ python3 is listening on 3 ports")
		p.click("I know this")
		want := "know b-127.0.0.1; know b-127.0.0.1-3000; know b-127.0.0.1-9229"
		if got := p.verbs.all(); got != want {
			t.Errorf("asked: got %q, want %q", got, want)
		}
		if got, want := p.labels(), "Undo"; got != want {
			t.Errorf("buttons: got %q, want %q", got, want)
		}
	})
}

func TestAProgramThatOpensToTheNetworkIsToldAnew(t *testing.T) {
	perform(t, func(p *play) {
		p.send(p.event("opened", python("127.0.0.1")))
		p.pass(10 * time.Second)
		open := openTo(python(""), "0.0.0.0", 62893, "python3")
		open.Place = python("").Place
		p.send(p.event("opened", open))
		p.expect(pythonTold, "python3 is listening on port 62893")
	})
}

func TestAKnownProgramThatTurnsOutToHaveChangedIsTold(t *testing.T) {
	perform(t, func(p *play) {
		known := python("127.0.0.1")
		known.Verdict = "familiar"
		p.send(p.event("opened", known))
		p.pass(10 * time.Second)
		p.expect()
		forgotten := known
		forgotten.Verdict = "unfamiliar"
		forgotten.ID += "-other"
		p.send(p.event("judged", forgotten))
		p.pass(10 * time.Second)
		p.expect()
		changed := known
		changed.Verdict, changed.Reason = "unfamiliar", "updated"
		p.send(p.event("judged", changed))
		p.pass(10 * time.Second)
		p.expect(pythonTold)
	})
}

func TestWhatIsWorthAWordIsAnotherStranger(t *testing.T) {
	perform(t, func(p *play) {
		p.send(p.event("opened", python("127.0.0.1")))
		p.pass(10 * time.Second)
		odd := onPort(python("127.0.0.1"), 4444)
		odd.Look = "its program lies in a folder for temporary files"
		p.send(p.event("opened", odd))
		p.pass(10 * time.Second)
		p.expect(pythonTold, "python3 is listening on 127.0.0.1:4444")
	})
}

func TestThreeProgramsAtOnceAreADigestFromTheFirstOn(t *testing.T) {
	perform(t, func(p *play) {
		var events []reeve.Event
		for i := range uint16(14) {
			l := onPort(python("127.0.0.1"), 40000+i)
			l.Program = fmt.Sprint("p", i%3)
			events = append(events, p.event("opened", l))
		}
		p.send(events...)
		p.pass(time.Minute)
		p.expect("14 new listeners from 3 programs")
		p.send(p.event("closed", *events[0].Listener))
		p.expect("14 new listeners from 3 programs", "~ 13 new listeners from 3 programs")
	})
}

func TestWhatWasKnownAndForgottenIsNewsAgain(t *testing.T) {
	perform(t, func(p *play) {
		l := python("127.0.0.1")
		judged := func(verdict string) reeve.Event {
			of := l
			of.Verdict = verdict
			return p.event("judged", of)
		}
		p.send(p.event("opened", l))
		p.pass(10 * time.Second)
		p.send(judged("familiar")) // by another face than this one
		p.send(judged("unfamiliar"))
		p.send(p.event("closed", l))
		p.pass(time.Second)
		p.send(p.event("opened", l))
		p.pass(time.Second)
		p.expect(pythonTold, pythonTold)
		p.send(p.event("closed", l))
		p.pass(time.Second)
		p.send(p.event("opened", l)) // silently
		p.send(judged("familiar"))
		p.send(judged("unfamiliar"))
		p.send(p.event("closed", l))
		p.pass(time.Second)
		p.send(p.event("opened", l))
		p.pass(5 * time.Second)
		p.expect(pythonTold, pythonTold, pythonTold)
	})
}

func TestQuietHoursHandOverOneDigest(t *testing.T) {
	perform(t, func(p *play) { // the bubble's time begins at midnight UTC
		now := time.Now()
		day := func(d time.Duration) string { return now.Add(d).Format("15:04") }
		p.notices = &reeve.NoticeSettings{SettleMS: 500, QuietFrom: day(-time.Hour), QuietUntil: day(7 * time.Hour), Tell: "all"}
		p.send(p.event("opened", python("127.0.0.1")))
		p.send(p.event("opened", openTo(python(""), "0.0.0.0", 5173, "node")))
		p.pass(7*time.Hour - time.Second)
		p.expect()
		p.pass(time.Second)
		p.expect("2 new listeners from 2 programs")
		p.pass(15 * time.Hour)
		other := openTo(python(""), "0.0.0.0", 80, "caddy")
		p.send(p.event("opened", other))
		p.expect("2 new listeners from 2 programs", "caddy is listening on port 80")
	})
}

func TestQuietHoursAreThoseOfTheClock(t *testing.T) {
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC) }
	night := choices{from: 22 * time.Hour, until: 7 * time.Hour}
	noon := choices{from: 12 * time.Hour, until: 13*time.Hour + 30*time.Minute}
	for _, c := range []struct {
		of        choices
		now, want time.Time
	}{
		{night, at(23, 21, 59), time.Time{}},
		{night, at(23, 22, 0), at(24, 7, 0)},
		{night, at(24, 0, 0), at(24, 7, 0)},
		{night, at(24, 6, 59), at(24, 7, 0)},
		{night, at(24, 7, 0), time.Time{}},
		{noon, at(23, 12, 0), at(23, 13, 30)},
		{noon, at(23, 13, 30), time.Time{}},
		{choices{}, at(23, 0, 0), time.Time{}},
	} {
		if got := c.of.quietUntil(c.now); !got.Equal(c.want) {
			t.Errorf("%v to %v at %v: got %v, want %v", c.of.from, c.of.until, c.now, got, c.want)
		}
	}
}

func TestAfterASleepThereIsOneDigest(t *testing.T) {
	perform(t, func(p *play) {
		p.send()
		p.pass(time.Minute)
		p.slept += 8 * time.Hour
		p.send(p.event("opened", openTo(python(""), "0.0.0.0", 5173, "node")))
		p.pass(2 * time.Second)
		p.send(p.event("opened", openTo(python(""), "0.0.0.0", 80, "caddy")))
		p.pass(999 * time.Millisecond)
		p.expect()
		p.pass(time.Millisecond)
		p.expect("2 new since the computer woke up")
		p.pass(time.Minute)
		p.slept += time.Second // clocks drift
		p.send(p.event("opened", openTo(python(""), "0.0.0.0", 1, "java")))
		p.expect("2 new since the computer woke up", "java is listening on port 1")
	})
}

func TestTheSettingsSayWhatIsTold(t *testing.T) {
	udp := python("127.0.0.1")
	udp.Protocol = "udp"
	open := openTo(python(""), "0.0.0.0", 5173, "node")
	left := python("127.0.0.1")
	left.Owners = []reeve.Owner{{ID: "o1", User: "ada"}}
	left.Origin.Ended = true
	mine := python("127.0.0.1")
	mine.Owners = []reeve.Owner{{ID: "o1", User: "ada"}}
	others := mine
	others.Owners = []reeve.Owner{{ID: "o1", User: "eve"}}
	editor := mine
	editor.Origin.Kind = reeve.OriginIDE
	openMine := mine
	openMine.Scope, openMine.Address = "network", "0.0.0.0"
	for name, c := range map[string]struct {
		set  reeve.NoticeSettings
		l    reeve.Listener
		want int
	}{
		"UDP where it is wanted":                         {reeve.NoticeSettings{UDP: true}, udp, 1},
		"UDP where it is not":                            {reeve.NoticeSettings{}, udp, 0},
		"loopback where only the open are":               {reeve.NoticeSettings{Tell: "open"}, python("127.0.0.1"), 0},
		"the open where only they are":                   {reeve.NoticeSettings{Tell: "open"}, open, 1},
		"one's own from a terminal":                      {reeve.NoticeSettings{QuietTerminal: true}, mine, 0},
		"one's own from a terminal without the choice":   {reeve.NoticeSettings{}, mine, 1},
		"another user's from a terminal":                 {reeve.NoticeSettings{QuietTerminal: true}, others, 1},
		"one's own from a terminal, open to the network": {reeve.NoticeSettings{QuietTerminal: true}, openMine, 1},
		"what a closed terminal left":                    {reeve.NoticeSettings{QuietTerminal: true}, left, 1},
		"an editor's, which is no terminal":              {reeve.NoticeSettings{QuietTerminal: true}, editor, 1},
	} {
		t.Run(name, func(t *testing.T) {
			perform(t, func(p *play) {
				c.set.SettleMS = 500
				p.notices = &c.set
				p.send(p.event("opened", c.l))
				p.pass(time.Minute)
				if got := len(p.titles()); got != c.want {
					t.Errorf("got %d notices, want %d", got, c.want)
				}
			})
		})
	}
}

func TestTheSettleTimeIsTheUsers(t *testing.T) {
	perform(t, func(p *play) {
		p.notices = &reeve.NoticeSettings{SettleMS: 5000, Sound: true}
		p.send(p.event("opened", python("127.0.0.1")))
		p.pass(5*time.Second - time.Millisecond)
		p.expect()
		p.pass(time.Millisecond)
		p.expect(pythonTold)
		if !p.last().Sound {
			t.Error("got a silent notice, want the sound that the settings ask for")
		}
		p.notices = &reeve.NoticeSettings{SettleMS: 0}
		other := onPort(python("127.0.0.1"), 1)
		other.Program = "node"
		p.pass(time.Minute)
		p.send(p.event("opened", other))
		p.expect(pythonTold, "node is listening on 127.0.0.1:1")
	})
}

func TestPortsThatComeAndGoSettleOneByOne(t *testing.T) {
	perform(t, func(p *play) {
		for port := range uint16(20) { // a new one every 300 ms, each for 400 ms
			p.send(p.event("opened", onPort(python("127.0.0.1"), 1000+port)))
			p.pass(100 * time.Millisecond)
			if port > 0 {
				p.send(p.event("closed", onPort(python("127.0.0.1"), 999+port)))
			}
			p.pass(200 * time.Millisecond)
		}
		p.expect()
		p.pass(200 * time.Millisecond) // the last one stays
		p.expect("python3 is listening on 127.0.0.1:1019")
	})
}

func TestAnAwaitedPortIsToldOnceEvenIfItIsKnown(t *testing.T) {
	perform(t, func(p *play) {
		p.until = time.Now().Add(time.Hour).Format(time.RFC3339) // a pause holds no answer to a wish
		p.awaited = []uint16{62893}
		known := python("127.0.0.1")
		known.Verdict = "familiar"
		p.send()
		p.expect()
		p.send(p.event("opened", known))
		p.send() // the wish is not taken back yet
		p.expect("python3 listens on 62893 now, as you asked")
		if got, want := p.labels(), "Stop, Details"; got != want {
			t.Errorf("buttons: got %q, want %q", got, want)
		}
		synctest.Wait()
		if got, want := p.verbs.all(), "await 62893 off true"; got != want {
			t.Errorf("asked: got %q, want %q", got, want)
		}
		p.awaited = nil
		p.send()
		p.awaited = []uint16{62893} // asked for again
		p.send()
		p.expect("python3 listens on 62893 now, as you asked", "python3 listens on 62893 now, as you asked")
	})
}

func TestAnAwaitedStrangerIsToldByThatNoticeAlone(t *testing.T) {
	perform(t, func(p *play) {
		p.awaited = []uint16{62893}
		p.send(p.event("opened", python("127.0.0.1")))
		p.expect("python3 listens on 62893 now, as you asked")
		if got, want := p.labels(), "I know this, Stop, Details"; got != want {
			t.Errorf("buttons: got %q, want %q", got, want)
		}
		p.awaited = nil
		p.pass(time.Minute)
		p.send(p.event("closed", python("127.0.0.1")))
		p.expect("python3 listens on 62893 now, as you asked")
		if got := p.standing(); len(got) != 0 {
			t.Errorf("standing: got %v, want nothing once it has ended", got)
		}
	})
}

func TestWhatWasToldIsRememberedWithinBounds(t *testing.T) {
	m := newMemory()
	now := time.Now()
	who := func(i int) identity { return identity{subject: fmt.Sprint(i)} }
	for i := range 3 * mostVisits {
		m.note(who(i), fmt.Sprint(i), true, now.Add(time.Duration(i)*time.Millisecond))
	}
	if len(m.visits) > mostVisits || len(m.by) > mostVisits {
		t.Errorf("got %d visits and %d ids, want at most %d", len(m.visits), len(m.by), mostVisits)
	}
	newest := who(3*mostVisits - 1)
	if !m.silent(newest, now.Add(3*time.Second)) {
		t.Error("the newest: got it forgotten, want the oldest")
	}
	for tells, want := range map[int]time.Duration{1: time.Minute, 2: 4 * time.Minute, 3: 16 * time.Minute, 4: time.Hour, 50: time.Hour} {
		if got := (visit{tells: tells}).quiet(); got != want {
			t.Errorf("told %d times: got quiet for %v, want %v", tells, got, want)
		}
	}
}

func TestAProgramThatIsToldAsOpenIsNoNewsOnLoopback(t *testing.T) {
	vite := python("127.0.0.1")
	vite.Subject, vite.Program, vite.Port, vite.Place = "vite", "node", 5173, "vite in ~/src/shop"
	live := openTo(python("0.0.0.0"), "0.0.0.0", 24678, "node")
	live.Subject = "vite"
	const told = "node is listening on port 24678"
	t.Run("and one click knows both", func(t *testing.T) {
		perform(t, func(p *play) {
			p.send(p.event("opened", vite), p.event("opened", live))
			p.pass(10 * time.Second)
			p.expect(told, "~ "+told)
			p.click("I know this")
			if got, want := p.verbs.all(), "know "+live.ID+"; know "+vite.ID; got != want {
				t.Errorf("asked: got %q, want %q", got, want)
			}
		})
	})
	t.Run("not when both come again either", func(t *testing.T) {
		perform(t, func(p *play) {
			for range 5 {
				p.send(p.event("opened", vite), p.event("opened", live))
				p.pass(5 * time.Second)
				p.send(p.event("closed", vite), p.event("closed", live))
				p.pass(5 * time.Second)
			}
			p.expect(told, "~ "+told)
		})
	})
	t.Run("but the other way round it is", func(t *testing.T) {
		perform(t, func(p *play) {
			p.send(p.event("opened", vite))
			p.pass(5 * time.Second)
			p.send(p.event("opened", live))
			p.pass(5 * time.Second)
			p.expect("node is listening on 127.0.0.1:5173", told)
		})
	})
	t.Run("and another program is", func(t *testing.T) {
		perform(t, func(p *play) {
			other := vite
			other.Subject = "another node"
			p.send(p.event("opened", live))
			p.pass(5 * time.Second)
			p.send(p.event("opened", other))
			p.pass(5 * time.Second)
			p.expect(told, "node is listening on 127.0.0.1:5173")
		})
	})
	t.Run("and what stands out on loopback is", func(t *testing.T) {
		perform(t, func(p *play) {
			p.send(p.event("opened", live))
			p.pass(5 * time.Second)
			p.send(p.event("opened", because(vite, "", "", "its program file has been deleted or replaced")))
			p.pass(5 * time.Second)
			p.expect(told, "node is listening on 127.0.0.1:5173")
		})
	})
}

// The verdict of the rules stands first: the file is read beside the watch.
func TestAProgramThatTurnsOutToBeChangedIsNews(t *testing.T) {
	perform(t, func(p *play) {
		l := python("127.0.0.1")
		l.Verdict = "familiar"
		p.send(p.event("opened", l))
		p.pass(time.Second)
		p.expect()
		p.send(p.event("judged", because(python("127.0.0.1"), "updated", "Its program was updated.", "")))
		p.pass(time.Second)
		p.expect(pythonTold)
	})
}

func TestWhatWasStoppedByAnotherFaceIsNewsWhenItComesAgain(t *testing.T) {
	for _, stopped := range []bool{false, true} {
		perform(t, func(p *play) {
			p.send(p.event("opened", python("127.0.0.1")))
			p.pass(10 * time.Second)
			want := []string{pythonTold}
			if stopped { // else it is a restart, and no news
				p.Stopping(python("127.0.0.1").ID)
				synctest.Wait()
				want = append(want, pythonTold)
			}
			p.send(p.event("closed", python("127.0.0.1")))
			p.pass(5 * time.Second)
			again := python("127.0.0.1")
			again.ID = "b-again"
			p.send(p.event("opened", again))
			p.pass(10 * time.Second)
			p.expect(want...)
		})
	}
}
