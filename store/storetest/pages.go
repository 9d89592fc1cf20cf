package storetest

import (
	"sync"
	"sync/atomic"
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

// What one person gets is counted by all gateways together, and nobody waits for another.
func pageLimits(t *testing.T, w *world) {
	b := w.open(w.clock.Now)
	ask := func(s Store, name string) time.Time { return must(s.TakeTurn(ctxOf(t), name, time.Second, 2))(t) }
	start := w.clock.Now()
	equal(t, "the first", ask(w.a, "phone bob"), time.Time{})
	equal(t, "the second, elsewhere", ask(b, "phone bob"), time.Time{})
	equal(t, "the third", ask(w.a, "phone bob"), start.Add(time.Second))
	equal(t, "asked again, it is no later", ask(b, "phone bob"), start.Add(time.Second))
	equal(t, "somebody else's first", ask(b, "phone cleo"), time.Time{})
	equal(t, "by another way", ask(b, "email bob"), time.Time{})
	w.clock.Add(time.Second)
	equal(t, "a second later", ask(b, "phone bob"), time.Time{})
	equal(t, "one, and no more", ask(w.a, "phone bob"), start.Add(2*time.Second))
	w.clock.Add(time.Hour)
	var went atomic.Int32
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			again, err := []Store{w.a, b}[i%2].TakeTurn(ctxOf(t), "phone bob", time.Second, 3)
			if err != nil {
				t.Error(err)
			} else if again.IsZero() {
				went.Add(1)
			}
		})
	}
	wg.Wait()
	equal(t, "all at once", went.Load(), int32(3))
}
