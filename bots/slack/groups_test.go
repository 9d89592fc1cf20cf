package slackdesk_test

import (
	"strings"
	"testing"
	"time"

	"tierline/internal/slacksim"
	"tierline/router"
	"tierline/ticket"
)

// told waits for what only one person sees in a channel, or in one of its threads.
func (g *gateway) told(who, channel, thread, part string) slacksim.Message {
	g.Helper()
	var found slacksim.Message
	g.eventually("somebody to be told "+part, func() bool {
		for _, m := range append(g.sim.Messages(channel), g.sim.Replies(channel, thread)...) {
			if m.Ephemeral && m.SeenBy() == who && strings.Contains(m.PlainText(), part) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// asks types a command until its answer says something: what a user group gives holds from the moment on that it is known.
func (g *gateway) asks(who, id, command, part string) {
	g.Helper()
	channel, err := g.sim.DM(who, "@app")
	g.must(err)
	g.eventually(who+" to be answered: "+part, func() bool {
		g.must(g.sim.Slash(who, channel, "/tier", command))
		for _, m := range g.sim.Messages(channel) {
			if m.Ephemeral && m.SeenBy() == id && strings.Contains(m.PlainText(), part) {
				return true
			}
		}
		return false
	})
}

// Who is in a user group may do what it gives, from then on and as long: here and in the console.
func TestAUserGroupIsTheTeam(t *testing.T) {
	t.Parallel()
	g := newGateway(t, func(c *router.Config) {
		c.Agents = c.Agents[:1] // Anna
		c.Roles = map[ticket.Role]router.OneOrMore{ticket.RoleLevel2: {"@level2"}}
		c.Tiers[1].OnCall = router.Tier{}.OnCall
	})
	_, err := g.sim.Say("carl", "customer-ltd", "The pump leaks", "")
	g.must(err)
	card := g.message("C0L1", "", "The pump leaks")
	g.sim.SetUserGroup("level2", "ben")
	g.asks("ben", "U1BEN", "console", "for-U1BEN")
	g.must(g.sim.Click("ben", "C0L1", card.TS, "take"))
	g.message("C0L1", "", "*Owner*\nBen Okafor")

	g.sim.SetUserGroup("level2", "chloe", "carl") // a guest
	g.asks("ben", "U1BEN", "console", "not on the support team")
	g.asks("carl", "U9CARL", "team", "Guests and apps cannot work on tickets.")
	g.asks("chloe", "U2CHLOE", "team", "Chloé Martin")
	card = g.message("C0L1", "", "The pump leaks")
	g.must(g.sim.Click("ben", "C0L1", card.TS, "reply"))
	g.told("U1BEN", "C0L1", card.TS, "not on the support team")
	// What they had is nobody's now.
	g.message("C0L1", card.TS, "Ben Okafor does not work here any more")
}

// A page goes out at once to somebody who does not want to be disturbed, and the card says that Slack does not ring them.
func TestAPageKnowsWhomSlackDoesNotRing(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	g.must(g.sim.SetDND("chloe", time.Now().Add(time.Hour)))
	_, err := g.sim.Say("carl", "customer-ltd", "The pump leaks", "")
	g.must(err)
	card := g.message("C0L1", "", "The pump leaks")
	g.must(g.sim.Click("anna", "C0L1", card.TS, "page"))
	g.fill("anna", "page", map[string]any{"reason": "it smokes"})
	g.dm("chloe", "it smokes")
	g.message("C0L1", "", "Chloé Martin does not want to be disturbed until")
}
