package storetest

import (
	"sync/atomic"
	"testing"
	"time"

	"tierline/ticket"
)

// actWithdraw takes an answer back before its job has begun, and not after.
func actWithdraw(t *testing.T, w *world) {
	id := accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Ticket
	drain(t, w.a)
	reply := func(text string) int {
		return act(t, w.a, ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: text}).LastSeq
	}
	withdraw := ticket.Action{Kind: ticket.ActWithdraw, Ticket: id, By: ticket.Actor{Kind: ticket.ByAgent, ID: "lea"}}
	one, two := reply("one"), reply("two")
	withdraw.Seq = one
	k := act(t, w.a, withdraw)
	equal(t, "ours to act", k.State, ticket.Open)
	equal(t, "withdrawn", must(w.a.Message(ctxOf(t), id, one))(t).Delivery, ticket.Withdrawn)
	_, err := w.a.Act(ctxOf(t), withdraw)
	kind(t, err, ticket.Conflict)
	jobs := claim(t, w.a, 10, ticket.JobSend)
	equal(t, "the other one goes out", len(jobs), 1)
	equal(t, "its message", jobs[0].Seq, two)
	withdraw.Seq = two
	_, err = w.a.Act(ctxOf(t), withdraw)
	kind(t, err, ticket.Conflict)
	ok(t, w.a.Retry(ctxOf(t), jobs[0], w.clock.Now().Add(time.Hour), "greylisted"))
	_, err = w.a.Act(ctxOf(t), withdraw) // it was tried: nobody knows how far it got
	kind(t, err, ticket.Conflict)
	equal(t, "unchanged", must(w.a.Message(ctxOf(t), id, two))(t).Delivery, ticket.Queued)
	withdraw.Seq = 99
	_, err = w.a.Act(ctxOf(t), withdraw)
	kind(t, err, ticket.NotFound)
	withdraw.Seq = 1
	_, err = w.a.Act(ctxOf(t), withdraw)
	kind(t, err, ticket.Conflict)

	// A worker and a writer go for the same answers at the same time: one of them gets each.
	other := accept(t, w.a, mail("bob@corp.example", "<2@x>"))[0].Ticket
	b := w.open(w.clock.Now)
	for range 10 {
		seq := act(t, w.a, ticket.Action{Kind: ticket.ActReply, Ticket: other, Text: "x"}).LastSeq
		var sent, back atomic.Bool
		together(2, func(n int) {
			if n == 0 {
				jobs, err := b.Claim(ctxOf(t), []ticket.JobKind{ticket.JobSend}, 1, time.Minute)
				if err != nil {
					t.Error(err)
				}
				for _, j := range jobs {
					sent.Store(true)
					_, err = b.Act(ctxOf(t), ticket.Action{Kind: ticket.ActDelivered, Ticket: other, Seq: j.Seq, By: ticket.Gateway, Job: j})
					if err != nil {
						t.Error(err)
					}
				}
				return
			}
			_, err := w.a.Act(ctxOf(t), ticket.Action{Kind: ticket.ActWithdraw, Ticket: other, Seq: seq, By: withdraw.By})
			if err == nil {
				back.Store(true)
			} else if ticket.KindOf(err) != ticket.Conflict {
				t.Error(err)
			}
		})
		equal(t, "exactly one of them", sent.Load() != back.Load(), true)
	}
}
