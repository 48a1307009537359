package reeve

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"portreeve/monitor"
	"portreeve/monitor/explain"
	"portreeve/monitor/familiar"
)

// Rules gives every rule that still counts, the newest first.
func (r *Reeve) Rules(ctx context.Context) (*RuleList, error) {
	u, err := r.Monitor.Now(ctx)
	if err != nil {
		return nil, failed("read the listeners", err)
	}
	book, err := r.book(ctx)
	if err != nil {
		return nil, err
	}
	list := &RuleList{Rules: []Rule{}, File: r.Store.RulesFile(), Problem: r.Store.RulesProblem()}
	now := r.coveredNow(u, book)
	rules := slices.DeleteFunc(slices.Clone(book.Rules), func(rule familiar.Rule) bool { return rule.Lapsed(book.Boot) })
	past, err := r.matches(ctx, book, rules)
	if err != nil {
		slog.Warn("what the rules have matched can't be told", "error", err)
	}
	for i := len(rules) - 1; i >= 0; i-- {
		list.Rules = append(list.Rules, r.flatRule(rules[i], now, past))
	}
	slices.SortStableFunc(list.Rules, func(a, b Rule) int { return cmp.Compare(b.Since, a.Since) })
	return list, nil
}

// coveredNow gives the ids of the listeners that each rule covers now.
func (r *Reeve) coveredNow(u monitor.Update, book *familiar.Book) map[string][]string {
	judge := familiar.NewJudge(book)
	now := map[string][]string{}
	for _, l := range u.Listeners {
		for _, id := range judge.Covering(l.Listening) {
			now[id] = append(now[id], r.flat.id(l))
		}
	}
	return now
}

func (r *Reeve) flatRule(rule familiar.Rule, now map[string][]string, past map[string]match) Rule {
	s, was := rule.Subject, past[rule.ID]
	w := Rule{
		ID: rule.ID, Text: r.Words.Rule(rule), Program: r.Words.RuleProgram(rule.Pattern), User: rule.User, Protocol: rule.Proto,
		Scope: string(rule.Scope), Ports: string(rule.Ports), Lasting: string(cmp.Or(rule.Lasting, familiar.ForGood)),
		Since: stamp(rule.Since), Matched: was.count, LastMatch: stamp(was.last), Now: []string{},
		Exe: s.Exe, Script: s.Script, Module: s.Module, Dir: s.Dir, Folder: cmp.Or(s.Folder, s.Build), Hashed: s.SHA256 != "",
	}
	w.Now = append(w.Now, now[rule.ID]...)
	return w
}

// ChangeRule changes a rule, or makes one of a listener or by hand. One that was
// taken back comes back by its id, as long as it is remembered.
func (r *Reeve) ChangeRule(ctx context.Context, req RuleRequest) (*Rule, error) {
	rule, book, err := r.ruleOf(ctx, req)
	if err != nil {
		return nil, err
	}
	if req.ID == "" {
		rule.ID, rule.Since = newID(), time.Now().Truncate(time.Second)
	}
	if err := rule.Check(); err != nil {
		return nil, badRule(err)
	}
	found := req.ID == ""
	rules, err := r.Store.ChangeRules(ctx, func(rs []familiar.Rule) []familiar.Rule {
		if req.ID == "" {
			for _, have := range rs {
				if have.Same(rule) {
					rule = have
					return rs
				}
			}
			return append(r.current(ctx, rs, rule), rule)
		}
		rs = slices.Clone(rs)
		for i := range rs {
			if rs[i].ID == req.ID {
				rs[i], found = rule, true
			}
		}
		if !found && len(r.remembered(req.ID)) > 0 {
			rs, found = append(rs, rule), true
		}
		return rs
	})
	if err != nil {
		return nil, failed("save the rule", err)
	}
	if !found {
		return nil, noRule(req.ID)
	}
	if err := r.judgeBy(ctx, book, func(b *familiar.Book) { b.Rules = rules }); err != nil {
		return nil, err
	}
	u, err := r.Monitor.Now(ctx)
	if err != nil {
		return nil, failed("read the listeners", err)
	}
	after := *book
	after.Rules = rules
	past, err := r.matches(ctx, &after, []familiar.Rule{rule})
	if err != nil {
		slog.Warn("what a rule has matched can't be told", "error", err)
	}
	w := r.flatRule(rule, r.coveredNow(u, &after), past)
	return &w, nil
}

