package process

import "context"

// Guarded reports whether Stop would refuse the process because it must not be
// ended at all: the error wraps ErrProtected and says why, or ErrGone,
// ErrReused or ErrUnsure where the process can't be told for sure. Nil means
// that nothing of that kind stands in the way. It touches nobody; Stop looks
// again.
func Guarded(ctx context.Context, id ID) error {
	if id.PID <= 0 || id.Birth == 0 {
		return refusal("", id.PID, ErrUnsure, "it is not known which process it is")
	}
	return guarded(ctx, id)
}
