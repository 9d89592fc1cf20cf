package storetest

import (
	"testing"

	"tierline/ticket"
)

// acceptBounce is a report on a message that went out: it marks that, is no message of its own, and
// does so once however often it comes. One on nothing that is known is suppressed.
func acceptBounce(t *testing.T, w *world) {
	first := accept(t, w.a, mail("ann@a.example", "<first@x>"))[0]
	act(t, w.a, ticket.Action{Kind: ticket.ActReply, Ticket: first.Ticket, Text: "try this", By: ticket.Actor{Kind: ticket.ByAgent, ID: "U1"}})
	report := mail("mailer-daemon@b.example", "<report@b>", ticket.ThreadKey{By: "bounced", Ticket: first.Ticket, Proof: true, Weak: true})
	report.Auto, report.Alone = true, "bounce-unknown"
	report.Bounce = &ticket.Bounce{Seq: 2, Kind: ticket.BounceFailed, Reason: "550 5.1.1 no such user"}
	stray := mail("mailer-daemon@b.example", "<stray@b>")
	stray.Auto, stray.Alone, stray.Bounce = true, "bounce-unknown", report.Bounce
	for again := range 2 {
		out := accept(t, w.a, report, stray)
		equal(t, "ticket", out[0].Ticket, first.Ticket)
		equal(t, "duplicate", out[0].Duplicate, again > 0)
		equal(t, "stray", out[1].Suppressed, true)
	}
	all := must(w.a.Messages(ctxOf(t), first.Ticket, 0, 10))(t)
	equal(t, "messages", len(all), 3)
	equal(t, "delivery", all[1].Delivery, ticket.Failed)
	equal(t, "line", all[2].Kind, ticket.System)
	equal(t, "state", must(w.a.Ticket(ctxOf(t), first.Ticket))(t).State, ticket.Open)

	// A closed ticket says so, and stays closed: neither the one that follows it up is told, nor nobody.
	act(t, w.a, ticket.Action{Kind: ticket.ActSolve, Ticket: first.Ticket, Diagnosis: "x", By: ticket.Actor{Kind: ticket.ByAgent, ID: "U1"}})
	act(t, w.a, ticket.Action{Kind: ticket.ActClose, Ticket: first.Ticket, By: ticket.Gateway})
	next := accept(t, w.a, mail("ann@a.example", "<next@x>", refTo("<first@x>")))[0]
	equal(t, "another follows it up", next.Opened, true)
	late := report
	late.External = "<late@b>"
	out := accept(t, w.a, late)[0]
	equal(t, "ticket", out.Ticket, first.Ticket)
	equal(t, "joined", out.Match.Joined, true)
	closed := must(w.a.Ticket(ctxOf(t), first.Ticket))(t)
	equal(t, "state", closed.State, ticket.Closed)
	equal(t, "events", lastEvent(t, w.a, first.Ticket, "bounced").Data["kind"], "failed")
	all = must(w.a.Messages(ctxOf(t), first.Ticket, 0, 20))(t)
	equal(t, "line", all[len(all)-1].Kind, ticket.System)
	equal(t, "the other has its one message", must(w.a.Ticket(ctxOf(t), next.Ticket))(t).LastSeq, 1)
}