// TestRule says what a rule would have silenced, of the notices that are
// recorded. The rule need not be a whole one yet.
func (r *Reeve) TestRule(ctx context.Context, req RuleRequest) (*RuleTest, error) {
	rule, book, err := r.ruleOf(ctx, req)
	if err != nil {
		return nil, err
	}
	if rule.ID == "" {
		rule.ID = "tried"
	}
	if err := rule.Check(); err != nil {
		return nil, badRule(err)
	}
	past, err := r.notices(ctx)
	if err != nil {
		return nil, failed("read the history", err)
	}
	covered := past.covered(book, rule)
	test := &RuleTest{Silenced: len(covered), Of: len(past), Text: explain.Silenced(len(covered), len(past)), Examples: []Spell{}}
	test.Examples = append(test.Examples, covered[:min(len(covered), mostExamples)]...)
	return test, nil
}

// mostExamples bounds what a test shows.
const mostExamples = 10

// ruleOf makes the rule that a request asks for. A new one by hand is for the
// user of this program, TCP, this computer and any port unless it says otherwise.
func (r *Reeve) ruleOf(ctx context.Context, req RuleRequest) (familiar.Rule, *familiar.Book, error) {
	var rule familiar.Rule
	var owner familiar.Rule // of the listener, for a rule that is for its process
	book, err := r.book(ctx)
	if err != nil {
		return rule, nil, err
	}
	switch {
	case req.ID != "" && req.Listener != "":
		return rule, nil, &Error{Code: CodeUsage, Message: "a rule is changed or made from a listener, not both", Hint: "give one of the two ids"}
	case req.ID != "":
		kept := named(book.Rules, req.ID)
		if len(kept) == 0 {
			kept = r.remembered(req.ID)
		}
		if len(kept) == 0 {
			return rule, nil, noRule(req.ID)
		}
		rule = kept[0]
	case req.Listener != "":
		u, l, b, err := r.look(ctx, req.Listener)
		if err != nil {
			return rule, nil, err
		}
		c, lasting, err := choose(r.choices(ctx, u, l, b), KnowRequest{})
		if err != nil {
			return rule, nil, err
		}
		book = b
		rule = c.Rule(l.Listening, b, lasting)
		if len(l.Owners) > 0 {
			owner.Process = l.Owners[0].ID
			if lasting != familiar.ThisProcess {
				rule.Subject = r.appraise.sealed(ctx, rule.Subject, l.Owners[0])
			}
		}
	default:
		rule.Pattern = familiar.Pattern{User: r.user, Proto: "tcp", Scope: familiar.Loopback, Ports: familiar.AnyPort}
		rule.Lasting = familiar.ForGood
	}
	return r.altered(rule, owner, req), book, nil
}

// altered puts into a rule what a request says.
func (r *Reeve) altered(rule, owner familiar.Rule, req RuleRequest) familiar.Rule {
	if req.Folder != "" {
		rule.Subject = familiar.Subject{Folder: req.Folder}
	}
	if req.Exe != "" && req.Exe != rule.Subject.Exe {
		// Of another file the hash is not known: whatever lies there counts.
		rule.Subject = familiar.Subject{Exe: req.Exe}
	}
	if req.Script != "" && req.Script != rule.Subject.Script {
		rule.Subject.Script, rule.Subject.Module, rule.Subject.Dir = req.Script, "", ""
	}
	rule.User = cmp.Or(req.User, rule.User)
	rule.Proto = cmp.Or(req.Protocol, rule.Proto)
	rule.Scope = familiar.Scope(cmp.Or(req.Scope, string(rule.Scope)))
	rule.Ports = familiar.Ports(cmp.Or(req.Ports, string(rule.Ports)))
	if l := familiar.Lasting(req.Lasting); l != "" && l != rule.Lasting {
		rule.Lasting, rule.Boot, rule.Process = l, "", owner.Process
		if l != familiar.ForGood {
			rule.Boot = r.boot
		}
		if l != familiar.ThisProcess {
			rule.Process.PID, rule.Process.Birth = 0, 0
		}
	}
	return rule
}

func badRule(err error) *Error {
	return &Error{Code: CodeUsage, Message: "there can't be such a rule: " + err.Error(), Hint: "see portreeve help rules"}
}

func noRule(id string) *Error {
	return &Error{Code: CodeFailed, Message: fmt.Sprintf("there is no rule %q", id), Hint: "it may have been forgotten already"}
}
