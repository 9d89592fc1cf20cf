package storetest

import (
	"fmt"
	"testing"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

func readTickets(t *testing.T, w *world) {
	var all []ticket.ID
	for i := range 7 {
		in := mail(fmt.Sprintf("p%d@corp.example", i%2), fmt.Sprint(i))
		in.Subject = fmt.Sprintf("Order_%d is 100%% LATE", i)
		if i == 3 {
			in.Units, in.Channel = []string{"SN9"}, "chat"
		}
		all = append(all, accept(t, w.a, in)[0].Ticket)
		w.clock.Add(time.Minute)
	}
	route := func(id ticket.ID, tier, owner string) {
		act(t, w.a, ticket.Action{Kind: ticket.ActRoute, Ticket: id, Decision: &ticket.Decision{Tier: tier, Queue: "q", Owner: owner}})
	}
	route(all[0], "l1", "lea")
	route(all[1], "l2", "")
	act(t, w.a, ticket.Action{Kind: ticket.ActTake, Ticket: all[0], By: ticket.Actor{Kind: ticket.ByAgent, ID: "lea"}})
	first := must(w.a.Ticket(ctxOf(t), all[0]))(t)
	for _, c := range []struct {
		name string
		f    ticket.Filter
		want []int
	}{
		{"all, newest first", ticket.Filter{}, []int{6, 5, 4, 3, 2, 1, 0}},
		{"a page", ticket.Filter{Limit: 2}, []int{6, 5}},
		{"the next page", ticket.Filter{Limit: 2, After: all[5]}, []int{4, 3}},
		{"by state", ticket.Filter{States: []ticket.State{ticket.Open, ticket.Closed}}, []int{0}},
		{"by tier", ticket.Filter{Tier: "l2"}, []int{1}},
		{"by queue", ticket.Filter{Queue: "q"}, []int{1, 0}},
		{"by owner", ticket.Filter{Owner: "lea"}, []int{0}},
		{"unowned of a queue", ticket.Filter{Queue: "q", Unowned: true}, []int{1}},
		{"by customer", ticket.Filter{Customer: first.Customer, Limit: 2}, []int{6, 4}},
		{"by unit", ticket.Filter{Unit: "SN9"}, []int{3}},
		{"by channel", ticket.Filter{Channel: "chat"}, []int{3}},
		{"by a word", ticket.Filter{Text: "order_5"}, []int{5}},
		{"a percent sign is no joker", ticket.Filter{Text: "1%0"}, nil},
		{"an underscore is no joker", ticket.Filter{Text: "order45"}, nil},
		{"in any case", ticket.Filter{Text: "LaTe", Limit: 1}, []int{6}},
		{"by an identity", ticket.Filter{Text: "P1@corp.example", Limit: 2}, []int{5, 3}},
		{"since", ticket.Filter{Since: w.clock.Now().Add(-2 * time.Minute)}, []int{6, 5}},
		{"together", ticket.Filter{Text: "late", Customer: first.Customer, States: []ticket.State{ticket.New}}, []int{6, 4, 2}},
	} {
		var want []ticket.ID
		for _, i := range c.want {
			want = append(want, all[i])
		}
		var got []ticket.ID
		for _, k := range must(w.a.Tickets(ctxOf(t), c.f))(t) {
			got = append(got, k.ID)
		}
		equal(t, c.name, fmt.Sprint(got), fmt.Sprint(want))
	}
	tickets, jobs, err := w.a.Counts(ctxOf(t))
	ok(t, err)
	equal(t, "new tickets", tickets[ticket.New], 6)
	equal(t, "open tickets", tickets[ticket.Open], 1)
	equal(t, "routes that are ready", jobs[ticket.JobReady][ticket.JobRoute], 7)
	equal(t, "ready jobs", jobs.In(ticket.JobReady), int64(len(must(w.a.Jobs(ctxOf(t), ticket.JobReady, 0, ticket.MaxPage))(t))))
	ok(t, w.a.Bury(ctxOf(t), claim(t, w.a, 1, ticket.JobRoute)[0], "x"))
	_, jobs, err = w.a.Counts(ctxOf(t))
	ok(t, err)
	equal(t, "routes that are dead", jobs[ticket.JobDead][ticket.JobRoute], 1)
	equal(t, "routes that are ready still", jobs[ticket.JobReady][ticket.JobRoute], 6)
}

func readPages(t *testing.T, w *world) {
	id := accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Ticket
	accept(t, w.a, mail("bob@corp.example", "<2@x>"))
	for i := range 5 {
		act(t, w.a, ticket.Action{Kind: ticket.ActNote, Ticket: id, Text: fmt.Sprint("note ", i)})
	}
	next, n := 0, 0
	for {
		page := must(w.a.Messages(ctxOf(t), id, next, 2))(t)
		if len(page) == 0 {
			break
		}
		for _, m := range page {
			n++
			equal(t, "seq", m.Seq, n)
			next = m.Seq
		}
	}
	equal(t, "messages", n, 6)
	var after int64
	n = 0
	for {
		page := must(w.a.Events(ctxOf(t), id, after, 2))(t)
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			n++
			equal(t, "of the ticket", e.Ticket, id)
			equal(t, "order", e.ID > after, true)
			after = e.ID
		}
	}
	equal(t, "events", n, 6)
	after, n = 0, 0
	for {
		page := must(w.a.Jobs(ctxOf(t), ticket.JobReady, after, 2))(t)
		if len(page) == 0 {
			break
		}
		for _, j := range page {
			n++
			equal(t, "order", j.ID > after, true)
			after = j.ID
		}
	}
	equal(t, "jobs of all pages", n, len(must(w.a.Jobs(ctxOf(t), "", 0, 0))(t)))
}

