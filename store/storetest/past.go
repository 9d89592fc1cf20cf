package storetest

import (
	"testing"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

// acceptPast brings history in: nothing follows from it, and what is live stays apart.
func acceptPast(t *testing.T, w *world) {
	ctx := ctxOf(t)
	old := time.Date(2019, 5, 1, 8, 0, 0, 0, time.UTC)
	past := func(from, id string, at time.Time, keys ...ticket.ThreadKey) ticket.Inbound {
		in := seen(mail(from, id, keys...), "")
		in.Past, in.At = &ticket.Past{}, at
		return in
	}
	first := past("ann@a.example", "<p1@x>", old, refTo("<p1@x>")) // a mail names itself
	answer := past("support@shop.example", "<p2@x>", old.Add(time.Hour), refTo("<p1@x>"))
	answer.From.Name, answer.Past = "Lea", &ticket.Past{Out: true}
	answer.With = []customer.Identity{address("ann@a.example"), address("boss@a.example")}
	bounce := past("mailer-daemon@x.example", "<p3@x>", old.Add(2*time.Hour), refTo("<p2@x>"))
	bounce.Alone, bounce.Bounce = "bounce", &ticket.Bounce{Seq: 1, Kind: ticket.BounceFailed}
	batch := []ticket.Inbound{answer, first, bounce}
	got := accept(t, w.a, batch...)
	id := got[0].Ticket
	equal(t, "in whatever order they come", got[1].Ticket, id)
	equal(t, "a report is none any more", got[2].Suppressed, true)
	k := must(w.a.Ticket(ctx, id))(t)
	equal(t, "closed", k.State, ticket.Closed)
	equal(t, "history", k.Past, true)
	equal(t, "opened", k.Opened, old)
	equal(t, "last changed", k.Updated, old.Add(time.Hour))
	equal(t, "last said", k.LastCustomer, old)
	equal(t, "last answered", k.LastAgent, old.Add(time.Hour))
	equal(t, "customer", k.Customer, must(w.a.CustomerBy(ctx, address("ann@a.example")))(t).ID)
	equal(t, "who takes part", len(k.Participants), 2)
	list := messagesOf(t, w.a, id)
	equal(t, "the answer", list[0].Direction, ticket.Out)
	equal(t, "by whom", list[0].Author, ticket.Actor{Kind: ticket.ByAgent, Name: "Lea"})
	equal(t, "it went out", list[0].Delivery, ticket.Sent)
	equal(t, "the question", list[1].Direction, ticket.In)
	for _, e := range must(w.a.Events(ctx, id, 0, 10))(t) {
		equal(t, "events are as old", e.At.Year(), 2019)
	}
	_, err := w.a.CustomerBy(ctx, address("support@shop.example"))
	kind(t, err, ticket.NotFound)
	equal(t, "nothing is to be done", len(must(w.a.Jobs(ctx, "", 0, 0))(t)), 0)
	equal(t, "again", accept(t, w.a, batch...)[1].Duplicate, true)
	for _, a := range accept(t, w.a, past("ann@a.example", "<p4@x>", old, refTo("<p2@x>")), past("eve@e.example", "<p5@x>", old, refTo("<p1@x>"))) {
		equal(t, "hers or a stranger's", a.Ticket == id, a.Seq > 1)
		equal(t, "no warnings", len(messagesOf(t, w.a, a.Ticket)[a.Seq-1].Warnings), 0)
	}

	// The live mailbox brings the same mails, also to another inbox; and the import those that are live.
	live := mail("ann@a.example", "<p1@x>")
	live.Inbox = "sales@shop.example"
	a := accept(t, w.a, live)[0]
	equal(t, "the live mailbox brings it", a.Duplicate, true)
	equal(t, "as message", a.Seq, 2)
	now := accept(t, w.a, mail("ann@a.example", "<l1@x>"))[0].Ticket
	other := past("ann@a.example", "<l1@x>", old)
	other.Inbox = "archive"
	equal(t, "the import brings what is live", accept(t, w.a, other)[0].Duplicate, true)
	equal(t, "history joins no live ticket", accept(t, w.a, past("ann@a.example", "<p6@x>", old, refTo("<l1@x>")))[0].Ticket == now, false)
	follow := accept(t, w.a, mail("ann@a.example", "<l2@x>", refTo("<p2@x>")))[0]
	k = must(w.a.Ticket(ctx, follow.Ticket))(t)
	equal(t, "what continues history follows it up", k.FollowsUp, id)
	equal(t, "and is live", k.State, ticket.New)
	cases := must(w.a.Cases(ctx, ticket.CaseQuery{Customer: k.Customer, Except: k.ID}))(t)
	equal(t, "history is among the cases", cases[len(cases)-1].ID, id)

	alone := past("support@shop.example", "<p7@x>", old)
	alone.Past.Out = true
	_, err = w.a.Accept(ctx, []ticket.Inbound{alone})
	kind(t, err, ticket.Invalid)
	future := past("ann@a.example", "<p8@x>", w.clock.Now().Add(time.Hour))
	k = must(w.a.Ticket(ctx, accept(t, w.a, future)[0].Ticket))(t)
	equal(t, "not from the future", k.Opened, w.clock.Now())
	ok(t, w.a.Block(ctx, ticket.Block{Key: "email:ann@a.example", By: ana}))
	equal(t, "who is kept out today was not then", accept(t, w.a, past("ann@a.example", "<p9@x>", old))[0].Opened, true)
}
