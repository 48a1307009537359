//go:build !linux

package process

import (
	"context"
	"errors"
	"fmt"
)

func leadsUnit(_ context.Context, info Info) (bool, error) {
	return false, fmt.Errorf("find the unit of process %d: %w", info.PID, errors.ErrUnsupported)
}
