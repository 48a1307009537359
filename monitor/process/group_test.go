package process

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestWhoBelongsToAGroupOrSession(t *testing.T) {
	st := procStat{group: 20, session: 10}
	for _, c := range []struct {
		b    Bond
		st   procStat
		want bool
	}{
		{Bond{Number: 20}, st, true},
		{Bond{Number: 10}, st, false},
		{Bond{Session: true, Number: 10}, st, true},
		{Bond{Session: true, Number: 20}, st, false},
		// What can't be seen is no group that processes have in common.
		{Bond{}, procStat{}, false},
		{Bond{Session: true}, procStat{}, false},
		{Bond{Number: -1}, procStat{}, false},
		{Bond{Number: 20}, procStat{group: 20, flags: pfKthread}, false},
	} {
		if got := c.b.of(c.st); got != c.want {
			t.Errorf("%+v, %+v: got %t, want %t", c.b, c.st, got, c.want)
		}
	}
}

func TestABondThatCannotBeSeenIsUnsure(t *testing.T) {
	if got, err := bondOf(procStat{group: 20}, false); got != (Bond{Number: 20}) || err != nil {
		t.Errorf("got %+v, %v, want group 20", got, err)
	}
	if got, err := bondOf(procStat{group: 20, session: 10}, true); got != (Bond{true, 10}) || err != nil {
		t.Errorf("got %+v, %v, want session 10", got, err)
	}
	for _, session := range []bool{false, true} {
		if got, err := bondOf(procStat{}, session); !errors.Is(err, ErrUnsure) {
			t.Errorf("got %+v, %v, want ErrUnsure", got, err)
		}
	}
}

func TestAStopOfNoMemberIsUnsure(t *testing.T) {
	good, of := Target{ID: ID{4711, 1}}, Bond{Number: 7}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for name, c := range map[string]struct {
		ctx context.Context
		t   Target
		of  Bond
		how Method
	}{
		"no pid":    {context.Background(), Target{ID: ID{0, 1}}, of, Kill},
		"no birth":  {context.Background(), Target{ID: ID{4711, 0}}, of, Kill},
		"no group":  {context.Background(), good, Bond{}, Kill},
		"no method": {context.Background(), good, of, Method(9)},
		"ended":     {ended, good, of, Kill},
	} {
		if got, err := StopMember(c.ctx, c.t, c.of, c.how, time.Second); got != 0 || !errors.Is(err, ErrUnsure) {
			t.Errorf("%s: got %d, %v, want ErrUnsure", name, got, err)
		}
	}
}
