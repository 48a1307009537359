package process

import (
	"context"
	"errors"
	"os"
	"testing"
)

func TestGuardedTellsWhatMustNotBeEndedAndTouchesNobody(t *testing.T) {
	self, err := Describe(context.Background(), int32(os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	if err := Guarded(context.Background(), self.ID); !errors.Is(err, ErrProtected) {
		t.Errorf("this program: got %v, want ErrProtected", err)
	}
	if err := Guarded(context.Background(), describe(t, start(t, "idle").pid()).ID); err != nil {
		t.Errorf("a child: got %v, want nothing in the way", err)
	}
	for name, id := range map[string]ID{"another birth": {self.PID, self.Birth + 1}, "no birth": {self.PID, 0}, "no pid": {0, 1}} {
		if err := Guarded(context.Background(), id); !errors.Is(err, ErrReused) && !errors.Is(err, ErrUnsure) {
			t.Errorf("%s: got %v, want a doubt", name, err)
		}
	}
}
