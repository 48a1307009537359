package reeve

import "context"

// What stands here is agreed upon and being built: each goes when its verb comes.

var errPending = &Error{Code: CodeFailed, Message: "not built yet"}

// Explain says what an address is.
func (r *Reeve) Explain(context.Context, ExplainRequest) (*Explanation, error) {
	return nil, errPending
}
