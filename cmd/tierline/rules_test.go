package main

import (
	"encoding/json"
	"strings"
	"testing"

	"tierline/router"
	"tierline/ticket"
)

func TestRulesExplainCommand(t *testing.T) {
	t.Parallel()
	s := newShell(t, goodConfig+`rules: [{name: hurry, when: '"urgency" in signals', then: {priority: high}}, {name: gold, when: plan == "gold", then: {tags: [gold]}}]`)
	st := s.fill() // open all the while, as by a gateway
	s.do(0, "rules", "explain", "-c", s.config, "--text", "This is urgent, please answer asap!")
	s.says("hurry", "Signals: urgency", "tier l1, queue l1, priority high", "not tried")
	s.do(0, "rules", "explain", "-c", s.config, "--given", "{plan: gold, channel: chat}", "--json")
	lines := strings.Split(strings.TrimSpace(s.out), "\n")
	var step router.Step
	if err := json.Unmarshal([]byte(lines[1]), &step); err != nil || step != (router.Step{Rule: "gold", Group: "route", Matched: true, Tried: true, Why: `plan == "gold"`, Then: "tags gold"}) {
		t.Errorf("%+v, %v", step, err)
	}
	var last struct{ Decision router.Outcome }
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || last.Decision.Tier != "l1" || last.Decision.Tags[0] != "gold" {
		t.Errorf("%+v, %v", last, err)
	}
	list, err := st.Tickets(t.Context(), ticket.Filter{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	s.do(0, "rules", "explain", "-c", s.config, list[0].ID.String())
	s.says("as it was opened", "Decision: ")
	s.do(0, "rules", "explain", "-c", s.config, list[0].ID.String(), "--on", "breach", "--clock", "at_tier")
	s.says("false: !top (top is true)")
	s.do(1, "rules", "explain", "-c", s.config, "T-99999")
	s.do(2, "rules", "explain", "-c", s.config)
	s.do(2, "rules", "explain", "-c", s.config, "T-1", "--text", "x")
	s.do(1, "rules", "explain", "-c", s.config, "--given", "{plann: gold}")
	s.says("plann")
	s.do(2, "rules", "explain", "-c", s.config, "T-1", "--on", "never")
}

func TestRulesReplayCommand(t *testing.T) {
	t.Parallel()
	s := newShell(t, goodConfig)
	s.fill()
	changed := newShell(t, goodConfig+"rules: [{name: everything is urgent, then: {priority: urgent}}]\n")
	s.do(0, "rules", "replay", "-c", s.config, "--days", "3000")
	s.says("tickets, ", "Facts as they are now")
	s.do(0, "rules", "replay", "-c", s.config, "--days", "3000", "--with", changed.config, "--json")
	lines := strings.Split(strings.TrimSpace(s.out), "\n")
	var last struct{ Summary router.Summary }
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		t.Fatal(err)
	}
	var n int
	for _, l := range lines[:len(lines)-1] {
		var r router.Replayed
		if err := json.Unmarshal([]byte(l), &r); err != nil || r.After.Priority != ticket.Urgent {
			t.Errorf("%s: %v", l, err)
		}
		n++
	}
	if got := last.Summary; got.Tickets == 0 || got.Differ != n || n == 0 || got.After["everything is urgent"] != got.Tickets {
		t.Errorf("%+v of %d", got, n)
	}
	s.do(0, "rules", "replay", "-c", s.config, "--days", "3000", "--with", changed.config)
	s.says("priority normal → urgent", "everything is urgent")
	s.do(1, "rules", "replay", "-c", s.config, "--days", "0")
}
