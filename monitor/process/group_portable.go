//go:build !linux

package process

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// members is not known off Linux: gopsutil tells neither groups nor sessions.
func members(_ context.Context, id ID, _ bool) (Members, error) {
	return Members{}, fmt.Errorf("list what belongs to process %d: %w", id.PID, errors.ErrUnsupported)
}

func stopMember(_ context.Context, t Target, _ Bond, _ Method, _ time.Duration) (Outcome, error) {
	return 0, refusal("", t.PID, ErrUnsure, "groups of processes can't be seen on this platform")
}
