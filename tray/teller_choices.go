package tray

import (
	"os/user"
	"time"

	"portreeve/monitor/reeve"
)

// choices are the user's settings as far as notices go.
type choices struct {
	settle      time.Duration
	from, until time.Duration // quiet hours after midnight; equal for none
	sound       bool
}

// choose takes the settings over; nil stands for those of a first start.
func (t *Teller) choose(s *reeve.NoticeSettings) {
	t.choices = choices{settle: t.settle}
	t.track.wants = choice{user: t.user}
	if s == nil {
		return
	}
	t.choices.settle = time.Duration(s.SettleMS) * time.Millisecond
	t.choices.sound = s.Sound
	from, errFrom := timeOfDay(s.QuietFrom)
	until, errUntil := timeOfDay(s.QuietUntil)
	if errFrom == nil && errUntil == nil {
		t.choices.from, t.choices.until = from, until
	}
	t.track.wants = choice{onlyOpen: s.Tell == "open", udp: s.UDP, quietTerminal: s.QuietTerminal, user: t.user}
}

// timeOfDay reads "22:00" as the time after midnight.
func timeOfDay(s string) (time.Duration, error) {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, err
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

// quietUntil is the end of the quiet hours that now is in; zero where it is in
// none. It is made of the clock's hands, so that it keeps to them on days that
// are an hour longer or shorter.
func (c choices) quietUntil(now time.Time) time.Time {
	if c.from == c.until {
		return time.Time{}
	}
	at := func(day int, d time.Duration) time.Time {
		y, m, dd := now.Date()
		return time.Date(y, m, dd+day, int(d/time.Hour), int(d%time.Hour/time.Minute), 0, 0, now.Location())
	}
	for _, day := range []int{-1, 0} {
		begin, end := at(day, c.from), at(day, c.until)
		if c.until < c.from {
			end = at(day+1, c.until)
		}
		if !now.Before(begin) && now.Before(end) {
			return end
		}
	}
	return time.Time{}
}

// userName is the user of this process; empty where the system has no name.
func userName() string {
	u, err := user.Current()
	if err != nil {
		return "" // nobody's terminals are quiet then
	}
	return u.Username
}

// occasion is what a digest is about.
type occasion int

const (
	sinceBurst    occasion = iota // more at once, or than may be told
	sinceLastTime                 // what came while Portreeve did not run
	sinceSleep                    // what came while the computer slept, or awoke
)

// sleep notices that the computer was suspended. What starts to listen as it
// wakes, and did meanwhile, is told in one digest after awaking.
type sleep struct {
	slept func() time.Duration
	begun bool
	last  time.Duration
	until time.Time // when the computer is awake again
}

const (
	// leastSleep is what makes a suspension: clocks are set by less.
	leastSleep = 5 * time.Second
	awaking    = 3 * time.Second
)

func (s *sleep) look(now time.Time) {
	d := s.slept()
	if s.begun && d-s.last >= leastSleep {
		s.until = now.Add(awaking)
	}
	s.begun, s.last = true, d
}

// why is the occasion of a digest at this moment.
func (s *sleep) why(now time.Time) occasion {
	if !s.until.IsZero() && now.Sub(s.until) < time.Second {
		return sinceSleep
	}
	return sinceBurst
}
