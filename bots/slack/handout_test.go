package slackdesk_test

import (
	"strings"
	"testing"
	"time"

	"tierline/router"
)

// TestACaseGoesToWhoIsThere plays it through the real gateway: a case is handed out, its owner goes away, a colleague gets
// it and reads what was said.
func TestACaseGoesToWhoIsThere(t *testing.T) {
	t.Parallel()
	g := newGateway(t, func(c *router.Config) {
		c.Tiers[0].Assign, c.Tiers[0].Capacity = router.AssignRobin, 3
		c.Tiers[0].Clocks = map[string]router.Clocks{"default": {First: time.Hour}}
	})
	_, err := g.sim.Say("carl", "customer-ltd", "Our pump is dead", "")
	g.must(err)
	card := g.message("support-l1", "", "0 of 3 cases, is next in turn")
	if !strings.Contains(card.PlainText(), "Anna Schmidt") {
		t.Errorf("the card: %s", card.PlainText())
	}
	g.must(g.sim.Slash("anna", "support-l1", "/tier", "away 3h dentist"))
	g.message("support-l1", card.TS, "Taken back: Anna Schmidt is away until")
	g.message("support-l1", card.TS, "Ben Okafor has it now: 0 of 3 cases")
	g.eventually("the card to name Ben", func() bool {
		m, _ := g.sim.Message("support-l1", card.TS)
		return strings.Contains(m.PlainText(), "Ben Okafor")
	})
	dm, err := g.sim.DM("ben", "@app")
	g.must(err)
	told := g.message(dm, "", "Yours now: 0 of 3 cases")
	if !strings.Contains(told.PlainText(), "Our pump is dead") {
		t.Errorf("Ben was told: %s", told.PlainText())
	}
	// Anna is back, and takes the next one by herself.
	g.must(g.sim.Slash("anna", "support-l1", "/tier", "back"))
	g.must(g.sim.Slash("anna", "support-l1", "/tier", "next"))
	g.eventually("that nothing waits", func() bool {
		for _, m := range g.sim.Messages("support-l1") {
			if m.SeenBy() == "U1ANNA" && strings.Contains(m.Text, "Nothing waits in your tiers") {
				return true
			}
		}
		return false
	})
}
