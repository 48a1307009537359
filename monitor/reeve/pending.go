package reeve

import "context"

// What stands here is agreed upon and being built: each goes when its verb comes.

var errPending = &Error{Code: CodeFailed, Message: "not built yet"}

// Explain says what an address is.
func (r *Reeve) Explain(context.Context, ExplainRequest) (*Explanation, error) {
	return nil, errPending
}

// Choices gives the rules that a listener could get.
func (r *Reeve) Choices(context.Context, KnowRequest) (*Choices, error) { return nil, errPending }

// Rules gives every rule.
func (r *Reeve) Rules(context.Context) (*RuleList, error) { return nil, errPending }

// ChangeRule changes a rule, or makes one.
func (r *Reeve) ChangeRule(context.Context, RuleRequest) (*Rule, error) { return nil, errPending }

// TestRule says what a rule would have silenced.
func (r *Reeve) TestRule(context.Context, RuleRequest) (*RuleTest, error) { return nil, errPending }

// Settings gives the user's settings.
func (r *Reeve) Settings(context.Context) (*SettingsAnswer, error) { return nil, errPending }

// ChangeSettings writes them.
func (r *Reeve) ChangeSettings(context.Context, Settings) (*SettingsAnswer, error) {
	return nil, errPending
}
