package ticket

import (
	"slices"
	"testing"
	"time"
)

// A page does not wait for somebody whom nothing rings, where somebody or something else would.
func TestAPageOfSomebodyWhoIsNotToBeDisturbed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 21, 0, 0, 0, time.UTC)
	late := now.Add(time.Hour)
	step := func(by string, who ...string) PageStage {
		return PageStage{Who: who, By: []string{by}, Wait: 5 * time.Minute}
	}
	for _, c := range []struct {
		name  string
		quiet map[string]time.Time
		plan  PagePlan
		wait  time.Duration
		log   []string
	}{
		{"nobody is quiet", nil, *ChainPlan(5*time.Minute, "slack", "ann", "bob"), 5 * time.Minute, []string{"ringing"}},
		{"somebody else comes after", map[string]time.Time{"ann": late}, *ChainPlan(5*time.Minute, "slack", "ann", "bob"), QuietWait, []string{"unrung", "ringing"}},
		{"that is over", map[string]time.Time{"ann": now}, *ChainPlan(5*time.Minute, "slack", "ann", "bob"), 5 * time.Minute, []string{"ringing"}},
		{"all are quiet", map[string]time.Time{"ann": late, "bob": late}, *ChainPlan(5*time.Minute, "slack", "ann", "bob"), 5 * time.Minute, []string{"unrung", "ringing"}},
		{"there is nobody else", map[string]time.Time{"ann": late}, *ChainPlan(5*time.Minute, "slack", "ann"), 5 * time.Minute, []string{"unrung", "ringing"}},
		{"their phone rings next", map[string]time.Time{"ann": late}, PagePlan{Steps: []PageStage{step("slack", "ann"), step("phone", "ann")}}, QuietWait, []string{"unrung", "ringing"}},
		{"their phone rings, too", map[string]time.Time{"ann": late}, PagePlan{Steps: []PageStage{{Who: []string{"ann"}, By: []string{"slack", "phone"}, Wait: 5 * time.Minute}, step("phone", "bob")}},
			5 * time.Minute, []string{"undisturbed", "ringing"}},
		{"one of two may be disturbed", map[string]time.Time{"ann": late}, PagePlan{Steps: []PageStage{step("slack", "ann", "bob"), step("phone", "bob")}}, 5 * time.Minute, []string{"unrung", "ringing", "ringing"}},
		{"only another round would ring", map[string]time.Time{"ann": late}, PagePlan{Rounds: 3, Steps: []PageStage{step("slack", "ann")}}, 5 * time.Minute, []string{"unrung", "ringing"}},
	} {
		c.plan.Quiet, c.plan.Silent = c.quiet, []string{"slack"}
		t0 := Ticket{ID: 1001, State: Open, Tier: "l1", Priority: High}
		fx, err := t0.Apply(Action{Kind: ActPage, Tier: "l2", Reason: "it smokes", Plan: &c.plan, By: Actor{Kind: ByAgent, ID: "zoe", Name: "Zoe"}}, now)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var log []string
		for _, e := range t0.Page.Log {
			log = append(log, e.What)
		}
		if got := t0.Page.Stage.Wait; got != c.wait || !slices.Equal(log, c.log) {
			t.Errorf("%s: waits %v, log %v", c.name, got, log)
		}
		if i := slices.IndexFunc(t0.Page.Log, func(e PageEntry) bool { return e.What == "undisturbed" }); i >= 0 && t0.Page.Log[i].By != "phone" {
			t.Errorf("%s: rung by %q", c.name, t0.Page.Log[i].By)
		}
		rings := 0
		for _, j := range fx.Jobs {
			if j.Kind == JobPage && j.RunAt.IsZero() {
				rings++
			}
		}
		if rings == 0 {
			t.Errorf("%s: nothing goes out at once", c.name)
		}
	}
}
