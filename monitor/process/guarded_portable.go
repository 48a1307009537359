//go:build !linux

package process

import "context"

func guarded(ctx context.Context, id ID) error {
	info, err := Describe(ctx, id.PID)
	if err != nil {
		return unsure("", id.PID, err)
	}
	if info.ID != id {
		return refusal(info.Name, id.PID, ErrReused, "")
	}
	switch why, err := guard(ctx, info); {
	case err != nil:
		return unsure(info.Name, id.PID, err)
	case why != "":
		return refusal(info.Name, id.PID, ErrProtected, why)
	}
	return nil
}
