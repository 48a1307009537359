package reeve

import (
	"fmt"
	"testing"

	"portreeve/monitor/familiar"
)

func TestARuleThatWasTakenBackComesBackAsItWas(t *testing.T) {
	r, _ := newReeve(t, nil)
	a := startListener(t, "plain")
	k, err := r.Know(t.Context(), KnowRequest{ID: at(t, r, a).ID})
	if err != nil {
		t.Fatal(err)
	}
	before, err := r.Rules(t.Context())
	if err != nil || len(before.Rules) != 1 {
		t.Fatalf("rules: got %+v, %v, want one", before, err)
	}
	if _, err := r.Forget(t.Context(), ForgetRequest{Rule: k.Rule}); err != nil {
		t.Fatal(err)
	}
	back, err := r.ChangeRule(t.Context(), RuleRequest{ID: k.Rule})
	if err != nil {
		t.Fatalf("bring it back: %v", err)
	}
	was := before.Rules[0]
	if back.ID != was.ID || back.Text != was.Text || back.Since != was.Since || back.Hashed != was.Hashed {
		t.Errorf("got %+v, want it as it was: %+v", back, was)
	}
	if got := at(t, r, a).Verdict; got != "familiar" {
		t.Errorf("its listener: got %s, want familiar again", got)
	}
	again, err := r.ChangeRule(t.Context(), RuleRequest{ID: k.Rule})
	if err != nil || again.ID != was.ID {
		t.Errorf("brought back twice: got %+v, %v, want the same", again, err)
	}
	if after, err := r.Rules(t.Context()); err != nil || len(after.Rules) != 1 {
		t.Errorf("rules after that: got %+v, %v, want one", after, err)
	}
	if _, err := r.ChangeRule(t.Context(), RuleRequest{ID: "never"}); err == nil {
		t.Error("one that never was: got no error")
	}
}

func TestOnlyTheLatestRulesAreRemembered(t *testing.T) {
	var r Reeve
	for i := range 3 * mostRemembered {
		rule := familiar.Rule{}
		rule.ID = fmt.Sprint(i)
		r.remember([]familiar.Rule{rule})
	}
	if len(r.lately) != mostRemembered {
		t.Errorf("remembered: got %d, want %d", len(r.lately), mostRemembered)
	}
	if got := r.remembered(fmt.Sprint(3*mostRemembered - 1)); len(got) != 1 {
		t.Errorf("the latest: got %v, want it", got)
	}
}
