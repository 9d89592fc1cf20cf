package storetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tierline/ticket"
)

func actStaleRev(t *testing.T, w *world) {
	id := accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Ticket
	k := act(t, w.a, ticket.Action{Kind: ticket.ActTake, Ticket: id, Rev: 1})
	equal(t, "rev", k.Rev, 2)
	equal(t, "owner", k.Owner, "lea")
	_, err := w.a.Act(ctxOf(t), ticket.Action{Kind: ticket.ActSet, Ticket: id, Rev: 1, Subject: "late", Key: "n1"})
	kind(t, err, ticket.Conflict)
	read := must(w.a.Ticket(ctxOf(t), id))(t)
	equal(t, "unchanged", read.Rev, 2)
	// The key of an action that failed was not used up.
	k = act(t, w.a, ticket.Action{Kind: ticket.ActSet, Ticket: id, Rev: 2, Subject: "in time", Key: "n1"})
	equal(t, "rev after", k.Rev, 3)
	_, err = w.a.Act(ctxOf(t), ticket.Action{Kind: ticket.ActTake, Ticket: 4})
	kind(t, err, ticket.NotFound)
	_, err = w.a.Act(ctxOf(t), ticket.Action{Kind: "dance", Ticket: id})
	kind(t, err, ticket.Invalid)
}

func actTwice(t *testing.T, w *world) {
	id := accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Ticket
	b := w.open(w.clock.Now)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s := []Store{w.a, b}[i%2]
			_, err := s.Act(ctxOf(t), ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: "once", Key: "click-1",
				By: ticket.Actor{Kind: ticket.ByAgent, ID: "lea"}})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	k := must(w.a.Ticket(ctxOf(t), id))(t)
	equal(t, "messages", k.LastSeq, 2)
	equal(t, "rev", k.Rev, 2)
}

// actJob plays a worker that dies, and one that was too slow.
func actJob(t *testing.T, w *world) {
	id := accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Ticket
	route := ticket.Action{Kind: ticket.ActRoute, Ticket: id, By: ticket.Gateway, Decision: &ticket.Decision{Tier: "l1"}}
	slow := claim(t, w.a, 1, ticket.JobRoute)[0]
	w.clock.Add(2 * time.Minute) // the first worker hangs; another takes over
	b := w.open(w.clock.Now)
	quick := claim(t, b, 1, ticket.JobRoute)[0]
	equal(t, "the same job", quick.ID, slow.ID)
	equal(t, "attempts", quick.Attempts, 2)
	late := route
	late.Job = slow
	_, err := w.a.Act(ctxOf(t), late)
	kind(t, err, ticket.Conflict)
	k := must(w.a.Ticket(ctxOf(t), id))(t)
	equal(t, "nothing changed", k.Rev, 1)
	equal(t, "not routed", k.Tier, "")

	ended, cancel := context.WithCancel(ctxOf(t))
	cancel()
	now := route
	now.Job, now.Key = quick, "route-1"
	if _, err := b.Act(ended, now); err == nil {
		t.Fatal("an action went through although its context had ended")
	}
	k = act(t, b, now)
	equal(t, "routed", k.Tier, "l1")
	// The worker dies before it hears of the commit, and does it again.
	again := act(t, b, now)
	equal(t, "the second time changes nothing", again.Rev, k.Rev)
	kind(t, b.Finish(ctxOf(t), quick), ticket.Conflict)
	w.clock.Add(time.Hour)
	equal(t, "the job is gone", len(claim(t, b, 10, ticket.JobRoute)), 0)
	// An action that is refused leaves the job as it was.
	show := claim(t, b, 1, ticket.JobShow)[0]
	_, err = b.Act(ctxOf(t), ticket.Action{Kind: ticket.ActReply, Ticket: id, Job: show, By: ticket.Gateway})
	kind(t, err, ticket.Invalid)
	ok(t, b.Finish(ctxOf(t), show))
}

