package slackdesk_test

import (
	"strings"
	"testing"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

// Two records turn out to be one person, and two again; a lead keeps the sender out.
func TestWhoSomebodyIsFromTheCard(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	ctx := t.Context()
	_, err := g.sim.Say("carl", "customer-ltd", "The pump leaks again.", "")
	g.must(err)
	card := g.message("C0L1", "", "The pump leaks again.")
	list, err := g.store.Tickets(ctx, ticket.Filter{Limit: 1})
	g.must(err)
	carl := list[0].Customer
	twin, err := g.store.PutCustomer(ctx, customer.Customer{Name: "Carl Customer", Identities: []customer.Identity{{Kind: customer.Email, Value: "carl@home.example"}}})
	g.must(err)
	is := func(want customer.ID) func() bool {
		return func() bool {
			c, err := g.store.Customer(ctx, twin)
			return err == nil && c.AliasOf == want
		}
	}
	choose := func(who, what string) {
		g.must(g.sim.Choose(who, "C0L1", card.TS, "care", option(t, g, card.TS, what+" ")))
	}
	choose("anna", "two_people")
	g.eventually("to be told that there is nobody", func() bool { return g.private("anna", "Nobody else counts as this customer") })

	choose("anna", "same_person")
	g.fill("anna", "same_person", map[string]any{"text": "carl@home.example"})
	g.eventually("one person", is(carl))
	g.eventually("to be told", func() bool { return g.private("anna", "counts as the same person now") })
	choose("anna", "two_people")
	g.fill("anna", "two_people", map[string]any{})
	g.eventually("two people", is(0))
	choose("anna", "same_person")
	g.fill("anna", "same_person", map[string]any{"who": twin})
	g.eventually("one person by name", is(carl))

	choose("anna", "block_sender")
	g.eventually("to be told who may", func() bool { return g.private("anna", "That is for leads and supervisors") })
	choose("lena", "block_sender")
	g.fill("lena", "block_sender", map[string]any{"span": "24h", "reason": "insults"})
	g.eventually("the block", func() bool {
		list, err := g.store.Blocks(ctx, "", 0)
		return err == nil && len(list) == 1 && list[0].Reason == "insults" && strings.HasPrefix(list[0].Key, "slack:") && list[0].By.Kind == ticket.ByAgent &&
			time.Until(list[0].Until) < 25*time.Hour
	})
	choose("lena", "block_sender")
	g.fill("lena", "block_sender", map[string]any{"span": "in"})
	g.eventually("them to be heard again", func() bool {
		list, err := g.store.Blocks(ctx, "", 0)
		return err == nil && len(list) == 0
	})
}

// private says whether somebody was told something privately at the card.
func (g *gateway) private(who, part string) bool {
	list := g.sim.Messages("C0L1")
	for _, m := range list {
		list = append(list, g.sim.Replies("C0L1", m.TS)...)
	}
	for _, m := range list {
		if strings.HasSuffix(strings.ToLower(m.SeenBy()), who) && strings.Contains(m.Text+m.PlainText(), part) {
			return true
		}
	}
	return false
}
