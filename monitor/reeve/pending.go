package reeve

import "context"

// What stands here is agreed upon and being built: each goes when its verb comes.

var errPending = &Error{Code: CodeFailed, Message: "not built yet"}

// Explain says what an address is.
func (r *Reeve) Explain(context.Context, ExplainRequest) (*Explanation, error) {
	return nil, errPending
}

// Settings gives the user's settings.
func (r *Reeve) Settings(context.Context) (*SettingsAnswer, error) { return nil, errPending }

// ChangeSettings writes them.
func (r *Reeve) ChangeSettings(context.Context, Settings) (*SettingsAnswer, error) {
	return nil, errPending
}