func actDelivery(t *testing.T, w *world) {
	id := accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Ticket
	act(t, w.a, ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: "Try this"})
	m := must(w.a.Message(ctxOf(t), id, 2))(t)
	equal(t, "queued", m.Delivery, ticket.Queued)
	k := act(t, w.a, ticket.Action{Kind: ticket.ActDelivered, Ticket: id, Seq: 2, External: "<out@gw>", By: ticket.Gateway})
	equal(t, "no new rev", k.Rev, 2)
	m = must(w.a.Message(ctxOf(t), id, 2))(t)
	equal(t, "sent", m.Delivery, ticket.Sent)
	equal(t, "its id", m.External, "<out@gw>")
	r := must(w.a.Lookup(ctxOf(t), "email", "<out@gw>"))(t)
	equal(t, "remembered", r, ticket.Reference{Scope: "email", Key: "<out@gw>", Ticket: id, Seq: 2})
	in := mail("ann@corp.example", "<2@x>", ticket.ThreadKey{By: "references", Key: "<out@gw>"})
	equal(t, "the answer to it joins", accept(t, w.a, in)[0].Ticket, id)

	act(t, w.a, ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: "And this"})
	k = act(t, w.a, ticket.Action{Kind: ticket.ActFailed, Ticket: id, Seq: 4, Reason: "no such mailbox", By: ticket.Gateway})
	m = must(w.a.Message(ctxOf(t), id, 4))(t)
	equal(t, "failed", m.Delivery, ticket.Failed)
	equal(t, "problem", m.Problem, "no such mailbox")
	equal(t, "ours to act", k.State, ticket.Open)
	_, err := w.a.Act(ctxOf(t), ticket.Action{Kind: ticket.ActDelivered, Ticket: id, Seq: 99, External: "<no@gw>"})
	kind(t, err, ticket.NotFound)
}

// actAtOnce has many people answer few tickets through two gateways.
func actAtOnce(t *testing.T, w *world) {
	gates := []Store{w.a, w.open(w.clock.Now)}
	const tickets, people, each = 3, 6, 5
	var ids []ticket.ID
	for i := range tickets {
		ids = append(ids, accept(t, w.a, mail("ann@corp.example", fmt.Sprint(i)))[0].Ticket)
	}
	var conflicts atomic.Int64
	together(people, func(p int) {
		for i := range each {
			for _, id := range ids {
				for { // as a click: look, then act on what was seen
					k, err := gates[p%2].Ticket(ctxOf(t), id)
					if err != nil {
						t.Error(err)
						return
					}
					_, err = gates[p%2].Act(ctxOf(t), ticket.Action{Kind: ticket.ActReply, Ticket: id, Rev: k.Rev,
						Text: fmt.Sprint(p, i), By: ticket.Actor{Kind: ticket.ByAgent, ID: "lea"}})
					if err == nil {
						break
					}
					if ticket.KindOf(err) != ticket.Conflict {
						t.Error(err)
						return
					}
					conflicts.Add(1)
				}
			}
		}
	})
	for _, id := range ids {
		k := must(w.a.Ticket(ctxOf(t), id))(t)
		equal(t, "rev", k.Rev, 1+people*each)
		equal(t, "messages", k.LastSeq, 1+people*each)
		m := must(w.a.Messages(ctxOf(t), id, 0, ticket.MaxPage))(t)
		equal(t, "messages kept", len(m), k.LastSeq)
		e := must(w.a.Events(ctxOf(t), id, 0, ticket.MaxPage))(t)
		equal(t, "events", len(e), k.LastSeq)
	}
	t.Logf("%d of %d looked again", conflicts.Load(), tickets*people*each)
}

// noneLost changes one ticket in ways that don't meet: tags by agents, messages by the customer.
func noneLost(t *testing.T, w *world) {
	gates := []Store{w.a, w.open(w.clock.Now)}
	id := accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Ticket
	const each = 12
	together(6, func(n int) {
		for i := range each {
			var err error
			if n < 4 {
				_, err = gates[n%2].Act(ctxOf(t), ticket.Action{Kind: ticket.ActSet, Ticket: id, By: ticket.Gateway,
					Tags: []string{fmt.Sprint("tag", n, ".", i)}})
			} else {
				_, err = gates[n%2].Accept(ctxOf(t), []ticket.Inbound{mail("ann@corp.example", fmt.Sprint(n, "-", i),
					ticket.ThreadKey{By: "references", Key: "<1@x>"})})
			}
			if err != nil {
				t.Error(err)
			}
		}
	})
	k := must(w.a.Ticket(ctxOf(t), id))(t)
	equal(t, "tags", len(k.Tags), 4*each)
	equal(t, "messages", k.LastSeq, 1+2*each)
	equal(t, "rev", k.Rev, 1+6*each)
}
