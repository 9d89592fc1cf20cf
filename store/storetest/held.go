package storetest

import (
	"testing"
	"time"

	"tierline/ticket"
)

// heldNotices: what waits for somebody is kept once, in the commit of the job that it comes from, and told in another.
func heldNotices(t *testing.T, w *world) {
	ctx := ctxOf(t)
	due := w.clock.Now().Add(time.Hour)
	tell := func() ticket.Job {
		t.Helper()
		if err := w.a.Enqueue(ctx, ticket.Told{To: "anna", Text: "x"}.Job(ticket.FirstID, w.clock.Now())); err != nil {
			t.Fatal(err)
		}
		return claim(t, w.a, 1, ticket.JobTell)[0]
	}
	n := ticket.HeldNotice{Agent: "anna", Key: "tell:1:anna", Ticket: ticket.FirstID, Told: ticket.Told{To: "anna", Text: "Promised, and due soon", At: due}}
	job := tell()
	ok(t, w.a.HoldNotices(ctx, []ticket.HeldNotice{n}, job, ticket.HeldJob("anna", due)))
	equal(t, "the job is done", len(claim(t, w.a, 1, ticket.JobTell)), 0)
	kind(t, w.a.HoldNotices(ctx, []ticket.HeldNotice{n}, job), ticket.Conflict)
	w.clock.Add(time.Second)
	second := n
	second.Key, second.Told.Text = "tell:2:anna", "Yours now"
	ok(t, w.a.HoldNotices(ctx, []ticket.HeldNotice{n, second}, tell(), ticket.HeldJob("anna", due)))
	list := must(w.a.HeldNotices(ctx, "anna"))(t)
	equal(t, "each once", len(list), 2)
	equal(t, "whole, and in order", list[0].Told.Text+" "+list[1].Told.Text+" "+list[0].Told.At.Format(time.RFC3339), "Promised, and due soon Yours now "+due.Format(time.RFC3339))
	equal(t, "of others", len(must(w.a.HeldNotices(ctx, "bob"))(t)), 0)
	equal(t, "not before", len(claim(t, w.a, 5, ticket.JobHeld)), 0)
	w.clock.Add(2 * time.Hour)
	jobs := claim(t, w.a, 5, ticket.JobHeld)
	equal(t, "one job for both", len(jobs), 1)
	ok(t, w.a.ForgetNotices(ctx, "anna", []string{list[0].Key}, jobs[0], ticket.HeldJob("anna", time.Time{})))
	equal(t, "what was not told stays", must(w.a.HeldNotices(ctx, "anna"))(t)[0].Key, second.Key)
	equal(t, "and is told next", len(claim(t, w.a, 5, ticket.JobHeld)), 1)
}
