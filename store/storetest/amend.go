package storetest

import (
	"testing"
	"time"

	"tierline/ticket"
)

// actAmend changes what was said, and keeps what it said before, wherever the message goes.
func actAmend(t *testing.T, w *world) {
	id := accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Ticket
	drain(t, w.a)
	ann := ticket.Actor{Kind: ticket.ByCustomer, ID: "ann"}
	amend := ticket.Action{Kind: ticket.ActAmend, Ticket: id, Seq: 1, By: ann, Text: "It drips.", At: w.clock.Now().Add(time.Minute)}
	before := must(w.a.Message(ctxOf(t), id, 1))(t)
	act(t, w.a, amend)
	m := must(w.a.Message(ctxOf(t), id, 1))(t)
	equal(t, "text", m.Text, "It drips.")
	equal(t, "earlier text", m.Earlier[0].Text, before.Text)
	equal(t, "its id", m.External, before.External)
	equal(t, "in the listing", must(w.a.Messages(ctxOf(t), id, 0, 10))(t)[0].Text, "It drips.")
	react := ticket.Action{Kind: ticket.ActReact, Ticket: id, Seq: 1, By: ticket.Actor{Kind: ticket.ByAgent, ID: "lea"}, Emoji: "eyes"}
	act(t, w.a, react)
	equal(t, "jobs that carry it", len(claim(t, w.a, 10, ticket.JobAmend)), 1)
	events := len(must(w.a.Events(ctxOf(t), id, 0, 100))(t))
	act(t, w.a, react)
	equal(t, "events of a second try", len(must(w.a.Events(ctxOf(t), id, 0, 100))(t)), events)
	_, err := w.a.Act(ctxOf(t), ticket.Action{Kind: ticket.ActAmend, Ticket: id, Seq: 99, By: ann, Text: "x"})
	kind(t, err, ticket.NotFound)
	_, err = w.a.Act(ctxOf(t), ticket.Action{Kind: ticket.ActAmend, Ticket: id + 99, Seq: 1, By: ann, Text: "x"})
	kind(t, err, ticket.NotFound)

	// Moved, changed there, and moved back: it says the newest.
	lea := ticket.Actor{Kind: ticket.ByAgent, ID: "lea"}
	more := mail("ann@corp.example", "<2@x>")
	more.Threads = []ticket.ThreadKey{{By: "references", Key: "<1@x>"}}
	equal(t, "the follow-up's ticket", accept(t, w.a, more)[0].Ticket, id)
	other := act(t, w.a, ticket.Action{Kind: ticket.ActSplit, Ticket: id, Seqs: []int{1}, By: lea, Subject: "Dripping"}).ID
	_, err = w.a.Act(ctxOf(t), ticket.Action{Kind: ticket.ActAmend, Ticket: id, Seq: 1, By: ann, Text: "late", At: w.clock.Now().Add(time.Hour)})
	kind(t, err, ticket.Conflict)
	r := must(w.a.Lookup(ctxOf(t), "email", "<1@x>"))(t)
	equal(t, "its id leads to", r.Ticket, other)
	act(t, w.a, ticket.Action{Kind: ticket.ActAmend, Ticket: r.Ticket, Seq: r.Seq, By: ann, Text: "late", At: w.clock.Now().Add(time.Hour)})
	act(t, w.a, ticket.Action{Kind: ticket.ActUndo, Ticket: id, By: lea})
	m = must(w.a.Message(ctxOf(t), id, 1))(t)
	equal(t, "back again", m.Text, "late")
	equal(t, "with its reactions", len(m.Reactions), 1)
	equal(t, "here", m.MovedTo.IsZero() && m.Ticket == id && m.Seq == 1, true)
}

// actDelivered: an answer to a message that is quicker than the note that it has gone out does not take its id along
// when it moves.
func actDelivered(t *testing.T, w *world) {
	id := accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Ticket
	drain(t, w.a)
	seq := act(t, w.a, ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: "Is it plugged in?"}).LastSeq
	quick := mail("ann@corp.example", "<2@x>", ticket.ThreadKey{By: "references", Key: "<ours@x>"}, ticket.ThreadKey{By: "subject-tag", Ticket: id})
	got := accept(t, w.a, quick)[0]
	equal(t, "its ticket", got.Ticket, id)
	act(t, w.a, ticket.Action{Kind: ticket.ActDelivered, Ticket: id, Seq: seq, External: "<ours@x>"})
	act(t, w.a, ticket.Action{Kind: ticket.ActSplit, Ticket: id, Seqs: []int{got.Seq}, By: ticket.Actor{Kind: ticket.ByAgent, ID: "lea"}, Subject: "Other"})
	r := must(w.a.Lookup(ctxOf(t), "email", "<ours@x>"))(t)
	equal(t, "our message's id", r.Ticket == id && r.Seq == seq, true)
	equal(t, "the ticket of a second answer", accept(t, w.a, mail("ann@corp.example", "<3@x>", ticket.ThreadKey{By: "references", Key: "<ours@x>"}))[0].Ticket, id)
}
