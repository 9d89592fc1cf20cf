package storetest

import (
	"fmt"
	"testing"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

func measuresOutcomes(t *testing.T, w *world) {
	id := accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Ticket
	start := w.clock.Now()
	for n := range 5 {
		act(t, w.a, ticket.Action{Kind: ticket.ActPromise, Ticket: id, Promise: &ticket.Promise{Kind: ticket.PromiseCallback, Due: start.Add(time.Duration(n+1) * time.Hour)}})
		if n == 2 {
			w.clock.Add(time.Minute)
		}
	}
	act(t, w.a, ticket.Action{Kind: ticket.ActKeep, Ticket: id, Promise: &ticket.Promise{Number: 2}})
	var all []ticket.Outcome
	q := ticket.OutcomeQuery{Since: start, Limit: 2}
	for {
		list, next, err := w.a.Outcomes(ctxOf(t), q)
		ok(t, err)
		all = append(all, list...)
		if q.After = next; next == "" {
			break
		}
	}
	equal(t, "all of them, page by page", len(all), 6)
	equal(t, "the first", fmt.Sprint(all[0].Kind, all[0].Ticket, all[0].Number, all[0].Label), fmt.Sprint(ticket.OutcomePromised, id, 1, "callback"))
	equal(t, "the last", all[5].Kind, ticket.OutcomeKept)
	list, next, err := w.a.Outcomes(ctxOf(t), ticket.OutcomeQuery{Since: start, Until: start.Add(time.Second)})
	ok(t, err)
	equal(t, "until then", len(list), 3)
	equal(t, "and no more", next, "")
	_, _, err = w.a.Outcomes(ctxOf(t), ticket.OutcomeQuery{After: "x"})
	kind(t, err, ticket.Invalid)
}

func measuresSpent(t *testing.T, w *world) {
	ok(t, w.a.PutUnit(ctxOf(t), customer.Unit{Serial: "SN1", Model: "Brew 3"}))
	q := ticket.Alike{Priority: ticket.Normal, Topics: []string{"model:brew 3", ""}}
	var last ticket.ID
	for n := range 25 {
		in := mail(fmt.Sprintf("ann%d@corp.example", n), fmt.Sprintf("<%d@x>", n))
		if n < 3 {
			in.Units = []string{"SN1"}
		}
		last = accept(t, w.a, in)[0].Ticket
		w.clock.Add(time.Duration(n+1) * time.Minute)
		act(t, w.a, ticket.Action{Kind: ticket.ActSolve, Ticket: last, Diagnosis: "seal"})
	}
	topic, list, err := w.a.Spent(ctxOf(t), q)
	ok(t, err)
	equal(t, "too few of the model, so all", topic, "")
	equal(t, "all", len(list), 25)
	equal(t, "the newest first", list[0], ticket.Spent{Ticket: last, Open: 25 * time.Minute})
	act(t, w.a, ticket.Action{Kind: ticket.ActReopen, Ticket: last})
	_, list, err = w.a.Spent(ctxOf(t), q)
	ok(t, err)
	equal(t, "one that was reopened was not solved", len(list), 24)
	w.clock.Add(time.Hour)
	act(t, w.a, ticket.Action{Kind: ticket.ActSolve, Ticket: last})
	accept(t, w.a, mail("ann23@corp.example", "<again@x>", ticket.ThreadKey{By: "references", Key: "<23@x>"}))
	_, list, err = w.a.Spent(ctxOf(t), q)
	ok(t, err)
	equal(t, "nor one that the customer has opened again", len(list), 24)
	equal(t, "all of its time", list[0].Open, 85*time.Minute)
	q.Priority = ticket.Urgent
	_, list, err = w.a.Spent(ctxOf(t), q)
	ok(t, err)
	equal(t, "of another priority", len(list), 0)
}

func measuresAbuse(t *testing.T, w *world) {
	id := accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Ticket
	step := func(r customer.Rung) ticket.Action {
		return ticket.Action{Kind: ticket.ActAbuse, Ticket: id, Rung: r, Reason: "insults", Text: "Please stop.", At: w.clock.Now().Add(time.Hour),
			Decay: 24 * time.Hour, By: ticket.Actor{Kind: ticket.ByAgent, ID: "lea", Name: "Lea"}}
	}
	_, err := w.a.Act(ctxOf(t), step(customer.RungBlock))
	kind(t, err, ticket.Conflict)
	if k := must(w.a.Ticket(ctxOf(t), id))(t); k.Rev != 1 || k.LastSeq != 1 {
		t.Fatalf("a refused step changed the ticket: %+v", k)
	}
	act(t, w.a, step(customer.RungWarn))
	act(t, w.a, step(customer.RungLead))
	act(t, w.a, step(customer.RungBlock))
	list := must(w.a.Blocks(ctxOf(t), "", 10))(t)
	equal(t, "blocked", len(list), 1)
	equal(t, "by what they are known", list[0].Key, "email:ann@corp.example")
	if got := accept(t, w.a, mail("ann@corp.example", "<2@x>"))[0]; !got.Suppressed {
		t.Fatalf("what they send is let in: %+v", got)
	}
	w.clock.Add(time.Hour)
	equal(t, "it ends by itself", len(must(w.a.Blocks(ctxOf(t), "", 10))(t)), 0)
	if got := accept(t, w.a, mail("ann@corp.example", "<3@x>"))[0]; got.Suppressed {
		t.Fatal("a block that is over keeps them out")
	}
	act(t, w.a, step(customer.RungBlock)) // again
	act(t, w.a, step(customer.RungClear))
	equal(t, "taken back", len(must(w.a.Blocks(ctxOf(t), "", 10))(t)), 0)
	c := must(w.a.CustomerBy(ctxOf(t), customer.Identity{Kind: customer.Email, Value: "ann@corp.example"}))(t)
	equal(t, "all is kept", len(c.Abuse), 5)
	_, err = w.a.PutCustomer(ctxOf(t), customer.Customer{ID: c.ID, Identities: c.Identities})
	ok(t, err)
	equal(t, "whatever else changes", len(must(w.a.Customer(ctxOf(t), c.ID))(t).Abuse), 5)
	act(t, w.a, step(customer.RungWarn))
	w.clock.Add(25 * time.Hour)
	act(t, w.a, step(customer.RungWarn)) // the older one counts no more
}
