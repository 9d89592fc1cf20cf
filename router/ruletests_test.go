package router

import (
	"reflect"
	"strings"
	"testing"

	"tierline/config/check"
	"tierline/ticket"
)

func TestRuleTests(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		test RuleTest
		want string // of the fault; "" when it holds
	}{
		{RuleTest{Given: Facts{Lemon: true}, Expect: Expected{Tier: "l2", Priority: ticket.High, Tags: []string{"lemon"}, Rule: "lemon"}}, ""},
		{RuleTest{Given: Facts{Lemon: true}, Expect: Expected{Tier: "l1", Priority: ticket.High}}, "expected tier l1; came out tier l2; matched: “lemon”"},
		{RuleTest{Expect: Expected{Tier: "l1", Queue: "first", Priority: ticket.Normal, Tags: []string{}, Propose: []ticket.ActionKind{}}}, ""},
		{RuleTest{Given: Facts{Channel: "chat", Inbox: "shop"}, Expect: Expected{Tags: []string{}}}, "expected tags none; came out tags shop; matched: “shop chat”"},
		{RuleTest{Expect: Expected{Rule: "gold"}}, "expected rule “gold”; came out without it; matched: “everything”"},
		{RuleTest{Given: Facts{Text: "I want to speak to a technician!"}, Expect: Expected{Propose: []ticket.ActionKind{ticket.ActEscalate}, Rule: "the customer asks for level 2"}}, ""},
		{RuleTest{On: ticket.OnReply, Given: Facts{Turns: 3}, Expect: Expected{Propose: []ticket.ActionKind{ticket.ActEscalate}}}, ""},
		{RuleTest{On: ticket.OnReply, Given: Facts{Turns: 3, Tier: "l2"}, Expect: Expected{Propose: []ticket.ActionKind{ticket.ActEscalate}}}, "expected propose escalate; came out propose none; matched: no rule"},
		{RuleTest{On: "never", Expect: Expected{Tier: "l1"}}, "is nothing that rules look at"},
		{RuleTest{Given: Facts{Lemon: true}}, "expects nothing"},
		{RuleTest{Given: Facts{Text: strings.Repeat("x", maxFactText) + " smoke"}, Expect: Expected{Priority: ticket.Normal}}, ""},
	} {
		cfg := desk5()
		cfg.Tests = []RuleTest{c.test}
		var l check.List
		cfg.Check(l.Root())
		switch {
		case c.want == "" && len(l.Faults) > 0, c.want != "" && (len(l.Faults) != 1 || !strings.Contains(l.Faults[0].What, c.want)):
			t.Errorf("%+v: %v, want %q", c.test.Expect, l.Faults, c.want)
		}
	}
}

func TestRuleTestsAreLimitedAndNeedRules(t *testing.T) {
	t.Parallel()
	cfg := desk5()
	cfg.Tests = make([]RuleTest, maxRuleTests+1)
	var l check.List
	cfg.Check(l.Root())
	if len(l.Faults) != 1 || !strings.Contains(l.Faults[0].What, "at most") {
		t.Error(l.Faults)
	}
	cfg.Tests = cfg.Tests[:3]
	cfg.Rules = append(cfg.Rules, Rule{Name: "broken", When: "nonsense"})
	l = check.List{}
	cfg.Check(l.Root())
	if len(l.Faults) != 1 || !strings.Contains(l.Faults[0].What, "nonsense") {
		t.Error(l.Faults)
	}
}

// TestFactsHaveOneNameEach: in expressions and in tests.
func TestFactsHaveOneNameEach(t *testing.T) {
	t.Parallel()
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Facts]()) {
		if y, e := f.Tag.Get("yaml"), f.Tag.Get("expr"); e == "" || y != e && e != "on" {
			t.Errorf("%s: expr %q, yaml %q", f.Name, e, y)
		}
	}
}
