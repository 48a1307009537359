package reeve

import (
	"errors"
	"testing"
)

type fakeLogin struct {
	on, stuck bool
	err       error
}

func (l *fakeLogin) On() (bool, error) { return l.on, l.err }
func (l *fakeLogin) Where() string     { return "/entry" }
func (l *fakeLogin) Set(on bool) error {
	if !l.stuck {
		l.on = on
	}
	return l.err
}

func TestAutostartSaysHowItStandsAfterTheChange(t *testing.T) {
	r := &Reeve{Options: Options{Login: &fakeLogin{}}}
	for _, c := range []struct {
		want string
		on   bool
	}{{"", false}, {"on", true}, {"", true}, {"on", true}, {"off", false}} {
		a, err := r.Autostart(t.Context(), AutostartRequest{Want: c.want})
		if err != nil || a.On != c.on || !a.Can || a.Entry != "/entry" {
			t.Errorf("want %q: got %+v, %v, want it on: %v", c.want, a, err, c.on)
		}
		if offers := r.offersLogin(); offers == c.on {
			t.Errorf("offered while on is %v: got %v", c.on, offers)
		}
	}
}

func TestAutostartFailsWhereItCannotBe(t *testing.T) {
	for _, c := range []struct {
		name, want, code string
		login            Login
	}{
		{"neither on nor off", "maybe", CodeUsage, &fakeLogin{}},
		{"a folder that can't be written", "on", CodeFailed, &fakeLogin{err: errors.New("full")}},
		{"a change that does not last", "on", CodeFailed, &fakeLogin{stuck: true}},
		{"no way to", "on", CodeFailed, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &Reeve{Options: Options{Login: c.login}}
			if a, err := r.Autostart(t.Context(), AutostartRequest{Want: c.want}); codeOf(err) != c.code {
				t.Errorf("got %+v, %v, want code %s", a, err, c.code)
			}
		})
	}
	r := &Reeve{}
	if a, err := r.Autostart(t.Context(), AutostartRequest{}); err != nil || a.On || a.Can || r.offersLogin() {
		t.Errorf("where there is no way: got %+v, %v, want it to say so", a, err)
	}
}
