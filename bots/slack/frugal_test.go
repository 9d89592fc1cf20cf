package slackdesk_test

import (
	"slices"
	"strings"
	"testing"

	"tierline/internal/slacksim"
	"tierline/router"
	"tierline/ticket"
)

// frugal is a gateway at a server that only speaks like Slack; without says what it does not know beside what an app
// can do without.
func frugal(t *testing.T, without ...string) *gateway {
	return gatewayIn(t, noKB{}, func(c *slacksim.Config) {
		c.Frugal = slacksim.Bare()
		c.Frugal.Without = append(c.Frugal.Without, without...)
	}, func(c *router.Config) {
		for i, id := range []string{"U1ANNA", "U2CHLOE", "U2DEV", "U1BEN", "U3LEAD"} { // nothing finds them by their mail address
			c.Agents[i].Slack = id
		}
	})
}

// TestACaseAtAServerThatOnlySpeaksLikeSlack: what Slack gives beyond its documents, and what an app can do without, is not there.
func TestACaseAtAServerThatOnlySpeaksLikeSlack(t *testing.T) {
	t.Parallel()
	g := frugal(t)
	top, err := g.sim.SayWith("carl", "customer-ltd", "The pump leaks", "", slacksim.Upload{Name: "leak.png", Data: []byte("png")})
	g.must(err)
	card := g.message("C0L1", "", "The pump leaks")
	g.message("C0L1", card.TS, "The pump leaks")
	g.eventually("the file in the card's thread", func() bool {
		return slices.ContainsFunc(g.sim.Replies("C0L1", card.TS), func(m slacksim.Message) bool { return len(m.Files) == 1 })
	})
	g.must(g.sim.Click("anna", "C0L1", card.TS, "take"))
	g.message("C0L1", "", "*Owner*\nAnna Schmidt")
	_, err = g.sim.Say("anna", "C0L1", "this smells of a broken seal", card.TS)
	g.must(err)
	g.eventually("the note", func() bool { return g.has(func(m ticket.Message) bool { return m.Kind == ticket.Note }) })
	g.must(g.sim.Click("anna", "C0L1", card.TS, "reply"))
	g.fill("anna", "reply", map[string]any{"text0": "Please switch it off."})
	g.message("C0CUST", top, "Please switch it off.")
	_, err = g.sim.Say("carl", "customer-ltd", "done, what now?", top)
	g.must(err)
	g.message("C0L1", card.TS, "done, what now?")
	g.must(g.sim.Click("anna", "C0L1", card.TS, "page"))
	g.fill("anna", "page", map[string]any{"reason": "it smokes"})
	dm, err := g.sim.DM("chloe", "@app")
	g.must(err)
	page := g.message(dm, "", "it smokes")
	g.must(g.sim.Click("chloe", dm, page.TS, "accept"))
	g.message("C0L1", "", "Chloé Martin accepted")
	g.must(g.sim.Slash("anna", "support-l1", "/tier", "note T-1001 typed as a command"))
	g.message("C0L1", card.TS, "typed as a command")
	home, err := g.sim.OpenHome("anna")
	g.must(err)
	g.eventually("the Home tab", func() bool {
		home = g.sim.Home("anna")
		return home != nil && strings.Contains(home.PlainText(), "The pump leaks")
	})
	if n := len(g.answers(top)); n != 1 || g.cards("C0L1") != 1 {
		t.Errorf("%d answers, %d cards", n, g.cards("C0L1"))
	}
}

// TestWhatIsTriedAgainStandsOnceWithoutMetadata: a message is posted, then its file is refused, again and again; in a history
// that tells no metadata it is found by what it says.
func TestWhatIsTriedAgainStandsOnceWithoutMetadata(t *testing.T) {
	t.Parallel()
	g := frugal(t)
	g.sim.Inject(slacksim.Fault{Kind: slacksim.ServerError, Method: "files.getUploadURLExternal", Times: 2})
	g.sim.Inject(slacksim.Fault{Kind: slacksim.DropAnswer, Method: "chat.postMessage", Channel: "C0CUST", Times: 1})
	top, err := g.sim.SayWith("carl", "customer-ltd", "The pump leaks", "", slacksim.Upload{Name: "leak.png", Data: []byte("png")})
	g.must(err)
	card := g.message("C0L1", "", "The pump leaks")
	g.eventually("the file in the card's thread", func() bool {
		return slices.ContainsFunc(g.sim.Replies("C0L1", card.TS), func(m slacksim.Message) bool { return len(m.Files) == 1 })
	})
	g.must(g.sim.Click("anna", "C0L1", card.TS, "reply"))
	g.fill("anna", "reply", map[string]any{"text0": "Please switch it off."})
	g.message("C0L1", card.TS, ":white_check_mark: sent")
	said := 0
	for _, m := range g.sim.Replies("C0L1", card.TS) {
		if strings.Contains(m.PlainText(), "The pump leaks") {
			said++
		}
	}
	if n := len(g.answers(top)); said != 1 || n != 1 || g.cards("C0L1") != 1 {
		t.Errorf("the customer's message stands %d times, the answer %d times, %d cards", said, n, g.cards("C0L1"))
	}
}
