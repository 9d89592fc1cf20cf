package storetest

import (
	"fmt"
	"testing"
	"time"

	"tierline/ticket"
)

func agendaOf(t *testing.T, w *world) {
	ctx := ctxOf(t)
	now := w.clock.Now()
	var ids []ticket.ID
	for i := range 6 {
		ids = append(ids, queued(t, w.a, i))
	}
	anna := ticket.Actor{Kind: ticket.ByAgent, ID: "anna", Name: "Anna"}
	act(t, w.a, ticket.Action{Kind: ticket.ActTake, Ticket: ids[0], By: anna})
	act(t, w.a, ticket.Action{Kind: ticket.ActTake, Ticket: ids[1], By: anna})
	act(t, w.a, ticket.Action{Kind: ticket.ActHold, Ticket: ids[0], Reason: "parts", By: anna})
	promise := func(id ticket.ID, in time.Duration) {
		act(t, w.a, ticket.Action{Kind: ticket.ActPromise, Ticket: id, By: anna, Promise: &ticket.Promise{Kind: ticket.PromiseCallback, Due: now.Add(in)}})
	}
	promise(ids[0], 3*time.Hour)
	promise(ids[1], 2*time.Hour)
	act(t, w.a, ticket.Action{Kind: ticket.ActSet, Ticket: ids[4], Priority: ticket.Urgent, By: anna})
	act(t, w.a, ticket.Action{Kind: ticket.ActPage, Ticket: ids[3], By: anna, Tier: "l2", Reason: "smoke", Plan: ticket.ChainPlan(time.Minute, "slack", "lea")})
	q := ticket.AgendaQuery{Agent: "anna", Tiers: []string{"l1", "l2"}, Late: now.Add(time.Hour), Limit: 2}
	a := must(w.a.Agenda(ctx, q))(t)
	for _, c := range []struct {
		what string
		l    ticket.Listing
		n    int
		want []ticket.ID
	}{
		{"what is to be acted upon comes first", a.Mine, 2, []ticket.ID{ids[1], ids[0]}},
		{"the most urgent first, and no more than asked for", a.Free, 4, []ticket.ID{ids[4], ids[2]}},
		{"what is promised first", a.Promised, 2, []ticket.ID{ids[1], ids[0]}},
		{"pages", a.Paged, 1, []ticket.ID{ids[3]}},
		{"no clock, nothing late", a.Late, 0, nil},
	} {
		var got []ticket.ID
		for _, k := range c.l.Tickets {
			got = append(got, k.ID)
		}
		equal(t, c.what, fmt.Sprint(got, c.l.Count), fmt.Sprint(c.want, c.n))
	}
	q.Skip, q.Only = map[ticket.AgendaList]int{ticket.ListFree: 2, ticket.ListMine: 2}, []ticket.AgendaList{ticket.ListFree, ticket.ListMine}
	older := must(w.a.Agenda(ctx, q))(t)
	equal(t, "the next page of a list", fmt.Sprint(len(older.Free.Tickets), older.Free.Count, len(older.Mine.Tickets), older.Mine.Count), "2 4 0 2")
	equal(t, "only what was asked for", older.Promised.Count+older.Paged.Count, 0)
	for _, k := range older.Free.Tickets {
		equal(t, "of the next page", k.ID != ids[4] && k.ID != ids[2], true)
	}
	q.Skip, q.Owed = nil, now.Add(2*time.Hour)
	q.Only = []ticket.AgendaList{ticket.ListWork, ticket.ListOwed}
	tier := must(w.a.Agenda(ctx, q))(t)
	equal(t, "what is in work at the tiers", fmt.Sprint(tier.Work.Count, tier.Work.Tickets[0].ID, tier.Mine.Count), fmt.Sprint(1, ids[1], 0))
	equal(t, "what they owe soon", fmt.Sprint(tier.Owed.Count, tier.Owed.Tickets[0].ID), fmt.Sprint(1, ids[1]))
	q.Only = nil
	q.Urgent = true
	equal(t, "urgent ones only", must(w.a.Agenda(ctx, q))(t).Free.Count, 1)
	q.Channel = "chat"
	equal(t, "of another channel", must(w.a.Agenda(ctx, q))(t).Free.Count, 0)
	act(t, w.a, ticket.Action{Kind: ticket.ActKeep, Ticket: ids[1], By: anna, Promise: &ticket.Promise{Number: 1}})
	act(t, w.a, ticket.Action{Kind: ticket.ActSolve, Ticket: ids[3], By: anna, Diagnosis: "x"})
	a = must(w.a.Agenda(ctx, ticket.AgendaQuery{Agent: "anna", Tiers: []string{"l2"}}))(t)
	equal(t, "kept, and no longer paged", fmt.Sprint(a.Promised.Count, a.Paged.Count), "1 0")
	equal(t, "of nobody", must(w.a.Agenda(ctx, ticket.AgendaQuery{}))(t).Mine.Count, 0)

	must(0, w.a.Bind(ctx, ticket.Reference{Scope: "card", Key: "C1/1", Ticket: ids[0]}, ticket.Reference{Scope: "card", Key: "C2/1", Ticket: ids[0]},
		ticket.Reference{Scope: "page", Key: "D1/1", Ticket: ids[1]}))(t)
	places := must(w.a.Places(ctx, "card", ids))(t)
	equal(t, "places", fmt.Sprint(len(places), " ", places[ids[0]]), "1 C2/1")
}
