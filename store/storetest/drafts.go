package storetest

import (
	"fmt"
	"testing"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

// draftsKept keeps what somebody writes for them alone, until it is sent.
func draftsKept(t *testing.T, w *world) {
	ctx := ctxOf(t)
	b := w.open(w.clock.Now)
	id, other := queued(t, w.a, 1), queued(t, w.a, 2)
	put := func(agent string, id ticket.ID, form, text string) {
		t.Helper()
		ok(t, w.a.PutDraft(ctx, ticket.Draft{Agent: agent, Ticket: id, Form: form, Text: text, Open: true}))
	}
	_, err := w.a.DraftOf(ctx, "anna", id)
	equal(t, "nothing yet", ticket.KindOf(err), ticket.NotFound)
	put("anna", id, "V1", "Hel")
	put("anna", id, "V1", "Hello \x00")
	put("ben", id, "V2", "Hi")
	d := must(b.DraftOf(ctx, "anna", id))(t)
	equal(t, "the newest, at every gateway", fmt.Sprint(d.Text, d.Form, d.Open, d.At.Equal(w.clock.Now().Truncate(time.Microsecond))), fmt.Sprint("Hello \uFFFD", "V1", true, true))
	_, err = w.a.DraftOf(ctx, "anna", other)
	equal(t, "of another ticket", ticket.KindOf(err), ticket.NotFound)
	_, err = w.a.DraftOf(ctx, "chloe", id)
	equal(t, "of somebody else", ticket.KindOf(err), ticket.NotFound)

	writers := func() (names string) {
		for _, x := range must(b.Writers(ctx, id, w.clock.Now().Add(-ticket.WritingFor)))(t) {
			names += x.Agent + " "
		}
		return names
	}
	equal(t, "who writes", writers(), "anna ben ")
	ok(t, w.a.LeaveDraft(ctx, "ben", id, "another"))
	equal(t, "a form that is not theirs any more", writers(), "anna ben ")
	ok(t, w.a.LeaveDraft(ctx, "ben", id, "V2"))
	equal(t, "closed", writers(), "anna ")
	equal(t, "kept all the same", must(w.a.DraftOf(ctx, "ben", id))(t).Text, "Hi")

	ana := ticket.Actor{Kind: ticket.ByAgent, ID: "anna", Name: "Anna"}
	act(t, w.a, ticket.Action{Kind: ticket.ActReply, Ticket: id, By: ana, Text: "Hello", Form: "V1"})
	put("anna", id, "V1", "Hello, typed before it was sent and come in late")
	_, err = w.a.DraftOf(ctx, "anna", id)
	equal(t, "sent", ticket.KindOf(err), ticket.NotFound)
	equal(t, "nobody writes", writers(), "")
	put("anna", id, "V3", "And then")
	equal(t, "the next answer", must(w.a.DraftOf(ctx, "anna", id))(t).Text, "And then")
	put("anna", id, "V3", " ")
	_, err = w.a.DraftOf(ctx, "anna", id)
	equal(t, "taken out again", ticket.KindOf(err), ticket.NotFound)

	w.clock.Add(ticket.WritingFor + time.Second)
	equal(t, "no key pressed for long", writers(), "")
	w.clock.Add(ticket.DraftLife)
	_, err = w.a.DraftOf(ctx, "ben", id)
	equal(t, "too old", ticket.KindOf(err), ticket.NotFound)
	equal(t, "forgotten", must(w.a.Forget(ctx))(t) >= 2, true)
}

// macrosCounted counts how often macros are used, and how much of them is written anew.
func macrosCounted(t *testing.T, w *world) {
	b := w.open(w.clock.Now)
	id := queued(t, w.a, 1)
	equal(t, "none yet", len(must(w.a.MacroUses(ctxOf(t)))(t)), 0)
	use := func(key, macro string, changed int) {
		t.Helper()
		w.clock.Add(time.Minute)
		act(t, w.a, ticket.Action{Kind: ticket.ActReply, Ticket: id, By: ticket.Actor{Kind: ticket.ByAgent, ID: "anna"}, Text: "x", Key: key, Macro: macro, Changed: changed})
	}
	use("1", "logs", 10)
	use("1", "logs", 10) // the same once more
	use("2", "logs", 50)
	use("3", "photo", 0)
	use("4", "", 0)
	list := must(b.MacroUses(ctxOf(t)))(t)
	equal(t, "how many", len(list), 2)
	equal(t, "the first", fmt.Sprint(list[0].Article, list[0].Uses, list[0].Edited()), "logs2 30")
	equal(t, "the second", fmt.Sprint(list[1].Article, list[1].Uses, list[1].Edited(), list[1].Last.Equal(w.clock.Now().Add(-time.Minute).Truncate(time.Microsecond))), "photo1 0 true")
}

// laterOnce sends a scheduled answer once, whichever gateway does it, and takes it back by itself when the customer
// writes again; then its writer has its text as a draft.
func laterOnce(t *testing.T, w *world) {
	ctx := ctxOf(t)
	b := w.open(w.clock.Now)
	id := accept(t, w.a, mail("ann@corp.example", "<later1@x>"))[0].Ticket
	claim(t, w.a, 10)
	anna := ticket.Actor{Kind: ticket.ByAgent, ID: "anna", Name: "Anna"}
	later := func(text string) ticket.Scheduled {
		t.Helper()
		k := act(t, w.a, ticket.Action{Kind: ticket.ActLater, Ticket: id, By: anna, Text: text, At: w.clock.Now().Add(time.Hour)})
		return k.Later[len(k.Later)-1]
	}
	due := func(s Store, number int) ticket.Ticket {
		t.Helper()
		return act(t, s, ticket.Action{Kind: ticket.ActLaterDue, Ticket: id, By: ticket.Gateway, Number: number})
	}
	first := later("Good morning")
	equal(t, "nothing went out yet", must(w.a.Ticket(ctx, id))(t).LastAgent.IsZero(), true)
	equal(t, "too early", len(due(b, first.Number).Later), 1)
	w.clock.Add(time.Hour)
	k := due(b, first.Number)
	equal(t, "it waits no more", len(k.Later), 0)
	m := must(w.a.Message(ctx, id, k.LastSeq))(t)
	equal(t, "in its writer's name", fmt.Sprint(m.Text, m.Author.ID, m.Delivery, k.State), fmt.Sprint("Good morning", "anna", ticket.Queued, ticket.Pending))
	equal(t, "once", due(w.a, first.Number).LastSeq, k.LastSeq)

	second := later("And then")
	equal(t, "a number of its own", second.Number, first.Number+1)
	next := mail("ann@corp.example", "<later2@x>")
	next.Threads = []ticket.ThreadKey{{By: "references", Key: "<later1@x>"}}
	got := accept(t, b, next)[0]
	equal(t, "joined", got.Ticket, id)
	k = must(w.a.Ticket(ctx, id))(t)
	equal(t, "taken back, as the customer has written", len(k.Later), 0)
	equal(t, "the newest message is the customer's", must(w.a.Message(ctx, id, got.Seq))(t).External, "<later2@x>")
	equal(t, "their draft", must(w.a.DraftOf(ctx, "anna", id))(t).Text, "And then")
	w.clock.Add(2 * time.Hour)
	equal(t, "nothing more goes out", due(b, second.Number).LastSeq, k.LastSeq)

	third := later("Third")
	put := ticket.Draft{Agent: "anna", Ticket: id, Form: "V9", Text: "what I write now", Open: true}
	ok(t, w.a.PutDraft(ctx, put))
	act(t, b, ticket.Action{Kind: ticket.ActUnlater, Ticket: id, By: anna, Number: third.Number})
	equal(t, "what is being written stays", must(w.a.DraftOf(ctx, "anna", id))(t).Text, put.Text)
	_, err := w.a.Act(ctx, ticket.Action{Kind: ticket.ActLaterNow, Ticket: id, By: anna, Number: third.Number})
	equal(t, "taken back", ticket.KindOf(err), ticket.Conflict)
}

// resent tries an answer that could not be delivered once more, elsewhere.
func resent(t *testing.T, w *world) {
	ctx := ctxOf(t)
	id := accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Ticket
	anna := ticket.Actor{Kind: ticket.ByAgent, ID: "anna", Name: "Anna"}
	seq := act(t, w.a, ticket.Action{Kind: ticket.ActReply, Ticket: id, By: anna, Text: "Hello"}).LastSeq
	again := ticket.Action{Kind: ticket.ActResend, Ticket: id, By: anna, Seq: seq, To: customer.Identity{Kind: customer.Email, Value: "Ann@Elsewhere.example"}}
	_, err := w.a.Act(ctx, again)
	equal(t, "it is on its way", ticket.KindOf(err), ticket.Conflict)
	for _, j := range claim(t, w.a, 10) {
		if j.Kind == ticket.JobSend {
			act(t, w.a, ticket.Action{Kind: ticket.ActFailed, Ticket: id, By: ticket.Gateway, Seq: seq, Reason: "mailbox full", Job: j})
		}
	}
	equal(t, "ours to act", must(w.a.Ticket(ctx, id))(t).State, ticket.Open)
	equal(t, "the customer's again", act(t, w.a, again).State, ticket.Pending)
	m := must(w.a.Message(ctx, id, seq))(t)
	equal(t, "on its way, elsewhere", fmt.Sprint(m.Delivery, m.Problem, m.To[0].Value), "queuedann@elsewhere.example")
	sends := 0
	for _, j := range claim(t, w.a, 20) {
		if j.Kind == ticket.JobSend {
			sends++
		}
	}
	equal(t, "one job", sends, 1)
}
