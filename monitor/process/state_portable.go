//go:build !linux

package process

import (
	"context"
	"errors"
	"fmt"

	gops "github.com/shirou/gopsutil/v3/process"
)

// stateOf is gopsutil's word for it, which tells no stop by a debugger from one
// by a signal.
func stateOf(ctx context.Context, id ID) (State, error) {
	fail := func(err error) (State, error) {
		return 0, fmt.Errorf("read the state of process %d: %w", id.PID, err)
	}
	if id.Birth == 0 {
		return fail(ErrUnsure)
	}
	words, err := (&gops.Process{Pid: id.PID}).StatusWithContext(ctx)
	// After the reading: the number was this process's then, too.
	birth, berr := birthOf(ctx, id.PID)
	switch {
	case berr != nil:
		return 0, berr
	case birth != id.Birth:
		return fail(ErrReused)
	case err != nil:
		return fail(fmt.Errorf("%w: %w", errors.ErrUnsupported, err))
	case len(words) == 0:
		return fail(errors.ErrUnsupported)
	}
	switch words[0] {
	case gops.Blocked:
		return Stuck, nil
	case gops.Stop:
		return Stopped, nil
	case gops.Zombie:
		return Zombie, nil
	case gops.Running, gops.Sleep, gops.Idle, gops.Wait, gops.Lock:
		return Alive, nil
	}
	return fail(errors.ErrUnsupported)
}
