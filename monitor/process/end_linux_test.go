package process

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

func TestEndNeedsNoSocket(t *testing.T) {
	for _, how := range []Method{Terminate, Kill} {
		c := start(t, "idle")
		info, err := Describe(context.Background(), c.pid())
		if err != nil {
			t.Fatal(err)
		}
		got, err := End(context.Background(), info.Target(), how, patience)
		if got != Ended || err != nil {
			t.Errorf("method %d: got %d, %v, want Ended", how, got, err)
		}
	}
}

func TestEndRefusesWhatStopRefuses(t *testing.T) {
	c := start(t, "idle")
	info, err := Describe(context.Background(), c.pid())
	if err != nil {
		t.Fatal(err)
	}
	good := info.Target()
	reborn, other := good, good
	reborn.Birth++
	other.Ino++
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for name, bad := range map[string]struct {
		ctx  context.Context
		t    Target
		how  Method
		want error
	}{
		"another birth":  {context.Background(), reborn, Kill, ErrReused},
		"another file":   {context.Background(), other, Kill, ErrReplaced},
		"no file":        {context.Background(), Target{ID: good.ID}, Kill, ErrUnsure},
		"no birth":       {context.Background(), Target{ID{good.PID, 0}, good.File}, Kill, ErrUnsure},
		"a group":        {context.Background(), Target{ID{-good.PID, good.Birth}, good.File}, Kill, ErrUnsure},
		"no such method": {context.Background(), good, Method(9), ErrUnsure},
		"time is up":     {ended, good, Kill, ErrUnsure},
	} {
		got, err := End(bad.ctx, bad.t, bad.how, time.Second)
		if got != 0 || !errors.Is(err, bad.want) {
			t.Errorf("%s: got %d, %v, want %v", name, got, err, bad.want)
		}
		lives(t, c)
	}
}

func TestEndProtectsWhoStartedPortreeve(t *testing.T) {
	for pid, want := range map[int]error{os.Getpid(): ErrProtected, os.Getppid(): ErrProtected} {
		info, err := Describe(context.Background(), int32(pid))
		if err != nil {
			t.Fatal(err)
		}
		// Its file is another one, so a broken guard is refused all the same.
		target := info.Target()
		target.Ino++
		if got, err := End(context.Background(), target, Terminate, 0); got != 0 || !errors.Is(err, want) {
			t.Errorf("pid %d: got %d, %v, want %v", pid, got, err, want)
		}
	}
}
