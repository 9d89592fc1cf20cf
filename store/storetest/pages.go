package storetest

import (
	"testing"
	"time"

	"tierline/ticket"
)

func pagesCounted(t *testing.T, w *world) {
	start := w.clock.Now()
	one := accept(t, w.a, mail("a@x.example", "<1>"))[0].Ticket
	two := accept(t, w.a, mail("b@x.example", "<2>"))[0].Ticket
	page := func(id ticket.ID) {
		act(t, w.a, ticket.Action{Kind: ticket.ActPage, Ticket: id, Tier: "l2", Reason: "fire", Plan: ticket.ChainPlan(time.Minute, "slack", "bob")})
	}
	page(one)
	act(t, w.a, ticket.Action{Kind: ticket.ActAccept, Ticket: one, Page: 1, By: agentOf("bob")})
	w.clock.Add(time.Hour)
	page(two)
	page(one)
	act(t, w.a, ticket.Action{Kind: ticket.ActMerge, Ticket: two, Other: one})
	end := w.clock.Now().Add(time.Second)
	list := must(w.a.Pages(ctxOf(t), start, end, ticket.PageRecord{}, 0))(t)
	equal(t, "all, also what a newer one has followed", len(list), 3)
	equal(t, "the first", list[0].State, ticket.PageAccepted)
	equal(t, "who", list[0].Answerer, "bob")
	equal(t, "the newer one", list[1].Number, 2)
	equal(t, "what was merged", list[2].State, ticket.PageCancelled)
	equal(t, "from later on", len(must(w.a.Pages(ctxOf(t), start.Add(time.Minute), end, ticket.PageRecord{}, 0))(t)), 2)
	rest := must(w.a.Pages(ctxOf(t), start, end, list[1], 0))(t)
	equal(t, "behind the second", len(rest), 1)
	equal(t, "which", rest[0].Ticket, two)
	equal(t, "in parts", len(must(ticket.AllPages(ctxOf(t), w.a, start, end))(t)), 3)

	w.clock.Add(time.Hour)
	three := accept(t, w.a, mail("c@x.example", "<3>"))[0].Ticket
	page(three)
	act(t, w.a, ticket.Action{Kind: ticket.ActPage, Ticket: three, Tier: "l3", Reason: "fire", Plan: ticket.ChainPlan(time.Minute, "slack", "zoe")})
	act(t, w.a, ticket.Action{Kind: ticket.ActAccept, Ticket: three, Page: 1, By: agentOf("bob")})
	now := must(w.a.Ticket(ctxOf(t), three))(t)
	equal(t, "the newest", now.Page.Tier, "l3")
	equal(t, "beside it", now.PageOf(1).State, ticket.PageAccepted)
	list = must(ticket.AllPages(ctxOf(t), w.a, end, w.clock.Now().Add(time.Second)))(t)
	equal(t, "both", len(list), 2)
	equal(t, "what became of the first", list[0].State, ticket.PageAccepted)
	equal(t, "the second rings", list[1].State, ticket.PageRinging)
}
