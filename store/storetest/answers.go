package storetest

import (
	"testing"
	"time"

	"tierline/ticket"
)

// acknowledged has two gateways decide on one ticket at the same time: its customer is told once that it has
// come in, and the text is on its way with the decision.
func acknowledged(t *testing.T, w *world) {
	gates := []Store{w.a, w.open(w.clock.Now)}
	id := accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Ticket
	drain(t, w.a)
	together(2, func(n int) {
		_, err := gates[n].Act(ctxOf(t), ticket.Action{Kind: ticket.ActRoute, Ticket: id, By: ticket.Gateway,
			Decision: &ticket.Decision{Tier: "l1", Acknowledge: "We have got it."}})
		if err != nil {
			t.Error(err)
		}
	})
	told := 0
	for _, m := range messagesOf(t, w.a, id) {
		if m.Direction == ticket.Out && m.Auto {
			told++
			equal(t, "what is told", m.Text, "We have got it.")
			equal(t, "it is on its way", m.Delivery, ticket.Queued)
		}
	}
	equal(t, "times told", told, 1)
	equal(t, "when", must(w.a.Ticket(ctxOf(t), id))(t).Acknowledged, w.clock.Now())
	equal(t, "jobs that send it", len(claim(t, w.a, 10, ticket.JobSend)), 1)
}

// closedInTime has a ticket solved, opened again and solved again: it closes when the last solution has
// stood for long enough, by whichever gateway, and what comes then follows it up.
func closedInTime(t *testing.T, w *world) {
	b := w.open(w.clock.Now)
	const wait = 14 * 24 * time.Hour
	id := accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Ticket
	drain(t, w.a)
	solve := ticket.Action{Kind: ticket.ActSolve, Ticket: id, Diagnosis: "a fuse", Wait: wait}
	act(t, w.a, solve)
	w.clock.Add(time.Hour)
	act(t, w.a, ticket.Action{Kind: ticket.ActReopen, Ticket: id})
	act(t, b, solve)
	_, counts, err := w.a.Counts(ctxOf(t))
	ok(t, err)
	equal(t, "closings that wait", counts[ticket.JobScheduled][ticket.JobClose], 2)
	closing := func(s Store, left int, want ticket.State) {
		t.Helper()
		list := claim(t, s, 10, ticket.JobClose)
		equal(t, "closings that are due", len(list), 1)
		got := act(t, s, ticket.Action{Kind: ticket.ActClose, Ticket: id, By: ticket.Gateway, Job: list[0]})
		equal(t, "state", got.State, want)
		equal(t, "closings that are left", len(must(s.Jobs(ctxOf(t), ticket.JobScheduled, 0, 0))(t)), left)
	}
	w.clock.Add(wait - time.Hour)
	closing(b, 1, ticket.Solved) // of the first solution
	equal(t, "it is not time", len(claim(t, w.a, 10, ticket.JobClose)), 0)
	w.clock.Add(time.Hour)
	closing(w.a, 0, ticket.Closed)
	next := accept(t, b, mail("ann@corp.example", "<2@x>", refTo("<1@x>")))[0]
	equal(t, "what comes then is another ticket", next.Opened, true)
	equal(t, "that follows it up", must(w.a.Ticket(ctxOf(t), next.Ticket))(t).FollowsUp, id)
}