func readCases(t *testing.T, w *world) {
	open := func(from, id, unit string) ticket.ID {
		in := mail(from, id)
		if unit != "" {
			in.Units = []string{unit}
		}
		return accept(t, w.a, in)[0].Ticket
	}
	unit := open("old@other.example", "1", "SN1") // the unit's former owner
	mine := open("ann@corp.example", "2", "")
	both := open("ann@corp.example", "3", "SN1")
	colleague := open("bob@corp.example", "4", "")
	open("eve@third.example", "5", "SN2")
	now := open("ann@corp.example", "6", "SN1")
	k := must(w.a.Ticket(ctxOf(t), now))(t)
	q := ticket.CaseQuery{Except: now, Customer: k.Customer, Organization: k.Organization, Units: k.Units}
	show := func(list []ticket.Case) (s string) {
		for _, c := range list {
			s += fmt.Sprintf("%s %s, ", c.ID, c.Relation)
		}
		return s
	}
	want := fmt.Sprintf("%s unit, %s unit, %s customer, %s organization, ", both, unit, mine, colleague)
	equal(t, "the nearest first", show(must(w.a.Cases(ctxOf(t), q))(t)), want)
	q.Limit = 3
	equal(t, "at most", len(must(w.a.Cases(ctxOf(t), q))(t)), 3)
	equal(t, "nobody's", len(must(w.a.Cases(ctxOf(t), ticket.CaseQuery{}))(t)), 0)
	w.clock.Add(time.Hour)
	n := must(w.a.UnitCases(ctxOf(t), "SN1", w.clock.Now().Add(-2*time.Hour)))(t)
	equal(t, "of the unit", n, 3)
	equal(t, "lately", must(w.a.UnitCases(ctxOf(t), "SN1", w.clock.Now()))(t), 0)
	act(t, w.a, ticket.Action{Kind: ticket.ActSet, Ticket: mine, Units: []string{"SN1"}})
	n = must(w.a.UnitCases(ctxOf(t), "SN1", w.clock.Now().Add(-2*time.Hour)))(t)
	equal(t, "one that an agent named", n, 4)
}

func readNothing(t *testing.T, w *world) {
	ctx := ctxOf(t)
	_, err := w.a.Ticket(ctx, 5)
	kind(t, err, ticket.NotFound)
	_, err = w.a.Message(ctx, 5, 1)
	kind(t, err, ticket.NotFound)
	_, err = w.a.Customer(ctx, 5)
	kind(t, err, ticket.NotFound)
	_, err = w.a.CustomerBy(ctx, customer.Identity{Kind: customer.Email, Value: "no@body.example"})
	kind(t, err, ticket.NotFound)
	_, err = w.a.CustomerBy(ctx, customer.Identity{Kind: customer.Email, Value: "nobody"})
	kind(t, err, ticket.Invalid)
	_, err = w.a.Organization(ctx, 5)
	kind(t, err, ticket.NotFound)
	_, err = w.a.Unit(ctx, "SN")
	kind(t, err, ticket.NotFound)
	_, err = w.a.Article(ctx, "none")
	kind(t, err, ticket.NotFound)
	equal(t, "nothing due", must(w.a.NextDue(ctx))(t), time.Time{})
	equal(t, "no jobs", len(claim(t, w.a, 5)), 0)
}
